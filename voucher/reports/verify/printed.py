"""What is printed, compared with the data: each page's foot, each line, each row, and no figure besides (rule 54)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from voucher.platform.i18n import gettext_noop as _
from voucher.reports.breaches import breaches
from voucher.reports.verify.annex import AMOUNTS
from voucher.reports.verify.findings import Area, Finding, Sentence, fails, holds
from voucher.reports.verify.identities import money
from voucher.reports.verify.paper_file import Paper, plain, squeeze

Json = Mapping[str, Any]
PAGES = Area.PAGES
LONDON = ZoneInfo("Europe/London")
SHOWN_HASH = 16
MOST_MISSING = 20  # Rows are looked for in their order; after so many that are not there the rest tells no more.
MOST_PIECES = 4  # A reference may be broken over that many lines of its cell.
LONGEST_ROW = 120  # Words between a voucher's reference and the amounts: two names, two numbers, two days.
NONE_GIVEN = frozenset("–—-")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
HEADLINES = (("Defrayed this period", "7"), ("Defrayed to date", "8"), ("Closing unallocated", "12"))
_AMOUNT = re.compile(r"(-?)£?(\d{1,3}(?:,\d{3})*|\d+)\.(\d{2})")
_IN_TEXT = re.compile(r"(?<![\d.,])-?£\d[\d,]*\.\d{2}(?!\d)")
SIGN_OFF = "26"
BEYOND = "Beyond what was agreed"  # the mark beside a line that is, which nobody may take off


class Words:
    """The words of the paper for those of the data: those that it has with it, else the English ones."""

    def __init__(self, printed: Mapping[str, str]) -> None:
        self._printed = printed

    def say(self, text: str | None) -> str:
        """What the paper prints for it."""
        return self._printed.get(text or "", text or "")

    def day(self, text: str) -> str:
        """What it prints for a day of the data."""
        return self.say(long_day(text))

    def moment(self, text: str) -> str:
        """What it prints for a moment of the data."""
        return self.say(long_moment(text))


ENGLISH = Words({})


def page_findings(
    paper: Paper, data: Json, data_hash: str, sign_off: Sequence[Json], words: Words = ENGLISH
) -> list[Finding]:
    """Everything that is compared between the pages and the data; ``words`` are those of the paper's language."""
    text = "".join(paper.squeezed)
    return [
        _feet(paper, data, data_hash, words),
        _whole_hash(text, data_hash),
        _found("cover", _("The cover says what the statement is about, and its three figures."),
               _cover(data, words), paper.squeezed[0] if paper.squeezed else ""),
        _found("printed_lines", _("Each line is printed with the figures of the data."), _lines(data, words), text),
        _found("printed_lists", _("Providers, checks, exceptions and overrides are printed as in the data."),
               _lists(data, words), text),
        _annex(paper, data),
        _found("printed_sign_off", _("The names, roles and times of the sign-off are printed as they were signed."),
               _steps(sign_off, words), text),
        _nothing_else(paper, data, sign_off),
    ]  # fmt: skip


def _feet(paper: Paper, data: Json, data_hash: str, words: Words) -> Finding:
    whole = _("Each page says its number of all pages, the statement and the beginning of the hash of its data.")
    count, header = len(paper.texts), data["header"]
    wrong = []
    for number, text in enumerate(paper.squeezed, start=1):
        page = words.say("Page {page} of {pages}").replace("{page}", str(number)).replace("{pages}", str(count))
        for expected in (page, header["statement"], data_hash[:SHOWN_HASH]):
            if squeeze(expected) not in text:
                values = {"number": number, "expected": expected}
                wrong.append(Sentence(_("Page %(number)s does not say “%(expected)s”."), values))
    return fails("page_feet", PAGES, whole, wrong) if wrong else holds("page_feet", PAGES, whole)


def _whole_hash(text: str, data_hash: str) -> Finding:
    words = _("The whole hash of the data is printed.")
    return holds("printed_hash", PAGES, words) if data_hash in text else fails("printed_hash", PAGES, words)


def _found(code: str, words: str, wanted: Iterable[str], text: str) -> Finding:
    """Whether each of these texts stands on the pages, wherever its lines are broken."""
    missing = [
        Sentence(_("Not found on the pages: “%(text)s”"), {"text": each})
        for each in wanted
        if squeeze(each) not in text
    ]
    return fails(code, PAGES, words, missing) if missing else holds(code, PAGES, words)


def _cover(data: Json, words: Words) -> Iterator[str]:
    header = data["header"]
    period = {"first": words.day(header["period_from"]), "last": words.day(header["period_to"])}
    yield words.say("%(first)s to %(last)s") % period
    yield f"{header['scheme']} {words.say('for')} {header['funder']}"
    yield f"{words.say('Statement')} {header['statement']}"
    version = words.say("version %(version)s") % {"version": header["agreement_version"]}
    yield f"{words.say('Agreement')} {header['agreement']}, {version}"
    yield f"{header['prepared_by']}, {words.moment(header['prepared_at'])}"
    for name in ("owner", "provisional", "supersedes"):
        if header[name]:
            yield words.say(header[name])
    values = {part["code"]: part["value"] for line in data["lines"] for part in line["parts"]}
    for label, code in HEADLINES:
        line = words.say("Line %(code)s") % {"code": code}
        yield f"{words.say(label)} {_figure(values.get(code), 'pence')} {line}"


def _lines(data: Json, words: Words) -> Iterator[str]:
    pots = [pot["code"] for pot in data["funding_lines"]]
    marked = {each.code for each in breaches(data)}
    for line in data["lines"]:
        if line["code"] == SIGN_OFF:
            continue
        for part in line["parts"] if line["reported"] else line["parts"][:1]:
            if not line["reported"]:
                yield f"{line['code']} {words.say(part['label'])} {words.say('Not yet reported')}"
                continue
            split_up = part["by_funding_line"]
            on_pots = [split_up.get(pot) for pot in pots] if split_up and len(pots) > 1 else []
            figures = [_figure(value, part["unit"]) for value in (*on_pots, part["value"])]
            mark = words.say(BEYOND) if part["code"] in marked else ""
            yield " ".join([part["code"], words.say(part["label"]), mark, words.say(part["note"]), *figures])


def _figure(value: int | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "pence":
        return money(value)
    if unit == "count":
        return f"{value:,}"
    return f"{value / 100:.2f}%" if unit == "basis_points" else f"{value / 100:,.2f}"


def _lists(data: Json, words: Words) -> Iterator[str]:
    for row in data["providers"]:
        amounts = " ".join(money(row[name]) for name in ("claimed", "approved", "defrayed"))
        yield f"{row['provider']} {row['org_id']} {row['vouchers']} {row['claims']} {amounts}"
    for row in data["checks"]:
        sides = f"{money(row['left'])} {money(row['right'])} {money(row['left'] - row['right'])}"
        yield f"{words.say(row['name'])} {sides} {words.say('Holds' if row['holds'] else 'Does not hold')}"
    for row in data["exceptions"]:
        day = words.day(row["on"]) if row["on"] else "–"
        yield f"{words.say(row['kind'])} {row['reference']} {row['detail']} {day} {_figure(row['pence'], 'pence')}"
    for row in data["overrides"]:
        who = f"{row['who']} {words.moment(row['at'])}"
        what = f"{words.say(row['kind'])} {row['reference']} {words.say(row['reason'])}"
        yield f"{what} {who} {_figure(row['pence'], 'pence')}"


def _steps(sign_off: Sequence[Json], words: Words) -> Iterator[str]:
    for step in sign_off:
        at = words.moment(step["at"]) if step["at"] else ""
        name, role, when = (words.say(each) for each in ("Name", "Role", "When"))
        yield f"{words.say(step['step'])} {step['wording']} {name} {step['name']} {role} {step['role']} {when} {at}"


def _annex(paper: Paper, data: Json) -> Finding:
    """Each transaction in the order of the data: its voucher's reference, its amounts, then its payment's reference."""
    words = _("Each transaction is printed in the annex with its amounts, in order, and then their sums.")
    rows: Sequence[Json] = data["transactions"]
    tokens = [token for text in paper.texts for token in text.split()]
    reader = _Reader(tokens)
    missing: list[Sentence] = []
    for number, row in enumerate(rows, start=1):
        if not reader.passes_row(row["voucher"], [row[name] for name in AMOUNTS], row["payment"]):
            values = {"number": number, "voucher": row["voucher"]}
            missing.append(Sentence(_("Transaction %(number)s, %(voucher)s, is not printed as in the data."), values))
        if len(missing) >= MOST_MISSING:
            break
    sums = [sum(row[name] for row in rows) for name in AMOUNTS[:5]]
    if rows and not reader.passes_amounts(sums):
        missing.append(Sentence(_("The sums of the annex are not printed as in the data.")))
    return fails("printed_annex", PAGES, words, missing) if missing else holds("printed_annex", PAGES, words)


class _Reader:
    """Reads the words of the pages in their order, and stands behind what it has found last."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens, self.at = tokens, 0

    def passes_row(self, voucher: str, amounts: Sequence[int | None], payment: str) -> bool:
        """Whether a row with these follows: the voucher's reference, soon the amounts, and right then the payment's."""
        begin = self._behind(voucher, self.at, len(self.tokens))
        while begin is not None:
            end = self._behind_amounts(amounts, begin, begin + LONGEST_ROW)
            if end is not None and self._behind(payment, end, end + MOST_PIECES) is not None:
                self.at = end
                return True
            begin = self._behind(voucher, begin, len(self.tokens))
        return False

    def passes_amounts(self, amounts: Sequence[int]) -> bool:
        """Whether these amounts follow each other somewhere further on."""
        return self._behind_amounts(amounts, self.at, len(self.tokens)) is not None

    def _behind(self, reference: str, start: int, stop: int) -> int | None:
        """The place behind a reference, which may be broken over some lines; None when it is not there."""
        wanted = squeeze(reference)
        for at in range(start, min(stop, len(self.tokens))):
            if wanted.startswith(self.tokens[at]):
                pieces = accumulate(self.tokens[at : at + MOST_PIECES])
                behind = next((at + n for n, joined in enumerate(pieces, start=1) if joined == wanted), None)
                if behind is not None:
                    return behind
        return None

    def _behind_amounts(self, amounts: Sequence[int | None], start: int, stop: int) -> int | None:
        """The place behind amounts that follow each other; None when they are not there."""
        count = len(amounts)
        for at in range(start, min(stop, len(self.tokens)) - count + 1):
            if all(_reads_as(self.tokens[at + n], each) for n, each in enumerate(amounts)):
                return at + count
        return None


def _reads_as(token: str, pence: int | None) -> bool:
    if pence is None:
        return token in NONE_GIVEN
    return amount_in(token) == pence


def amount_in(token: str) -> int | None:
    """Pence from a printed amount, with or without its sign for pounds; None when it is none."""
    found = _AMOUNT.fullmatch(token)
    if not found:
        return None
    pence = int(found[2].replace(",", "")) * 100 + int(found[3])
    return -pence if found[1] else pence


def _nothing_else(paper: Paper, data: Json, sign_off: Sequence[Json]) -> Finding:
    """No amount stands on a page that the data do not give; so an amount that was added is found, too."""
    words = _("No amount is printed that the data do not give.")
    known = set(_known_amounts(data, sign_off))
    strange = [
        Sentence(_("Page %(number)s has %(amount)s."), {"number": number, "amount": shown})
        for number, text in enumerate(paper.texts, start=1)
        for shown in _IN_TEXT.findall(text)
        if amount_in(shown) not in known
    ]
    return fails("no_other_amount", PAGES, words, strange) if strange else holds("no_other_amount", PAGES, words)


def _known_amounts(data: Json, sign_off: Sequence[Json]) -> Iterator[int]:
    for value in _values([data, list(sign_off)]):
        if isinstance(value, int):
            yield value
        else:
            yield from (pence for shown in _IN_TEXT.findall(plain(value)) if (pence := amount_in(shown)) is not None)
    for name in AMOUNTS:
        yield sum(row[name] or 0 for row in data["transactions"])
    for name in ("claimed", "approved", "defrayed"):
        yield sum(row[name] for row in data["providers"])
    yield from (check["left"] - check["right"] for check in data["checks"])
    standing = {part["code"]: part for line in data["lines"] for part in line["parts"]}
    stages = [standing[code] for code in ("8", "6", "5", "4", "3", "12") if code in standing]
    yield sum(part["value"] or 0 for part in stages)


def _values(value: object) -> Iterator[int | str]:
    if isinstance(value, (int, str)):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _values(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _values(each)


def long_day(text: str) -> str:
    """``14 March 2026`` from the day as the data have it."""
    day = date.fromisoformat(text)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def long_moment(text: str) -> str:
    """``14 March 2026, 2:05pm`` in London, from the moment as the data have it."""
    at = datetime.fromisoformat(text).astimezone(LONDON)
    return f"{long_day(at.date().isoformat())}, {at.hour % 12 or 12}:{at.minute:02d}{'am' if at.hour < 12 else 'pm'}"
