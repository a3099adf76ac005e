"""The plot of what expiry will release, month by month: drawn here, so that the browser needs no library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from voucher.platform.languages import shown_month, shown_pounds
from voucher.platform.qr import data_uri

COLUMN, GAP, HEIGHT, TOP, FOOT = 72, 24, 160, 26, 30
COLOUR, INK = "#00596b", "#12263a"


@dataclass(frozen=True)
class Plot:
    """A picture, its size, and the same in words."""

    picture: str
    width: int
    height: int
    words: str


def release_plot(title: str, by_month: Mapping[date, int]) -> Plot:
    """A column for each month from the first to the last in which something is released."""
    months = _every_month(by_month)
    most = max(by_month.values(), default=0)
    width = GAP + len(months) * (COLUMN + GAP)
    drawn = "".join(_column(i, month, by_month.get(month, 0), most) for i, month in enumerate(months))
    base = f'<path d="M0 {TOP + HEIGHT}h{width}" stroke="{INK}" stroke-width="2"/>'
    size = f'width="{width}" height="{TOP + HEIGHT + FOOT}" viewBox="0 0 {width} {TOP + HEIGHT + FOOT}"'
    style = f'font-family="sans-serif" font-size="13" fill="{INK}" text-anchor="middle"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{drawn}{base}</svg>'
    told = "; ".join(f"{shown_month(month)} {shown_pounds(by_month[month])}" for month in months if month in by_month)
    return Plot(data_uri(svg), width, TOP + HEIGHT + FOOT, f"{title}: {told}.")


def _every_month(by_month: Mapping[date, int]) -> list[date]:
    """The first days of all months in between, too, so that a gap in time is a gap in the plot."""
    if not by_month:
        return []
    found = [min(by_month)]
    while found[-1] < max(by_month):
        last = found[-1]
        found.append(date(last.year + last.month // 12, last.month % 12 + 1, 1))
    return found


def _column(i: int, month: date, pence: int, most: int) -> str:
    x = GAP + i * (COLUMN + GAP)
    middle = x + COLUMN // 2
    height = HEIGHT * pence // most if most else 0
    y = TOP + HEIGHT - height
    amount = f'<text x="{middle}" y="{y - 8}">{shown_pounds(pence)}</text>' if pence else ""
    bar = f'<rect x="{x}" y="{y}" width="{COLUMN}" height="{height}" fill="{COLOUR}"/>' if pence else ""
    return f'{bar}{amount}<text x="{middle}" y="{TOP + HEIGHT + 20}">{shown_month(month, short=True)}</text>'
