"""Finding schemes, terms, voucher types and rounds."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from voucher.platform.db import session
from voucher.platform.errors import DomainError, NotFound
from voucher.schemes.models import Round, Scheme, Terms, VoucherType


def scheme_by_reference(reference: str | None) -> Scheme:
    """The scheme with this reference, or the only one there is when none is given; raises NotFound."""
    if reference is None:
        all_schemes = session.scalars(select(Scheme).order_by(Scheme.id).limit(2)).all()
        if len(all_schemes) == 1:
            return all_schemes[0]
        words = "There is no scheme yet." if not all_schemes else "Say which scheme: there are several."
        raise NotFound("which_scheme", words, "scheme")
    found = session.scalar(select(Scheme).where(Scheme.reference == reference.strip().upper()))
    if found is None:
        raise NotFound("no_scheme", f"There is no scheme {reference}.", "scheme")
    return found


def terms_in_force(scheme: Scheme, day: date) -> Terms:
    """The newest terms in force on the day (rule 9); raises DomainError when there are none."""
    found = session.scalar(
        select(Terms)
        .where(Terms.scheme_id == scheme.id, Terms.in_force_from <= day)
        .order_by(Terms.in_force_from.desc(), Terms.id.desc())
        .limit(1)
    )
    if found is None:
        raise DomainError("no_terms", f"Scheme {scheme.reference} has no terms in force on {day.isoformat()}.")
    return found


def voucher_type_by_code(scheme: Scheme, code: str) -> VoucherType:
    """The scheme's voucher type with this code; raises NotFound."""
    found = session.scalar(select(VoucherType).where(VoucherType.scheme_id == scheme.id, VoucherType.code == code))
    if found is None:
        raise NotFound("no_voucher_type", f"Scheme {scheme.reference} has no voucher type {code}.", "voucher_type")
    return found


def round_by_code(scheme: Scheme, code: str) -> Round:
    """The scheme's round with this code; raises NotFound."""
    found = session.scalar(select(Round).where(Round.scheme_id == scheme.id, Round.code == code))
    if found is None:
        raise NotFound("no_round", f"Scheme {scheme.reference} has no round {code}.", "round")
    return found
