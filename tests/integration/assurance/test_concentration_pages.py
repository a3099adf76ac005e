"""What is concentrated, on pages."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, outsider, reads_nothing
from voucher.accounts.rules import Role
from voucher.assurance.concentration import look_for_concentration, set_thresholds
from voucher.assurance.models import ConcentrationCase
from voucher.assurance.rules import Thresholds
from voucher.platform.db import session


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_outsiders_see_no_case_and_readers_close_none(app: Flask, world: World) -> None:
    world.claimed(world.issued())
    world.do("shay", set_thresholds, world.scheme, Thresholds(claims_a_day=1), reason="to be seen")
    world.do("vera", look_for_concentration, world.scheme)
    path = f"/concentration/cases/{session.query(ConcentrationCase).one().public_id}"
    paths = ["/concentration", "/concentration/cases", path, "/concentration/thresholds"]
    reads_nothing(at_desk(app, world, "pat"), paths, expect=403)
    reads_nothing(at_desk(app, world, outsider(world, Role.VERIFIER)), [path, f"{path}/close"], expect=404)
    carl = at_desk(app, world, "carl")
    assert "Close the case" not in carl.get(path).links
    reads_nothing(carl, [f"{path}/close", "/concentration/thresholds"], expect=403)
    carl.get("/account")
    carl.post("/concentration/look", {}, expect=403)


def test_thresholds_are_set_cases_raised_read_and_closed(app: Flask, world: World) -> None:
    world.claimed(world.issued())
    shay, vera = at_desk(app, world, "shay"), at_desk(app, world, "vera")
    page = shay.get("/concentration/thresholds")
    refused = shay.submit(page, {"The office opens at": "24", "Why": "x"}, button="Change the thresholds", expect=422)
    assert refused.links["Enter a whole number from 0 to 23."] == "#opens_at"
    answers = {"The office opens at": "7", "Claims of one provider on one day": "1", "Why": "a small scheme"}
    shay.submit(refused, answers, button="Change the thresholds")
    shares = vera.get("/concentration")
    assert shares.rows[0][:6] == ["Calder Digital Ltd", "1", "1", "100%", "£240.00", "100%"]
    listed = vera.follow(vera.submit(shares, button="Look for cases now"))
    assert "Cases raised: 1. Still open: 0. Closed because they are over: 0." in listed
    assert listed.rows[0][1:6] == [
        "Claims on one day", "Calder Digital Ltd handed in 1 claims on 7 April 2026.", "1", "1", "Open",
    ]  # fmt: skip
    case = session.query(ConcentrationCase).one()
    assert case.reference in vera.get("/desk/queues/cases")
    closing = vera.click(vera.get(f"/concentration/cases/{case.public_id}"), "Close the case")
    closed = vera.follow(vera.submit(closing, {"Reason": "a training day"}, button="Close the case"))
    assert "Nothing: it is closed. a training day" in closed
    assert vera.get("/concentration/cases").rows == []
