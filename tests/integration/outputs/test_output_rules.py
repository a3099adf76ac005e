"""Enterprises count once, with confirmed and evidenced support, in periods that stay as they were signed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.harness.clock import FixedClock
from tests.harness.world import World, add_agreement, build_world
from tests.integration.outputs.asked_for import (
    ADOPTED,
    ALL,
    CREATED,
    GRANT,
    HOURS,
    asked,
    business_of,
    furnished,
    supported,
)
from tests.integration.platform.rows import drop_triggers
from tests.journeys.steps import on, prepared, signed
from voucher.outputs import commands, evidence
from voucher.outputs.commands import add_evidence, count_outputs, record_output, withdraw
from voucher.outputs.evidence import progress
from voucher.outputs.models import Indicator, Output
from voucher.outputs.queries import newest_set
from voucher.platform.db import atomic, session
from voucher.platform.errors import Conflict, DomainError, Forbidden, NotFound
from voucher.redemptions.decisions import refuse_claim
from voucher.redemptions.models import Evidence, Redemption
from voucher.redemptions.rules import EvidenceKind
from voucher.reports.models import Statement

pytestmark = pytest.mark.usefixtures("sketched")
# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)

APRIL = date(2026, 4, 1), date(2026, 4, 30)
MAY = date(2026, 5, 1), date(2026, 5, 31)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


BEGINS_WITH = furnished


def row(statement: Statement, code: str) -> dict[str, Any]:
    (found,) = [each for each in json.loads(statement.data)["outputs"] if each["code"] == code]
    return dict(found)


def counted(world: World, through: date = APRIL[1]) -> int:
    return world.do("stella", count_outputs, world.agreement, through=through)


def standing(code: str = "E12") -> list[Output]:
    rows = select(Output).where(Output.code == code, Output.withdrawn_on.is_(None)).order_by(Output.id)
    return list(session.scalars(rows))


@pytest.mark.rule(59)
@pytest.mark.parametrize(("minutes", "passes"), [((360, 359), False), ((360, 360), True)])
def test_719_confirmed_minutes_fail_and_720_pass(world: World, minutes: tuple[int, int], passes: bool) -> None:
    world.confirmed(supported(world, *minutes))
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    figures = row(statement, "E12")
    assert (figures["this_period"], figures["to_date"], figures["evidenced"]) == (passes, passes, passes)
    assert (figures["target"], figures["threshold"], figures["version"]) == (40, 720, 1)


@pytest.mark.rule(59)
@ON_SQLITE
def test_control_with_a_threshold_that_must_be_exceeded_720_would_fail(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voucher.outputs.rules.meets", lambda threshold, amount: amount > threshold)
    world.confirmed(supported(world, 360, 360))
    assert counted(world) == 0


@pytest.mark.rule(60)
def test_minutes_that_the_business_did_not_confirm_are_shown_and_do_not_count(world: World) -> None:
    claim = supported(world, 720)
    assert counted(world) == 0
    indicator = session.scalars(select(Indicator).where(Indicator.code == "E12")).one()
    (known,) = progress(world.agreement.id, indicator, APRIL[1])
    assert (known.evidenced, known.unevidenced, known.meets) == (0, 720, False)
    world.confirmed(claim)
    assert counted(world) == 1


@pytest.mark.rule(60)
@ON_SQLITE
def test_control_without_asking_for_evidence_they_would_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    supported(world, 720)
    believed = [evidence.Received(1, 1, APRIL[0], 720)]
    monkeypatch.setattr(evidence, "received", lambda *_args: iter(believed))
    assert counted(world) == 1


@pytest.mark.rule(60)
def test_a_claim_without_a_file_of_the_support_is_no_evidence_until_a_verifier_has_seen_what_shows_it(
    world: World,
) -> None:
    world.confirmed(supported(world, 720))
    with atomic():
        session.execute(delete(Evidence).where(Evidence.kind == EvidenceKind.DELIVERY))
    assert counted(world) == 0
    world.verified(session.scalars(select(Redemption)).one())
    assert counted(world) == 1


@pytest.mark.rule(59)
def test_an_enterprise_counts_once_however_much_it_gets_and_however_often_it_is_counted(world: World) -> None:
    voucher = world.issued()
    world.confirmed(supported(world, 720, voucher=voucher))
    assert counted(world) == 1
    world.confirmed(supported(world, 720, voucher=voucher))
    assert counted(world) == 0
    assert [each.amount for each in standing()] == [720]


@pytest.mark.rule(59)
def test_the_database_itself_lets_an_enterprise_count_once(world: World) -> None:
    world.confirmed(supported(world, 720))
    counted(world)
    known = standing()[0]
    columns = [column for column in Output.__table__.columns if column.name not in ("id", "public_id")]
    again = {column.name: getattr(known, column.name) for column in columns}
    with atomic(), pytest.raises(IntegrityError, match=r"(?i)unique"):
        session.execute(insert(Output).values(public_id="again", **again))


@pytest.mark.rule(59)
def test_the_same_enterprise_counts_for_each_agreement_that_pays(world: World) -> None:
    world.confirmed(supported(world, 720))
    other = add_agreement(world, "UKSPF", [10_000])
    assert counted(world) == 1
    assert world.do("stella", count_outputs, other, through=APRIL[1]) == 0


@pytest.mark.rule(59)
def test_grants_count_when_they_were_paid(world: World) -> None:
    world.payable()
    assert counted(world) == 0
    world.paid()
    assert counted(world) == 1
    assert [each.amount for each in standing("E10")] == [24_000]


@pytest.mark.rule(59, 60)
def test_what_is_lost_later_is_withdrawn_in_the_next_period_and_the_signed_one_stays(world: World) -> None:
    claim = world.verified(world.confirmed(supported(world, 720)))
    on(world, "2026-05-04")
    first = signed(world, *APRIL)
    assert row(first, "E12")["to_date"] == 1
    world.do("carl", refuse_claim, session.merge(claim), reason="the pictures show something else")
    on(world, "2026-06-02")
    second = prepared(world, *MAY)
    assert (row(second, "E12")["this_period"], row(second, "E12")["to_date"]) == (-1, 0)
    assert row(session.get_one(Statement, first.id), "E12")["to_date"] == 1


@pytest.mark.rule(59)
def test_what_was_confirmed_late_counts_in_the_first_open_period(world: World) -> None:
    claim = supported(world, 720)
    on(world, "2026-05-04")
    assert row(signed(world, *APRIL), "E12")["to_date"] == 0
    world.confirmed(session.merge(claim))
    on(world, "2026-06-02")
    assert row(prepared(world, *MAY), "E12")["this_period"] == 1


def declared(world: World, claim: Redemption, *, document: bool = True, code: str = "E30") -> Output:
    with world.by("stella") as act:
        document_id = world.new_document(act) if document else None
        return record_output(act, world.agreement, business_of(claim), code=code, document_id=document_id)


@pytest.mark.rule(60)
def test_what_is_declared_counts_with_its_document_only(world: World) -> None:
    claim = supported(world, 60)
    output = declared(world, claim, document=False)
    on(world, "2026-05-04")
    figures = row(signed(world, *APRIL), "E30")
    assert (figures["to_date"], figures["evidenced"], figures["unevidenced"]) == (0, 0, 1)
    with world.by("stella") as act:
        add_evidence(act, session.merge(output), world.new_document(act))
    on(world, "2026-06-02")
    figures = row(prepared(world, *MAY), "E30")
    assert (figures["this_period"], figures["evidenced"], figures["unevidenced"]) == (1, 1, 0)
    with pytest.raises(Conflict, match="evidence already"), world.by("stella") as act:
        add_evidence(act, session.merge(output), world.new_document(act))


@pytest.mark.rule(59)
def test_an_enterprise_is_declared_once_and_only_with_a_voucher_of_the_agreement(world: World) -> None:
    claim = supported(world, 60)
    declared(world, claim)
    with pytest.raises(Conflict, match="counts once"):
        declared(world, claim)
    stranger, _owner = world.business()
    with pytest.raises(DomainError, match="has no voucher"), world.by("stella") as act:
        record_output(act, world.agreement, stranger, code="E30", document_id=None)
    with pytest.raises(DomainError, match="counts by itself"):
        declared(world, claim, code="E12")
    with pytest.raises(NotFound, match="no indicator E99"):
        declared(world, claim, code="E99")


@pytest.mark.rule(59)
def test_what_is_withdrawn_can_be_declared_again(world: World) -> None:
    claim = supported(world, 60)
    output = declared(world, claim)
    with pytest.raises(DomainError, match="Say why"):
        world.do("stella", withdraw, output, reason=" ")
    world.do("stella", withdraw, session.merge(output), reason="another business")
    with pytest.raises(Conflict, match="withdrawn already"):
        world.do("stella", withdraw, session.merge(output), reason="again")
    declared(world, claim)
    on(world, "2026-05-04")
    assert row(prepared(world, *APRIL), "E30")["to_date"] == 1


@ON_SQLITE
def test_who_may_not_enter_indicators_or_count(world: World) -> None:
    with pytest.raises(Forbidden):
        world.do("stella", commands.set_indicators, world.agreement, commands.SetTerms("x", None, ALL), reason="x")
    with pytest.raises(Forbidden):
        world.do("fred", count_outputs, world.agreement, through=APRIL[1])


@pytest.mark.rule(60)
def test_a_new_version_counts_from_an_open_day_and_what_was_signed_keeps_its_own(world: World) -> None:
    on(world, "2026-05-04")
    first = signed(world, *APRIL)
    stricter = commands.IndicatorTerms("E12", "Enterprises supported in depth", HOURS.measure, 900, "Sessions", 20)
    with pytest.raises(DomainError, match="Say why"):
        asked(world, stricter)
    with pytest.raises(DomainError, match="is signed"):
        asked(world, stricter, reason="version 4", first=date(2026, 4, 20))
    made = asked(world, stricter, reason="version 4 of the funder")
    assert (made.version, made.in_force_from) == (2, MAY[0])
    on(world, "2026-06-02")
    second = prepared(world, *MAY)
    assert (row(first, "E12")["threshold"], row(first, "E12")["version"]) == (720, 1)
    assert (row(second, "E12")["threshold"], row(second, "E12")["version"]) == (900, 2)


@pytest.mark.rule(60)
def test_an_indicator_that_something_counts_for_is_neither_left_out_nor_measured_otherwise(world: World) -> None:
    declared(world, supported(world, 60))
    on(world, "2026-05-04")
    signed(world, *APRIL)
    with pytest.raises(DomainError, match="counts towards E30"):
        asked(world, HOURS, GRANT, reason="fewer")
    asked(world, HOURS, ADOPTED, reason="fewer")
    with pytest.raises(DomainError, match="one indicator at least"):
        world.do("fred", commands.set_indicators, world.agreement, commands.SetTerms("x", None, ()), reason="none")


@pytest.mark.rule(60)
def test_a_version_is_never_changed_and_without_its_trigger_it_would_be(world: World) -> None:
    indicator = session.scalars(select(Indicator).where(Indicator.code == "E12")).one()
    change = update(Indicator).where(Indicator.id == indicator.id).values(threshold=60)
    with atomic(), pytest.raises(DBAPIError, match="indicator is append-only"):
        session.execute(change)
    with atomic():
        drop_triggers(session.connection(), "indicator")
        session.execute(change)
    found = newest_set(world.agreement.id)
    assert found is not None
    assert found.indicators[0].threshold == 60


@pytest.mark.rule(58)
@ON_SQLITE
def test_a_statement_of_an_agreement_without_indicators_says_so(world: World) -> None:
    on(world, "2026-05-04")
    data = json.loads(prepared(world, *APRIL, add_agreement(world, "UKSPF", [10_000])).data)
    (line,) = [each for each in data["lines"] if each["code"] == "20"]
    assert (data["outputs"], line["reported"], line["parts"][0]["value"]) == ([], True, 0)
    assert line["parts"][0]["note"] == "The agreement names no indicators."


@ON_SQLITE
def test_line_20_has_a_part_for_each_of_the_funders_codes(world: World) -> None:
    on(world, "2026-05-04")
    data = json.loads(prepared(world, *APRIL).data)
    (line,) = [each for each in data["lines"] if each["code"] == "20"]
    assert [each["code"] for each in line["parts"]] == ["20", "20a", "20b", "20c", "20d", "20e"]
    assert line["parts"][4]["label"] == f"{CREATED.code}: {CREATED.wording}"
    assert line["parts"][4]["unit"] == "hundredths"
    assert line["parts"][4]["note"] == "Target 12.50, this period 0.00, with evidence 0, without 0."
