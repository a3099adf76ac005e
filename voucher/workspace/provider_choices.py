"""What somebody may do with a provider now, and why not, as the commands' own policies say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.providers.models import PayeeDetails, Provider, SupplierNumber
from voucher.providers.policy import why_not_approve, why_not_confirm_details, why_not_lift, why_not_touch
from voucher.providers.rules import ProviderState, VettingCheck

S, P = ProviderState, Permission


class Choice(NamedTuple):
    """Something to do next: the last part of its address, the words on its button, and why not, if so."""

    deed: str
    words: str
    why_not: str | None = None


def choices_for(
    act: Act,
    provider: Provider,
    details: PayeeDetails | None,
    number: SupplierNumber | None,
    vetting: Mapping[VettingCheck, bool],
) -> list[Choice]:
    """What the actor holds the permission for and the provider's state allows, with what stands against it."""
    found = [*_standing(act, provider, vetting), *_account(act, provider, details), *_number(act, provider, number)]
    return [choice for permission, choice in found if act.actor.may(permission, scheme_id=provider.scheme_id)]


def _standing(act: Act, provider: Provider, vetting: Mapping[VettingCheck, bool]) -> list[tuple[Permission, Choice]]:
    own = why_not_touch(act.actor, provider)
    # Whatever day is entered, this much can be said before.
    approve = own or why_not_approve(act.actor, provider, vetting, until=act.today + timedelta(days=1), today=act.today)
    vet = (P.PROVIDERS_SPONSOR, Choice("vet", _("Record a check"), own))
    decline = (P.PROVIDERS_APPROVE, Choice("decline", _("Decline"), own))
    match provider.state:
        case S.APPLIED:
            return [(P.PROVIDERS_SPONSOR, Choice("sponsor", _("Take into vetting"), own)), decline]
        case S.IN_VETTING:
            return [vet, (P.PROVIDERS_APPROVE, Choice("approve", _("Approve"), approve)), decline]
        case S.APPROVED:
            renew = Choice("approve", _("Renew the approval"), approve)
            return [vet, (P.PROVIDERS_APPROVE, renew), (P.PROVIDERS_APPROVE, Choice("suspend", _("Suspend")))]
        case S.SUSPENDED:
            lift = Choice("lift", _("Lift the suspension"), why_not_lift(act.actor, provider))
            return [vet, (P.PROVIDERS_APPROVE, lift)]
    return []


def _account(act: Act, provider: Provider, details: PayeeDetails | None) -> list[tuple[Permission, Choice]]:
    words = _("Replace the bank details") if details else _("Key bank details")
    found = [(P.PAYEES_KEY, Choice("bank-details", words))]
    if details is not None and details.confirmed_by is None:
        own = why_not_touch(act.actor, provider)
        found.append((P.PAYEES_KEY, Choice("payee-check", _("Record the payee check"), own)))
        if details.payee_check is not None:
            why_not = own or why_not_confirm_details(act.actor, details)
            found.append((P.PAYEES_CONFIRM, Choice("confirm-details", _("Confirm the bank details"), why_not)))
    return found


def _number(act: Act, provider: Provider, number: SupplierNumber | None) -> list[tuple[Permission, Choice]]:
    own = why_not_touch(act.actor, provider)
    words = _("Replace the supplier number") if number else _("Key the supplier number")
    found = [(P.PAYEES_KEY, Choice("supplier-number", words, own))]
    if number is not None and number.confirmed_by is None:
        keyed = _("You keyed this number: another person must confirm it.")
        why_not = own or (keyed if number.keyed_by == act.actor.person_id else None)
        found.append((P.PAYEES_CONFIRM, Choice("confirm-supplier-number", _("Confirm the supplier number"), why_not)))
    return found
