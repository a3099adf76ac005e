"""Every page answers on PostgreSQL, too, whoever asks: what only one engine refuses is found by asking.

Browsers look at the same pages on SQLite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.busy import ANYBODY, PEOPLE, Names, make_busy
from tests.harness.clock import FixedClock
from tests.harness.crawl import every_page
from tests.harness.databases import Databases
from tests.harness.ready import Ready, grow, opened
from tests.harness.site import Site, served
from tests.harness.world import World
from voucher.platform.web import guard_of, public

Busy = tuple[Ready, Names]
# What a view asks of the database differs by what its reader may see; two readers of a view differ in that.
ENOUGH = 2
EVERYBODY = [name for name in PEOPLE if name != ANYBODY]


@pytest.fixture(scope="module")
def busy(postgresql_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Busy:
    """A scheme in which something waits at every step."""
    names: Names = {}

    def furnish(world: World) -> None:
        names.update(make_busy(world))

    return grow(postgresql_databases, tmp_path_factory.mktemp("busy"), furnish), names


@pytest.fixture
def site(busy: Busy, tmp_path: Path, clock: FixedClock) -> Iterator[Site]:
    with ExitStack() as stack:
        app, _world = stack.enter_context(opened(busy[0], tmp_path, clock))
        yield stack.enter_context(served(app))


@pytest.fixture(scope="module")
def answered() -> Counter[str]:
    """How many people each view has answered so far."""
    return Counter()


def refused(site: Site, cookie: str, answered: Counter[str]) -> list[str]:
    """What failed for this person: each view is asked once, and no more once it has answered enough people."""
    views = site.app.view_functions
    # Without a home page, nobody would come further.
    enough = {view: 1 for view, people in answered.items() if people >= ENOUGH and not guard_of(views[view]).home}
    found = list(every_page(site, cookie, most=1, others=enough))
    answered.update(page.endpoint for page in found)
    return [f"{page.path} answered {page.status}" for page in found if page.status != 200]


@pytest.mark.postgres
@pytest.mark.parametrize("name", EVERYBODY)
def test_every_page_answers(site: Site, busy: Busy, answered: Counter[str], name: str) -> None:
    assert refused(site, site.cookie(busy[1][name]), answered) == []


@pytest.mark.postgres
def test_control_a_page_that_fails_is_named(site: Site, busy: Busy) -> None:
    site.app.view_functions["people.people_page"] = public("a control")(lambda: ("", 500))
    assert "/people answered 500" in refused(site, site.cookie(busy[1]["ada"]), Counter())
