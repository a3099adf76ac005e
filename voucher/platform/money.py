"""Money as integer pence: reading, showing and splitting it without losing a penny (rule 17)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from voucher.platform.i18n import gettext_noop as _

_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?%?")
_POUNDS = re.compile(r"(?P<sign>-?)£?(?P<pounds>\d{1,3}(?:,\d{3})+|\d{1,10})(?:\.(?P<pence>\d{2}))?")


class MoneyError(ValueError):
    """The text is not an amount of pounds and pence."""


@dataclass(frozen=True)
class Amount:
    """Pence in a sentence: ``£1,234.50`` in English, and on a page as its language writes it."""

    pence: int

    def __str__(self) -> str:
        return pounds(self.pence)


@dataclass(frozen=True)
class Share:
    """Ten-thousandths in a sentence: ``33.33%`` in English, and on a page as its language writes it."""

    basis_points: int

    def __str__(self) -> str:
        return percent(self.basis_points)


def parse_pounds(text: str) -> int:
    """Pence from text such as ``1234.50``, ``£1,234.50`` or ``750``.

    Raises MoneyError for anything else; a single digit after the point is refused because ``1.5`` is as likely a
    typing error as one pound fifty.
    """
    found = _POUNDS.fullmatch(text.strip())
    if not found:
        raise MoneyError(_("Enter an amount in pounds and pence, like 1234.50"))
    pence = int(found["pounds"].replace(",", "")) * 100 + int(found["pence"] or 0)
    return -pence if found["sign"] else pence


def basis_points(text: str) -> int:
    """Ten-thousandths from a percentage with up to two decimals, such as ``33.33``; raises ValueError."""
    found = _PERCENT.fullmatch(text.strip())
    if not found:
        raise ValueError(_("Enter a percentage with at most two decimals, like 20 or 33.33."))
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def pounds(pence: int) -> str:
    """The amount as people read it: ``£1,234.50``, with a minus sign in front when below zero."""
    sign = "-" if pence < 0 else ""
    whole, rest = divmod(abs(pence), 100)
    return f"{sign}£{whole:,}.{rest:02d}"


def plain_pounds(pence: int) -> str:
    """The amount for files that machines read: ``1234.50``."""
    sign = "-" if pence < 0 else ""
    whole, rest = divmod(abs(pence), 100)
    return f"{sign}{whole}.{rest:02d}"


def in_pounds(pence: int) -> Decimal:
    """The amount as a number of pounds with two decimals, for files in which it stays a number below zero too."""
    return Decimal(pence).scaleb(-2)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of ``total`` in proportion to ``weights`` that sum to it exactly, by largest remainder.

    Ties go to the earlier weight. No part exceeds its weight when ``total`` is at most the sum of the weights, which
    is why claims are split in proportion to what is still committed on each line and never drive one below zero.
    Raises ValueError when there is something to split and nothing to split it over.
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError("only amounts and weights of zero or more are split")
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("there is nothing to split the amount over")
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def share(pence: int, basis_points: int) -> int:
    """``basis_points`` ten-thousandths of an amount, rounded down to the penny (a grant never rounds up)."""
    return pence * basis_points // 10_000


def percent(basis_points: int) -> str:
    """Ten-thousandths as people read them: ``80%``, ``33.33%``."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}%" if rest else f"{whole}%"
