"""Lists that only the command line shows, in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import lazyload, selectinload

from voucher.accounts.models import Membership, Person
from voucher.funding.models import Agreement, AgreementChange
from voucher.funding.queries import agreement_by_reference
from voucher.funding.rules import ChangeState
from voucher.organisations.models import Organisation
from voucher.payments.models import BankLine
from voucher.platform.clock import LONDON, end_of_london_day
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.providers.models import Provider
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import RedemptionState
from voucher.schemes.models import Round, Scheme, Terms, VoucherType
from voucher.vouchers.models import Voucher


class Held(NamedTuple):
    """A role with who held it, in which scheme and for which organisation."""

    membership: Membership
    person: Person
    scheme: Scheme | None
    organisation: Organisation | None


def roles_on(day: date, scheme_id: int | None) -> Sequence[Held]:
    """Every role held at any moment of a London day; of one scheme, with those that belong to none, when given."""
    begins = datetime.combine(day, time(), LONDON)
    query = (
        select(Membership, Person, Scheme, Organisation)
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(Scheme, Scheme.id == Membership.scheme_id)
        .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
        .options(lazyload(Organisation.enterprise))  # Its inner join would drop roles without an organisation.
        .where(
            Membership.began_at < end_of_london_day(day),
            or_(Membership.ended_at.is_(None), Membership.ended_at > begins),
        )
        .order_by(Membership.role, Person.email, Membership.id)
    )
    if scheme_id is not None:
        query = query.where(or_(Membership.scheme_id == scheme_id, Membership.scheme_id.is_(None)))
    return [Held(*row) for row in session.execute(query)]


def voucher_types_of(scheme: Scheme) -> Sequence[VoucherType]:
    """The scheme's voucher types by code."""
    return session.scalars(
        select(VoucherType).where(VoucherType.scheme_id == scheme.id).order_by(VoucherType.code)
    ).all()


def rounds_of(scheme: Scheme) -> Sequence[Round]:
    """The scheme's rounds by opening day."""
    return session.scalars(select(Round).where(Round.scheme_id == scheme.id).order_by(Round.opens_on, Round.id)).all()


def terms_of(scheme: Scheme) -> Sequence[Terms]:
    """All versions of the scheme's terms, oldest first."""
    return session.scalars(
        select(Terms).where(Terms.scheme_id == scheme.id).order_by(Terms.in_force_from, Terms.id)
    ).all()


def agreements_of(scheme: Scheme) -> Sequence[Agreement]:
    """The scheme's agreements, oldest first."""
    return session.scalars(select(Agreement).where(Agreement.scheme_id == scheme.id).order_by(Agreement.id)).all()


def agreement_named(scheme: Scheme, reference: str | None) -> Agreement:
    """The agreement with this reference, or the scheme's only one when none is given; raises NotFound."""
    if reference is not None:
        return agreement_by_reference(scheme.id, reference)
    found = agreements_of(scheme)
    if len(found) != 1:
        words = "Say which agreement: there are several." if found else "The scheme has no agreement yet."
        raise NotFound("which_agreement", words, "agreement")
    return found[0]


def pending_changes(agreement: Agreement) -> Sequence[AgreementChange]:
    """Cuts of the award that wait for money."""
    return session.scalars(
        select(AgreementChange)
        .where(AgreementChange.agreement_id == agreement.id, AgreementChange.state == ChangeState.PENDING)
        .order_by(AgreementChange.id)
    ).all()


def providers_of(scheme: Scheme) -> Sequence[Provider]:
    """The scheme's providers by name."""
    return session.scalars(
        select(Provider)
        .join(Organisation, Organisation.id == Provider.organisation_id)
        .where(Provider.scheme_id == scheme.id)
        .order_by(Organisation.name, Provider.id)
    ).all()


def claims_in(scheme: Scheme, states: Sequence[RedemptionState]) -> Sequence[Redemption]:
    """The scheme's claims in these states, oldest first, with both sides, in as many queries for one as for all."""
    return session.scalars(
        select(Redemption)
        .where(Redemption.scheme_id == scheme.id, Redemption.state.in_([str(state) for state in states]))
        .options(selectinload(Redemption.voucher).selectinload(Voucher.business), selectinload(Redemption.provider))
        .order_by(Redemption.id)
    ).all()


def bank_lines_of(scheme: Scheme, *, days: int | None, today: date) -> Sequence[BankLine]:
    """Bank lines with something unexplained; or all of the last so many days."""
    query = select(BankLine).where(BankLine.scheme_id == scheme.id).order_by(BankLine.booked_on, BankLine.id)
    if days is None:
        return session.scalars(query.where(BankLine.open_pence > 0)).all()
    return session.scalars(query.where(BankLine.booked_on > today - timedelta(days=days))).all()
