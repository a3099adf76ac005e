"""The identities among a statement's lines, worked out again from the attached data alone (rules 27, 28, 55, 56)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from voucher.platform.i18n import gettext_noop as _
from voucher.reports.verify.findings import Area, Finding, Sentence, fails, holds

Json = Mapping[str, Any]
FIGURES = Area.FIGURES
_TERM = re.compile(r"([+-])(\w+)")


class Identity(NamedTuple):
    """A line and what it is made of; ``by_pot`` where it also holds on each funding line."""

    code: str
    line: str
    terms: str
    words: str
    by_pot: bool = True


IDENTITIES = (
    Identity(
        "award_split", "1", "+1a +1b +1c", _("Line 1, the award, is capital, revenue and administration together.")
    ),
    Identity("defrayed_net", "7", "+7a -7b", _("Line 7 is what was cleared less what was returned: 7a less 7b.")),
    Identity("defrayed_to_date", "8", "+8a +7", _("Line 8 is what was defrayed before, 8a, and line 7.")),
    Identity(
        "roll_forward",
        "12",
        "+2 +12a -12b +12c +9a +9b +10a +10b -12d -12f +11a",
        _("Line 12 follows from line 2 and everything that moved in the period."),
    ),
    Identity(
        "award_side",
        "12",
        "+1 -3 -4 -5 -6 -8 +12e",
        _("Line 12 follows from the award less all that is spoken for and spent."),
    ),
    Identity(
        "cash",
        "16",
        "+16a +16b -16c +16d +16e -16f +16g",
        _("Line 16, closing cash, is opening cash with everything that came in and went out."),
    ),
    Identity("administration", "15", "+15a +15b", _("Line 15, administration, is what was paid and what was not yet.")),
    Identity("drawdowns", "17", "+17a +17b +17c", _("Line 17 is what was asked for on each kind of funding line.")),
    Identity("ledger_tie", "27", "+27a -27b", _("Line 27 is the authority's own ledger less closing cash."), False),
    Identity("ledger_cash", "27b", "+16", _("The closing cash of line 27 is that of line 16."), False),
)


class Parts:
    """The parts of a statement's lines by their codes."""

    def __init__(self, data: Json) -> None:
        every = [part for line in data["lines"] for part in line["parts"]]
        self.by_code: dict[str, Json] = {part["code"]: part for part in every}
        self.twice = sorted({part["code"] for part in every if part is not self.by_code[part["code"]]})
        self.every: list[Json] = every
        self.pots: list[str] = [pot["code"] for pot in data["funding_lines"]]

    def value(self, code: str) -> int:
        """The figure of a part; raises KeyError when there is none."""
        value = self.by_code[code]["value"]
        if value is None:
            raise KeyError(code)
        return int(value)

    def total(self, terms: str) -> int:
        """The sum of parts as an identity writes it, ``+7 -15c``; raises KeyError when one has no figure."""
        return sum(int(f"{sign}1") * self.value(code) for sign, code in _TERM.findall(terms))

    def on(self, code: str, pot: str) -> int:
        """The figure of a part on one funding line; raises KeyError when there is none."""
        return int((self.by_code[code]["by_funding_line"] or {})[pot])


def money(pence: int) -> str:
    """Pounds and pence as the statement prints them."""
    whole, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}£{whole:,}.{rest:02d}"


def line_findings(data: Json) -> list[Finding]:
    """Everything that must hold among the lines themselves."""
    parts = Parts(data)
    found = [_each_code_once(parts), _split_over_pots(parts), _kinds(data, parts)]
    found += [_identity(parts, each) for each in IDENTITIES]
    return [*found, _rate(data, parts), _opening(data, parts), _explained(parts), *_own_checks(data, parts)]


def compared(code: str, words: str, pairs: Iterable[tuple[Sentence, int, int]]) -> Finding:
    """A finding over pairs of figures that must be the same; those that are not are named with both."""
    wrong = [
        Sentence(
            _("%(where)s: the data say %(said)s, worked out again it is %(found)s."),
            {"where": where, "said": money(said), "found": money(found)},
        )
        for where, said, found in pairs
        if said != found
    ]
    return fails(code, FIGURES, words, wrong) if wrong else holds(code, FIGURES, words)


def guarded(code: str, words: str, make: Callable[[], Finding]) -> Finding:
    """The finding, or that the data lack what it would be worked out from."""
    try:
        return make()
    except KeyError as missing:
        lacking = Sentence(_("The data have no figure for %(code)s."), {"code": str(missing.args[0])})
        return fails(code, FIGURES, words, [lacking])


def _identity(parts: Parts, identity: Identity) -> Finding:
    terms = [(1 if sign == "+" else -1, code) for sign, code in _TERM.findall(identity.terms)]

    def total(read: Callable[[str], int]) -> int:
        return sum(sign * read(code) for sign, code in terms)

    def make() -> Finding:
        pairs = [(Sentence(_("In total")), parts.value(identity.line), total(parts.value))]
        for pot in parts.pots if identity.by_pot else ():
            where = Sentence(_("On funding line %(pot)s"), {"pot": pot})
            pairs.append((where, parts.on(identity.line, pot), total(partial(parts.on, pot=pot))))
        return compared(identity.code, identity.words, pairs)

    return guarded(identity.code, identity.words, make)


def _each_code_once(parts: Parts) -> Finding:
    words = _("Each part of each line is there once.")
    if not parts.twice:
        return holds("parts_once", FIGURES, words)
    return fails(
        "parts_once", FIGURES, words, [Sentence(_("%(code)s is there twice."), {"code": x}) for x in parts.twice]
    )


def _split_over_pots(parts: Parts) -> Finding:
    """Every figure that is split up is the sum over the agreement's funding lines, and over no others."""
    words = _("Each figure is the sum of its amounts on the funding lines.")
    divided = [part for part in parts.every if part["by_funding_line"] is not None]
    strange = [
        Sentence(_("Line %(code)s is split over other funding lines."), {"code": part["code"]})
        for part in divided
        if sorted(part["by_funding_line"]) != sorted(parts.pots)
    ]
    if strange:
        return fails("by_funding_line", FIGURES, words, strange)
    sums = (
        (
            Sentence(_("Line %(code)s"), {"code": part["code"]}),
            part["value"] or 0,
            sum(part["by_funding_line"].values()),
        )
        for part in divided
    )
    return compared("by_funding_line", words, sums)


def _kinds(data: Json, parts: Parts) -> Finding:
    """1a to 1c hold the awards of the funding lines of their kind, and nothing of others."""
    words = _("Capital, revenue and administration are the awards of the funding lines of that kind.")
    codes = {"capital": "1a", "revenue": "1b", "administration": "1c"}

    def make() -> Finding:
        pairs = [
            (
                Sentence(_("Line %(code)s on funding line %(pot)s"), {"code": code, "pot": pot["code"]}),
                parts.on(code, pot["code"]),
                parts.on("1", pot["code"]) if pot["kind"] == kind else 0,
            )
            for kind, code in codes.items()
            for pot in data["funding_lines"]
        ]
        return compared("award_kinds", words, pairs)

    return guarded("award_kinds", words, make)


def _rate(data: Json, parts: Parts) -> Finding:
    """Rule 28: grant ÷ (grant + match), in hundredths of a percent rounded down, and marked when above the agreed."""
    words = _(
        "The intervention rate is grant divided by grant and match, and is marked when it is above the agreed one."
    )

    def make() -> Finding:
        grant, match = parts.value("14f"), parts.value("14")
        rate = 10_000 * grant // (grant + match) if grant + match else None
        said, agreed = parts.by_code["14b"], data["header"]["intervention_rate_agreed_bp"]
        above = agreed is not None and grant * 10_000 > agreed * (grant + match)
        wrong = []
        if said["value"] != rate:
            values = {"said": _percent(said["value"]), "found": _percent(rate)}
            wrong.append(Sentence(_("The data say %(said)s, worked out again it is %(found)s."), values))
        if parts.by_code["14c"]["value"] != agreed:
            wrong.append(Sentence(_("The agreed rate of line 14c is not that of the heading.")))
        if bool(said["note"]) != above:
            wrong.append(
                Sentence(_("Line 14b is marked as above the agreed rate and is not, or is and is not marked."))
            )
        return (
            fails("intervention_rate", FIGURES, words, wrong) if wrong else holds("intervention_rate", FIGURES, words)
        )

    return guarded("intervention_rate", words, make)


def _percent(basis_points: int | None) -> str:
    return "–" if basis_points is None else f"{basis_points / 100:.2f}%"


def _opening(data: Json, parts: Parts) -> Finding:
    """Rule 55, as far as one file can show it: both openings are the closings that the statement says came before."""
    words = _("The opening figures are the closing figures that the statement says the one before had.")
    stated = [check for check in data["checks"] if check["name"].startswith("Line 2,")]
    if data["header"]["sequence"] > 1 and not stated:
        missing = Sentence(_("This is not the first statement, and it says nothing of the one before."))
        return fails("opening", FIGURES, words, [missing])

    def make() -> Finding:
        pairs = [
            (Sentence(_("Line 2")), parts.value("2"), side)
            for check in stated
            for side in (check["left"], check["right"])
        ]
        return compared("opening", words, pairs)

    return guarded("opening", words, make)


def _explained(parts: Parts) -> Finding:
    words = _("A difference between the authority's own ledger and closing cash is explained.")

    def make() -> Finding:
        gap = parts.value("27")
        if abs(gap) <= 1 or parts.by_code["27"]["note"]:
            return holds("ledger_explained", FIGURES, words)
        detail = Sentence(_("%(gap)s differ, and nothing is said about it."), {"gap": money(gap)})
        return fails("ledger_explained", FIGURES, words, [detail])

    return guarded("ledger_explained", words, make)


# What a check of the statement's own must have on its left side, by how its name begins.
_CHECKED_LINES = (("Line 12:", "+12"), ("Line 7 less 15c,", "+7 -15c"), ("Line 16:", "+16"), ("Line 2,", "+2"))


def _own_checks(data: Json, parts: Parts) -> list[Finding]:
    """The checks that were made at signing: each holds as it says, and is about this statement's figures."""
    checks: Sequence[Json] = data["checks"]
    words = _("Each check that was made when the statement was prepared holds, as its two sides say.")
    wrong = [
        Sentence(
            _("%(name)s: %(left)s and %(right)s."),
            {"name": check["name"], "left": money(check["left"]), "right": money(check["right"])},
        )
        for check in checks
        if not check["holds"] or check["left"] != check["right"]
    ]
    if not checks:
        wrong.append(Sentence(_("No check was made.")))
    made = fails("checks_made", FIGURES, words, wrong) if wrong else holds("checks_made", FIGURES, words)
    about = _("The checks that were made are about this statement's own figures.")

    def compare() -> Finding:
        pairs = [
            (Sentence(_("Check “%(name)s”"), {"name": check["name"]}), check["left"], parts.total(terms))
            for check in checks
            for start, terms in _CHECKED_LINES
            if check["name"].startswith(start)
        ]
        return compared("checks_about", about, pairs)

    return [made, guarded("checks_about", about, compare)]
