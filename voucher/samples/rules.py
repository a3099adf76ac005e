"""Pure: drawing a sample that anybody can draw again, and what its failures say of the whole (rule 62).

Nothing here is left to a random generator of some library's version: every choice is the SHA-256 of the seed, the hash
of the population and the unit's own reference.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from voucher.platform.i18n import gettext_noop as _


class Side(StrEnum):
    """Where a sample begins: at the bank, to see that everything paid is claimed; or at the claims, the other way."""

    BANK = "bank lines"
    CLAIMS = "claims paid"


class Method(StrEnum):
    """How units are chosen."""

    MONETARY_UNIT = "monetary unit"
    SIMPLE_RANDOM = "simple random"


class Outcome(StrEnum):
    """What looking into an item came to."""

    PASS = "pass"  # noqa: S105 - a word, and nobody's password
    FAIL = "fail"


SIDES: dict[Side, str] = {
    Side.BANK: _("From the bank: each payment out of the account must lead to claims (completeness)"),
    Side.CLAIMS: _("From the claims: each claim paid must rest on support, evidence and a bank line"),
}
METHODS: dict[Method, str] = {
    Method.MONETARY_UNIT: _("Monetary unit: each pound has the same chance, so that large items are seldom missed"),
    Method.SIMPLE_RANDOM: _("Simple random: each item has the same chance"),
}


@dataclass(frozen=True)
class Unit:
    """One item of a population: its row, the reference that names it, and its pence, above zero."""

    row_id: int
    reference: str
    pence: int


@dataclass(frozen=True)
class Drawn:
    """A unit that was drawn; by monetary unit a large one may be hit several times."""

    unit: Unit
    hits: int


@dataclass(frozen=True)
class Judged:
    """An item's pence and hits, and by how many pence it was found wrong."""

    pence: int
    hits: int
    error_pence: int


def population_hash(units: Sequence[Unit]) -> str:
    """SHA-256 of every unit's reference and pence, in the order of the references."""
    lines = "".join(f"{each.reference} {each.pence}\n" for each in in_order(units))
    return hashlib.sha256(lines.encode()).hexdigest()


def in_order(units: Sequence[Unit]) -> list[Unit]:
    """The units in the order of their references."""
    return sorted(units, key=lambda each: each.reference)


def size_for(confidence_bp: int, tolerable_bp: int) -> int:
    """How many draws find an error rate beyond the tolerable one with that confidence, when none is expected.

    Both in ten-thousandths: 95% and 5% need 60 (the Poisson factor 3.00 divided by the rate).
    """
    return math.ceil(-math.log(1 - confidence_bp / 10_000) / (tolerable_bp / 10_000))


def draw(units: Sequence[Unit], *, method: Method, size: int, seed: str) -> list[Drawn]:
    """The units that this seed draws from this population, in the order of their references.

    Never more than there are; raises ValueError for an empty population or for a size below one.
    """
    if not units or size < 1:
        raise ValueError("there is nothing to draw")
    key = f"{seed} {population_hash(units)}"
    chosen = _by_pounds(units, size, key) if method == Method.MONETARY_UNIT else _at_random(units, size, key)
    return [Drawn(each, chosen[each]) for each in in_order(units) if each in chosen]


def _at_random(units: Sequence[Unit], size: int, key: str) -> dict[Unit, int]:
    ranked = sorted(units, key=lambda each: (_number(f"{key} {each.reference}"), each.reference))
    return dict.fromkeys(ranked[:size], 1)


def _by_pounds(units: Sequence[Unit], size: int, key: str) -> dict[Unit, int]:
    """Every so many pence one is hit, from a start that the key gives, through all units in the key's own order."""
    total = sum(each.pence for each in units)
    start = _number(key) % total
    ranked = sorted(units, key=lambda each: (_number(f"{key} {each.reference}"), each.reference))
    hits: dict[Unit, int] = {}
    point, through = 0, 0
    for each in ranked:
        through += each.pence
        while point < size and (start + point * total) // size < through:
            hits[each] = hits.get(each, 0) + 1
            point += 1
    return hits


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def error_rate(method: Method, items: Sequence[Judged]) -> Fraction:
    """The error rate that the items stand for.

    By monetary unit it is the mean over all hits of how much of each item was wrong; at random it is the error of all
    items over their amount.
    """
    if method == Method.MONETARY_UNIT:
        hits = sum(each.hits for each in items)
        return sum((Fraction(each.hits * each.error_pence, each.pence) for each in items), Fraction(0)) / (hits or 1)
    return Fraction(sum(each.error_pence for each in items), sum(each.pence for each in items) or 1)


def basis_points(rate: Fraction) -> int:
    """A rate in ten-thousandths, a half rounded up."""
    return math.floor(rate * 10_000 + Fraction(1, 2))


def extrapolated(rate: Fraction, population_pence: int) -> int:
    """The pence of the whole population that the rate stands for, half a penny rounded up."""
    return math.floor(rate * population_pence + Fraction(1, 2))
