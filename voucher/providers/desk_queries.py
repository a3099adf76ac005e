"""What staff read of providers, in the schemes in which they hold a part. Anything else is a 404."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from voucher.accounts.models import Invitation, Membership, Person
from voucher.audit.models import AuditEvent
from voucher.documents.models import Document
from voucher.notifications.queries import Subjects
from voucher.organisations.models import Organisation
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Listed, Rows, page_of
from voucher.providers.firm_queries import insurances_of
from voucher.providers.models import (
    Insurance,
    PayeeDetails,
    Provider,
    ProviderApplication,
    SupplierNumber,
    VettingResult,
)
from voucher.providers.rules import SOON_DAYS, ApplicationState, ProviderState, VettingCheck
from voucher.schemes.models import Scheme

P = Permission
READERS = (
    P.AUDIT_EVERYTHING_READ,
    P.CLAIMS_READ,
    P.PAYEES_CONFIRM,
    P.PAYEES_KEY,
    P.PROVIDERS_APPROVE,
    P.PROVIDERS_SPONSOR,
)


@dataclass(frozen=True)
class Narrowed:
    """What a list of providers is narrowed to; an empty text narrows nothing."""

    state: str = ""
    words: str = ""
    ends_soon: bool = False


@dataclass(frozen=True)
class Found:
    """What was found on one point of vetting, and by whom."""

    result: VettingResult
    by: str


def desk_schemes(actor: Actor, *permissions: Permission) -> list[int]:
    """The schemes in which the actor holds one of the permissions."""
    every = session.scalars(select(Scheme.id).order_by(Scheme.id)).all()
    return [each for each in every if any(actor.may(permission, scheme_id=each) for permission in permissions)]


def providers_on_desk(schemes: Sequence[Scheme], narrowed: Narrowed, *, today: date) -> Rows:
    """Providers, in no order, each with the first day on which one of its kinds of insurance is no longer covered."""
    latest = (
        select(Insurance.provider_id, Insurance.kind, func.max(Insurance.ends_on).label("until"))
        .where(Insurance.provider_id.is_not(None))
        .group_by(Insurance.provider_id, Insurance.kind)
        .subquery()
    )
    insured = (
        select(latest.c.provider_id, func.min(latest.c.until).label("until")).group_by(latest.c.provider_id).subquery()
    )
    query: Rows = (
        select(Provider, insured.c.until.label("insured"))
        .join(Provider.organisation)
        .outerjoin(insured, insured.c.provider_id == Provider.id)
        .options(contains_eager(Provider.organisation))
        .where(Provider.scheme_id.in_([scheme.id for scheme in schemes]))
    )
    if narrowed.state:
        query = query.where(Provider.state == narrowed.state)
    if narrowed.words:
        like = f"%{narrowed.words.lower()}%"
        query = query.where(
            or_(func.lower(Organisation.name).like(like), func.lower(Organisation.reference).like(like))
        )
    if narrowed.ends_soon:
        horizon = today + timedelta(days=SOON_DAYS)
        query = query.where(
            Provider.state.in_([str(ProviderState.APPROVED), str(ProviderState.SUSPENDED)]),
            or_(Provider.approved_until <= horizon, insured.c.until <= horizon),
        )
    return query


def provider_on_desk(actor: Actor, public_id: str) -> Provider:
    """A provider of a scheme in which the actor may read; raises NotFound for any other."""
    found = session.scalar(
        select(Provider).where(Provider.public_id == public_id, Provider.scheme_id.in_(desk_schemes(actor, *READERS)))
    )
    if found is None:
        raise NotFound("no_provider", _("There is no such provider. Look for it in the list of providers."))
    return found


def waiting_applications(actor: Actor, number: int) -> Listed[ProviderApplication]:
    """Applications in the name of a firm on file, oldest first."""
    return page_of(
        select(ProviderApplication)
        .where(
            ProviderApplication.state == str(ApplicationState.WAITING),
            ProviderApplication.scheme_id.in_(desk_schemes(actor, P.PROVIDERS_SPONSOR)),
        )
        .order_by(ProviderApplication.sent_at, ProviderApplication.id),
        number,
    )


def application_on_desk(actor: Actor, public_id: str) -> ProviderApplication:
    """An application that waits for staff; raises NotFound when it does not, or not for these."""
    found = session.scalar(
        select(ProviderApplication)
        .where(
            ProviderApplication.public_id == public_id,
            ProviderApplication.state == str(ApplicationState.WAITING),
            ProviderApplication.scheme_id.in_(desk_schemes(actor, P.PROVIDERS_SPONSOR)),
        )
        .options(selectinload(ProviderApplication.insurances))
    )
    if found is None:
        raise NotFound("no_application", _("No such application waits for an answer. Go back to the list."))
    return found


def application_of(provider: Provider) -> ProviderApplication | None:
    """What the provider said of itself when it applied; None for one that staff have entered."""
    return session.scalar(
        select(ProviderApplication)
        .where(ProviderApplication.provider_id == provider.id)
        .order_by(ProviderApplication.id.desc())
        .limit(1)
    )


def findings(provider: Provider) -> dict[VettingCheck, Found]:
    """The latest result on each point of vetting that has one, with the name of who found it."""
    rows = session.execute(
        select(VettingResult, Person.name)
        .join(Person, Person.id == VettingResult.by_id)
        .where(VettingResult.provider_id == provider.id, VettingResult.at >= provider.applied_at)
        .order_by(VettingResult.id)
    )
    return {VettingCheck(row.VettingResult.check_name): Found(row.VettingResult, row.name) for row in rows}


def people_named(*person_ids: int | None) -> dict[int, str]:
    """Names by row."""
    wanted = sorted({each for each in person_ids if each is not None})
    return {row.id: row.name for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))}


def parts_ever(provider: Provider) -> Sequence[tuple[Membership, Person]]:
    """Everybody who holds or held a part in the firm, those who hold it first."""
    rows = session.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.organisation_id == provider.organisation_id)
        .order_by(Membership.ended_at.is_not(None), Person.name, Membership.id)
    ).all()
    return [(row.Membership, row.Person) for row in rows]


def certificate_of(insurances: Sequence[Insurance], document_id: str) -> Document:
    """The certificate of one of these insurances; raises NotFound."""
    found = next((each.document for each in insurances if each.document.public_id == document_id), None)
    if found is None:
        raise NotFound("no_document", _("There is no such document here."))
    return found


def certificates_of_provider(provider: Provider, document_id: str) -> Document:
    """A certificate that the provider has shown; raises NotFound."""
    return certificate_of(insurances_of(provider.id), document_id)


def events_of(provider: Provider, application: ProviderApplication | None) -> Sequence[AuditEvent]:
    """All that happened to the provider, its firm, its application and its bank details, in order."""
    accounts = select(PayeeDetails.id).where(PayeeDetails.provider_id == provider.id)
    numbers = select(SupplierNumber.id).where(SupplierNumber.provider_id == provider.id)
    kinds = [
        and_(AuditEvent.object_kind == "provider", AuditEvent.object_id == provider.id),
        and_(AuditEvent.object_kind == "organisation", AuditEvent.object_id == provider.organisation_id),
        and_(AuditEvent.object_kind == "payee_details", AuditEvent.object_id.in_(accounts)),
        and_(AuditEvent.object_kind == "supplier_number", AuditEvent.object_id.in_(numbers)),
    ]
    if application is not None:
        kinds.append(and_(AuditEvent.object_kind == "provider_application", AuditEvent.object_id == application.id))
    return session.scalars(select(AuditEvent).where(or_(*kinds)).order_by(AuditEvent.id)).all()


def subjects_of_provider(provider: Provider) -> Subjects:
    """By what the messages about a provider are found: its own, its application's, and its firm's invitations."""
    invited = (Invitation.organisation_id == provider.organisation_id) & (Invitation.scheme_id == provider.scheme_id)
    return {
        "provider": [provider.id],
        "provider_application": select(ProviderApplication.id).where(ProviderApplication.provider_id == provider.id),
        "invitation": select(Invitation.id).where(invited),
    }
