"""Samples are drawn from what was paid, can be drawn again, and their result stands on the statement (rule 62)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from tests.harness.clock import FixedClock
from tests.harness.world import World, add_agreement, build_world
from tests.integration.platform.rows import drop_triggers
from tests.integration.redemptions.checking import with_proof
from tests.integration.reports.staff import with_role
from tests.journeys.steps import on, prepared, signed
from voucher.accounts.rules import Role
from voucher.audit.models import AuditEvent
from voucher.payments.bank import match_payments
from voucher.platform.db import atomic, session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.redemptions.models import Redemption
from voucher.reports.commands import return_statement
from voucher.reports.models import Statement
from voucher.samples.commands import Wanted, conclude_sample, draw_sample, note_finding, open_dossier, why_not_the_same
from voucher.samples.dossier import claims_behind, dossier_of
from voucher.samples.models import AuditSample, AuditSampleItem
from voucher.samples.queries import findings_in_force, items_of, population, result_of
from voucher.samples.rules import Method, Outcome, Side
from voucher.vouchers.models import Voucher

pytestmark = pytest.mark.usefixtures("sketched")
# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)

APRIL = date(2026, 4, 1), date(2026, 4, 30)
MAY = date(2026, 5, 1), date(2026, 5, 31)
NOW = datetime(2026, 5, 31, tzinfo=UTC)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    made = build_world(clock)
    on(made, "2026-05-04")
    return made


def payments(world: World) -> None:
    """Two claims paid by one bank line, a line that nothing explains, and an auditor."""
    world.payable()
    world.payable(net_pence=10_000)
    world.paid()
    world.bank_line(-7_700, "WHO KNOWS")
    with_role(world, "aude", Role.AUDITOR)


BEGINS_WITH = payments


def wanted(**changes: Any) -> Wanted:
    given = {"side": Side.CLAIMS, "method": Method.SIMPLE_RANDOM, "first": APRIL[0], "last": APRIL[1], "size": 10}
    return Wanted(**{**given, **changes})


def drawn(world: World, **changes: Any) -> AuditSample:
    return world.do("aude", draw_sample, world.agreement, wanted(**changes))


def found(world: World, item: AuditSampleItem, outcome: Outcome = Outcome.PASS, **more: Any) -> None:
    note = "the invoice is for another month" if outcome == Outcome.FAIL else "seen"
    world.do("aude", note_finding, session.merge(item), **{"outcome": outcome, "note": note, **more})


def concluded(world: World, sample: AuditSample) -> None:
    world.do("aude", conclude_sample, session.merge(sample))


def line_23(statement: Statement) -> list[int | None]:
    (line,) = [each for each in json.loads(statement.data)["lines"] if each["code"] == "23"]
    return [part["value"] for part in line["parts"]]


@ON_SQLITE
def test_who_may_not_draw_find_or_open(world: World) -> None:
    sample = drawn(world)
    with pytest.raises(Forbidden):
        world.do("vera", draw_sample, world.agreement, wanted())
    with pytest.raises(Forbidden):
        world.do("vera", note_finding, sample.items[0], outcome=Outcome.PASS)
    with pytest.raises(Forbidden):
        world.do("sigrid", conclude_sample, sample)
    with pytest.raises(Forbidden):
        world.do("vera", open_dossier, sample.items[0])


@pytest.mark.rule(62)
def test_from_the_claims_every_claim_paid_can_be_drawn_and_from_the_bank_every_line_out(world: World) -> None:
    claims = population(world.agreement, Side.CLAIMS, *APRIL, NOW)
    assert sorted(each.pence for each in claims) == [5_000, 24_000]
    lines = population(world.agreement, Side.BANK, *APRIL, NOW)
    assert sorted(each.pence for each in lines) == [7_700, 29_000]
    assert population(world.agreement, Side.CLAIMS, *MAY, NOW) == []


@pytest.mark.rule(62)
def test_another_agreements_payments_are_not_drawn_but_what_nothing_explains_is(world: World) -> None:
    other = add_agreement(world, "UKSPF", [10_000])
    assert population(other, Side.CLAIMS, *APRIL, NOW) == []
    assert [each.pence for each in population(other, Side.BANK, *APRIL, NOW)] == [7_700]


@pytest.mark.rule(62)
def test_a_sample_keeps_its_seed_and_the_hash_of_its_population_and_is_drawn_again_the_same(world: World) -> None:
    sample = drawn(world, size=1)
    assert (len(sample.seed), len(sample.population_hash), sample.population_count) == (16, 64, 2)
    assert sample.population_pence == 29_000
    assert why_not_the_same(sample) is None
    again = drawn(world, size=1, seed=sample.seed)
    assert [each.reference for each in again.items] == [each.reference for each in sample.items]
    assert again.population_hash == sample.population_hash


@pytest.mark.rule(62)
def test_what_was_explained_since_does_not_change_what_was_drawn_from(world: World) -> None:
    other = add_agreement(world, "UKSPF", [10_000])
    world.payable()
    [payment] = world.exported().payments
    unknown = world.bank_line(-payment.pence, "A PAYMENT")
    on(world, "2026-06-01")
    sample = world.do("aude", draw_sample, other, wanted(side=Side.BANK, first=MAY[0], last=MAY[1]))
    then = world.act("aude").now
    world.clock.advance(days=1)
    world.do("bina", match_payments, unknown, [payment], reason="the bank cut its reference off")
    assert why_not_the_same(sample) is None
    # By what is known now, the line is none of this agreement's.
    left = [population(other, Side.BANK, *MAY, moment) for moment in (then, world.act("aude").now)]
    assert [[each.pence for each in units] for units in left] == [[payment.pence], []]


@pytest.mark.rule(62)
def test_a_population_that_was_changed_since_is_noticed(world: World) -> None:
    sample = drawn(world)
    with atomic():
        drop_triggers(session.connection(), "posting")
        session.execute(text("UPDATE posting SET pence = pence + 1 WHERE to_account = 'defrayed' AND line_id = 1"))
    session.expire_all()
    assert "another than the one that was drawn from" in str(why_not_the_same(sample))


@pytest.mark.rule(62)
def test_an_item_cannot_be_exchanged_and_without_the_trigger_drawing_again_shows_it(world: World) -> None:
    sample = drawn(world, size=1)
    other = select(Redemption.reference).where(Redemption.reference != sample.items[0].reference).limit(1)
    exchange = update(AuditSampleItem).values(reference=other.scalar_subquery())
    with atomic(), pytest.raises(DBAPIError, match="append-only"):
        session.execute(exchange)
    with atomic():
        drop_triggers(session.connection(), "audit_sample_item")
        session.execute(exchange)
    session.expire_all()
    assert "the sample was changed" in str(why_not_the_same(session.merge(sample)))


@pytest.mark.rule(62)
@ON_SQLITE
def test_a_size_or_a_confidence_is_given_and_never_both(world: World) -> None:
    by_confidence = drawn(world, size=None, confidence_bp=9_500, tolerable_bp=500, method=Method.MONETARY_UNIT)
    assert by_confidence.size == 60
    assert sum(each.hits for each in by_confidence.items) == 60
    for wrong in (
        {"confidence_bp": 9_500, "tolerable_bp": 500},
        {"size": None},
        {"size": None, "confidence_bp": 9_500},
    ):
        with pytest.raises(DomainError, match="either the number of items, or a confidence"):
            drawn(world, **wrong)
    with pytest.raises(DomainError, match="from 1 to 1,000 items"):
        drawn(world, size=0)


@ON_SQLITE
def test_a_sample_is_of_a_period_that_is_over_and_in_which_something_was_paid(world: World) -> None:
    with pytest.raises(DomainError, match="not over"):
        drawn(world, last=date(2026, 5, 4))
    with pytest.raises(DomainError, match="ends before it begins"):
        drawn(world, first=date(2026, 5, 2), last=date(2026, 5, 1))
    with pytest.raises(DomainError, match="Nothing was paid"):
        drawn(world, first=date(2026, 5, 1), last=date(2026, 5, 3))


@pytest.mark.rule(62)
def test_failed_items_extrapolate_to_an_error_rate_on_the_statement(world: World) -> None:
    sample = drawn(world)
    small, large = sorted(items_of(sample), key=lambda each: each.pence)
    found(world, small, Outcome.FAIL)
    found(world, large, Outcome.FAIL, error_pence=2_250)
    assert result_of(session.merge(sample)).error_bp == 2_500
    on(world, "2026-05-05")
    assert line_23(prepared(world, *APRIL)) == [0, 0, 0, None]
    world.do("rob", return_statement, session.scalars(select(Statement)).one(), comments="wait for the sample")
    concluded(world, sample)
    statement = prepared(world, *APRIL)
    assert line_23(statement) == [2, 2, 7_250, 2_500]
    (row,) = json.loads(statement.data)["samples"]
    assert (row["seed"], row["population_hash"]) == (sample.seed, sample.population_hash)
    assert (row["failed"], row["extrapolated"], row["population"]) == (2, 7_250, 29_000)


@pytest.mark.rule(62)
def test_control_a_sample_that_is_not_concluded_is_on_no_statement(world: World) -> None:
    for item in items_of(drawn(world)):
        found(world, item, Outcome.FAIL)
    assert line_23(prepared(world, *APRIL)) == [0, 0, 0, None]


@pytest.mark.rule(55, 62)
def test_what_is_concluded_after_its_period_was_signed_counts_in_the_next(world: World) -> None:
    sample = drawn(world)
    for item in items_of(sample):
        found(world, item)
    first = signed(world, *APRIL)
    concluded(world, sample)
    on(world, "2026-06-02")
    assert line_23(prepared(world, *MAY)) == [2, 0, 0, 0]
    assert line_23(session.get_one(Statement, first.id)) == [0, 0, 0, None]


@pytest.mark.rule(62)
def test_a_sample_is_concluded_once_when_every_item_was_looked_into(world: World) -> None:
    sample = drawn(world)
    with pytest.raises(DomainError, match="Items without a finding: 1, 2"):
        concluded(world, sample)
    for item in items_of(sample):
        found(world, item)
    concluded(world, sample)
    with pytest.raises(Conflict, match="is concluded"):
        found(world, items_of(sample)[0], Outcome.FAIL)
    with pytest.raises(Conflict, match="is concluded"):
        concluded(world, sample)


@ON_SQLITE
def test_the_newest_finding_counts_and_a_failure_says_why_and_by_how_much(world: World) -> None:
    item = items_of(drawn(world))[0]
    found(world, item, Outcome.FAIL, error_pence=1)
    found(world, item)
    assert [each.outcome for each in findings_in_force(item.sample_id).values()] == ["pass"]
    for outcome, more, words in (
        (Outcome.FAIL, {"note": " "}, "Say what is wrong"),
        (Outcome.FAIL, {"error_pence": 10**9}, "cannot be wrong by more"),
        (Outcome.PASS, {"error_pence": 1}, "has no amount in error"),
    ):
        with pytest.raises(DomainError, match=words):
            found(world, item, outcome, **more)


@pytest.mark.rule(62)
def test_a_dossier_leads_from_the_bank_line_to_every_claim_with_its_files_and_history(world: World) -> None:
    sample = drawn(world, side=Side.BANK)
    explained = next(each for each in items_of(sample) if each.pence == 29_000)
    claims = claims_behind(explained)
    assert len(claims) == 2
    with_proof(world, claims[0])
    session.refresh(claims[0])
    act = world.act("aude")
    data = dossier_of(act, explained)
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    index = json.loads(archive.read("index.json"))
    titles = " ".join(each["title"] for each in index["sections"])
    for claim in claims:
        for what in ("application", "subsidy notice", "voucher", "support", "confirmation", "invoice", "checks",
                     "payment", "money", "history"):  # fmt: skip
            assert f"{claim.reference}: {what}" in titles
        assert f"{claim.reference}/voucher-copy.pdf" in index["files"]
        kinds = {name.split("/")[1].split("-v")[0] for name in index["files"] if name.startswith(claim.reference)}
        assert {"invoice", "evidence-of-delivery"} <= kinds
    assert any(name.startswith(f"{claims[0].reference}/proof-of-own-contribution") for name in index["files"])
    line = explained.bank_line
    assert line is not None
    assert {f"Bank line {line.public_id}", f"Bank line {line.public_id}: what it was found to be"} <= {
        each["title"] for each in index["sections"]
    }
    assert set(index["files"]) | {"index.html", "index.json"} == set(archive.namelist())
    page = archive.read("index.html").decode()
    assert claims[0].invoice_number in page
    assert dossier_of(act, explained) == data


@pytest.mark.rule(1)
@ON_SQLITE
def test_nobody_can_redeem_with_a_dossier(world: World) -> None:
    item = items_of(drawn(world))[0]
    voucher = session.scalars(select(Voucher).join(Redemption).where(Redemption.reference == item.reference)).one()
    act = world.act("aude")
    secret = world.code_of(voucher)
    archive = zipfile.ZipFile(io.BytesIO(dossier_of(act, item)))
    assert all(secret.encode() not in archive.read(name) for name in archive.namelist())


@ON_SQLITE
def test_a_file_that_is_gone_is_named_as_missing(world: World) -> None:
    item = items_of(drawn(world))[0]
    act = world.act("aude")
    assert item.redemption is not None
    stored = item.redemption.evidence[0].document.sha256
    (act.files.folder / stored[:2] / stored).unlink()
    archive = zipfile.ZipFile(io.BytesIO(dossier_of(act, item)))
    assert "missing or changed" in archive.read("index.html").decode()


@ON_SQLITE
def test_that_somebody_took_a_dossier_is_noted(world: World) -> None:
    world.do("aude", open_dossier, items_of(drawn(world))[0])
    events = session.scalars(select(AuditEvent).where(AuditEvent.action == "sample.dossier_opened")).all()
    assert [each.actor_name for each in events] == ["Aude"]


@ON_SQLITE
def test_what_nothing_explains_has_a_dossier_of_the_bank_line_alone(world: World) -> None:
    sample = drawn(world, side=Side.BANK)
    unknown = next(each for each in items_of(sample) if each.pence == 7_700)
    assert claims_behind(unknown) == []
    archive = zipfile.ZipFile(io.BytesIO(dossier_of(world.act("aude"), unknown)))
    assert "WHO KNOWS" in archive.read("index.html").decode()


@pytest.mark.rule(40)
def test_line_24_counts_what_was_given_with_the_agreements_vouchers(world: World) -> None:
    data = json.loads(prepared(world, *APRIL).data)
    (line,) = [each for each in data["lines"] if each["code"] == "24"]
    assert [part["value"] for part in line["parts"]] == [150_000, 2, 150_000, 2, 0, 0]
    assert data["large_subsidies"] == []
    other = json.loads(prepared(world, *APRIL, add_agreement(world, "UKSPF", [10_000])).data)
    (line,) = [each for each in other["lines"] if each["code"] == "24"]
    assert [part["value"] for part in line["parts"]] == [0, 0, 0, 0, 0, 0]


@pytest.mark.rule(42)
def test_a_subsidy_above_the_amount_for_publication_is_listed_by_its_reference(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voucher.reports.subsidy_lines.PUBLISHED_ABOVE_PENCE", 74_999)
    data = json.loads(prepared(world, *APRIL).data)
    assert [(each["pence"], each["given_on"]) for each in data["large_subsidies"]] == [(75_000, "2026-04-07")] * 2
    monkeypatch.setattr("voucher.reports.subsidy_lines.PUBLISHED_ABOVE_PENCE", 75_000)
    other = prepared(world, *APRIL, add_agreement(world, "UKSPF", [10_000]))
    assert json.loads(other.data)["large_subsidies"] == []
