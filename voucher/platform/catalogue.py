"""The catalogue of every text that people read, and what becomes of a translation of it.

No template of the catalogue is kept beside the code: it would be stale after the next sentence that somebody changes.
It is made on demand from this checkout (``voucher languages template``), for the version that is installed.

A translation is a gettext file (.po). It is looked at as a whole before it is taken, for a placeholder that is not
there or a tag that is not closed would break pages; then it is compiled into the folder of translations, where the
app finds it when it starts.
"""

from __future__ import annotations

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

from voucher.platform.errors import DomainError, Fault, FileRefused
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import in_words

CHECKOUT = Path(__file__).resolve().parents[2]
DOMAIN = "messages"
# What the texts are written in; it needs no file.
OWN = "en"

# What marks a text, in Python and in templates; the two numbers are a singular and its plural.
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_noop": None,
    "lazy_gettext": None,
    "translate": None,
    "said": None,
    "on_record": None,
    "ngettext": (1, 2),
    "said_of": (2, 3),
}
# Where texts are; the first pattern that fits counts. Commands are English, and the demo's texts are its people's.
SOURCES = {
    "voucher": [
        *(("cli/**", "ignore"), ("demo/**", "ignore"), ("backup/**", "ignore")),
        ("**.py", "voucher.platform.catalogue:extract"),
        ("payments/templates/**.toml", "voucher.platform.catalogue:extract_name"),
    ],
    "templates": [("**.*", "jinja2")],
}
OPTIONS = {"templates": {"**.*": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}}

# The words of an enumeration are what pages show of it; codes that only machines read hold one of these.
_CODE = re.compile(r"[_./]|:(?! )|\d$")
# An action of the audit trail, such as claim.sent_back; no address of a page, and no name of a file or a column.
_NO_DEED = r"(?!\w*(page|button|file|document|id|html|css|csv|json|pdf|txt|xlsx)$)"
_ACTION = re.compile(rf"[a-z]+(_[a-z]+)*\.{_NO_DEED}[a-z]+(_[a-z]+)*")
_ENUMERATIONS = {"State", "StrEnum"}
_FILLED = re.compile(r"%\((\w+)\)")
_BRACES = re.compile(r"\{\w*\}")
_TAG = re.compile(r"</?[a-z][^>]*>")
_NAME = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_[A-Z]{2})?")


class Language(NamedTuple):
    """A language that pages can be shown in: its code, such as ``cy``, and what its own speakers call it."""

    code: str
    name: str

    @property
    def tag(self) -> str:
        """The language as HTML and HTTP name it; our own texts are British."""
        return "en-GB" if self.code == OWN else self.code.replace("_", "-")


class Standing(NamedTuple):
    """A translation that is there: its language, and how many of the catalogue's texts it has."""

    language: Language
    translated: int
    texts: int


def language(code: str) -> Language:
    """The language of that code; raises DomainError for one that nobody knows."""
    try:
        if not _NAME.fullmatch(code):
            raise ValueError(code)
        locale = Locale.parse(code)
    except (ValueError, UnknownLocaleError) as error:
        words = _("Name a language by its code, like cy for Welsh or pt_BR for Portuguese as Brazil writes it.")
        raise DomainError("no_language", words, "language") from error
    name = locale.get_display_name() or code
    return Language(str(locale), name[:1].upper() + name[1:])


def languages_in(folder: Path) -> tuple[Language, ...]:
    """Every language that there is a compiled translation for, by its name; English is always the first."""
    found = [language(each.parents[1].name) for each in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")]
    others = sorted((each for each in found if each.code != OWN), key=lambda each: each.name.casefold())
    return language(OWN), *others


def template() -> Catalog:
    """The whole catalogue of this checkout, without a translation; the first one of a process takes a few seconds."""
    head = "# The texts of Tech Taster.\n#"
    catalog = Catalog(project="Tech Taster", charset="utf-8", header_comment=head, fuzzy=False)
    for place, texts, notes, context in _extracted():
        catalog.add(texts, None, [place], auto_comments=notes, context=context)
    return catalog


@cache
def _extracted() -> tuple[tuple[tuple[str, int], Any, Any, str | None], ...]:
    return tuple(
        ((f"{folder}/{name}", line), texts, notes, context)
        for folder, methods in SOURCES.items()
        for name, line, texts, notes, context in extract_from_dir(
            CHECKOUT / folder, methods, OPTIONS.get(folder), KEYWORDS, ("Translators:",)
        )
    )


def extract(source: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """What Babel finds in a Python file, and what its pages translate as values.

    These are the words of enumerations, and the actions of the audit trail with the things that they are about.
    """
    text = source.read()
    yield from extract_python(BytesIO(text), keywords, comment_tags, options)
    for each in ast.walk(ast.parse(text)):
        if isinstance(each, ast.ClassDef) and _ENUMERATIONS & {getattr(base, "id", "") for base in each.bases}:
            yield from ((line, "_", words, []) for line, words in _words_of(each))
        elif isinstance(each, ast.Constant) and isinstance(each.value, str) and _ACTION.fullmatch(each.value):
            yield from ((each.lineno, "_", in_words(part), []) for part in (each.value, each.value.partition(".")[0]))


def extract_name(source: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """The name of a template that comes with the software, which pages offer beside those of the scheme's own."""
    yield 1, "_", tomllib.loads(source.read().decode())["name"], []


def as_file(catalog: Catalog, *, places: bool = True) -> bytes:
    """The catalogue as a .po file, with the ``places`` in the code at which each text stands."""
    file = BytesIO()
    write_po(file, catalog, width=120, no_location=not places, sort_by_file=True)
    return file.getvalue()


def take(code: str, data: bytes, folder: Path) -> Language:
    """Checks a translation and compiles it into the folder of translations, in place of the one before.

    Raises FileRefused, with each fault at its line, and then nothing was written: for what is no .po file, for a
    placeholder that the text does not have, and for tags that are not those of the text.
    """
    into = language(code)
    if into.code == OWN:
        raise DomainError("own_language", _("Pages are written in English; there is nothing to translate."), "language")
    given = _read(data, into)
    faults = sorted((fault for message in given if message.id for fault in _faults_of(given, message)), key=_line)
    if faults:
        raise FileRefused(faults)
    for message in [each for each in given if each.id and not _is_translated(each)]:
        given.delete(message.id, message.context)  # A plural without its forms would be written in our own.
    path = folder / into.code / "LC_MESSAGES" / f"{DOMAIN}.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")
    with partial.open("wb") as file:
        write_mo(file, given)
    partial.replace(path)
    return into


def standing(folder: Path) -> list[Standing]:
    """Each translation, and how many of this version's texts it has: what it lacks is shown in English."""
    known, found = template(), []
    for each in languages_in(folder)[1:]:
        with (folder / each.code / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
            given = read_mo(file)
        translated = sum(1 for message in known if message.id and _is_translated(given.get(_key(message))))
        found.append(Standing(each, translated, len(known)))
    return found


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_translated(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and all(_texts(message.string))


def _texts(words: Any) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words or ("",))


def _read(data: bytes, into: Language) -> Catalog:
    try:
        return read_po(BytesIO(data), locale=into.code, abort_invalid=True)
    except PoFileError as wrong:
        raise FileRefused([Fault(int(wrong.lineno), "", _("This is not a line of a .po file."))]) from wrong
    except (UnicodeDecodeError, ValueError) as wrong:
        raise FileRefused([Fault(0, "", _("This is not a .po file in UTF-8."))]) from wrong


def _faults_of(given: Catalog, message: Message) -> Iterator[Fault]:
    """What would break a page; what is not translated, or not surely, is not used and cannot."""
    if not _is_translated(message):
        return
    ours, line = _texts(message.id), message.lineno or 0
    for words in _texts(message.string):
        if not _can_be_filled(words, ours):
            yield Fault(line, "", _("The placeholders, like %(name)s, are not those of the text."))
        if sorted(_TAG.findall(words)) != sorted(_TAG.findall(ours[-1])):
            yield Fault(line, "", _("The tags, like <strong>, are not those of the text."))
        elif "<" in _TAG.sub("", words) and "<" not in _TAG.sub("", ours[-1]):
            yield Fault(line, "", _("There is a < that the text does not have."))


def _can_be_filled(words: str, ours: tuple[str, ...]) -> bool:
    """Whether whatever fills one of our texts fills the translation, too; pages fill even what has no placeholders.

    A text with a percent sign that no page could fill is one that nothing fills.
    """
    names = dict.fromkeys(_FILLED.findall(" ".join(ours)), 1)
    if not set(_BRACES.findall(words)) <= set(_BRACES.findall(" ".join(ours))):
        return False
    return _fills(words, names) or not _fills(ours[-1], names)


def _fills(words: str, names: dict[str, int]) -> bool:
    try:
        return bool(words % names)
    except (KeyError, TypeError, ValueError):
        return False


def _line(fault: Fault) -> int:
    return fault.row


def _words_of(enumeration: ast.ClassDef) -> Iterator[tuple[int, str]]:
    for each in enumeration.body:
        value = each.value if isinstance(each, ast.Assign) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and not _CODE.search(value.value):
            yield each.lineno, value.value
