"""What the tests of staff's pages share: a browser that is signed in, memberships that conflict, a second scheme."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests.harness.client import PageClient
from tests.harness.signed_in import browser_of
from tests.harness.world import World
from tests.integration.redemptions.pages import second_scheme
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.rules import Role
from voucher.platform.db import session


def at_desk(app: Flask, world: World, name: str) -> PageClient:
    """The browser of somebody who has signed in, by first name."""
    return browser_of(app, world.people[name])


def gains(world: World, name: str, role: Role, *, organisation_id: int | None = None) -> None:
    """Gives somebody one role more: in the world's scheme, or for an organisation."""
    scheme_id = None if organisation_id else session.merge(world.scheme).id
    person = world.people[name]
    world.do("ada", grant_role, person, role, scheme_id=scheme_id, organisation_id=organisation_id)


def outsider(world: World, *roles: Role) -> str:
    """Somebody with the same roles in another scheme, who may know nothing of this one; gives the first name."""
    with second_scheme(world), world.by("ada") as act:
        person = add_person(act, name="Otto", email="otto@elsewhere.example")
        for role in roles:
            grant_role(act, person, role, scheme_id=session.merge(world.scheme).id)
        world.people["otto"] = person
    return "otto"


def reads_nothing(client: PageClient, paths: list[str], *, expect: int) -> None:
    """Every address answers with this status."""
    for path in paths:
        client.get(path, expect=expect)


def many(make: Callable[[], object], number: int) -> None:
    """Makes so many."""
    for _each in range(number):
        make()
