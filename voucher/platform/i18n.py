"""The marker for text that people read, so that it can be translated."""

from __future__ import annotations


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogue and leaves it as it is; pages translate it where they show it."""
    return text


def in_words(action: str) -> str:
    """An action of the audit trail as it reads: ``claim.sent_back`` is “claim sent back”."""
    return action.replace(".", " ").replace("_", " ")


def capital(words: str) -> str:
    """The words with a capital at their head; capitals within them stay, as nouns have them in some languages."""
    return words[:1].upper() + words[1:]


_ = gettext_noop
