"""Checks that a statement must pass before anybody can sign it (rules 54 to 56)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from voucher.funding.rules import Account as A
from voucher.funding.rules import EntryKind as K
from voucher.funding.rules import OpeningKind
from voucher.payments.rules import MatchKind
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.reports import domain_side
from voucher.reports.domain_side import Dated
from voucher.reports.ledger_side import Period, happened_flow, happened_stocks
from voucher.reports.lines import MoneyLines
from voucher.schemes.models import Round, Scheme

Check = dict[str, object]

BOTH_SIDES = _("postings, and the scheme's own rows")


def check(name: str, left: int, right: int) -> Check:
    """Two figures that must be the same pence."""
    return {"name": name, "left": left, "right": right, "holds": left == right}


def identities(money: MoneyLines) -> list[Check]:
    """What must hold among the statement's own lines."""
    closing, other = sum(money.closing.values()), sum(money.other_side_of_closing().values())
    cash = sum(money.side.stock(A.CASH).values())
    return [
        check(_("Line 12: roll-forward, and award less all that is spoken for"), closing, other),
        check(_("Line 12: roll-forward, and the account"), closing, sum(money.side.stock(A.UNALLOCATED).values())),
        check(_("Line 16: the cash identity, and the account"), money.cash_by_identity(), cash),
    ]


def two_sides(scheme: Scheme, period: Period) -> list[Check]:
    """The whole scheme from two sides: the ledger's postings, and the rows of vouchers, claims and bank lines."""
    rounds = session.scalars(select(Round.id).where(Round.scheme_id == scheme.id)).all()
    theirs = domain_side.stocks(rounds, period.last)
    paid_before = sum(domain_side.opening(scheme.id, OpeningKind.PAYMENT, period.last).values())
    ours = happened_stocks(scheme.id, period.last)
    borne = domain_side.administration_borne(scheme.id, period.last)
    administration = sum(each.pence for each in domain_side.administration(scheme.id) if each.on <= period.last)
    pairs = (
        (_("Reserved"), theirs.reserved, ours[A.RESERVED]),
        (_("Committed"), theirs.committed, ours[A.COMMITTED]),
        (_("Claimed, under check"), theirs.claimed, ours[A.CLAIMED]),
        (_("Approved, unpaid"), theirs.approved + borne - administration, ours[A.APPROVED]),
        (
            _("Defrayed to date"),
            theirs.defrayed + paid_before + administration,
            ours[A.DEFRAYED] + ours[A.DISALLOWED],
        ),
    )
    stocks = [check(f"{name}: {BOTH_SIDES}", left, right) for name, right, left in pairs]
    return stocks + _flows(scheme, period, rounds)


def _flows(scheme: Scheme, period: Period, rounds: Sequence[int]) -> list[Check]:
    bank = domain_side.bank_events(rounds) + domain_side.administration(scheme.id)
    releases = domain_side.releases(rounds)

    def flow(source: A, target: A, *kinds: K) -> int:
        return happened_flow(scheme.id, period, source, target, *kinds)

    def within(items: list[Dated], *kinds: str) -> int:
        return sum(abs(x.pence) for x in items if x.kind in kinds and period.first <= x.on <= period.last)

    expired, cancelled = (
        (K.RELEASED_EXPIRED, K.RELEASED_LATER_EXPIRED),
        (K.RELEASED_CANCELLED, K.RELEASED_LATER_CANCELLED),
    )
    pairs = (
        (
            _("Paid at the bank in the period"),
            flow(A.APPROVED, A.DEFRAYED),
            within(bank, MatchKind.PAYMENT, MatchKind.ADMINISTRATION),
        ),
        (
            _("Returned by the bank in the period"),
            flow(A.DEFRAYED, A.APPROVED),
            within(bank, MatchKind.RETURN, MatchKind.ADMINISTRATION_RETURN),
        ),
        (
            _("Released after expiry in the period"),
            flow(A.COMMITTED, A.UNALLOCATED, *expired) + flow(A.CLAIMED, A.UNALLOCATED, *expired),
            within(releases, *expired),
        ),
        (
            _("Released after cancellation in the period"),
            flow(A.COMMITTED, A.UNALLOCATED, *cancelled) + flow(A.CLAIMED, A.UNALLOCATED, *cancelled),
            within(releases, *cancelled),
        ),
        (
            _("Recovered in the period"),
            flow(A.RECOVERED, A.UNALLOCATED) + flow(A.RECOVERED, A.REPAYABLE),
            within(domain_side.recoveries(scheme.id), MatchKind.RECOVERY),
        ),
    )
    return [check(f"{name}: {BOTH_SIDES}", left, right) for name, left, right in pairs]
