"""References that people read out: short, unmistakable, and saying nothing about order or number."""

from __future__ import annotations

import re
import secrets

from markupsafe import Markup, escape

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HYPHENATED = re.compile(r"\b[A-Z0-9]+(?:-[A-Z0-9]+)+\b")
# In a heading, as many of these letters go on one line of a narrow phone; a longer reference may break.
LONGEST_ON_ONE_LINE = 17


def new_reference(scheme: str, letter: str) -> str:
    """Such as ``NTT-V-7K3M-9Q2X``: the scheme's, a letter for the kind of thing, and 40 random bits."""
    eight = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{scheme}-{letter}-{eight[:4]}-{eight[4:]}"


def unbroken(words: str) -> Markup:
    """The words for a page, each reference in them on one line, for a browser would break that after any hyphen."""

    def kept(found: re.Match[str]) -> str:
        text = found[0]
        return f'<span class="reference">{text}</span>' if len(text) <= LONGEST_ON_ONE_LINE else text

    return Markup(HYPHENATED.sub(kept, escape(words)))  # noqa: S704 # escaped before anything is added
