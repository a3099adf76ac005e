"""More pairs, by the same schedule: on applications, bank lines, repayments and recalls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from sqlalchemy import select

from tests.concurrency.races import (
    FREE,
    LOCKED,
    Numbered,
    approval,
    colleague,
    number,
    plain_begin,
    sql,
    submitted,
    unlocked_rows,
)
from tests.concurrency.test_pairs import books_are_right, events, guarded, unguarded, unguarded_rows
from tests.harness.at_once import Job, Overtaking
from tests.harness.balances import faults
from tests.harness.world import World, add_agreement, add_round_over
from voucher.accounts import commands as accounts
from voucher.accounts.commands import add_person, contact_person, end_role, grant_role, suspend_person
from voucher.accounts.models import Membership, Person
from voucher.accounts.queries import holders
from voucher.accounts.rules import Role
from voucher.applications import commands as applications
from voucher.applications import reviewing
from voucher.applications.commands import decline, offer, submit
from voucher.applications.models import Application
from voucher.funding.models import FundingLine
from voucher.funding.queries import standing_of_redemptions
from voucher.organisations.commands import add_organisation
from voucher.organisations.models import Organisation
from voucher.payments import bank, batches, defrayal, evidence
from voucher.payments.bank import match_funder_repayment, match_payments
from voucher.payments.batches import recall_batch
from voucher.payments.debts import match_recovery, raise_debt
from voucher.payments.models import BankLine, Batch, Payment
from voucher.platform.act import Act
from voucher.platform.db import atomic, session
from voucher.platform.errors import Conflict
from voucher.redemptions.models import Redemption
from voucher.schemes.models import Round
from voucher.subsidies import commands as subsidies
from voucher.subsidies.queries import limit_in_force
from voucher.vouchers.commands import accept

Patch = pytest.MonkeyPatch


@pytest.mark.rule(7, 23)
def test_an_application_is_approved_by_one_of_two_assessors(app: Flask, world: World, monkeypatch: Patch) -> None:
    application = submitted(world, [world.round])[0]
    colleague(world, "abe", Role.ASSESSOR)
    schedule = guarded(monkeypatch, reviewing, "lock_application")
    first, second = schedule.run(app, approval(world, application), approval(world, application, "abe"))
    assert (first, second) == ("approved", "invalid_transition")
    assert events("application.approved") == 1
    books_are_right(world)


def test_control_without_the_lock_an_application_is_approved_twice_and_its_money_reserved_twice(
    app: Flask, world: World, monkeypatch: Patch, engine_kind: str
) -> None:
    application = submitted(world, [world.round])[0]
    colleague(world, "abe", Role.ASSESSOR)
    schedule = unguarded(monkeypatch, reviewing, "lock_application", Application)
    first, second = schedule.run(app, approval(world, application), approval(world, application, "abe"))
    assert second == "approved"
    if engine_kind == "sqlite":
        assert first == LOCKED
        return
    assert first == "approved"
    assert any("an approved application's parts do not sum to its face" in fault for fault in faults())


@pytest.mark.rule(7)
def test_an_application_is_not_declined_while_it_is_approved(app: Flask, world: World, monkeypatch: Patch) -> None:
    application = submitted(world, [world.round])[0]
    colleague(world, "abe", Role.ASSESSOR)
    application_id = application.id

    def declining(act: Act) -> str:
        decline(act, session.get_one(Application, application_id), reason="too late")
        return "declined"

    schedule = guarded(monkeypatch, reviewing, "lock_application")
    first, second = schedule.run(app, approval(world, application), (world.act("abe"), declining))
    assert (first, second) == ("approved", "invalid_transition")
    books_are_right(world)


def ending_each_other(world: World) -> tuple[Job, Job]:
    """Ada and Abe, the only administrators, end each other's role."""
    role = Role.SYSTEM_ADMINISTRATOR
    with world.by("ada") as act:
        world.people["abe"] = abe = add_person(act, name="Abe", email="abe@northmoor.example")
        grant_role(act, abe, role)
    query = select(Membership.person_id, Membership.id).where(Membership.role == str(role))
    held = {row.person_id: row.id for row in session.execute(query)}
    assert len(held) == 2

    def ending(membership_id: int) -> Callable[[Act], str]:
        def end(act: Act) -> str:
            end_role(act, session.get_one(Membership, membership_id), reason="has left")
            return "ended"

        return end

    ada = world.people["ada"]
    return (world.act("ada"), ending(held[abe.id])), (world.act("abe"), ending(held[ada.id]))


def left(world: World) -> int:
    session.rollback()
    return len(holders(Role.SYSTEM_ADMINISTRATOR, None, world.clock()))


def test_of_two_administrators_who_end_each_other_one_stays(app: Flask, world: World, monkeypatch: Patch) -> None:
    jobs = ending_each_other(world)
    schedule = guarded(monkeypatch, accounts, "administrators")
    assert schedule.run(app, *jobs) == ("ended", "last_administrator")
    assert left(world) == 1


def test_whoever_was_suspended_meanwhile_does_not_suspend_the_last_administrator(app: Flask, world: World) -> None:
    ending_each_other(world)
    late = world.act("ada")  # as it was when she opened the page
    world.do("abe", suspend_person, world.people["ada"], reason="a lost laptop")
    with pytest.raises(Conflict, match="no other administrator"), atomic():
        suspend_person(late, session.merge(world.people["abe"]), reason="a lost laptop")
    assert left(world) == 1


def test_control_without_the_lock_no_administrator_is_left(
    app: Flask, world: World, monkeypatch: Patch, engine_kind: str
) -> None:
    jobs = ending_each_other(world)
    schedule = Overtaking(FREE)
    plain_begin(monkeypatch)
    unlocked = schedule.stopping_after(
        lambda act: [person.id for person in holders(Role.SYSTEM_ADMINISTRATOR, None, act.now)]
    )
    monkeypatch.setattr(accounts, "administrators", unlocked)
    first, second = schedule.run(app, *jobs)
    assert second == "ended"
    assert (first, left(world)) == ((LOCKED, 1) if engine_kind == "sqlite" else ("ended", 0))


def test_a_business_that_is_entered_by_two_at_once_applies_once(app: Flask, world: World, monkeypatch: Patch) -> None:
    business, person = world.business()
    colleague(world, "abe", Role.ASSESSOR)
    ids = world.round.id, business.id, person.id

    def entering(act: Act) -> str:
        submit(
            act, session.get_one(Round, ids[0]), session.get_one(Organisation, ids[1]), session.get_one(Person, ids[2])
        )
        return "entered"

    schedule = guarded(monkeypatch, applications, "live_application")
    jobs = [(world.act(name), entering) for name in ("asha", "abe")]
    first, second = schedule.run(app, jobs[0], jobs[1])
    assert sorted((first, second)) == ["application_live", "entered"]
    assert number("SELECT COUNT(*) FROM application") == 1


@pytest.mark.rule(39)
def test_two_acceptances_of_one_enterprise_stay_within_the_limit(app: Flask, world: World, monkeypatch: Patch) -> None:
    with world.by("asha") as act:
        firms = [add_organisation(act, name=f"Firm {n}", legal_form="company", group="Mill Group") for n in (1, 2)]
        owners = [
            contact_person(act, name="Owner", email=f"o{firm.id}@example.org", phone="", organisation_id=firm.id)
            for firm in firms
        ]
    offers = [world.do("asha", offer, world.round, *party) for party in zip(firms, owners, strict=True)]
    world.people |= {person.email.split("@")[0]: person for person in owners}
    declared = limit_in_force(world.act("asha").today) - 750_00
    jobs = [accepting(world, application, declared) for application in offers]
    schedule = guarded(monkeypatch, subsidies, "given_by_us")
    assert schedule.run(app, jobs[0], jobs[1]) == ("accepted", "subsidy_limit")


def accepting(world: World, application: Application, declared_pence: int) -> Job:
    application_id = application.id

    def work(act: Act) -> str:
        found = session.get_one(Application, application_id)
        accept(act, found, declared_pence=declared_pence, terms_version="2026-1")
        return "accepted"

    return world.act(world.owner_of(application)), work


def owing_to_the_funder(world: World) -> FundingLine:
    """A line that owes its funder what was recovered on it: £240."""
    agreement = add_agreement(world, "BACK", [5_000_00], recoveries_reusable=False)
    target = add_round_over(world, "B", [(agreement.lines[0], 10_000)], 4_000_00)
    claim = world.payable(world.issued(target))
    world.paid()
    debt = world.do(
        "fred", raise_debt, claim, owed_by=world.provider.organisation, pence=240_00, reason="not delivered"
    )
    world.do("bina", match_recovery, world.bank_line(240_00, "BACK"), debt)
    return session.merge(agreement).lines[0]


@pytest.mark.rule(63)
def test_two_repayments_at_once_repay_the_funder_no_more_than_is_owed(
    app: Flask, world: World, monkeypatch: Patch
) -> None:
    owing = owing_to_the_funder(world)
    colleague(world, "ben", Role.BANK_LINE_KEEPER)
    lines = [world.bank_line(-240_00, "REPAID") for _ in range(2)]
    jobs = [repayment(world, name, line, owing) for name, line in zip(("bina", "ben"), lines, strict=True)]
    schedule = guarded(monkeypatch, bank, "balances")
    assert schedule.run(app, jobs[0], jobs[1]) == ("repaid", "more_than_owed")
    books_are_right(world)


def repayment(world: World, name: str, line: BankLine, owing: FundingLine) -> Job:
    line_id, owing_id = line.id, owing.id

    def work(act: Act) -> str:
        match_funder_repayment(
            act, session.get_one(BankLine, line_id), session.get_one(FundingLine, owing_id), reason="repaid"
        )
        return "repaid"

    return world.act(name), work


# One bank line, explained by two people


def exported_payment(world: World) -> Payment:
    world.payable()
    return next(iter(world.exported().payments))


def two_matches(world: World) -> tuple[Job, Job]:
    """Two payments of the same sum, and one bank line that carries the references of both."""
    payments = [exported_payment(world), exported_payment(world)]
    colleague(world, "ben", Role.BANK_LINE_KEEPER)
    line = world.bank_line(-payments[0].pence, " ".join(payment.reference for payment in payments))
    return matching(world, "bina", line, payments[0]), matching(world, "ben", line, payments[1])


def matching(world: World, name: str, line: Numbered, payment: Numbered) -> Job:
    line_id, payment_id = line.id, payment.id

    def work(act: Act) -> str:
        match_payments(act, session.get_one(BankLine, line_id), [session.get_one(Payment, payment_id)])
        return "matched"

    return world.act(name), work


@pytest.mark.rule(35)
def test_a_bank_line_explains_one_payment_and_not_two(app: Flask, world: World, monkeypatch: Patch) -> None:
    jobs, schedule = two_matches(world), guarded(monkeypatch, evidence, "lock_bank_lines")
    assert schedule.run(app, *jobs) == ("matched", "line_matched")
    assert number("SELECT COUNT(*) FROM payment WHERE state = 'defrayed'") == 1
    books_are_right(world)


def take_by_reading_and_writing(parts: Mapping[BankLine, int]) -> None:
    """What *take_from_lines* must not be."""
    for line, pence in parts.items():
        line.open_pence -= pence
    session.flush()


@pytest.mark.parametrize("with_guard", [True, False])
def test_control_without_lock_and_guard_a_bank_line_explains_two_payments(
    app: Flask, world: World, monkeypatch: Patch, engine_kind: str, with_guard: bool
) -> None:
    jobs, schedule = two_matches(world), unguarded_rows(monkeypatch, evidence, "lock_bank_lines", BankLine)
    if not with_guard:
        monkeypatch.setattr(defrayal, "take_from_lines", take_by_reading_and_writing)
    first, second = schedule.run(app, *jobs)
    assert second == "matched"
    if engine_kind == "sqlite":
        assert first == LOCKED
    elif with_guard:
        assert first == "line_matched"
        assert faults() == []
    else:
        assert first == "matched"
        assert any("a bank line is explained beyond its sum" in fault for fault in faults())


# One payment, matched to two bank lines


def two_lines_for_one(world: World) -> tuple[Job, Job]:
    """One payment, and two bank lines that both carry its reference and its sum."""
    payment = exported_payment(world)
    colleague(world, "ben", Role.BANK_LINE_KEEPER)
    lines = [world.bank_line(-payment.pence, payment.reference) for _ in range(2)]
    return matching(world, "bina", lines[0], payment), matching(world, "ben", lines[1], payment)


@pytest.mark.rule(35)
def test_a_payment_is_explained_by_one_bank_line_and_not_by_two(app: Flask, world: World, monkeypatch: Patch) -> None:
    jobs, schedule = two_lines_for_one(world), guarded(monkeypatch, evidence, "lock_payments")
    assert schedule.run(app, *jobs) == ("matched", "not_exported")
    assert number("SELECT COUNT(*) FROM bank_match WHERE kind = 'payment'") == 1
    books_are_right(world)


@pytest.mark.parametrize("with_trigger", [True, False])
def test_control_without_the_locks_the_trigger_refuses_and_without_it_a_payment_is_matched_twice(
    app: Flask, world: World, monkeypatch: Patch, engine_kind: str, with_trigger: bool
) -> None:
    jobs = two_lines_for_one(world)
    if not with_trigger:
        on = " ON bank_match" if engine_kind == "postgresql" else ""
        sql(f"DROP TRIGGER bank_match_within_the_payment{on}")
    for module, lock, table in (
        (evidence, "lock_batches", Batch),
        (evidence, "lock_payments", Payment),
        (defrayal, "lock_claims", Redemption),
    ):
        monkeypatch.setattr(module, lock, unlocked_rows(table))
    plain_begin(monkeypatch)
    # The first has read by then all that it goes by.
    schedule = Overtaking(FREE)
    read = schedule.stopping_after(standing_of_redemptions)
    monkeypatch.setattr(defrayal, "standing_of_redemptions", read)
    first, second = schedule.run(app, *jobs)
    assert second == "matched"
    if engine_kind == "sqlite":
        assert first == LOCKED
    elif with_trigger:
        assert first == "fault: a payment is matched beyond its sum"
    else:
        assert first == "matched"
        assert number("SELECT COUNT(*) FROM bank_match WHERE kind = 'payment'") == 2


# A match and a recall of the same payment


def recall_asked(world: World) -> tuple[Job, Job]:
    payment = exported_payment(world)
    batch = payment.batch
    line = world.bank_line(-payment.pence, payment.reference)
    world.do("petra", recall_batch, batch, reason="not sent")
    batch_id = session.merge(batch).id

    def recalling(act: Act) -> str:
        recall_batch(act, session.get_one(Batch, batch_id), reason="not sent")
        return "recalled"

    return matching(world, "bina", line, payment), (world.act("paul"), recalling)


@pytest.mark.rule(33, 35)
def test_a_batch_is_not_recalled_while_a_payment_of_it_is_matched(app: Flask, world: World, monkeypatch: Patch) -> None:
    match, recall = recall_asked(world)
    schedule = guarded(monkeypatch, evidence, "lock_payments")
    assert schedule.run(app, match, recall) == ("matched", "not_recallable")
    books_are_right(world)


@pytest.mark.rule(33, 35)
def test_a_payment_is_not_matched_while_its_batch_is_recalled(app: Flask, world: World, monkeypatch: Patch) -> None:
    match, recall = recall_asked(world)
    schedule = guarded(monkeypatch, batches, "lock_batch")
    assert schedule.run(app, recall, match) == ("recalled", "not_exported")
    books_are_right(world)
