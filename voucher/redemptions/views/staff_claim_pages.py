"""Staff's queue of claims, the record of one, and the files that it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_babel import ngettext
from wtforms import SelectChoice

from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import days_since
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_pounds
from voucher.platform.web import current_act, gives_a_file, requires
from voucher.redemptions.queries import file_of_claim
from voucher.redemptions.rules import AWAITING_PAYMENT, UNDER_CHECK, VERIFIABLE, RedemptionState
from voucher.redemptions.staff_forms import ANY, IN_WORK, MINE, NOBODYS, TO_VERIFY, ClaimFilters
from voucher.redemptions.staff_queries import (
    READER,
    Queue,
    WantedClaims,
    claim_for_staff,
    claim_queues,
    claims_in,
    providers_in,
)
from voucher.redemptions.views.files import answer_with
from voucher.redemptions.views.lists import CLAIMS
from voucher.redemptions.waiting import PARTIES, THE_BUSINESS, YOU, states_waiting_for, waits_for
from voucher.schemes.models import Scheme
from voucher.schemes.queries import schemes_with
from voucher.schemes.workplace import narrowed, offer_schemes

blueprint = Blueprint("claim_desk", __name__, url_prefix="/claims-desk")

P = Permission


@blueprint.get("")
@requires(READER, task=_("Claims to check and decide"))
def queue_page() -> ResponseReturnValue:
    act = current_act()
    schemes = schemes_with(act.actor, READER)
    form = _filters(schemes)
    return CLAIMS.answer(
        claims_in(narrowed(form, schemes), _wanted(act, form)),
        "redemptions/desk/claims.html",
        form=form,
        counts=_counts(act, claim_queues(schemes)),
        days_since=lambda moment: days_since(moment, act.today),
        waits_for=lambda state: translate(waits_for(state)),
    )


def _filters(schemes: Sequence[Scheme]) -> ClaimFilters:
    """What the address asks for; an address that asks for what there is not shows the usual queue."""
    providers = [SelectChoice(each.public_id, each.organisation.name) for each in providers_in(schemes)]
    for sent in (request.args, None):
        form = ClaimFilters(sent)
        form.provider.choices = [SelectChoice("", translate(_("Any provider"))), *providers]
        offer_schemes(form, schemes)
        if sent is None or form.validate():
            break
    return form


def _wanted(act: Act, form: ClaimFilters) -> WantedClaims:
    groups = {IN_WORK: UNDER_CHECK | AWAITING_PAYMENT, TO_VERIFY: VERIFIABLE, ANY: frozenset(RedemptionState)}
    states = sorted(str(state) for state in groups.get(form.state.data, [form.state.data]))
    if form.waits.data:
        waiting = set(states_waiting_for(form.waits.data))
        states = [state for state in states if state in waiting]
    return WantedClaims(
        states or ["none"],
        form.provider.data or "",
        form.text.data or "",
        taken_by=act.actor.person_id if form.checks.data == MINE else None,
        untaken=form.checks.data == NOBODYS,
    )


def _counts(act: Act, queues: dict[str, Queue]) -> list[tuple[int, str, str]]:
    """The tiles above the list: what is to be verified and approved, and what waits for the others."""
    wanted: list[tuple[Iterable[str], str, tuple[str, str]]] = [
        (VERIFIABLE, _("to verify"), ("state", TO_VERIFY)),
        ([RedemptionState.VERIFIED], _("to approve"), ("state", "verified")),
        ([RedemptionState.DISPUTED], _("disputed"), ("state", "disputed")),
        ([RedemptionState.UNCONFIRMED], _("not confirmed in time"), ("state", "unconfirmed")),
        (states_waiting_for(PARTIES[THE_BUSINESS]), _("wait for the business"), ("waits", PARTIES[THE_BUSINESS])),
        (states_waiting_for(PARTIES[YOU]), _("wait for the provider"), ("waits", PARTIES[YOU])),
    ]
    return [_tile(act, queues, states, words, query) for states, words, query in wanted]


def _tile(
    act: Act, queues: dict[str, Queue], states: Iterable[str], words: str, query: tuple[str, str]
) -> tuple[int, str, str]:
    found = [queues[state] for state in states if state in queues]
    number, oldest = sum(each.number for each in found), min((q.oldest for q in found if q.oldest), default=None)
    said = f"{translate(words)}, {shown_pounds(sum(each.pence for each in found))}"
    if oldest is not None:
        said += ngettext(", oldest %(num)s day", ", oldest %(num)s days", days_since(oldest, act.today))
    return number, said, f"{url_for('claim_desk.queue_page')}?{urlencode([query])}"


@blueprint.get("/<public_id>/files/<file_id>")
@requires(READER)
@gives_a_file
def file_page(public_id: str, file_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = claim_for_staff(act.actor, public_id)
    return answer_with(act, claim, file_of_claim(claim, file_id))
