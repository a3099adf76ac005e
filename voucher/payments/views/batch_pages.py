"""Batches: what can be paid now, the list, and the record page with what may be done next."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy.orm import joinedload

from voucher.accounts.queries import names_of
from voucher.accounts.reasons import Asked, with_reason
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.notifications.queries import messages_about
from voucher.payments import batches as commands
from voucher.payments.approvers import approvers, planned
from voucher.payments.forms import BatchFilters
from voucher.payments.gathering import gather
from voucher.payments.models import Batch, Payment
from voucher.payments.page_queries import (
    batch_parts,
    batches,
    came_back,
    lines_behind,
    payments_in,
    returned_before,
    subjects_of_batch,
)
from voucher.payments.queries import claims_to_pay
from voucher.payments.remittance_views import advice_file
from voucher.payments.rules import SENT_TO_THE_BANK, BatchState
from voucher.payments.views.lists import BATCHES, PAYMENTS, InBatch
from voucher.payments.ways import way_in_force
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import wants_file
from voucher.platform.web import current_act, requires
from voucher.redemptions.models import Redemption
from voucher.schemes.queries import visible
from voucher.schemes.workplace import working_in
from voucher.vouchers.models import Voucher

blueprint = Blueprint("batches", __name__)

P = Permission
BEFORE_EXPORT = (BatchState.DRAFT, BatchState.SUBMITTED, BatchState.APPROVED)


def batch_seen(act: Act, public_id: str) -> Batch:
    """The batch at this address with all that its pages show; NotFound for whoever may not see it."""
    return visible(Batch, act.actor, public_id, P.CLAIMS_READ, load=batch_parts())


@blueprint.get("/batches")
@requires(P.CLAIMS_READ, task=_("Batches of payments"))
def batches_page() -> ResponseReturnValue:
    at = working_in(P.CLAIMS_READ)
    form = BatchFilters(request.args)
    return BATCHES.answer(
        batches(at.scheme.id, form.state.data or ""),
        "payments/batches.html",
        at=at,
        form=form,
        may_prepare=current_act().actor.may(P.BATCHES_PREPARE, scheme_id=at.scheme.id),
    )


@blueprint.get("/batches/new")
@requires(P.BATCHES_PREPARE, task=_("Prepare a batch"))
def new_batch_page() -> ResponseReturnValue:
    at = working_in(P.BATCHES_PREPARE)
    read_along = (
        joinedload(Redemption.provider),
        joinedload(Redemption.voucher).joinedload(Voucher.business),
    )
    claims = session.scalars(claims_to_pay(at.scheme.id).options(*read_along)).all()
    gathered = gather(claims, way_in_force(at.scheme.id).route)
    returns = came_back(at.scheme.id, [claim.id for each in gathered.ready for claim in each.claims])
    return render_template("payments/new_batch.html", at=at, gathered=gathered, returns=returns)


@blueprint.post("/batches/new")
@requires(P.BATCHES_PREPARE)
def prepare_button() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.BATCHES_PREPARE)
    with transaction(act.actor, act.clock):
        made = commands.prepare_batch(act, at.scheme)
    if made.batch is None:
        return redirect(url_for("batches.new_batch_page", **at.args))
    flash(translate(_("Batch %(reference)s is prepared. Look at it, then hand it over."), **_named(made.batch)))
    return _to(made.batch)


@blueprint.get("/batches/<public_id>")
@requires(P.CLAIMS_READ)
def batch_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    batch = batch_seen(act, public_id)
    if wants_file():
        return PAYMENTS.file(payments_in(batch), then=_with_days, name=f"payments-{batch.reference}")
    standing = batch.standing
    total, way = sum(payment.pence for payment in standing), way_in_force(batch.scheme_id)
    people = (
        batch.prepared_by,
        batch.first_approved_by,
        batch.approved_by,
        batch.exported_by,
        batch.recall_asked_by,
        batch.recall_confirmed_by,
    )
    waits = batch.state in (BatchState.DRAFT, BatchState.SUBMITTED)
    return render_template(
        "payments/batch.html",
        batch=batch,
        payments=session.scalars(PAYMENTS.ordered(payments_in(batch))).all(),
        heads=PAYMENTS.heads(),
        total=total,
        route=str(batch.route if batch.file_id else way.route),
        two=waits and way.takes_two_approvers(total),
        level=way.second_approval_pence,
        standing=standing,
        names=names_of(people),
        who_may=approvers(batch, act.now) if waits else {},
        planned=planned(batch),
        evidence=lines_behind(batch.payments),
        returns=returned_before(batch) if waits else [],
        messages=messages_about(subjects_of_batch(batch.id)),
        events=history("batch", batch.id),
        may=_may(act, batch),
    )


def _with_days(payments: Sequence[Payment]) -> list[InBatch]:
    seen = lines_behind(payments)
    return [InBatch(payment, [day for _line, day in seen.get(payment.id, [])]) for payment in payments]


def _may(act: Act, batch: Batch) -> dict[str, bool]:
    """What the person could do with the batch as it stands; the commands decide."""
    prepares = act.actor.may(P.BATCHES_PREPARE, scheme_id=batch.scheme_id)
    approves = act.actor.may(P.BATCHES_APPROVE, scheme_id=batch.scheme_id)
    state = batch.state
    return {
        "submit": prepares and state == BatchState.DRAFT and bool(planned(batch)),
        "approve": approves and state == BatchState.SUBMITTED,
        "reject": approves and state in (BatchState.SUBMITTED, BatchState.APPROVED),
        "export": prepares and (state == BatchState.APPROVED or batch.file_id is not None),
        "take_out": prepares and state in BEFORE_EXPORT,
        "recall": (prepares or approves) and state == BatchState.EXPORTED,
    }


@blueprint.post("/batches/<public_id>/submit")
@requires(P.BATCHES_PREPARE)
def submit_button(public_id: str) -> ResponseReturnValue:
    act = current_act()
    batch = batch_seen(act, public_id)
    with transaction(act.actor, act.clock):
        commands.submit_batch(act, batch)
    flash(translate(_("Batch %(reference)s waits for approval by another person."), **_named(batch)))
    return _to(batch)


@blueprint.post("/batches/<public_id>/file")
@requires(P.BATCHES_PREPARE)
def export_button(public_id: str) -> ResponseReturnValue:
    act = current_act()
    batch = batch_seen(act, public_id)
    with transaction(act.actor, act.clock):
        made = commands.export_batch(act, batch)
    answer = Response(made.content, mimetype=made.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=made.name)
    return answer


@blueprint.route("/batches/<public_id>/reject", methods=["GET", "POST"])
@requires(P.BATCHES_APPROVE)
def reject_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    batch = batch_seen(act, public_id)
    asked = Asked(
        translate(_("Send batch %(reference)s back"), **_named(batch)),
        translate(_("It goes back to whoever prepared it. Nothing is paid.")),
        translate(_("Send the batch back")),
        _address(batch),
    )
    page = with_reason(act, asked, lambda reason: commands.reject_batch(act, batch, reason=reason))
    return page or _done(batch, _("Batch %(reference)s is sent back."))


@blueprint.route("/batches/<public_id>/payments/<payment_id>/take-out", methods=["GET", "POST"])
@requires(P.BATCHES_PREPARE)
def take_out_page(public_id: str, payment_id: str) -> ResponseReturnValue:
    act = current_act()
    batch = batch_seen(act, public_id)
    payment = _payment_of(batch, payment_id)
    asked = Asked(
        translate(_("Take payment %(reference)s out"), reference=payment.reference),
        translate(_("Its claims stay approved and can be paid by a later batch.")),
        translate(_("Take the payment out")),
        _address(batch),
    )
    page = with_reason(act, asked, lambda reason: commands.take_out(act, payment, reason=reason))
    return page or _done(batch, _("The payment is taken out of batch %(reference)s."))


@blueprint.route("/batches/<public_id>/recall", methods=["GET", "POST"])
@requires(P.BATCHES_PREPARE, P.BATCHES_APPROVE)
def recall_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    batch = batch_seen(act, public_id)
    second = batch.recall_asked_by is not None
    first_words = _("Only a file that was not sent to the bank is recalled. A second person has to confirm it.")
    second_words = _("You confirm that the file was not sent to the bank. Its claims can be paid again.")
    asked = Asked(
        translate(_("Recall batch %(reference)s"), **_named(batch)),
        translate(second_words if second else first_words),
        translate(_("Confirm the recall")) if second else translate(_("Ask for the recall")),
        _address(batch),
    )
    page = with_reason(act, asked, lambda reason: commands.recall_batch(act, batch, reason=reason))
    done, waits = _("Batch %(reference)s is recalled."), _("A second person must confirm the recall of %(reference)s.")
    return page or _done(batch, done if second else waits)


@blueprint.get("/batches/<public_id>/payments/<payment_id>/advice.pdf")
@requires(P.CLAIMS_READ)
def advice(public_id: str, payment_id: str) -> ResponseReturnValue:
    payment = _payment_of(batch_seen(current_act(), public_id), payment_id)
    if payment.state not in SENT_TO_THE_BANK:
        raise NotFound("no_advice", _("There is no advice of a payment that was not sent."))
    return advice_file(payment)


def _payment_of(batch: Batch, payment_id: str) -> Payment:
    for payment in batch.payments:
        if payment.public_id == payment_id:
            return payment
    raise NotFound("no_payment", _("There is no such payment in this batch."))


def _named(batch: Batch) -> dict[str, str]:
    return {"reference": batch.reference}


def _address(batch: Batch) -> str:
    return url_for("batches.batch_page", public_id=batch.public_id)


def _to(batch: Batch) -> ResponseReturnValue:
    return redirect(_address(batch))


def _done(batch: Batch, words: str) -> ResponseReturnValue:
    flash(translate(words, **_named(batch)))
    return _to(batch)
