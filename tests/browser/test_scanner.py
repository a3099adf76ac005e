"""The scanner on a phone: it reads the product's own paper, takes nothing else, and finds slips of the finger."""

from __future__ import annotations

import random
from collections.abc import Callable

import pypdfium2
import pytest
import qrcode
from flask import Flask
from PIL import Image
from playwright.sync_api import Route, expect

from tests.browser.phone import Film, Phone
from tests.harness.world import World
from tests.integration.redemptions.pages import rows
from voucher.platform.db import read_anew
from voucher.redemptions.models import DeliverySession, LookUp
from voucher.vouchers import typed_code as codes
from voucher.vouchers.credentials import show
from voucher.vouchers.models import Voucher
from voucher.vouchers.paper import voucher_pdf
from voucher.vouchers.papers import paper_of

pytestmark = pytest.mark.browser

MakePhone = Callable[..., Phone]
LOOKING = "Hold the QR code in front of the camera."


# A reader that is broken from its first picture on, until it has been made anew twice.
SPOILED = """
{
  const { readBarcodes, purgeZXingModule } = ZXingWASM;
  let made = 0;
  ZXingWASM.purgeZXingModule = () => { made += 1; return purgeZXingModule(); };
  ZXingWASM.readBarcodes = (...asked) => (made < 3 ? Promise.reject(new Error("spoiled")) : readBarcodes(...asked));
}
"""


def paper(world: World, voucher: Voucher) -> Image.Image:
    """The upper half of the voucher's page, as somebody holds it before a camera."""
    page = pypdfium2.PdfDocument(voucher_pdf(paper_of(world.act("shay"), voucher)))[0]
    picture: Image.Image = page.render(scale=2).to_pil()
    read_anew()
    return picture


def kept() -> int:
    read_anew()
    return rows(LookUp)


def test_the_camera_reads_the_paper_and_the_answer_cannot_be_misread(
    world: World, film: Film, phone: MakePhone
) -> None:
    voucher = world.issued()
    name = voucher.business.name
    page = phone(film(paper(world, voucher))).page
    page.goto("/scan")
    expect(page.get_by_role("heading", level=1)).to_have_text("Good", timeout=60_000)
    result = page.locator(".result-good")
    expect(result).to_contain_text(name)
    expect(result.locator("svg")).to_be_visible()
    colours = "[getComputedStyle(box).backgroundColor, getComputedStyle(box.querySelector('h1')).color]"
    assert result.evaluate(f"box => {colours}") == ["rgb(0, 90, 48)", "rgb(255, 255, 255)"]
    assert result.bounding_box()["width"] == page.viewport_size["width"]  # type: ignore[index]
    expect(page.get_by_text("£750.00")).to_be_visible()
    page.get_by_role("button", name="Record support").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Record support")
    assert (kept(), rows(DeliverySession)) == (1, 1)


def test_control_a_blank_film_is_looked_at_and_nothing_is_sent(world: World, film: Film, phone: MakePhone) -> None:
    page = phone(film(Image.new("RGB", (600, 800), "white"))).page
    page.goto("/scan")
    expect(page.get_by_text(LOOKING)).to_be_visible()
    page.wait_for_timeout(1_500)
    assert page.url.endswith("/scan")
    assert kept() == 0


def test_another_qr_code_is_neither_followed_nor_sent(world: World, film: Film, phone: MakePhone) -> None:
    foreign = qrcode.make("https://elsewhere.example/pay?to=somebody").get_image()
    page = phone(film(foreign)).page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/scan")
    expect(page.get_by_text("That is not the QR code of a voucher.")).to_be_visible()
    page.wait_for_timeout(500)
    assert [url for url in asked if "elsewhere" in url] == []
    assert kept() == 0


def test_the_camera_stops_when_the_page_is_hidden_and_starts_when_it_is_seen_again(
    world: World, film: Film, phone: MakePhone
) -> None:
    page = phone(film(Image.new("RGB", (600, 800), "white"))).page
    page.goto("/scan")
    expect(page.get_by_text(LOOKING)).to_be_visible()
    page.evaluate("track = document.querySelector('video').srcObject.getVideoTracks()[0]")
    for hidden, state in ((True, "ended"), (False, "live")):
        page.evaluate(
            "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
            "document.dispatchEvent(new Event('visibilitychange')); }",
            hidden,
        )
        page.wait_for_function("hidden => hidden === !document.querySelector('video').srcObject", arg=hidden)
        video = "document.querySelector('video').srcObject"
        assert page.evaluate(f"({video}?.getVideoTracks()[0] ?? track).readyState") == state


def test_pictures_that_the_reader_cannot_bear_do_not_spoil_those_after_them(
    world: World, film: Film, phone: MakePhone
) -> None:
    page = phone(film(paper(world, world.issued()))).page

    def spoil(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + SPOILED)

    page.route("**/zxing-reader.js*", spoil)
    page.goto("/scan")
    expect(page.get_by_role("heading", level=1)).to_have_text("Good", timeout=60_000)


def test_control_without_the_pages_own_policy_the_reader_does_not_run_and_the_page_says_so(
    app: Flask, world: World, film: Film, phone: MakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(app.view_functions["look_ups.scan_page"].__dict__, "voucher_compiles")
    made = phone(film(Image.new("RGB", (600, 800), "white")))
    made.page.goto("/scan")
    expect(made.page.get_by_text("The scanner does not work here.")).to_be_visible()
    assert any("WebAssembly" in each or "wasm" in each for each in made.complaints)
    made.complaints.clear()


def test_without_a_camera_the_page_says_so_and_the_code_can_be_typed(world: World, phone: MakePhone) -> None:
    act, voucher = world.act("shay"), world.issued()
    code = show(act.ring, act.base_url, voucher).typed_code
    read_anew()
    page = phone().page
    page.goto("/scan")
    expect(page.get_by_text("Type the code in below.")).to_be_visible()
    page.get_by_label("Voucher code").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Good")


def test_a_blocked_camera_is_named_and_can_be_asked_for_again(world: World, film: Film, phone: MakePhone) -> None:
    page = phone(film(Image.new("RGB", (600, 800), "white")), allowed=False).page
    page.goto("/scan")
    expect(page.get_by_text("The camera is blocked.")).to_be_visible()
    expect(page.get_by_role("button", name="Start the camera")).to_be_visible()
    assert kept() == 0


@pytest.mark.rule(4)
@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ("7G4K-9PQ2-MX0R-0", "That code has a typing error. Check each letter and digit."),
        ("7G4K-9PQ2", "A voucher code has 13 letters and digits, like 7G4K-9PQ2-MX0R-C."),
    ],
)
def test_a_slip_of_the_finger_stays_on_the_device_and_is_not_counted(
    world: World, phone: MakePhone, entered: str, words: str
) -> None:
    page = phone().page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.goto("/look-up")
    page.get_by_label("Voucher code").fill(entered)
    page.get_by_role("button", name="Look up").click()
    expect(page.locator("#code-error")).to_contain_text(words)
    expect(page.get_by_label("Voucher code")).to_be_focused()
    assert "POST" not in sent
    assert kept() == 0


@pytest.mark.rule(4)
def test_control_without_the_check_on_the_device_the_form_is_sent(world: World, phone: MakePhone) -> None:
    page = phone().page
    page.route("**/look_up.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto("/look-up")
    page.get_by_label("Voucher code").fill("7G4K-9PQ2")
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not good")
    assert kept() == 1


def entries() -> list[str]:
    """Codes as people type them, right and wrong, and what is no code at all."""
    dice = random.Random(4)  # the same ones each time
    found = [
        "",
        " ",
        "O",
        "ſ" * 13,
        "7g4k 9pq2 mx0r c",
        "7G4K–9PQ2—MX0R-C",
        "7G4K\t9PQ2\x1cMX0R\x85C",
        "７G4K9PQ2MX0RC",
    ]
    for _time in range(300):
        code = codes.encode(dice.getrandbits(codes.SECRET_BITS))
        swapped = list(code)
        at = dice.randrange(12)
        swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
        slip = code[:at] + dice.choice(codes.ALPHABET + "oilu!") + code[at + 1 :]
        found += [codes.display(code).lower(), "".join(swapped), slip, code[:at]]
    return found


def test_the_device_and_the_server_read_every_entry_alike(world: World, phone: MakePhone) -> None:
    page = phone().page
    page.goto("/look-up")
    texts = entries()
    found = page.evaluate(
        "async (texts) => { const { meant, wellFormed } = await import('/static/typed_code.js');"
        "return texts.map(meant).map((code) => [code, code !== null && wellFormed(code)]); }",
        texts,
    )
    expected = [[code, code is not None and codes.well_formed(code)] for code in map(codes.normalise, texts)]
    assert found == expected
