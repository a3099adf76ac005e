"""Staff extend the vouchers that they have ticked: by the same days for one reason, all of them or none."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, gains, outsider
from voucher.accounts.rules import Role
from voucher.audit.queries import history
from voucher.platform.act import Act
from voucher.platform.db import read_anew, session
from voucher.platform.errors import DomainError
from voucher.redemptions.views import extending_pages
from voucher.vouchers.commands import cancel, extend
from voucher.vouchers.models import Voucher


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def path_to(*vouchers: Voucher) -> str:
    return "/vouchers-desk/extend?" + "&".join(f"voucher={each.reference}" for each in vouchers)


def send(client: PageClient, page: Page, days: object, *, number: int = 2, expect: int = 302) -> Page:
    answers = {"By how many days": str(days), "Why": "the storm"}
    return client.submit(page, answers, button=f"Extend {number} voucher{'s' * (number != 1)}", expect=expect)


def moved(*vouchers: Voucher) -> list[int]:
    """By how many days the last day of each has moved since it was issued."""
    read_anew()
    first = vouchers[0].issued_at.date() + timedelta(days=vouchers[0].application.round.voucher_type.validity_days)
    return [(session.merge(each).last_day - first).days for each in vouchers]


# Who may not


@pytest.mark.rule(3)
def test_nobody_but_a_scheme_administrator_extends_vouchers(app: Flask, world: World) -> None:
    voucher = world.issued()
    for name in ("pat", "ada", "vera", "fred", world.owner_of(voucher)):
        at_desk(app, world, name).get(path_to(voucher), expect=403)
    otto = at_desk(app, world, outsider(world, Role.SCHEME_ADMINISTRATOR))
    otto.get(path_to(voucher), expect=404)
    assert "Look at the ticked ones" not in at_desk(app, world, "vera").get("/vouchers-desk")


@pytest.mark.rule(65)
def test_one_s_own_organisation_s_voucher_is_left_out_and_refused(app: Flask, world: World) -> None:
    own, other = world.issued(), world.issued()
    gains(world, "shay", Role.BUSINESS_MEMBER, organisation_id=own.business_id)
    shay = at_desk(app, world, "shay")
    page = shay.get(path_to(own, other))
    assert "This is your own organisation's voucher: another person must do this." in page
    assert page.form("Extend 1 voucher").action == f"/vouchers-desk/extend?voucher={other.reference}"
    both = {"voucher": [own.reference, other.reference], "days": "10", "reason": "the storm"}
    shay.post("/vouchers-desk/extend", both, expect=403)
    assert moved(own, other) == [0, 0]


# All or none


@pytest.mark.rule(13)
def test_the_ticked_vouchers_are_extended_by_the_same_days_with_the_reason_in_each_history(
    app: Flask, world: World
) -> None:
    first, second, third = (world.issued() for _each in range(3))
    shay = at_desk(app, world, "shay")
    assert f"Tick {first.reference}" in shay.get("/vouchers-desk")
    page = shay.get(path_to(first, second))
    done = shay.follow(send(shay, page, 10))
    assert "2 vouchers are extended." in done
    assert moved(first, second, third) == [10, 10, 0]
    for each in (first, second):
        assert [event.reason for event in history("voucher", each.id) if event.action == "voucher.extended"] == [
            "the storm"
        ]


@pytest.mark.rule(13)
def test_when_one_cannot_be_extended_none_is_and_each_is_named_with_its_reason(app: Flask, world: World) -> None:
    used, fresh = world.issued(), world.issued()
    world.do("shay", extend, used, last_day=used.last_day + timedelta(days=5), reason="illness")
    shay = at_desk(app, world, "shay")
    page = send(shay, shay.get(path_to(used, fresh)), 10, expect=422)
    assert f"Voucher {used.reference}: The scheme allows 1 extension and this voucher has had 1." in page
    assert f"Voucher {fresh.reference}:" not in page
    assert page.form("Extend 2 vouchers").data["reason"] == ["the storm"]
    assert moved(used, fresh) == [5, 0]
    page = send(shay, page, 31, expect=422)
    assert f"Voucher {fresh.reference}: An extension is at most 30 days." in page


@pytest.mark.rule(13)
def test_control_one_by_one_the_others_would_have_been_extended(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, fresh = world.issued(), world.issued()
    world.do("shay", extend, used, last_day=used.last_day + timedelta(days=5), reason="illness")

    def one_by_one(act: Act, vouchers: list[Voucher], *, days: int, reason: str) -> None:
        for each in vouchers:
            with suppress(DomainError):
                extend(act, each, last_day=each.last_day + timedelta(days=days), reason=reason)

    monkeypatch.setattr(extending_pages, "extend_each", one_by_one)
    shay = at_desk(app, world, "shay")
    send(shay, shay.get(path_to(used, fresh)), 10)
    assert moved(used, fresh) == [5, 10]


def test_what_is_missing_is_asked_for_and_nothing_is_extended(app: Flask, world: World) -> None:
    voucher, shay = world.issued(), at_desk(app, world, "shay")
    page = shay.get(path_to(voucher))
    for days, words in (("", "Enter the number of days."), ("0", "Enter a whole number from 1 to 3,650.")):
        refused = send(shay, page, days, number=1, expect=422)
        assert refused.title.startswith("Error: ")
        assert refused.links[words] == "#days"
    assert moved(voucher) == [0]


def test_pressed_twice_it_extends_once(app: Flask, world: World) -> None:
    first, second = world.issued(), world.issued()
    shay = at_desk(app, world, "shay")
    page = shay.get(path_to(first, second))
    send(shay, page, 10)
    send(shay, page, 10, expect=422)
    assert moved(first, second) == [10, 10]


def test_without_a_tick_one_is_sent_back_to_tick_and_what_has_ended_is_left_out(app: Flask, world: World) -> None:
    gone, shay = world.issued(), at_desk(app, world, "shay")
    assert "Tick the vouchers that you want to extend." in shay.follow(shay.get("/vouchers-desk/extend", expect=302))
    world.do("shay", cancel, gone, reason="struck off")
    page = shay.get(path_to(gone))
    assert page.heading == "Nothing to extend"
    assert "It is cancelled." in page
    assert "Tick" not in shay.get("/vouchers-desk", query={"state": "cancelled"})
    shay.get("/vouchers-desk/extend?voucher=NONE", expect=404)
