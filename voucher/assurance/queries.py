"""Finding irregularities, with how each stood from when on, and cases of concentration."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select

from voucher.accounts.models import Person
from voucher.assurance.models import ConcentrationCase, Irregularity, IrregularityEvent
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import said
from voucher.platform.paging import Rows
from voucher.redemptions.models import Redemption
from voucher.schemes.models import Scheme


def irregularities(scheme_id: int, *, state: str = "", kind: str = "") -> Rows:
    """The register of a scheme, in no order, with the claim that each is about and who registered it."""
    query = (
        select(Irregularity, Redemption.reference.label("claim"), Person.name.label("by"))
        .join(Person, Person.id == Irregularity.opened_by)
        .outerjoin(Redemption, Redemption.id == Irregularity.redemption_id)
        .where(Irregularity.scheme_id == scheme_id)
    )
    if state:
        query = query.where(Irregularity.state == state)
    return query.where(Irregularity.kind == kind) if kind else query


def irregularity_by_reference(scheme: Scheme, reference: str) -> Irregularity:
    """The scheme's irregularity with this reference; raises NotFound."""
    found = session.scalar(
        select(Irregularity).where(
            Irregularity.scheme_id == scheme.id, Irregularity.reference == reference.strip().upper()
        )
    )
    if found is None:
        words = said(
            "Scheme %(scheme)s has no irregularity %(reference)s.", scheme=scheme.reference, reference=reference
        )
        raise NotFound("no_irregularity", words, "irregularity")
    return found


def events_of(irregularity: Irregularity) -> Sequence[IrregularityEvent]:
    """How it stood from when on, the oldest first."""
    return session.scalars(
        select(IrregularityEvent)
        .where(IrregularityEvent.irregularity_id == irregularity.id)
        .order_by(IrregularityEvent.id)
    ).all()


def irregularities_about(claim: Redemption) -> Sequence[Irregularity]:
    """What was registered about a claim, the oldest first."""
    return session.scalars(
        select(Irregularity).where(Irregularity.redemption_id == claim.id).order_by(Irregularity.id)
    ).all()


def cases(scheme_id: int, *, state: str = "", measure: str = "") -> Select[ConcentrationCase]:
    """The scheme's cases of concentration, in no order."""
    query = select(ConcentrationCase).where(ConcentrationCase.scheme_id == scheme_id)
    if state:
        query = query.where(ConcentrationCase.state == state)
    return query.where(ConcentrationCase.measure == measure) if measure else query


def case_by_reference(scheme: Scheme, reference: str) -> ConcentrationCase:
    """The scheme's case with this reference; raises NotFound."""
    found = session.scalar(cases(scheme.id).where(ConcentrationCase.reference == reference.strip().upper()))
    if found is None:
        raise NotFound(
            "no_case",
            said("Scheme %(scheme)s has no case %(reference)s.", scheme=scheme.reference, reference=reference),
            "case",
        )
    return found
