"""Pure: in what two invoices are alike without being the same (rule 22)."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from voucher.redemptions.rules import Likeness


class Billed(NamedTuple):
    """What two claims are compared by: who billed whom, and which invoice of how much on which day."""

    provider_id: int
    business_id: int
    invoice_key: str
    invoice_on: date
    gross_pence: int


ALIKE_TO_THE_EYE = str.maketrans("OILZSB", "011258")


def invoice_shape(key: str) -> str:
    """A normalised invoice number as the eye takes it: look-alike letters are digits, zeros in front are nothing.

    >>> invoice_shape("INV0O7") == invoice_shape("1NV7")
    True
    """
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", key.translate(ALIKE_TO_THE_EYE))


def likenesses(one: Billed, other: Billed) -> frozenset[Likeness]:
    """In what two claims are alike; a number with two signs swapped or a letter more counts with the same amount."""
    same_provider, same_amount = one.provider_id == other.provider_id, one.gross_pence == other.gross_pence
    found = {
        Likeness.NUMBER: same_provider and _similar(one.invoice_key, other.invoice_key, same_amount=same_amount),
        Likeness.AMOUNT_AND_DAY: same_provider and same_amount and one.invoice_on == other.invoice_on,
        Likeness.BUSINESS: one.business_id == other.business_id and same_amount,
    }
    return frozenset(likeness for likeness, holds in found.items() if holds)


def _similar(one: str, other: str, *, same_amount: bool) -> bool:
    if invoice_shape(one) == invoice_shape(other):
        return True
    short, long = sorted((one, other), key=len)
    one_letter_more = long[:-1] == short and long[-1:].isalpha()
    return same_amount and (one_letter_more or _swapped(one, other))


def _swapped(one: str, other: str) -> bool:
    """Whether two neighbouring signs changed places."""
    differing = [at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    if len(one) != len(other) or len(differing) != 2 or differing[1] - differing[0] != 1:
        return False
    first, second = differing
    return one[first] == other[second] and one[second] == other[first]
