"""The voucher code that people read out and type: twelve characters and a check character (rule 2).

The check is Damm's construction over the field of 32 elements: characters are numbers of 5 bits, read from the left
into a state that begins at zero and becomes ``2·state + character``, where ``2·`` multiplies by x modulo x⁵+x²+1 and
``+`` is exclusive or. The check character is the one that brings the state back to zero.

Why it works: with thirteen characters the last state is the sum of 2¹²·c₁ … 2·c₁₂ + c₁₃. One wrong character changes
it by a power of 2 times a difference, neither of which is zero in a field. A swap of two neighbours changes it by
2ᵏ·(2+1)·(difference), and 2+1 is not zero either. As the first 31 powers of 2 differ (the polynomial is primitive),
the same holds for a swap of any two characters, the check character among them.
"""

from __future__ import annotations

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O or U."""

SECRET_CHARACTERS = 12
SECRET_BITS = 60
LENGTH = SECRET_CHARACTERS + 1

_LOOK_ALIKES = str.maketrans("OIL", "011")
_FIELD_POLYNOMIAL = 0b100101


def encode(bits: int) -> str:
    """The 13 characters, without separators, for a number of 60 bits; ValueError for any other number."""
    if not 0 <= bits < 1 << SECRET_BITS:
        raise ValueError("a typed code holds 60 bits")
    values = [bits >> shift & 31 for shift in range(SECRET_BITS - 5, -1, -5)]
    # The state after the check character is 2·state + check, which is zero when both are the same.
    values.append(_double(_state(values)))
    return "".join(ALPHABET[value] for value in values)


def display(code: str) -> str:
    """The code as it is printed, in groups of four and the check character: ``7G4K-9PQ2-MX0R-C``."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def normalise(text: str) -> str | None:
    """The 13 characters that were meant, whatever the case, spaces and dashes; O is read as 0, I and L as 1.

    None when the length is wrong or a character is outside the alphabet. The check character is not looked at.
    """
    kept = "".join(character for character in text if not _is_separator(character))
    # Some letters outside ASCII turn into ASCII ones in upper case; they are not look-alikes of ours.
    code = kept.upper().translate(_LOOK_ALIKES) if kept.isascii() else ""
    return code if _in_shape(code) else None


def well_formed(code: str) -> bool:
    """Whether a normalised code's check character is right; False too for a text that is no normalised code."""
    return _in_shape(code) and _state([ALPHABET.index(character) for character in code]) == 0


def _in_shape(code: str) -> bool:
    return len(code) == LENGTH and all(character in ALPHABET for character in code)


def _is_separator(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Pd"


def _state(values: list[int]) -> int:
    state = 0
    for value in values:
        state = _double(state) ^ value
    return state


def _double(value: int) -> int:
    doubled = value << 1
    return doubled ^ _FIELD_POLYNOMIAL if doubled > 31 else doubled
