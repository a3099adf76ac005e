"""Matching what is certain in one act: what carries its reference and its amount (rules 35, 37)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voucher.audit.commands import record
from voucher.payments.bank import match_drawdown
from voucher.payments.debts import match_recovery
from voucher.payments.defrayal import defray, take_back
from voucher.payments.evidence import Found
from voucher.payments.matching_queries import look_at
from voucher.payments.matching_rules import Proposal, booked_within
from voucher.payments.models import BankLine, Debt, Drawdown, Payment
from voucher.payments.queries import rows_by_id
from voucher.payments.rules import MatchKind
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict
from voucher.platform.i18n import gettext_noop as _
from voucher.schemes.models import Scheme

CARRIES_THE_REFERENCE = "the bank line carries the payment's reference"


@dataclass(frozen=True)
class Matched:
    """What was matched in one act, and how many lines are left for a person."""

    proposals: list[Proposal]
    left: int

    @property
    def lines(self) -> int:
        """How many bank lines were explained."""
        return sum(len(proposal.lines) for proposal in self.proposals)


def fingerprint(proposals: Sequence[Proposal]) -> str:
    """What tells one list of proposals from another, so that nobody matches what was not shown."""
    told = "|".join(
        f"{proposal.kind}:{','.join(f'{line.id}={line.pence}' for line in proposal.lines)}:"
        f"{','.join(f'{thing.id}={thing.pence}' for thing in proposal.things)}"
        for proposal in proposals
    )
    return hashlib.sha256(told.encode()).hexdigest()


def match_certain(
    act: Act, scheme: Scheme, *, seen: str | None = None, first: date | None = None, last: date | None = None
) -> Matched:
    """Matches everything that is beyond doubt, or nothing when a part of it is refused.

    ``seen`` is the fingerprint of the list that the person was shown. Between ``first`` and ``last``, the bank's days,
    both included, lines are matched; those of other days are left. Raises Conflict when something has come or gone
    since the list was shown.
    """
    act.require(Permission.BANK_LINES_MATCH, scheme_id=scheme.id)
    found = look_at(scheme, act.ring)
    certain = booked_within(found.certain, first, last)
    if seen is not None and seen != fingerprint(certain):
        raise Conflict("list_changed", _("The list has changed since it was shown. Look at it again, then match it."))
    if certain:
        _match(act, certain)
        record(act.actor, "bank_lines.matched_certain", scheme, at=act.now, details={"proposals": len(certain)})
    return Matched(certain, len(found.left))


def _match(act: Act, proposals: Sequence[Proposal]) -> None:
    lines = rows_by_id(BankLine, [line.id for proposal in proposals for line in proposal.lines])

    def of(kind: MatchKind) -> list[Proposal]:
        return [proposal for proposal in proposals if proposal.kind == kind]

    def with_payments(chosen: Sequence[Proposal]) -> list[Found]:
        payments = rows_by_id(Payment, [thing.id for proposal in chosen for thing in proposal.things])
        return [
            Found(tuple(lines[x.id] for x in proposal.lines), tuple(payments[x.id] for x in proposal.things))
            for proposal in chosen
        ]

    if paid := of(MatchKind.PAYMENT):
        defray(act, with_payments(paid))
    if back := of(MatchKind.RETURN):
        take_back(act, with_payments(back), reason=CARRIES_THE_REFERENCE)
    for proposal in of(MatchKind.DRAWDOWN):
        match_drawdown(act, lines[proposal.lines[0].id], session.get_one(Drawdown, proposal.things[0].id))
    for proposal in of(MatchKind.RECOVERY):
        match_recovery(act, lines[proposal.lines[0].id], session.get_one(Debt, proposal.things[0].id))
