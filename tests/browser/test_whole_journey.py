"""The whole way of one voucher through pages alone: from a visitor's phone to the statement that the funder reads.

Everybody has a browser context of their own, signs in on its pages and taps and types what a person would. By commands
is done only what has no page: the small scheme that everything begins with, with the people who run it, and the
worker's turns, which send the letters.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser import steps_to_payment as to_payment
from tests.browser import steps_to_statement as to_statement
from tests.browser import steps_to_voucher as to_voucher
from tests.browser.crowd import Crowd, Hands
from tests.browser.paper_figures import GRANT, LEFT_ON_VOUCHER, NEVER_OFFERED, OWN, pence
from tests.browser.phone import Film
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World
from tests.integration.redemptions.pages import rows
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.rules import Role
from voucher.platform.db import read_anew
from voucher.platform.keyring import KeyRing
from voucher.platform.money import pounds
from voucher.redemptions.models import DeliverySession
from voucher.vouchers.paper import voucher_pdf
from voucher.vouchers.papers import paper_of

pytestmark = pytest.mark.browser

Note = Callable[[str, object], None]

# How long hands and eyes take, in seconds, that are in no hurry: a tap with the look that it needs, a character on a
# phone's keyboard, and a page of questions and rules that is read before anything is done on it.
A_TAP, A_KEY, A_PAGE = 3.0, 0.6, 25.0


def add_ben(world: World) -> None:
    """A second keeper of bank lines, so that one types and another matches."""
    with world.by("ada") as act:
        ben = add_person(act, name="Ben", email="ben@northmoor.example")
        grant_role(act, ben, Role.BANK_LINE_KEEPER, scheme_id=world.scheme.id)
    read_anew()


def picture_of(pdf: Path) -> Image.Image:
    """The first page of a PDF as pixels."""
    picture: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil()
    return picture


def at_the_engagement(crowd: Crowd, camera: Path) -> Hands:
    """The provider's phone, signed in, with its scanner open."""
    phone = crowd.somebody(camera=camera)
    crowd.sign_in_by_password(phone, to_payment.PROVIDER)
    phone.sees("Your firm's vouchers and claims")
    phone.press("Scan a voucher")
    return phone


def test_from_a_visitors_phone_to_the_statement_that_the_funder_reads(
    crowd: Crowd, film: Film, tmp_path: Path, record_property: Note
) -> None:
    add_ben(crowd.world)
    to_voucher.rules_are_set(crowd)
    owner = to_voucher.checked_and_applied(crowd)
    to_voucher.offered(crowd)
    paper = to_voucher.accepted_and_downloaded(crowd, owner, tmp_path)
    assert_within_twenty_minutes(owner, record_property)

    phone = at_the_engagement(crowd, film(picture_of(paper)))
    recorded_in_half_a_minute(phone, record_property)
    pat = to_payment.claimed(crowd)
    to_payment.confirmed(owner)
    to_payment.verified_and_approved(crowd)
    reference = to_payment.paid(crowd, tmp_path)
    to_payment.told_of_the_money(pat, owner, reference)

    assert_the_files_say_what_the_paper_says(to_statement.signed(crowd, tmp_path), reference)
    assert_reconciled(crowd.world)


def assert_within_twenty_minutes(owner: Hands, note: Note) -> None:
    """From the landing page to the voucher, by what the owner's hands did and her eyes had to read."""
    seconds = owner.pages * A_PAGE + owner.taps * A_TAP + owner.keys * A_KEY
    note("landing page to voucher", f"{owner.pages} pages, {owner.taps} taps, {owner.keys} keys, {seconds:.0f} s")
    assert seconds <= 20 * 60


def recorded_in_half_a_minute(phone: Hands, note: Note) -> None:
    """From the open scanner to the recorded session: looking up costs no tap, and only what was done is typed."""
    phone.taps = phone.keys = 0
    began = time.monotonic()
    to_payment.scanned(phone)
    read = time.monotonic()
    to_payment.recorded(phone)
    machine = time.monotonic() - began
    hands = phone.taps * A_TAP + phone.keys * A_KEY
    note("open scanner to recorded session", f"{phone.taps} taps, {phone.keys} keys, {hands:.0f} s")
    note("seconds of the machine in it", f"{machine:.1f}, of which {read - began:.1f} until the code was read")
    assert phone.taps <= 3
    assert phone.keys <= 20
    assert hands <= 30


def assert_the_files_say_what_the_paper_says(files: dict[str, Path], reference: str) -> None:
    """The PDF's words, the CSV's and the JSON's figures, to the penny, on every funding line."""
    pdf, lines, payments, data = (files[words] for words in to_statement.FILES)
    found = to_statement.money_of_json(data)
    assert found == to_statement.money_of_csv(lines)
    figures = {"7": GRANT, "8": GRANT, "4": LEFT_ON_VOUCHER, "12": NEVER_OFFERED, "14": OWN, "5": "0.00", "6": "0.00"}
    for code, figure in figures.items():
        assert found[code][0] == sum(found[code][1:] or found[code][:1]), code
        assert found[code][0].scaleb(2) == pence(figure), code
    text = to_statement.text_of(pdf)
    for figure in (GRANT, OWN, LEFT_ON_VOUCHER, NEVER_OFFERED):
        assert pounds(pence(figure)) in text
    [paid] = to_statement.rows_of(payments)
    assert (paid["payment"], paid["grant"], paid["own_contribution"]) == (reference, GRANT, OWN)


@pytest.mark.rule(1, 3)
def test_control_the_same_paper_signed_by_another_key_ring_brings_no_session(
    world: World, crowd: Crowd, film: Film, tmp_path: Path
) -> None:
    voucher = world.issued()
    other = KeyRing.create(tmp_path / "other" / "ring.json", world.clock())
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(voucher_pdf(paper_of(replace(world.act("shay"), ring=other), voucher)))
    read_anew()
    phone = at_the_engagement(crowd, film(picture_of(forged)))
    phone.sees("Not good")
    expect(phone.page.get_by_role("button", name="Record support")).to_have_count(0)
    read_anew()
    assert rows(DeliverySession) == 0
