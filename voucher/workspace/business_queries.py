"""What a business's people may read: what is their own business's. Anything else is a 404, for everybody.

A claim or delivery of a firm for which the reader works, too, is not shown here at all, even on the reader's own
business's voucher: who provides support never gives the business's word on it (rule 15).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from voucher.accounts.models import Person
from voucher.applications.models import Application
from voucher.applications.rules import LIVE, ApplicationState
from voucher.audit.models import AuditEvent
from voucher.organisations.models import Organisation
from voucher.payments.models import BankLine, BankMatch, Payment, PaymentItem
from voucher.payments.rules import MatchKind
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Listed, page_of
from voucher.providers.models import Provider
from voucher.redemptions.models import ClaimAnswer, DeliverySession, Redemption
from voucher.redemptions.rules import DEFRAYED, ENDED, SessionState
from voucher.schemes.models import Scheme
from voucher.subsidies.models import SubsidyRecord
from voucher.vouchers.models import Voucher

T = TypeVar("T")
MEMBER = (Permission.BUSINESS_OFFERS_ACCEPT, Permission.BUSINESS_CLAIMS_CONFIRM)
SETTLED = [str(state) for state in ENDED | DEFRAYED]


def own_business_ids(actor: Actor, *permissions: Permission) -> list[int]:
    """The businesses for which the person holds one of the permissions."""
    return sorted(
        organisation_id
        for organisation_id in actor.organisation_ids
        if any(actor.may(permission, organisation_id=organisation_id) for permission in permissions)
    )


def own_businesses(actor: Actor) -> Sequence[Organisation]:
    """The person's businesses with their official numbers, by name."""
    return session.scalars(_businesses_of(actor).order_by(Organisation.name, Organisation.id)).all()


def own_business(actor: Actor, public_id: str) -> Organisation:
    """One of the person's businesses; raises NotFound for any other party."""
    return _one(_businesses_of(actor).where(Organisation.public_id == public_id))


def own_applications(actor: Actor, number: int) -> Listed[Application]:
    """The applications of the person's businesses, newest first."""
    return page_of(_applications_of(actor).order_by(Application.submitted_at.desc(), Application.id.desc()), number)


def own_application(actor: Actor, public_id: str) -> Application:
    """An application of the person's business; raises NotFound for another's."""
    return _one(_applications_of(actor).where(Application.public_id == public_id))


def applications_under_way(actor: Actor) -> Sequence[Application]:
    """Applications that wait for a decision or for the business's answer, oldest first."""
    still = (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW, ApplicationState.INFORMATION_REQUESTED,
             ApplicationState.WAITLISTED, ApplicationState.APPROVED)  # fmt: skip
    query = _applications_of(actor).where(Application.state.in_([str(state) for state in still]))
    return session.scalars(query.order_by(Application.submitted_at, Application.id)).all()


def own_vouchers(actor: Actor, number: int) -> Listed[Voucher]:
    """The vouchers of the person's businesses, newest first."""
    return page_of(_vouchers_of(actor).order_by(Voucher.issued_at.desc(), Voucher.id.desc()), number)


def own_voucher(actor: Actor, reference: str) -> Voucher:
    """A voucher whose secrets the person may see; raises NotFound for another's. The reference opens nothing else."""
    may_hold = Voucher.business_id.in_(own_business_ids(actor, Permission.BUSINESS_OFFERS_ACCEPT))
    return _one(_vouchers_of(actor).where(may_hold, Voucher.reference == reference.strip().upper()))


def deliveries_on(actor: Actor, voucher: Voucher, number: int) -> Listed[DeliverySession]:
    """What was recorded on a voucher, newest first."""
    query = _deliveries_of(actor).where(DeliverySession.voucher_id == voucher.id)
    return page_of(query.order_by(DeliverySession.delivered_on.desc(), DeliverySession.id.desc()), number)


def own_delivery(actor: Actor, public_id: str) -> DeliverySession:
    """A recorded delivery to the person's business; raises NotFound for another's."""
    return _one(_deliveries_of(actor).where(DeliverySession.public_id == public_id))


def unclaimed_deliveries(actor: Actor) -> Sequence[DeliverySession]:
    """What was recorded and not claimed for yet, oldest first: answered or not."""
    query = _deliveries_of(actor).where(DeliverySession.state == str(SessionState.RECORDED))
    return session.scalars(query.order_by(DeliverySession.recorded_at, DeliverySession.id)).all()


def claims_on(actor: Actor, voucher: Voucher, number: int) -> Listed[Redemption]:
    """The claims on a voucher, newest first."""
    query = _claims_of(actor).where(Redemption.voucher_id == voucher.id)
    return page_of(query.order_by(Redemption.submitted_at.desc(), Redemption.id.desc()), number)


def own_claim(actor: Actor, public_id: str) -> Redemption:
    """A claim on a voucher of the person's business; raises NotFound for another's."""
    return _one(_claims_of(actor).where(Redemption.public_id == public_id))


def claims_under_way(actor: Actor) -> Sequence[Redemption]:
    """Claims that are neither ended nor paid, oldest first."""
    query = _claims_of(actor).where(Redemption.state.not_in(SETTLED))
    return session.scalars(query.order_by(Redemption.submitted_at, Redemption.id)).all()


def answers_in_force(claims: Sequence[Redemption]) -> dict[int, ClaimAnswer]:
    """The business's newest answer that still counts, by the claim's row, for all of them at once."""
    rows = session.scalars(
        select(ClaimAnswer)
        .join(Redemption, Redemption.id == ClaimAnswer.redemption_id)
        .where(
            ClaimAnswer.redemption_id.in_([claim.id for claim in claims]),
            ClaimAnswer.version >= Redemption.material_version,
        )
        .order_by(ClaimAnswer.id)
    )
    return {answer.redemption_id: answer for answer in rows}


def answers_to(claim: Redemption) -> Sequence[ClaimAnswer]:
    """Everything that the business has said on a claim, newest first."""
    return session.scalars(
        select(ClaimAnswer).where(ClaimAnswer.redemption_id == claim.id).order_by(ClaimAnswer.id.desc())
    ).all()


def paid_days(claims: Sequence[Redemption]) -> dict[int, date]:
    """The day on which the bank paid each claim that is paid, by the claim's row."""
    rows = session.execute(
        select(PaymentItem.redemption_id, func.max(BankLine.booked_on).label("paid_on"))
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .join(BankMatch, and_(BankMatch.payment_id == Payment.id, BankMatch.kind == str(MatchKind.PAYMENT)))
        .join(BankLine, BankLine.id == BankMatch.bank_line_id)
        .where(PaymentItem.live, PaymentItem.redemption_id.in_([claim.id for claim in claims]))
        .group_by(PaymentItem.redemption_id)
    )
    return {row.redemption_id: row.paid_on for row in rows}


def last_changes(kind: str, row_ids: Sequence[int]) -> dict[int, AuditEvent]:
    """The event that brought each thing into the state that it has now: since when, and why."""
    newest = (
        select(func.max(AuditEvent.id))
        .where(AuditEvent.object_kind == kind, AuditEvent.object_id.in_(row_ids), AuditEvent.to_state.is_not(None))
        .group_by(AuditEvent.object_id)
    )
    events = session.scalars(select(AuditEvent).where(AuditEvent.id.in_(newest)))
    return {event.object_id: event for event in events}


def letters_of(application: Application) -> Sequence[SubsidyRecord]:
    """Notices, reply and letter of an application in the order in which they were made; none is ever changed."""
    return session.scalars(
        select(SubsidyRecord).where(SubsidyRecord.application_id == application.id).order_by(SubsidyRecord.id)
    ).all()


def applications_of(business: Organisation, number: int) -> Listed[Application]:
    """The applications of one business, newest first, at each of which its letters are read."""
    query = select(Application).where(Application.business_id == business.id)
    return page_of(query.order_by(Application.submitted_at.desc(), Application.id.desc()), number)


def last_scheme(business: Organisation) -> Scheme | None:
    """The scheme to which the business applied last, whose office it asks; None for one that never did."""
    return session.scalar(
        select(Scheme)
        .join(Application, Application.scheme_id == Scheme.id)
        .where(Application.business_id == business.id)
        .order_by(Application.submitted_at.desc(), Application.id.desc())
        .limit(1)
    )


def contact_in(business: Organisation, person: Person) -> Sequence[str]:
    """The references of what is under way with this person as the one to whom its messages go."""
    return session.scalars(
        select(Application.reference)
        .where(
            Application.business_id == business.id,
            Application.contact_id == person.id,
            Application.state.in_([str(state) for state in LIVE]),
            ~Application.voucher_ended,
        )
        .order_by(Application.id)
    ).all()


def _one(query: Select[T]) -> T:
    found = session.scalar(query)
    if found is None:
        raise NotFound("not_yours", _("Your business has no such thing. Look on the page of your business."))
    return found


def _businesses_of(actor: Actor) -> Select[Organisation]:
    return (
        select(Organisation)
        .where(Organisation.id.in_(own_business_ids(actor, *MEMBER)))
        .options(selectinload(Organisation.identifiers))
    )


def _applications_of(actor: Actor) -> Select[Application]:
    return (
        select(Application)
        .where(Application.business_id.in_(own_business_ids(actor, *MEMBER)))
        .options(joinedload(Application.business), joinedload(Application.scheme))
    )


def _vouchers_of(actor: Actor) -> Select[Voucher]:
    return (
        select(Voucher)
        .where(Voucher.business_id.in_(own_business_ids(actor, *MEMBER)))
        .options(joinedload(Voucher.business), joinedload(Voucher.scheme), joinedload(Voucher.terms))
    )


def _deliveries_of(actor: Actor) -> Select[DeliverySession]:
    lapsed_unrecorded = and_(DeliverySession.state == str(SessionState.LAPSED), DeliverySession.package_id.is_(None))
    return (
        select(DeliverySession)
        .join(Voucher, Voucher.id == DeliverySession.voucher_id)
        .join(Provider, Provider.id == DeliverySession.provider_id)
        .where(
            Voucher.business_id.in_(own_business_ids(actor, Permission.BUSINESS_CLAIMS_CONFIRM)),
            Provider.organisation_id.not_in(actor.organisation_ids),
            DeliverySession.state != str(SessionState.OPEN),
            ~lapsed_unrecorded,
        )
        .options(
            joinedload(DeliverySession.package),
            joinedload(DeliverySession.provider),
            joinedload(DeliverySession.voucher).joinedload(Voucher.business),
            joinedload(DeliverySession.voucher).joinedload(Voucher.scheme),
        )
    )


def _claims_of(actor: Actor) -> Select[Redemption]:
    return (
        select(Redemption)
        .join(Voucher, Voucher.id == Redemption.voucher_id)
        .join(Provider, Provider.id == Redemption.provider_id)
        .where(
            Voucher.business_id.in_(own_business_ids(actor, Permission.BUSINESS_CLAIMS_CONFIRM)),
            Provider.organisation_id.not_in(actor.organisation_ids),
        )
        .options(
            selectinload(Redemption.sessions).joinedload(DeliverySession.package),
            joinedload(Redemption.provider),
            joinedload(Redemption.voucher).joinedload(Voucher.business),
            joinedload(Redemption.voucher).joinedload(Voucher.scheme),
        )
    )
