"""A business answers as itself, signed in: was it delivered, what did it pay, what is wrong (rules 14 to 16)."""

from __future__ import annotations

from datetime import date
from functools import partial
from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.states import allowed
from voucher.platform.web import current_act, requires
from voucher.redemptions.answer_views import keep_answer, may_be_answered, said_of_delivery, still_asked
from voucher.redemptions.answers import answer_session, dispute_claim
from voucher.redemptions.forms import NOT_YET, ClaimAnswerForm, DeliveryForm, DisputeForm, claim_answer_form
from voucher.redemptions.models import ClaimAnswer, DeliverySession, Redemption
from voucher.redemptions.queries import answer_in_force
from voucher.redemptions.rules import REDEMPTION_TRANSITIONS, Delivered, RedemptionState
from voucher.redemptions.standing import standings
from voucher.workspace.business_queries import answers_to, own_claim, own_delivery, paid_days
from voucher.workspace.business_tasks import must_say_paid, takes_answer, turn_of
from voucher.workspace.relative_days import how_far

blueprint = Blueprint("business_answers", __name__)

P = Permission
R = RedemptionState

# Between the business's word and the payment.
ON_ITS_WAY = frozenset({R.CONFIRMED, R.VERIFIED, R.APPROVED, R.IN_BATCH})


@blueprint.route("/business/deliveries/<public_id>", methods=["GET", "POST"])
@requires(P.BUSINESS_CLAIMS_CONFIRM)
def delivery_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    asked = own_delivery(act.actor, public_id)
    form = DeliveryForm(delivered=asked.answer, note=asked.answer_note)
    if not may_be_answered(asked) or not form.validate_on_submit():
        return _delivery_page(act, asked, form), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            answer_session(act, asked, Delivered(form.delivered.data), note=_note(asked, form))
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _delivery_page(act, asked, form), status_of(refusal)
    flash(said_of_delivery(asked))
    return redirect(url_for("business_answers.delivery_page", public_id=public_id))


@blueprint.route("/business/claims/<public_id>", methods=["GET", "POST"])
@requires(P.BUSINESS_CLAIMS_CONFIRM)
def claim_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = own_claim(act.actor, public_id)
    if not takes_answer(claim, answer_in_force(claim)):  # Pressing the button twice shows what came of the first time.
        return _claim_page(act, claim)
    asked = still_asked(claim)
    form = _answer_form(claim, asked)
    if not form.validate_on_submit():
        return _claim_page(act, claim, form), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            keep_answer(act, claim, asked, form)
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"paid": "paid_amount"})
        if refusal.code == "claim_changed":  # Nobody accepts the new figures by an answer to the old ones.
            form.version.data, form.paid.data = str(claim.version), None
        return _claim_page(act, claim, form), status_of(refusal)
    flash(translate(_said(claim, form)))
    return redirect(url_for("business_answers.claim_page", public_id=public_id))


@blueprint.post("/business/claims/<public_id>/dispute")
@requires(P.BUSINESS_CLAIMS_CONFIRM)
def dispute_button(public_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = own_claim(act.actor, public_id)
    form = DisputeForm()
    if not form.validate_on_submit() and not takes_answer(claim, answer_in_force(claim)):
        return _claim_page(act, claim, dispute=form), 422
    if form.errors:  # The claim asks for an answer by now, and that form has its own way to say what is wrong.
        return redirect(url_for("business_answers.claim_page", public_id=public_id))
    if claim.state != R.DISPUTED:  # Pressing the button twice is no mistake worth a page.
        with transaction(act.actor, act.clock):
            dispute_claim(act, claim, reason=form.reason.data)
    flash(translate(_("We have kept that something is wrong. The provider is told, and nothing is paid meanwhile.")))
    return redirect(url_for("business_answers.claim_page", public_id=public_id))


@blueprint.get("/business/claims/<public_id>/files/<document_id>")
@requires(P.BUSINESS_CLAIMS_CONFIRM)
def file(public_id: str, document_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = own_claim(act.actor, public_id)
    found = next((item.document for item in claim.evidence if item.document.public_id == document_id), None)
    if found is None:
        raise NotFound("no_file", _("This claim has no such file. Look for it on the page of the claim."))
    data = BytesIO(act.files.get(found.sha256))
    return send_file(data, mimetype=found.media_type, as_attachment=True, download_name=found.original_name)


def _delivery_page(act: Act, asked: DeliverySession, form: DeliveryForm) -> str:
    return render_template(
        "workspace/business_delivery.html",
        form=form,
        asked=asked,
        claim=_claim_of(asked),
        may_answer=may_be_answered(asked),
        here=request.path,
        how_far=partial(how_far, today=act.today),
    )


def _claim_page(
    act: Act, claim: Redemption, form: ClaimAnswerForm | None = None, dispute: DisputeForm | None = None
) -> str:
    """The one page of a claim with the one form that it takes now: the answer, or that something is wrong."""
    answer = answer_in_force(claim)
    may_dispute = not takes_answer(claim, answer) and allowed(REDEMPTION_TRANSITIONS, claim.state, R.DISPUTED)
    return render_template(
        "workspace/business_claim.html",
        claim=claim,
        sessions=claim.sessions,
        turn=turn_of(claim, answer),
        form=form,
        dispute=(dispute or DisputeForm(formdata=None)) if may_dispute else None,
        said=answers_to(claim),
        pay_day=_pay_day(act, claim, answer),
        paid_on=paid_days([claim]).get(claim.id),
        here=url_for("business_answers.claim_page", public_id=claim.public_id),
        how_far=partial(how_far, today=act.today),
    )


def _answer_form(claim: Redemption, asked: list[DeliverySession]) -> ClaimAnswerForm:
    return claim_answer_form([item.public_id for item in asked])(version=str(claim.version))


def _claim_of(asked: DeliverySession) -> Redemption | None:
    return session.get(Redemption, asked.redemption_id) if asked.redemption_id else None


def _pay_day(act: Act, claim: Redemption, answer: ClaimAnswer | None) -> date | None:
    """By when the provider can expect the money, as it is told itself, once the business has answered.

    None while something stands in the way, and when that day is over: then nobody can say.
    """
    standing = standings([claim], act.today)[claim.id]
    answered = answer is not None and claim.state in ON_ITS_WAY and not must_say_paid(claim, answer)
    return standing.paid_by if answered and not standing.late else None


def _note(asked: DeliverySession, form: DeliveryForm) -> str:
    """What was written; but what was missing before, and stands in the form still, is no part of a yes."""
    note = form.note.data or ""
    return "" if form.delivered.data == Delivered.YES and note == asked.answer_note else note


def _said(claim: Redemption, form: ClaimAnswerForm) -> str:
    if claim.state == R.DISPUTED:
        return _("Thank you. We have kept that something is wrong. The claim is not paid meanwhile.")
    if form.paid.data == NOT_YET:
        return _("Thank you. We have kept that you have not paid yet. Come back here once you have.")
    return _("Thank you. We have kept what you paid, and when.")
