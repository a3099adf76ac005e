"""Payments that the bank shows, and payments that it gave back: one as well as ten thousand at once (rules 35, 37).

Many matches cost as many statements as one does. Claims are locked last, after what ``evidence`` holds still.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from voucher.audit.commands import change_state, record
from voucher.audit.rules import Override
from voucher.funding.ledger import About, Draft, Move, moves, post_all
from voucher.funding.queries import standing_of_redemptions
from voucher.funding.rules import Account, EntryKind
from voucher.payments.evidence import (
    Found,
    held_still,
    refuse_other_amounts,
    refuse_other_returns,
    refuse_weak_evidence,
    refuse_without_reason,
)
from voucher.payments.models import BankLine, BankMatch, Batch, Payment
from voucher.payments.open_lines import take_from_lines
from voucher.payments.queries import batches_waiting, lock_claims
from voucher.payments.rules import (
    BATCH_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    BatchState,
    MatchKind,
    PaymentState,
)
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import said
from voucher.platform.money import split
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import REDEMPTION_TRANSITIONS, RedemptionState
from voucher.schemes.models import Scheme

R = RedemptionState
Claims = Mapping[int, Redemption]
# What stands on an account, by claim and by funding line.
Standing = Mapping[int, dict[int, int]]


def defray(act: Act, found: Sequence[Found], *, reason: str = "") -> None:
    """Matches money out to payments, all of it or nothing: they are defrayed on the days on which the bank booked them.

    Raises DomainError unless all amounts agree to the penny and each day lies in the window after the export. A line
    that does not carry the payments' references, or that is more than they come to, needs a reason and is counted.
    """
    held = held_still(act, found, out=True)
    scheme = session.get_one(Scheme, held[0].lines[0].scheme_id)
    for each in held:
        refuse_other_amounts(each)
        refuse_without_reason(each, reason)
        for line, payment, _pence in each.parts():
            refuse_weak_evidence(line, payment, scheme)
    parts = [part for each in held for part in each.parts()]
    claims = lock_claims(item.redemption_id for _line, payment, _pence in parts for item in payment.items)
    approved = standing_of_redemptions(list(claims), Account.APPROVED)
    drafts = [draft for each in held for draft in _paying(each, approved, claims)]
    take_from_lines(_by_line(parts))
    _post(act, scheme.id, drafts)
    _note(act, MatchKind.PAYMENT, parts, reason)
    for each in held:
        for payment in each.payments:
            _make_paid(act, each, payment, claims, reason)
    _settle(act, {payment.batch_id: payment.batch for each in held for payment in each.payments}.values())


def _by_line(parts: Iterable[tuple[BankLine, Payment, int]]) -> dict[BankLine, int]:
    taken: dict[BankLine, int] = defaultdict(int)
    for line, _payment, pence in parts:
        taken[line] += pence
    return taken


def _post(act: Act, scheme_id: int, drafts: Sequence[Draft]) -> None:
    full = [draft for draft in drafts if draft.movements]
    if full:
        post_all(act, scheme_id, full)


def _paying(each: Found, approved: Standing, claims: Claims) -> list[Draft]:
    """One entry for each payment; one for each bank day where it left on several.

    Cash leaves as the bank booked it. What was approved is defrayed on the day on which the last of it left.
    """
    by_payment: dict[int, list[tuple[BankLine, int]]] = defaultdict(list)
    for line, payment, pence in each.parts():
        by_payment[payment.id].append((line, pence))
    return [
        draft for payment in each.payments for draft in _paying_one(payment, by_payment[payment.id], approved, claims)
    ]


def _paying_one(
    payment: Payment, seen: Sequence[tuple[BankLine, int]], approved: Standing, claims: Claims
) -> list[Draft]:
    days: dict[date, int] = defaultdict(int)
    for line, pence in seen:
        days[line.booked_on] += pence
    claim_ids = [item.redemption_id for item in payment.items]
    left = {(claim_id, at): pence for claim_id in claim_ids for at, pence in approved[claim_id].items()}
    words = said(
        "payment %(payment)s matched to bank line %(seen)s",
        payment=payment.reference,
        seen=tuple(line.public_id for line, _pence in seen),
    )
    drafts = []
    for day in sorted(days):
        gone = dict(zip(left, split(days[day], list(left.values())), strict=True))
        left = {key: pence - gone[key] for key, pence in left.items()}
        movements = [
            Move(at, Account.CASH, Account.CASH_PAID, pence, _about(claims[claim_id], payment))
            for (claim_id, at), pence in gone.items()
            if pence
        ]
        if day == max(days):
            movements += _moved(payment, approved, claims, Account.APPROVED, Account.DEFRAYED)
        drafts.append(Draft(EntryKind.DEFRAYED, movements, words, day))
    return drafts


def _about(claim: Redemption, payment: Payment) -> About:
    return About(voucher_id=claim.voucher_id, redemption_id=claim.id, payment_id=payment.id)


def _moved(payment: Payment, standing: Standing, claims: Claims, source: Account, target: Account) -> list[Move]:
    return [
        move
        for item in payment.items
        for move in moves(standing[item.redemption_id], source, target, _about(claims[item.redemption_id], payment))
    ]


def _note(act: Act, kind: MatchKind, parts: Iterable[tuple[BankLine, Payment, int]], reason: str) -> None:
    session.add_all(
        BankMatch(
            scheme_id=line.scheme_id,
            bank_line_id=line.id,
            kind=str(kind),
            pence=pence,
            payment_id=payment.id,
            by_id=act.person_id,
            at=act.now,
            reason=reason,
        )
        for line, payment, pence in parts
    )
    session.flush()


def _make_paid(act: Act, each: Found, payment: Payment, claims: Claims, reason: str) -> None:
    for item in payment.items:
        claim = claims[item.redemption_id]
        change_state(act.actor, "claim.paid", claim, R.PAID, REDEMPTION_TRANSITIONS, at=act.now, pence=item.pence)
    change_state(act.actor, "payment.defrayed", payment, PaymentState.DEFRAYED, PAYMENT_TRANSITIONS, at=act.now)
    override = Override.MATCH_LEAVES_REST if each.leaves_rest else None
    record(
        act.actor,
        "payment.matched",
        payment,
        at=act.now,
        reason=reason,
        override=Override.MATCH_WITHOUT_REFERENCE if payment in each.unnamed() else override,
        pence=payment.pence,
        details={"bank_line": ", ".join(line.public_id for line in each.lines)},
    )


def _settle(act: Act, batches: Iterable[Batch]) -> None:
    """Says of each batch whether its last payment was seen now."""
    found = {batch.id: batch for batch in batches}
    waiting = batches_waiting(found)
    for _id, batch in sorted(found.items()):
        to = BatchState.PARTLY_SETTLED if batch.id in waiting else BatchState.SETTLED
        if batch.state != to:
            change_state(act.actor, f"batch.{to.replace(' ', '_')}", batch, to, BATCH_TRANSITIONS, at=act.now)


def take_back(act: Act, found: Sequence[Found], *, reason: str) -> None:
    """Matches money in to payments that the bank returned: reversed on the bank's day, their claims approved again.

    A signed period stays as it is: the reversal counts in the period of the return. Raises DomainError unless the line
    is just what the payments were.
    """
    held = held_still(act, found, out=False)
    for each in held:
        for payment in each.payments:
            if payment.state != PaymentState.DEFRAYED:
                words = said(
                    "Payment %(payment)s is %(state)s; it cannot be returned.",
                    payment=payment.reference,
                    state=said(payment.state),
                )
                raise DomainError("not_defrayed", words)
        refuse_other_returns(each)
    parts = [part for each in held for part in each.parts()]
    claims = lock_claims(item.redemption_id for _line, payment, _pence in parts for item in payment.items)
    take_from_lines(_by_line(parts))
    scheme_id = held[0].lines[0].scheme_id
    _undo_disallowances(act, scheme_id, held, claims)
    defrayed = standing_of_redemptions(list(claims), Account.DEFRAYED)
    _post(act, scheme_id, [draft for each in held for draft in _returning(each, defrayed, claims, reason)])
    for _line, payment, _pence in parts:
        _make_payable_again(act, payment, claims, reason)
    _note(act, MatchKind.RETURN, parts, reason)


def _undo_disallowances(act: Act, scheme_id: int, held: Sequence[Found], claims: Claims) -> None:
    """What the authority bore of a payment that came back was never spent: the bearing is undone on the bank's day."""
    borne = standing_of_redemptions(list(claims), Account.DISALLOWED)
    drafts = []
    for each in held:
        for claim in [claims[item.redemption_id] for payment in each.payments for item in payment.items]:
            parts, about = borne[claim.id], About(voucher_id=claim.voucher_id, redemption_id=claim.id)
            movements = moves(parts, Account.DISALLOWED, Account.DEFRAYED, about)
            movements += moves(parts, Account.CASH, Account.CASH_BORNE, about)
            words = said("the payment of claim %(claim)s was returned by the bank", claim=claim.reference)
            drafts.append(Draft(EntryKind.DISALLOWANCE_UNDONE, movements, words, each.lines[0].booked_on))
            claim.disallowed_pence = 0
    _post(act, scheme_id, drafts)


def _returning(each: Found, defrayed: Standing, claims: Claims, reason: str) -> list[Draft]:
    return [
        Draft(
            EntryKind.PAYMENT_RETURNED,
            [
                *_moved(payment, defrayed, claims, Account.DEFRAYED, Account.APPROVED),
                *_moved(payment, defrayed, claims, Account.CASH_BANK_RETURNS, Account.CASH),
            ],
            reason or f"payment {payment.reference} returned by the bank",
            each.lines[0].booked_on,
        )
        for payment in each.payments
    ]


def _make_payable_again(act: Act, payment: Payment, claims: Claims, reason: str) -> None:
    for item in payment.items:
        claim = claims[item.redemption_id]
        change_state(
            act.actor, "claim.payment_returned", claim, R.RETURNED, REDEMPTION_TRANSITIONS, at=act.now, reason=reason
        )
        change_state(act.actor, "claim.payable_again", claim, R.APPROVED, REDEMPTION_TRANSITIONS, at=act.now)
        item.live = False
    change_state(
        act.actor, "payment.returned", payment, PaymentState.RETURNED, PAYMENT_TRANSITIONS, at=act.now, reason=reason
    )
