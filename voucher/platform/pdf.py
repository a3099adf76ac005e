"""Printed documents: a template of this checkout becomes a tagged PDF, with no network and no fonts of the machine.

With pdf_tags and pdf_archive, which mend what it writes, this is the only file that knows WeasyPrint. The pages are
PDF/UA-1: language, title, structure and reading order are in the file (rule 71), and the same HTML always makes the
same bytes.
"""

from __future__ import annotations

import base64
import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from voucher.platform.annex.objects import LEVEL
from voucher.platform.clock import long_date, long_time
from voucher.platform.collector import collector_paused
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import pounds
from voucher.platform.pdf_archive import finish_archive
from voucher.platform.pdf_tags import finish_tags

try:
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse
except OSError:  # The Python package is there and the library that it draws text with is not.
    weasyprint = None
    URLFetcher = object

CHECKOUT = Path(__file__).resolve().parents[2]
TEMPLATES = CHECKOUT / "templates"
ASSETS = CHECKOUT / "build" / "assets"
FACES = [
    ("Atkinson Hyperlegible Next", 400, "atkinson-hyperlegible-next-400.ttf"),
    ("Atkinson Hyperlegible Next", 700, "atkinson-hyperlegible-next-700.ttf"),
    ("Atkinson Hyperlegible Mono", 400, "atkinson-hyperlegible-mono-400.ttf"),
    ("Atkinson Hyperlegible Mono", 700, "atkinson-hyperlegible-mono-700.ttf"),
]
FACE_KEYS = ("text", "bold", "mono", "mono-bold")
# Sizes, in percent, that a one-page document is tried at; below the last one its small print would not be readable.
SCALES = (112, 106, 100, 94, 88, 82, 76, 70)


class PdfError(DomainError):
    """The document cannot be drawn; the message says what is missing and what to do."""


@dataclass(frozen=True)
class Attached:
    """A file inside the PDF: its name, its bytes, what it is, and the moment that it is dated with.

    A ``plain`` one stands in the PDF as it is, without compression and checksum, so that it can be filled in later.
    """

    name: str
    content: bytes
    description: str
    at: datetime
    plain: bool = False


@collector_paused()
def render_pdf(html: str, *, base: Path, attached: Sequence[Attached] = ()) -> bytes:
    """The document as a tagged PDF, the same bytes for the same input.

    ``base`` is the folder that relative addresses start from. Only typefaces and ``data:`` addresses are served.
    Raises PdfError when the typefaces or Pango are missing, or when the document asks for anything else.
    """
    return _write(_lay_out(html, base), attached)


@collector_paused()
def render_archival(html: str, *, base: Path, attached: Sequence[Attached] = ()) -> bytes:
    """As ``render_pdf``, built to PDF/A-3a as well, so that it and its attached files can be read in ten years."""
    return _write(_lay_out(html, base, "pdf/a-3a"), attached, "pdf/a-3a")


@collector_paused()
def render_one_page(html_at: Callable[[int], str], *, base: Path) -> bytes:
    """The document on exactly one page: ``html_at`` gives it at a size in percent, and the largest that fits is taken.

    Raises PdfError when the smallest readable size still needs a second page.
    """
    return _write(_fit(html_at, SCALES, base)[1], ())


@collector_paused()
def scale_for_one_page(html_at: Callable[[int], str], *, base: Path) -> int:
    """The largest size in percent, 100 at most, at which the part of a document needs one page; else PdfError."""
    return _fit(html_at, [scale for scale in SCALES if scale <= 100], base)[0]


def picture_uri(data: bytes, media_type: str) -> str:
    """A picture as an address that an ``<img>`` of a document can carry; one that cannot be drawn shows its ``alt``."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def fill(template: str, **values: object) -> str:
    """The text of a template of this checkout with the values in it; everything is escaped."""
    return _environment().get_template(template).render(**values)


def font_files() -> dict[str, Path]:
    """The typefaces by what they are for: ``text``, ``bold``, ``mono`` and ``mono-bold``; else raises PdfError."""
    folder = _existing_fonts()
    return {key: folder / file for key, (_family, _weight, file) in zip(FACE_KEYS, FACES, strict=True)}


def fonts_folder() -> Path:
    """Where scripts/assets put the typefaces; VOUCHER_ASSETS names another assets folder."""
    return Path(os.environ.get("VOUCHER_ASSETS") or ASSETS) / "fonts"


@cache
def _environment() -> Environment:
    found = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    found.trim_blocks = found.lstrip_blocks = True
    found.filters["pounds"] = pounds
    found.filters["iso_date"] = lambda text: long_date(date.fromisoformat(text))
    found.filters["short_date"] = lambda text: f"{date.fromisoformat(text):%-d %b %Y}"
    found.filters["iso_time"] = lambda text: long_time(datetime.fromisoformat(text))
    return found


def _lay_out(html: str, base: Path, variant: str = "pdf/ua-1") -> Any:
    if weasyprint is None:
        message = _("Printed documents need Pango. Install libpango-1.0-0 and libpangoft2-1.0-0, then try again.")
        raise PdfError("pango_missing", message)
    folder = _existing_fonts()
    fetcher = _FontsOnly(folder)
    fonts, faces = _faces_of(folder)
    page = weasyprint.HTML(string=html, base_url=f"{base}/", url_fetcher=fetcher)
    try:
        return page.render(font_config=fonts, stylesheets=[faces], pdf_variant=variant)
    except FatalURLFetchingError as error:
        raise PdfError("address_refused", _("The document asks for a file that is not served to it.")) from error


@cache
def _faces_of(folder: Path) -> tuple[Any, Any]:
    """The typefaces, read once in a process: every document needs the same four."""
    fonts = FontConfiguration()
    return fonts, weasyprint.CSS(string=_font_faces(), font_config=fonts, url_fetcher=_FontsOnly(folder))


def _fit(html_at: Callable[[int], str], scales: Sequence[int], base: Path) -> tuple[int, Any]:
    for scale in scales:
        document = _lay_out(html_at(scale), base)
        if len(document.pages) == 1:
            return scale, document
    raise PdfError("page_overflow", _("The text is too long for one page. Shorten the names, the terms or the steps."))


def _write(document: Any, attached: Sequence[Attached], variant: str = "pdf/ua-1") -> bytes:
    files = [
        weasyprint.Attachment(
            string=file.content,
            name=file.name,
            description=file.description,
            relationship="Data",
            created=file.at,
            modified=file.at,
        )
        for file in attached
    ]
    plain = {file.content for file in attached if file.plain}
    repaired = finish_tags if variant == "pdf/ua-1" else finish_archive

    def finish(laid_out: Any, pdf: Any) -> None:
        repaired(laid_out, pdf)
        _pack_attached(pdf, plain)

    pdf = document.write_pdf(finisher=finish, pdf_variant=variant, pdf_identifier=True, attachments=files)
    return bytes(pdf)


def _pack_attached(pdf: Any, plain: set[bytes]) -> None:
    """Packs the attached files, which may have many megabytes, in a quarter of the time that the library takes."""
    for item in pdf.objects:
        extra = getattr(item, "extra", {})
        if extra.get("Type") != "/EmbeddedFile":
            continue
        item.compress = False
        if item.stream[0] in plain:
            del extra["Params"]["CheckSum"]
        else:
            item.stream[:] = [zlib.compress(item.stream[0], LEVEL)]
            extra["Filter"] = "/FlateDecode"


def _existing_fonts() -> Path:
    folder = fonts_folder()
    if not all((folder / file).is_file() for _family, _weight, file in FACES):
        message = _("The typefaces of printed documents are missing. Run scripts/assets, then try again.")
        raise PdfError("typefaces_missing", message)
    return folder


def _font_faces() -> str:
    folder = fonts_folder().resolve().as_uri()
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url("{folder}/{file}"); }}'
        for family, weight, file in FACES
    )


class _FontsOnly(URLFetcher):  # type: ignore[misc]  # its base has no types
    """Serves the typefaces and data: addresses; anything else stops the document."""

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols={"data"}, fail_on_errors=True)
        self._folder = folder.resolve()

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        parts = urlsplit(url)
        if parts.scheme == "data":
            return super().fetch(url, headers)
        path = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or path.parent != self._folder:
            raise ValueError(f"not served to a document: {url}")
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/ttf"})
