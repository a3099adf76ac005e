"""The statement's way: prepared, reviewed, signed, sent; what is signed is frozen (rules 54 to 58)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from jsonschema import Draft202012Validator
from sqlalchemy import func, select

from voucher.accounts.models import Person
from voucher.audit.commands import begin_state, change_state
from voucher.funding.models import Agreement
from voucher.outputs.commands import count_outputs
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden, InvalidTransition
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said, together
from voucher.platform.languages import tongue_of_papers
from voucher.platform.money import Amount
from voucher.platform.states import allowed
from voucher.reports.breaches import lines_beyond_tolerance
from voucher.reports.funding_lines import FundingWords
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement
from voucher.reports.paper import statement_pdf
from voucher.reports.papers import order_paper
from voucher.reports.policy import differences, why_not_review, why_not_send, why_not_sign
from voucher.reports.queries import (
    last_signed,
    next_first_day,
    open_statement,
    paper_of,
    reviewer_needed,
    signed_until,
)
from voucher.reports.rules import FROZEN, TRANSITIONS, StatementState, canonical, data_hash
from voucher.reports.signing import tell_of_signing
from voucher.reports.statement_data import Given, Heading, StatementReader
from voucher.reports.versions import check_seen, keep_version, note_look
from voucher.schemes.models import Scheme

S = StatementState
SCHEMA_FILE = Path(__file__).with_name("statement-1.0.schema.json")


@dataclass(frozen=True)
class LedgerTie:
    """The balance of the authority's own cost code on the period's last day, its evidence, and an explanation."""

    balance_pence: int
    evidence_id: int | None = None
    explanation: str = ""


@dataclass(frozen=True)
class Replaced:
    """A signed statement that another one replaces for the same period, and why."""

    statement: Statement
    reason: str


def prepare_statement(
    act: Act,
    agreement: Agreement,
    period: Period,
    tie: LedgerTie,
    words: FundingWords | None = None,
    *,
    replaces: Replaced | None = None,
) -> Statement:
    """Reads and freezes the figures of one agreement for one period, as a draft that is ready for review.

    The agreement is locked, so that no posting on its lines comes in between. A period without any activity has a
    statement too (rule 58). Enterprises that met a threshold are counted first (rule 59). Preparing again before
    signing replaces the figures.
    """
    act.require(Permission.STATEMENTS_PREPARE, scheme_id=agreement.scheme_id)
    agreement = session.get_one(Agreement, agreement.id, with_for_update=True, populate_existing=True)
    replaces = replaces or _replaced_by_draft(agreement)
    previous = signed_until(agreement.id, period.first)
    _check_period(act, agreement, period, replaces)
    count_outputs(act, agreement, through=period.last)
    statement = _draft(act, agreement, period, replaces)
    statement.ledger_balance_pence, statement.ledger_evidence_id = tie.balance_pence, tie.evidence_id
    statement.ledger_explanation = tie.explanation.strip()
    statement.prepared_by, statement.prepared_at = act.person_id, act.now
    words = words or FundingWords()
    statement.variance_explanation = words.variance_explanation.strip()
    statement.reprofile_request = words.reprofile_request.strip()
    statement.comments = ""
    _read_figures(statement, agreement, previous, session.get_one(Person, act.person_id).name)
    if statement not in session:
        session.add(statement)
        begin_state(act.actor, "statement.drafted", statement, at=act.now)
    change_state(
        act.actor,
        "statement.prepared",
        statement,
        S.PREPARED,
        TRANSITIONS,
        at=act.now,
        details={"data_hash": statement.data_hash},
    )
    keep_version(act, statement)
    return statement


def _replaced_by_draft(agreement: Agreement) -> Replaced | None:
    """What a draft that was returned is to replace, when it is prepared again."""
    waiting = open_statement(agreement.id)
    if waiting is None or waiting.supersedes_id is None:
        return None
    return Replaced(session.get_one(Statement, waiting.supersedes_id), waiting.supersedes_reason)


def _check_period(act: Act, agreement: Agreement, period: Period, replaces: Replaced | None) -> None:
    if period.first > period.last:
        raise DomainError("period", _("The period ends before it begins."), "to")
    if period.last >= act.today:
        raise DomainError("period_open", _("The period is not over: prepare its statement from the day after."), "to")
    if replaces is not None:
        old = replaces.statement
        if (period.first, period.last) != (old.period_from, old.period_to):
            words = said(
                "What replaces %(old)s has its period: %(period_from)s to %(period_to)s.",
                old=old.reference,
                period_from=old.period_from,
                period_to=old.period_to,
            )
            raise DomainError("another_period", words, "from")
        return
    expected = next_first_day(agreement, last_signed(agreement.id))
    if period.first != expected:
        raise DomainError(
            "period_gap",
            said("The statement must begin on %(expected)s, where the one before ended.", expected=expected),
            "from",
        )


def _draft(act: Act, agreement: Agreement, period: Period, replaces: Replaced | None) -> Statement:
    waiting = session.scalar(
        select(Statement).where(
            Statement.agreement_id == agreement.id, Statement.state.in_([S.DRAFT, S.PREPARED, S.REVIEWED])
        )
    )
    if waiting is not None:
        if waiting.state != S.DRAFT:
            raise Conflict(
                "statement_waits",
                said(
                    "Statement %(waiting)s is %(state)s: sign it or return it first.",
                    waiting=waiting.reference,
                    state=said(waiting.state),
                ),
            )
        waiting.period_from, waiting.period_to = period.first, period.last
        return waiting
    sequence = 1 + (
        session.scalar(select(func.max(Statement.sequence)).where(Statement.agreement_id == agreement.id)) or 0
    )
    scheme = session.get_one(Scheme, agreement.scheme_id)
    return Statement(
        reference=f"{scheme.reference}-{agreement.reference}-S{sequence:03d}".upper(),
        scheme_id=agreement.scheme_id,
        agreement=agreement,
        sequence=sequence,
        period_from=period.first,
        period_to=period.last,
        supersedes_id=replaces.statement.id if replaces else None,
        supersedes_reason=replaces.reason if replaces else "",
        state=S.DRAFT,
    )


def _read_figures(statement: Statement, agreement: Agreement, previous: Statement | None, preparer: str) -> None:
    """Computes the statement's data and their hash; whoever calls it holds the agreement's lock."""
    statement.data = canonical(_figures(statement, agreement, previous, preparer))
    statement.data_hash = data_hash(statement.data)


def _figures(
    statement: Statement, agreement: Agreement, previous: Statement | None, preparer: str
) -> dict[str, object]:
    scheme = session.get_one(Scheme, agreement.scheme_id)
    heading = Heading(
        reference=statement.reference,
        sequence=statement.sequence,
        period=Period(statement.period_from, statement.period_to),
        prepared_by=preparer,
        prepared_at=statement.prepared_at,
        previous=previous,
        supersedes=session.get(Statement, statement.supersedes_id) if statement.supersedes_id else None,
        supersedes_reason=statement.supersedes_reason,
    )
    given = Given(
        statement.ledger_balance_pence,
        statement.ledger_explanation,
        statement.ledger_evidence_id is not None,
        FundingWords(statement.variance_explanation, statement.reprofile_request),
    )
    data = StatementReader(scheme, agreement, heading, given).data()
    validator().validate(data)
    return data


@cache
def validator() -> Draft202012Validator:
    """The published schema that every statement's data are checked against."""
    return Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def data_of(statement: Statement) -> dict[str, object]:
    """The frozen data."""
    return cast(dict[str, object], json.loads(statement.data))


def review_statement(act: Act, statement: Statement, *, seen: str | None = None) -> None:
    """An independent reviewer passes the statement on to the signer.

    ``seen`` is the hash of the figures that the reviewer has read; Conflict when they were prepared again since.
    """
    act.require(Permission.STATEMENTS_REVIEW, scheme_id=statement.scheme_id)
    check_seen(statement, seen)
    refusal = why_not_review(act.actor, statement)
    if refusal:
        raise Forbidden("statement_duty", refusal)
    change_state(act.actor, "statement.reviewed", statement, S.REVIEWED, TRANSITIONS, at=act.now)
    statement.reviewed_by, statement.reviewed_at = act.person_id, act.now
    note_look(act, statement)


def return_statement(act: Act, statement: Statement, *, comments: str) -> None:
    """Reviewer or signer returns the statement to its preparer with comments."""
    may = act.actor.may
    if not may(Permission.STATEMENTS_REVIEW, scheme_id=statement.scheme_id):
        act.require(Permission.STATEMENTS_SIGN, scheme_id=statement.scheme_id)
    if not comments.strip():
        raise DomainError("comments_needed", _("Say what is to be changed."), "comments")
    change_state(act.actor, "statement.returned", statement, S.DRAFT, TRANSITIONS, at=act.now, reason=comments)
    statement.comments = comments
    statement.reviewed_by = statement.reviewed_at = None
    note_look(act, statement)


def why_unsignable(statement: Statement) -> list[str]:
    """Everything that keeps the statement's figures from being signed."""
    found = differences(data_of(statement))
    tie = next(
        item
        for line in cast(list[dict[str, object]], data_of(statement)["lines"])
        if line["code"] == "27"
        for item in cast(list[dict[str, object]], line["parts"])
        if item["code"] == "27"
    )
    gap = int(str(tie["value"]))
    if abs(gap) > 1 and not statement.ledger_explanation:
        found.append(
            said("Line 27: %(gap)s between the authority's ledger and closing cash is unexplained.", gap=Amount(gap))
        )
    if statement.ledger_evidence_id is None:
        found.append(_("Line 27: the evidence of the authority's ledger balance is missing."))
    beyond = lines_beyond_tolerance(data_of(statement))
    if beyond and not statement.variance_explanation:
        found.append(
            said("Line 18: spending on %(lines)s is beyond the tolerance of the profile; explain it.", lines=beyond)
        )
    return found


def sign_statement(act: Act, statement: Statement, *, seen: str | None = None) -> Statement:
    """The signer signs: figures are read again under lock and must be the same; the period closes; all is frozen.

    Raises Conflict, with each difference, when anything does not hold or has changed since it was prepared, or since
    the signer has read it (``seen`` is the hash of the figures that she read). The paper is ordered here and drawn by
    a worker (``voucher.reports.papers``), for that of a long statement takes longer than anybody should wait for locks.
    """
    act.require(Permission.STATEMENTS_SIGN, scheme_id=statement.scheme_id)
    act.require_second_factor()
    scheme = session.get_one(Scheme, statement.scheme_id)
    agreement = session.get_one(Agreement, statement.agreement_id, with_for_update=True, populate_existing=True)
    # Got anew and not refreshed: a refresh repeats the joins of whoever loaded it, which PostgreSQL does not lock.
    statement = session.get_one(Statement, statement.id, with_for_update=True, populate_existing=True)
    check_seen(statement, seen)
    reviewer = reviewer_needed(scheme, agreement.id)
    refusal = why_not_sign(act.actor, statement, reviewer_needed=reviewer)
    if refusal:
        raise Forbidden("statement_duty", refusal)
    if not allowed(TRANSITIONS, statement.state, S.SIGNED):  # before figures are read
        raise InvalidTransition("statement", statement.reference, statement.state, S.SIGNED)
    unsignable = why_unsignable(statement)
    if unsignable:
        raise Conflict("does_not_hold", together([_("The statement cannot be signed."), *unsignable]))
    preparer = session.get_one(Person, statement.prepared_by).name
    again = canonical(_figures(statement, agreement, signed_until(agreement.id, statement.period_from), preparer))
    if data_hash(again) != statement.data_hash:
        raise Conflict(
            "figures_changed", _("The figures have changed since they were prepared. Return and prepare again.")
        )
    change_state(
        act.actor,
        "statement.signed",
        statement,
        S.SIGNED,
        TRANSITIONS,
        at=act.now,
        details={"data_hash": statement.data_hash},
    )
    statement.signed_by, statement.signed_at = act.person_id, act.now
    order_paper(act, statement, sign_off(statement))
    agreement.closed_through = statement.period_to
    tell_of_signing(act, statement, agreement)
    note_look(act, statement)
    session.flush()
    return statement


def sign_off(statement: Statement) -> list[dict[str, str | None]]:
    """Line 26: each step with its name, role, moment and wording; open steps have no moment."""
    agreement = statement.agreement
    steps = (
        (_("Prepared"), statement.prepared_by, statement.prepared_at, _("Preparer"), ""),
        (_("Reviewed"), statement.reviewed_by, statement.reviewed_at, _("Independent reviewer"), ""),
        (
            _("Signed"),
            statement.signed_by,
            statement.signed_at,
            agreement.signer_title,
            agreement.signer_wording,
        ),
    )
    return [
        {
            "step": step,
            "name": session.get_one(Person, person_id).name if person_id else "",
            "role": f"{role}, {agreement.signer_statute}" if step == "Signed" else role,
            "at": at.isoformat() if at else None,
            "wording": wording,
        }
        for step, person_id, at, role, wording in steps
    ]


def statement_paper(statement: Statement) -> bytes:
    """The statement as PDF before it is signed; a signed one is stored and never drawn again."""
    return statement_pdf(
        data_of(statement),
        data_hash=statement.data_hash,
        sign_off=sign_off(statement),
        state=statement.state,
        tongue=tongue_of_papers(),
    )


def move_on(act: Act, statement: Statement, to: StatementState, *, reason: str = "") -> None:
    """Sent to the funder, accepted by it, or queried: rows beside what was signed."""
    act.require(Permission.STATEMENTS_PREPARE, scheme_id=statement.scheme_id)
    if to not in (S.SENT, S.ACCEPTED, S.QUERIED):
        raise DomainError("state", said("A statement is not made %(to)s this way.", to=to))
    hindrance = why_not_send(paper_of(statement)) if statement.state in FROZEN else None
    if hindrance:
        raise Conflict("paper_not_drawn", hindrance)
    change_state(act.actor, f"statement.{to}", statement, to, TRANSITIONS, at=act.now, reason=reason)
