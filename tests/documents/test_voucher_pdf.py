"""The voucher on paper, read back as a scanner, a screen reader and a pair of eyes would read it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
import zxingcpp
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from voucher.platform import pdf
from voucher.platform.qr import data_uri, qr_svg
from voucher.vouchers import paper
from voucher.vouchers.paper import WELSH, VoucherPaper, voucher_pdf

MM_PER_INCH = 25.4
CAFE = VoucherPaper(
    scheme_name="North Tyne Tech Taster",
    scheme_owner="North Tyne Combined Authority",
    business_name="Caffi Tŷ Gŵyr a Łucja Cyf",
    reference="NTT-V-00042",
    face_value_pence=150_000,
    remaining_pence=150_000,
    rate_percent="80%",
    good_for=["Getting started with online booking and payments", "Cyber security check and fixes"],
    last_day=date(2026, 9, 30),
    issued_on=date(2026, 6, 3),
    terms_brief=["For support delivered by the last day.", "The voucher never pays VAT."],
    terms_version="3 (1 April 2026)",
    typed_code="7K3M 9QXT VB2H 5",
    qr_text="HTTPS://VOUCHER.NORTHTYNE.EXAMPLE/V/" + "AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYUCULBOGAZDINRYHI6D4" * 2,
    contact_line="vouchers@northtyne.example, 0191 496 0842",
    next_steps=["Choose a provider.", "Agree a price and a date.", "Show this page when the support starts."],
    help_line="Lost this page? We can send a new one.",
    language="en",
)
LONG_NAME = (
    "Cymdeithas Gydweithredol Gweithgynhyrchwyr Offer Peirianneg Manwl Gogledd-ddwyrain Lloegr a "
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Cyfyngedig"
)


@cache
def cafe_pdf() -> bytes:
    return voucher_pdf(CAFE)


def words(document: bytes) -> str:
    """All the text of a PDF in one line, as copying it gives it."""
    pages = pypdfium2.PdfDocument(document)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pages).split())


def picture(document: bytes, *, dpi: int, page: int = 0) -> Image.Image:
    drawn: Image.Image = pypdfium2.PdfDocument(document)[page].render(scale=dpi / 72).to_pil()
    return drawn.convert("L")


@pytest.mark.rule(6)
def test_the_paper_says_that_it_is_not_transferable_and_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Not transferable" in words(cafe_pdf())
    assert "Issued to Caffi Tŷ Gŵyr a Łucja Cyf" in words(cafe_pdf())
    fill = pdf.fill
    monkeypatch.setattr(paper, "fill", lambda name, **values: fill(name, **values).replace("Not transferable", ""))
    assert "Not transferable" not in words(voucher_pdf(CAFE))


def test_everything_that_the_holder_needs_is_on_the_page() -> None:
    text = words(cafe_pdf())
    for said in ("£1,500.00", "30 September 2026", "80%", "NTT-V-00042", "3 June 2026", CAFE.terms_version):
        assert said in text
    for said in [*CAFE.good_for, *CAFE.terms_brief, *CAFE.next_steps, CAFE.help_line, CAFE.contact_line]:
        assert said in text


def test_a_voucher_that_was_partly_used_shows_what_is_left() -> None:
    text = words(voucher_pdf(replace(CAFE, remaining_pence=90_050)))
    assert "£900.50 left of £1,500.00" in text
    assert " left of " not in words(cafe_pdf())


@pytest.mark.rule(71)
def test_the_code_can_be_typed_where_no_camera_is() -> None:
    text = words(cafe_pdf())
    assert "7K3M 9QXT VB2H 5" in text
    assert "Type the code at voucher.northtyne.example/v " in text


@pytest.mark.rule(71)
def test_the_pdf_is_tagged_and_has_language_title_and_a_described_picture() -> None:
    with pikepdf.open(io.BytesIO(cafe_pdf())) as document:
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "en-GB"
        assert str(document.docinfo["/Title"]) == "Voucher NTT-V-00042 for Caffi Tŷ Gŵyr a Łucja Cyf"
        elements = [item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item]
        kinds = [str(element.S) for element in elements if element.get("/Type") == "/StructElem"]
        assert {"/H1", "/H2", "/L", "/P", "/Figure"} <= set(kinds)
        assert [str(element.Alt)[:7] for element in elements if element.S == "/Figure"] == ["QR code"]


@pytest.mark.rule(71)
def test_the_scheme_s_logo_stands_on_the_one_page_and_is_described() -> None:
    wide = io.BytesIO()
    Image.new("RGB", (1200, 300), (200, 0, 0)).save(wide, "PNG")
    document = voucher_pdf(replace(CAFE, business_name=LONG_NAME, logo=pdf.picture_uri(wide.getvalue(), "image/png")))
    assert len(pypdfium2.PdfDocument(document)) == 1
    drawn = pypdfium2.PdfDocument(document)[0].render(scale=1).to_pil().convert("RGB")
    red = [colour for _count, colour in drawn.crop((0, 0, drawn.width, drawn.height // 8)).getcolors(1_000_000)]
    assert (200, 0, 0) in red
    with pikepdf.open(io.BytesIO(document)) as opened:
        elements = [item for item in opened.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item]
        described = {str(element.Alt).split(" of ")[0] for element in elements if element.S == "/Figure"}
    assert described == {"QR code", "Logo"}


def test_a_name_of_160_letters_wraps_and_stays_on_one_page() -> None:
    assert len(LONG_NAME) >= 160
    document = voucher_pdf(replace(CAFE, business_name=LONG_NAME))
    assert len(pypdfium2.PdfDocument(document)) == 1
    assert LONG_NAME.replace(" ", "") in words(document).replace(" ", "")
    paper_white = np.asarray(picture(document, dpi=50)) > 250
    assert paper_white[:, :20].all()
    assert paper_white[:, -20:].all()


def test_long_terms_are_set_smaller_until_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    wordy = replace(CAFE, terms_brief=["For support that is delivered by the last day of this voucher. " * 2] * 14)
    assert len(pypdfium2.PdfDocument(voucher_pdf(wordy))) == 1
    monkeypatch.setattr(pdf, "SCALES", (100,))
    with pytest.raises(pdf.PdfError, match="too long for one page"):
        voucher_pdf(wordy)


@pytest.mark.rule(72)
def test_a_welsh_voucher_is_welsh_in_words_dates_and_language() -> None:
    document = voucher_pdf(replace(CAFE, language="cy"))
    assert "Ni ellir ei throsglwyddo" in words(document)
    assert "30 Medi 2026" in words(document)
    assert "Not transferable" not in words(document)
    with pikepdf.open(io.BytesIO(document)) as opened:
        assert str(opened.Root.Lang) == "cy"


@pytest.mark.rule(72)
def test_every_label_of_the_paper_has_its_welsh() -> None:
    template = (pdf.TEMPLATES / "vouchers" / "voucher_pdf.html").read_text(encoding="utf-8")
    assert set(re.findall(r'_\("([^"]+)"\)', template)) == set(WELSH)


def printed_code(document: bytes) -> tuple[str, float, float]:
    """What a decoder reads at 150 dpi, and how wide and high the code is in millimetres."""
    found = zxingcpp.read_barcodes(np.asarray(picture(document, dpi=150)))
    assert len(found) == 1
    corners = found[0].position
    wide = np.hypot(corners.top_right.x - corners.top_left.x, corners.top_right.y - corners.top_left.y)
    high = np.hypot(corners.bottom_left.x - corners.top_left.x, corners.bottom_left.y - corners.top_left.y)
    return found[0].text, float(wide) * MM_PER_INCH / 150, float(high) * MM_PER_INCH / 150


def test_an_independent_decoder_reads_the_printed_code_at_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    text, wide, high = printed_code(cafe_pdf())
    assert text == CAFE.qr_text
    assert wide == pytest.approx(38, abs=0.5)
    assert high == pytest.approx(38, abs=0.5)
    monkeypatch.setattr(paper, "QR_MM", 30)
    assert printed_code(voucher_pdf(CAFE))[1] == pytest.approx(30, abs=0.5)


def test_the_quiet_zone_comes_on_top_of_the_size() -> None:
    svg = qr_svg("A" * 20, size_mm=21)  # version 1 has 21 modules, so a module is a millimetre
    assert 'width="29.0000mm"' in svg
    assert 'viewBox="0 0 29 29" shape-rendering="crispEdges"' in svg
    assert data_uri(svg).startswith("data:image/svg+xml;base64,")


def letter_pages(text: str) -> list[NDArray[np.bool_]]:
    """Each letter as our PDF draws it, large and alone, cut out."""
    style = '@page { size: 80mm 80mm; margin: 5mm } p { font: 400 160px "Atkinson Hyperlegible Next"; margin: 0 }'
    pages = "".join(f'<p style="break-after: page">{letter}</p>' for letter in text)
    html = f"<html lang='en'><head><title>Letters</title><style>{style}</style></head><body>{pages}</body></html>"
    document = pdf.render_pdf(html, base=pdf.TEMPLATES)
    assert words(document).replace(" ", "") == text  # what is copied reads right, whatever is drawn
    return [ink(picture(document, dpi=96, page=number)) for number in range(len(text))]


def ink(image: Image.Image) -> NDArray[np.bool_]:
    dark = np.asarray(image) < 128
    rows, columns = np.where(dark)
    cut: NDArray[np.bool_] = dark[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return cut


def from_the_font(letter: str) -> NDArray[np.bool_]:
    """The letter as FreeType draws it from the same merged file."""
    font = ImageFont.truetype(str(pdf.ASSETS / "fonts" / "atkinson-hyperlegible-next-400.ttf"), 160)
    image = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(image).text((100, 100), letter, font=font, fill=0)
    return ink(image)


def differs(left: NDArray[np.bool_], right: NDArray[np.bool_]) -> bool:
    """Whether two cut-out letters are not the same drawing: another size, or a tenth of their ink elsewhere."""
    if max(abs(a - b) for a, b in zip(left.shape, right.shape, strict=True)) > 3:
        return True
    high, wide = (min(a, b) for a, b in zip(left.shape, right.shape, strict=True))
    apart = np.logical_xor(left[:high, :wide], right[:high, :wide]).sum()
    return bool(apart > 0.1 * right.sum())


def test_letters_with_marks_are_drawn_as_the_font_draws_them() -> None:
    letters = "ŵŷŁłŻé"
    for letter, drawn in zip(letters, letter_pages(letters), strict=True):
        assert not differs(drawn, from_the_font(letter)), letter
    for right, wrong in ("ŵw", "ŷy", "ŁL", "łl", "ŻZ", "éè"):
        assert differs(letter_pages(right)[0], from_the_font(wrong)), (right, wrong)


def test_two_subsets_under_one_name_would_draw_wrong_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fonts").mkdir()
    for name, wanted in {"latin": range(0x100), "latin-ext": range(0x100, 0x3000)}.items():
        font = TTFont(pdf.ASSETS / "fonts" / "atkinson-hyperlegible-next-400.ttf")
        subsetter = Subsetter(Options(name_IDs=["*"]))
        subsetter.populate(unicodes=set(font.getBestCmap()) & set(wanted))
        subsetter.subset(font)
        font.save(tmp_path / "fonts" / f"{name}.ttf")
    monkeypatch.setenv("VOUCHER_ASSETS", str(tmp_path))
    faces = [("Atkinson Hyperlegible Next", 400, f"{name}.ttf") for name in ("latin", "latin-ext")]
    monkeypatch.setattr(pdf, "FACES", faces)
    assert not differs(letter_pages("éw")[1], from_the_font("w"))
    assert differs(letter_pages("éŵ")[1], from_the_font("ŵ"))


def test_without_typefaces_the_error_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOUCHER_ASSETS", str(tmp_path))
    with pytest.raises(pdf.PdfError, match=r"Run scripts/assets, then try again\."):
        voucher_pdf(CAFE)


def test_without_pango_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "weasyprint", None)
    with pytest.raises(pdf.PdfError, match="Install libpango-1"):
        voucher_pdf(CAFE)


@pytest.mark.parametrize("address", ["https://voucher.example/x.png", "file:///etc/passwd", "../pyproject.toml"])
def test_a_document_is_served_nothing_but_typefaces_and_data(address: str) -> None:
    html = f"<html lang='en'><head><title>Asks</title></head><body><img alt='x' src='{address}'></body></html>"
    with pytest.raises(pdf.PdfError, match="not served"):
        pdf.render_pdf(html, base=pdf.TEMPLATES)
    served = html.replace(address, data_uri("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"))
    assert pdf.render_pdf(served, base=pdf.TEMPLATES).startswith(b"%PDF-1.7")


def test_the_same_voucher_gives_the_same_bytes() -> None:
    assert voucher_pdf(CAFE) == cafe_pdf()
    assert voucher_pdf(replace(CAFE, typed_code="7K3M 9QXT VB2H 6")) != cafe_pdf()
