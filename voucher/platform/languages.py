"""In which language a page is shown: the one that its visitor chose, else the one that the browser prefers.

There is a choice only where an operator has added translations (``voucher languages add``). It is kept in a cookie that
holds the language's code and nothing else, for those who are signed in, too. What is no page (letters, papers, files
that others read, the command line, the worker) is English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from flask import Flask, Response, current_app, g, has_request_context, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_domain, get_locale, gettext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from voucher.platform.catalogue import OWN, Language, language, languages_in
from voucher.platform.clock import LONDON, long_date, long_time
from voucher.platform.i18n import Number, Said, recalled
from voucher.platform.money import Amount, Share, basis_points, in_pounds, parse_pounds, percent, pounds
from voucher.platform.tongue import Tongue, tongue

ENGLISH = language(OWN)
# The cookie, and what asks for a language in the address of any page.
NAME = "language"
COOKIE_SECONDS = 365 * 86_400
# Where a language's pattern of percentages, such as #,##0%, takes decimals.
# Amounts and shares as records have them.
_POUNDS = re.compile(r"-?£[\d,]+\.\d{2}")
_PERCENT = re.compile(r"\d{1,3}(\.\d{2})?%")
_LAST_DIGIT = re.compile(r"0(?=[^0-9#.,]*$)")


@dataclass(frozen=True)
class Languages:
    """What this installation has, English first; they are found when the app starts."""

    offered: tuple[Language, ...]

    def named(self, code: str | None) -> Language | None:
        """The language of that code, when it is offered."""
        return next((each for each in self.offered if each.code == code), None)


class Offer(NamedTuple):
    """A language in a page's foot; ``href`` shows the same page in it, and is empty for the one that is shown."""

    language: Language
    href: str


def prepare(app: Flask, translations: Path, *, https: bool, papers: str = "") -> None:
    """Lets every page of this app be shown in the languages of the folder of translations.

    Each catalogue is read once in a process, by the first page that needs it. ``papers`` is the code of the language
    that statements' papers are drawn in, English where it is empty.
    """
    app.extensions["voucher_languages"] = Languages(languages_in(translations))
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(translations)
    app.config["LANGUAGE_COOKIE_SECURE"] = https
    app.config["PAPERS_LANGUAGE"] = papers
    Babel(app, default_locale=OWN, default_timezone="Europe/London", locale_selector=_code)
    app.before_request(_change)
    app.after_request(_remember)
    app.jinja_env.globals.update(language=current, languages=offers, writes_leftwards=writes_leftwards)
    app.jinja_env.filters.update(pounds=shown_pounds, percent=shown_percent, day=shown_day, time=shown_time)
    app.jinja_env.filters["moment"] = shown_moment
    app.jinja_env.filters["month"] = shown_month
    app.jinja_env.filters["recorded"] = recorded
    # For the words of a letter, which are English wherever they are read.
    app.jinja_env.filters.update(english_day=long_date, english_pounds=pounds)


def current() -> Language:
    """The language of this request; English where there is no request."""
    if not has_request_context():
        return ENGLISH
    found = _languages()
    if len(found.offered) == 1:
        return found.offered[0]
    if "language" not in g:
        kept = found.named(request.cookies.get(NAME))
        g.language = kept or _preferred(found)
    return cast(Language, g.language)


def tongue_of_papers() -> Tongue:
    """What the next paper is drawn in: a language of the installation, for a paper has many readers and no browser.

    Raises DomainError where the translation that is wanted is not there.
    """
    return tongue(current_app.config["PAPERS_LANGUAGE"], Path(current_app.config["BABEL_TRANSLATION_DIRECTORIES"]))


def writes_leftwards() -> bool:
    """Whether the language is written from right to left."""
    return bool(get_locale().character_order == "right-to-left")


def offers() -> list[Offer]:
    """The choice in the foot of this request's page; empty where there is none."""
    offered, shown = _languages().offered, current()
    if len(offered) == 1:
        return []
    return [Offer(each, "" if each == shown else _same_page(each)) for each in offered]


def spoken(words: str) -> str:
    """Words that come as a value in the page's language: a label, or a sentence with what fills it."""
    if not isinstance(words, Said):
        return str(gettext(words)) if words else ""
    values = {name: told(value) for name, value in words.values.items()}
    return _told_of(words) % values if values else _told_of(words)


def recorded(record: object) -> str:
    """A record in the page's language where it was written down by the software; what a person wrote stays as it is."""
    text = str(record)
    if _is_own():
        return text
    found = recalled(text, _figure)
    return spoken(found) if isinstance(found, Said) else text


def _figure(text: str) -> object:
    """The amount, share or day that a value of a record is; any other text as it is."""
    if _POUNDS.fullmatch(text):
        return Amount(parse_pounds(text))
    if _PERCENT.fullmatch(text):
        return Share(basis_points(text))
    try:
        return datetime.strptime(text, "%d %B %Y").replace(tzinfo=LONDON).date()
    except ValueError:
        return text


def _told_of(words: Said) -> str:
    """The sentence before it is filled; one that counts in the form that its number has in the language."""
    if not words.many:
        return str(gettext(words.words))
    return str(get_domain().get_translations().ngettext(words.words, words.many, words.number))


def told(value: object) -> str:
    """What fills a sentence as the page's language writes it; names and references stay what they are."""
    if isinstance(value, (Said, Enum, Exception)):
        return spoken(str(value))
    if isinstance(value, (tuple, list)):
        return ", ".join(map(told, value))
    shown = next((shown for kind, shown in _SHOWN.items() if isinstance(value, kind)), None)
    return shown(value) if shown else str(value)


def shown_pounds(pence: int) -> str:
    """An amount as the page's language writes it."""
    return pounds(pence) if _is_own() else str(format_currency(in_pounds(pence), "GBP", locale=get_locale()))


def shown_percent(basis_points: int) -> str:
    """Ten-thousandths as a percentage with at most two decimals, as the page's language writes it."""
    if _is_own():
        return percent(basis_points)
    pattern = _LAST_DIGIT.sub("0.##", get_locale().percent_formats[None].pattern)
    return str(format_percent(in_pounds(basis_points) / 100, pattern, locale=get_locale()))


def shown_day(day: date) -> str:
    """A day as the page's language writes it: ``14 March 2026``."""
    return long_date(day) if _is_own() else str(format_date(day, "long", locale=get_locale()))


def shown_month(day: date, *, short: bool = False) -> str:
    """The month of a day as the page's language writes it: ``March 2026``, in short ``Mar 2026``."""
    if _is_own():
        return f"{day:%b %Y}" if short else f"{day:%B %Y}"
    return str(format_skeleton("yMMM" if short else "yMMMM", day, locale=get_locale()))


def shown_time(at: datetime) -> str:
    """A moment in London as the page's language writes it: ``14 March 2026, 2:05pm``."""
    if _is_own():
        return long_time(at)
    local = at.astimezone(LONDON)
    return f"{shown_day(local.date())}, {format_time(local, 'short', tzinfo=LONDON, locale=get_locale())}"


def shown_moment(text: str) -> str:
    """The same of a moment that a statement's data have as text."""
    return shown_time(datetime.fromisoformat(text))


def shown_number(number: int) -> str:
    """A whole number as the page's language writes it: ``1,234``."""
    return f"{number:,}" if _is_own() else str(format_decimal(number, locale=get_locale()))


# How the values of a sentence are written; a moment comes before the days, of which it is one to Python.
_SHOWN: dict[type, Callable[[Any], str]] = {
    datetime: shown_time,
    date: shown_day,
    Amount: lambda amount: shown_pounds(amount.pence),
    Share: lambda share: shown_percent(share.basis_points),
    Number: lambda number: shown_number(number.value),
}


def _languages() -> Languages:
    return cast(Languages, current_app.extensions["voucher_languages"])


def _is_own() -> bool:
    return current().code == OWN


def _code() -> str:
    return current().code


def _preferred(found: Languages) -> Language:
    """The first that the browser names, also by its region's variant: cy-GB asks for Welsh."""
    for tag, _quality in request.accept_languages:
        for code in (tag.replace("-", "_"), tag.partition("-")[0]):
            named = next((each for each in found.offered if each.code.casefold() == code.casefold()), None)
            if named is not None:
                return named
    return found.offered[0]


def _change() -> ResponseReturnValue | None:
    """An address that asks for a language leads to the same page without it, and the language is kept."""
    wanted = _languages().named(request.args.get(NAME)) if request.method == "GET" and request.endpoint else None
    if wanted is None or len(_languages().offered) == 1:
        return None
    g.keep_language = wanted
    return redirect(_address(str(request.endpoint), request.view_args or {}))


def _remember(response: Response) -> Response:
    wanted: Language | None = g.get("keep_language")
    if wanted is not None:
        secure = bool(current_app.config["LANGUAGE_COOKIE_SECURE"])
        response.set_cookie(
            NAME, wanted.code, max_age=COOKIE_SECONDS, secure=secure, httponly=True, samesite="Lax", path="/"
        )
    return response


def _address(endpoint: str, parts: dict[str, Any], **asked: str) -> str:
    """A page's address with this request's query, and never another site's: the parts are known ones."""
    kept = {name: values for name, values in request.args.lists() if name != NAME}
    query = urlencode({**kept, **asked}, doseq=True)
    return url_for(endpoint, **parts) + (f"?{query}" if query else "")


def _same_page(shown_in: Language) -> str:
    """This page in that language. A form that came back with a fault stands at its own address, or right above it."""
    path = request.path
    while path:
        found = _page_at(path)
        if found is not None:
            return _address(*found, language=shown_in.code)
        path = path.rstrip("/").rpartition("/")[0]
    return "/?" + urlencode({NAME: shown_in.code})


def _page_at(path: str) -> tuple[str, dict[str, Any]] | None:
    try:
        endpoint, parts = current_app.url_map.bind_to_environ(request.environ).match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return str(endpoint), dict(parts)
