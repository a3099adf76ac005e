"""Supplier numbers of the authority's finance system: keyed by one person and confirmed by another (rule 30)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.providers.models import Provider, SupplierNumber

LONGEST = 40


def key_supplier_number(act: Act, provider: Provider, *, number: str) -> SupplierNumber:
    """Keys a number, which stands in place of the old one at once; nothing is paid by it until it is confirmed."""
    act.require(Permission.PAYEES_KEY, scheme_id=provider.scheme_id)
    act.require_second_factor()
    _refuse_own(act, provider)
    number = " ".join(number.split()).upper()
    if not number or len(number) > LONGEST or not number.isascii() or not number.isprintable():
        words = _("Enter the number as the finance system writes it, at most 40 letters, digits and signs.")
        raise DomainError("supplier_number", words, "number")
    before = current_number(provider.id, lock=True)
    if before is not None:
        before.superseded_at = act.now
        session.flush()
    keyed = SupplierNumber(
        scheme_id=provider.scheme_id, provider=provider, number=number, keyed_by=act.person_id, keyed_at=act.now
    )
    session.add(keyed)
    session.flush()
    record(act.actor, "supplier_number.keyed", keyed, at=act.now)
    return keyed


def confirm_supplier_number(act: Act, provider: Provider, *, again: str | None = None) -> SupplierNumber:
    """A second person confirms it against the finance system; raises Forbidden for whoever keyed it.

    ``again`` is the number as that person has it, where it was not shown; DomainError when it is another.
    """
    act.require(Permission.PAYEES_CONFIRM, scheme_id=provider.scheme_id)
    act.require_second_factor()
    _refuse_own(act, provider)
    found = current_number(provider.id, lock=True)
    if found is None:
        raise NotFound("no_supplier_number", _("This provider has no supplier number yet."))
    if found.keyed_by == act.person_id:
        raise Forbidden("payee_confirmation", _("You keyed this number: another person must confirm it."))
    if found.confirmed_by is not None:
        raise Conflict("confirmed_already", _("This number is confirmed already."))
    if again is not None and found.number != " ".join(again.split()).upper():
        words = _("The number on file is %(number)s. Nothing was confirmed.")
        raise DomainError("supplier_number", said(words, number=found.number), "number")
    found.confirmed_by, found.confirmed_at = act.person_id, act.now
    record(act.actor, "supplier_number.confirmed", found, at=act.now)
    return found


def _refuse_own(act: Act, provider: Provider) -> None:
    if provider.organisation_id in act.actor.organisation_ids:
        raise Forbidden("own_organisation", _("You belong to this provider, so others look after its number."))


def current_number(provider_id: int, *, lock: bool = False) -> SupplierNumber | None:
    """The supplier number in force, confirmed or not."""
    query = select(SupplierNumber).where(
        SupplierNumber.provider_id == provider_id, SupplierNumber.superseded_at.is_(None)
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def current_numbers_of(provider_ids: Collection[int]) -> Mapping[int, SupplierNumber]:
    """The supplier numbers in force of several providers at once, by provider."""
    found = session.scalars(
        select(SupplierNumber).where(
            SupplierNumber.provider_id.in_(sorted(provider_ids)), SupplierNumber.superseded_at.is_(None)
        )
    )
    return {number.provider_id: number for number in found}


def why_number_cannot_be_used(number: SupplierNumber | None) -> str | None:
    """Why nothing can be paid by this number, or None."""
    if number is None:
        return _("The provider has no supplier number in the finance system yet.")
    if number.superseded_at is not None:
        return _("Its supplier number was replaced by a newer one.")
    if number.confirmed_by is None:
        return _("A second person has not confirmed its supplier number.")
    return None
