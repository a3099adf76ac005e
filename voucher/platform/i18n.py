"""The marker for text that people read, so that it can be translated."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from voucher.platform.clock import long_date, long_time


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogue and leaves it as it is; pages translate it where they show it."""
    return text


# The longest record that is read again, in characters: longer ones are what people wrote, and to look for a sentence in
# a text that was made to resemble several would take minutes.
LONGEST_RECORD = 1000
# What fills a text, by its name; and every text that is written down, with what reads it again.
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_WRITTEN: dict[str, re.Pattern[str]] = {}


class Said(str):
    """A sentence with what fills it. As a text it is English; a page says it again in its own language.

    So whoever raises or returns a sentence needs to know of no page, and commands, files and the trail read English.
    """

    words: str
    values: Mapping[str, object]
    # What is said of any number but one, and the number; only of a sentence that counts.
    many: str = ""
    number: int = 0

    def __str__(self) -> str:
        """Itself, so that it stays a sentence where an error that it was raised with is read."""
        return self


@dataclass(frozen=True)
class Number:
    """A whole number in a sentence: 1,234 in English, and on a page as its language writes it."""

    value: int

    def __str__(self) -> str:
        return f"{self.value:,}"


def said(words: str, /, **values: object) -> Said:
    """The sentence with its values in it, to which a page gives the forms of its own language.

    A value that is ``said`` itself, or a label, is translated with it; a day, a moment, an ``Amount``, a ``Share`` and
    a ``Number`` are written as the language writes them; of several values each is told, with commas between them.
    Any other value is a name or what somebody wrote, and stays what it is.
    """
    if isinstance(words, Said) and not values:
        return words
    sentence = Said(words % {name: in_english(value) for name, value in values.items()} if values else words)
    sentence.words, sentence.values = words, values
    return sentence


def said_of(number: int, one: str, many: str, /, **values: object) -> Said:
    """A sentence that counts: ``one`` is said of 1 and ``many`` of any other number, which both call ``%(num)s``."""
    sentence = said(one if number == 1 else many, num=Number(number), **values)
    sentence.words, sentence.many, sentence.number = one, many, number
    return sentence


def together(parts: Iterable[str]) -> Said:
    """Several sentences, one after the other, of which each is said again by itself."""
    each = {f"part{at}": said(part) for at, part in enumerate(parts)}
    return said(" ".join(f"%({name})s" for name in each), **each)


def on_record(text: str) -> str:
    """Marks a sentence that is written down with what fills it, as a record that never changes.

    A record stays the English text that it was; ``recalled`` reads it again, so that a page can tell it in its own
    language, also one that was written down before there was a translation.
    """
    parts = _PLACEHOLDER.split(text)
    _WRITTEN[text] = re.compile(
        "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)), re.S
    )
    return text


def recalled(record: str, read: Callable[[str], object] = str) -> str:
    """The sentence that a record was written down from, with its values; any other text as it is.

    ``read`` makes an amount or a day of a value's English text; a value can be a sentence that is written down, too.
    """
    if record in _WRITTEN:
        return said(record)
    if len(record) > LONGEST_RECORD:
        return record
    for words, pattern in _WRITTEN.items():
        found = pattern.fullmatch(record)
        if found:
            return said(words, **{name: _value(text, read) for name, text in found.groupdict().items()})
    return record


def _value(text: str, read: Callable[[str], object]) -> object:
    found = recalled(text, read)
    return found if isinstance(found, Said) else read(text)


def in_english(value: object) -> str:
    """What fills a sentence, as commands, files and the trail read it."""
    if isinstance(value, datetime):
        return long_time(value)
    if isinstance(value, date):
        return long_date(value)
    if isinstance(value, (tuple, list)):
        return ", ".join(map(in_english, value))
    return str(value)


def in_words(action: str) -> str:
    """An action of the audit trail as it reads: ``claim.sent_back`` is “claim sent back”."""
    return action.replace(".", " ").replace("_", " ")


def capital(words: str) -> str:
    """The words with a capital at their head; capitals within them stay, as nouns have them in some languages."""
    return words[:1].upper() + words[1:]


_ = gettext_noop
