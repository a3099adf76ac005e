"""Finding schemes, terms, voucher types and rounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from voucher.accounts.rules import ProposalState
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import Base, session
from voucher.platform.errors import DomainError, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.schemes.models import DutyProposal, Round, Scheme, Terms, VoucherType

T = TypeVar("T", bound=Base)


def visible(table: type[T], actor: Actor, public_id: str, *permissions: Permission, load: Sequence[Any] = ()) -> T:
    """The thing of some scheme at this address; NotFound also for whoever holds none of the permissions there.

    ``load`` says what to read along with it.
    """
    kind: Any = table
    found: Any = session.scalar(select(table).where(kind.public_id == public_id).options(*load))
    if found is None or not any(actor.may(each, scheme_id=found.scheme_id) for each in permissions):
        raise NotFound("not_here", _("There is nothing at this address."))
    return found  # type: ignore[no-any-return]


def held_still(thing: T) -> T:
    """The scheme or voucher type as it is now and stays until the transaction ends: nobody changes it meanwhile."""
    return session.get_one(type(thing), thing.id, with_for_update={"read": True}, populate_existing=True)


def scheme_by_reference(reference: str | None) -> Scheme:
    """The scheme with this reference, or the only one there is when none is given; raises NotFound."""
    if reference is None:
        all_schemes = session.scalars(select(Scheme).order_by(Scheme.id).limit(2)).all()
        if len(all_schemes) == 1:
            return all_schemes[0]
        words = _("There is no scheme yet.") if not all_schemes else _("Say which scheme: there are several.")
        raise NotFound("which_scheme", words, "scheme")
    found = session.scalar(select(Scheme).where(Scheme.reference == reference.strip().upper()))
    if found is None:
        raise NotFound("no_scheme", said("There is no scheme %(reference)s.", reference=reference), "scheme")
    return found


def schemes_with(actor: Actor, *permissions: Permission) -> Sequence[Scheme]:
    """The schemes in which the actor holds one of these permissions for the scheme itself, by name; perhaps none."""
    granted = {
        grant.scheme_id for grant in actor.grants if grant.permission in permissions and grant.organisation_id is None
    }
    query = select(Scheme).order_by(Scheme.name, Scheme.id)
    if None not in granted:
        query = query.where(Scheme.id.in_(sorted(each for each in granted if each is not None)))
    return session.scalars(query).all()


def terms_in_force(scheme: Scheme, day: date) -> Terms:
    """The newest terms in force on the day (rule 9); raises DomainError when there are none."""
    found = session.scalar(
        select(Terms)
        .where(Terms.scheme_id == scheme.id, Terms.in_force_from <= day)
        .order_by(Terms.in_force_from.desc(), Terms.id.desc())
        .limit(1)
    )
    if found is None:
        raise DomainError(
            "no_terms",
            said("Scheme %(scheme)s has no terms in force on %(day)s.", scheme=scheme.reference, day=day),
        )
    return found


def voucher_type_by_code(scheme: Scheme, code: str) -> VoucherType:
    """The scheme's voucher type with this code; raises NotFound."""
    found = session.scalar(select(VoucherType).where(VoucherType.scheme_id == scheme.id, VoucherType.code == code))
    if found is None:
        raise NotFound(
            "no_voucher_type",
            said("Scheme %(scheme)s has no voucher type %(code)s.", scheme=scheme.reference, code=code),
            "voucher_type",
        )
    return found


def round_by_code(scheme: Scheme, code: str) -> Round:
    """The scheme's round with this code; raises NotFound."""
    found = session.scalar(select(Round).where(Round.scheme_id == scheme.id, Round.code == code))
    if found is None:
        raise NotFound(
            "no_round", said("Scheme %(scheme)s has no round %(code)s.", scheme=scheme.reference, code=code), "round"
        )
    return found


def schemes_for_everybody() -> Sequence[Scheme]:
    """Every scheme, with its owner, by name."""
    return session.scalars(select(Scheme).options(joinedload(Scheme.owner)).order_by(Scheme.name, Scheme.id)).all()


def voucher_types_of(scheme_id: int) -> Sequence[VoucherType]:
    """The scheme's voucher types of which vouchers are issued."""
    return session.scalars(
        select(VoucherType)
        .where(VoucherType.scheme_id == scheme_id, VoucherType.open)
        .order_by(VoucherType.name, VoucherType.id)
    ).all()


def rounds_of(scheme_id: int, *, from_day: date) -> Sequence[Round]:
    """The scheme's rounds that have not closed before the day, the next to close first."""
    return session.scalars(
        select(Round)
        .where(Round.scheme_id == scheme_id, Round.closes_on >= from_day)
        .options(joinedload(Round.voucher_type))
        .order_by(Round.closes_on, Round.id)
    ).all()


def terms_of(scheme_ids: Sequence[int]) -> Sequence[Terms]:
    """Every version of these schemes' terms, the newest first."""
    return session.scalars(
        select(Terms).where(Terms.scheme_id.in_(scheme_ids)).order_by(Terms.in_force_from.desc(), Terms.id.desc())
    ).all()


def terms_by_version(scheme: Scheme, version: str) -> Terms:
    """One version of the scheme's terms; raises NotFound."""
    found = session.scalar(select(Terms).where(Terms.scheme_id == scheme.id, Terms.version == version))
    if found is None:
        raise NotFound(
            "no_terms",
            said("Scheme %(scheme)s has no terms %(version)s.", scheme=scheme.reference, version=version),
            "terms",
        )
    return found


def every_voucher_type(scheme: Scheme) -> Sequence[VoucherType]:
    """The scheme's voucher types by code."""
    return session.scalars(
        select(VoucherType).where(VoucherType.scheme_id == scheme.id).order_by(VoucherType.code)
    ).all()


def terms_history(scheme: Scheme) -> Sequence[Terms]:
    """All versions of the scheme's terms, oldest first."""
    return session.scalars(
        select(Terms).where(Terms.scheme_id == scheme.id).order_by(Terms.in_force_from, Terms.id)
    ).all()


def waiting_duties(scheme: Scheme) -> Sequence[DutyProposal]:
    """The weaker duties that wait for a second person, oldest first."""
    return session.scalars(
        select(DutyProposal)
        .where(DutyProposal.scheme_id == scheme.id, DutyProposal.state == str(ProposalState.PROPOSED))
        .order_by(DutyProposal.proposed_at, DutyProposal.id)
    ).all()
