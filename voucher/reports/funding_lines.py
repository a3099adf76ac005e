"""Lines 15 and 17 to 19: administration against its cap, drawdowns asked for, profile and actual, the year's forecast.

Everything is read as it stood at the period's last day, so that a signed statement comes out the same again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from voucher.funding.conditions import CapBase, YearBy, beyond_tolerance, planned, year_end, year_start
from voucher.funding.models import Agreement, FundingLine
from voucher.funding.queries import conditions_of
from voucher.funding.rules import Account as A
from voucher.funding.rules import EntryKind as K
from voucher.funding.rules import LineKind, OpeningKind
from voucher.payments.models import Drawdown
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import on_record, said
from voucher.platform.money import Share
from voucher.reports.domain_side import opening
from voucher.reports.ledger_side import LONG_AGO, ByLine, Flows, Period, add, less
from voucher.reports.lines import MoneyLines, Part, Shape, part
from voucher.reports.year_spend import delivered_in

# What is written down as a record, and told again from it.
on_record("From %(first)s on.")  # So statements of before say it of an agreement without a profile.
PAID_FROM = on_record("What was paid from %(first)s to %(last)s, less what came back.")
_DELIVERED_FROM = on_record("What was delivered from %(first)s to %(last)s, less what came back.")
_NOT_EXPLAINED = on_record("Beyond the tolerance of %(tolerance)s and not explained.")
_QUARTERS = on_record("Quarters from %(first)s on that are over.")
_UNTIL = on_record("18b and 19a, to %(until)s.")


@dataclass(frozen=True)
class FundingWords:
    """What a preparer says about the profile: why spending is beyond its tolerance, and what is asked of the funder."""

    variance_explanation: str = ""
    reprofile_request: str = ""


class FundingLines:
    """The lines of one agreement and period that rest on what the agreement says beside its award."""

    def __init__(self, agreement: Agreement, money: MoneyLines, period: Period, words: FundingWords) -> None:
        self.agreement, self.money, self.period, self.words = agreement, money, period, words
        self.lines: list[FundingLine] = list(agreement.lines)
        self.ids = [line.id for line in self.lines]
        self.said = conditions_of(agreement.id)
        self.year_from = year_start(period.last)
        self.spent = self._spent_this_year()

    def parts(self) -> dict[str, list[Part]]:
        """The parts of each of these lines by its number."""
        return {
            "15": self._administration(),
            "17": self._drawdown(),
            "18": self._profile(),
            "19": self._forecast(),
        }

    # Line 15

    def _administration(self) -> list[Part]:
        approved, paid = self.money.administration_to_date(), self.money.administration_paid_to_date()
        base = self._cap_base(sum(approved.values()), sum(paid.values()))
        total = sum(approved.values())
        cap = self.said.admin_cap_bp
        beyond = cap is not None and total * 10_000 > cap * base
        note = _("Above the agreed cap: line 28 has the funder's consent.") if beyond else None
        of = _("The award.") if self.said.admin_cap_of == CapBase.AWARD else _("All spending, administration with it.")
        share = 10_000 * total // base if base > 0 else None
        *sums, came_back = self.money.administration()
        return [
            *sums,
            part(Shape("15d", _("What the cap is a share of"), of), base),
            part(
                Shape(
                    "15e",
                    _("Administration as a share of it"),
                    _("15 ÷ 15d, rounded down."),
                ),
                share,
                unit="basis_points",
                note=note,
            ),
            part(Shape("15f", _("Agreed cap"), _("As the agreement says.")), cap, unit="basis_points"),
            came_back,
        ]

    def _cap_base(self, total: int, paid: int) -> int:
        if self.said.admin_cap_of == CapBase.AWARD:
            return sum(self.money.award.values())
        return sum(self.money.side.stock(A.DEFRAYED, A.DISALLOWED).values()) - paid + total

    # Line 17

    def _drawdown(self) -> list[Part]:
        p = self.money.part
        asked = self._asked(self.period.first)
        waiting = less(self._asked(LONG_AGO), self._received())
        request = _("Asked of the funder in the period.")
        return [
            p("17", _("Drawdown requested"), request, asked),
            p("17a", _("of which capital"), _("For capital lines."), self._only(asked, LineKind.CAPITAL)),
            p("17b", _("of which revenue"), _("For revenue lines."), self._only(asked, LineKind.REVENUE)),
            p(
                "17c",
                _("of which administration"),
                _("For administration lines."),
                self._only(asked, LineKind.ADMINISTRATION),
            ),
            p("17d", _("Requested and not received"), _("To date: requests less what came in on them."), waiting),
        ]

    def _asked(self, first: date) -> ByLine:
        rows = session.execute(
            select(Drawdown.line_id, func.sum(Drawdown.pence))
            .where(
                Drawdown.line_id.in_(self.ids),
                Drawdown.requested_on >= first,
                Drawdown.requested_on <= self.period.last,
            )
            .group_by(Drawdown.line_id)
        )
        return self._by_line({line_id: int(pence) for line_id, pence in rows})

    def _received(self) -> ByLine:
        """Received on requests that were made here: without what was drawn before a takeover."""
        before = self._by_line(opening(self.agreement.scheme_id, OpeningKind.DRAWDOWN, self.period.last))
        return less(self.money.side.ever(A.CASH_DRAWN, A.CASH), before)

    # Line 18

    def _profile(self) -> list[Part]:
        if not self.said.profile:
            return self._no_profile()
        p = self.money.part
        wanted = self.planned_to_date()
        variance = less(self.spent, wanted)
        first = self.year_from.isoformat()  # days stay as the data have them
        return [
            p("18", _("Variance"), _("18b less 18a."), variance, self._variance_note()),
            p("18a", _("Profile"), said(_QUARTERS, first=first), wanted),
            self._actual(),
            part(
                Shape(
                    "18c",
                    _("Variance as a share of the profile"),
                    _("18 ÷ 18a, rounded towards zero."),
                ),
                _signed_share(sum(variance.values()), sum(wanted.values())),
                unit="basis_points",
            ),
            part(
                Shape("18d", _("Agreed tolerance"), _("Beyond it, on any line, the variance is explained.")),
                self.said.tolerance_bp,
                unit="basis_points",
            ),
        ]

    def _no_profile(self) -> list[Part]:
        none = _("The agreement has no profile by quarter.")
        return [
            part(Shape("18", _("Variance"), _("Actual less profile.")), None, note=none),
            self._actual(),
        ]

    def _actual(self) -> Part:
        words = _DELIVERED_FROM if self.said.year_by == YearBy.DELIVERY else PAID_FROM
        days = {"first": self.year_from.isoformat(), "last": self.period.last.isoformat()}
        return self.money.part("18b", _("Actual"), said(words, **days), self.spent)

    def planned_to_date(self) -> ByLine:
        """The profile of this financial year's quarters that are over by the period's last day, by line."""
        return self._planned(self.period.last)

    def _planned(self, last: date) -> ByLine:
        return {line.id: planned(self.said.profile, line.code, self.year_from, last) for line in self.lines}

    def _variance_note(self) -> str | None:
        if self.words.variance_explanation:
            return self.words.variance_explanation
        if self.lines_beyond_tolerance():
            return said(_NOT_EXPLAINED, tolerance=Share(self.said.tolerance_bp or 0))
        return None

    def lines_beyond_tolerance(self) -> list[str]:
        """The codes of lines whose actual spending lies further from the profile than the agreement lets pass."""
        wanted = self.planned_to_date()
        return [
            line.code
            for line in self.lines
            if beyond_tolerance(wanted[line.id], self.spent[line.id], self.said.tolerance_bp)
        ]

    def _spent_this_year(self) -> ByLine:
        """Spending of the financial year that the period ends in: by defrayal or by delivery, as the agreement says."""
        if self.said.year_by == YearBy.DELIVERY:
            return self._by_line(delivered_in(self.ids, Period(self.year_from, self.period.last), self.period.last))
        flows = Flows(self.ids, self.year_from, self.period.last)
        return less(flows.flow(A.APPROVED, A.DEFRAYED), flows.flow(A.DEFRAYED, A.APPROVED))

    # Line 19

    def _forecast(self) -> list[Part]:
        p = self.money.part
        until = min(year_end(self.period.last), self.agreement.ends_on)
        expected = self._expected()
        forecast = add(self.spent, expected)
        found = [
            p(
                "19",
                _("Forecast to the year's end"),
                said(_UNTIL, until=until.isoformat()),
                forecast,
            ),
            p(
                "19a",
                _("Expected until then"),
                _("Lines 5 and 6, and of line 4 the share that vouchers which ended so far have used."),
                expected,
            ),
        ]
        if not self.said.profile:
            return [*found, self._asks(None)]
        wanted = self._planned(until if until == self.agreement.ends_on else year_end(self.period.last))
        return [
            *found,
            p("19b", _("Profile of the year"), _("All quarters of the financial year."), wanted),
            self._asks(less(wanted, forecast)),
            *self._underspend(less(wanted, forecast)),
        ]

    def _asks(self, underspend: ByLine | None) -> Part:
        request = self.words.reprofile_request or None
        label, words = _("Underspend"), _("19b less 19; below zero is overspending. With what is asked of the funder.")
        if underspend is None:
            note = request or _("The agreement has no profile by quarter.")
            return part(Shape("19c", label, words), None, note=note)
        return self.money.part("19c", label, words, underspend, request)

    def _underspend(self, underspend: ByLine) -> list[Part]:
        p = self.money.part
        return [
            p("19d", _("of which capital"), _("On capital lines."), self._only(underspend, LineKind.CAPITAL)),
            p("19e", _("of which revenue"), _("On revenue lines."), self._only(underspend, LineKind.REVENUE)),
            p(
                "19f",
                _("of which administration"),
                _("On administration lines."),
                self._only(underspend, LineKind.ADMINISTRATION),
            ),
        ]

    def _expected(self) -> ByLine:
        """What the ledger says is still to be paid, with the used share of what is committed."""
        stock, flow = self.money.side.stock, self.money.side.ever
        released = add(flow(A.COMMITTED, A.UNALLOCATED), flow(A.CLAIMED, A.UNALLOCATED))
        paid = less(flow(A.APPROVED, A.DEFRAYED, K.DEFRAYED), flow(A.DEFRAYED, A.APPROVED, K.PAYMENT_RETURNED))
        used = sum(paid.values())
        ended = used + sum(released.values())
        committed = stock(A.COMMITTED)
        share = {i: pence * used // ended if ended > 0 else pence for i, pence in committed.items()}
        return add(share, stock(A.CLAIMED), stock(A.APPROVED))

    def _only(self, values: ByLine, kind: LineKind) -> ByLine:
        return {i: pence if self.money.kinds[i] == kind else 0 for i, pence in values.items()}

    def _by_line(self, found: ByLine) -> ByLine:
        return {line_id: found.get(line_id, 0) for line_id in self.ids}


def _signed_share(amount: int, whole: int) -> int | None:
    """Ten-thousandths, rounded towards zero; None of nothing."""
    if whole <= 0:
        return None
    return (1 if amount >= 0 else -1) * (10_000 * abs(amount) // whole)
