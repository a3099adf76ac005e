"""Money that a claim gives back: to its voucher, or to the lines once the voucher's money has been released."""

from __future__ import annotations

from voucher.funding.ledger import About, moves, post
from voucher.funding.queries import split_over, standing_of_redemption
from voucher.funding.rules import Account, EntryKind
from voucher.platform.act import Act
from voucher.redemptions.models import Redemption
from voucher.vouchers.balances import add_remaining, later_release, record_release
from voucher.vouchers.models import Voucher


def give_back(act: Act, voucher: Voucher, redemption: Redemption, pence: int, *, reason: str) -> None:
    """Takes pence out of the claim, over its own parts, and lowers its grant by them."""
    released = voucher.released_on is not None
    parts = split_over(pence, standing_of_redemption(redemption.id, Account.CLAIMED))
    kind = later_release(voucher) if released else EntryKind.CLAIM_GIVEN_BACK
    if released:
        record_release(act, voucher, kind, pence, act.today)
    post(
        act,
        kind,
        redemption.scheme_id,
        moves(
            parts,
            Account.CLAIMED,
            Account.UNALLOCATED if released else Account.COMMITTED,
            About(voucher_id=voucher.id, redemption_id=redemption.id),
        ),
        reason=reason,
    )
    redemption.grant_pence -= pence
    if not released:
        add_remaining(voucher, pence)


def undo_approval(act: Act, redemption: Redemption, *, reason: str) -> None:
    """Moves an approved claim's money back to *claimed*, before it is disputed or sent back."""
    parts = standing_of_redemption(redemption.id, Account.APPROVED)
    about = About(voucher_id=redemption.voucher_id, redemption_id=redemption.id)
    post(
        act,
        EntryKind.APPROVAL_UNDONE,
        redemption.scheme_id,
        moves(parts, Account.APPROVED, Account.CLAIMED, about),
        reason=reason,
    )
