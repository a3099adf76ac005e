"""The bar that shows where each pound of an award is: its figures, its picture and the same in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import pounds, split
from voucher.platform.qr import data_uri

# Statement line, name, what it means, colour. From paid to free, dark to light, so that it also reads in grey.
STAGES = (
    ("8", _("Defrayed"), _("Paid, and matched to a line of payment evidence"), "#12263a"),
    ("6", _("Approved"), _("Approved for payment, not yet through the bank"), "#00596b"),
    ("5", _("Claimed"), _("Claimed by providers and being checked"), "#3f8796"),
    ("4", _("Committed"), _("On issued vouchers, not yet claimed"), "#86b6c0"),
    ("3", _("Reserved"), _("For approved applications, voucher not yet issued"), "#bcd8de"),
    ("12", _("Unallocated"), _("Not promised to anybody"), "#ffffff"),
)
WIDTH, HEIGHT = 1000, 60


@dataclass(frozen=True)
class Portion:
    """One stage: how much stands there, and its share of the whole in tenths of a percent."""

    name: str
    meaning: str
    colour: str
    pence: int
    tenths: int

    @property
    def percent(self) -> str:
        return f"{self.tenths // 10}.{self.tenths % 10}%"


@dataclass(frozen=True)
class MoneyBar:
    """A bar with its title, the whole that it shows in pence, its parts from paid to free, and its picture."""

    title: str
    whole: int
    portions: list[Portion]
    picture: str
    words: str


def money_bar(title: str, pence_by_line: dict[str, int], say: Callable[[str], str] = str) -> MoneyBar:
    """The bar for the balances of statement lines 8, 6, 5, 4, 3 and 12; shares add up to 100.0%.

    ``say`` tells the stages in the language of the picture's words.
    """
    amounts = [pence_by_line[code] for code, *_rest in STAGES]
    weights = [max(amount, 0) for amount in amounts]
    tenths = split(1000, weights) if any(weights) else [0 for _amount in amounts]
    portions = [
        Portion(name, meaning, colour, amount, share)
        for (_code, name, meaning, colour), amount, share in zip(STAGES, amounts, tenths, strict=True)
    ]
    return MoneyBar(title, sum(amounts), portions, data_uri(_draw(portions, weights)), _in_words(title, portions, say))


def _draw(portions: list[Portion], weights: list[int]) -> str:
    """Blocks that fill the width exactly, with a white gap between them and an outline round the whole."""
    widths = split(WIDTH, weights) if any(weights) else [0 for _weight in weights]
    blocks, x = [], 0
    for portion, width in zip(portions, widths, strict=True):
        if width:
            blocks.append(f'<rect x="{x}" y="0" width="{width}" height="{HEIGHT}" fill="{portion.colour}"/>')
            blocks.append(f'<path d="M{x} 0v{HEIGHT}" stroke="#fff" stroke-width="3"/>' if x else "")
        x += width
    frame = f'<path d="M1 1h{WIDTH - 2}v{HEIGHT - 2}H1z" fill="none" stroke="#5c6f7d" stroke-width="2"/>'
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(blocks)}{frame}</svg>'


def _in_words(title: str, portions: list[Portion], say: Callable[[str], str]) -> str:
    parts = ", ".join(f"{say(part.name).lower()} {pounds(part.pence)} ({part.percent})" for part in portions)
    return f"{title}: {parts}."
