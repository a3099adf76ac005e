"""The keys that sign vouchers, on pages: a new one, and one that others know."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk
from tests.integration.payments.pages import authenticator
from voucher.app import office
from voucher.audit.models import AuditEvent
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import Forbidden
from voucher.platform.keyring import KeyStatus
from voucher.redemptions.lookups import look_up
from voucher.redemptions.rules import Outcome
from voucher.vouchers.keys import compromise_key, rotate_key
from voucher.vouchers.models import Voucher

ROTATE, COMPROMISE = "/voucher-keys/rotate", "/voucher-keys/1/compromise"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def statuses() -> list[str]:
    office().ring.refresh()
    return [str(key.status) for key in office().ring.voucher_keys()]


def send(world: World, client: PageClient, path: str, button: str, *, expect: int = 302) -> None:
    """Gives a reason and the second factor, and presses the button."""
    code = authenticator(world, "ada").at(world.clock())
    answers = {"Reason": "a laptop was lost", "Code of your second factor": code}
    client.submit(client.get(path), answers, button=button, expect=expect)


@pytest.mark.parametrize("path", ["/voucher-keys", ROTATE, COMPROMISE])
def test_nobody_but_a_system_administrator_comes_near_the_keys(app: Flask, world: World, path: str) -> None:
    for name in ("shay", "sigrid", "pat"):
        at_desk(app, world, name).get(path, expect=403)
    PageClient(app).get(path, expect=302)


@pytest.mark.parametrize(("path", "button"), [(ROTATE, "Make a new key"), (COMPROMISE, "Refuse this key")])
def test_nothing_happens_to_a_key_without_the_second_factor(app: Flask, world: World, path: str, button: str) -> None:
    authenticator(world, "ada")
    client = at_desk(app, world, "ada")
    answers = {"Reason": "a laptop was lost", "Code of your second factor": "000000"}
    page = client.submit(client.get(path), answers, button=button, expect=422)
    assert "a laptop was lost" in page.text
    assert statuses() == ["active"]


@pytest.mark.parametrize(
    "command", [lambda act: rotate_key(act, reason="a"), lambda act: compromise_key(act, 1, reason="a")]
)
def test_control_it_is_the_command_that_asks_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch, command: object
) -> None:
    act = replace(world.act("ada"), proven=False)
    with pytest.raises(Forbidden):
        command(act)  # type: ignore[operator]
    monkeypatch.setattr(Act, "require_second_factor", lambda _act: None)
    with world.by("ada"):
        command(act)  # type: ignore[operator]
    assert statuses()[-1] == "active"
    assert len(statuses()) == 2


@pytest.mark.rule(1)
def test_a_new_key_signs_and_what_the_old_one_signed_stays_good(app: Flask, world: World) -> None:
    code = world.code_of(world.issued())
    send(world, at_desk(app, world, "ada"), ROTATE, "Make a new key")
    assert statuses() == ["retired", "active"]
    assert world.do("pat", look_up, world.scheme, code).outcome == Outcome.GOOD
    assert world.issued().generation == 1


@pytest.mark.rule(1)
def test_what_a_known_key_signed_is_refused_and_each_business_gets_a_new_voucher(app: Flask, world: World) -> None:
    voucher = world.issued()
    code, client = world.code_of(voucher), at_desk(app, world, "ada")
    assert client.get("/voucher-keys").rows[0][3] == "1"
    send(world, client, COMPROMISE, "Refuse this key")
    assert statuses() == [KeyStatus.COMPROMISED, KeyStatus.ACTIVE]
    assert world.do("pat", look_up, world.scheme, code).outcome == Outcome.NOT_RECOGNISED
    assert session.get_one(Voucher, voucher.id).generation == 2
    [row, after] = client.get("/voucher-keys").rows
    assert ("Refuse all that key 1 signed" not in row[4], after[3]) == (True, "1")
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "key.compromised"))
    assert (event.reason, event.details) == ("a laptop was lost", {"replaced": 1, "active": 2})


def test_a_key_that_is_not_there_has_no_page(app: Flask, world: World) -> None:
    at_desk(app, world, "ada").get("/voucher-keys/9/compromise", expect=404)


def test_who_has_no_second_factor_reads_so_before_a_code_is_asked_for(app: Flask, world: World) -> None:
    client = at_desk(app, world, "ada")
    assert "You have not set up a second factor yet" in client.get(ROTATE)
    authenticator(world, "ada")
    page = client.get(ROTATE)
    assert "You have not set up" not in page
    assert "or one of your recovery codes" in page
