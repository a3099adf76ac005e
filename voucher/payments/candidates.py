"""What a bank line may have been, side by side with what speaks for it; the commands decide whether it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from flask_babel import gettext as _
from wtforms import SelectChoice

from voucher.funding.queries import agreements_of, balances
from voucher.funding.rules import Account
from voucher.payments.cost_queries import costs_waiting
from voucher.payments.cost_rules import CostState
from voucher.payments.matching_queries import MOST_LINES, open_lines
from voucher.payments.matching_rules import Fact, OpenLine, Waiting, facts, references_in, same_party
from voucher.payments.models import BankLine, Payment
from voucher.payments.page_queries import debts_for, drawdowns_for, payments_for, returns_for
from voucher.payments.policy import why_line_is_no_evidence
from voucher.payments.rules import LineSource, MatchKind
from voucher.platform.clock import long_date
from voucher.platform.keyring import KeyRing
from voucher.platform.money import pounds
from voucher.schemes.models import Scheme

MOST_BESIDE = 20


@dataclass
class Candidates:
    """Choices of a form with a hint for each, and those that fit so well that they are ticked already.

    ``beside`` are other lines that may be parts of the same payment, and ``together`` those of them that are ticked.
    """

    choices: list[SelectChoice] = field(default_factory=list)
    hints: dict[str, str] = field(default_factory=dict)
    suggested: tuple[str, ...] = ()
    beside: list[SelectChoice] = field(default_factory=list)
    together: tuple[str, ...] = ()

    def add(self, value: str, words: str, hint: str) -> None:
        """One more choice."""
        self.choices.append(SelectChoice(value, words))
        self.hints[value] = hint


class LineSeen:
    """A bank line as the rules of matching see it, with the references in it."""

    def __init__(self, line: BankLine, scheme: Scheme, ring: KeyRing) -> None:
        self.row, self.scheme, self.ring = line, scheme, ring
        self.line = OpenLine(
            id=line.id,
            public_id=line.public_id,
            booked_on=line.booked_on,
            pence=line.open_pence if line.pence > 0 else -line.open_pence,
            text=line.bank_reference,
            party=line.counterparty,
            typed_by=line.entered_by if line.source == LineSource.TYPED else None,
        )
        self.references = references_in(line.bank_reference, scheme.reference)

    def facts_of(self, thing: Waiting) -> dict[Fact, bool]:
        """What speaks for the thing and what against it."""
        return facts(self.line, thing, self.references)

    def waiting(self, payment: Payment, kind: MatchKind) -> Waiting:
        """A payment as the rules see it."""
        first = payment.batch.exported_on
        out = kind == MatchKind.PAYMENT
        return Waiting(
            kind=kind,
            id=payment.id,
            reference=payment.reference,
            pence=payment.pence,
            names=(
                payment.provider.organisation.name,
                self.ring.decrypt(payment.payee_details.account_name_encrypted),
            ),
            batch=payment.batch.reference if out else "",
            days=(first, first + timedelta(days=self.scheme.match_days)) if first and out else None,
        )


def candidates_for(line: BankLine, scheme: Scheme, ring: KeyRing, find: str = "") -> Candidates:
    """Money out: exported payments and repayments to funders. Money in: returns, drawdowns and debts."""
    found, seen = Candidates(), LineSeen(line, scheme, ring)
    if line.pence < 0:
        _add_lines_beside(found, seen, _add_payments(found, seen, find))
        add_costs(found, line)
        _add_repayments(found, scheme)
        return found
    for payment in returns_for(line, scheme, find):
        speaks = seen.facts_of(seen.waiting(payment, MatchKind.RETURN))
        found.add(f"return {payment.reference}", _return_words(payment), f"{_where(payment)}. {facts_in_words(speaks)}")
    _add_drawdowns(found, seen)
    add_returned_costs(found, line)
    _add_debts(found, seen)
    return found


def facts_in_words(speaks: dict[Fact, bool]) -> str:
    """Such as ``2 of 4 fit: the reference, the amount. Not: the other party, the day.``"""
    fit = [_(fact.value) for fact, holds in speaks.items() if holds]
    other = [_(fact.value) for fact, holds in speaks.items() if not holds]
    said = _("%(fit)s of %(all)s fit", fit=len(fit), all=len(speaks))
    words = f"{said}: {', '.join(fit)}." if fit else f"{said}."
    return words + (" " + _("Not: %(other)s.", other=", ".join(other)) if other else "")


def _add_payments(found: Candidates, seen: LineSeen, find: str) -> list[Payment]:
    """Adds the payments that may have left with the line, and gives those that are ticked."""
    payments = payments_for(seen.row, seen.scheme, find)
    speaks = {payment.id: seen.facts_of(seen.waiting(payment, MatchKind.PAYMENT)) for payment in payments}
    # The facts decide in their order; whoever fits in an earlier one comes first.
    for payment in sorted(payments, key=lambda each: [not holds for holds in speaks[each.id].values()]):
        refusal = why_line_is_no_evidence(seen.row, payment)
        hint = f"{_where(payment)}. {facts_in_words(speaks[payment.id])}" + (f" {refusal}" if refusal else "")
        found.add(f"payment {payment.reference}", _payment_words(payment), hint)
    fitting = _fitting(seen, payments, speaks)
    found.suggested = tuple(f"payment {payment.reference}" for payment in fitting)
    return fitting


def _payment_words(payment: Payment) -> str:
    words: str = _(
        "Payment %(reference)s to %(provider)s, %(amount)s",
        reference=payment.reference,
        provider=payment.provider.organisation.name,
        amount=pounds(payment.pence),
    )
    return words


def _return_words(payment: Payment) -> str:
    words: str = _(
        "Payment %(reference)s back from %(provider)s, %(amount)s",
        reference=payment.reference,
        provider=payment.provider.organisation.name,
        amount=pounds(payment.pence),
    )
    return words


def _where(payment: Payment) -> str:
    batch = payment.batch
    day = long_date(batch.exported_on) if batch.exported_on else ""
    words: str = _("Batch %(batch)s, exported on %(day)s", batch=batch.reference, day=day)
    return words


def _fitting(seen: LineSeen, payments: Sequence[Payment], speaks: dict[int, dict[Fact, bool]]) -> list[Payment]:
    """The one payment, or all payments of the one batch, that the line names and that come to its amount.

    Where the line names nothing: the one payment that fits in all else.
    """
    pence = seen.row.open_pence
    whole: dict[int, list[Payment]] = defaultdict(list)
    for payment in payments:
        if speaks[payment.id][Fact.REFERENCE]:
            if payment.pence == pence:
                return [payment]
            whole[payment.batch_id].append(payment)
    sums = [found for found in whole.values() if sum(payment.pence for payment in found) == pence]
    if sums or whole:
        return sums[0] if sums else next(iter(whole.values())) if _is_a_part(seen, whole) else []
    alike = [x for x in payments if all(holds for fact, holds in speaks[x.id].items() if fact != Fact.REFERENCE)]
    return alike if len(alike) == 1 else []


def _is_a_part(seen: LineSeen, whole: dict[int, list[Payment]]) -> bool:
    """Whether the line names one payment and is less than it, so that other lines may be the rest."""
    named = [payment for found in whole.values() for payment in found]
    return len(named) == 1 and seen.row.open_pence < named[0].pence


def _add_lines_beside(found: Candidates, seen: LineSeen, suggested: Sequence[Payment]) -> None:
    """Other lines out that name the same, or the same party; those that name the same are ticked where a part is."""
    ticked = []
    for other in open_lines(seen.scheme.id, MOST_LINES):
        if other.pence > 0 or other.id == seen.line.id or len(found.beside) >= MOST_BESIDE:
            continue
        same = bool(set(references_in(other.text, seen.scheme.reference)) & set(seen.references))
        if same or same_party(other.party, [seen.line.party]):
            words = _("%(amount)s of %(day)s", amount=pounds(other.pence), day=long_date(other.booked_on))
            text = other.text or other.party
            found.beside.append(SelectChoice(other.public_id, f"{words}, {text}"))
            ticked += [other] if same else []
    whole = seen.row.open_pence - sum(other.pence for other in ticked)
    if ticked and [payment.pence for payment in suggested] == [whole]:
        found.together = tuple(other.public_id for other in ticked)


def _add_drawdowns(found: Candidates, seen: LineSeen) -> None:
    for drawdown, agreement, code, funder in drawdowns_for(seen.row):
        thing = Waiting(MatchKind.DRAWDOWN, drawdown.id, drawdown.reference, drawdown.pence, (funder,))
        words = _("Drawdown %(reference)s, %(amount)s", reference=drawdown.reference, amount=pounds(drawdown.pence))
        day = long_date(drawdown.requested_on)
        asked = _("Asked of %(agreement)s for line %(line)s on %(day)s", agreement=agreement, line=code, day=day)
        found.add(f"drawdown {drawdown.reference}", words, f"{asked}. {facts_in_words(seen.facts_of(thing))}")


def _add_debts(found: Candidates, seen: LineSeen) -> None:
    for debt, owed_by in debts_for(seen.row, seen.scheme):
        thing = Waiting(MatchKind.RECOVERY, debt.id, debt.reference, debt.outstanding_pence, (owed_by,), in_part=True)
        left = pounds(debt.outstanding_pence)
        words = _("Debt %(reference)s of %(party)s", reference=debt.reference, party=owed_by)
        hint = _("%(left)s is outstanding", left=left)
        found.add(f"debt {debt.reference}", words, f"{hint}. {facts_in_words(seen.facts_of(thing))}")


def _add_repayments(found: Candidates, scheme: Scheme) -> None:
    agreements = agreements_of(scheme.id)
    standing = balances([line.id for agreement in agreements for line in agreement.lines])
    for agreement in agreements:
        for line in agreement.lines:
            owed = standing[line.id][Account.REPAYABLE]
            if owed > 0:
                words = _("Recovered money back to %(funder)s", funder=agreement.funder.name)
                hint = _(
                    "%(owed)s is repayable on line %(line)s of %(agreement)s",
                    owed=pounds(owed),
                    line=line.code,
                    agreement=agreement.reference,
                )
                found.add(f"repayment {agreement.reference}/{line.code}", words, hint)


def add_costs(found: Candidates, line: BankLine) -> None:
    """Approved administration costs that the line may have paid."""
    for cost in costs_waiting(line.scheme_id, CostState.APPROVED, line.open_pence):
        words = _("Administration cost %(reference)s, %(amount)s", reference=cost.reference, amount=pounds(cost.pence))
        found.add(f"cost {cost.reference}", words, cost.description)


def add_returned_costs(found: Candidates, line: BankLine) -> None:
    """Paid administration costs of the line's amount that may have come back."""
    for cost in costs_waiting(line.scheme_id, CostState.PAID, line.open_pence):
        if cost.pence == line.open_pence:
            words = _("Administration cost %(reference)s back", reference=cost.reference)
            found.add(f"cost {cost.reference}", words, cost.description)
