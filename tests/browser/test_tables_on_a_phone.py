"""Tables that people read on a phone: every cell can be seen without pushing the table aside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Walks
from tests.harness.site import Site

PHONE = {"width": 390, "height": 844}
BEYOND = (
    "() => [...document.querySelectorAll('main td')].filter(x => x.getBoundingClientRect().right > innerWidth).length"
)
UNSTACK = "() => document.querySelectorAll('.stacked').forEach(table => table.classList.remove('stacked'))"


@pytest.fixture
def page(site: Site, walks: Walks, chromium: Browser) -> Iterator[Page]:
    """The phone of the provider's manager."""
    context = chromium.new_context(viewport=PHONE)  # type: ignore[arg-type]
    context.add_cookies(site.jar(walks.cookie(site, "pat")))  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_a_provider_reads_its_payments_without_pushing_the_table_aside(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/remittances")
    assert page.evaluate(BEYOND) == 0
    names = page.locator("main td").evaluate_all("cells => cells.map(x => getComputedStyle(x, '::before').content)")
    assert '"Claims and invoices"' in names
    page.locator("main td a").first.click()
    assert page.evaluate(BEYOND) == 0


def test_control_as_a_plain_table_some_of_it_is_out_of_sight(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/remittances")
    page.evaluate(UNSTACK)
    assert page.evaluate(BEYOND) > 0
