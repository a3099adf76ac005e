"""Opening a statement's PDF: the text of its pages and the files in it, by name.

This is the only file of the check that knows a library for PDF.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pikepdf
import pypdfium2

from voucher.platform.i18n import gettext_noop as _
from voucher.reports.verify.findings import NotAStatement, Sentence

DATA, TRANSACTIONS, SIGNATURE = "statement.json", "transactions.csv", "signature.json"
WORDS = "words.json"  # of a paper in another language: what it prints for the English of the data
HEAD_BYTES = 1024  # A PDF says what it is in its first kilobyte.

# Letters that the statement's typefaces do not have.
_NOT_DRAWN = re.compile("[^\u0000-\u024f\u1e00-\u1eff\u2010-\u20cf]")
# A hyphen at the end of a line comes back from the page as one of these.
_HYPHENS = str.maketrans({"\ufffe": "-", "\x02": "-", "\u00ad": None, "\u2212": "-"})


@dataclass(frozen=True)
class Paper:
    """What is in the file: its bytes, the text of each page, and the attached files that a statement has."""

    raw: bytes
    texts: tuple[str, ...]
    attached: Mapping[str, bytes]

    @cached_property
    def squeezed(self) -> tuple[str, ...]:
        """Each page's text without spaces and line ends, so that it does not matter where a line was broken."""
        return tuple("".join(text.split()) for text in self.texts)

    @property
    def revisions(self) -> int:
        """How many times the file was written to: 1 unless somebody added to it without writing it anew."""
        return self.raw.count(b"startxref")


def open_paper(raw: bytes) -> Paper:
    """Reads the file; raises NotAStatement when it is no PDF, cannot be opened, or has nothing of a statement."""
    if b"%PDF-" not in raw[:HEAD_BYTES]:
        raise NotAStatement(Sentence(_("This is not a PDF.")))
    try:
        with pikepdf.open(io.BytesIO(raw)) as document:
            there = document.attachments
            names = [name for name in (DATA, TRANSACTIONS, SIGNATURE, WORDS) if name in there]
            attached = {name: there[name].get_file().read_bytes() for name in names}
    except pikepdf.PasswordError:
        raise NotAStatement(Sentence(_("The PDF is locked by a password. A statement never is."))) from None
    except (pikepdf.PdfError, ValueError, RuntimeError):
        raise NotAStatement(Sentence(_("The PDF is damaged and cannot be opened."))) from None
    return Paper(raw, _texts(raw), attached)


def _texts(raw: bytes) -> tuple[str, ...]:
    try:
        document = pypdfium2.PdfDocument(raw)
        try:
            return tuple(_text(document, number) for number in range(len(document)))
        finally:
            document.close()
    except pypdfium2.PdfiumError:
        raise NotAStatement(Sentence(_("The PDF is damaged and cannot be opened."))) from None


def _text(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    words = page.get_textpage()
    try:
        return plain(words.get_text_bounded())
    finally:
        words.close()
        page.close()


def plain(text: str) -> str:
    """A text in one form of its letters. Letters that the statement's typefaces do not have are left out."""
    return _NOT_DRAWN.sub("", unicodedata.normalize("NFC", text).translate(_HYPHENS))


def squeeze(text: str) -> str:
    """A text as it is compared: in one form of its letters, without spaces and line ends."""
    return "".join(plain(text).split())
