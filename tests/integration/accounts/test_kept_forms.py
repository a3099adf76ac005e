"""A session that ends in the middle of a form: nothing that was typed is lost, and nobody else sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update
from wtforms import PasswordField

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.integration.accounts.people import BRYN, OLWEN, bryn, enter, olwen
from voucher.accounts import keeping
from voucher.accounts.kept_forms import KEPT_FOR
from voucher.accounts.models import KeptForm, Person, SignInSession
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.platform.db import atomic, session
from voucher.platform.forms import SECRETS, Form
from voucher.worker import run_worker

ENTERED = {"Name": "Carys Bowen", "E-mail address": "carys@scheme.example", "Telephone (optional)": "01432 960 111"}
SECRET = "three words nobody says"
BACK = "What you entered is still here."


@pytest.fixture
def people(app: Flask) -> None:
    """Two administrators."""
    bryn(olwen(), Role.SYSTEM_ADMINISTRATOR)


def end_sessions(email: str = OLWEN) -> None:
    """Ends the sessions of somebody who is in the middle of a form."""
    person_id = session.scalars(select(Person.id).where(Person.email == email)).one()
    with atomic():
        session.execute(
            update(SignInSession).where(SignInSession.person_id == person_id).values(ended_at=SignInSession.began_at)
        )


def sent_too_late(client: PageClient) -> Page:
    """The answer to a form that Olwen began while she was signed in, and sent when she was not."""
    enter(client)
    form = client.get("/people/new")
    end_sessions()
    return client.submit(form, {**ENTERED, "First password (optional)": SECRET}, button="Add this person")


def entered(page: Page) -> dict[str, object]:
    """What the page's form holds, without its token."""
    return {name: values for name, values in page.form("Add this person").data.items() if name != "csrf_token"}


def test_nobody_else_is_shown_what_somebody_entered(people: None, client: PageClient) -> None:
    sent_too_late(client)
    assert client.follow(enter(client, BRYN)).path == "/"
    kept = session.scalars(select(KeptForm.public_id)).one()
    assert "Carys" not in client.get(f"/people/new?kept={kept}").text


def test_what_was_entered_comes_back_after_signing_in_and_can_be_sent(people: None, client: PageClient) -> None:
    answer = sent_too_late(client)
    assert "What you entered is kept: sign in, and you find it in its form again." in client.follow(answer)
    form = client.follow(enter(client))
    assert BACK in form
    assert entered(form)["name"] == ["Carys Bowen"]
    client.submit(form, button="Add this person")
    assert session.scalar(select(Person.phone).where(Person.name == "Carys Bowen")) == "01432 960 111"


def test_control_without_keeping_it_is_lost(people: None, client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "keep", lambda: None)
    assert "so that was not done" in client.follow(sent_too_late(client))
    assert client.follow(enter(client)).path == "/"
    assert entered(client.get("/people/new"))["name"] == [""]


def test_no_secret_is_kept_and_nothing_can_be_read_in_the_database(people: None, client: PageClient) -> None:
    sent_too_late(client)
    kept = session.scalars(select(KeptForm)).one()
    assert "Carys" not in kept.fields
    assert entered(client.follow(enter(client))) == {
        "name": ["Carys Bowen"],
        "email": ["carys@scheme.example"],
        "phone": ["01432 960 111"],
        "password": [""],
    }


def forms(kind: type[Form] = Form) -> Iterator[type[Form]]:
    """Every form of the product."""
    for each in kind.__subclasses__():
        yield each
        yield from forms(each)


def test_every_field_of_a_secret_is_known_by_its_name(app: Flask) -> None:
    kinds = [(name, getattr(field, "field_class", object)) for form in forms() for name, field in vars(form).items()]
    passwords = {name for name, kind in kinds if issubclass(kind, PasswordField)}
    assert passwords
    assert {*passwords, "proof", "csrf_token"} == SECRETS


def test_it_is_kept_for_a_day(people: None, client: PageClient, clock: FixedClock) -> None:
    sent_too_late(client)
    run_worker(office(), once=True, environ={})
    assert session.scalars(select(KeptForm)).all()
    clock.advance(days=2 * KEPT_FOR.days)
    assert client.follow(enter(client)).path == "/"
    run_worker(office(), once=True, environ={})
    assert session.scalars(select(KeptForm)).all() == []


def test_a_person_has_one_form_kept_and_it_is_the_last(people: None, client: PageClient) -> None:
    sent_too_late(client)
    enter(client)
    form = client.get("/people/new")
    end_sessions()
    client.submit(form, {**ENTERED, "Name": "Dilys Bowen"}, button="Add this person")
    assert entered(client.follow(enter(client)))["name"] == ["Dilys Bowen"]
    assert len(session.scalars(select(KeptForm)).all()) == 1


def test_a_form_left_open_in_another_tab_comes_back_after_signing_out(people: None, client: PageClient) -> None:
    enter(client)
    form = client.get("/people/new")
    client.post("/sign-out")
    client.submit(form, ENTERED, button="Add this person")
    assert entered(client.follow(enter(client)))["name"] == ["Carys Bowen"]


def test_a_form_of_the_session_before_comes_back_filled_in(people: None, client: PageClient) -> None:
    enter(client)
    form = client.get("/people/new")
    client.post("/sign-out")
    enter(client)
    again = client.follow(client.submit(form, ENTERED, button="Add this person"))
    assert BACK in again
    assert entered(again)["name"] == ["Carys Bowen"]
    client.submit(again, button="Add this person")


def test_what_carries_no_token_is_refused(people: None, client: PageClient) -> None:
    enter(client)
    client.post("/people/new", {"name": "Carys Bowen"}, csrf=False, expect=400)


def test_what_another_site_sends_is_not_kept(people: None, client: PageClient) -> None:
    enter(client)
    end_sessions()
    client._client.environ_base["HTTP_ORIGIN"] = "https://elsewhere.example"
    client.post("/people/new", {"name": "Mallory"})
    assert session.scalars(select(KeptForm)).all() == []


def test_a_button_alone_says_that_it_was_not_done(people: None, client: PageClient) -> None:
    enter(client)
    client.get("/account")
    end_sessions()
    page = client.follow(client.post("/account/sign-out-everywhere"))
    assert "Your session is over, so that was not done. Sign in and do it again." in page
