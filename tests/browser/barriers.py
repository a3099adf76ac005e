"""What keeps people from using a page, as axe finds it."""

from __future__ import annotations

from collections.abc import Mapping

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG: Mapping[str, object] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# Half a megabyte: a window that looks at many pages is given it once, by ``add_init_script``.
AXE: str = Axe().axe_script


def barriers(page: Page, options: Mapping[str, object] = WCAG) -> list[str]:
    """The rules that the page breaks, each with the first element that breaks it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("options => axe.run(document, options).then(results => results.violations)", options)
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]
