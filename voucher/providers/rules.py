"""Pure: a provider's states, what vetting needs, and when payee details may be used (rules 30, 31, 50)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from voucher.platform.states import State, transitions


class ProviderState(State):
    """Where a provider stands with a scheme."""

    APPLIED = "applied"
    IN_VETTING = "in vetting"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    DECLINED = "declined"


S = ProviderState
TRANSITIONS = transitions(
    {
        S.APPLIED: {S.IN_VETTING, S.DECLINED},
        S.IN_VETTING: {S.APPROVED, S.DECLINED},
        S.APPROVED: {S.SUSPENDED},
        S.SUSPENDED: {S.APPROVED},
    }
)


class VettingCheck(StrEnum):
    """What must be found in order before a provider is approved (rule 50)."""

    IDENTITY = "identity"
    INSURANCE = "insurance"
    REFERENCES = "references"
    CONFLICTS = "conflicts"
    BANK = "bank"
    TERMS = "terms"


class Modulus(StrEnum):
    """The outcome of the published modulus check on a sort code and account number."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKABLE = "not checkable"


class PayeeCheck(StrEnum):
    """The outcome of Confirmation of Payee."""

    MATCH = "match"
    CLOSE_MATCH = "close match"
    NO_MATCH = "no match"
    UNAVAILABLE = "unavailable"


def may_act(state: str, approved_until: date | None, today: date) -> bool:
    """Whether a provider may look up, record and claim: approved, and the approval has not run out (rules 50, 51)."""
    return state == S.APPROVED and approved_until is not None and today <= approved_until


def why_details_cannot_be_used(
    *, modulus: str, payee_check: str | None, note: str, confirmed: bool, superseded: bool
) -> str | None:
    """What stands against paying to these details, or None (rules 30 and 31)."""
    if superseded:
        return "They were replaced by newer details."
    if modulus == Modulus.FAILED:
        return "The sort code and account number failed the modulus check. Ask the provider for them again."
    if payee_check is None:
        return "No Confirmation of Payee outcome is recorded."
    if payee_check == PayeeCheck.NO_MATCH:
        return "Confirmation of Payee found no match. Ask the provider for the details again."
    if payee_check in (PayeeCheck.CLOSE_MATCH, PayeeCheck.UNAVAILABLE) and not note.strip():
        return f"Confirmation of Payee said “{payee_check}”: write down why these details are right all the same."
    if not confirmed:
        return "A second person has not confirmed them."
    return None
