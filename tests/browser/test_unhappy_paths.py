"""What goes wrong at an engagement: each reason in words, double taps, the way back, two tabs, a session that ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from flask import Flask, request
from playwright.sync_api import FilePayload, Page, Request, expect
from sqlalchemy import update

from tests.browser.phone import Phone
from tests.harness.world import PASSWORD, PDF, World
from tests.integration.redemptions.pages import other_provider, provider_person, rows, second_scheme, typed_code
from tests.integration.redemptions.test_pages import HOW
from voucher.accounts import keeping
from voucher.accounts.models import SignInSession
from voucher.platform.db import atomic, read_anew, session
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import VERDICTS, WORDS, Outcome

MakePhone = Callable[..., Phone]


def look_up(page: Page, code: str) -> None:
    page.goto("/look-up")
    page.get_by_label("Voucher code").fill(code)
    page.get_by_role("button", name="Look up").click()


def reads(page: Page, outcome: Outcome) -> None:
    """The panel says what it comes to, why, and what to do next, and offers no support to record."""
    expect(page.get_by_role("heading", level=1)).to_have_text(VERDICTS[outcome])
    panel = page.locator(".result")
    expect(panel).to_contain_text(WORDS[outcome].sentence)
    expect(page.locator("main")).to_contain_text(WORDS[outcome].next_step)
    expect(page.get_by_role("button", name="Record support")).to_have_count(0)


@pytest.mark.rule(3, 6, 51)
@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.EXPIRED,
        Outcome.REPLACED,
        Outcome.SUSPENDED,
        Outcome.CANCELLED,
        Outcome.NOTHING_LEFT,
        Outcome.PROVIDER_SUSPENDED,
        Outcome.PROVIDER_NOT_APPROVED,
    ],
)
def test_each_reason_is_read_on_the_phone_with_its_next_step(world: World, phone: MakePhone, outcome: Outcome) -> None:
    voucher = world.issued()
    code = typed_code(world, voucher)
    HOW[outcome](world, voucher)
    read_anew()
    page = phone().page
    look_up(page, code)
    reads(page, outcome)


@pytest.mark.rule(3)
def test_a_voucher_of_another_scheme_is_no_voucher_of_this_one(world: World, phone: MakePhone) -> None:
    code = typed_code(world, world.issued())
    with second_scheme(world):
        other_provider(world)
    olga = provider_person("olga")
    read_anew()
    page = phone(of=olga).page
    look_up(page, code)
    reads(page, Outcome.NOT_RECOGNISED)


def test_control_the_same_code_is_good_before_anything_is_wrong(world: World, phone: MakePhone) -> None:
    code = typed_code(world, world.issued())
    read_anew()
    page = phone().page
    look_up(page, code)
    expect(page.get_by_role("heading", level=1)).to_have_text("Good")
    expect(page.get_by_role("button", name="Record support")).to_have_count(1)


def fill_claim(page: Page, recorded: DeliverySession) -> None:
    """Opens the form of a claim and answers it."""
    page.goto(f"/claims/new?session={recorded.public_id}")
    page.get_by_label("Invoice number").fill("INV-77")
    page.get_by_label("Date of the invoice").fill("2026-04-07")
    page.get_by_label("Amount before VAT").fill("500.00")
    page.get_by_label("VAT", exact=True).fill("100.00")
    page.get_by_label("20%").check()
    attach(page)


def attach(page: Page) -> None:
    invoice = FilePayload(name="invoice.pdf", mimeType="application/pdf", buffer=PDF.format("INV-77").encode())
    page.get_by_label("Your invoice").set_input_files(invoice)


def recorded_support(world: World) -> DeliverySession:
    recorded = world.recorded(world.issued())
    _known = recorded.public_id
    read_anew()
    return recorded


def hold(app: Flask, seconds: float) -> None:
    """Lets what is sent wait for a second one like it, for so long at most."""
    both = threading.Barrier(2)

    def wait() -> None:
        if request.method == "POST":
            with suppress(threading.BrokenBarrierError):
                both.wait(seconds)

    app.before_request_funcs.setdefault(None, []).insert(0, wait)


@pytest.mark.parametrize(("scripts", "sends"), [(True, 1), (False, 2)], ids=["with scripts", "without scripts"])
def test_two_taps_make_one_claim(app: Flask, world: World, phone: MakePhone, scripts: bool, sends: int) -> None:
    recorded = recorded_support(world)
    hold(app, 1 if sends == 1 else 30)
    page = phone(scripts=scripts).page
    fill_claim(page, recorded)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    button = page.get_by_role("button", name="Send the claim")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    for _tap in range(2):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, delay=20)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Claim ")
    assert len(sent) == sends
    read_anew()
    assert rows(Redemption) == 1


def test_the_way_back_leads_to_what_was_recorded_and_not_to_the_form(world: World, phone: MakePhone) -> None:
    recorded = recorded_support(world)
    page = phone().page
    fill_claim(page, recorded)
    page.get_by_role("button", name="Send the claim").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Claim ")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded support")
    expect(page.get_by_role("button", name="Send the claim")).to_have_count(0)


def test_of_two_tabs_with_one_form_the_second_is_told_that_it_is_there(world: World, phone: MakePhone) -> None:
    recorded = recorded_support(world)
    made = phone()
    tabs = [made.page, made.context.new_page()]
    for tab in tabs:
        fill_claim(tab, recorded)
    for tab in tabs:
        tab.get_by_role("button", name="Send the claim").click()
    expect(tabs[0].get_by_role("heading", level=1)).to_contain_text("Claim ")
    expect(tabs[1].get_by_role("alert")).to_contain_text("claimed")
    expect(tabs[1].get_by_label("Invoice number")).to_have_value("INV-77")
    read_anew()
    assert rows(Redemption) == 1


def ends_while_typing(world: World, page: Page) -> None:
    """Somebody's session ends while a claim is filled in, which is then sent."""
    recorded = recorded_support(world)
    fill_claim(page, recorded)
    with atomic():
        session.execute(update(SignInSession).values(ended_at=SignInSession.began_at))
    page.get_by_role("button", name="Send the claim").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("E-mail address").fill("pat@provider.example")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing_that_was_typed(
    world: World, phone: MakePhone
) -> None:
    page = phone().page
    ends_while_typing(world, page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Make the claim")
    expect(page.get_by_text("What you entered is still here.")).to_be_visible()
    expect(page.get_by_label("Amount before VAT")).to_have_value("500.00")
    expect(page.get_by_label("20%")).to_be_checked()
    attach(page)
    page.get_by_role("button", name="Send the claim").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Claim ")


def test_control_without_keeping_it_the_form_is_gone(
    world: World, phone: MakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "keep", lambda: None)
    page = phone().page
    ends_while_typing(world, page)
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign in")
    expect(page.get_by_label("Amount before VAT")).to_have_count(0)
