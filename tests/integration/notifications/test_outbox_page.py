"""The page of the demo's messages, which exists nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask

from config import from_environment
from tests.harness.client import PageClient
from tests.integration.accounts.people import enter, olwen
from voucher.notifications.delivery import Envelope, FolderDelivery, Mail
from voucher.platform.web import desk

LINK = "http://localhost/L/abc123"


@pytest.fixture
def demo(app: Flask) -> None:
    """Makes the installation a demo."""
    app.extensions["voucher"] = replace(app.extensions["voucher"], config=replace(desk().config, demo=True))


def send(number: int, subject: str = "Your offer") -> None:
    at = datetime(2026, 4, 7, 9, number, tzinfo=UTC)
    envelope = Envelope(number, "scheme@example.org", f"owner{number}@example.org", f"<{number}@x>", at)
    FolderDelivery(desk().config.mail).send(envelope, Mail(f"{subject} {number}", f"Answer here: {LINK}\n<b>Bye</b>\n"))


def test_outside_the_demo_nobody_reads_messages_not_even_an_administrator(app: Flask, client: PageClient) -> None:
    send(1)
    olwen()
    enter(client)
    assert "Your offer" not in client.get("/outbox", expect=404)


def test_only_the_environment_of_the_demo_switches_it_on() -> None:
    assert not from_environment({}).demo
    assert not from_environment({"VOUCHER_DEMO": "0"}).demo
    assert from_environment({"VOUCHER_DEMO": "1"}).demo


def test_the_demo_shows_each_message_with_links_to_follow_and_nothing_else_as_html(
    app: Flask, client: PageClient, demo: None
) -> None:
    assert "No message has been sent yet." in client.get("/outbox")
    send(2)
    send(10)
    (desk().config.mail / "notes.eml").write_text("not a message")
    page = client.get("/outbox")
    assert page.links[LINK] == LINK
    assert "To owner10@example.org, 7 April 2026" in page
    assert "&lt;b&gt;Bye" in page.text
    assert page.text.index("Your offer 10") < page.text.index("Your offer 2")


def test_messages_come_twenty_to_a_page(app: Flask, client: PageClient, demo: None) -> None:
    for number in range(1, 22):
        send(number)
    page = client.get("/outbox")
    assert len(page.all("ul", class_="records")[0].findall("li")) == 20
    assert "Your offer 1" in client.click(page, "Next page")
