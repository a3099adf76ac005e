"""What the demo's two funders agreed to, and the form in which one of them wants its figures."""

from __future__ import annotations

from datetime import date

from voucher.demo import files
from voucher.platform.money import plain_pounds, split
from voucher.platform.xlsx import Sheet, write_book

GRANT, OWN = "LGF1", "NIF1"
OWNER = "Northmoor Combined Authority"
FUNDERS = {GRANT: "Department for Regional Growth", OWN: OWNER}
COST_CODES = {GRANT: "NTT001", OWN: "NTT002"}
# Of the round's budget; each line's award is its share and a margin that nobody has offered yet.
SHARES = ((GRANT, "CAP", "26.67"), (GRANT, "REV", "50.00"), (OWN, "SKL", "23.33"))
NAMES = {
    "CAP": ("Capital grant", "capital"), "REV": ("Revenue grant", "revenue"), "SKL": ("Skills grant", "revenue"),
    "ADM": ("Running the scheme", "administration"),
}  # fmt: skip
MARGIN = 2_500
ADMINISTRATION_PERCENT, TOLERANCE_PERCENT = 4, 35
# Hundredths of an award in each quarter: of the scheme's officer for as long as the story goes, of vouchers to the end.
PROFILE, OF_ADMINISTRATION = (8, 6, 8, 8, 12, 14, 14, 12, 10, 8), (20, 20, 20, 20, 20)
RATE = 85  # vouchers pay 80, so that pennies of rounding on a line stay within what was agreed
MINUTES = 240  # most packages of the demo's providers take a little longer than that

Line = tuple[str, str, str, str]


def lines_of(agreement: str, budget: int) -> list[Line]:
    """The agreement's lines, each with its code, name, kind and award; the grant has one for running the scheme."""
    lines = [(code, *NAMES[code], f"{_award(budget, share)}.00") for at, code, share in SHARES if at == agreement]
    if agreement == GRANT:
        vouchers = sum(_award(budget, share) for at, _code, share in SHARES if at == GRANT)
        lines.append(("ADM", *NAMES["ADM"], f"{vouchers * ADMINISTRATION_PERCENT // 100}.00"))
    return lines


def _award(budget: int, share: str) -> int:
    """A line's award in pounds: its share of the budget with the margin, in whole hundreds."""
    return round((budget + MARGIN) * float(share) / 10_000) * 100


def agreement_file(agreement: str, starts_on: date, budget: int) -> str:
    """The agreement as it was signed. The authority's own money comes without conditions."""
    funder, lines = FUNDERS[agreement], lines_of(agreement, budget)
    if agreement == OWN:
        return files.agreement_of(funder, agreement, starts_on, lines, rate=RATE, reusable="false")
    conditions = (
        f"administration_cap_percent = {ADMINISTRATION_PERCENT}\n"
        f'administration_cap_of = "award"\nvariance_tolerance_percent = "{TOLERANCE_PERCENT}"\n'
    )
    profiles = {code: _profile(code, float(award), starts_on) for code, _name, _kind, award in lines}
    return files.agreement_of(funder, agreement, starts_on, lines, rate=RATE, conditions=conditions, profiles=profiles)


def _profile(code: str, award: float, starts_on: date) -> str:
    parts = split(round(award * 100), OF_ADMINISTRATION if code == "ADM" else PROFILE)
    months = [starts_on.year * 12 + starts_on.month - 1 + 3 * number for number in range(len(parts))]
    return "".join(
        f'"{date(month // 12, month % 12 + 1, 1)}" = "{plain_pounds(pence)}"\n'
        for month, pence in zip(months, parts, strict=True)
    )


def profile_after(moved: int, budget: int, starts_on: date) -> str:
    """The grant's profile once so many pounds have gone from its capital to its revenue line."""
    awards = {code: float(award) for code, _name, _kind, award in lines_of(GRANT, budget)}
    changed = {"CAP": awards["CAP"] - moved, "REV": awards["REV"] + moved}
    return "".join(
        f"[conditions.profile.{code}]\n{_profile(code, award, starts_on)}" for code, award in changed.items()
    )


FORM_ROWS = (
    ("Grant reference", "header.agreement"),
    ("Claim number", "header.sequence"),
    ("Period from", "header.period_from"),
    ("Period to", "header.period_to"),
    ("Capital paid out in the period", "7@CAP"),
    ("Revenue paid out in the period", "7@REV"),
    ("Administration paid out in the period", "15c"),
    ("All paid out to date", "8"),
    ("Not yet offered to anybody", "12"),
    ("Cash held at the end of the period", "16"),
    ("Businesses supported to date", "E12.to_date"),
    ("Businesses supported: target", "E12.target"),
    ("Businesses given a grant to date", "E10.to_date"),
    ("Jobs created to date", "E22.to_date"),
)
SHEET = "Quarterly return"


def form() -> bytes:
    """The funder's own form, with its answers to be filled in."""
    rows = [(words, None) for words, _figure in FORM_ROWS]
    return write_book([Sheet(SHEET, ("Department for Regional Growth: quarterly return", "Answer"), rows)])


def form_cells() -> str:
    """Which figure goes into which of its cells."""
    cells = [f"{SHEET}!B{row},{figure}" for row, (_words, figure) in enumerate(FORM_ROWS, 2)]
    return "\n".join(["cell,figure", *cells]) + "\n"
