"""The marker for text that people read, so that it can be translated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from voucher.platform.clock import long_date, long_time


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogue and leaves it as it is; pages translate it where they show it."""
    return text


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
    """
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
    each = {f"part{at}": part for at, part in enumerate(parts)}
    return said(" ".join(f"%({name})s" for name in each), **each)


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
