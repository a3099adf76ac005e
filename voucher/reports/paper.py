"""The statement to the funder on paper, drawn from its data and from nothing else.

The PDF carries the data as an attached file whose SHA-256 is the hash on every page, and a signed one its signature
beside it, so that whoever holds the PDF can work every figure out again; voucher/reports/verify does. The front is set
like a letter; the annex, which may have any length, is written behind it (``voucher.reports.annex``), and both are one
tagged file.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from voucher.outputs.rules import in_fte
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import pounds
from voucher.platform.pdf import TEMPLATES, Attached, fill, render_archival, scale_for_one_page
from voucher.platform.qr import data_uri, qr_svg
from voucher.platform.tongue import Tongue, english
from voucher.reports import rules
from voucher.reports.annex import NUMBER_WORDS, Around, append_annex
from voucher.reports.breaches import breaches
from voucher.reports.money_bar import MoneyBar, money_bar
from voucher.reports.transactions import transactions_csv
from voucher.reports.verify.paper_file import DATA, SIGNATURE, TRANSACTIONS, WORDS
from voucher.reports.verify.signed import Signer, SignOff, seal_file, unsigned

# What a state is called, and the colour of its tag. A state that is not signed is also written across each page.
STATES = {
    "draft": (_("Draft, not signed"), "grey"),
    "prepared": (_("Prepared, not signed"), "blue"),
    "reviewed": (_("Reviewed, not signed"), "blue"),
    "signed": (_("Signed"), "green"),
    "sent": (_("Signed and sent"), "green"),
    "accepted": (_("Accepted by the funder"), "green"),
    "queried": (_("Queried by the funder"), "red"),
}
GROUPS = (
    (_("The award and where it stands"), ("1", "2", "3", "4", "5", "6")),
    (_("Paid"), ("7", "8")),
    (_("Released, recovered and left"), ("9", "10", "11", "12")),
    (_("Eligibility, match and administration"), ("13", "14", "15")),
    (_("Cash and drawdown"), ("16", "17")),
    (_("Profile and forecast"), ("18", "19")),
    (_("Outputs, assurance and subsidy"), ("20", "21", "22", "23", "24")),
    (_("Records, ledger, overrides and sign-off"), ("25", "27", "28", "26")),
)
QR_MM = 26  # Its address is short and in capitals, so that cameras read it at this size.

Json = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One printed row of the lines: its code, label and note, the text of each amount, and whether it is reported."""

    code: str
    label: str
    note: str | None
    amounts: list[str]
    reported: bool
    main: bool


@dataclass(frozen=True)
class Headline:
    """One of the three figures of the cover."""

    label: str
    text: str
    line: str


def statement_pdf(data: Json, *, data_hash: str, sign_off: SignOff, state: str, tongue: Tongue | None = None) -> bytes:
    """The statement as a tagged PDF with its data attached (rule 54: it recomputes from what is in the file).

    ``data`` follows statement-1.0.schema.json, ``data_hash`` is the SHA-256 of its canonical JSON in hex, ``sign_off``
    holds the steps in order, ``state`` is a key of STATES, and ``tongue`` is the language of this one paper, English
    unless it is given. Raises ValueError when the hash is not that of the data, and voucher.platform.pdf.PdfError when
    the typefaces are missing.
    """
    tongue = tongue or english()
    return _drawn(data, _view(data, data_hash, sign_off, state, tongue), tongue, [])


def signed_statement_pdf(
    data: Json,
    *,
    data_hash: str,
    sign_off: SignOff,
    signer: Signer,
    check_at: str,
    told: Callable[[int], object] = lambda _drawn: None,
    tongue: Tongue | None = None,
) -> tuple[bytes, str]:
    """The signed statement as PDF, with the signature in it, and that signature's file as text.

    ``check_at`` is the address, which the cover's QR code carries, where whoever holds the file can check it.
    ``told`` is given how many rows of the annex are drawn, now and then; what it raises ends the drawing. Raises what
    ``statement_pdf`` raises.
    """
    blank = unsigned(str(data["header"]["statement"]), data_hash, sign_off, signer)
    seal = {"key": signer, "public": base64.b64encode(signer.public).decode(), "check_at": check_at}
    seal["qr"] = data_uri(qr_svg(check_at.upper(), size_mm=QR_MM))
    at = datetime.fromisoformat(str(sign_off[-1]["at"]))
    tongue = tongue or english()
    file = Attached(SIGNATURE, blank, tongue.say(_("The signature of this statement")), at, plain=True)
    view = _view(data, data_hash, sign_off, str(rules.StatementState.SIGNED), tongue) | {"seal": seal}
    pdf, signature = seal_file(_drawn(data, view, tongue, [file], told), blank, signer)
    return pdf, signature.decode()


def _drawn(
    data: Json,
    values: Json,
    tongue: Tongue,
    more: list[Attached],
    told: Callable[[int], object] = lambda _drawn: None,
) -> bytes:
    around = Around(
        data["header"]["scheme"], tongue.say(values["state"]), values["foot"], signed=not values["unsigned"],
        say=tongue.say, short_day=cache(tongue.short_day),
    )  # fmt: skip
    tongue.say(NUMBER_WORDS)  # What is drawn after the files are attached, and compared by whoever checks the paper.
    whole = io.BytesIO()
    append_annex(_front(data, values, tongue, more), data, around, whole, told)
    return whole.getvalue()


def _front(data: Json, values: Json, tongue: Tongue, more: list[Attached]) -> bytes:
    """What stands before the annex, with the files in it: they are as large as the annex and held no longer."""
    content = rules.canonical(data)
    if rules.data_hash(content) != values["data_hash"]:
        raise ValueError("the hash is not that of the statement's data")
    scale = scale_for_one_page(lambda scale: _html(values, scale, cover_only=True), base=TEMPLATES)
    html = _html(values, scale, cover_only=False)
    files = [*_attached(data, content.encode(), tongue), *more]
    return render_archival(html, base=TEMPLATES, attached=files)


def _attached(data: Json, content: bytes, tongue: Tongue) -> list[Attached]:
    """The files that the PDF carries: the data, whose hash is printed, and the annex as a table for machines.

    A paper in another language has its words beside the data's, so that whoever checks it needs no translation.
    """
    prepared_at = datetime.fromisoformat(data["header"]["prepared_at"])
    files = [
        Attached(DATA, content, tongue.say(_("The data of this statement")), prepared_at),
        Attached(TRANSACTIONS, transactions_csv(data), tongue.say(_("The transactions of the annex")), prepared_at),
    ]
    if tongue.words:
        name = tongue.say(_("The words of this paper beside those of its data"))
        words = json.dumps(tongue.words, ensure_ascii=False, sort_keys=True, indent=1)
        files.append(Attached(WORDS, words.encode(), name, prepared_at))
    return files


def _html(values: Json, cover_scale: int, *, cover_only: bool) -> str:
    return fill("reports/statement_pdf.html", **values, cover_scale=cover_scale, cover_only=cover_only)


def _view(data: Json, data_hash: str, sign_off: SignOff, state: str, tongue: Tongue) -> Json:
    lines: list[Json] = data["lines"]
    pots: list[Json] = data["funding_lines"]
    label, colour = STATES[state]
    bars = _bars(lines, pots, tongue.say)
    return {
        "data": data,
        "header": data["header"],
        "data_hash": data_hash,
        "foot": _foot(data, data_hash, tongue.say),
        "files": (DATA, TRANSACTIONS),
        "sign_off": sign_off,
        "seal": None,
        "state": label,
        "state_colour": colour,
        "unsigned": state not in rules.FROZEN,
        "headlines": _headlines(lines),
        "bars": bars,
        "award": _pence(lines, "1"),
        "usable_again": _pence(lines, "12e"),
        "columns": [*([pot["name"] for pot in pots] if len(pots) > 1 else []), tongue.say(_("Total"))],
        "groups": _groups(lines, [pot["code"] for pot in pots]),
        "amount_mm": max(28, 3 + 2 * max(len(pounds(bar.whole)) for bar in bars)),
        "provider_sums": _sums(data["providers"], ("vouchers", "claims", "claimed", "approved", "defrayed")),
        "breaches": (found := breaches(data)),
        "beyond": {each.code for each in found},
        "figure": shown,
        "tag": tongue.language.tag,
        "_": tongue.say,
        "recorded": tongue.record,
        "day": tongue.day,
        "short_day": tongue.short_day,
        "moment": tongue.moment,
        "rate": shown(data["header"]["intervention_rate_agreed_bp"], "basis_points"),
    }


def _foot(data: Json, data_hash: str, say: Callable[[str], str]) -> str:
    """What every page says of the whole: which statement, how many records, and the head of its hash."""
    count = data["totals"]["record_count"]
    records = _("{count} record") if count == 1 else _("{count} records")
    number = data["header"]["statement"]
    hashed = say(_("data hash"))
    return f"{number} · {say(records).format(count=count)} · {hashed} {data_hash[:16]}"


def shown(value: int | None, unit: str) -> str:
    """A figure as people read it: ``£1,204.50``, ``1,204`` or ``80.00%``; a dash where there is none."""
    if value is None:
        return "–"
    if unit == "pence":
        return pounds(value)
    if unit == "hundredths":
        return in_fte(value)
    return f"{value:,}" if unit == "count" else f"{value / 100:.2f}%"


def _part(lines: list[Json], code: str) -> Json | None:
    return next((part for line in lines for part in line["parts"] if part["code"] == code), None)


def _pence(lines: list[Json], code: str) -> int:
    part = _part(lines, code)
    return (part["value"] or 0) if part else 0


def _headlines(lines: list[Json]) -> list[Headline]:
    wanted = ((_("Defrayed this period"), "7"), (_("Defrayed to date"), "8"), (_("Closing unallocated"), "12"))
    found = [(label, _part(lines, code), code) for label, code in wanted]
    return [Headline(label, shown(part["value"] if part else None, "pence"), code) for label, part, code in found]


def _bars(lines: list[Json], pots: list[Json], say: Callable[[str], str]) -> list[MoneyBar]:
    """The bar of the whole award, then one for each funding line where there are several."""
    parts = {code: _part(lines, code) for code in ("8", "6", "5", "4", "3", "12")}
    whole = money_bar(say(_("The award")), {code: _pence(lines, code) for code in parts}, say)
    if len(pots) < 2:
        return [whole]
    return [whole] + [
        money_bar(
            pot["name"],
            {c: (part["by_funding_line"] or {}).get(pot["code"], 0) if part else 0 for c, part in parts.items()},
            say,
        )
        for pot in pots
    ]


def _groups(lines: list[Json], pots: list[str]) -> list[tuple[str, list[Row]]]:
    by_code = {line["code"]: line for line in lines}
    return [
        (title, [row for code in codes if code in by_code for row in _rows(by_code[code], pots)])
        for title, codes in GROUPS
    ]


def _rows(line: Json, pots: list[str]) -> list[Row]:
    parts: list[Json] = line["parts"]
    if not line["reported"]:
        return [Row(line["code"], parts[0]["label"], None, [], reported=False, main=True)]
    return [
        Row(part["code"], part["label"], part["note"], _amounts(part, pots), True, part["code"] == line["code"])
        for part in parts
    ]


def _amounts(part: Json, pots: list[str]) -> list[str]:
    """The amount on each funding line and the total; a single funding line has the total alone."""
    split_up: dict[str, int] | None = part["by_funding_line"]
    each = [shown(split_up.get(pot), part["unit"]) if split_up else "" for pot in pots] if len(pots) > 1 else []
    return [*each, shown(part["value"], part["unit"])]


def _sums(rows: list[Json], columns: tuple[str, ...]) -> dict[str, int]:
    return {column: sum(row[column] or 0 for row in rows) for column in columns}
