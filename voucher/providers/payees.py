"""Payee details: keyed by one person, checked, confirmed by another, readable only with a key (rules 30, 31)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voucher.audit.commands import record
from voucher.audit.rules import Override
from voucher.notifications.commands import tell
from voucher.organisations.identifiers import IdentifierError, account_number, sort_code
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.keyring import KeyRing
from voucher.providers.models import PayeeDetails, Provider
from voucher.providers.policy import why_not_confirm_details
from voucher.providers.queries import current_details
from voucher.providers.rules import Modulus, PayeeCheck, why_details_cannot_be_used


@dataclass(frozen=True)
class Account:
    """A bank account in the clear; it exists while a bank file is written, and nowhere else."""

    name: str
    sort_code: str
    number: str


def key_details(act: Act, provider: Provider, *, name: str, sort_code_text: str, number_text: str) -> PayeeDetails:
    """Keys new details, which stand in place of the old ones at once and are unusable until checked and confirmed.

    A payee-details keeper keys them, or the provider's own manager, who can neither check nor confirm them. The
    modulus outcome is recorded as *not checkable*: no weight tables are loaded. A change is told to the contact on
    file before it.
    """
    if not act.actor.may(Permission.PROVIDER_PAYEES_KEY, organisation_id=provider.organisation_id):
        act.require(Permission.PAYEES_KEY, scheme_id=provider.scheme_id)
    act.require_second_factor()
    code = _read(sort_code, sort_code_text, "sort_code")
    number = _read(account_number, number_text, "account_number")
    if not name.strip():
        raise DomainError("bank_details", "Enter the name on the account.", "account_name")
    before = current_details(provider.id, lock=True)
    if before is not None:
        before.superseded_at = act.now
        session.flush()
        tell(act, "payee_changed", email=provider.contact_email, scheme_id=provider.scheme_id, provider_id=provider.id)
    details = PayeeDetails(
        scheme_id=provider.scheme_id,
        provider=provider,
        account_name_encrypted=act.ring.encrypt(name.strip()),
        sort_code_encrypted=act.ring.encrypt(code),
        account_number_encrypted=act.ring.encrypt(number),
        last_four=number[-4:],
        fingerprint=act.ring.lookup_hash(f"account {code} {number}"),
        keyed_by=act.person_id,
        keyed_at=act.now,
        modulus=Modulus.NOT_CHECKABLE,
    )
    session.add(details)
    session.flush()
    record(act.actor, "payee.keyed", details, at=act.now)
    return details


def record_payee_check(act: Act, details: PayeeDetails, outcome: PayeeCheck, *, note: str = "") -> None:
    """Records what Confirmation of Payee said; anything but a match needs a note and is counted (rule 31)."""
    act.require(Permission.PAYEES_KEY, scheme_id=details.scheme_id)
    act.require_second_factor()
    if details.provider.organisation_id in act.actor.organisation_ids:
        raise Forbidden("own_organisation", "You belong to this provider, so you cannot check its details.")
    if outcome in (PayeeCheck.CLOSE_MATCH, PayeeCheck.UNAVAILABLE) and not note.strip():
        raise DomainError("note_needed", "Write down why these details are right all the same.", "note")
    details.payee_check, details.payee_check_note = str(outcome), note
    details.payee_checked_by, details.payee_checked_at = act.person_id, act.now
    override = None if outcome == PayeeCheck.MATCH else Override.PAYEE_CHECK
    record(act.actor, "payee.checked", details, at=act.now, reason=note or str(outcome), override=override)


def confirm_details(act: Act, details: PayeeDetails) -> None:
    """A second person confirms keyed and checked details; from then on they can be paid to."""
    act.require(Permission.PAYEES_CONFIRM, scheme_id=details.scheme_id)
    act.require_second_factor()
    reason = why_not_confirm_details(act.actor, details)
    if reason:
        raise Forbidden("payee_confirmation", reason)
    if details.provider.organisation_id in act.actor.organisation_ids:
        raise Forbidden("own_organisation", "You belong to this provider, so you cannot confirm its details.")
    refusal = why_not_usable(details, confirmed=True)
    if refusal:
        raise DomainError("payee_unusable", refusal)
    details.confirmed_by, details.confirmed_at = act.person_id, act.now
    record(act.actor, "payee.confirmed", details, at=act.now)


def _read(read: Callable[[str], str], text: str, field: str) -> str:
    try:
        return read(text)
    except IdentifierError as wrong:
        raise DomainError("bank_details", str(wrong), field) from wrong


def why_not_usable(details: PayeeDetails, *, confirmed: bool | None = None) -> str | None:
    """Why nothing can be paid to these details, or None."""
    return why_details_cannot_be_used(
        modulus=details.modulus,
        payee_check=details.payee_check,
        note=details.payee_check_note,
        confirmed=details.confirmed_by is not None if confirmed is None else confirmed,
        superseded=details.superseded_at is not None,
    )


def in_the_clear(ring: KeyRing, details: PayeeDetails) -> Account:
    """The account, decrypted, for the bank file."""
    return Account(
        ring.decrypt(details.account_name_encrypted),
        ring.decrypt(details.sort_code_encrypted),
        ring.decrypt(details.account_number_encrypted),
    )
