"""What businesses, providers and staff are told about support, claims and their providers."""

from __future__ import annotations

from voucher.accounts.links import mailed_link
from voucher.accounts.models import Person
from voucher.accounts.rules import Purpose
from voucher.applications import messages as applications
from voucher.audit.queries import history
from voucher.notifications.delivery import Mail, written
from voucher.notifications.models import OutboxMessage
from voucher.notifications.worker import Renderer
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.providers.models import Provider
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.queries import sessions_of
from voucher.redemptions.rules import RedemptionState, SessionState
from voucher.schemes.models import Scheme
from voucher.vouchers import messages as vouchers
from voucher.vouchers.models import Voucher

# What a claim may be in while the business's answer still changes something.
ANSWERED_BY_THE_BUSINESS = frozenset({RedemptionState.SUBMITTED, RedemptionState.UNCONFIRMED, RedemptionState.DISPUTED})


def about_session(act: Act, message: OutboxMessage) -> Mail:
    """That support was recorded or taken back; asks for the answer while there is none (rule 15)."""
    done = session.get_one(DeliverySession, message.subject_ids["session_id"])
    is_open = done.answer is None and done.state in (SessionState.RECORDED, SessionState.CLAIMED)
    person = _person(message, done.voucher)
    link, link_until = (
        mailed_link(act, person, Purpose.CONFIRM_DELIVERY, done.id, message_id=message.id) if is_open else (None, None)
    )
    return written(
        message.kind,
        **_about(done.voucher, done.provider),
        person=person.name,
        done=done,
        link=link,
        link_until=link_until,
    )


def claim_to_business(act: Act, message: OutboxMessage) -> Mail:
    """That a claim was made, or waits; asks for the answer while there is one to give."""
    claim = session.get_one(Redemption, message.subject_ids["redemption_id"])
    person = _person(message, claim.voucher)
    link, link_until = (
        mailed_link(act, person, Purpose.CONFIRM_CLAIM, claim.id, message_id=message.id)
        if claim.state in ANSWERED_BY_THE_BUSINESS
        else (None, None)
    )
    return written(
        message.kind,
        **_about(claim.voucher, claim.provider),
        person=person.name,
        claim=claim,
        sessions=sessions_of(claim),
        link=link,
        link_until=link_until,
    )


def claim_to_others(act: Act, message: OutboxMessage) -> Mail:
    """What became of a claim, to its provider or to staff; both sides may read the reason."""
    claim = session.get_one(Redemption, message.subject_ids["redemption_id"])
    reasons = [event.reason for event in history("redemption", claim.id) if event.action == "claim.approved"]
    return written(
        message.kind,
        **_about(claim.voucher, claim.provider),
        claim=claim,
        reason=reasons[-1] if reasons else "",
        base_url=act.base_url,
    )


def about_provider(act: Act, message: OutboxMessage) -> Mail:
    """What happened to a provider or its bank details; why is said to those who ask."""
    provider = session.get_one(Provider, message.subject_ids["provider_id"])
    return written(
        message.kind,
        scheme=session.get_one(Scheme, provider.scheme_id),
        provider=provider.organisation.name,
        at=message.created_at,
        base_url=act.base_url,
    )


def suspension_to_business(act: Act, message: OutboxMessage) -> Mail:
    """That a provider with work in hand on the business's voucher is suspended."""
    voucher = session.get_one(Voucher, message.subject_ids["voucher_id"])
    provider = session.get_one(Provider, message.subject_ids["provider_id"])
    return written(
        message.kind,
        **_about(voucher, provider),
        person=_person(message, voucher).name,
        at=message.created_at,
        base_url=act.base_url,
    )


def _person(message: OutboxMessage, voucher: Voucher) -> Person:
    """To whom a message goes: the contact of the decision unless it names somebody."""
    return session.get_one(Person, message.person_id) if message.person_id else voucher.application.contact


def _about(voucher: Voucher, provider: Provider) -> dict[str, object]:
    return {
        "scheme": voucher.scheme,
        "voucher": voucher,
        "business": voucher.business.name,
        "provider": provider.organisation.name,
    }


RENDERERS: dict[str, Renderer] = {
    **applications.RENDERERS,
    **vouchers.RENDERERS,
    "session_recorded": about_session,
    "session_undone": about_session,
    "claim_made": claim_to_business,
    "claim_reminder": claim_to_business,
    "claim_halfway": claim_to_others,
    "claim_disputed": claim_to_others,
    "claim_approved": claim_to_others,
    "claim_refused": claim_to_others,
    "claim_sent_back": claim_to_others,
    "provider_suspended": about_provider,
    "provider_suspended_business": suspension_to_business,
    "payee_changed": about_provider,
    "lookups_locked": about_provider,
}
