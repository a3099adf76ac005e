"""What every page must have, whoever asks for it: looked at on each response of the test client."""

from __future__ import annotations

from collections import Counter

from tests.harness.form import controls, words_of
from tests.harness.page import Page


def faults(page: Page) -> list[str]:
    """What is wrong with a response, in plain sentences; empty when nothing is."""
    found = _header_faults(page)
    if page.is_html:
        for check in (_parse_faults, _title_faults, _label_faults, _csrf_faults, _id_faults):
            found += check(page)
    return found


def _header_faults(page: Page) -> list[str]:
    found = []
    policy = page.headers.get("Content-Security-Policy", "")
    if "default-src" not in policy:
        found.append("Content-Security-Policy is missing or has no default-src")
    if "'unsafe-inline'" in policy:
        found.append("Content-Security-Policy allows inline code")
    if page.headers.get("X-Content-Type-Options") != "nosniff":
        found.append("X-Content-Type-Options is not nosniff")
    if page.headers.get("Referrer-Policy", "unsafe-url") == "unsafe-url":
        found.append("Referrer-Policy is missing or tells everybody everything")
    return found


def _parse_faults(page: Page) -> list[str]:
    html = page.tree
    missing = [] if html.get("lang") else ["the page does not say its language"]
    return page.parse_errors + missing


def _title_faults(page: Page) -> list[str]:
    found = []
    if not page.title:
        found.append("there is no title")
    headings = page.all("h1")
    if len(headings) != 1:
        found.append(f"there are {len(headings)} h1 headings instead of one")
    elif not words_of(headings[0]):
        found.append("the h1 heading is empty")
    return found


def _label_faults(page: Page) -> list[str]:
    nameless = [control for control in controls(page.tree) if id(control) not in page.labels]
    return [f"{control.tag} {control.get('name')!r} has no label" for control in nameless]


def _csrf_faults(page: Page) -> list[str]:
    posting = [form for form in page.forms if form.posts]
    return [
        f"the form for {form.action!r} has no CSRF token"
        for form in posting
        if not any(form.data.get("csrf_token", []))
    ]


def _id_faults(page: Page) -> list[str]:
    ids = Counter(element.get("id") for element in page.tree.iter() if element.get("id"))
    return [f"the id {name!r} is used {times} times" for name, times in ids.items() if times > 1]
