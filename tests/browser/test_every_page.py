"""Every page for every person: no barriers, valid HTML, nothing wider than a phone, nothing wrong in the console."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from config import ROOT
from tests.browser.barriers import AXE, barriers
from tests.browser.busy import ANYBODY, PEOPLE
from tests.browser.conftest import Walks
from tests.harness.crawl import Seen
from tests.harness.site import Site

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
RULES = {
    "extends": ["html-validate:standard"],
    "rules": {
        # The library closes void elements as its examples do, and writes classes of its own.
        "void-style": "off",
        "no-trailing-whitespace": "off",
        "attribute-boolean-style": "off",
        "no-inline-style": "error",
        # Words stay together where a line may not break.
        "long-title": "off",
    },
}

# All rules are asked; but what passed, and how to find it again, would be most of the work.
NO_MORE_THAN_VIOLATIONS = {"resultTypes": ["violations"], "selectors": False, "ancestry": False, "xpath": False}
# To work out what stands on which colour is most of the rest; colours that were found to be right stay so.
BUT_COLOURS = {**NO_MORE_THAN_VIOLATIONS, "rules": {"color-contrast": {"enabled": False}}}


@pytest.fixture(scope="session")
def seen(shared: Path) -> Seen:
    """What was looked at in this run."""
    return Seen(shared / "looked-at.json")


class NewPages:
    """The pages that this run looks at, as files, and which of so many walks are over.

    Whoever walks last has the HTML of all checked in one go, for to begin with that takes longer than to do it.
    """

    def __init__(self, folder: Path, walks: int) -> None:
        self.folder = folder
        self._walks = walks
        folder.mkdir(exist_ok=True)

    def keep(self, name: str, html: str) -> None:
        """Writes a page down."""
        (self.folder / f"{name}.html").write_text(html)

    def are_complete(self) -> bool:
        """Counts one walk as over; whether it was the last."""
        with (self.folder / "walks").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write("one more\n")
            file.seek(0)
            return len(file.readlines()) == self._walks


@pytest.fixture
def new_pages(request: pytest.FixtureRequest, shared: Path) -> NewPages:
    """What is new to all processes of this run."""
    walks = [item for item in request.session.items if getattr(item, "function", None) is request.function]
    return NewPages(shared / "new-pages", len(walks))


@pytest.fixture
def visitor(site: Site, cookie: str, chromium: Browser) -> Iterator[BrowserContext]:
    """The person's browser on a phone."""
    context = chromium.new_context(viewport=PHONE)  # type: ignore[arg-type]
    context.add_init_script(AXE)
    if cookie:
        context.add_cookies(site.jar(cookie))  # type: ignore[arg-type]
    yield context
    context.close()


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"))


# What a person can do on a page, but for what scripts add as a mere help. Of radio buttons with one name, only one is
# reached by Tab and the others by arrows.
DOINGS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    .filter(each => each.type !== 'hidden' && !each.disabled && each.checkVisibility({visibilityProperty: true}))
    .filter(each => !each.closest('[data-needs-script], .govuk-password-input__toggle'))"""
NAMES = f"() => ({DOINGS})().map(each => each.tagName + ' ' + (each.name || each.textContent.trim()))"
MARK = f"() => ({DOINGS})().forEach(each => each.dataset.doing = each.type === 'radio' ? each.name : each.outerHTML)"
LISTEN = """() => {
    document.activeElement.blur();
    window.reached = [];
    document.addEventListener('focusin', event => window.reached.push(event.target.dataset.doing || ''));
}"""
WANTED = f"() => [...new Set(({DOINGS})().map(each => each.dataset.doing))]"


def unreachable(page: Page) -> list[str]:
    """What Tab never comes to."""
    page.evaluate(MARK)
    wanted, reached = set(page.evaluate(WANTED)), set[str]()
    page.evaluate(LISTEN)
    # Wide tables and frames are stops of their own, so that once around may not be enough.
    for _round in range(2):
        for _time in range(len(page.evaluate(NAMES)) + 10):
            page.keyboard.press("Tab")
        reached = set(page.evaluate("() => window.reached"))
        if wanted <= reached:
            break
    return [f"Tab does not reach {each[:120]}" for each in sorted(wanted - reached)]


def missing_without_scripts(page: Page, plain: Page, address: str) -> list[str]:
    """What can be done on the page only where scripts run."""
    plain.goto(address)
    there = set(plain.evaluate(NAMES))
    return [f"needs a script: {each[:120]}" for each in page.evaluate(NAMES) if each not in there]


@pytest.fixture
def plain(chromium: Browser, visitor: BrowserContext) -> Iterator[Page]:
    """The same person's browser without scripts; what is evaluated on a page is no script of the page's own."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    context.add_cookies(visitor.cookies())  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


@pytest.mark.rule(71)
@pytest.mark.parametrize("name", PEOPLE, ids=lambda name: name or "anybody")
def test_no_page_has_a_fault_for_anybody(
    site: Site, name: str, walks: Walks, seen: Seen, visitor: BrowserContext, plain: Page, new_pages: NewPages
) -> None:
    page, faults = visitor.new_page(), list[str]()
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    pages = walks.of(site, name)
    assert (name != ANYBODY) == ("account.account_page" in {visited.endpoint for visited in pages}), (
        "nobody was signed in"
    )
    for number, visited in enumerate(pages):
        if visited.status != 200:
            faults.append(f"{visited.path} answered {visited.status}")
        elif seen.is_new(visited):
            new_pages.keep(f"{name or 'anybody'}-{number}", visited.html)
            colours, handles = seen.wears_anew(visited), seen.is_handled_anew(visited)
            found = looked_at(page, plain, site.url + visited.path, colours=colours, handles=handles)
            faults += [f"{visited.path}: {fault}" for fault in found]
    if new_pages.are_complete():
        faults += invalid(new_pages.folder)
    assert not faults, "\n".join(faults)


def test_the_walk_ticks_a_box_where_a_list_asks_for_ticks(site: Site, walks: Walks) -> None:
    assert "voucher_desk.extend_page" in {visited.endpoint for visited in walks.of(site, "shay")}
    assert "application_desk.approve_page" in {visited.endpoint for visited in walks.of(site, "asha")}


def looked_at(page: Page, plain: Page, address: str, *, colours: bool, handles: bool) -> list[str]:
    """What is wrong with one page in a browser; with its colours and what is pressed there where that is new."""
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.goto(address)
    found = ["wider than a desk"] if too_wide(page) else []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    found += ["wider than a phone"] if too_wide(page) else []
    found += barriers(page, NO_MORE_THAN_VIOLATIONS if colours else BUT_COLOURS)
    return [*found, *unreachable(page), *missing_without_scripts(page, plain, address)] if handles else found


def invalid(folder: Path) -> list[str]:
    """What is no valid HTML in the files of a folder."""
    if not any(folder.glob("*.html")):
        return []
    rules = folder / ".htmlvalidate.json"
    rules.write_text(json.dumps({"root": True, **RULES}))
    node = shutil.which("node")
    assert node, "scripts/set-up test installs node"
    script = ROOT / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
    ran = subprocess.run(
        [node, str(script), "--formatter", "json", "--config", str(rules), str(folder)], capture_output=True, text=True
    )
    assert ran.stdout.startswith("["), ran.stderr
    return [
        f"{Path(report['filePath']).name} {each['line']}: {each['ruleId']} {each['message']}"
        for report in json.loads(ran.stdout)
        for each in report["messages"]
    ]


def test_control_a_barrier_is_noticed(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<html><body><main><img src='x'><input></main></body></html>")
    assert {fault.split(":")[0] for fault in barriers(page, NO_MORE_THAN_VIOLATIONS)} >= {"image-alt", "label"}
    page.close()


def test_control_invalid_html_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "1.html").write_text(
        "<!doctype html><html lang='en'><head><title>x</title></head><p><div></div></p></html>"
    )
    assert invalid(tmp_path)


def test_control_what_the_keyboard_cannot_reach_is_noticed(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<html><body><main><a href='/'>a</a><button tabindex='-1'>b</button></main></body></html>")
    assert [fault for fault in unreachable(page) if "button" in fault]
    page.close()


def test_control_what_needs_a_script_is_noticed(chromium: Browser, tmp_path: Path) -> None:
    made = tmp_path / "page.html"
    made.write_text("<html><body><main></main><script>document.body.append(document.createElement('button'))</script>")
    page, context = chromium.new_page(), chromium.new_context(java_script_enabled=False)
    page.goto(made.as_uri())
    assert missing_without_scripts(page, context.new_page(), made.as_uri())
    page.close()
    context.close()


def test_control_a_wide_page_is_noticed(chromium: Browser) -> None:
    page = chromium.new_page(viewport=PHONE)  # type: ignore[arg-type]
    page.set_content("<html><body><div style='width: 500px'>wide</div></body></html>")
    assert too_wide(page)
    page.close()
