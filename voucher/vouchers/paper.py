"""The voucher on paper: one A4 page that a business prints, carries and shows.

The QR code is never the only way: the same voucher can be typed in, so the code and the address to type it at are
printed in large letters (rule 71). The page says that it cannot be passed on (rule 6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from babel.dates import format_date

from voucher.platform.clock import long_date
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.pdf import TEMPLATES, fill, render_one_page
from voucher.platform.qr import data_uri, qr_svg

QR_MM = 38  # without its quiet zone: smaller ones were not read by every camera once the paper was creased


@dataclass(frozen=True)
class VoucherPaper:
    """Everything that stands on the paper; amounts in pence, the code as it is shown, the QR text as it is coded.

    ``logo`` is the scheme's as an address that holds the picture itself; empty for a scheme without one.
    """

    scheme_name: str
    scheme_owner: str
    business_name: str
    reference: str
    face_value_pence: int
    remaining_pence: int
    rate_percent: str
    good_for: list[str]
    last_day: date
    issued_on: date
    terms_brief: list[str]
    terms_version: str
    typed_code: str
    qr_text: str
    contact_line: str
    next_steps: list[str]
    help_line: str
    language: Literal["en", "cy"]
    logo: str = ""


def voucher_pdf(paper: VoucherPaper) -> bytes:
    """The voucher as a tagged PDF of exactly one page, in the business's language (rule 72).

    Raises voucher.platform.pdf.PdfError when the text cannot be made to fit or the typefaces are missing.
    """
    values = {
        "paper": paper,
        "_": _translator(paper.language),
        "day": _day_in(paper.language),
        "qr": data_uri(qr_svg(paper.qr_text, size_mm=QR_MM)),
        "address": typing_address(paper.qr_text),
        "name_size": _name_size(paper.business_name),
    }
    return render_one_page(lambda scale: fill("vouchers/voucher_pdf.html", scale=scale, **values), base=TEMPLATES)


def typing_address(qr_text: str) -> str:
    """Where the code is typed in: the address in the QR code without its last part, ``voucher.example.org/v``."""
    return qr_text.rpartition("/")[0].lower().removeprefix("https://").removeprefix("http://")


def _name_size(name: str) -> str:
    """Long names are set smaller, so that they wrap into few lines."""
    if len(name) <= 36:
        return "large"
    return "middle" if len(name) <= 80 else "small"


def _translator(language: str) -> Callable[[str], str]:
    return WELSH.__getitem__ if language == "cy" else _


def _day_in(language: str) -> Callable[[date], str]:
    if language == "cy":
        return lambda day: str(format_date(day, "d MMMM y", locale="cy"))
    return long_date


WELSH = {
    _("Voucher %(reference)s for %(business)s"): "Taleb %(reference)s ar gyfer %(business)s",
    _("Logo of %(owner)s"): "Logo %(owner)s",
    _("Voucher"): "Taleb",
    _("Voucher worth up to"): "Taleb gwerth hyd at",
    _("left of %(total)s when this page was made"): "ar ôl o %(total)s pan wnaed y dudalen hon",
    _("Pays %(rate)s of the price before VAT."): "Yn talu %(rate)s o'r pris cyn TAW.",
    _("You pay the rest, and the VAT."): "Chi sy'n talu'r gweddill, a'r TAW.",
    _("Issued to"): "Rhoddwyd i",
    _("Last day"): "Diwrnod olaf",
    _("Issued on"): "Dyddiad cyhoeddi",
    _("Not transferable"): "Ni ellir ei throsglwyddo",
    _("Only this business can use it."): "Dim ond y busnes hwn all ei defnyddio.",
    _("The provider scans this"): "Y darparwr sy'n sganio hwn",
    _("QR code of this voucher. The typed code below does the same."): (
        "Cod QR y daleb hon. Mae'r cod teipio isod yn gwneud yr un peth."
    ),
    _("No camera? Type the code at"): "Dim camera? Teipiwch y cod yn",
    _("Voucher code"): "Cod y daleb",
    _("What to do next"): "Beth i'w wneud nesaf",
    _("What it is good for"): "Beth mae'n talu amdano",
    _("Terms in brief"): "Telerau yn gryno",
    _("Help"): "Cymorth",
    _("Contact"): "Cysylltu",
    _("Terms version"): "Fersiwn y telerau",
}
