"""References that people read out: short, unmistakable, and saying nothing about order or number."""

from __future__ import annotations

import secrets

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference(scheme: str, letter: str) -> str:
    """Such as ``NTT-V-7K3M-9Q2X``: the scheme's, a letter for the kind of thing, and 40 random bits."""
    eight = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{scheme}-{letter}-{eight[:4]}-{eight[4:]}"
