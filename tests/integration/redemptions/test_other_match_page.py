"""Match that counts elsewhere, on its page: who may not, what cannot be, and what statements leave out from then on."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.reports.staff import browser_of
from voucher.platform.db import session
from voucher.redemptions.match_models import OtherMatch
from voucher.redemptions.models import Redemption
from voucher.redemptions.other_match import match_left

# What this shows does not depend on the engine.
pytestmark = [pytest.mark.rule(27), pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)]
HOW_MUCH = "How much of the business's own contribution counts elsewhere"
GIVEN = {"Which programme counts it": "Made Smarter", "How did this become known?": "seen in its list of awards"}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def claimed(world: World) -> None:
    """A claim of £300.00, of which the business pays £60.00."""
    world.claimed(world.issued())


BEGINS_WITH = claimed


def test_who_may_not_note_it(app: Flask, world: World) -> None:
    path = f"/claims-desk/{session.query(Redemption).one().public_id}/other-match"
    for name in ("carl", "fred", "pat"):
        browser_of(app, world, name).get(path, expect=403)


def test_it_is_noted_from_the_claim_and_read_there(app: Flask, world: World) -> None:
    claim = session.query(Redemption).one()
    vera = browser_of(app, world, "vera")
    page = vera.click(vera.get(f"/claims-desk/{claim.public_id}"), "Note match that counts elsewhere")
    assert "£60.00 still counts here" in page
    page = vera.follow(vera.submit(page, {HOW_MUCH: "40.00", **GIVEN}, button="Note it"))
    assert "£20.00 still counts here" in page
    assert "£40.00 of the business's own contribution counts for another programme and not here." in page
    assert match_left(session.query(Redemption).one()) == 20_00


def test_more_than_the_business_paid_is_refused_at_its_field(app: Flask, world: World) -> None:
    vera = browser_of(app, world, "vera")
    page = vera.get(f"/claims-desk/{session.query(Redemption).one().public_id}/other-match")
    page = vera.submit(page, {HOW_MUCH: "60.01", **GIVEN}, button="Note it", expect=422)
    assert page.all("p", id="amount-error")
    assert 'value="60.01"' in page.text
    page = vera.submit(page, {HOW_MUCH: "", "Which programme counts it": ""}, button="Note it", expect=422)
    assert page.all("p", id="programme-error")
    assert session.query(OtherMatch).all() == []
