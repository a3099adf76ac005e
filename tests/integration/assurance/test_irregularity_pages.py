"""The register on pages."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, outsider, reads_nothing
from voucher.accounts.rules import Role
from voucher.assurance.irregularities import register_irregularity
from voucher.assurance.models import Irregularity
from voucher.assurance.rules import IrregularityKind
from voucher.platform.db import session


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def registered(world: World) -> Irregularity:
    kind = IrregularityKind.IRREGULARITY
    return world.do("vera", register_irregularity, world.scheme, kind=kind, pence=900, note="a word about Ann Other")


def test_outsiders_see_nothing_of_it_and_readers_no_button(app: Flask, world: World) -> None:
    found = registered(world)
    path = f"/irregularities/{found.public_id}"
    reads_nothing(at_desk(app, world, "pat"), ["/irregularities", path, "/irregularities/new"], expect=403)
    reads_nothing(at_desk(app, world, outsider(world, Role.VERIFIER)), [path, f"{path}/close"], expect=404)
    page = at_desk(app, world, "carl").get(path)
    assert "Close it: Only people with this role may do this" in page
    at_desk(app, world, "carl").get("/irregularities/new", expect=403)


def test_one_is_registered_about_a_claim_changed_and_closed_by_another(app: Flask, world: World) -> None:
    claim = world.claimed(world.issued())
    vera, fred = at_desk(app, world, "vera"), at_desk(app, world, "fred")
    page = vera.get("/irregularities/new")
    answers = {
        "What is it?": "Suspected fraud",
        "Claim": "NTT-C-0",
        "Amount": "12.00",
        "What was found?": "two invoices",
    }
    refused = vera.submit(page, answers, button="Register it", expect=422)
    assert refused.links["Scheme NTT has no claim NTT-C-0."] == "#claim"
    record = vera.follow(vera.submit(refused, {"Claim": claim.reference}, button="Register it"))
    assert "It is being looked into. Another person than Vera closes it." in record
    assert "You registered it: another person must close it." in record
    address = f"/irregularities/{session.query(Irregularity).one().public_id}"
    changed = fred.click(fred.get(address), "Say anew what is known")
    fred.submit(changed, {"Amount": "15.00", "What is known now?": "three"}, button="Keep this")
    closing = fred.click(fred.get(address), "Close it")
    answers = {"What came of it?": "Proved", "How do you know?": "the firm says so"}
    closed = fred.follow(fred.submit(closing, answers, button="Close it"))
    assert [row[2:5] for row in closed.rows[-3:]] == [
        ["Suspected fraud", "Open", "£12.00"],
        ["Suspected fraud", "Open", "£15.00"],
        ["Suspected fraud", "Proved", "£15.00"],
    ]
    again = vera.click(vera.get(address), "Open it again")
    assert "is open again" in vera.follow(vera.submit(again, {"What is new?": "a fourth"}, button="Open it again"))


def test_the_register_shows_what_is_open_and_by_choice_the_rest(app: Flask, world: World) -> None:
    found = registered(world)
    fred = at_desk(app, world, "fred")
    assert [row[0] for row in fred.get("/irregularities").rows] == [found.reference]
    assert fred.get("/irregularities", query={"state": "proved"}).rows == []
    assert fred.get("/irregularities", query={"state": "", "kind": "suspected fraud"}).rows == []
    assert found.reference in fred.get("/desk/queues/irregularities")
