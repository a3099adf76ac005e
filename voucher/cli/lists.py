"""Lists that only the command line shows, in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from voucher.funding.models import Agreement, AgreementChange
from voucher.funding.queries import agreement_by_reference, agreements_of
from voucher.funding.rules import ChangeState
from voucher.organisations.models import Organisation
from voucher.payments.models import BankLine
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.providers.models import Provider
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import RedemptionState
from voucher.schemes.models import Round, Scheme
from voucher.vouchers.models import Voucher


def rounds_of(scheme: Scheme) -> Sequence[Round]:
    """The scheme's rounds by opening day."""
    return session.scalars(select(Round).where(Round.scheme_id == scheme.id).order_by(Round.opens_on, Round.id)).all()


def agreement_named(scheme: Scheme, reference: str | None) -> Agreement:
    """The agreement with this reference, or the scheme's only one when none is given; raises NotFound."""
    if reference is not None:
        return agreement_by_reference(scheme.id, reference)
    found = agreements_of(scheme.id)
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
