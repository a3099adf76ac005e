"""Results so far on a scheme's public page: taken once a month, and told only where no business can be read from them.

A month's figures are kept as a row. The page then costs one query however large the scheme is, and nobody learns of a
single event by reading it twice on one day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func, select

from voucher.audit.commands import record
from voucher.funding.models import Posting
from voucher.funding.rules import Account
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import insert_unless_there, session
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import SessionState
from voucher.reports.models import PublicResult
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher

# A figure is told from so many businesses on. Of two, each could take its own off the sum and know the other's; of
# three, two who speak with each other could. With five nobody learns much of one, and official statistics commonly
# stop there, too.
FEWEST = 5
# Amounts are told in whole hundreds of pounds: two months that differ by one claim do not tell its amount.
ROUNDED_TO_PENCE = 100_00
DELIVERED = [str(SessionState.RECORDED), str(SessionState.CLAIMED)]


@dataclass(frozen=True)
class Told:
    """What the public page says as of a day; a figure with too few businesses behind it is None."""

    as_of: date
    vouchers: int | None
    businesses: int | None
    sessions: int | None
    hours: int | None
    paid_pence: int | None


def last_month_end(today: date) -> date:
    """The day up to which results are told: the last one of the month before."""
    return today.replace(day=1) - timedelta(days=1)


def show_results(act: Act, scheme: Scheme) -> None:
    """Lets the scheme's public page show its results, from now on and with those of the month before at once."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    scheme = session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)
    if not scheme.shows_results:
        scheme.shows_results = True
        record(act.actor, "scheme.results_shown", scheme, at=act.now)
    take_results(act, scheme)


def hide_results(act: Act, scheme: Scheme) -> None:
    """Takes the results off the scheme's public page."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    scheme = session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)
    if scheme.shows_results:
        scheme.shows_results = False
        record(act.actor, "scheme.results_hidden", scheme, at=act.now)


def take_results(act: Act, scheme: Scheme) -> bool:
    """Keeps the figures of the last whole month of a scheme that shows its results; once, whoever else does it, too."""
    as_of = last_month_end(act.today)
    known = select(PublicResult.id).where(PublicResult.scheme_id == scheme.id, PublicResult.as_of == as_of)
    if not scheme.shows_results or session.scalar(known) is not None:
        return False
    figures = {**_issued(scheme, as_of), **_delivered(scheme, as_of), **_paid(scheme, as_of)}
    row = {"scheme_id": scheme.id, "as_of": as_of, "taken_at": act.now, **figures}
    return session.scalar(insert_unless_there(PublicResult).values(row).returning(PublicResult.id)) is not None


def results_of(scheme: Scheme) -> Told | None:
    """What the public page says of the scheme's results; None when it shows none or none were taken yet."""
    # Asked whether they are shown or not, so that the page always costs the same.
    newest = session.scalar(
        select(PublicResult).where(PublicResult.scheme_id == scheme.id).order_by(PublicResult.as_of.desc()).limit(1)
    )
    return told(newest) if newest is not None and scheme.shows_results else None


def told(row: PublicResult) -> Told:
    """What may be said of a month's figures: each only with enough businesses behind it."""
    delivered, paid = row.supported >= FEWEST, row.paid_for >= FEWEST
    return Told(
        as_of=row.as_of,
        vouchers=row.vouchers if row.issued_to >= FEWEST else None,
        businesses=row.supported if delivered else None,
        sessions=row.sessions if delivered else None,
        hours=row.minutes // 60 if delivered else None,
        paid_pence=row.paid_pence // ROUNDED_TO_PENCE * ROUNDED_TO_PENCE if paid else None,
    )


def _issued(scheme: Scheme, as_of: date) -> dict[str, Any]:
    number, businesses = session.execute(
        select(func.count(), func.count(Voucher.business_id.distinct())).where(
            Voucher.scheme_id == scheme.id, Voucher.issued_on <= as_of
        )
    ).one()
    return {"vouchers": number, "issued_to": businesses}


def _delivered(scheme: Scheme, as_of: date) -> dict[str, Any]:
    number, minutes, businesses = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(DeliverySession.minutes), 0),
            func.count(Voucher.business_id.distinct()),
        )
        .select_from(DeliverySession)
        .join(Voucher, Voucher.id == DeliverySession.voucher_id)
        .where(
            DeliverySession.scheme_id == scheme.id,
            DeliverySession.state.in_(DELIVERED),
            DeliverySession.delivered_on <= as_of,
        )
    ).one()
    return {"sessions": number, "minutes": int(minutes or 0), "supported": businesses}


def _paid(scheme: Scheme, as_of: date) -> dict[str, Any]:
    """What left the bank for claims by that day, less what came back; a claim that came back whole supports nobody."""
    out = Posting.to_account == str(Account.DEFRAYED)
    by_claim = (
        select(
            Voucher.business_id.label("business"),
            func.sum(case((out, Posting.pence), else_=-Posting.pence)).label("pence"),
        )
        .select_from(Posting)
        .join(Redemption, Redemption.id == Posting.redemption_id)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .where(
            Redemption.scheme_id == scheme.id,
            Posting.effective_on <= as_of,
            (out & (Posting.from_account == str(Account.APPROVED)))
            | ((Posting.from_account == str(Account.DEFRAYED)) & (Posting.to_account == str(Account.APPROVED))),
        )
        .group_by(Voucher.business_id)
        .subquery()
    )
    paid = by_claim.c.pence
    pence, businesses = session.execute(
        select(func.coalesce(func.sum(paid), 0), func.count(case((paid > 0, 1)))).select_from(by_claim)
    ).one()
    return {"paid_pence": int(pence), "paid_for": businesses}
