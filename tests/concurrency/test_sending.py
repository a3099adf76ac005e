"""One application, sent by two taps or by two people of one business at once."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask

from tests.concurrency.races import FREE, LOCKED, number, plain_begin, sql
from tests.harness.at_once import Job, Overtaking, at_once
from tests.harness.world import World
from tests.integration.applications.people import filled, newcomer
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.applications import applying
from voucher.applications import commands as applications
from voucher.applications.applying import send_form
from voucher.applications.models import ApplicationForm
from voucher.platform.act import Act
from voucher.platform.actor import Actor
from voucher.platform.db import session

TAPS = 10


def sending(world: World, name: str, form: ApplicationForm) -> Job:
    """Sends a form, and says in which state it is then."""
    form_id = form.id

    def work(act: Act) -> str:
        return send_form(act, session.get_one(ApplicationForm, form_id)).state

    return world.act(name), work


def sent_once() -> bool:
    """Whether one application was submitted, and its receipt told once."""
    told = number("SELECT COUNT(*) FROM outbox_message WHERE kind = 'application_received'")
    return number("SELECT COUNT(*) FROM application WHERE state = 'submitted'") == told == 1


@pytest.mark.rule(45)
def test_an_application_that_is_sent_by_ten_taps_at_once_is_one_and_the_others_are_told(
    app: Flask, world: World
) -> None:
    form = filled(world)
    came_to = Counter(at_once(app, [sending(world, "nia", form)] * TAPS))
    assert came_to == {"sent": 1, "form_sent": TAPS - 1}
    assert sent_once()


def anybody_may_have_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks for another application of the business, and the database does not either."""
    monkeypatch.setattr(applications, "live_application", lambda *_which: None)
    sql("DROP INDEX uq_application_live")


def read_without_lock(schedule: Overtaking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms are read as they were, and whoever is first stops after reading."""

    def read(_actor: Actor, public_id: str, *, lock: bool = False) -> ApplicationForm:
        return session.query(ApplicationForm).filter_by(public_id=public_id).populate_existing().one()

    monkeypatch.setattr(applying, "own_form", schedule.stopping_after(read))


@pytest.mark.rule(45)
def test_control_without_lock_and_look_two_taps_send_two(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, engine_kind: str
) -> None:
    form, schedule = filled(world), Overtaking(FREE)
    plain_begin(monkeypatch)
    read_without_lock(schedule, monkeypatch)
    anybody_may_have_two(monkeypatch)
    came_to = schedule.run(app, sending(world, "nia", form), sending(world, "nia", form))
    if engine_kind == "sqlite":
        assert came_to == (LOCKED, "sent")
        return
    assert came_to == ("sent", "sent")
    assert number("SELECT COUNT(*) FROM application WHERE state = 'submitted'") == 2


def colleagues_forms(world: World) -> list[Job]:
    """Two people of one business, each with a form of their own for it."""
    business, person = world.business()
    newcomer(world, "olu")
    with world.by("ada") as act:
        olu, business_id = session.merge(world.people["olu"]), session.merge(business).id
        grant_role(act, olu, Role.BUSINESS_MEMBER, organisation_id=business_id)
    number_of = {"company-number": {"company_number": session.merge(business).identifiers[0].value}}
    names = (person.email.split("@")[0], "olu")
    return [sending(world, name, filled(world, name, number_of)) for name in names]


@pytest.mark.rule(45)
def test_two_people_of_one_business_send_one_application_at_once(app: Flask, world: World) -> None:
    came_to = Counter(at_once(app, colleagues_forms(world)))
    assert came_to == {"sent": 1, "application_live": 1}
    assert sent_once()


@pytest.mark.rule(45)
def test_control_without_the_look_at_what_is_live_both_would_apply(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    anybody_may_have_two(monkeypatch)
    assert at_once(app, colleagues_forms(world)) == ["sent", "sent"]
    assert number("SELECT COUNT(*) FROM application WHERE state = 'submitted'") == 2
