"""Reminders before a cut-off: once for each cut-off and recipient, and never of what was done meanwhile."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import delete, select

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.notifications.test_messages import all_sent, words
from tests.journeys.steps import on
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.notifications.models import OutboxMessage
from voucher.platform.actor import WORKER
from voucher.platform.db import read_anew, session
from voucher.redemptions.checks import put_on_hold
from voucher.redemptions.decisions import send_back
from voucher.redemptions.models import Redemption
from voucher.redemptions.suspension import suspend_provider
from voucher.reports.due import set_rhythm
from voucher.reports.models import CutOffReminder, ReportingRhythm
from voucher.reports.periods import Rhythm
from voucher.reports.reminders import KINDS, remind
from voucher.worker import run_worker

# April's cut-off is the 25th, so that people are told of it from the 18th on.
MONTHLY = Rhythm(months=1, due_days=10, cut_off_days=5, remind_days=7)
# What this shows does not depend on the engine.
ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def waiting(world: World) -> dict[str, Redemption]:
    """Support that nobody claimed, and a claim that waits for each side and for each duty of the office."""
    world.do("fred", set_rhythm, world.agreement, MONTHLY)
    world.recorded(world.issued())
    found = {
        "sent back": world.confirmed(world.claimed(world.issued())),
        "asked": world.claimed(world.issued()),
        "confirmed": world.confirmed(world.claimed(world.issued())),
        "verified": world.verified(world.confirmed(world.claimed(world.issued()))),
        "approved": world.payable(),
    }
    world.do("carl", send_back, found["sent back"], reason="unreadable invoice")
    return found


BEGINS_WITH = waiting


@pytest.fixture
def claims(world: World) -> dict[str, Redemption]:
    query = select(Redemption).order_by(Redemption.id)
    return dict(zip(("sent back", "asked", "confirmed", "verified", "approved"), session.scalars(query), strict=True))


def told_on(world: World, day: str) -> int:
    """How many people the worker puts a reminder into the outbox for on a day."""
    on(world, day)
    with transaction(WORKER, world.clock):
        return remind(office().act(WORKER), session.merge(world.scheme))


def mailed(place: Config) -> dict[str, EmailMessage]:
    """The reminders that left, by who got them."""
    read_anew()
    assert run_worker(office(), once=True, environ={}).failed == 0
    subjects = ("Hand in by", "so that your provider", "The cut-off is on")
    return {each["To"]: each for each in all_sent(place) if any(part in each["Subject"] for part in subjects)}


def rows() -> list[str]:
    kinds = list(KINDS.values())
    query = select(OutboxMessage.email).where(OutboxMessage.kind.in_(kinds)).order_by(OutboxMessage.id)
    return list(session.scalars(query))


def test_each_side_and_duty_is_told_what_waits_for_it(
    world: World, claims: dict[str, Redemption], place: Config
) -> None:
    assert told_on(world, "2026-04-17") == 0
    assert told_on(world, "2026-04-18") == 5
    found = mailed(place)
    owner = world.owner_of(claims["asked"].voucher) + "@example.org"
    assert set(found) == {
        world.provider.contact_email,
        owner,
        *(f"{n}@northmoor.example" for n in ("vera", "carl", "petra")),
    }
    to_provider = words(found[world.provider.contact_email])
    assert "claim for the support: voucher" in to_provider
    assert f"correct the claim and send it again: claim {claims['sent back'].reference}" in to_provider
    assert claims["asked"].reference not in to_provider
    assert "by 25 April 2026" in found[owner]["Subject"]
    for name, key, todo in (
        ("vera", "confirmed", "check the claim"),
        ("carl", "verified", "approve the claim"),
        ("petra", "approved", "put the claim into a batch of payments"),
    ):
        text = words(found[f"{name}@northmoor.example"])
        assert f"{todo}: claim {claims[key].reference}" in text
        assert text.count("claim CLM") <= 1, text
    assert history("scheme", world.scheme.id)[-1].details == {"cut_off_on": "2026-04-25", "people": 5}


def test_nobody_is_told_twice_of_one_cut_off(world: World) -> None:
    assert told_on(world, "2026-04-18") == 5
    assert told_on(world, "2026-04-18") == 0
    assert told_on(world, "2026-04-19") == 0
    assert len(rows()) == 5


def test_without_the_row_that_keeps_it_a_second_mail_would_leave(world: World) -> None:
    assert told_on(world, "2026-04-18") == 5
    with transaction(WORKER, world.clock):
        session.execute(delete(CutOffReminder))
    assert told_on(world, "2026-04-19") == 5
    assert sorted(rows()) == sorted(rows()[:5] * 2)


def test_the_next_cut_off_is_told_of_again_and_a_late_worker_still_tells(world: World) -> None:
    assert told_on(world, "2026-04-25") == 5
    assert told_on(world, "2026-04-26") == 0
    assert told_on(world, "2026-05-19") == 5


@ON_SQLITE
def test_what_was_done_meanwhile_is_not_sent(world: World, claims: dict[str, Redemption], place: Config) -> None:
    assert told_on(world, "2026-04-18") == 5
    world.verified(claims["confirmed"])
    world.confirmed(claims["asked"])
    found = mailed(place)
    owner = world.owner_of(claims["asked"].voucher) + "@example.org"
    assert owner not in found
    assert f"claim {claims['asked'].reference}" in words(found["vera@northmoor.example"])
    assert claims["confirmed"].reference not in words(found["vera@northmoor.example"])
    assert session.scalars(select(OutboxMessage).where(OutboxMessage.done_at.is_(None))).all() == []


@ON_SQLITE
def test_a_message_that_waited_beyond_the_cut_off_is_not_sent(world: World, place: Config) -> None:
    assert told_on(world, "2026-04-25") == 5
    on(world, "2026-04-26")
    assert mailed(place) == {}


@ON_SQLITE
def test_who_comes_to_have_something_to_do_is_told_later_but_not_on_the_same_day(world: World) -> None:
    assert told_on(world, "2026-04-18") == 5
    late = world.claimed(world.issued())
    owner = world.owner_of(late.voucher) + "@example.org"
    on(world, "2026-04-18")
    assert owner not in rows()
    assert told_on(world, "2026-04-19") == 1
    assert rows()[-1] == owner


@ON_SQLITE
def test_a_hold_waits_for_the_verifiers_and_a_suspended_provider_for_the_vetters(
    world: World, claims: dict[str, Redemption], place: Config
) -> None:
    world.do("vera", put_on_hold, claims["asked"], reason="odd invoice")
    told_on(world, "2026-04-18")
    text = words(mailed(place)["vera@northmoor.example"])
    assert f"lift the hold of the claim, or refuse it: claim {claims['asked'].reference}" in text
    world.do("val", suspend_provider, world.provider, reason="insurance")
    told_on(world, "2026-05-19")
    assert sorted(rows()[-2:]) == ["sam@northmoor.example", "val@northmoor.example"]


@ON_SQLITE
def test_no_days_before_the_cut_off_send_nothing_and_too_many_are_refused(world: World) -> None:
    world.do("fred", set_rhythm, world.agreement, Rhythm(1, 10, 5, 0))
    assert told_on(world, "2026-04-25") == 0
    assert session.scalar(select(ReportingRhythm.looked_on)) is None
    with pytest.raises(Exception, match="at most 60 days before the cut-off"):
        world.do("fred", set_rhythm, world.agreement, Rhythm(1, 10, 5, 61))


@ON_SQLITE
def test_the_worker_does_it_by_itself(world: World, place: Config) -> None:
    on(world, "2026-04-18")
    assert len(mailed(place)) == 5
    assert len(mailed(place)) == 5
    assert len(rows()) == 5
