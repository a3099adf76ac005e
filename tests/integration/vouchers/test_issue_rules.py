"""What a voucher needs before it is issued, and what is fixed by its issue."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_agreement, add_round_over, build_world
from tests.journeys.steps import on, standing
from voucher.applications.commands import offer, send_notice_again, submit, withdraw_application
from voucher.applications.models import Application
from voucher.funding import ledger
from voucher.funding.commands import LineTerms, draw_on
from voucher.funding.models import Agreement
from voucher.funding.rules import Account, LineKind
from voucher.organisations.models import Enterprise
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden, InvalidTransition
from voucher.schemes.commands import set_voucher_type_open
from voucher.schemes.models import Round, Terms
from voucher.subsidies.models import Assistance, SubsidyRecord
from voucher.vouchers import commands
from voucher.vouchers.commands import accept, enter_acceptance, extend
from voucher.vouchers.models import Voucher

LIMIT, FACE = 315_000_00, 75_000


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def accepted(world: World, application: Application, *, declared: int = 0, version: str = "2026-1") -> Voucher:
    name = world.owner_of(application)
    return world.do(name, accept, application, declared_pence=declared, terms_version=version)


def no_voucher(world: World, application: Application) -> None:
    assert session.scalar(select(func.count()).select_from(Voucher)) == 0
    assert standing(world, Account.COMMITTED) == 0


@pytest.mark.rule(8)
def test_an_application_that_nobody_approved_gives_no_voucher(world: World) -> None:
    business, contact = world.business()
    application = world.do("asha", submit, world.round, business, contact)
    with pytest.raises(DomainError, match="No subsidy notice"):
        accepted(world, application)
    no_voucher(world, application)


@pytest.mark.rule(7, 8)
def test_a_withdrawn_application_gives_no_voucher(world: World) -> None:
    application = world.offered()
    world.do(world.owner_of(application), withdraw_application, application, reason="no time")
    with pytest.raises(InvalidTransition):
        accepted(world, application)
    no_voucher(world, application)


@pytest.mark.rule(8)
def test_nothing_is_issued_of_a_closed_voucher_type(world: World) -> None:
    application = world.offered()
    kind = world.round.voucher_type
    world.do("shay", set_voucher_type_open, kind, is_open=False, reason="the scheme pauses")
    with pytest.raises(DomainError, match="is closed"):
        accepted(world, application)
    no_voucher(world, application)
    world.do("shay", set_voucher_type_open, kind, is_open=True, reason="it goes on")
    assert accepted(world, application).state == "issued"


@pytest.mark.rule(8, 23)
def test_nothing_is_issued_without_reserved_money(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    application = world.offered()
    monkeypatch.setattr(commands, "standing_of_application", lambda *_args: {})
    with pytest.raises(DomainError, match="No money is reserved"):
        accepted(world, application)


@pytest.mark.rule(8, 40)
def test_a_notice_that_is_too_old_is_sent_again_before_it_is_confirmed(world: World) -> None:
    application = world.offered()
    world.clock.advance(days=30, minutes=1)
    with pytest.raises(DomainError, match="older than 30 days"):
        accepted(world, application)
    world.do("asha", send_notice_again, application)
    assert accepted(world, application).state == "issued"


@pytest.mark.rule(6, 8)
def test_only_the_business_that_was_offered_it_accepts(world: World) -> None:
    application, other = world.offered(), world.offered()
    for name in (world.owner_of(other), "asha", "pat"):
        with pytest.raises(Forbidden):
            world.do(name, accept, application, declared_pence=0, terms_version="2026-1")
    no_voucher(world, application)


@pytest.mark.rule(9)
def test_a_voucher_keeps_the_terms_of_its_issue(world: World) -> None:
    before, application = world.issued(), world.offered()
    on(world, "2026-04-20")
    with world.by("shay") as act:
        newer = Terms(version="2026-2", in_force_from=date(2026, 4, 20), brief=[], body="New.", created_at=act.now)
        newer.scheme_id = world.scheme.id
        session.add(newer)
    with pytest.raises(DomainError, match="Terms 2026-2 are in force"):
        accepted(world, application, version="2026-1")
    assert accepted(world, application, version="2026-2").terms.version == "2026-2"
    assert before.terms.version == "2026-1"


@pytest.mark.rule(9)
def test_accepting_again_gives_the_same_voucher(world: World) -> None:
    application = world.offered()
    assert accepted(world, application).id == accepted(world, application).id
    assert standing(world, Account.COMMITTED) == FACE


@pytest.mark.rule(39)
@pytest.mark.parametrize(("declared", "issued"), [(LIMIT - FACE, True), (LIMIT - FACE + 1, False)])
def test_exactly_the_limit_is_issued_and_a_penny_more_is_not(world: World, declared: int, issued: bool) -> None:
    application = world.offered()
    if issued:
        assert accepted(world, application, declared=declared).state == "issued"
        return
    with pytest.raises(DomainError, match=r"exceed the limit of £315,000.00"):
        accepted(world, application, declared=declared)
    no_voucher(world, application)


@pytest.mark.rule(39)
@pytest.mark.parametrize(("given_on", "counts"), [(date(2024, 4, 1), True), (date(2024, 3, 31), False)])
def test_what_the_group_was_given_counts_from_1_april_two_years_before(
    world: World, given_on: date, counts: bool
) -> None:
    application = world.offered()
    with world.by("asha"):
        group = Enterprise(group_name="Aire Valley Group")
        session.add(group)
        session.flush()
        application.business.enterprise_id = group.id
        session.add(Assistance(enterprise_id=group.id, source="system", pence=LIMIT - FACE + 1, given_on=given_on))
    if counts:
        with pytest.raises(DomainError, match="exceed the limit"):
            accepted(world, application)
    else:
        assert accepted(world, application).state == "issued"


@pytest.mark.rule(39)
def test_without_the_limit_s_rule_it_would_be_exceeded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voucher.subsidies.commands.within_limit", lambda *_args: True)
    assert accepted(world, world.offered(), declared=LIMIT).state == "issued"


@pytest.mark.rule(40)
def test_notice_reply_issue_and_letter_follow_each_other(world: World) -> None:
    application = world.offered()
    world.clock.advance(hours=1)
    voucher = accepted(world, application)
    records = session.scalars(select(SubsidyRecord).order_by(SubsidyRecord.id)).all()
    assert [record.kind for record in records] == ["notice", "reply", "letter"]
    notice, reply, letter = records
    assert (reply.answers_id, letter.answers_id, voucher.subsidy_reply_id) == (notice.id, reply.id, reply.id)
    assert notice.at < reply.at <= voucher.issued_at <= letter.at


@pytest.mark.rule(40)
def test_a_paper_acceptance_is_dated_between_the_notice_and_today(world: World) -> None:
    application = world.offered()
    on(world, "2026-04-10")
    with world.by("asha") as act:
        document = world.new_document(act)
    given = {"declared_pence": 0, "terms_version": "2026-1", "document_id": document}
    for day in (date(2026, 4, 6), date(2026, 4, 11)):
        with pytest.raises(DomainError, match="must lie between"):
            world.do("asha", enter_acceptance, application, confirmed_on=day, **given)
    assert world.do("asha", enter_acceptance, application, confirmed_on=date(2026, 4, 7), **given).state == "issued"


@pytest.mark.rule(10, 40)
def test_a_paper_acceptance_of_the_day_before_the_notice_is_refused_at_half_past_midnight(world: World) -> None:
    world.clock.set(datetime(2026, 4, 7, 23, 30, tzinfo=UTC))
    application = world.offered()
    with world.by("asha") as act:
        assert act.today == date(2026, 4, 8)
        given = {"declared_pence": 0, "terms_version": "2026-1", "document_id": world.new_document(act)}
    with pytest.raises(DomainError, match="must lie between"):
        world.do("asha", enter_acceptance, application, confirmed_on=date(2026, 4, 7), **given)


@pytest.mark.rule(13)
def test_an_extension_is_dated_counted_and_cannot_be_had_twice(world: World) -> None:
    voucher = world.issued()
    with pytest.raises(DomainError, match="Say why"):
        world.do("shay", extend, voucher, last_day=date(2026, 8, 5), reason=" ")
    world.clock.set(datetime(2026, 7, 6, 22, 59, 59, tzinfo=UTC))
    world.do("shay", extend, voucher, last_day=date(2026, 8, 5), reason="the trainer is ill")
    assert (voucher.last_day, voucher.extensions) == (date(2026, 8, 5), 1)
    with pytest.raises(DomainError, match="has had 1"):
        world.do("shay", extend, voucher, last_day=date(2026, 8, 6), reason="once more")


@pytest.mark.rule(10, 13)
def test_an_extension_is_too_late_at_midnight_in_london(world: World) -> None:
    voucher = world.issued()
    world.clock.set(datetime(2026, 7, 6, 23, 0, tzinfo=UTC))
    with pytest.raises(DomainError, match="has expired"):
        world.do("shay", extend, voucher, last_day=date(2026, 8, 5), reason="the trainer is ill")


@pytest.mark.rule(13)
def test_without_its_rule_an_expired_voucher_would_be_extended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    voucher = world.issued()
    on(world, "2026-07-10")
    monkeypatch.setattr(commands, "why_no_extension", lambda **_given: None)
    world.do("shay", extend, voucher, last_day=date(2026, 12, 1), reason="the trainer is ill")
    assert voucher.last_day == date(2026, 12, 1)


@pytest.mark.rule(25)
def test_a_round_whose_vouchers_leave_no_time_to_pay_is_refused(world: World) -> None:
    short = add_agreement(world, "PIP-1", [500_000], ends_on=date(2027, 5, 27))
    with pytest.raises(DomainError, match="beyond the end of agreement"):
        add_round_over(world, "R2", [(short.lines[0], 10_000)], 400_000)
    fits = add_agreement(world, "PIP-2", [500_000], ends_on=date(2027, 5, 28))
    add_round_over(world, "R2", [(fits.lines[0], 10_000)], 400_000)


def end_sooner(agreement: Agreement) -> None:
    """As an agreement that was entered by a file from elsewhere may stand."""
    session.merge(agreement).ends_on = date(2027, 5, 27)


@pytest.mark.rule(25)
def test_an_offer_whose_voucher_could_not_be_paid_in_time_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last voucher of an offer of 31 December runs to the scheme's end, 31 March; 58 days later is 28 May."""
    on(world, "2026-12-31")
    with world.by("fred"):
        end_sooner(world.agreement)
    business, contact = world.business()
    with pytest.raises(DomainError, match="leaves no time to claim and pay before agreement LGF-1"):
        world.do("asha", offer, world.round, business, contact)
    monkeypatch.setattr("voucher.applications.commands.last_day_fits", lambda *_day, **_given: True)
    assert world.do("asha", offer, world.round, business, contact).state == "approved"


@pytest.mark.rule(25)
def test_a_round_without_budget_or_over_an_administration_line_does_not_open(world: World) -> None:
    line = LineTerms("ADM", "Administration", LineKind.ADMINISTRATION, 100_000)
    agreement = add_agreement(world, "PIP-1", [], lines=(line,))
    with pytest.raises(DomainError, match="for administration only"):
        add_round_over(world, "R2", [(agreement.lines[0], 10_000)], 50_000)
    empty, whole = Round(budget_pence=0), [(world.agreement.lines[0], 10_000)]
    with pytest.raises(DomainError, match="without a budget"):
        world.do("shay", draw_on, empty, whole)
    with pytest.raises(DomainError, match="has £3,333.00 unallocated".replace("£", ".")):
        add_round_over(world, "R4", whole, 333_301)


@pytest.mark.rule(23)
def test_an_offer_beyond_a_line_is_refused_and_moves_nothing(world: World) -> None:
    small = add_agreement(world, "PIP-1", [100_000])
    target = add_round_over(world, "R2", [(small.lines[0], 10_000)], 100_000)
    world.offered(target)
    with world.by("shay"):
        target.available_pence = target.budget_pence
    business, contact = world.business()
    with pytest.raises(Conflict, match=r"has £250.00 left unallocated"):
        world.do("asha", offer, target, business, contact)
    assert (standing(world, Account.UNALLOCATED, small), target.available_pence) == (25_000, 100_000)
    assert session.scalar(select(func.count()).select_from(Application)) == 1


@pytest.mark.rule(23)
def test_without_its_guard_a_line_would_be_overdrawn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    small = add_agreement(world, "PIP-1", [100_000])
    target = add_round_over(world, "R2", [(small.lines[0], 10_000)], 100_000)
    monkeypatch.setattr(ledger, "_move_guards", lambda _movements: None)
    world.offered(target)
    with world.by("shay"):
        target.available_pence = target.budget_pence
    world.offered(target)
    assert standing(world, Account.UNALLOCATED, small) == -50_000


@pytest.mark.rule(8, 23)
def test_an_offer_beyond_the_round_is_refused(world: World) -> None:
    with world.by("shay"):
        world.round.available_pence = FACE - 1
    with pytest.raises(Conflict, match="is needed"):
        world.offered()
    assert standing(world, Account.RESERVED) == 0
    with world.by("shay"):
        world.round.available_pence = world.round.budget_pence
    assert_reconciled(world)


@pytest.mark.rule(45)
def test_a_business_has_one_live_voucher_in_a_scheme(world: World) -> None:
    voucher = world.issued()
    with pytest.raises(Conflict, match="has application"):
        world.do("asha", offer, world.round, voucher.business, voucher.application.contact)
    world.do("shay", commands.cancel, voucher, reason="asked for by the business")
    again = world.do("asha", offer, world.round, voucher.business, voucher.application.contact)
    assert again.offer_until == world.act("asha").today + timedelta(days=30)
