"""Pure: what an agreement says beside its award: administration cap, year, sign-off, tolerance, profile by quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import cast

from voucher.platform.i18n import said

YEAR_STARTS_IN = 4
# Preparer, an independent reviewer, signer.
THREE_STEPS = 3

Profile = Mapping[str, Mapping[str, int]]


class CapBase(StrEnum):
    """What an administration cap is a share of."""

    AWARD = "award"
    SPEND = "spend"


class YearBy(StrEnum):
    """By which day a pound belongs to a financial year (rule 25)."""

    DELIVERY = "delivery"
    DEFRAYAL = "defrayal"


@dataclass(frozen=True)
class Conditions:
    """One version of them. Shares are in ten-thousandths; what an agreement does not say is None or empty.

    ``profile`` has pence by the code of a line and the first day of a quarter, as ISO dates.
    """

    admin_cap_bp: int | None = None
    admin_cap_of: CapBase = CapBase.AWARD
    year_by: YearBy = YearBy.DEFRAYAL
    sign_off_steps: int = 2
    tolerance_bp: int | None = None
    profile: Profile = field(default_factory=dict)

    def plain(self) -> dict[str, object]:
        """The same as JSON holds it."""
        return {
            "admin_cap_bp": self.admin_cap_bp,
            "admin_cap_of": str(self.admin_cap_of),
            "year_by": str(self.year_by),
            "sign_off_steps": self.sign_off_steps,
            "tolerance_bp": self.tolerance_bp,
            "profile": {code: dict(quarters) for code, quarters in self.profile.items()},
        }


def conditions_from(plain: Mapping[str, object]) -> Conditions:
    """The conditions that JSON holds."""
    return Conditions(
        admin_cap_bp=cast("int | None", plain["admin_cap_bp"]),
        admin_cap_of=CapBase(str(plain["admin_cap_of"])),
        year_by=YearBy(str(plain["year_by"])),
        sign_off_steps=cast(int, plain["sign_off_steps"]),
        tolerance_bp=cast("int | None", plain["tolerance_bp"]),
        profile=cast(Profile, plain["profile"]),
    )


def quarter_of(day: date) -> date:
    """The first day of the quarter that a day lies in."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarter_after(first: date) -> date:
    """The first day of the quarter after one."""
    return quarter_of(first + timedelta(days=100))


def quarters_within(first: date, last: date) -> list[date]:
    """The first days of the quarters that some days lie in, in order."""
    found = [quarter_of(first)]
    while (following := quarter_after(found[-1])) <= last:
        found.append(following)
    return found


def year_start(day: date) -> date:
    """The 1 April on which the financial year of a day began."""
    return date(day.year if day.month >= YEAR_STARTS_IN else day.year - 1, YEAR_STARTS_IN, 1)


def year_end(day: date) -> date:
    """The 31 March on which the financial year of a day ends."""
    return date(year_start(day).year + 1, 3, 31)


def outlasts_year(year_by: YearBy, *, last_day: date, claim_window_days: int, payment_days: int, ends_on: date) -> bool:
    """Whether work on a voucher's last day would count after the year's end: delivered late, or paid too late."""
    if year_by == YearBy.DEFRAYAL:
        last_day += timedelta(days=claim_window_days + payment_days)
    return last_day > ends_on


def cap_pence(cap_bp: int, base_pence: int) -> int:
    """The most administration that a cap allows, rounded down to the penny (rule 26)."""
    return max(0, base_pence) * cap_bp // 10_000


def beyond_tolerance(planned: int, actual: int, tolerance_bp: int | None) -> bool:
    """Whether actual spending lies further from the profile than the agreement lets pass without an explanation."""
    if tolerance_bp is None:
        return False
    return abs(actual - planned) * 10_000 > tolerance_bp * abs(planned)


def profile_faults(profile: Profile, awards: Mapping[str, int], first: date, last: date) -> list[str]:
    """What is wrong with a profile: an unknown line, a day that begins no quarter of the agreement, another sum."""
    known = {each.isoformat() for each in quarters_within(first, last)}
    found: list[str] = []
    for code, quarters in profile.items():
        if code not in awards:
            found.append(said("The agreement has no line %(code)s.", code=code))
            continue
        wrong = [day for day in quarters if day not in known]
        if wrong:
            found.append(
                said(
                    "%(wrong)s begins no quarter of the agreement: quarters begin on 1 January, 1 April, 1 July and "
                    "1 October, from %(first)s to %(last)s.",
                    wrong=wrong[0],
                    first=min(known),
                    last=max(known),
                )
            )
        elif any(pence < 0 for pence in quarters.values()):
            found.append(said("The profile of line %(code)s has an amount below zero.", code=code))
    return found


def profile_sums(profile: Profile, awards: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """Each line whose profile does not come to its award: its code, the profile's sum, and the award."""
    sums = {code: sum(quarters.values()) for code, quarters in profile.items()}
    return [(code, total, awards.get(code, 0)) for code, total in sums.items() if total != awards.get(code, 0)]


def planned(profile: Profile, code: str, first: date, last: date) -> int:
    """What the profile has for a line in the quarters that begin on the first day or later and are over by the last."""
    return sum(
        pence
        for day, pence in profile.get(code, {}).items()
        if first <= date.fromisoformat(day) and quarter_after(date.fromisoformat(day)) <= last + timedelta(days=1)
    )
