"""What a provider's people may read: their own firm's, for which they hold the permission. Anything else is a 404."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from voucher.documents.commands import RETAINED_CLAIM
from voucher.documents.models import Document
from voucher.platform.act import Act
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.providers.models import Package, Provider
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import SessionState
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher

PAGE = 50

T = TypeVar("T")


class Listed(NamedTuple, Generic[T]):
    """One page of a list: its rows, which page it is, and whether another one follows."""

    rows: Sequence[T]
    number: int
    more: bool


def own_schemes(actor: Actor, permission: Permission) -> Sequence[Scheme]:
    """The schemes in which the actor's firm is a provider of any standing; raises NotFound when there are none."""
    found = session.scalars(
        select(Scheme)
        .join(Provider, Provider.scheme_id == Scheme.id)
        .where(Provider.organisation_id.in_(_organisations(actor, permission)))
        .order_by(Scheme.name, Scheme.id)
        .distinct()
    ).all()
    if not found:
        raise NotFound(
            "not_a_provider", _("You work for no provider. Ask the scheme's office to add you to your firm.")
        )
    return found


def own_session(actor: Actor, public_id: str, *permissions: Permission) -> DeliverySession:
    """A delivery session of the actor's firm; raises NotFound for another firm's, too."""
    found = session.scalar(_sessions_of(actor, *permissions).where(DeliverySession.public_id == public_id))
    if found is None:
        raise NotFound("no_session", _("Your firm has no such session. Look the voucher up again."))
    return found


def own_sessions(actor: Actor, public_ids: Sequence[str], permission: Permission) -> list[DeliverySession]:
    """Sessions of the actor's firm in the order named, each once; raises NotFound unless all are its own."""
    return [own_session(actor, public_id, permission) for public_id in dict.fromkeys(public_ids)]


def unclaimed_sessions(actor: Actor, number: int, *permissions: Permission) -> Listed[DeliverySession]:
    """What the actor's firm has recorded and not claimed for, oldest first."""
    query = _sessions_of(actor, *permissions).where(DeliverySession.state == str(SessionState.RECORDED))
    return _page(query.order_by(DeliverySession.delivered_on, DeliverySession.id), number)


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


def own_claims(actor: Actor, number: int) -> Listed[Redemption]:
    """The claims of the actor's firm, newest first."""
    return _page(_claims_of(actor).order_by(Redemption.submitted_at.desc(), Redemption.id.desc()), number)


def packages_for(provider_id: int, voucher_type_id: int) -> Sequence[Package]:
    """What the provider may record on vouchers of this type now (rule 53)."""
    return session.scalars(
        select(Package)
        .where(Package.provider_id == provider_id, Package.voucher_type_id == voucher_type_id, Package.active)
        .order_by(Package.code)
    ).all()


def own_upload(act: Act, scheme_id: int, *, public_id: str = "", sha256: str = "") -> Document | None:
    """A file that this person handed in for a claim of this scheme, by public id or by what is in it."""
    query = select(Document).where(
        Document.scheme_id == scheme_id,
        Document.uploaded_by == act.person_id,
        Document.retention_class == RETAINED_CLAIM,
        Document.public_id == public_id if public_id else Document.sha256 == sha256,
    )
    return session.scalar(query.order_by(Document.id).limit(1))


def _organisations(actor: Actor, *permissions: Permission) -> list[int]:
    return sorted(
        organisation_id
        for organisation_id in actor.organisation_ids
        if any(actor.may(permission, organisation_id=organisation_id) for permission in permissions)
    )


def _sessions_of(actor: Actor, *permissions: Permission) -> Select[DeliverySession]:
    return (
        select(DeliverySession)
        .join(Provider, Provider.id == DeliverySession.provider_id)
        .where(Provider.organisation_id.in_(_organisations(actor, *permissions)))
        .options(joinedload(DeliverySession.package), joinedload(DeliverySession.voucher).joinedload(Voucher.business))
    )


def _claims_of(actor: Actor) -> Select[Redemption]:
    return (
        select(Redemption)
        .join(Provider, Provider.id == Redemption.provider_id)
        .where(Provider.organisation_id.in_(_organisations(actor, Permission.PROVIDER_CLAIMS_MAKE)))
        .options(joinedload(Redemption.voucher).joinedload(Voucher.business))
    )


def _page(query: Select[T], number: int) -> Listed[T]:
    number = min(max(number, 1), 1_000_000)
    rows = session.scalars(query.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    return Listed(rows[:PAGE], number, len(rows) > PAGE)
