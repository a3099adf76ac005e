"""What the tests of providers' pages share: browsers that have signed in, second factors, the usual answers."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from itertools import count

import pyotp
from flask import Flask
from sqlalchemy import select

from tests.harness.client import PageClient
from tests.harness.page import Page
from tests.harness.signed_in import browser_of
from tests.harness.world import PDF, World
from tests.integration.accounts.test_second_factor import set_up
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.models import Person
from voucher.accounts.rules import Role
from voucher.platform.db import read_anew, session
from voucher.providers.models import Provider, ProviderApplication

_FILES = count(1)

FIRM = {
    "Name of the firm": "Wharfe Systems Ltd",
    "What kind of firm is it?": "Company or limited liability partnership",
    "Company number": "9000077",
    "VAT number": "GB 831 4958 16",
    "Address": "3 Weir Lane",
    "Town or city": "Otley",
    "Postcode": "ls21 1aa",
    "E-mail address for the scheme's messages": "hello@wharfe.example",
    "What do you offer small businesses?": "Stock control for shops",
    "Two clients whom we may ask about you": "Ann of Aire Foods, 0113 496 0001; Bob of Nidd Cycles, 0113 496 0002",
    "Is there a conflict of interest?": "No",
}
INSURANCE = {
    "Insurer": "Pennine Mutual",
    "Policy number": "PL-1",
    "Sum insured": "2000000",
    "Last day of cover": "2027-04-07",
}
ACCOUNT = {"Name on the account": "Wharfe Systems", "Sort code": "20-00-00", "Account number": "51234567"}


def browser(app: Flask, world: World, name: str) -> PageClient:
    """The browser of somebody who has signed in, by first name."""
    return browser_of(app, world.people[name])


def somebody(world: World, name: str, *roles: Role) -> None:
    """Another person without a password, of pat's firm when roles are given."""
    with world.by("ada") as act:
        person = add_person(act, name=name.title(), email=f"{name}@wharfe.example")
        for role in roles:
            grant_role(act, person, role, organisation_id=session.merge(world.provider).organisation_id)
    world.people[name] = person


class Factor:
    """A person's authenticator app."""

    def __init__(self, world: World, name: str) -> None:
        self._clock = world.clock
        self._app: pyotp.TOTP = set_up(session.merge(world.people[name]))[0]

    def code(self) -> dict[str, object]:
        """The answer that proves the next act; a minute goes by, for a code is good once."""
        self._clock.advance(minutes=1)
        return {"Code of your second factor": self._app.at(self._clock())}


def certificate(name: str = "certificate.pdf") -> tuple[BytesIO, str]:
    """A file that differs from every other one."""
    return BytesIO(PDF.format(f"certificate {next(_FILES)}").encode()), name


def begun(client: PageClient, changes: Mapping[str, object] | None = None) -> Page:
    """The page of an application that was begun with the usual answers, but for the changes."""
    answers = {**FIRM, **(changes or {})}
    return client.follow(client.submit(client.get("/providers/apply/firm"), answers, button="Save and go on"))


def insured(client: PageClient, page: Page, changes: Mapping[str, object] | None = None, *, expect: int = 302) -> Page:
    """Adds an insurance to the application of this page."""
    form = client.click(page, "Add an insurance")
    answers = {**INSURANCE, "Certificate": certificate(), **(changes or {})}
    return client.submit(form, answers, button="Add the insurance", expect=expect)


def sent(client: PageClient, changes: Mapping[str, object] | None = None) -> Page:
    """The page of an application that was sent with an insurance."""
    page = client.follow(insured(client, begun(client, changes)))
    accepted = {"We accept these terms, and what we say here is true": True}
    return client.follow(client.submit(page, accepted, button="Send the application"))


def the_application() -> ProviderApplication:
    """The newest application."""
    return session.scalars(select(ProviderApplication).order_by(ProviderApplication.id.desc())).all()[0]


def applied(app: Flask, world: World, name: str = "wren") -> Provider:
    """A firm that somebody new has applied for."""
    if name not in world.people:
        somebody(world, name)
    sent(browser(app, world, name))
    read_anew()
    provider_id = the_application().provider_id
    assert provider_id is not None
    return session.get_one(Provider, provider_id)


def person(email: str) -> Person:
    """The person with this address."""
    return session.scalars(select(Person).where(Person.email == email)).one()
