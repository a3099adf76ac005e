"""A provider's pages on a phone: no barriers, nothing that runs out of the screen, and what scripts add to forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import barriers
from tests.browser.phone import Phone
from tests.harness.world import World, add_package
from tests.integration.redemptions.pages import typed_code
from voucher.platform.db import read_anew
from voucher.platform.money import pounds
from voucher.redemptions.rules import grant
from voucher.vouchers import typed_code as codes

pytestmark = pytest.mark.browser

MakePhone = Callable[..., Phone]


def faults(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than the phone."""
    found = barriers(page)
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, *(["it is wider than the phone"] if wide else [])]


def codes_of_each_colour(world: World) -> Iterator[str]:
    """Codes whose look-ups end green, red and amber."""
    code = typed_code(world, world.issued())
    read_anew()
    yield code
    yield codes.display(codes.encode(12_345))
    world.clock.advance(days=92)
    yield code


def test_no_answer_to_a_code_has_a_barrier(world: World, phone: MakePhone) -> None:
    page = phone().page
    found = {}
    for code in codes_of_each_colour(world):
        page.goto("/look-up")
        page.get_by_label("Voucher code").fill(code)
        page.get_by_role("button", name="Look up").click()
        word = page.locator(".result h1").inner_text()
        found[word] = faults(page)
    assert {"Good", "Good for earlier work only", "Not good"} <= set(found)
    assert {word: faults for word, faults in found.items() if faults} == {}


def test_control_a_barrier_is_noticed(world: World, phone: MakePhone) -> None:
    page = phone().page
    page.goto("/look-up")
    page.evaluate("document.querySelector('label').remove()")
    page.evaluate("document.querySelector('main').style.width = '800px'")
    assert [each.split(":")[0] for each in faults(page)] == ["label", "it is wider than the phone"]


@pytest.mark.rule(19)
def test_the_sum_follows_what_is_typed_and_is_the_servers(world: World, phone: MakePhone) -> None:
    recorded = world.recorded(world.issued())
    address, voucher = f"/claims/new?session={recorded.public_id}", recorded.voucher
    bounds = {"cap_pence": voucher.cap_pence, "minimum_own_pence": voucher.minimum_own_pence}
    read_anew()
    page = phone().page
    page.goto(address)
    box = page.locator("[data-sum]")
    expect(box).to_be_hidden()
    for net in (99, 4_000, 5_001, 12_345, 50_000, 93_749, 93_751, 100_000):
        page.get_by_label("Amount before VAT").fill(f"{net / 100:.2f}")
        paid = grant(net_pence=net, rate_bp=8_000, available_pence=75_000, **bounds)
        expect(box.locator("[data-grant]")).to_have_text(pounds(paid))
        expect(box.locator("[data-own]")).to_have_text(pounds(net - paid))
    page.get_by_label("Amount before VAT").fill("5.5")
    expect(box).to_be_hidden()


def test_choosing_a_package_fills_in_its_minutes_until_somebody_knows_better(world: World, phone: MakePhone) -> None:
    add_package(world, world.provider, "APP", 500_00)
    opened = world.opened(world.issued()).public_id
    read_anew()
    page = phone().page
    page.goto(f"/sessions/{opened}")
    minutes = page.get_by_label("Minutes")
    expect(minutes).to_have_value("")
    page.get_by_role("radio").first.check()
    expect(minutes).to_have_value("360")
    minutes.fill("45")
    page.get_by_role("radio").last.check()
    expect(minutes).to_have_value("45")
