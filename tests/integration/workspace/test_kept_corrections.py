"""A session that ends while somebody corrects a form whose address takes forms only: nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.harness.clock import FixedClock
from tests.harness.form import words_of
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk
from tests.journeys.steps import signed
from voucher.accounts import keeping
from voucher.accounts.appointments import Appointment, propose_role
from voucher.accounts.models import KeptForm, SignInSession
from voucher.accounts.rules import Role
from voucher.platform.db import atomic, session

pytestmark = pytest.mark.usefixtures("sketched")
TOO_LONG, BETTER = "x" * 2_001, "entered with care"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


class Asked(NamedTuple):
    """A form for a reason that is sent elsewhere: whose it is, the page on which it stands, and its button."""

    name: str
    page: str
    button: str


def of_a_session(world: World) -> Asked:
    return Asked("pat", f"/sessions/{world.recorded(world.issued()).public_id}", "Take this session back")


def of_a_claim(world: World) -> Asked:
    return Asked("pat", f"/claims/{world.claimed(world.issued()).public_id}", "Take this claim back")


def of_a_dispute(world: World) -> Asked:
    claim = world.confirmed(world.claimed(world.issued()))
    return Asked(world.owner_of(claim.voucher), f"/business/claims/{claim.public_id}", "Dispute this claim")


def of_a_statement(world: World) -> Asked:
    statement = signed(world, date(2026, 4, 1), date(2026, 4, 2))
    return Asked("stella", f"/statements/{statement.public_id}", "Note that it was sent")


def of_a_proposal(world: World) -> Asked:
    wanted = Appointment(world.people["vera"], Role.SIGNER, world.scheme.id)
    proposal = world.do("ada", propose_role, wanted, reason="a second signer")
    return Asked("ada", f"/people/role-proposals/{proposal.public_id}", "Withdraw your proposal")


def sent_too_late(app: Flask, world: World, asked: Asked) -> None:
    """Sends the form with a fault, and the corrected one when the session is over."""
    client = at_desk(app, world, asked.name)
    there = client.get(asked.page).form(asked.button).action
    faulty = client.post(there, {"reason": TOO_LONG}, expect=422)
    person_id = session.merge(world.people[asked.name]).id
    with atomic():
        sessions = update(SignInSession).where(SignInSession.person_id == person_id)
        session.execute(sessions.values(ended_at=SignInSession.began_at))
    client.post(faulty.form(asked.button).action or there, {"reason": BETTER})


def come_back(app: Flask, world: World, asked: Asked) -> Page:
    """The page with the form once more, for its person."""
    kept = session.scalars(select(KeptForm.public_id)).one()
    return at_desk(app, world, asked.name).get(asked.page, query={"kept": kept})


@pytest.mark.parametrize("form", [of_a_session, of_a_claim, of_a_dispute, of_a_statement, of_a_proposal])
def test_what_was_corrected_comes_back_on_the_page_of_its_form(
    app: Flask, world: World, form: Callable[[World], Asked]
) -> None:
    asked = form(world)
    sent_too_late(app, world, asked)
    page = come_back(app, world, asked)
    assert "What you entered is still here." in page
    fields = [each for each in page.tree.iter() if each.get("name") == "reason"]
    assert [each.get("value") or words_of(each) for each in fields] == [BETTER]


def test_control_without_the_page_above_it_would_be_lost(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = keeping._page_at
    monkeypatch.setattr(keeping, "_page_at", lambda url: found(url) if url.endswith("/withdraw") else None)
    sent_too_late(app, world, of_a_claim(world))
    assert session.scalars(select(KeptForm)).all() == []
