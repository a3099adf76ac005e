"""The marker for text that people read, so that it can be translated."""

from __future__ import annotations

from collections.abc import Mapping


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogue and leaves it as it is; pages translate it where they show it."""
    return text


class Said(str):
    """A sentence with what fills it. As a text it is English; a page says it again in its own language.

    So whoever raises or returns a sentence needs to know of no page, and commands, files and the trail read English.
    """

    words: str
    values: Mapping[str, object]


def said(words: str, **values: object) -> Said:
    """The sentence with its values in it; a value that is ``said`` itself is translated with it."""
    sentence = Said(words % values if values else words)
    sentence.words, sentence.values = words, values
    return sentence


def in_words(action: str) -> str:
    """An action of the audit trail as it reads: ``claim.sent_back`` is “claim sent back”."""
    return action.replace(".", " ").replace("_", " ")


def capital(words: str) -> str:
    """The words with a capital at their head; capitals within them stay, as nouns have them in some languages."""
    return words[:1].upper() + words[1:]


_ = gettext_noop
