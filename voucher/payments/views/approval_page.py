"""The act of approving: what this person approves, what they may not and why, and the second factor."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.proof import proving
from voucher.payments.approvers import share_of
from voucher.payments.batches import approve_batch
from voucher.payments.forms import ApproveForm
from voucher.payments.models import Batch
from voucher.payments.page_queries import returned_before
from voucher.payments.rules import BatchState
from voucher.payments.views.batch_pages import batch_seen
from voucher.payments.ways import way_in_force
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires

blueprint = Blueprint("batch_approval", __name__)


@blueprint.route("/batches/<public_id>/approve", methods=["GET", "POST"])
@requires(Permission.BATCHES_APPROVE)
def approve_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    batch = batch_seen(act, public_id)
    if batch.state != BatchState.SUBMITTED:
        return redirect(url_for("batches.batch_page", public_id=public_id))
    form = ApproveForm()
    if form.validate_on_submit() and _approved(act, batch, form):
        return redirect(url_for("batches.batch_page", public_id=public_id))
    share = share_of(act.actor, batch_seen(act, public_id), act.today)
    form.seen.data = share.pence  # What is shown now is what the next press approves.
    way = way_in_force(batch.scheme_id)
    page = render_template(
        "payments/approve.html",
        form=form,
        batch=batch,
        share=share,
        returns=returned_before(batch),
        two=batch.first_approved_by is None and way.takes_two_approvers(share.pence),
        level=way.second_approval_pence,
    )
    return page, 422 if form.errors else 200


def _approved(act: Act, batch: Batch, form: ApproveForm) -> bool:
    seen = form.seen.data or ""
    try:
        with proving(act, form) as proven:
            if proven is None:
                return False
            other = approve_batch(proven, batch, seen_pence=int(seen) if seen.isdecimal() else 0)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return False
    words = _("Batch %(reference)s is approved. Whoever prepares batches can make its file now.")
    if batch_seen(act, batch.public_id).state != BatchState.APPROVED:
        words = _("Batch %(reference)s has its first approval. Its sum takes a second person.")
    flash(translate(words, reference=batch.reference))
    if other is not None:
        words = _("What you may not approve is split off into batch %(reference)s, for another person.")
        flash(translate(words, reference=other.reference))
    return True
