"""What a provider does with a claim that it has made: it opens the files, and says that something is wrong."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, gives_a_file, requires
from voucher.redemptions.answers import dispute_claim
from voucher.redemptions.forms import OwnDisputeForm
from voucher.redemptions.provider_queries import own_claim
from voucher.redemptions.queries import file_of_claim
from voucher.redemptions.rules import DISPUTABLE
from voucher.redemptions.views.files import answer_with

blueprint = Blueprint("own_claims", __name__)

P = Permission


@blueprint.get("/claims/<public_id>/files/<file_id>")
@requires(P.PROVIDER_CLAIMS_MAKE)
@gives_a_file
def file_page(public_id: str, file_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = own_claim(act.actor, public_id)
    return answer_with(act, claim, file_of_claim(claim, file_id))


@blueprint.route("/claims/<public_id>/dispute", methods=["GET", "POST"])
@requires(P.PROVIDER_CLAIMS_MAKE)
def dispute_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = own_claim(act.actor, public_id)
    if claim.state not in DISPUTABLE:  # Pressing the button twice shows what came of the first time.
        return redirect(url_for("claims.claim_page", public_id=public_id))
    form, status = OwnDisputeForm(), 200
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                dispute_claim(act, claim, reason=form.reason.data)
            flash(translate(_("We have kept that something is wrong. Nothing is paid meanwhile.")))
            return redirect(url_for("claims.claim_page", public_id=public_id))
        except (Forbidden, NotFound):
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
            status = status_of(refusal)
    page = render_template("redemptions/dispute_claim.html", form=form, claim=claim)
    return page, status if status != 200 else 422 if form.errors else 200
