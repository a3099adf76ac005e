"""Suspending a provider: its businesses with work in hand are told, so it lives where their sessions and claims do."""

from __future__ import annotations

from sqlalchemy import or_, select

from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.providers import commands as providers
from voucher.providers.models import Provider
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import AWAITING_PAYMENT, UNDER_CHECK, SessionState
from voucher.vouchers.models import Voucher


def suspend_provider(act: Act, provider: Provider, *, reason: str) -> None:
    """Stops a provider at once, freezes what is in flight, and tells it and the businesses concerned (rule 51)."""
    providers.suspend_provider(act, provider, reason=reason)
    in_flight = [str(state) for state in UNDER_CHECK | AWAITING_PAYMENT]
    open_sessions = select(DeliverySession.voucher_id).where(
        DeliverySession.provider_id == provider.id,
        DeliverySession.state.in_([str(SessionState.OPEN), str(SessionState.RECORDED)]),
    )
    open_claims = select(Redemption.voucher_id).where(
        Redemption.provider_id == provider.id, Redemption.state.in_(in_flight)
    )
    concerned = select(Voucher).where(or_(Voucher.id.in_(open_sessions), Voucher.id.in_(open_claims)))
    for voucher in session.scalars(concerned.order_by(Voucher.id)):
        contact = voucher.application.contact
        tell(
            act,
            "provider_suspended_business",
            email=contact.email,
            scheme_id=voucher.scheme_id,
            person_id=contact.id,
            voucher_id=voucher.id,
            provider_id=provider.id,
        )
