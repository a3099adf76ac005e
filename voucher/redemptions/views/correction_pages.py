"""Correcting a claim that was sent back: the same questions, answered as they were, handed in as a new version."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.documents.commands import looked_at
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import new_public_id
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.redemptions.claims import Accepted, resubmit_claim
from voucher.redemptions.forms import InvoiceForm
from voucher.redemptions.models import Redemption
from voucher.redemptions.provider_queries import own_claim
from voucher.redemptions.queries import sessions_of
from voucher.redemptions.rules import EvidenceKind, RedemptionState
from voucher.redemptions.uploads import hand_in, kept_as
from voucher.redemptions.views.handing_in import Attempt, invoice_of, sent_files, sum_on

blueprint = Blueprint("corrections", __name__)

P = Permission


@blueprint.route("/claims/<public_id>/correct", methods=["GET", "POST"])
@requires(P.PROVIDER_CLAIMS_MAKE)
def correct_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = own_claim(act.actor, public_id)
    if request.method == "GET":
        if claim.state != RedemptionState.SENT_BACK:
            flash(translate(_("This claim was not sent back, so there is nothing to correct.")))
            return redirect(url_for("claims.claim_page", public_id=public_id))
        return _page(claim, Attempt(_as_it_stands(claim)))
    attempt = Attempt(InvoiceForm())
    _try(act, claim, attempt, hand_in_claim=attempt.form.validate())
    if isinstance(attempt.outcome, Accepted):
        flash(translate(_("Your correction is handed in.")))
        return redirect(url_for("claims.claim_page", public_id=public_id))
    attempt.show_faults(invoice_needed=not _shows_invoice(claim, attempt))
    return _page(claim, attempt), attempt.status


def _as_it_stands(claim: Redemption) -> InvoiceForm:
    rates = {str(rate) for _net, rate in claim.vat_lines}
    return InvoiceForm(
        formdata=None,
        request_key=new_public_id(),
        invoice_number=claim.invoice_number,
        invoiced_on=claim.invoice_on,
        net=claim.net_pence,
        vat=claim.vat_pence,
        vat_rate=rates.pop() if len(rates) == 1 else None,
    )


def _try(act: Act, claim: Redemption, attempt: Attempt, *, hand_in_claim: bool) -> None:
    """Keeps the files whatever else is wrong, and hands the correction in when nothing is."""
    uploads = sent_files()
    act = looked_at(act, [upload.data for upload in uploads])
    with transaction(act.actor, act.clock):
        attempt.files = files = hand_in(act, claim.scheme_id, request.form.getlist("kept"), uploads)
        if hand_in_claim and not files.faults and _shows_invoice(claim, attempt):
            form = attempt.form
            attempt.outcome = resubmit_claim(
                act, claim, invoice_of(form), files.attached, request_key=form.request_key.data
            )


def _shows_invoice(claim: Redemption, attempt: Attempt) -> bool:
    before = {item.kind for item in claim.evidence}
    return EvidenceKind.INVOICE in before or attempt.files.shows(EvidenceKind.INVOICE)


def _page(claim: Redemption, attempt: Attempt) -> str:
    return render_template(
        "redemptions/correct_claim.html",
        form=attempt.form,
        claim=claim,
        sessions=sessions_of(claim),
        sum=sum_on(claim.voucher, beside_pence=claim.grant_pence),
        kept=[(kept_as(item), item) for item in attempt.files.attached],
    )
