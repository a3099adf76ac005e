"""Pure: a provider's states, what vetting needs, and when payee details may be used (rules 30, 31, 50)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import on_record, said
from voucher.platform.states import State, transitions

# What is written down as a record, and told again from it.
_REPLACED = on_record("They were replaced by newer details.")
_MODULUS_FAILED = on_record(
    "The sort code and account number failed the modulus check. Ask the provider for them again."
)
_NOT_CHECKED = on_record("No Confirmation of Payee outcome is recorded.")
_NO_MATCH = on_record("Confirmation of Payee found no match. Ask the provider for the details again.")
_NO_EVIDENCE = on_record(
    "Confirmation of Payee was unavailable, and no document is kept that shows whose account it is."
)
_NOT_CONFIRMED = on_record("A second person has not confirmed them.")
_NO_NOTE = on_record(
    "Confirmation of Payee said “%(payee_check)s”: write down why these details are right all the same."
)


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
        S.DECLINED: {S.APPLIED},
    }
)


class ApplicationState(State):
    """Where a firm's application stands before there is a provider."""

    DRAFT = "draft"
    WAITING = "waiting"
    TAKEN_UP = "taken up"
    REFUSED = "refused"


A = ApplicationState
APPLICATION_TRANSITIONS = transitions(
    {
        A.DRAFT: {A.WAITING, A.TAKEN_UP},
        A.WAITING: {A.TAKEN_UP, A.REFUSED},
    }
)


class InsuranceKind(StrEnum):
    """What a policy covers."""

    PUBLIC_LIABILITY = "public liability"
    PROFESSIONAL_INDEMNITY = "professional indemnity"
    EMPLOYERS_LIABILITY = "employers liability"
    CYBER = "cyber"


# What every provider agrees to; the version is kept with the application, and a new wording gets a new one.
PROVIDER_TERMS_VERSION = "P-2026-1"
PROVIDER_TERMS = (
    _("We scan a voucher only for support that we give to the business that is named on it."),
    _("We charge a business with a voucher no more than one without."),
    _("We claim only for what was delivered, with our own invoice, and pay back what was paid wrongly."),
    _("We tell the scheme at once of a conflict of interest and of any change to our firm or its insurance."),
    _("We keep records for audit and let the scheme and its funders look at them."),
    _("We never collect a business's own contribution through discounts, refunds or gifts."),
)

# Approval and insurance that end within these days are shown to those who look after providers.
SOON_DAYS = 30
APPLICATIONS_A_DAY = 5


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
    *,
    modulus: str,
    payee_check: str | None,
    note: str,
    evidence: bool,
    confirmed: bool,
    superseded: bool,
) -> str | None:
    """What stands against paying to these details, or None (rules 30 and 31).

    ``evidence``: a document is kept that shows whose account it is, which an unavailable check needs.
    """
    if superseded:
        return _REPLACED
    if modulus == Modulus.FAILED:
        return _MODULUS_FAILED
    if payee_check is None:
        return _NOT_CHECKED
    if payee_check == PayeeCheck.NO_MATCH:
        return _NO_MATCH
    if payee_check in (PayeeCheck.CLOSE_MATCH, PayeeCheck.UNAVAILABLE) and not note.strip():
        return said(
            _NO_NOTE,
            payee_check=said(str(payee_check)),
        )
    if payee_check == PayeeCheck.UNAVAILABLE and not evidence:
        return _NO_EVIDENCE
    if not confirmed:
        return _NOT_CONFIRMED
    return None


def cooling_end(keyed_at: datetime, days: int, *, replaces_confirmed: bool) -> datetime | None:
    """The moment from which details can be confirmed that replace confirmed ones, None where they need not wait."""
    return keyed_at + timedelta(days=days) if replaces_confirmed and days else None


def why_not_known(legal_form: str, numbers: Mapping[str, str]) -> tuple[str, str] | None:
    """The field and the sentence when a firm gives no number by which it could be looked up, or None (rule 47)."""
    needed = {"company": "company_number", "charity": "charity_number"}.get(legal_form)
    if needed == "company_number" and not numbers.get(needed):
        return needed, _("Enter the company number from Companies House, like 01234567.")
    if needed == "charity_number" and not numbers.get(needed):
        return needed, _("Enter the charity number, like 1234567, SC012345 or NIC100012.")
    return None


def ends_soon(day: date | None, today: date, days: int = SOON_DAYS) -> bool:
    """Whether something ends within the days from now, or has ended already."""
    return day is not None and (day - today).days <= days
