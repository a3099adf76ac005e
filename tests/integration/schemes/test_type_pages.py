"""Voucher types that are added and changed while the scheme runs."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.payments.pages import browser_of
from tests.integration.redemptions.pages import rows
from voucher.applications.models import Application
from voucher.audit.queries import history
from voucher.platform.db import session
from voucher.schemes.models import VoucherType
from voucher.schemes.queries import voucher_type_by_code
from voucher.vouchers import scheme_changes
from voucher.vouchers.commands import accept
from voucher.vouchers.models import Voucher

NEW = {
    "Code of the voucher type": "BIG",
    "Name of the voucher type": "Tech project",
    "What it is good for": "An online shop",
    "Rate in percent": "50",
    "Face value": "2000.00",
    "Most for one claim": "1000.00",
    "Days that a voucher is good": "60",
}
CHANGE = "/scheme/voucher-types/TASTER/change"
FIXED = (
    "Businesses have applied for this type, so its rate, face value and the most for one claim stay. Add a new type "
    "instead and close this one."
)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def change(app: Flask, world: World, answers: dict[str, str], *, expect: int = 302) -> Page:
    client = browser_of(app, world, "shay")
    entered = {"Reason": "as the board decided", **answers}
    return client.submit(client.get(CHANGE), entered, button="Change this voucher type", expect=expect)


def test_only_a_scheme_administrator_of_the_scheme_adds_and_changes_types(app: Flask, world: World) -> None:
    for name in ("vera", "ada", "pat"):
        client = browser_of(app, world, name)
        client.get("/scheme/voucher-types/new", expect=403)
        client.post(CHANGE, {"kind_name": "x"}, expect=403)
    assert rows(VoucherType) == 1


def test_a_voucher_type_is_added_with_an_audit_row(app: Flask, world: World) -> None:
    client = browser_of(app, world, "shay")
    shown = client.follow(client.submit(client.get("/scheme/voucher-types/new"), NEW, button="Add this voucher type"))
    assert "BIG Tech project An online shop 50% £2,000.00 £1,000.00" in shown
    kind = voucher_type_by_code(world.scheme, "BIG")
    assert [each.action for each in history("voucher_type", kind.id)] == ["voucher_type.added"]


def test_a_code_that_is_taken_is_named_at_its_field(app: Flask, world: World) -> None:
    client = browser_of(app, world, "shay")
    page = client.get("/scheme/voucher-types/new")
    taken = {**NEW, "Code of the voucher type": "TASTER"}
    again = client.submit(page, taken, button="Add this voucher type", expect=422)
    assert again.links["The scheme has a voucher type with this code already."] == "#code"


def test_what_was_offered_and_issued_keeps_what_it_was_given(app: Flask, world: World) -> None:
    offered, issued = world.offered(), world.issued()
    uses = ["A first website", "Stock control"]
    last_day = issued.last_day
    answers = {"What it is good for": "Robots", "Least own contribution": "100.00", "Days that a voucher is good": "30"}
    change(app, world, answers)
    session.expire_all()
    accepted = world.do(world.owner_of(offered), accept, offered, declared_pence=0, terms_version="2026-1")
    for voucher in (session.merge(issued), session.merge(accepted)):
        assert (voucher.good_for, voucher.minimum_own_pence, voucher.last_day) == (uses, 5_000, last_day)
    new = world.issued()
    assert (new.good_for, new.minimum_own_pence) == (["Robots"], 10_000)
    assert new.last_day < last_day


def test_a_change_stands_in_the_history_with_before_and_after(app: Flask, world: World) -> None:
    change(app, world, {"Name of the voucher type": "First taste"})
    event = history("voucher_type", voucher_type_by_code(world.scheme, "TASTER").id)[-1]
    assert (event.action, event.reason) == ("voucher_type.changed", "as the board decided")
    assert event.details == {"name": ["Tech taster", "First taste"]}


@pytest.mark.parametrize(
    ("label", "entered", "at"),
    [("Rate in percent", "90", "rate"), ("Face value", "800.00", "face"), ("Most for one claim", "500.00", "cap")],
)
def test_the_money_of_a_type_that_was_applied_for_stays(
    app: Flask, world: World, label: str, entered: str, at: str
) -> None:
    world.offered()
    assert "It stays, because businesses have applied for this type." in browser_of(app, world, "shay").get(CHANGE)
    page = change(app, world, {label: entered}, expect=422)
    assert page.links[FIXED] == f"#{at}"
    kind = voucher_type_by_code(world.scheme, "TASTER")
    assert (kind.rate_bp, kind.face_pence, kind.cap_pence) == (8000, 75_000, 75_000)


def test_before_anybody_has_applied_the_money_may_change(app: Flask, world: World) -> None:
    change(app, world, {"Face value": "800.00"})
    assert voucher_type_by_code(world.scheme, "TASTER").face_pence == 80_000


def test_control_without_the_guard_an_offer_would_be_paid_at_another_rate(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = world.offered()
    monkeypatch.setattr(scheme_changes, "is_applied_for", lambda _kind: False)
    monkeypatch.setattr("voucher.vouchers.settings_views.is_applied_for", lambda _kind: False)
    change(app, world, {"Rate in percent": "10"})
    voucher = world.do(world.owner_of(offered), accept, offered, declared_pence=0, terms_version="2026-1")
    assert voucher.rate_bp == 1000


def test_nothing_changed_is_said(app: Flask, world: World) -> None:
    page = change(app, world, {}, expect=422)
    assert "Nothing was changed: these are the values that hold already." in page
    assert rows(Application) == rows(Voucher) == 0
