"""Chromium, and a scheme in which everything has happened once, served on this machine.

Pages are the same on both engines, so these tests run on SQLite.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.busy import ANYBODY, Names, busy_scheme
from tests.browser.chromium import CHROMIUM, QUIET
from tests.browser.crowd import crowd as crowd
from tests.browser.phone import address as address
from tests.browser.phone import engine_kind as engine_kind
from tests.browser.phone import film as film
from tests.browser.phone import phone as phone
from tests.browser.phone import windows as windows
from tests.browser.phone import world as world
from tests.harness.clock import FixedClock
from tests.harness.crawl import Visited, every_page
from tests.harness.databases import Databases
from tests.harness.once import made_once
from tests.harness.ready import Ready, opened
from tests.harness.site import Site, served


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """What drives browsers; a process can have one."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(driver: Playwright) -> Iterator[Browser]:
    """The distribution's Chromium, without a window and without a camera."""
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def busy(shared: Path, sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ready, Names]:
    """A scheme in which something waits at every step, and its people's addresses."""
    return busy_scheme(shared, sqlite_databases, tmp_path_factory.mktemp("busy"))


class Walks:
    """Where each person's walk through the busy scheme led; every copy of it has the same addresses."""

    def __init__(self, names: Names, shared: Path) -> None:
        self._names = names
        self._shared = shared

    def cookie(self, site: Site, name: str) -> str:
        """What the browser of a person carries who has signed in; nothing for anybody."""
        return site.cookie(self._names[name]) if name != ANYBODY else ""

    def of(self, site: Site, name: str) -> list[Visited]:
        """Every page that the person comes to."""

        def walk(folder: Path) -> None:
            pages = [asdict(page) for page in every_page(site, self.cookie(site, name))]
            (folder / "pages.json").write_text(json.dumps(pages))

        walked = made_once(self._shared, f"walk-of-{name or 'anybody'}", walk)
        return [Visited(**page) for page in json.loads((walked / "pages.json").read_text())]


@pytest.fixture(scope="session")
def walks(busy: tuple[Ready, Names], shared: Path) -> Walks:
    """The walks that have been made so far in this run."""
    return Walks(busy[1], shared)


@pytest.fixture
def cookie(request: pytest.FixtureRequest, site: Site, walks: Walks) -> str:
    """What the browser of the person carries whom the test is about."""
    return walks.cookie(site, request.getfixturevalue("name"))


@pytest.fixture
def site(busy: tuple[Ready, Names], tmp_path: Path, clock: FixedClock) -> Iterator[Site]:
    """The busy scheme, served."""
    with ExitStack() as stack:
        app, _world = stack.enter_context(opened(busy[0], tmp_path, clock))
        yield stack.enter_context(served(app))
