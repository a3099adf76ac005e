"""Signing in and registering by a code: for whoever reads the mail, for 10 minutes, for 5 tries, once."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.integration.accounts.people import BRYN, OLWEN, bryn, kept_attempts, nobody, olwen
from voucher.accounts import sign_in, sign_in_codes
from voucher.accounts.models import Person, SignInCode, SignInSession
from voucher.app import office
from voucher.notifications.models import OutboxMessage
from voucher.platform.db import atomic, read_anew, session
from voucher.worker import run_worker

NEW = "nia@baker.example"


def ask(client: PageClient, email: str = OLWEN, *, expect: int = 302) -> Page:
    page = client.get("/sign-in/code")
    return client.submit(page, {"E-mail address": email}, button="Send me a code", expect=expect)


def enter(client: PageClient, code: str, *, expect: int = 302) -> Page:
    page = client.get("/sign-in/code/enter")
    return client.submit(page, {"Code": code}, button="Continue", expect=expect)


def code_of(email: str = OLWEN) -> str:
    """The code that the newest mail to an address carries."""
    read_anew()
    asked = session.scalars(select(SignInCode).where(SignInCode.email == email).order_by(SignInCode.id.desc())).first()
    assert asked is not None
    return office().ring.sign_in_code(asked.public_id)


def wrong(email: str = OLWEN) -> str:
    return f"{(int(code_of(email)) + 1) % 1_000_000:06d}"


# Who may not


def test_a_wrong_code_lets_nobody_in_and_is_kept(app: Flask, client: PageClient) -> None:
    olwen()
    ask(client)
    page = enter(client, wrong(), expect=422)
    assert page.links["This code is not right, or is no longer good. Check it, or ask for a new one."] == "#code"
    assert kept_attempts() == 1
    assert session.scalars(select(SignInSession)).all() == []


def test_the_code_is_of_no_use_in_another_browser(app: Flask, client: PageClient) -> None:
    olwen()
    ask(client)
    code = code_of()
    stranger = PageClient(app)
    assert stranger.get("/sign-in/code/enter", expect=302).location == "/sign-in/code"
    ask(stranger, BRYN)
    enter(stranger, code, expect=422)


def test_a_code_is_good_for_ten_minutes(app: Flask, client: PageClient, clock: FixedClock) -> None:
    olwen()
    ask(client)
    clock.advance(minutes=9)
    enter(client, code_of())
    late = PageClient(app)
    ask(late)
    clock.advance(minutes=10)
    enter(late, code_of(), expect=422)


def test_a_code_is_good_once(app: Flask, client: PageClient) -> None:
    person = olwen()
    ask(client)
    enter(client, code_of())
    act = nobody()
    with atomic():
        asked = session.scalars(select(SignInCode)).one()
        found = sign_in_codes.enter_code(act, asked.public_id, act.ring.sign_in_code(asked.public_id), address="")
    assert isinstance(found, sign_in.SignInRefused)
    assert [row.person_id for row in session.scalars(select(SignInSession))] == [person.id]


def test_after_five_wrong_codes_the_right_one_is_refused(app: Flask, client: PageClient) -> None:
    olwen()
    ask(client)
    for _time in range(5):
        enter(client, wrong(), expect=422)
    enter(client, code_of(), expect=429)


def test_five_tries_are_all_even_where_no_limit_on_failures_stands(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    olwen()
    monkeypatch.setattr(sign_in, "FAILURES_PER_EMAIL", 1000)
    ask(client)
    for _time in range(5):
        enter(client, wrong(), expect=422)
    enter(client, code_of(), expect=422)


def test_control_without_both_limits_the_sixth_try_would_succeed(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    olwen()
    monkeypatch.setattr(sign_in, "FAILURES_PER_EMAIL", 1000)
    monkeypatch.setattr(sign_in_codes, "_takes_a_try", lambda _act, _asked: True)
    ask(client)
    for _time in range(5):
        enter(client, wrong(), expect=422)
    enter(client, code_of())


def test_three_codes_are_sent_to_an_address_in_a_quarter_of_an_hour(
    app: Flask, client: PageClient, clock: FixedClock
) -> None:
    for _time in range(3):
        ask(client, NEW)
    assert "Wait 15 minutes, then try again." in ask(client, NEW, expect=429)
    clock.advance(minutes=15)
    ask(client, NEW)


def test_the_answer_is_the_same_for_a_known_unknown_and_suspended_address(app: Flask, client: PageClient) -> None:
    suspended = bryn(olwen())
    with atomic():
        session.get_one(Person, suspended.id).active = False
    answers = [client.follow(ask(client, email)).words for email in (OLWEN, NEW, BRYN)]
    assert len(set(answers)) == 1
    told = list(session.scalars(select(OutboxMessage.email).order_by(OutboxMessage.id)))
    assert told == [OLWEN, NEW]
    enter(client, code_of(BRYN), expect=422)


# Signing in and registering


def test_the_right_code_signs_in_and_leads_to_where_one_wanted_to_go(app: Flask, client: PageClient) -> None:
    olwen()
    page = client.follow(client.get("/apply", expect=302))
    page = client.click(page, "Get a code by e-mail")
    client.submit(page, {"E-mail address": OLWEN}, button="Send me a code")
    assert enter(client, f" {code_of()[:3]} {code_of()[3:]} ").location == "/apply"
    assert "Olwen Parry" in client.get("/apply")


def test_a_new_person_registers_with_the_same_code(app: Flask, client: PageClient) -> None:
    ask(client, f" {NEW.upper()} ")
    page = client.follow(enter(client, code_of(NEW)))
    assert page.heading == "What is your name?"
    assert "Enter your name." in client.submit(page, button="Register", expect=422)
    client.submit(page, {"Your full name": "Nia Baker"}, button="Register")
    person = session.scalars(select(Person)).one()
    assert (person.name, person.email, person.password_hash) == ("Nia Baker", NEW, None)
    assert "Nia Baker" in client.get("/apply")


def test_nobody_registers_without_having_entered_the_code(app: Flask, client: PageClient) -> None:
    assert client.get("/register", expect=302).location == "/sign-in/code"
    ask(client, NEW)
    assert client.get("/register", expect=302).location == "/sign-in/code"


def test_a_proven_address_waits_half_an_hour_for_its_name(app: Flask, client: PageClient, clock: FixedClock) -> None:
    ask(client, NEW)
    enter(client, code_of(NEW))
    client.get("/register")
    clock.advance(minutes=31)
    assert client.get("/register", expect=302).location == "/sign-in/code"


# The mail


def sent(place: Config) -> str:
    assert run_worker(office(), once=True, environ={}).failed == 0
    [path] = place.mail.iterdir()
    body = message_from_bytes(path.read_bytes(), policy=policy.default).get_body()
    assert body is not None
    return str(body.get_content())


def test_the_mail_carries_the_code_and_no_row_does(app: Flask, client: PageClient, place: Config) -> None:
    olwen()
    ask(client)
    code = code_of()
    assert re.findall(r"\b[0-9]{6}\b", sent(place)) == [code]
    rows = [*session.scalars(select(SignInCode)), *session.scalars(select(OutboxMessage))]
    assert code not in repr([vars(row) for row in rows])


def test_a_mail_that_is_late_carries_no_code(app: Flask, client: PageClient, place: Config, clock: FixedClock) -> None:
    olwen()
    ask(client)
    clock.advance(minutes=11)
    text = sent(place)
    assert code_of() not in text
    assert "ask for a new one" in text
