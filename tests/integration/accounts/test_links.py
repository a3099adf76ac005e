"""One-time links: one page, one person, one answer; nothing stored opens them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.integration.accounts.people import bryn, nobody, olwen
from voucher.accounts import links
from voucher.accounts.links import link_address, mailed_link, make_link, open_link, use_link
from voucher.accounts.models import OneTimeLink, Person
from voucher.accounts.rules import LINK_DAYS, Purpose
from voucher.app import office
from voucher.platform.db import atomic, session
from voucher.platform.errors import NotFound


@pytest.fixture
def person(app: Flask) -> Person:
    return bryn(olwen(), password=None)


def made(person: Person, *, intent: str = "") -> tuple[OneTimeLink, str]:
    """A link for the person, and the token in its address."""
    act = nobody()
    with atomic():
        link = make_link(act, person, Purpose.ANSWER_OFFER, 7, intent=intent)
    return link, link_address(office().ring, "https://vouchers.example/", link).removeprefix(
        "https://vouchers.example/L/"
    )


def refusal_of(token: str) -> tuple[str, str]:
    with pytest.raises(NotFound) as refusal:
        open_link(nobody(), token)
    return refusal.value.code, refusal.value.message


def test_a_link_opens_as_often_as_it_is_looked_at_until_it_is_used(person: Person) -> None:
    link, token = made(person)
    for spelling in (token, f" {token.lower()} "):
        found = open_link(nobody(), spelling)
        assert (found.id, found.person_id, found.purpose, found.subject_id) == (
            link.id,
            person.id,
            "answer an offer",
            7,
        )
    with atomic():
        use_link(nobody(), link)
    assert refusal_of(token)[0] == "no_link"


@pytest.mark.rule(15)
def test_unknown_used_old_and_orphaned_links_are_refused_in_the_same_words(person: Person, clock: FixedClock) -> None:
    unknown = refusal_of("A" * 32)
    used, used_token = made(person)
    with atomic():
        use_link(nobody(), used)
    assert refusal_of(used_token) == unknown
    _orphaned, token = made(person)
    with atomic():
        person.active = False
    assert refusal_of(token) == unknown
    with atomic():
        person.active = True
    assert open_link(nobody(), token)
    clock.advance(days=LINK_DAYS)
    assert refusal_of(token) == unknown


def test_of_two_answers_by_one_link_one_counts(person: Person) -> None:
    link, _token = made(person)
    with atomic():
        use_link(nobody(), link)
    with pytest.raises(NotFound), atomic():
        use_link(nobody(), link)


def test_control_without_the_guard_a_link_is_used_twice(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "changed_one", lambda _result: True)
    link, _token = made(person)
    for _ in range(2):
        with atomic():
            use_link(nobody(), link)


def test_nothing_stored_opens_a_link(person: Person) -> None:
    link, token = made(person)
    row = session.execute(select(OneTimeLink.__table__)).mappings().one()
    assert token not in " ".join(map(str, row.values()))
    for value in (link.public_id, link.token_hash):
        assert refusal_of(value)[0] == "no_link"


def test_the_same_intent_gets_the_same_link_with_a_new_term(person: Person, clock: FixedClock) -> None:
    first, token = made(person, intent="message 5")
    clock.advance(days=LINK_DAYS + 1)
    again, same_token = made(person, intent="message 5")
    other, other_token = made(person, intent="message 6")
    assert (again.id, same_token) == (first.id, token)
    assert other.id != first.id
    assert other_token != token
    assert open_link(nobody(), token).expires_at == clock() + timedelta(days=LINK_DAYS)


def test_a_mailed_link_says_until_when_it_works(person: Person, clock: FixedClock) -> None:
    with atomic():
        address, until = mailed_link(nobody(), person, Purpose.CONFIRM_CLAIM, 7, message_id=3)
    assert address.startswith("http://localhost/L/")
    assert until == (clock() + timedelta(days=LINK_DAYS)).date()
