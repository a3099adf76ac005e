"""Staff in front of a browser: signed in by a session's row, and with an authenticator app at hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyotp
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.world import World
from voucher.accounts import second_factor
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.models import SignInSession
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.platform.db import atomic, session


def browser_of(app: Flask, world: World, name: str) -> PageClient:
    """The browser of somebody who has signed in."""
    token = f"token of {name} {next(world.numbers)}"
    now = world.clock()
    with atomic():
        session.add(
            SignInSession(
                person_id=session.merge(world.people[name]).id,
                token_hash=office().ring.lookup_hash(token),
                began_at=now,
                expires_at=now + timedelta(hours=12),
            )
        )
    client = PageClient(app)
    with client._client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


def authenticator_of(world: World, name: str) -> pyotp.TOTP:
    """The person's authenticator app, set up and confirmed; its next code is good from half a minute later on."""
    with world.by(name) as act:
        person = session.merge(world.people[name])
        unproven = replace(act, proven=False)
        begun = second_factor.begin(unproven, person)
        session.flush()
        app = pyotp.TOTP(begun.secret)
        assert isinstance(second_factor.confirm(unproven, person, app.at(world.clock())), list)
    return app


def next_code(world: World, app: pyotp.TOTP) -> str:
    """A code that was not used before."""
    world.clock.advance(minutes=1)
    return app.at(world.clock())


def with_role(world: World, name: str, role: Role, *, organisation_id: int | None = None) -> None:
    """Another person with a role of the scheme, or for an organisation."""
    with world.by("ada") as act:
        person = add_person(act, name=name.title(), email=f"{name}@elsewhere.example")
        scheme_id = None if organisation_id or role == Role.SYSTEM_ADMINISTRATOR else world.scheme.id
        grant_role(act, person, role, scheme_id=scheme_id, organisation_id=organisation_id)
    world.people[name] = person
