"""Papers that people of the demo hand in: invoices, and prints of a ledger, as small PDFs of one page.

They stand for files of other people's making, so they are written here by hand: in a PDF's own fonts, in milliseconds,
as a large demo needs hundreds.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date
from textwrap import wrap

from voucher.platform.clock import long_date
from voucher.platform.money import pounds

_LEFT, _RIGHT = 60, 535


def invoice(number: str, day: date, provider: str, business: str, what: str, net: int, vat: int) -> bytes:
    """A provider's invoice to a business; amounts in pence."""
    rows = ((what, net), ("VAT at 20%", vat), ("Total to pay", net + vat))
    marks = [
        _text(_LEFT, 770, 20, provider, bold=True),
        _text(_LEFT, 735, 15, f"Invoice {number}"),
        _text(_LEFT, 710, 11, f"Date {long_date(day)}"),
        _text(_LEFT, 670, 11, "To", bold=True),
        _text(_LEFT, 654, 11, business),
    ]
    for place, (name, pence) in enumerate(rows):
        height, last = 600 - 30 * place, place == len(rows) - 1
        marks += [_text(_LEFT, height, 11, name, bold=last), _right(_RIGHT, height, 11, pounds(pence), bold=last)]
        marks.append(_rule(height - 9))
    marks.append(_text(_LEFT, 490, 11, "Please pay within 14 days by bank transfer. Thank you."))
    return _page(marks)


def ledger_print(owner: str, code: str, day: date, pence: int) -> bytes:
    """A print of a cost code's balance in an authority's own ledger."""
    return _page(
        [
            _text(_LEFT, 770, 16, f"{owner}: general ledger", bold=True),
            _text(_LEFT, 735, 12, f"Cost code {code}"),
            _text(_LEFT, 700, 12, f"Balance at the close of {long_date(day)}"),
            _right(_RIGHT, 700, 12, pounds(pence), bold=True),
            _rule(691),
        ]
    )


def note(writer: str, what: str, day: date, pence: int | None = None) -> bytes:
    """What somebody states in a sentence, perhaps with an amount: a time sheet, a business's statement, a letter."""
    marks = [
        _text(_LEFT, 770, 16, writer, bold=True),
        _text(_LEFT, 735, 11, long_date(day)),
        *(_text(_LEFT, 695 - 16 * place, 11, line) for place, line in enumerate(wrap(what, 85))),
    ]
    if pence is not None:
        marks += [_text(_LEFT, 640, 11, "In all"), _right(_RIGHT, 640, 11, pounds(pence), bold=True), _rule(631)]
    return _page(marks)


def _text(x: float, y: float, size: int, words: str, *, bold: bool = False) -> bytes:
    plain = unicodedata.normalize("NFKD", words).encode("cp1252", "ignore")
    for character in (b"\\", b"(", b")"):
        plain = plain.replace(character, b"\\" + character)
    return b"BT /F%d %d Tf %.1f %.1f Td (%b) Tj ET" % (2 if bold else 1, size, x, y, plain)


def _right(x: float, y: float, size: int, words: str, *, bold: bool = False) -> bytes:
    """Figures that end at ``x``: in Helvetica each digit is 0.556 wide, and points and commas half of that."""
    width = sum(0.278 if each in ".," else 0.556 for each in words) * size
    return _text(x - width, y, size, words, bold=bold)


def _rule(y: float) -> bytes:
    return b"0.5 w %d %.1f m %d %.1f l S" % (_LEFT, y, _RIGHT, y)


def _page(marks: Sequence[bytes]) -> bytes:
    drawn = b"\n".join(marks)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%b /Encoding /WinAnsiEncoding >>"
    fonts = b"<< /Font << /F1 5 0 R /F2 6 0 R >> >>"
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources " + fonts + b" >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        font % b"Helvetica",
        font % b"Helvetica-Bold",
    )
    file, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return file + end % (len(parts) + 1, table, len(parts) + 1, len(file))
