"""Line 24: what was given as Minimal Financial Assistance with the vouchers that an agreement pays for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from voucher.applications.models import Application
from voucher.funding.models import Agreement, FundingLine, RoundLine
from voucher.platform.clock import end_of_london_day, london_date
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Rows
from voucher.reports.ledger_side import Period
from voucher.reports.lines import Part, Shape, part
from voucher.subsidies.models import Assistance
from voucher.subsidies.queries import numbers_entered
from voucher.subsidies.rules import PUBLISHED_ABOVE_PENCE, Source, publish_by

Row = dict[str, object]


def given_with(agreement: Agreement, *columns: Any) -> Rows:
    """Columns of the assistance that was given with vouchers of an agreement's rounds, and of their applications."""
    rounds = (
        select(RoundLine.round_id)
        .join(FundingLine, FundingLine.id == RoundLine.line_id)
        .where(FundingLine.agreement_id == agreement.id)
    )
    given: Rows = select(*columns)
    return (
        given.select_from(Assistance)
        .join(Application, Application.id == Assistance.application_id)
        .where(Assistance.source == str(Source.SYSTEM), Application.round_id.in_(rounds))
    )


class SubsidySide:
    """What was given by the end of a period, read once. Whole vouchers count, whoever else pays for them, too."""

    def __init__(self, agreement: Agreement, period: Period) -> None:
        self.agreement, self.period = agreement, period
        self.given = self._sum(Assistance.given_on.between(period.first, period.last))
        self.to_date = self._sum(Assistance.given_on <= period.last)
        self.large = session.execute(
            given_with(
                agreement,
                Application.id,
                Application.reference,
                Application.decided_at,
                Assistance.pence,
                Assistance.given_on,
            )
            .where(Assistance.given_on <= period.last, Assistance.pence > PUBLISHED_ABOVE_PENCE)
            .order_by(Assistance.given_on, Assistance.id)
        ).all()
        # As it stood at the period's end, like everything else of a statement.
        self.numbers = numbers_entered([each.id for each in self.large], end_of_london_day(period.last))

    def _sum(self, condition: ColumnElement[bool]) -> tuple[int, int]:
        query = given_with(self.agreement, func.coalesce(func.sum(Assistance.pence), 0), func.count())
        pence, number = session.execute(query.where(condition)).one()
        return int(pence), int(number)

    def rows(self) -> list[Row]:
        """Each subsidy above the amount from which it is published, by the reference of its application.

        With its number in the public database, or none and the day by which it has to be entered there (rule 42).
        """
        return [
            {
                "application": each.reference,
                "pence": each.pence,
                "given_on": each.given_on.isoformat(),
                "due_on": publish_by(london_date(each.decided_at) if each.decided_at else each.given_on).isoformat(),
                "database_number": self.numbers.get(each.id),
            }
            for each in self.large
        ]

    def parts(self) -> list[Part]:
        """Amount and number in the period and to date, and how many are to be published."""
        (given, number), (to_date, number_to_date) = self.given, self.to_date
        whole = _("Whole vouchers given as Minimal Financial Assistance, on the day of issue.")
        large = _("Each must be entered in the subsidy database; their references and numbers are listed.")
        missing = _("Of 24d: no number noted by the end of the period; the day by which it is due is listed.")
        without = sum(each.id not in self.numbers for each in self.large)
        return [
            part(Shape("24", _("Subsidy given in the period"), whole), given),
            part(Shape("24a", _("Subsidies given in the period"), _("Vouchers issued.")), number, unit="count"),
            part(Shape("24b", _("Subsidy given to date"), _("Since the agreement began.")), to_date),
            part(Shape("24c", _("Subsidies given to date"), _("Vouchers issued.")), number_to_date, unit="count"),
            part(Shape("24d", _("Subsidies above £100,000"), large), len(self.large), unit="count"),
            part(Shape("24e", _("Not in the subsidy database yet"), missing), without, unit="count"),
        ]
