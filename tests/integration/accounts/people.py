"""People of the tests of signing in."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select

from tests.harness.client import PageClient
from tests.harness.page import Page
from voucher.accounts.commands import add_person, create_first_administrator, grant_role
from voucher.accounts.models import Person, SignInAttempt
from voucher.accounts.queries import actor_for
from voucher.accounts.rules import Role
from voucher.accounts.sign_in import SignedIn, sign_in
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.actor import WORKER, Actor, Channel
from voucher.platform.db import session

PASSWORD = "a lantern by the weir"
OLWEN = "olwen@scheme.example"
BRYN = "bryn@scheme.example"


def as_worker() -> Act:
    """An act of nobody."""
    return office().act(WORKER)


def as_person(person: Person) -> Act:
    """An act of the person, with the roles of this moment."""
    return replace(office().act(actor_for(person, Channel.WEB, office().clock())), proven=True)


def nobody() -> Act:
    """An act of whoever is not signed in."""
    return office().act(Actor(None, "nobody", Channel.WEB))


def olwen() -> Person:
    """The system administrator, who is the first person."""
    with transaction(WORKER, office().clock):
        return create_first_administrator(as_worker(), name="Olwen Parry", email=OLWEN, password=PASSWORD)


def bryn(administrator: Person, *roles: Role, password: str | None = PASSWORD) -> Person:
    """Somebody whom the administrator added."""
    act = as_person(administrator)
    with transaction(act.actor, act.clock):
        person = add_person(act, name="Bryn Hughes", email=BRYN, password=password)
        for role in roles:
            grant_role(act, person, role)
    return person


def kept_attempts() -> int:
    """How many failed attempts to sign in there are rows of."""
    return session.scalar(select(func.count()).select_from(SignInAttempt)) or 0


def begin_session(email: str = OLWEN) -> str:
    """The token of a session that has begun."""
    act = nobody()
    with transaction(act.actor, act.clock):
        result = sign_in(act, email=email, password=PASSWORD, address="192.0.2.7")
    assert isinstance(result, SignedIn)
    return result.token


def enter(client: PageClient, email: str = OLWEN, password: str = PASSWORD, *, expect: int = 302) -> Page:
    """Signs in by the page, and gives its answer."""
    answers = {"E-mail address": email, "Password": password}
    return client.submit(client.get("/sign-in"), answers, button="Sign in", expect=expect)
