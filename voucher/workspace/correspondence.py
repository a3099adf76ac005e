"""Which messages belong to a record: its own, and those about what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Select, or_, select

from voucher.accounts.models import Invitation
from voucher.applications.models import Application, ApplicationForm
from voucher.applications.queries import subjects_of_application
from voucher.notifications.queries import About, Subjects, messages_about
from voucher.notifications.rules import Reader
from voucher.organisations.models import Organisation
from voucher.payments.page_queries import subjects_of_batch, subjects_of_payment
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.providers.desk_queries import subjects_of_provider
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.staff_queries import subjects_of_claim, subjects_of_voucher
from voucher.vouchers.models import Voucher
from voucher.workspace.records import Found, schemes_of


def messages_of(actor: Actor, found: Found, *permissions: Permission) -> About | None:
    """The messages about a record; None for a kind of record about which none is ever sent.

    Of a party that is known in several schemes those of the schemes in which the actor holds one of the permissions.
    """
    subjects = _SUBJECTS.get(found.kind.name)
    return messages_about(subjects(found.row), schemes=schemes_of(actor, *permissions)) if subjects else None


def messages_to_business(application: Application) -> About:
    """What a business was sent about its application and all that came of it; nothing that others were sent."""
    vouchers = select(Voucher.id).where(Voucher.application_id == application.id)
    subjects = {**subjects_of_application(application.id), **_on_vouchers(vouchers)}
    return messages_about(subjects, reader=Reader.BUSINESS)


def _on_vouchers(vouchers: Select[int]) -> Subjects:
    return {
        "voucher": vouchers,
        "session": select(DeliverySession.id).where(DeliverySession.voucher_id.in_(vouchers)),
        "redemption": select(Redemption.id).where(Redemption.voucher_id.in_(vouchers)),
    }


def _of_party(party: Organisation) -> Subjects:
    """Of all that a business has applied for, and of who was invited to act for it."""
    applications = select(Application.id).where(Application.business_id == party.id)
    vouchers = select(Voucher.id).where(Voucher.application_id.in_(applications))
    forms = or_(ApplicationForm.business_id == party.id, ApplicationForm.application_id.in_(applications))
    return {
        "application": applications,
        "form": select(ApplicationForm.id).where(forms),
        "invitation": select(Invitation.id).where(Invitation.organisation_id == party.id),
        **_on_vouchers(vouchers),
    }


# The kinds of record about which messages are sent, and by what these are found.
_SUBJECTS: Mapping[str, Callable[[Any], Subjects]] = {
    "voucher": lambda row: subjects_of_voucher(row.id),
    "claim": lambda row: subjects_of_claim(row.id),
    "application": lambda row: subjects_of_application(row.id),
    "provider": subjects_of_provider,
    "business": _of_party,
    "payment": lambda row: subjects_of_payment(row.id),
    "batch": lambda row: subjects_of_batch(row.id),
    "statement": lambda row: {"statement": [row.id]},
}
