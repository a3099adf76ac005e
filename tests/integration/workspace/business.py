"""What tests of a business's pages share: signing in, and the usual answers."""

from __future__ import annotations

from flask import Flask

from tests.harness import signed_in
from tests.harness.client import PageClient
from tests.harness.page import Page
from tests.harness.world import World
from voucher.applications.models import Application
from voucher.vouchers.models import Voucher

ACCEPT = "Confirm, accept and get the voucher"
DECLARED = "Assistance that your enterprise has received"
SEND = "Send this answer"
DELIVERED = "Was this delivered?"
MISSING = "If not all was delivered: what is missing or wrong?"
ON_CLAIM = "Was this delivered? First web shop on 7 April 2026, 90 minutes"
FIGURES = "Are these figures right, and have you paid?"
AMOUNT = "How much have you paid to the provider, VAT included?"
PAID = {
    FIGURES: "The figures are right and we have paid",
    AMOUNT: "£120.00",
    "When did you pay?": "2026-04-07",
    "How did you pay?": "Bank transfer",
}
NOT_YET = {FIGURES: "The figures are right, but we have not paid yet"}


def browser_of(app: Flask, world: World, name: str) -> PageClient:
    """The browser of somebody who has signed in, whichever way, by first name."""
    return signed_in.browser_of(app, world.people[name])


def owner(app: Flask, world: World, of: Voucher | Application) -> PageClient:
    """The browser of the contact of a voucher or application."""
    return browser_of(app, world, world.owner_of(of))


def ticks(page: Page) -> dict[str, object]:
    """The answer of a business that has received nothing: each box ticked, whatever is beside it."""
    boxes = [label for label in page.labels.values() if label.startswith("I ")]
    assert len(boxes) == 2
    return {DECLARED: "0", **dict.fromkeys(boxes, True)}
