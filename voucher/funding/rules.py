"""Pure: the accounts, and every event that moves money with where it comes from and goes to (rule 24)."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from voucher.platform.i18n import gettext_noop as _


class Account(StrEnum):
    """Where a pound of a funding line stands. Contra accounts run negative, which is what they are for."""

    AWARD = "award"
    UNALLOCATED = "unallocated"
    RESERVED = "reserved"
    COMMITTED = "committed"
    CLAIMED = "claimed"
    APPROVED = "approved"
    DEFRAYED = "defrayed"
    DISALLOWED = "disallowed"
    DEBT = "debt"
    RECEIVABLE = "receivable"
    RECOVERED = "recovered"
    REPAYABLE = "repayable"
    RETURNED = "returned to funder"
    CASH = "cash"
    CASH_DRAWN = "cash: drawdown received"
    CASH_PAID = "cash: payments"
    CASH_BANK_RETURNS = "cash: bank returns"
    CASH_RECOVERED = "cash: recoveries"
    CASH_RETURNED = "cash: returned to funder"
    CASH_BORNE = "cash: borne by the authority"


# What the figure of each account says, in the words of the page on which figures are explained.
MEANINGS = {
    Account.AWARD: _("What the funder has promised for the line. All other figures of the line come out of it."),
    Account.UNALLOCATED: _("Awarded and free: no offer, voucher or cost has a claim to it."),
    Account.RESERVED: _("Offered to a business that has not answered yet. It is free again when the offer ends."),
    Account.COMMITTED: _(
        "On vouchers that are issued: what is left on them and what recorded support holds. It is free again when a "
        "voucher expires or is cancelled."
    ),
    Account.CLAIMED: _("Asked for by providers, and neither approved nor refused."),
    Account.APPROVED: _("Approved and not paid yet. It stays here until the bank shows that the money left."),
    Account.DEFRAYED: _("Paid: the money has left the bank, and a line of payment evidence is matched to it."),
    Account.DISALLOWED: _("Paid, and not accepted by the funder afterwards. The authority bears it."),
    Account.DEBT: _("The other side of what providers and businesses owe back."),
    Account.RECEIVABLE: _("Owed back by providers and businesses, and not repaid yet."),
    Account.RECOVERED: _("The other side of what was got back. What was paid stays counted as paid."),
    Account.REPAYABLE: _("Got back, and owed to the funder."),
    Account.RETURNED: _("Got back and repaid to the funder."),
    Account.CASH: _("The funder's money at the bank. A minus is what the funder owes: grants paid in arrears."),
    Account.CASH_DRAWN: _("Money that came from the funder."),
    Account.CASH_PAID: _("Payments that left the bank."),
    Account.CASH_BANK_RETURNS: _("Payments that the bank gave back."),
    Account.CASH_RECOVERED: _("Money that came back from providers and businesses."),
    Account.CASH_RETURNED: _("Money that went back to the funder."),
    Account.CASH_BORNE: _("Money that the authority put in for what the funder did not accept."),
}


class EntryKind(StrEnum):
    """Why money moved. Nothing else moves it."""

    AGREEMENT_RAISED = "agreement raised"
    AGREEMENT_LOWERED = "agreement lowered"
    VIREMENT = "virement"
    OPENING = "opening"
    RESERVED = "reserved"
    RESERVATION_RELEASED = "reservation released"
    ISSUED = "issued"
    CLAIMED = "claimed"
    CLAIM_GIVEN_BACK = "claim given back"
    APPROVED = "approved"
    APPROVAL_UNDONE = "approval undone"
    DEFRAYED = "defrayed"
    PAYMENT_RETURNED = "payment returned"
    RELEASED_EXPIRED = "released on expiry"
    RELEASED_CANCELLED = "released on cancellation"
    RELEASED_LATER_EXPIRED = "released after expiry"
    RELEASED_LATER_CANCELLED = "released after cancellation"
    REINSTATED = "reinstated"
    DISALLOWED = "disallowed"
    DISALLOWANCE_UNDONE = "disallowance undone"
    DEBT_RAISED = "debt raised"
    DEBT_REPAID = "debt repaid"
    DEBT_WRITTEN_OFF = "debt written off"
    RETURNED_TO_FUNDER = "returned to funder"
    DRAWDOWN_RECEIVED = "drawdown received"
    ADMIN_APPROVED = "administration approved"
    ADMIN_WITHDRAWN = "administration withdrawn"
    ADMIN_PAID = "administration paid"
    ADMIN_RETURNED = "administration returned"


A = Account
K = EntryKind

ROUTES: dict[EntryKind, frozenset[tuple[Account, Account]]] = {
    K.AGREEMENT_RAISED: frozenset({(A.AWARD, A.UNALLOCATED)}),
    K.AGREEMENT_LOWERED: frozenset({(A.UNALLOCATED, A.AWARD)}),
    K.VIREMENT: frozenset({(A.UNALLOCATED, A.AWARD), (A.AWARD, A.UNALLOCATED)}),
    K.OPENING: frozenset(
        {(A.UNALLOCATED, A.COMMITTED), (A.UNALLOCATED, A.DEFRAYED), (A.CASH_DRAWN, A.CASH), (A.CASH, A.CASH_PAID)}
    ),
    K.RESERVED: frozenset({(A.UNALLOCATED, A.RESERVED)}),
    K.RESERVATION_RELEASED: frozenset({(A.RESERVED, A.UNALLOCATED)}),
    K.ISSUED: frozenset({(A.RESERVED, A.COMMITTED)}),
    K.CLAIMED: frozenset({(A.COMMITTED, A.CLAIMED)}),
    K.CLAIM_GIVEN_BACK: frozenset({(A.CLAIMED, A.COMMITTED)}),
    K.APPROVED: frozenset({(A.CLAIMED, A.APPROVED)}),
    K.APPROVAL_UNDONE: frozenset({(A.APPROVED, A.CLAIMED)}),
    K.DEFRAYED: frozenset({(A.APPROVED, A.DEFRAYED), (A.CASH, A.CASH_PAID)}),
    K.PAYMENT_RETURNED: frozenset({(A.DEFRAYED, A.APPROVED), (A.CASH_BANK_RETURNS, A.CASH)}),
    K.RELEASED_EXPIRED: frozenset({(A.COMMITTED, A.UNALLOCATED)}),
    K.RELEASED_CANCELLED: frozenset({(A.COMMITTED, A.UNALLOCATED)}),
    K.RELEASED_LATER_EXPIRED: frozenset({(A.COMMITTED, A.UNALLOCATED), (A.CLAIMED, A.UNALLOCATED)}),
    K.RELEASED_LATER_CANCELLED: frozenset({(A.COMMITTED, A.UNALLOCATED), (A.CLAIMED, A.UNALLOCATED)}),
    K.REINSTATED: frozenset({(A.UNALLOCATED, A.COMMITTED)}),
    K.DISALLOWED: frozenset({(A.DEFRAYED, A.DISALLOWED), (A.CASH_BORNE, A.CASH)}),
    K.DISALLOWANCE_UNDONE: frozenset({(A.DISALLOWED, A.DEFRAYED), (A.CASH, A.CASH_BORNE)}),
    K.DEBT_RAISED: frozenset({(A.DEBT, A.RECEIVABLE)}),
    K.DEBT_REPAID: frozenset(
        {
            (A.RECEIVABLE, A.DEBT),
            (A.RECOVERED, A.UNALLOCATED),
            (A.RECOVERED, A.REPAYABLE),
            (A.CASH_RECOVERED, A.CASH),
        }
    ),
    K.DEBT_WRITTEN_OFF: frozenset({(A.RECEIVABLE, A.DEBT)}),
    K.RETURNED_TO_FUNDER: frozenset({(A.REPAYABLE, A.RETURNED), (A.CASH, A.CASH_RETURNED)}),
    K.DRAWDOWN_RECEIVED: frozenset({(A.CASH_DRAWN, A.CASH)}),
    K.ADMIN_APPROVED: frozenset({(A.UNALLOCATED, A.APPROVED)}),
    K.ADMIN_WITHDRAWN: frozenset({(A.APPROVED, A.UNALLOCATED)}),
    K.ADMIN_PAID: frozenset({(A.APPROVED, A.DEFRAYED), (A.CASH, A.CASH_PAID)}),
    K.ADMIN_RETURNED: frozenset({(A.DEFRAYED, A.APPROVED), (A.CASH_BANK_RETURNS, A.CASH)}),
}


class LineKind(StrEnum):
    """What a funding line may be spent on."""

    CAPITAL = "capital"
    REVENUE = "revenue"
    ADMINISTRATION = "administration"


class OpeningKind(StrEnum):
    """What moved at the bank before a scheme was taken over."""

    PAYMENT = "payment"
    DRAWDOWN = "drawdown"


class ChangeState(StrEnum):
    """A lowered award waits until the money is released."""

    APPLIED = "applied"
    PENDING = "pending"


class ChangeKind(StrEnum):
    """What of an agreement one person proposes to change and another confirms."""

    AWARD = "award"
    VIREMENT = "virement"
    CONDITIONS = "conditions"


def effective_day(happened_on: date, closed_through: date | None) -> date:
    """The day an entry counts on: its own, or the first open day when its own lies in a closed period."""
    if closed_through is not None and happened_on <= closed_through:
        return closed_through + timedelta(days=1)
    return happened_on


def last_day_fits(last_day: date, *, claim_window_days: int, payment_days: int, agreement_ends_on: date) -> bool:
    """Whether work on the last day can still be claimed and paid before the agreement ends (rule 25)."""
    return last_day + timedelta(days=claim_window_days + payment_days) <= agreement_ends_on
