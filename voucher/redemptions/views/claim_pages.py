"""Making a claim, its receipt, and the list of a firm's claims.

For scripts, ``/claims/new`` has a twin in JSON, chosen by the header ``Accept: application/json``. The body is that of
the form all the same (multipart or urlencoded): ``session`` (a public id; again for each further session),
``request_key``, ``invoice_number``, ``invoiced_on`` (2026-04-07), ``net`` and ``vat`` (pounds), ``vat_rate`` (2000, 500
or 0) and files as ``invoice_files`` (one at least), ``contribution_files`` and ``delivery_files``. Whoever sends it is
signed in by cookie, as in a browser. ``GET /claims/new?session=…`` with the same header answers
``{"csrf_token", "request_key", "sessions"}``; the token goes into the header ``X-CSRFToken`` of each POST and is good
for as long as the cookie. A POST answers ``{"claim", "address", "grant_pence", "state"}`` with 201, and the same with
200 when the same key was accepted before. A refusal is ``{"code", "message", "field"}``: 409 where something else was
first (the same invoice, file, session or money; or the key, with other figures), 422 where what was sent is wrong.
What stands in the way of asking at all (401, 403, 404, a missing token) is a problem document, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_wtf.csrf import generate_csrf

from voucher.audit.commands import transaction
from voucher.documents.commands import looked_at
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import new_public_id
from voucher.platform.errors import DomainError
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of, wants_json
from voucher.platform.web import NOTICE, current_act, requires
from voucher.redemptions.claims import Accepted, Refused, submit_claim, withdraw_claim
from voucher.redemptions.forms import ClaimFilters, ClaimForm, WithdrawForm
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.provider_queries import (
    count_and_sum,
    own_claim,
    own_claims,
    own_sessions,
    sessions_beside,
    sessions_to_claim,
)
from voucher.redemptions.queries import sessions_of
from voucher.redemptions.rules import (
    DISPUTABLE,
    WITHDRAWABLE,
    EvidenceKind,
    RedemptionState,
    SessionState,
    to_outsiders,
)
from voucher.redemptions.standing import standings
from voucher.redemptions.story import story_of
from voucher.redemptions.uploads import Upload, hand_in, kept_as
from voucher.redemptions.views.handing_in import Attempt, invoice_of, refusal_of, sent_files, sum_on
from voucher.redemptions.views.lists import OWN_CLAIMS, OwnClaim

blueprint = Blueprint("claims", __name__)

P = Permission

blueprint.add_app_template_filter(to_outsiders)


@dataclass
class NewClaim(Attempt):
    """One try at a claim, the sessions that it is for, and the receipt of one that was taken."""

    chosen: list[DeliverySession] = field(default_factory=list)
    receipt: dict[str, object] = field(default_factory=dict)


@blueprint.get("/claims")
@requires(P.PROVIDER_CLAIMS_MAKE, task=_("Claims"))
def claims_page() -> ResponseReturnValue:
    act = current_act()
    actor = act.actor
    form = ClaimFilters(request.args)
    state = form.state.data if form.validate() else ""
    query = own_claims(actor, state=state)
    count, pence = count_and_sum(OWN_CLAIMS.within(query))
    return OWN_CLAIMS.answer(
        query,
        "redemptions/claims.html",
        then=partial(_with_standings, act),
        form=form,
        count=count,
        pence=pence,
        narrowed=bool(state) or OWN_CLAIMS.narrowed,
    )


def _with_standings(act: Act, claims: Sequence[Redemption]) -> list[OwnClaim]:
    known = standings(claims, act.today)
    return [OwnClaim(claim, known[claim.id]) for claim in claims]


@blueprint.get("/claims/<public_id>")
@requires(P.PROVIDER_CLAIMS_MAKE)
def claim_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = own_claim(act.actor, public_id)
    if wants_json():
        return jsonify(_receipt(claim))
    return _claim_page(act, claim, WithdrawForm(formdata=None))


@blueprint.post("/claims/<public_id>/withdraw")
@requires(P.PROVIDER_CLAIMS_MAKE)
def withdraw_button(public_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = own_claim(act.actor, public_id)
    form = WithdrawForm()
    if not form.validate_on_submit():
        return _claim_page(act, claim, form), 422
    if claim.state != RedemptionState.WITHDRAWN:  # Pressing the button twice is no mistake worth a page.
        try:
            with transaction(act.actor, act.clock):
                withdraw_claim(act, claim, reason=form.reason.data)
        except DomainError as refusal:
            if refusal.field != "reason":
                raise
            show_refusal(form, refusal)
            return _claim_page(act, claim, form), status_of(refusal)
    flash(translate(_("Taken back. Nothing is paid for it, and its sessions can be claimed for again.")))
    return redirect(url_for("claims.claim_page", public_id=public_id))


def _claim_page(act: Act, claim: Redemption, form: WithdrawForm) -> str:
    return render_template(
        "redemptions/claim.html",
        claim=claim,
        sessions=sessions_of(claim),
        standing=standings([claim], act.today)[claim.id],
        story=story_of(claim),
        may_dispute=claim.state in DISPUTABLE,
        withdraw=form if claim.state in WITHDRAWABLE else None,
    )


@blueprint.get("/claims/new")
@requires(P.PROVIDER_CLAIMS_MAKE)
def new_claim_page() -> ResponseReturnValue:
    act = current_act()
    chosen = own_sessions(act.actor, request.args.getlist("session"), P.PROVIDER_CLAIMS_MAKE)
    form = ClaimForm(formdata=None, request_key=new_public_id(), session=[each.public_id for each in chosen])
    if wants_json():
        return jsonify(csrf_token=generate_csrf(), request_key=form.request_key.data, sessions=form.session.data)
    if not chosen:
        flash(translate(_("Choose the session that you claim for.")), NOTICE)
        return redirect(url_for("sessions.unclaimed_page"))
    for each in chosen:
        if each.state != SessionState.RECORDED:
            return redirect(url_for("sessions.session_page", public_id=each.public_id))
    return _form_page(NewClaim(form, chosen=chosen))


@blueprint.post("/claims/new")
@requires(P.PROVIDER_CLAIMS_MAKE)
def make_claim() -> ResponseReturnValue:
    act = current_act()
    form = ClaimForm()
    fits = form.validate()
    attempt = NewClaim(form, chosen=[])
    _try(act, attempt, sent_files(), hand_in_claim=fits)
    if isinstance(attempt.outcome, Accepted):
        return _accepted(attempt, repeated=attempt.outcome.repeated)
    return _refused(attempt)


def _try(act: Act, attempt: NewClaim, uploads: Sequence[Upload], *, hand_in_claim: bool) -> None:
    """Keeps the files whatever else is wrong, and hands the claim in when nothing is: all in one transaction."""
    form, named = attempt.form, request.form.getlist("session")
    if not named:
        raise DomainError("no_sessions", _("Choose the sessions that you claim for."), "session")
    act = looked_at(act, [upload.data for upload in uploads])
    with transaction(act.actor, act.clock):
        attempt.chosen = chosen = sessions_to_claim(act.actor, named, P.PROVIDER_CLAIMS_MAKE)
        attempt.files = files = hand_in(act, chosen[0].scheme_id, request.form.getlist("kept"), uploads)
        if hand_in_claim and not files.faults and files.shows(EvidenceKind.INVOICE):
            attempt.outcome = submit_claim(
                act, chosen[0].provider, chosen, invoice_of(form), files.attached, request_key=form.request_key.data
            )
        if isinstance(attempt.outcome, Accepted):
            # Written now, because after the commit the claim would be read from the database once more.
            attempt.receipt = _receipt(attempt.outcome.redemption)


def _accepted(attempt: NewClaim, *, repeated: bool) -> ResponseReturnValue:
    if wants_json():
        return jsonify(attempt.receipt), 200 if repeated else 201
    return redirect(str(attempt.receipt["address"]))


def _refused(attempt: NewClaim) -> ResponseReturnValue:
    """The same form with what is wrong at each field, and everything that was entered or handed in kept."""
    attempt.show_faults(invoice_needed=not attempt.files.shows(EvidenceKind.INVOICE))
    if not wants_json():
        return _form_page(attempt), attempt.status
    if isinstance(attempt.outcome, Refused):
        code, message, name = refusal_of(attempt.outcome)
        return jsonify(code=code, message=translate(message), field=name), attempt.status
    name, messages = next(iter(attempt.form.errors.items()))
    return jsonify(code="invalid", message=str(messages[0]), field=name), attempt.status


def _form_page(attempt: NewClaim) -> str:
    first = attempt.chosen[0]
    beside = {each.public_id: each for each in (*attempt.chosen, *sessions_beside(first))}
    return render_template(
        "redemptions/new_claim.html",
        form=attempt.form,
        voucher=first.voucher,
        sum=sum_on(first.voucher),
        held=sum(each.held_pence for each in attempt.chosen),
        offered=list(beside.values()),
        chosen={each.public_id for each in attempt.chosen},
        kept=[(kept_as(item), item) for item in attempt.files.attached],
    )


def _receipt(claim: Redemption) -> dict[str, object]:
    return {
        "claim": claim.reference,
        "address": url_for("claims.claim_page", public_id=claim.public_id),
        "grant_pence": claim.grant_pence,
        "state": claim.state,
    }
