"""What keeps a statement from being signed."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.platform.rows import drop_triggers
from tests.journeys.steps import on, prepared, signed
from voucher.platform.db import atomic, session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.reports.commands import LedgerTie, prepare_statement, return_statement, review_statement, sign_statement
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def books(world: World) -> None:
    """A claim that is paid, and a voucher that waits."""
    world.payable()
    world.paid()
    world.issued()


BEGINS_WITH = books


def sign(world: World, statement: Statement) -> None:
    world.do("rob", review_statement, statement)
    world.do("sigrid", sign_statement, statement)


def spoil(statement: str) -> None:
    with atomic():
        drop_triggers(session.connection(), "posting")
        session.execute(text(statement))
    session.expire_all()


SPOILT = [
    ("UPDATE posting SET pence = pence - 1 WHERE to_account = 'defrayed' AND line_id = 1", "Defrayed to date"),
    ("UPDATE posting SET pence = pence - 1 WHERE to_account = 'committed' AND line_id = 1", "Committed"),
    ("UPDATE posting SET pence = pence + 1 WHERE to_account = 'claimed' AND line_id = 1", "Claimed, under check"),
    ("UPDATE voucher SET face_pence = face_pence + 1 WHERE state = 'issued'", "Committed"),
    ("UPDATE payment_item SET pence = pence - 1", "Defrayed to date"),
]


@pytest.mark.rule(54, 56)
@pytest.mark.parametrize(("statement", "named"), SPOILT)
def test_a_difference_of_a_penny_between_the_two_sides_is_named_and_nothing_is_signed(
    world: World, statement: str, named: str
) -> None:
    spoil(statement)
    on(world, "2026-05-04")
    with pytest.raises(Conflict, match=f"{named}: postings, and the scheme's own rows"):
        sign(world, prepared(world, *APRIL))


@pytest.mark.rule(56)
def test_without_its_checks_such_a_statement_would_be_signed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(SPOILT[1][0])
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    monkeypatch.setattr("voucher.reports.commands.differences", lambda _data: [])
    sign(world, statement)
    assert statement.state == "signed"


@pytest.mark.rule(27, 56)
@pytest.mark.parametrize(("off_by", "signable"), [(0, True), (1, True), (-1, True), (2, False), (-2, False)])
def test_a_penny_to_the_authority_s_ledger_is_borne_and_two_are_not(world: World, off_by: int, signable: bool) -> None:
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL, off_by=off_by)
    if signable:
        sign(world, statement)
        assert statement.state == "signed"
        return
    with pytest.raises(Conflict, match="Line 27"):
        sign(world, statement)


@pytest.mark.rule(27)
def test_an_explained_difference_is_signed_and_counted_and_a_tie_without_evidence_is_not(world: World) -> None:
    on(world, "2026-05-04")
    agreement, period = world.agreement, Period(*APRIL)
    bare = world.do("stella", prepare_statement, agreement, period, LedgerTie(-24_000))
    world.do("rob", review_statement, bare)
    with pytest.raises(Conflict, match="evidence"):
        world.do("sigrid", sign_statement, bare)
    world.do("sigrid", return_statement, bare, comments="the print-out is missing")
    with world.by("stella") as act:
        tie = LedgerTie(-20_000, world.new_document(act), "a journal of 1 May corrects £40")
        again = prepare_statement(act, agreement, period, tie)
    sign(world, again)
    assert "difference to the authority's ledger" in again.data


@pytest.mark.rule(57)
def test_nobody_signs_what_nobody_reviewed_unless_the_profile_says_two(world: World) -> None:
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    with pytest.raises(Forbidden, match="has not been reviewed"):
        world.do("sigrid", sign_statement, statement)
    world.do("rob", return_statement, statement, comments="please look at line 9")
    with world.by("shay"):
        world.scheme.reviewer_needed = False
    world.do("sigrid", sign_statement, prepared(world, *APRIL))
    assert statement.state == "signed"


@pytest.mark.rule(55)
def test_a_signed_statement_is_not_returned_and_its_period_not_prepared_again(world: World) -> None:
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    with pytest.raises(DomainError):
        world.do("sigrid", return_statement, statement, comments="on second thoughts")
    with pytest.raises(DomainError, match="must begin on 1 May 2026"):
        prepared(world, *APRIL)
    assert world.agreement.closed_through == APRIL[1]
