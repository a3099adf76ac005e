"""The language of a paper: what is printed is said through it, and it keeps which words it said for which.

A paper is drawn once and read by many, so its language is nobody's choice at a page: an installation has one for its
papers. Amounts stay as they are in English, for they are pounds, and programmes read them back from the paper.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.dates import format_date, format_time
from babel.support import Translations

from voucher.platform.catalogue import DOMAIN, OWN, Language, language
from voucher.platform.clock import LONDON, long_date, long_time
from voucher.platform.errors import DomainError
from voucher.platform.i18n import Said, recalled, said
from voucher.platform.i18n import gettext_noop as _


class Tongue:
    """Says the texts of one paper. ``words`` has each that was said otherwise than in English, by its English."""

    def __init__(self, of: Language, translate: Callable[[str], str] = str) -> None:
        self.language = of
        self.words: dict[str, str] = {}
        self._translate = translate

    def say(self, text: str) -> str:
        """A text of the catalogue as the paper prints it."""
        return self._kept(text, self._translate(text)) if text else ""

    def record(self, text: str) -> str:
        """A sentence that was written down with its values; what a person wrote is printed as it was written."""
        if self.language.code == OWN:
            return text
        return self._kept(text, self._filled(recalled(text)))

    def day(self, text: str) -> str:
        """A day of the data, such as 2026-03-14, as ``14 March 2026``."""
        day = date.fromisoformat(text)
        return self._kept(long_date(day), self._date(day, "long"))

    def short_day(self, text: str) -> str:
        """The same as ``14 Mar 2026``."""
        day = date.fromisoformat(text)
        return self._kept(f"{day:%-d %b %Y}", self._date(day, "medium"))

    def moment(self, text: str) -> str:
        """A moment of the data, in London, as ``14 March 2026, 2:05pm``."""
        at = datetime.fromisoformat(text)
        local, code = at.astimezone(LONDON), self.language.code
        if code == OWN:
            return long_time(at)
        clock = format_time(local, "short", tzinfo=LONDON, locale=code)
        return self._kept(long_time(at), f"{self._date(local.date(), 'long')}, {clock}")

    def _date(self, day: date, width: str) -> str:
        if self.language.code == OWN:
            return long_date(day) if width == "long" else f"{day:%-d %b %Y}"
        return str(format_date(day, width, locale=self.language.code))

    def _filled(self, text: str) -> str:
        if not isinstance(text, Said):
            return self._translate(text)
        values = {name: self._filled(part) if isinstance(part, Said) else part for name, part in text.values.items()}
        told = self._translate(text.words)
        return told % values if values else told

    def _kept(self, english: str, printed: str) -> str:
        if printed != english:
            self.words[english] = printed
        return printed


def english() -> Tongue:
    """What papers are printed in where nothing else is set."""
    return Tongue(language(OWN))


def tongue(code: str, folder: Path) -> Tongue:
    """The language of that code, from the folder of translations; raises DomainError where it has none."""
    if code in ("", OWN):
        return english()
    path = folder / code / "LC_MESSAGES" / f"{DOMAIN}.mo"
    if not path.is_file():
        words = _("Papers are to be in %(language)s, and there is no translation of it here: add it, or set English.")
        raise DomainError("no_translation", said(words, language=code))
    return Tongue(language(code), _translations(path, path.stat().st_mtime_ns).gettext)


@cache
def _translations(path: Path, _changed: int) -> Translations:
    with path.open("rb") as file:
        return Translations(file, DOMAIN)
