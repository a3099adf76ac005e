"""Every page that people of each role come to by links, at many vouchers: how long it takes, how often it asks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field

from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from scripts.benchmarks.figures import percentile, table
from scripts.benchmarks.multiply import begin_at_first, multiply
from scripts.benchmarks.place import BASE_URL, Place, durability, place, town
from tests.harness.crawl import Visited, every_page
from tests.harness.site import Site
from tests.harness.world import World
from voucher.audit.models import AuditEvent
from voucher.platform.db import engine, session
from voucher.vouchers.models import Voucher

# Whose pages are opened, by the first part of their address; with them the provider's manager and a business.
PEOPLE = ("shay", "asha", "vera", "carl", "petra", "paul", "bina", "fred", "sam", "stella", "ada")
PROVIDER = "pat@provider.example"
SEEDS = 50  # vouchers that are made by the product's commands; the rest are copies of them
SHOWN = 25


@dataclass
class Timed:
    """One page of one person: how long each visit took, in seconds, and how many statements it sent."""

    person: str
    cookie: str
    page: Visited
    first: float
    seconds: list[float] = field(default_factory=list)
    statements: int = 0

    @property
    def p95(self) -> float:
        """In milliseconds."""
        return percentile(self.seconds, 95)


def measure(vouchers: int, visits: int) -> None:
    """Opens the slowest page of each kind so often and prints the slowest of all."""
    seeds = min(SEEDS, vouchers)
    with place("postgresql") as here:
        timed = _measured(here, seeds, vouchers // seeds - 1, visits)
    slowest = sorted(timed, key=lambda each: -each.p95)
    print(f"\n{len(slowest)} kinds of page, {visits} visits each. The slowest:\n")
    header = ("page", "person", "p50 ms", "p95 ms", "statements", "kB")
    print(table(header, [_row(each) for each in slowest[:SHOWN]]))
    everything = [seconds for each in slowest for seconds in each.seconds]
    most = max(each.statements for each in slowest)
    print(f"\nAll pages: p50 {percentile(everything, 50):.0f} ms, p95 {percentile(everything, 95):.0f} ms; ", end="")
    print(f"at most {most} statements a page.")


def _measured(here: Place, seeds: int, copies: int, visits: int) -> list[Timed]:
    config = here.new()
    with town(config, seeds) as world:
        with engine().begin() as connection:
            begin_at_first(connection)
        _fill(world, seeds)
        session.remove()
        begun = time.monotonic()
        with engine().begin() as connection:
            rows = multiply(connection, copies)
        with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
        counts = [session.scalar(select(func.count()).select_from(kind)) for kind in (Voucher, AuditEvent)]
        print(f"\n{durability(config.database_url)}: {counts[0]:,} vouchers, {counts[1]:,} audit rows; ", end="")
        print(f"{rows:,} rows copied in {time.monotonic() - begun:.0f} s")
        emails = {name: f"{name}@northmoor.example" for name in PEOPLE} | {"pat": PROVIDER}
        owner = session.scalars(select(Voucher).order_by(Voucher.id)).first()
        if owner is not None:
            emails["owner"] = owner.application.contact.email
        timed = _slowest_of_each_kind(emails)
        for each in timed:
            _visit_again(each, visits)
        return timed


def _fill(world: World, seeds: int) -> None:
    """Vouchers at every step of their way, in turn."""
    steps = (
        lambda: world.offered(),
        lambda: world.issued(),
        lambda: world.recorded(world.issued()),
        lambda: world.claimed(world.issued()),
        lambda: world.confirmed(world.claimed(world.issued())),
        lambda: world.verified(world.confirmed(world.claimed(world.issued()))),
        lambda: world.payable(),
    )
    issued = 0
    for number in range(seeds * 2):
        if issued == seeds:
            break
        step = number % len(steps)
        steps[step]()
        issued += step > 0
        if number == seeds // 2:
            world.paid()


def _slowest_of_each_kind(emails: Mapping[str, str]) -> list[Timed]:
    """Walks as each of these people and gives, of each kind of page, the one that took longest to come."""
    found: dict[str, Timed] = {}
    for name, email in emails.items():
        site = Site(_app(), BASE_URL)
        cookie = site.cookie(email)
        walk, begun = every_page(site, cookie), time.monotonic()
        for page in walk:
            took = time.monotonic() - begun
            before = found.get(page.endpoint)
            if before is None or took > before.first:
                found[page.endpoint] = Timed(name, cookie, page, took)
            begun = time.monotonic()
    return list(found.values())


def _visit_again(timed: Timed, visits: int) -> None:
    """Opens a page so often, with nothing kept from the last time but the session."""
    app = _app()
    client = app.test_client()
    if timed.cookie:
        client.set_cookie(str(app.config["SESSION_COOKIE_NAME"]), timed.cookie)
    for _visit in range(visits):
        _visit_once(client, timed)


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


def _visit_once(client: FlaskClient, timed: Timed) -> None:
    with _counted() as statements:
        begun = time.monotonic()
        # Outside the context of here, so that it has a session of its own, as a request has.
        answer = Context().run(client.get, timed.page.path)
        answer.get_data()
        timed.seconds.append(time.monotonic() - begun)
    timed.statements = len(statements)


@contextmanager
def _counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    event.listen(engine(), "before_cursor_execute", look)
    try:
        yield statements
    finally:
        event.remove(engine(), "before_cursor_execute", look)


def _row(each: Timed) -> tuple[str, ...]:
    size = len(each.page.html) / 1000
    figures = f"{percentile(each.seconds, 50):.0f}", f"{each.p95:.0f}", str(each.statements), f"{size:.0f}"
    return each.page.path.partition("?")[0][:60], each.person, *figures
