"""What the tests of a provider's pages share: signing in, the usual answers, a second provider, a second scheme."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import event, func, select

from tests.architecture.test_routes import written
from tests.harness.client import PageClient
from tests.harness.page import Page
from tests.harness.signed_in import browser_of
from tests.harness.world import PASSWORD, PDF, SCHEME, STAFF, World, add_provider
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.links import link_address, make_link
from voucher.accounts.models import Person
from voucher.accounts.rules import Purpose, Role
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.notifications.models import OutboxMessage
from voucher.platform.actor import WORKER
from voucher.platform.db import Base, engine, read_anew, session
from voucher.platform.toml import read
from voucher.providers.models import Provider
from voucher.redemptions.models import DeliverySession
from voucher.redemptions.suspension import suspend_provider
from voucher.schemes.commands import set_up_scheme
from voucher.vouchers.credentials import show
from voucher.vouchers.models import Voucher

_FILES = count(1)


def signed_in(app: Flask, name: str = "pat") -> PageClient:
    """The browser of a provider's person who has signed in."""
    return browser_of(app, provider_person(name))


def provider_person(name: str = "pat") -> Person:
    return session.scalars(select(Person).where(Person.email == f"{name}@provider.example")).one()


def colleague(world: World, name: str, role: Role | None = None) -> None:
    """Another person with a password, of pat's firm when a role is given."""
    with world.by("ada") as act:
        person = add_person(act, name=name.title(), email=f"{name}@provider.example", password=PASSWORD)
        if role is not None:
            grant_role(act, person, role, organisation_id=session.merge(world.provider).organisation_id)
    world.people[name] = person


def joins(world: World, name: str, firm: Provider) -> None:
    """Makes somebody a manager of another firm as well."""
    with world.by("ada") as act:
        organisation_id = session.merge(firm).organisation_id
        grant_role(act, session.merge(world.people[name]), Role.PROVIDER_MANAGER, organisation_id=organisation_id)


def suspend_firm(world: World) -> None:
    """Stops pat's firm."""
    world.do("val", suspend_provider, world.provider, reason="complaints")


def other_provider(world: World) -> Provider:
    """A second firm in the scheme, whose manager is olga."""
    return add_provider(world, "Olga Digital Ltd", "09000002", "olga")


@contextmanager
def second_scheme(world: World) -> Iterator[None]:
    """Another scheme beside the first, run by the same people; inside, the world's scheme is that one."""
    text = SCHEME.replace(b'"NTT"', b'"OTH"').replace(b"Northern Tech", b"Other Tech")
    first, world.scheme = world.scheme, world.do("ada", set_up_scheme, read(text))
    with world.by("ada") as act:
        for name in ("sam", "val", "kit", "kay"):
            grant_role(act, world.people[name], STAFF[name], scheme_id=world.scheme.id)
    yield
    world.scheme = first


def typed_code(world: World, voucher: Voucher) -> str:
    act = world.act("shay")
    return show(act.ring, act.base_url, voucher).typed_code


def look_up(client: PageClient, code: str, *, expect: int = 200) -> Page:
    """Enters a code on the look-up page."""
    return client.submit(client.get("/look-up"), {"Voucher code": code}, button="Look up", expect=expect)


def record(
    client: PageClient, asked: DeliverySession, changes: Mapping[str, object] | None = None, *, expect: int = 302
) -> Page:
    """Records support under an open session as most people would, but for the changes."""
    page = client.get(f"/sessions/{asked.public_id}")
    answers = {"Package": "First web shop", "Minutes": "90", "What was done": "Set up a first web shop"}
    return client.submit(page, {**answers, **(changes or {})}, button="Record support", expect=expect)


def paper(name: str = "invoice.pdf") -> tuple[BytesIO, str]:
    """A file that differs from every other one."""
    return BytesIO(PDF.format(f"upload {next(_FILES)}").encode()), name


INVOICE = {
    "Invoice number": "INV-77",
    "Date of the invoice": "2026-04-07",
    "Amount before VAT": "500.00",
    "VAT": "100.00",
    "Rate of VAT": "20%",
}

# The same invoice as a script sends it.
BODY = {"invoice_number": "INV-77", "invoiced_on": "2026-04-07", "net": "500.00", "vat": "100.00", "vat_rate": "2000"}


def claim(client: PageClient, page: Page, changes: Mapping[str, object] | None = None, *, expect: int = 302) -> Page:
    """Fills the claim's form with an invoice of £500, but for the changes, and sends it."""
    answers = {**INVOICE, "Your invoice": paper(), **(changes or {})}
    return client.submit(page, answers, button="Send the claim", expect=expect)


def link_to(world: World, person: Person, purpose: Purpose, subject_id: int) -> str:
    """The path of a new one-time link, as a mail would carry it."""
    act = office().act(WORKER)
    with transaction(WORKER, world.clock):
        link = make_link(act, session.merge(person), purpose, subject_id)
        address = link_address(act.ring, act.base_url, link)
    return urlsplit(address).path


def rows(table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def told(kind: str) -> list[str]:
    """To whom messages of a kind are queued."""
    return list(session.scalars(select(OutboxMessage.email).where(OutboxMessage.kind == kind)))


def asked_of_the_database(visit: Callable[[], object]) -> int:
    """How many statements a visit sends."""
    statements: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", look)
    visit()
    event.remove(engine(), "before_cursor_execute", look)
    return len(statements)


def writes(visit: Callable[[], object]) -> list[str]:
    """What is written to the database meanwhile."""
    read_anew()
    with written() as statements:
        visit()
    return statements
