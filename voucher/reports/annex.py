"""The statement's annex: each payment and return of the period in a row, with the totals, as a tagged table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, BinaryIO

from voucher.platform.annex.layout import MM, Cell, Column, Row, Sheet, Style, Table, Text
from voucher.platform.annex.table import Appended, append_table
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import pounds
from voucher.platform.pdf import font_files

EVIDENCE = {
    "imported": _("Bank file"),
    "typed": _("Typed in"),
    "payment run": _("Pay run"),
    "ledger extract": _("Ledger"),
    "opening": _("Opening"),
}
AMOUNTS = ("net", "vat", "gross", "grant", "own_contribution", "paid_by_business")
HEADS = (_("No."), _("Voucher"), _("Business"), _("Provider"), _("Delivered, claimed"))
NUMBER_WORDS = _("Page {page} of {pages}")
TITLES = (_("Net"), _("VAT"), _("Gross"), _("Grant"), _("Own contribution"), _("Paid by business"))

INK, GREY, RED, PALE = "#12263a", "#4a5b6b", "#872010", "#f6d7d2"
NAME = Style("text", 7.8, 9.8, INK, lines=2)
DAY, SUB = Style("text", 7.8, 9.8, INK), Style("text", 7.8, 9.8, GREY)
ID = Style("mono", 6.4, 8.7, GREY, lines=2)
MONO = Style("mono", 7, 9.8, INK, lines=2)
RETURNED = Style("bold", 6.8, 9.8, RED, box=PALE)
HEAD = Style("bold", 7.4, 8.9, INK, lines=3)
TOTAL = Style("bold", 7.8, 9.8, INK)
HEADING = Style("bold", 15.2, 18, INK)
LEDE = Style("text", 9, 12.2, INK, lines=3)
SMALL, SMALL_BOLD = Style("text", 8, 10, GREY), Style("bold", 8, 10, GREY)
WATERMARK = Style("bold", 34 * MM, 34 * MM, "#eff2f4")
MONO_WIDTH = 0.632  # Of a character of the typeface of figures, as a part of its size.
# The sizes that amounts are tried at, so that names keep room beside sums of many millions.
SIZES = (7.0, 6.6, 6.2, 5.8, 5.4)
NAMES_NEED = 26 * MM

# As statement.css has its pages: sides and rule above the foot of one that lies and of one that stands upright, and
# how far the words of foot and head stand from the rule and from the text.
WIDTH, HEIGHT, SIDE, UPRIGHT_SIDE = 297 * MM, 210 * MM, 14 * MM, 17 * MM
RULE, UPRIGHT_RULE = 13 * MM, 15 * MM
UNDER_RULE, OVER_TEXT = 15.06, 16.3
GAP = 1.7 * MM
VOUCHER, DATES, PAYMENT = 27 * MM, 21 * MM, 32 * MM
MOST_CHARACTERS = 12  # Of those without a glyph, so many are named.
TOLD_EVERY = 100  # Rows between two words about how far it has come: some hundredths of a second.

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Around:
    """What stands around each page of the annex: the scheme, the state, the foot, and whether it is signed."""

    scheme: str
    state: str
    foot: str
    signed: bool
    say: Callable[[str], str] = str
    short_day: Callable[[str], str] | None = None


def append_annex(
    front: bytes, data: Json, around: Around, out: BinaryIO, told: Callable[[int], object] = lambda _drawn: None
) -> Appended:
    """Writes the front with the annex behind it. Raises CutFigure when an amount is too long for any column.

    ``told`` is given how many rows are drawn, now and then.
    """
    return append_table(front, annex_table(data, told, around), _sheet(around), out, faces=font_files())


def annex_table(data: Json, told: Callable[[int], object] = lambda _drawn: None, around: Around | None = None) -> Table:
    """The transactions as rows; ``data`` is that of the statement, and ``around`` says its texts."""
    around = around or Around("", "", "", signed=True)
    say = around.say
    printed = _Printed(
        say(_("Returned")), {code: say(words) for code, words in EVIDENCE.items()}, around.short_day or short_date
    )
    rows: Sequence[Json] = data["transactions"]
    sums = {name: sum(row[name] or 0 for row in rows) for name in AMOUNTS}
    columns, money = _columns(rows, sums, say)
    bold = Style("mono-bold", money.size, money.leading, INK)
    words = _("Total of {count} records") if len(rows) != 1 else _("Total of {count} record")
    total: list[Cell] = [((say(words).format(count=len(rows)), TOTAL),)]
    total += [((pounds(pence), bold),) for pence in sums.values()]
    return Table(
        heading=(say(_("Annex: the transactions")), HEADING),
        ledes=_ledes(len(rows), say),
        columns=columns,
        head=HEAD,
        count=len(rows),
        row=_telling(lambda number: _row(number, rows[number], money, printed), len(rows), told),
        row_header=1,
        total=[*total, ()],
        total_span=5,
        bookmark=say(_("Records {first} to {last}")),
        padding=2.7,
    )


def _telling(row: Callable[[int], Row], count: int, told: Callable[[int], object]) -> Callable[[int], Row]:
    """The same rows. All of them are asked for to be measured first, and then again, one by one, to be drawn."""
    asked = 0

    def telling(number: int) -> Row:
        nonlocal asked
        asked += 1
        if asked % TOLD_EVERY == 0:
            told(max(0, asked - count))
        return row(number)

    return telling


@dataclass(frozen=True)
class _Printed:
    """What rows say beside figures and names, looked up once for all of them."""

    returned: str
    evidence: Mapping[str, str]
    short_day: Callable[[str], str]


def _row(number: int, row: Json, money: Style, printed: _Printed) -> Row:
    voucher: Cell = ((row["voucher"], MONO),)
    if row["kind"] == "return":
        voucher += ((printed.returned, RETURNED),)
    return [
        ((str(number + 1), MONO),),
        voucher,
        ((row["business"], NAME), (row["business_id"], ID)),
        ((row["provider"], NAME), (row["provider_id"], ID)),
        ((printed.short_day(row["delivered_on"]), DAY), (printed.short_day(row["claimed_on"]), SUB)),
        *[((pounds(row[name]) if row[name] is not None else "–", money),) for name in AMOUNTS],
        ((row["payment"], MONO), (f"{printed.short_day(row['bank_on'])}, {printed.evidence[row['evidence']]}", SUB)),
    ]


@cache
def short_date(text: str) -> str:
    """An ISO date as ``3 Apr 2026``."""
    return f"{date.fromisoformat(text):%-d %b %Y}"


def _columns(
    rows: Sequence[Json], sums: Mapping[str, int], say: Callable[[str], str]
) -> tuple[Sequence[Column], Style]:
    """The columns, as wide as their longest figure, and the style of amounts; names share what is left."""
    longest = [max(len(pounds(pence)) for pence in (*_ends(rows, name), sums[name])) for name in AMOUNTS]
    number = max(7 * MM, (len(str(len(rows))) + 0.5) * MONO_WIDTH * MONO.size)
    fixed = number + VOUCHER + DATES + PAYMENT + 11 * GAP + 2 * MM
    for size in SIZES:
        amounts = [max(17 * MM, (length + 0.5) * MONO_WIDTH * size) for length in longest]
        names = (WIDTH - 2 * SIDE - fixed - sum(amounts)) / 2
        if names >= NAMES_NEED:
            break
    titles = [say(title) for title in (*HEADS, *TITLES, _("Payment, bank date, evidence"))]
    widths = [number, VOUCHER, names, names, DATES, *amounts, PAYMENT]
    columns, left = [], SIDE
    for place, (title, width) in enumerate(zip(titles, widths, strict=True)):
        figures = 5 <= place < 11
        left += 2 * MM if place == 11 else 0
        columns.append(Column(title, left, width, ends=figures, exact=figures))
        left += width + GAP
    return columns, Style("mono", size, 9.8, INK)


def _ends(rows: Sequence[Json], name: str) -> tuple[int, int]:
    """The least and the most of a column, which are the longest, too, when they are written out."""
    amounts = [row[name] for row in rows if row[name] is not None]
    return min(amounts, default=0), max(amounts, default=0)


def _ledes(count: int, say: Callable[[str], str]) -> Callable[[int, frozenset[str]], Sequence[Text]]:
    """What stands above the table; also what of it is not shown as it is in the data."""

    def made(cut: int, missing: frozenset[str]) -> Sequence[Text]:
        if not count:
            return [(say(_("No money moved in this period.")), LEDE)]
        records = _("{count} record") if count == 1 else _("{count} records")
        rest = _("Amounts that the bank returned are shown below zero. The same records are in the attached files.")
        found = [f"{say(records).format(count=count)}. {say(rest)}"]
        if cut:
            words = _("{count} texts are too long for their columns and end in …; the attached files have all of them.")
            found.append(say(words).format(count=cut))
        if missing:
            words = _("A question mark stands for characters that the typefaces lack: {characters}.")
            named = [f"U+{ord(character):04X}" for character in sorted(missing)[:MOST_CHARACTERS]]
            found.append(say(words).format(characters=", ".join(named)))
        return [(text, LEDE) for text in found]

    return made


def _sheet(around: Around) -> Sheet:
    top = HEIGHT - 20 * MM
    return Sheet(
        width=WIDTH,
        height=HEIGHT,
        left=SIDE,
        right=WIDTH - SIDE,
        top=top,
        bottom=18 * MM,
        margins=[
            ((around.scheme, SMALL), SIDE, top + OVER_TEXT, False),
            ((around.state, SMALL_BOLD), WIDTH - SIDE, top + OVER_TEXT, True),
            ((around.foot, SMALL), SIDE, RULE - UNDER_RULE, False),
        ],
        rule=RULE,
        number=SMALL,
        number_words=around.say(NUMBER_WORDS),
        numbered=numbered,
        watermark=None if around.signed else (around.say(_("NOT SIGNED")), WATERMARK),
    )


def numbered(width: float, height: float) -> tuple[float, float]:
    """Where the number of a page ends, of one that lies or stands upright."""
    if width > height:
        return width - SIDE, RULE - UNDER_RULE
    return width - UPRIGHT_SIDE, UPRIGHT_RULE - UNDER_RULE
