"""Pure: states of batches, payments and debts, and what makes a match (rules 16, 29, 33, 35, 37)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from voucher.platform.states import State, transitions


class BatchState(State):
    """Where a batch stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    EXPORTED = "exported"
    SETTLED = "settled"
    PARTLY_SETTLED = "partly settled"
    RECALLED = "recalled"


B = BatchState
BATCH_TRANSITIONS = transitions(
    {
        B.DRAFT: {B.SUBMITTED},
        B.SUBMITTED: {B.APPROVED, B.DRAFT},
        B.APPROVED: {B.EXPORTED, B.DRAFT},
        B.EXPORTED: {B.PARTLY_SETTLED, B.SETTLED, B.RECALLED},
        B.PARTLY_SETTLED: {B.SETTLED},
        B.SETTLED: {B.PARTLY_SETTLED},
    }
)


class PaymentState(State):
    """Where a payment stands."""

    PLANNED = "planned"
    TAKEN_OUT = "taken out"
    EXPORTED = "exported"
    DEFRAYED = "defrayed"
    RETURNED = "returned"
    RECALLED = "recalled"


# What was in a batch and is no more.
NO_LONGER_IN = (str(PaymentState.TAKEN_OUT), str(PaymentState.RECALLED))


P = PaymentState
PAYMENT_TRANSITIONS = transitions(
    {
        P.PLANNED: {P.EXPORTED, P.TAKEN_OUT},
        P.EXPORTED: {P.DEFRAYED, P.RECALLED},
        P.DEFRAYED: {P.RETURNED},
    }
)
# A valid and undisputed claim is paid within these days (rule 38).
LIMIT_DAYS = 30
SENT_TO_THE_BANK = frozenset({P.EXPORTED, P.DEFRAYED, P.RETURNED})


class DebtState(State):
    """Where a debt stands."""

    RAISED = "raised"
    PART_REPAID = "part repaid"
    REPAID = "repaid"
    WRITTEN_OFF = "written off"


D = DebtState
DEBT_TRANSITIONS = transitions(
    {
        D.RAISED: {D.PART_REPAID, D.REPAID, D.WRITTEN_OFF},
        D.PART_REPAID: {D.REPAID, D.WRITTEN_OFF},
    }
)


class Route(StrEnum):
    """How a scheme's payments reach their payees."""

    BANK_FILE = "bank file"
    ACCOUNTS_PAYABLE = "accounts payable"


class FileFormat(StrEnum):
    """The kinds of payment file that every scheme can use; an operator adds others as templates."""

    BANK_CSV = "bank-csv"
    BACS_CSV = "bacs-csv"
    PAIN_001 = "pain.001"
    FINANCE_CSV = "finance-csv"


class LineSource(StrEnum):
    """On what evidence a bank line rests."""

    TYPED = "typed"
    IMPORTED = "imported"


class MatchKind(StrEnum):
    """What a bank line was found to be."""

    PAYMENT = "payment"
    RETURN = "return"
    DRAWDOWN = "drawdown"
    RECOVERY = "recovery"
    FUNDER_REPAYMENT = "repayment to the funder"
    ADMINISTRATION = "administration"
    ADMINISTRATION_RETURN = "administration returned"


class ExceptionKind(StrEnum):
    """What does not fit between the payments and the bank."""

    LINE_UNEXPLAINED = "bank line that nobody explained"
    AMOUNT_DIFFERS = "amount that differs from what the line names"
    PAYMENT_UNSEEN = "payment without a bank line"
    PAYMENT_RETURNED = "payment that came back"


class Outcome(StrEnum):
    """What a person found an exception to be. The money is not moved by it."""

    WAITS = "waits for the bank"
    PUT_RIGHT = "put right elsewhere"
    BANK_CHARGE = "bank charge, borne by the authority"
    NOT_THE_SCHEMES = "money of others"


# These leave money on the scheme's account out of its books, so each statement counts them as overrides.
SETS_ASIDE = frozenset({Outcome.BANK_CHARGE, Outcome.NOT_THE_SCHEMES})
OUTCOMES_OF_PAYMENTS = frozenset({Outcome.WAITS, Outcome.PUT_RIGHT})
OF_LINES = frozenset({ExceptionKind.LINE_UNEXPLAINED, ExceptionKind.AMOUNT_DIFFERS})


@dataclass(frozen=True)
class Levels:
    """Up to what pence people may approve one payment on a day: by person, and for everybody without a level of theirs.

    None is no limit.
    """

    of_the_role: int | None
    of_people: Mapping[int, int | None]

    def of(self, person_id: int | None) -> int | None:
        """The level of a person, which is their own where they have one, even where the role's is lower."""
        if person_id is not None and person_id in self.of_people:
            return self.of_people[person_id]
        return self.of_the_role

    def most(self, people: Iterable[int]) -> int | None:
        """The most in pence that one of these people may approve: None where somebody has no limit, 0 for nobody."""
        limits = [self.of(each) for each in people]
        return None if None in limits else max((each for each in limits if each is not None), default=0)


def bank_text(text: str, length: int = 18) -> str:
    """Upper case, legal characters only, cut to the length that bank files allow (rule 32)."""
    return re.sub(r"[^A-Z0-9 ./&-]", " ", text.upper())[:length].strip()


def names_payment(line_reference: str, payment_reference: str) -> bool:
    """Whether a bank line's reference carries the payment's, whatever the spacing."""
    squeezed = re.sub(r"[^A-Z0-9]", "", line_reference.upper())
    return re.sub(r"[^A-Z0-9]", "", payment_reference.upper()) in squeezed


def in_window(booked_on: date, exported_on: date, days: int) -> bool:
    """Whether a bank line's day lies in the window after the export (rule 35)."""
    return exported_on <= booked_on <= exported_on + timedelta(days=days)
