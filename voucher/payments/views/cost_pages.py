"""Administration costs: the list, preparing one, and the record on which another person approves it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import FileStorage
from wtforms import SelectChoice

from voucher.accounts.forms import ProofForm
from voucher.accounts.proof import done_with_proof
from voucher.accounts.queries import names_of
from voucher.accounts.reasons import Asked, with_reason
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.documents.commands import RETAINED_STATEMENT, keep_document, looked_at
from voucher.documents.models import Document
from voucher.funding.models import FundingLine
from voucher.payments import costs as commands
from voucher.payments.cost_forms import ConsentForm, CostFilters, CostForm
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_policy import why_not_approve_cost
from voucher.payments.cost_queries import administration_cap, administration_lines, costs, matches_of_cost
from voucher.payments.cost_rules import CostState
from voucher.payments.views.cost_lists import COSTS
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import visible
from voucher.schemes.workplace import working_in

blueprint = Blueprint("admin_costs", __name__)

P = Permission
FIELDS = {"file": "evidence", "": "amount"}


@blueprint.get("/administration-costs")
@requires(P.CLAIMS_READ, task=_("Administration costs"))
def costs_page() -> ResponseReturnValue:
    at = working_in(P.CLAIMS_READ)
    form = CostFilters(request.args)
    may_prepare = current_act().actor.may(P.BATCHES_PREPARE, scheme_id=at.scheme.id)
    query = costs(at.scheme.id, form.state.data or "")
    return COSTS.answer(query, "payments/costs.html", at=at, form=form, may_prepare=may_prepare)


@blueprint.route("/administration-costs/new", methods=["GET", "POST"])
@requires(P.BATCHES_PREPARE)
def new_cost_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.BATCHES_PREPARE)
    form = CostForm()
    lines = {str(line.id): line for line in administration_lines(at.scheme.id)}
    form.line.choices = [
        SelectChoice("", translate(_("Choose a line"))),
        *(SelectChoice(key, f"{line.agreement.reference}, {line.code}: {line.name}") for key, line in lines.items()),
    ]
    if form.validate_on_submit():
        cost = _prepared(act, at.scheme, lines[form.line.data], form)
        if cost is not None:
            flash(translate(_("Cost %(reference)s waits for another person's approval."), reference=cost.reference))
            return redirect(url_for("admin_costs.cost_page", public_id=cost.public_id))
    if form.errors and _upload("evidence") is not None:
        form.evidence.errors = [*form.evidence.errors, translate(_("Choose the file again: it was not kept."))]
    page = render_template("payments/new_cost.html", at=at, form=form, lines=lines)
    return page, 422 if form.errors else 200


def _prepared(act: Act, scheme: Scheme, line: FundingLine, form: CostForm) -> AdminCost | None:
    upload = _upload("evidence")
    data = upload.read() if upload else b""
    act = looked_at(act, [data])
    try:
        with transaction(act.actor, act.clock):
            document = _kept(act, scheme.id, upload, data) if upload else None
            return commands.prepare_cost(
                act,
                session.get_one(FundingLine, line.id),
                pence=form.amount.data,
                description=form.description.data,
                incurred_on=form.incurred_on.data,
                document=document,
            )
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, FIELDS)
    return None


def _kept(act: Act, scheme_id: int, upload: FileStorage, data: bytes) -> Document:
    return keep_document(
        act, scheme_id=scheme_id, data=data, name=upload.filename or "", retention_class=RETAINED_STATEMENT
    )


def _upload(name: str) -> FileStorage | None:
    sent = request.files.get(name)
    return sent if sent is not None and sent.filename else None


@blueprint.get("/administration-costs/<public_id>")
@requires(P.CLAIMS_READ)
def cost_page(public_id: str) -> ResponseReturnValue:
    return _page(current_act(), public_id, ProofForm(formdata=None))


@blueprint.post("/administration-costs/<public_id>/approve")
@requires(P.BATCHES_APPROVE)
def approve_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ProofForm()
    status = done_with_proof(act, form, lambda proven: commands.approve_cost(proven, _found(proven, public_id)))
    if status is not None:
        return _page(act, public_id, form), status
    flash(translate(_("The cost is approved. It is paid when a bank line is matched to it.")))
    return redirect(url_for("admin_costs.cost_page", public_id=public_id))


@blueprint.route("/administration-costs/<public_id>/consent", methods=["GET", "POST"])
@requires(P.BATCHES_PREPARE)
def consent_page(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ConsentForm()
    cost = visible(AdminCost, act.actor, public_id, P.BATCHES_PREPARE)
    upload = _upload("letter")
    if form.validate_on_submit():
        if upload is None:
            form.letter.errors = [translate(_("Choose the funder's letter."))]
        elif _consented(act, cost, form, upload):
            flash(translate(_("The funder's consent is recorded. Another person can approve the cost now.")))
            return redirect(url_for("admin_costs.cost_page", public_id=public_id))
    return render_template("payments/consent.html", cost=cost, form=form), 422 if form.errors else 200


def _consented(act: Act, cost: AdminCost, form: ConsentForm, upload: FileStorage) -> bool:
    data = upload.read()
    act = looked_at(act, [data])
    try:
        with transaction(act.actor, act.clock):
            document = _kept(act, cost.scheme_id, upload, data)
            commands.record_consent(act, cost, document, reason=form.reason.data)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"file": "letter", "": "letter"})
        return False
    return True


@blueprint.route("/administration-costs/<public_id>/withdraw", methods=["GET", "POST"])
@requires(P.BATCHES_PREPARE)
def withdraw_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    cost = visible(AdminCost, act.actor, public_id, P.BATCHES_PREPARE)
    address = url_for("admin_costs.cost_page", public_id=public_id)
    asked = Asked(
        translate(_("Withdraw cost %(reference)s"), reference=cost.reference),
        translate(_("What was approved of it goes back to its line.")),
        translate(_("Withdraw the cost")),
        address,
    )
    page = with_reason(act, asked, lambda reason: commands.withdraw_cost(act, cost, reason=reason))
    if page is not None:
        return page
    flash(translate(_("The cost is withdrawn.")))
    return redirect(address)


def _found(act: Act, public_id: str) -> AdminCost:
    parts = (joinedload(AdminCost.line).joinedload(FundingLine.agreement),)
    return visible(AdminCost, act.actor, public_id, P.CLAIMS_READ, load=parts)


def _page(act: Act, public_id: str, approve: Form) -> str:
    cost = _found(act, public_id)
    cap = administration_cap(cost.line.agreement)
    waits = cost.state == CostState.PREPARED

    def may(permission: Permission) -> bool:
        return act.actor.may(permission, scheme_id=cost.scheme_id)

    return render_template(
        "payments/cost.html",
        cost=cost,
        cap=cap,
        beyond=cap.beyond(cost.pence) if waits else cost.beyond_pence,
        why_not=why_not_approve_cost(act.actor, cost),
        may_approve=waits and may(P.BATCHES_APPROVE),
        may_prepare=may(P.BATCHES_PREPARE),
        names=names_of([cost.prepared_by, cost.approved_by, cost.consent_by]),
        matches=session.scalars(matches_of_cost(cost)).all(),
        approve=approve,
        events=history("admin_cost", cost.id),
    )
