"""Line 14: the match behind what was paid, each pound of it once, and the intervention rate (rules 27, 28)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from voucher.funding.models import Agreement
from voucher.funding.rules import Account
from voucher.payments.models import BankMatch, PaymentItem
from voucher.payments.rules import MatchKind
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.redemptions.models import Redemption
from voucher.redemptions.other_match import declared_elsewhere
from voucher.reports.claims_paid import Paid, match_of, our_part, own_contributions, standing_claims
from voucher.reports.comparing import parts_of
from voucher.reports.ledger_side import Period
from voucher.reports.lines import Part, Shape, part
from voucher.reports.models import Statement
from voucher.reports.queries import last_signed


def match_parts(agreement: Agreement, line_ids: Sequence[int], period: Period, paid: Sequence[Paid]) -> list[Part]:
    """The parts of line 14 at the end of a period."""
    behind = match_behind((Account.DEFRAYED, Account.DISALLOWED), line_ids, period)
    elsewhere = sum(each.elsewhere for each in behind)
    match = sum(each.own for each in behind) - elsewhere
    grant = sum(each.grant for each in behind)
    agreed = agreement.intervention_rate_bp
    note = _("Above the agreed rate.") if agreed is not None and above_rate(grant, match, agreed) else None
    flagged = _("Declared to be match of another programme.") if elsewhere else None
    return [
        part(Shape("14", _("Match evidenced to date"), _("Own contribution behind 14f, less 14e; never VAT.")), match),
        part(
            Shape("14a", _("Match of this period"), _("With the payments of line 7, before 14e.")),
            sum(match_of(item.redemption, item.by_line, line_ids).own for item in paid),
        ),
        part(
            Shape("14b", _("Intervention rate"), _("14f ÷ (14f + 14), rounded down.")),
            10_000 * grant // (grant + match) if grant + match else None,
            unit="basis_points",
            note=note,
        ),
        part(Shape("14c", _("Agreed rate"), _("As the agreement says.")), agreed, unit="basis_points"),
        part(
            Shape("14d", _("Match of claims not yet paid"), _("Shown beside, not counted.")),
            sum(each.own for each in match_behind((Account.CLAIMED, Account.APPROVED), line_ids, period)),
        ),
        part(Shape("14e", _("Match that counts elsewhere"), _("Not counted here.")), elsewhere, note=flagged),
        part(Shape("14f", _("Grants behind it"), _("Line 8 without administration and earlier payments.")), grant),
    ]


def above_rate(grant: int, match: int, agreed_bp: int) -> bool:
    """Whether the grant is more than its agreed share of grant and match, to the penny and not to the rounded rate."""
    return grant * 10_000 > agreed_bp * (grant + match)


@dataclass(frozen=True)
class MatchBehind:
    """A claim with this agreement's part of its grant and of the own contribution that came with it, in pence.

    ``elsewhere`` is what of that contribution was declared to be match of another programme.
    """

    redemption: Redemption
    grant: int
    own: int
    elsewhere: int

    @property
    def counted(self) -> int:
        """What counts as match of this agreement."""
        return self.own - self.elsewhere


def match_behind(accounts: Sequence[Account], line_ids: Sequence[int], period: Period) -> list[MatchBehind]:
    """The claims with money on these accounts and lines at the end of a period, and the match that each brings."""
    standing = standing_claims(accounts, line_ids, period.last)
    other = declared_elsewhere([share.redemption.id for share in standing], period.last)
    return [
        MatchBehind(
            share.redemption,
            share.pence,
            match_of(share.redemption, share.spread, line_ids).own,
            our_part(other.get(share.redemption.id, 0), share.spread, line_ids),
        )
        for share in standing
    ]


def counted_twice(agreement: Agreement, match_now: int, through: date) -> int:
    """By how much the match that all agreements of the scheme count goes beyond what the businesses paid (rule 27).

    The other agreements' match is what their newest signed statements say; the businesses' own contributions are those
    of every claim that the bank ever paid, by the claims' own rows. A signed statement stays as it was when a claim
    comes back and is paid smaller, until the next one says less. That counts no pound twice, so where the sum is too
    large, what fell away since each statement was prepared is taken off it. What a statement says beyond what the
    claims of its day gave stays, and so does what two agreements count now.
    """
    others = session.scalars(
        select(Agreement.id).where(Agreement.scheme_id == agreement.scheme_id, Agreement.id != agreement.id)
    ).all()
    signed = [found for found in (last_signed(each) for each in others) if found is not None]
    paid = (
        select(PaymentItem.redemption_id)
        .join(BankMatch, BankMatch.payment_id == PaymentItem.payment_id)
        .where(BankMatch.kind == MatchKind.PAYMENT)
    )
    own = session.scalar(
        select(func.coalesce(func.sum(Redemption.own_pence), 0)).where(
            Redemption.scheme_id == agreement.scheme_id, Redemption.id.in_(paid)
        )
    )
    beyond = match_now + sum(_match_of_statement(each) for each in signed) - int(own or 0)
    if beyond <= 0:
        return 0
    # Only now: it reads every claim of the other agreements, whatever the period.
    return max(0, match_now + sum(_still_counted(each, through) for each in signed) - int(own or 0))


def _still_counted(statement: Statement, through: date) -> int:
    """The match that another agreement counts by now, with what its statement says beyond what could be counted."""
    line_ids = [line.id for line in statement.agreement.lines]
    then = _match_of_claims(line_ids, statement.period_to, statement.prepared_at)
    by_now = _match_of_claims(line_ids, max(through, statement.period_to), None)
    return by_now + max(0, _match_of_statement(statement) - then)


def _match_of_claims(line_ids: Sequence[int], through: date, known_at: datetime | None) -> int:
    """Line 14 of some lines to the end of a day: by all that is known, or by what was written down at a moment."""
    standing = standing_claims((Account.DEFRAYED, Account.DISALLOWED), line_ids, through, known_at=known_at)
    claims = [share.redemption.id for share in standing]
    own = own_contributions(claims, known_at) if known_at else {}
    other = declared_elsewhere(claims, through)
    return sum(
        our_part(own.get(share.redemption.id, share.redemption.own_pence), share.spread, line_ids)
        - our_part(other.get(share.redemption.id, 0), share.spread, line_ids)
        for share in standing
    )


def _match_of_statement(statement: Statement) -> int:
    data = json.loads(statement.data)
    return next(int(str(each["value"])) for each in parts_of(data) if each["code"] == "14")
