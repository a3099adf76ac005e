"""Deciding claims: approve wholly or partly, refuse, send back; and bringing an expired voucher back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import func, select

from voucher.applications.queries import live_application
from voucher.audit.commands import change_state
from voucher.funding.ledger import About, moves, post
from voucher.funding.models import Entry, Posting
from voucher.funding.queries import standing_of_redemption
from voucher.funding.rules import Account, EntryKind
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden, InvalidTransition
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.redemptions.checks import refuse_frozen, why_not_ready
from voucher.redemptions.giving_back import give_back, undo_approval
from voucher.redemptions.likeness import compare
from voucher.redemptions.models import Redemption
from voucher.redemptions.policy import why_not_decide_claim
from voucher.redemptions.queries import held_on, lock_redemption, sessions_of
from voucher.redemptions.rules import REDEMPTION_TRANSITIONS, SESSION_TRANSITIONS, RedemptionState, SessionState
from voucher.schemes.queries import held_still
from voucher.vouchers.balances import settle_state
from voucher.vouchers.commands import tell_business
from voucher.vouchers.models import Voucher
from voucher.vouchers.queries import lock_voucher
from voucher.vouchers.rules import TRANSITIONS as VOUCHER_TRANSITIONS
from voucher.vouchers.rules import ReleaseReason, VoucherState

R = RedemptionState


def _decide(act: Act, redemption: Redemption) -> tuple[Voucher, Redemption]:
    act.require(Permission.CLAIMS_APPROVE, scheme_id=redemption.scheme_id)
    refusal = why_not_decide_claim(act.actor, redemption)
    if refusal:
        raise Forbidden("own_claim", refusal)
    return lock_voucher(redemption.voucher_id), lock_redemption(redemption.id)


def approve_claim(act: Act, redemption: Redemption, *, pence: int | None = None, reason: str = "") -> None:
    """Approves a verified claim, wholly or, with a reason, in part; what is not approved goes back by rule."""
    voucher, redemption = _decide(act, redemption)
    approved = redemption.grant_pence if pence is None else pence
    if not 0 < approved <= redemption.grant_pence:
        raise DomainError("amount", said("Approve up to %(grant)s.", grant=Amount(redemption.grant_pence)), "amount")
    if approved < redemption.grant_pence and not reason.strip():
        raise DomainError("reason_needed", _("Say why only part of the claim is approved."), "reason")
    if redemption.state != R.VERIFIED:  # a claim in a batch goes back to *approved* when it is taken out, not here
        raise InvalidTransition("claim", redemption.reference, redemption.state, R.APPROVED)
    refuse_frozen(redemption)
    missing = why_not_ready(redemption)
    if missing:
        raise DomainError("not_ready", missing)
    change_state(
        act.actor,
        "claim.approved",
        redemption,
        R.APPROVED,
        REDEMPTION_TRANSITIONS,
        at=act.now,
        reason=reason,
        pence=approved,
    )
    redemption.approved_by = act.person_id
    if approved < redemption.grant_pence:
        give_back(
            act,
            voucher,
            redemption,
            redemption.grant_pence - approved,
            reason=f"claim {redemption.reference} approved in part",
        )
        settle_state(act, voucher, held_on)
    post(
        act,
        EntryKind.APPROVED,
        redemption.scheme_id,
        moves(
            standing_of_redemption(redemption.id, Account.CLAIMED),
            Account.CLAIMED,
            Account.APPROVED,
            About(voucher_id=voucher.id, redemption_id=redemption.id),
        ),
        reason=f"claim {redemption.reference} approved",
    )
    _tell_provider(act, "claim_approved", redemption)


def refuse_claim(act: Act, redemption: Redemption, *, reason: str) -> None:
    """Refuses a claim; its money goes back to the voucher, or to the lines once that was released."""
    voucher, redemption = _decide(act, redemption)
    _need_reason(reason)
    change_state(act.actor, "claim.refused", redemption, R.REFUSED, REDEMPTION_TRANSITIONS, at=act.now, reason=reason)
    redemption.state_reason = reason
    give_back(act, voucher, redemption, redemption.grant_pence, reason=f"claim {redemption.reference} refused")
    for item in sessions_of(redemption):
        change_state(act.actor, "session.lapsed", item, SessionState.LAPSED, SESSION_TRANSITIONS, at=act.now)
    compare(act, redemption)
    settle_state(act, voucher, held_on)
    _tell_provider(act, "claim_refused", redemption)


def send_back(act: Act, redemption: Redemption, *, reason: str) -> None:
    """Sends a claim back to be corrected, until it is in a batch; an approval is undone."""
    _voucher, redemption = _decide(act, redemption)
    _need_reason(reason)
    if redemption.state == R.APPROVED:
        undo_approval(act, redemption, reason=f"claim {redemption.reference} sent back")
    change_state(
        act.actor, "claim.sent_back", redemption, R.SENT_BACK, REDEMPTION_TRANSITIONS, at=act.now, reason=reason
    )
    redemption.state_reason = reason
    _tell_provider(act, "claim_sent_back", redemption)


def reinstate_voucher(act: Act, redemption: Redemption, *, reason: str) -> Voucher:
    """Brings an expired voucher back for the money of a claim refused through the provider's fault after expiry.

    Raises Conflict when a line no longer has the money, or the business holds another voucher by now.
    """
    act.require(Permission.VOUCHERS_MANAGE, scheme_id=redemption.scheme_id)
    refusal = why_not_decide_claim(act.actor, redemption)
    if refusal:
        raise Forbidden("own_claim", refusal)
    _need_reason(reason)
    voucher, redemption = lock_voucher(redemption.voucher_id), lock_redemption(redemption.id)
    parts, scheme = _released_by(redemption), held_still(voucher.scheme)
    _refuse_reinstatement(act, voucher, redemption, parts)
    voucher.released_on = voucher.release_reason = None
    voucher.last_day = min(act.today + timedelta(days=scheme.reinstatement_days), scheme.ends_on)
    voucher.remaining_pence = sum(parts.values())
    voucher.application.voucher_ended = False
    change_state(
        act.actor,
        "voucher.reinstated",
        voucher,
        VoucherState.ISSUED,
        VOUCHER_TRANSITIONS,
        at=act.now,
        reason=reason,
        pence=voucher.remaining_pence,
    )
    session.flush()
    post(
        act,
        EntryKind.REINSTATED,
        voucher.scheme_id,
        moves(
            parts,
            Account.UNALLOCATED,
            Account.COMMITTED,
            About(voucher_id=voucher.id, redemption_id=redemption.id),
        ),
        reason=f"voucher {voucher.reference} reinstated",
    )
    tell_business(act, "voucher_extended", voucher)
    return voucher


def _refuse_reinstatement(act: Act, voucher: Voucher, redemption: Redemption, parts: Mapping[int, int]) -> None:
    if redemption.state != R.REFUSED or voucher.release_reason != ReleaseReason.EXPIRED or not parts:
        raise DomainError(
            "nothing_to_reinstate", _("A voucher comes back only for a claim that was refused after it expired.")
        )
    if act.today > voucher.scheme.ends_on:
        words = _("The scheme ended on %(day)s: nothing can be used in it any more.")
        raise Conflict("scheme_over", said(words, day=voucher.scheme.ends_on))
    other = live_application(voucher.scheme_id, voucher.business_id)
    if other is not None:
        words = _("%(business)s has application %(other)s by now.")
        raise Conflict("application_live", said(words, business=voucher.business.name, other=other.reference))


def _released_by(redemption: Redemption) -> dict[int, int]:
    """What the claim gave back to the lines, less what a reinstatement has brought back already."""
    given = _moved(redemption, EntryKind.RELEASED_LATER_EXPIRED, Account.UNALLOCATED)
    brought = _moved(redemption, EntryKind.REINSTATED, Account.COMMITTED)
    return {line: pence - brought.get(line, 0) for line, pence in given.items() if pence > brought.get(line, 0)}


def _moved(redemption: Redemption, kind: EntryKind, target: Account) -> dict[int, int]:
    rows = session.execute(
        select(Posting.line_id, func.sum(Posting.pence))
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Posting.redemption_id == redemption.id, Entry.kind == kind, Posting.to_account == str(target))
        .group_by(Posting.line_id)
        .order_by(Posting.line_id)
    )
    return {line: int(pence) for line, pence in rows}


def _tell_provider(act: Act, kind: str, redemption: Redemption) -> None:
    tell(
        act,
        kind,
        email=redemption.provider.contact_email,
        scheme_id=redemption.scheme_id,
        redemption_id=redemption.id,
    )


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: both sides read the reason."), "reason")
