"""What a provider's people may read: their own firm's, for which they hold the permission. Anything else is a 404."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, contains_eager, joinedload

from voucher.documents.commands import RETAINED_CLAIM
from voucher.documents.models import Document
from voucher.platform.act import Act
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import PAGE, Listed, page_of
from voucher.providers.models import Package, Provider
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import OPEN_HOURS, RedemptionState, SessionState
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import claimable_until


@dataclass(frozen=True)
class ClaimTotal:
    """How many claims are in one state, and what they come to."""

    state: str
    count: int
    pence: int


@dataclass(frozen=True)
class Unclaimed:
    """Recorded sessions that no claim is made for yet: how many, what they hold, and the first day that is the last."""

    count: int
    held_pence: int
    claim_by: date | None


def own_schemes(actor: Actor, permission: Permission) -> Sequence[Scheme]:
    """The schemes in which the actor's firm is a provider of any standing; raises NotFound when there are none."""
    firms = select(Provider.scheme_id).where(Provider.organisation_id.in_(own_organisations(actor, permission)))
    found = session.scalars(select(Scheme).where(Scheme.id.in_(firms)).order_by(Scheme.name, Scheme.id)).all()
    if not found:
        raise NotFound(
            "not_a_provider", _("You work for no provider. Ask the scheme's office to add you to your firm.")
        )
    return found


def own_session(actor: Actor, public_id: str, *permissions: Permission) -> DeliverySession:
    """A delivery session of the actor's firm; raises NotFound for another firm's, too."""
    return _the_one(_sessions_of(actor, *permissions), public_id)


def _the_one(sessions: Select[DeliverySession], public_id: str) -> DeliverySession:
    found = session.scalar(sessions.where(DeliverySession.public_id == public_id))
    if found is None:
        raise NotFound("no_session", _("Your firm has no such session. Look the voucher up again."))
    return found


def own_sessions(actor: Actor, public_ids: Sequence[str], permission: Permission) -> list[DeliverySession]:
    """Sessions of the actor's firm in the order named, each once; raises NotFound unless all are its own."""
    return [own_session(actor, public_id, permission) for public_id in dict.fromkeys(public_ids)]


def sessions_to_claim(actor: Actor, public_ids: Sequence[str], permission: Permission) -> list[DeliverySession]:
    """The same with their provider and without what a page shows of them, for a claim reads them again under lock."""
    query = _sessions(actor, permission).options(contains_eager(DeliverySession.provider))
    return [_the_one(query, public_id) for public_id in dict.fromkeys(public_ids)]


def unclaimed_sessions(actor: Actor, number: int, *permissions: Permission) -> Listed[DeliverySession]:
    """What the actor's firm has recorded and not claimed for, oldest first."""
    query = _sessions_of(actor, *permissions).where(DeliverySession.state == str(SessionState.RECORDED))
    return page_of(query.order_by(DeliverySession.delivered_on, DeliverySession.id), number)


def sessions_beside(chosen: DeliverySession) -> Sequence[DeliverySession]:
    """The recorded sessions that one claim can be for: the same provider's on the same voucher."""
    return session.scalars(
        select(DeliverySession)
        .where(
            DeliverySession.voucher_id == chosen.voucher_id,
            DeliverySession.provider_id == chosen.provider_id,
            DeliverySession.state == str(SessionState.RECORDED),
        )
        .order_by(DeliverySession.delivered_on, DeliverySession.id)
        .options(joinedload(DeliverySession.package))
    ).all()


def own_claim(actor: Actor, public_id: str) -> Redemption:
    """A claim of the actor's firm; raises NotFound for another firm's, too."""
    found = session.scalar(_claims_of(actor).where(Redemption.public_id == public_id))
    if found is None:
        raise NotFound("no_claim", _("Your firm has no such claim. Look for it in the list of your claims."))
    return found


def own_claims(actor: Actor, *, state: str = "") -> Select[Redemption]:
    """The claims of the actor's firm, in no order; those in one state when it is named."""
    query = _claims_of(actor)
    return query.where(Redemption.state == state) if state else query


def count_and_sum(claims: Select[Redemption]) -> tuple[int, int]:
    """How many claims a query finds, and the pence that their vouchers pay."""
    found = claims.with_only_columns(Redemption.id, Redemption.grant_pence).subquery()
    count, pence = session.execute(select(func.count(), func.sum(found.c.grant_pence)).select_from(found)).one()
    return count, pence or 0


def own_claim_totals(actor: Actor) -> list[ClaimTotal]:
    """The claims of the actor's firm by state, in the order in which a claim goes through them."""
    rows = session.execute(
        select(Redemption.state, func.count(), func.sum(Redemption.grant_pence))
        .join(Provider, Provider.id == Redemption.provider_id)
        .where(Provider.organisation_id.in_(own_organisations(actor, Permission.PROVIDER_CLAIMS_MAKE)))
        .group_by(Redemption.state)
    )
    found = {state: ClaimTotal(state, count, int(pence)) for state, count, pence in rows}
    return [found[state] for state in RedemptionState if state in found]


def claims_to_see_to(actor: Actor) -> Sequence[Redemption]:
    """Claims of the actor's firm that wait for the firm itself, oldest first."""
    states = [str(RedemptionState.SENT_BACK), str(RedemptionState.DISPUTED)]
    query = _claims_of(actor).where(Redemption.state.in_(states))
    return session.scalars(query.order_by(Redemption.submitted_at, Redemption.id).limit(PAGE)).all()


def unclaimed(actor: Actor) -> Unclaimed:
    """What the actor's firm has recorded and not claimed for, in three figures."""
    rows = session.execute(
        select(
            Voucher.claim_window_days, func.count(), func.sum(DeliverySession.held_pence), func.min(Voucher.last_day)
        )
        .join(Voucher, Voucher.id == DeliverySession.voucher_id)
        .join(Provider, Provider.id == DeliverySession.provider_id)
        .where(
            Provider.organisation_id.in_(own_organisations(actor, Permission.PROVIDER_CLAIMS_MAKE)),
            DeliverySession.state == str(SessionState.RECORDED),
        )
        .group_by(Voucher.claim_window_days)
    ).all()
    return Unclaimed(
        sum(count for _days, count, _held, _last in rows),
        sum(int(held) for _days, _count, held, _last in rows),
        min((claimable_until(last, days) for days, _count, _held, last in rows), default=None),
    )


def opened_by(actor: Actor, now: datetime) -> Sequence[DeliverySession]:
    """The sessions that this person's own look-ups opened and that can still be recorded, newest first."""
    query = _sessions_of(actor, Permission.PROVIDER_SESSIONS_RECORD).where(
        DeliverySession.opened_by == actor.person_id,
        DeliverySession.state == str(SessionState.OPEN),
        DeliverySession.opened_at >= now - timedelta(hours=OPEN_HOURS),
    )
    return session.scalars(query.order_by(DeliverySession.id.desc()).limit(PAGE)).all()


def recorded_by(actor: Actor, number: int) -> Listed[DeliverySession]:
    """What this person has recorded, whatever became of it, newest first."""
    query = _sessions_of(actor, Permission.PROVIDER_SESSIONS_RECORD).where(
        DeliverySession.recorded_by == actor.person_id
    )
    return page_of(query.order_by(DeliverySession.recorded_at.desc(), DeliverySession.id.desc()), number)


def own_providers(actor: Actor) -> Sequence[tuple[Provider, Scheme]]:
    """The actor's firm as provider of each scheme."""
    rows = session.execute(
        select(Provider, Scheme)
        .join(Scheme, Scheme.id == Provider.scheme_id)
        .where(Provider.organisation_id.in_(own_organisations(actor, Permission.PROVIDER_VOUCHERS_LOOK_UP)))
        .order_by(Scheme.name, Provider.id)
    )
    return [(provider, scheme) for provider, scheme in rows]


def packages_for(provider_id: int, voucher_type_id: int) -> Sequence[Package]:
    """What the provider may record on vouchers of this type now (rule 53)."""
    return session.scalars(
        select(Package)
        .where(Package.provider_id == provider_id, Package.voucher_type_id == voucher_type_id, Package.active)
        .order_by(Package.code)
    ).all()


def own_upload(act: Act, scheme_id: int, *, public_id: str = "", sha256: str = "") -> Document | None:
    """A file that this person handed in for a claim of this scheme, by public id or by what is in it."""
    column, value = (Document.public_id, public_id) if public_id else (Document.sha256, sha256)
    given = {"scheme_id": scheme_id, "uploaded_by": act.person_id, "named": value}
    return session.scalar(_upload(column), given)


@cache
def _upload(column: InstrumentedAttribute[str]) -> Select[Document]:
    return (
        select(Document)
        .where(
            Document.scheme_id == bindparam("scheme_id"),
            Document.uploaded_by == bindparam("uploaded_by"),
            Document.retention_class == RETAINED_CLAIM,
            column == bindparam("named"),
        )
        .order_by(Document.id)
        .limit(1)
    )


def own_organisations(actor: Actor, *permissions: Permission) -> list[int]:
    """The organisations for which the actor holds one of the permissions."""
    return sorted(
        organisation_id
        for organisation_id in actor.organisation_ids
        if any(actor.may(permission, organisation_id=organisation_id) for permission in permissions)
    )


def _sessions(actor: Actor, *permissions: Permission) -> Select[DeliverySession]:
    provider = Provider.id == DeliverySession.provider_id
    return select(DeliverySession).join(Provider, provider).where(_theirs(actor, *permissions))


def _sessions_of(actor: Actor, *permissions: Permission) -> Select[DeliverySession]:
    """With what a page shows of them."""
    return _sessions(actor, *permissions).options(
        joinedload(DeliverySession.package),
        joinedload(DeliverySession.voucher).joinedload(Voucher.business),
        joinedload(DeliverySession.voucher).joinedload(Voucher.scheme),
    )


def _theirs(actor: Actor, *permissions: Permission) -> ColumnElement[bool]:
    """All of the firm's sessions for who makes its claims; for who only scans, what that person looked up or wrote."""
    asked = own_organisations(actor, *permissions)
    managed = set(own_organisations(actor, Permission.PROVIDER_CLAIMS_MAKE))
    by_them = or_(DeliverySession.opened_by == actor.person_id, DeliverySession.recorded_by == actor.person_id)
    return or_(
        Provider.organisation_id.in_([each for each in asked if each in managed]),
        and_(Provider.organisation_id.in_([each for each in asked if each not in managed]), by_them),
    )


def _claims_of(actor: Actor) -> Select[Redemption]:
    return (
        select(Redemption)
        .join(Provider, Provider.id == Redemption.provider_id)
        .where(Provider.organisation_id.in_(own_organisations(actor, Permission.PROVIDER_CLAIMS_MAKE)))
        .options(
            joinedload(Redemption.voucher).joinedload(Voucher.business),
            joinedload(Redemption.voucher).joinedload(Voucher.scheme),
            joinedload(Redemption.provider),
        )
    )
