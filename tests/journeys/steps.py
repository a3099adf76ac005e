"""Steps that several journeys take: what falls due, closing a period, reading a statement."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from tests.harness.world import World
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.funding.models import Agreement
from voucher.funding.queries import balances
from voucher.funding.rules import Account
from voucher.platform.actor import WORKER
from voucher.platform.db import session
from voucher.redemptions.checks import Finding
from voucher.redemptions.claims import Accepted, Refused, resubmit_claim
from voucher.redemptions.due import DueReport, run_due
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import EvidenceKind, Task
from voucher.reports.commands import LedgerTie, move_on, prepare_statement, review_statement, sign_statement
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement, StatementPaper
from voucher.reports.papers import draw_now
from voucher.reports.queries import paper_of
from voucher.reports.rules import StatementState
from voucher.reports.verify.annex import row_findings
from voucher.reports.verify.findings import Outcome
from voucher.reports.verify.identities import line_findings

SEEN = {Task.EVIDENCE: Finding(True, "photographs of the web shop")}


def on(world: World, day: str) -> None:
    """Moves the clock to nine in the morning of a day."""
    world.clock.set(datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=9))


def fall_due(world: World) -> DueReport:
    """The worker does everything that is due; nothing of it may fail."""
    with transaction(WORKER, world.clock):
        report = run_due(office().act(WORKER), session.merge(world.scheme))
    assert not report.failed, report.failed
    return report


def standing(world: World, account: Account, agreement: Agreement | None = None, through: date | None = None) -> int:
    """Pence on an account, over all lines of the agreement."""
    lines = [line.id for line in (agreement or world.agreement).lines]
    return sum(found[account] for found in balances(lines, through).values())


def prepared(
    world: World, first: date, last: date, agreement: Agreement | None = None, *, off_by: int = 0
) -> Statement:
    """A statement whose tie to the authority's ledger agrees with closing cash, or differs by some pence."""
    agreement = agreement or world.agreement
    with world.by("stella") as act:
        tie = LedgerTie(standing(world, Account.CASH, agreement, last) + off_by, world.new_document(act))
        return prepare_statement(act, agreement, Period(first, last), tie)


def signed(world: World, first: date, last: date, agreement: Agreement | None = None) -> Statement:
    """The same, reviewed and signed by two others; whoever holds its data can work every line out again."""
    statement = prepared(world, first, last, agreement)
    world.do("rob", review_statement, statement)
    statement = world.do("sigrid", sign_statement, statement)
    assert_adds_up(statement)
    drawn(statement)
    return statement


def drawn(statement: Statement) -> StatementPaper:
    """The statement's paper, which the worker has drawn when this comes back."""
    draw_now(office().act(WORKER), statement.id)
    paper = paper_of(statement)
    assert paper is not None
    return paper


def sent(world: World, first: date, last: date, agreement: Agreement | None = None) -> Statement:
    """A signed statement that was sent to its funder."""
    statement = signed(world, first, last, agreement)
    world.do("stella", move_on, statement, StatementState.SENT)
    return statement


def assert_adds_up(statement: Statement) -> None:
    """Every identity that the check of a statement's file works out holds on its data."""
    data = json.loads(statement.data)
    wrong = [found for found in [*line_findings(data), *row_findings(data)] if found.outcome is Outcome.FAILS]
    assert not wrong, [(found.code, *(detail.text() for detail in found.details)) for found in wrong]


def value(statement: Statement, code: str) -> int:
    """One figure of a statement."""
    lines = json.loads(statement.data)["lines"]
    (found,) = [part["value"] for line in lines for part in line["parts"] if part["code"] == code]
    return int(found)


def resubmitted(world: World, claim: Redemption, net_pence: int) -> Accepted | Refused:
    """The provider hands the claim in again with another invoice and another file."""
    with world.by("pat") as act:
        evidence = world.attach(act, EvidenceKind.INVOICE)
        key = f"again-{next(world.numbers)}"
        return resubmit_claim(act, session.merge(claim), world.invoice(net_pence), evidence, request_key=key)
