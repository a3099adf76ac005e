"""Staff in front of a browser: signed in by a session's row, and with an authenticator app at hand."""

from __future__ import annotations

from dataclasses import replace

import pyotp
from flask import Flask

from tests.harness import signed_in
from tests.harness.client import PageClient
from tests.harness.world import World
from voucher.accounts import second_factor
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.rules import Role
from voucher.platform.db import session


def browser_of(app: Flask, world: World, name: str) -> PageClient:
    """The browser of somebody who has signed in, by first name."""
    return signed_in.browser_of(app, world.people[name])


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
