"""Payee details: keyed by one person, checked, confirmed by another, readable only with a key (rules 30, 31)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from voucher.audit.commands import record
from voucher.audit.rules import Override
from voucher.documents.models import Document
from voucher.notifications.commands import tell
from voucher.organisations.identifiers import IdentifierError, account_number, sort_code
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.keyring import KeyRing
from voucher.platform.modulus import fits
from voucher.providers.models import PayeeDetails, Provider
from voucher.providers.policy import why_not_confirm_details
from voucher.providers.queries import current_details, was_ever_confirmed
from voucher.providers.rules import Modulus, PayeeCheck, cooling_end, why_details_cannot_be_used
from voucher.schemes.models import Scheme

_FAILED = _("This account number does not fit the sort code. Check both against a statement of the account.")
_EVIDENCE_NEEDED = _("Add the document that shows whose account it is, like a statement or a letter of the bank.")


@dataclass(frozen=True)
class Account:
    """A bank account in the clear; it exists while a bank file is written, and nowhere else."""

    name: str
    sort_code: str
    number: str


def key_details(act: Act, provider: Provider, *, name: str, sort_code_text: str, number_text: str) -> PayeeDetails:
    """Keys new details, which stand in place of the old ones at once and are unusable until checked and confirmed.

    A payee-details keeper keys them, or the provider's own manager, who can neither check nor confirm them. Numbers
    that fail the modulus check are refused; where no table says anything they are recorded as *not checkable*. A
    change is told to the contact on file, and to the one of when the old details were keyed, and waits (rule 30).
    """
    if not act.actor.may(Permission.PROVIDER_PAYEES_KEY, organisation_id=provider.organisation_id):
        act.require(Permission.PAYEES_KEY, scheme_id=provider.scheme_id)
    act.require_second_factor()
    code = _read(sort_code, sort_code_text, "sort_code")
    number = _read(account_number, number_text, "account_number")
    if not name.strip():
        raise DomainError("bank_details", _("Enter the name on the account."), "account_name")
    modulus, tables_on = _modulus(act, code, number)
    if modulus == Modulus.FAILED:
        raise DomainError("modulus", _FAILED, "account_number")
    before = current_details(provider.id, lock=True)
    if before is not None:
        before.superseded_at = act.now
        session.flush()
        _tell_of_change(act, provider, before)
    cooling_days = session.get_one(Scheme, provider.scheme_id).payee_cooling_days
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
        modulus=modulus,
        modulus_tables_on=tables_on,
        cooling_ends_at=cooling_end(act.now, cooling_days, replaces_confirmed=was_ever_confirmed(provider.id)),
        contact_email=provider.contact_email,
    )
    session.add(details)
    session.flush()
    record(act.actor, "payee.keyed", details, at=act.now)
    return details


def _modulus(act: Act, code: str, number: str) -> tuple[Modulus, date | None]:
    """The outcome of the modulus check, and the day of the tables it was made by; None when there are none."""
    tables = act.modulus.tables()
    if tables is None:
        return Modulus.NOT_CHECKABLE, None
    outcomes = {None: Modulus.NOT_CHECKABLE, True: Modulus.PASSED, False: Modulus.FAILED}
    return outcomes[fits(tables, code, number)], tables.dated


def _tell_of_change(act: Act, provider: Provider, before: PayeeDetails) -> None:
    """Whoever changed the address first does not keep the message from its owner."""
    for email in sorted({provider.contact_email, before.contact_email or provider.contact_email}):
        tell(act, "payee_changed", email=email, scheme_id=provider.scheme_id, provider_id=provider.id)


def record_payee_check(
    act: Act, details: PayeeDetails, outcome: PayeeCheck, *, note: str = "", evidence: Document | None = None
) -> None:
    """Records what Confirmation of Payee said; anything but a match needs a note and is counted (rule 31).

    Once a second person has confirmed the details, only that they are not the payee's can be recorded.

    Where the check was unavailable, ``evidence`` is the document that shows whose account it is. Raises DomainError
    when the note or the document is missing.
    """
    act.require(Permission.PAYEES_KEY, scheme_id=details.scheme_id)
    act.require_second_factor()
    if details.provider.organisation_id in act.actor.organisation_ids:
        raise Forbidden("own_organisation", _("You belong to this provider, so you cannot check its details."))
    if details.confirmed_by is not None and outcome != PayeeCheck.NO_MATCH:
        raise Conflict(
            "payee_confirmed", _("These details are confirmed as they were checked. Key them again to check them anew.")
        )
    if outcome in (PayeeCheck.CLOSE_MATCH, PayeeCheck.UNAVAILABLE) and not note.strip():
        raise DomainError("note_needed", _("Write down why these details are right all the same."), "note")
    if outcome == PayeeCheck.UNAVAILABLE and evidence is None:
        raise DomainError("evidence_needed", _EVIDENCE_NEEDED, "evidence")
    details.payee_check, details.payee_check_note = str(outcome), note
    details.evidence = evidence
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
        raise Forbidden("own_organisation", _("You belong to this provider, so you cannot confirm its details."))
    refusal = (
        why_not_usable(details, confirmed=True)
        or why_still_cooling(details, act.now)
        or why_modulus_fails(act, details)  # There may have been other tables, or none, when they were keyed.
    )
    if refusal:
        raise DomainError("payee_unusable", refusal)
    details.modulus, details.modulus_tables_on = _modulus_now(act, details)
    details.confirmed_by, details.confirmed_at = act.person_id, act.now
    record(act.actor, "payee.confirmed", details, at=act.now)


def _modulus_now(act: Act, details: PayeeDetails) -> tuple[Modulus, date | None]:
    account = in_the_clear(act.ring, details)
    return _modulus(act, account.sort_code, account.number)


def why_modulus_fails(act: Act, details: PayeeDetails) -> str | None:
    """Why an account that is about to be used cannot be right by the tables of now, or None."""
    modulus, tables_on = _modulus_now(act, details)
    if modulus != Modulus.FAILED or tables_on is None:
        return None
    return said("%(failed)s The tables of %(tables)s say so.", failed=said(_FAILED), tables=tables_on)


def why_still_cooling(details: PayeeDetails, now: datetime) -> str | None:
    """Why changed details cannot be confirmed yet, or None (rule 30)."""
    if details.cooling_ends_at is None or now >= details.cooling_ends_at:
        return None
    return said(
        "They replace details that were confirmed: they can be confirmed from %(cooling_ends)s. "
        "Whoever was told of the change can object until then.",
        cooling_ends=details.cooling_ends_at,
    )


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
        evidence=details.evidence_id is not None or details.evidence is not None,
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
