"""Line 21: irregularities and suspected fraud as they stood at a period's end, gross and without anybody's name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select

from voucher.assurance.models import Irregularity, IrregularityEvent
from voucher.assurance.rules import CLOSED, IrregularityKind
from voucher.funding.models import Agreement, FundingLine, Posting
from voucher.funding.rules import Account
from voucher.platform.clock import end_of_london_day, london_date
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import split
from voucher.reports.ledger_side import Period
from voucher.reports.lines import Part, Shape, part

Row = dict[str, object]


class IrregularitySide:
    """The register by its event rows, so that a past period's end can be told again (rules 54, 63).

    What is about a claim counts with the part of it that lies on this agreement's lines; what is about no claim counts
    on each agreement of the scheme.
    """

    def __init__(self, agreement: Agreement, lines: Sequence[FundingLine], period: Period) -> None:
        self.period = period
        self.line_ids = {line.id for line in lines}
        events = self._events(agreement.scheme_id)
        things = session.scalars(
            select(Irregularity).where(Irregularity.id.in_(events)).order_by(Irregularity.id)
        ).all()
        claims = [each.redemption_id for each in things if each.redemption_id is not None]
        self.spread = _spread(claims)
        self.found = [
            self._row(each, events[each.id])
            for each in things
            if each.redemption_id is None or self.line_ids & self.spread[each.redemption_id].keys()
        ]

    def _events(self, scheme_id: int) -> dict[int, list[IrregularityEvent]]:
        rows = session.scalars(
            select(IrregularityEvent)
            .where(
                IrregularityEvent.scheme_id == scheme_id,
                IrregularityEvent.at < end_of_london_day(self.period.last),
            )
            .order_by(IrregularityEvent.id)
        )
        found: dict[int, list[IrregularityEvent]] = defaultdict(list)
        for row in rows:
            found[row.irregularity_id].append(row)
        return found

    def _row(self, thing: Irregularity, events: Sequence[IrregularityEvent]) -> Row:
        newest = events[-1]
        closed = newest.state in CLOSED
        return {
            "reference": thing.reference,
            "kind": newest.kind,
            "state": newest.state,
            "pence": self._ours(thing.redemption_id, newest.pence),
            "opened_on": london_date(events[0].at).isoformat(),
            "closed_on": london_date(newest.at).isoformat() if closed else None,
        }

    def _ours(self, claim_id: int | None, pence: int) -> int:
        if claim_id is None:
            return pence
        spread = self.spread[claim_id]
        lines = sorted(spread)
        parts = zip(lines, split(pence, [spread[line] for line in lines]), strict=True)
        return sum(part for line, part in parts if line in self.line_ids)

    def rows(self) -> list[Row]:
        """What was open at the end of the period, and what was closed in it; older closed ones are left out."""
        first = self.period.first.isoformat()
        return [each for each in self.found if each["closed_on"] is None or str(each["closed_on"]) >= first]

    def parts(self) -> list[Part]:
        """How many are open and for how much, how many of them are suspected fraud, and what the period brought."""
        still_open = [each for each in self.found if each["closed_on"] is None]
        fraud = [each for each in still_open if each["kind"] == IrregularityKind.SUSPECTED_FRAUD]
        first, last = self.period.first.isoformat(), self.period.last.isoformat()
        opened = [each for each in self.found if first <= str(each["opened_on"]) <= last]
        closed = [each for each in self.found if each["closed_on"] and first <= str(each["closed_on"]) <= last]
        gross = _("What they are about, gross: never netted off what was paid.")
        whole = _("Open at the end of the period; each is listed by its reference.")
        return [
            part(Shape("21", _("Irregularities and suspected fraud"), whole), len(still_open), unit="count"),
            part(Shape("21a", _("Amount of those"), gross), sum(int(str(each["pence"])) for each in still_open)),
            part(Shape("21b", _("Of which suspected fraud"), _("Open ones of that kind.")), len(fraud), unit="count"),
            part(Shape("21c", _("Opened in the period"), _("Open or closed by now.")), len(opened), unit="count"),
            part(Shape("21d", _("Closed in the period"), _("Proved or unfounded.")), len(closed), unit="count"),
        ]


def _spread(claim_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """How each claim was first claimed over its lines, by claim: the weights that its irregularities are split by."""
    rows = session.execute(
        select(Posting.redemption_id, Posting.line_id, func.sum(Posting.pence))
        .where(
            Posting.redemption_id.in_(claim_ids),
            Posting.from_account == str(Account.COMMITTED),
            Posting.to_account == str(Account.CLAIMED),
        )
        .group_by(Posting.redemption_id, Posting.line_id)
    )
    found: dict[int, dict[int, int]] = {claim_id: {} for claim_id in claim_ids}
    for claim_id, line_id, pence in rows:
        if claim_id is not None:
            found[claim_id][line_id] = int(pence)
    return found
