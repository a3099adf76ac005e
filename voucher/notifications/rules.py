"""Pure: every kind of message in words, for whom it is and when it is sent, and what may have become of one.

The words stand here and not beside the renderers, for the pages of every domain show them, whoever tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from voucher.platform.i18n import gettext_noop as _


class MessageState(StrEnum):
    """What became of a message. One that could not be sent is tried again until it leaves."""

    SENT = _("sent")
    WAITING = _("waits")
    FAILED = _("could not be sent yet")
    NEEDLESS = _("not needed any more")


class Reader(StrEnum):
    """Whom a kind of message is written to."""

    BUSINESS = _("business")
    PROVIDER = _("provider")
    OFFICE = _("scheme's office")
    FUNDER = _("funder and auditors")
    ANYBODY = _("whoever signs in or is invited")


class Letter(NamedTuple):
    """A kind of message: what it is, whom it is written to, and when it is sent."""

    label: str
    reader: Reader
    when: str


_B, _P, _O, _F, _A = Reader.BUSINESS, Reader.PROVIDER, Reader.OFFICE, Reader.FUNDER, Reader.ANYBODY

LETTERS: Mapping[str, Letter] = {
    "sign_in_code": Letter(_("Code to sign in with"), _A, _("Somebody asks to sign in by a mailed code")),
    "invited": Letter(_("Invitation to act for an organisation"), _A, _("A colleague invites somebody")),
    "application_received": Letter(_("Application received"), _B, _("A business sends its application")),
    "application_to_confirm": Letter(
        _("Application to check and confirm"), _B, _("The office has written an application down by phone")
    ),
    "application_form_refused": Letter(
        _("Application not taken up"), _B, _("The office finds that the person does not speak for the business")
    ),
    "application_asked": Letter(_("Question about the application"), _B, _("The office asks for something more")),
    "application_waitlisted": Letter(_("On the waiting list"), _B, _("An application is put on the waiting list")),
    "application_appealed": Letter(_("Decision is looked at again"), _B, _("A business asks for another decision")),
    "application_declined": Letter(_("Application declined"), _B, _("An application is declined")),
    "application_withdrawn": Letter(
        _("Application ended"), _B, _("An application is withdrawn or an offer turned down")
    ),
    "offer": Letter(
        _("Offer with the subsidy notice"), _B, _("An application is approved, or its notice is sent again")
    ),
    "contact_changed": Letter(_("No longer the contact"), _B, _("The office names another contact: to the old one")),
    "contact_named": Letter(_("Named as the contact"), _B, _("The office names another contact: to the new one")),
    "voucher_issued": Letter(
        _("Voucher with the letter that confirms the subsidy"), _B, _("A business accepts its offer")
    ),
    "voucher_copy": Letter(_("Voucher once more"), _B, _("A business asks for the paper again")),
    "voucher_replaced": Letter(_("New voucher for a lost one"), _B, _("A voucher's paper is replaced")),
    "voucher_extended": Letter(_("Voucher with a later last day"), _B, _("A voucher is extended or reinstated")),
    "voucher_suspended": Letter(_("Voucher suspended"), _B, _("A voucher is suspended")),
    "voucher_resumed": Letter(_("Voucher no longer suspended"), _B, _("A voucher's suspension is lifted")),
    "voucher_cancelled": Letter(_("Voucher cancelled"), _B, _("A voucher is cancelled")),
    "session_recorded": Letter(_("Support recorded: was it delivered?"), _B, _("A provider records support")),
    "session_undone": Letter(_("Support taken back"), _B, _("A provider undoes support that it recorded")),
    "claim_made": Letter(_("Claim made: are its figures right?"), _B, _("A provider claims for support")),
    "claim_reminder": Letter(
        _("Reminder to answer a claim"), _B, _("Half of the time to answer is over without an answer")
    ),
    "provider_suspended_business": Letter(
        _("Its provider is suspended"), _B, _("A provider with work in hand on the voucher is suspended")
    ),
    "claim_halfway": Letter(
        _("Claim not answered at half-time"), _O, _("Half of the time to answer is over without an answer")
    ),
    "claim_disputed": Letter(_("Claim disputed"), _P, _("A business says that something is wrong")),
    "claim_sent_back": Letter(_("Claim sent back"), _P, _("The office sends a claim back to be corrected")),
    "claim_approved": Letter(_("Claim approved"), _P, _("A claim is approved, wholly or partly")),
    "claim_refused": Letter(_("Claim refused"), _P, _("A claim is refused")),
    "provider_application_refused": Letter(
        _("Provider's application not taken up"), _P, _("The office finds that the applicant does not speak for a firm")
    ),
    "provider_approved": Letter(_("Provider approved"), _P, _("A provider that has applied is approved")),
    "provider_declined": Letter(_("Provider declined"), _P, _("A provider is declined")),
    "provider_suspended": Letter(_("Provider suspended"), _P, _("A provider is suspended")),
    "provider_contact_changed": Letter(
        _("Messages go to another address"), _P, _("A provider changes its address: to the one before it")
    ),
    "payee_changed": Letter(_("Bank details changed"), _P, _("Bank details of a provider are keyed")),
    "lookups_locked": Letter(
        _("Look-ups of a provider are locked"), _O, _("A provider has tried too many codes that were not good")
    ),
    "cut_off_provider": Letter(_("Before the cut-off: claims to make"), _P, _("Some days before a cut-off")),
    "cut_off_business": Letter(_("Before the cut-off: claims to answer"), _B, _("Some days before a cut-off")),
    "cut_off_office": Letter(_("Before the cut-off: what waits here"), _O, _("Some days before a cut-off")),
    "statement_signed": Letter(_("Statement signed, with its hash and key"), _F, _("A statement is signed")),
}

# What is written before anybody knows in which scheme, so that no scheme's staff sees it counted.
OF_NO_SCHEME = frozenset({"sign_in_code"})


def label_of(kind: str) -> str:
    """What a message of this kind is, in words; of one that only another edition knows, its own name."""
    letter = LETTERS.get(kind)
    return letter.label if letter else kind.replace("_", " ").capitalize()


def kinds_for(reader: Reader) -> list[str]:
    """The kinds of message that are written to such a reader."""
    return [kind for kind, letter in LETTERS.items() if letter.reader == reader]


def state_of(done_at: datetime | None, *, needless: bool, last_error: str) -> MessageState:
    """What became of a message, by its row in the outbox."""
    if done_at is not None:
        return MessageState.NEEDLESS if needless else MessageState.SENT
    return MessageState.FAILED if last_error else MessageState.WAITING
