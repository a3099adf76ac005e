"""The page at which a provider's people arrive: scan a voucher, what waits for them, how the claims stand."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.web import current_act, requires, tasks
from voucher.providers.models import Provider
from voucher.providers.rules import ProviderState
from voucher.redemptions.provider_queries import (
    claims_to_see_to,
    opened_by,
    own_claim_totals,
    own_organisations,
    own_providers,
    unclaimed,
)
from voucher.redemptions.rules import OPEN_HOURS

blueprint = Blueprint("provider_home", __name__)

P = Permission
WARNED_DAYS = 60  # how long before a firm's approval ends its people are told so


@blueprint.get("/provider")
@requires(P.PROVIDER_VOUCHERS_LOOK_UP, home=True)
def home_page() -> ResponseReturnValue:
    act = current_act()
    manages = bool(own_organisations(act.actor, P.PROVIDER_CLAIMS_MAKE))
    return render_template(
        "workspace/provider_home.html",
        firms=[(scheme, provider, _days_left(provider, act.today)) for provider, scheme in own_providers(act.actor)],
        opened=opened_by(act.actor, act.now),
        record_within=timedelta(hours=OPEN_HOURS),
        manages=manages,
        today=act.today,
        links=tasks(act.actor),
        **(_claims(act.actor) if manages else {}),
    )


def _claims(actor: Actor) -> dict[str, object]:
    """What only those read who make the firm's claims."""
    return {"to_see_to": claims_to_see_to(actor), "unclaimed": unclaimed(actor), "totals": own_claim_totals(actor)}


def _days_left(provider: Provider, today: date) -> int | None:
    """The days for which an approval still holds, when that is worth a word; below zero when it has ended."""
    if provider.state != ProviderState.APPROVED or provider.approved_until is None:
        return None
    left = (provider.approved_until - today).days
    return left if left <= WARNED_DAYS else None
