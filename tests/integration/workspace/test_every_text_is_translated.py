"""Every text of every page can be translated: a made-up language puts it into marks, and nothing else is without.

Pages are the same on both engines, so this runs on SQLite. Figures, names and what people wrote need no translation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.busy import ANYBODY, PEOPLE, Names, busy_scheme
from tests.harness.clock import FixedClock
from tests.harness.crawl import every_page
from tests.harness.databases import Databases
from tests.harness.made_up import MADE_UP, bare, data_of_the_database, speak, texts
from tests.harness.ready import opened
from tests.harness.site import Site, served
from voucher.app import office
from voucher.platform.languages import Languages
from voucher.platform.web import guard_of, public

# Two readers of a view differ in what they may do on it; more of them read nothing new.
ENOUGH = 2
# How a bank's file writes a day is no text of ours.
OURS = frozenset({"31 Mar 2026"})


@dataclass
class Walked:
    """The busy scheme in the made-up language, what in it is data, and whose cookies there are."""

    site: Site
    data: frozenset[str]
    names: Names

    def cookie(self, name: str) -> str:
        """What the browser of a person carries; nothing for anybody."""
        return self.site.cookie(self.names[name]) if name != ANYBODY else ""


@pytest.fixture(scope="module")
def walked(shared: Path, sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """A scheme in which something waits at every step, whose pages are in the made-up language and in no other."""
    ready, names = busy_scheme(shared, sqlite_databases, tmp_path_factory.mktemp("busy"))
    with ExitStack() as stack:
        app, _world = stack.enter_context(opened(ready, tmp_path_factory.mktemp("copy"), FixedClock()))
        speak(office().config.translations)
        app.extensions["voucher_languages"] = Languages((MADE_UP,))
        data = data_of_the_database(texts()) | OURS | {str(office().config.mail)}
        yield Walked(stack.enter_context(served(app)), data, names)


def found(walked: Walked, name: str, read: Counter[str]) -> list[str]:
    """What stands without marks on the pages of a person that enough others have not read yet."""
    views = walked.site.app.view_functions
    enough = {view: 1 for view, people in read.items() if people >= ENOUGH and not guard_of(views[view]).home}
    pages = list(every_page(walked.site, walked.cookie(name), most=1, others=enough))
    read.update(page.endpoint for page in pages)
    assert {page.status for page in pages} <= {200}
    return [f"{page.path}: {said}" for page in pages for said in bare(page.html, walked.data)]


def test_every_text_of_every_page_stands_in_marks(walked: Walked) -> None:
    read: Counter[str] = Counter()
    assert [each for name in PEOPLE for each in found(walked, name, read)] == []
    assert len(read) > 100


def test_control_a_bare_word_is_noticed_and_data_is_not(walked: Walked) -> None:
    page = "<h1>⟦Claim ⟧CLM-7K2M⟦ of ⟧Calder Digital Ltd</h1>"
    assert list(bare(page, walked.data)) == []
    assert list(bare(page.replace("⟦ of ⟧", " of "), walked.data)) != []
    assert list(bare('<img alt="A voucher">', walked.data)) == ["A voucher"]
    assert list(bare('<button title="⟦Show⟧">⟦Show⟧</button>', walked.data)) == []


def test_control_a_page_with_a_bare_word_is_named(walked: Walked, monkeypatch: pytest.MonkeyPatch) -> None:
    view = public("a control", foot="Privacy")(lambda: "<h1>⟦Privacy⟧</h1><p>Nobody can translate this</p>")
    monkeypatch.setitem(walked.site.app.view_functions, "foot.privacy_page", view)
    assert found(walked, ANYBODY, Counter()) == ["/privacy: Nobody can translate this"]
