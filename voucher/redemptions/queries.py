"""Finding sessions, claims and answers; what a voucher's sessions hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from voucher.documents.models import Document
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.redemptions.models import (
    ClaimAnswer,
    DeliverySession,
    Evidence,
    LookUp,
    Redemption,
    RequestKey,
    TaskOwner,
    TaskResult,
)
from voucher.redemptions.rules import ENDED, Task
from voucher.schemes.models import Scheme


def counted_refusals(
    column: InstrumentedAttribute[int] | InstrumentedAttribute[str], value: object, since: datetime
) -> int:
    """How many look-ups with an unknown code one person, provider or address has made since a moment (rule 4)."""
    query = select(func.count()).select_from(LookUp).where(column == value, LookUp.at > since, LookUp.counted)
    return session.scalar(query) or 0


def session_by_public_id(public_id: str, provider_id: int | None = None) -> DeliverySession:
    """A delivery session, of one provider when given; raises NotFound for another provider's, too."""
    query = select(DeliverySession).where(DeliverySession.public_id == public_id)
    if provider_id is not None:
        query = query.where(DeliverySession.provider_id == provider_id)
    found = session.scalar(query)
    if found is None:
        raise NotFound("no_session", said("There is no session %(public_id)s.", public_id=public_id), "session")
    return found


def lock_session(session_id: int) -> DeliverySession:
    """The session, read again under lock, with its package."""
    return session.scalars(_locked_session(), {"session_id": session_id}).one()


@cache
def _locked_session() -> Select[DeliverySession]:
    return (
        select(DeliverySession)
        .where(DeliverySession.id == bindparam("session_id"))
        .options(joinedload(DeliverySession.package))
        .with_for_update(of=DeliverySession)
        .execution_options(populate_existing=True)
    )


def held_on(voucher_id: int) -> int:
    """Pence that recorded sessions hold on a voucher."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(DeliverySession.held_pence), 0)).where(
                DeliverySession.voucher_id == voucher_id
            )
        )
        or 0
    )


def claimed_on(voucher_id: int) -> int:
    """Pence that claims take from a voucher, paid ones included; those that were refused or taken back take none."""
    taken = select(func.coalesce(func.sum(Redemption.grant_pence), 0)).where(
        Redemption.voucher_id == voucher_id, Redemption.state.not_in([str(state) for state in ENDED])
    )
    return int(session.scalar(taken) or 0)


def redemption_by_reference(scheme: Scheme, reference: str) -> Redemption:
    """The scheme's claim with this reference; raises NotFound."""
    found = session.scalar(
        select(Redemption).where(Redemption.scheme_id == scheme.id, Redemption.reference == reference.strip().upper())
    )
    if found is None:
        raise NotFound(
            "no_claim",
            said("Scheme %(scheme)s has no claim %(reference)s.", scheme=scheme.reference, reference=reference),
            "claim",
        )
    return found


def lock_redemption(redemption_id: int) -> Redemption:
    """The claim, read again under lock."""
    return session.get_one(Redemption, redemption_id, with_for_update=True, populate_existing=True)


def sessions_of(redemption: Redemption) -> Sequence[DeliverySession]:
    """The sessions that a claim is for, read again."""
    return session.scalars(
        select(DeliverySession)
        .where(DeliverySession.redemption_id == redemption.id)
        .order_by(DeliverySession.id)
        .execution_options(populate_existing=True)
    ).all()


def first_use(provider_id: int, operation: str, key: str) -> RequestKey | None:
    """What a request key led to before, if it was used."""
    return session.scalar(_first_use(), {"provider_id": provider_id, "operation": operation, "key": key})


@cache
def _first_use() -> Select[RequestKey]:
    return select(RequestKey).where(
        RequestKey.provider_id == bindparam("provider_id"),
        RequestKey.operation == bindparam("operation"),
        RequestKey.key == bindparam("key"),
    )


def answer_in_force(redemption: Redemption) -> ClaimAnswer | None:
    """The business's newest answer that still counts: none from before the last change that matters to it."""
    return session.scalar(
        select(ClaimAnswer)
        .where(ClaimAnswer.redemption_id == redemption.id, ClaimAnswer.version >= redemption.material_version)
        .order_by(ClaimAnswer.id.desc())
        .limit(1)
    )


def results_in_force(redemption: Redemption) -> dict[Task, TaskResult]:
    """The latest result of each check of the claim's present version."""
    return {Task(row.task): row for row in session.scalars(_results(redemption))}


def automatic_results(redemption: Redemption) -> dict[Task, TaskResult]:
    """What each check of the present version last came to by itself, whatever a person has found since."""
    return {Task(row.task): row for row in session.scalars(_results(redemption).where(TaskResult.automatic))}


def _results(redemption: Redemption) -> Select[TaskResult]:
    return (
        select(TaskResult)
        .where(TaskResult.redemption_id == redemption.id, TaskResult.version == redemption.version)
        .order_by(TaskResult.id)
    )


def owners_now(redemption: Redemption) -> dict[Task, TaskOwner]:
    """Who has taken which check of the claim; what nobody has taken is not there."""
    rows = session.scalars(
        select(TaskOwner)
        .where(TaskOwner.redemption_id == redemption.id, TaskOwner.given_back_at.is_(None))
        .order_by(TaskOwner.id)
    )
    return {Task(row.task): row for row in rows}


def claim_with_invoice(provider_id: int, invoice_key: str, other_than: int | None) -> Redemption | None:
    """Another living claim of the provider for the same invoice number (rule 22)."""
    given = {"provider_id": provider_id, "invoice_key": invoice_key, "other_than": other_than or 0}
    return session.scalar(_with_invoice(), given)


@cache
def _with_invoice() -> Select[Redemption]:
    return (
        _living_but(bindparam("other_than"))
        .where(Redemption.provider_id == bindparam("provider_id"), Redemption.invoice_key == bindparam("invoice_key"))
        .limit(1)
    )


def _living_but(other_than: BindParameter[int]) -> Select[Redemption]:
    """Claims that have not ended, but for one."""
    return select(Redemption).where(
        Redemption.state.not_in([str(state) for state in ENDED]), Redemption.id != other_than
    )


def claim_with_file(scheme_id: int, hashes: Sequence[str], other_than: int | None) -> Redemption | None:
    """Another living claim that rests on one of these files (rule 22)."""
    given = {"scheme_id": scheme_id, "hashes": list(hashes), "other_than": other_than or 0}
    return session.scalar(_with_file(), given)


@cache
def _with_file() -> Select[Redemption]:
    return (
        _living_but(bindparam("other_than"))
        .join(Evidence, Evidence.redemption_id == Redemption.id)
        .join(Document, Document.id == Evidence.document_id)
        .where(
            Redemption.scheme_id == bindparam("scheme_id"),
            Document.sha256.in_(bindparam("hashes", expanding=True)),
        )
        .limit(1)
    )


def file_of_claim(claim: Redemption, public_id: str) -> Document:
    """A file that a version of the claim rests on; raises NotFound for any other."""
    found = session.scalar(
        select(Document)
        .join(Evidence, Evidence.document_id == Document.id)
        .where(Evidence.redemption_id == claim.id, Document.public_id == public_id)
        .limit(1)
    )
    if found is None:
        raise NotFound("no_file", _("The claim has no such file."))
    return found
