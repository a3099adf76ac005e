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
SQUEEZED = """() => {
    const texts = [...document.querySelectorAll('.stacked td')].flatMap(cell => [...cell.childNodes])
        .filter(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim().length > 2);
    const width = text => {
        const range = document.createRange();
        range.selectNodeContents(text);
        return range.getBoundingClientRect().width;
    };
    return texts.filter(text => width(text) < 15).map(text => text.textContent.trim());
}"""
AS_BOXES = """() => {
    const sheet = [...document.styleSheets].at(-1), cell = '.stacked td.govuk-table__cell';
    sheet.insertRule(`${cell} { display: flex; gap: 15px; justify-content: space-between }`, sheet.cssRules.length);
    sheet.insertRule(`${cell}::before { flex: none }`, sheet.cssRules.length);
}"""
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


def test_an_invoice_stands_beside_its_claim_as_wide_as_its_number(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/remittances")
    assert "INV-" in page.locator("main td", has_text="NTT-C-").first.inner_text()
    assert page.evaluate(SQUEEZED) == []
    page.evaluate(AS_BOXES)
    assert page.evaluate(SQUEEZED) != []
