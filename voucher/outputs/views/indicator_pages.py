"""An agreement's indicators: their versions, what they came to, and entering a new version from a file."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.funding.models import Agreement
from voucher.outputs.commands import set_indicators
from voucher.outputs.forms import IndicatorsForm
from voucher.outputs.indicator_file import read_indicators
from voucher.outputs.queries import figures_of, sets_of
from voucher.outputs.rules import MEANING, Measure, amount_in_words, threshold_in_words
from voucher.platform import toml
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Fault, FileRefused, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.toml import refuse_faults
from voucher.platform.web import current_act, requires
from voucher.schemes.queries import visible

blueprint = Blueprint("indicators", __name__)

P = Permission


@blueprint.get("/funding/agreements/<public_id>/indicators")
@requires(P.FUNDING_LINES_READ)
def indicators_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    agreement = visible(Agreement, act.actor, public_id, P.FUNDING_LINES_READ)
    in_force, figures = figures_of(agreement.id, agreement.starts_on, act.today)
    return render_template(
        "outputs/indicators.html",
        agreement=agreement,
        in_force=in_force,
        figures=figures,
        sets=sets_of(agreement.id),
        measure=Measure,
        meaning=MEANING,
        threshold=threshold_in_words,
        amount=amount_in_words,
        may_set=act.actor.may(P.FUNDING_AGREEMENTS_MANAGE, scheme_id=agreement.scheme_id),
        may_record=act.actor.may(P.OUTPUTS_RECORD, scheme_id=agreement.scheme_id),
    )


@blueprint.route("/funding/agreements/<public_id>/indicators/new", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def new_indicators_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    agreement = visible(Agreement, act.actor, public_id, P.FUNDING_AGREEMENTS_MANAGE)
    form, faults, status = IndicatorsForm(), list[Fault](), 200
    if form.validate_on_submit():
        try:
            _enter(act, agreement, form)
            flash(translate(_("The indicators are entered.")))
            return redirect(url_for("indicators.indicators_page", public_id=public_id))
        except Forbidden:
            raise
        except FileRefused as refused:
            faults = refused.faults
            show_refusal(form, DomainError(refused.code, _("The file cannot be used: see its faults."), "file"))
            status = status_of(refused)
        except DomainError as refusal:
            show_refusal(form, refusal, {"indicators": "file", "in_force_from": "file"})
            status = status_of(refusal)
    status = 422 if form.errors and status == 200 else status
    page = render_template("outputs/new_indicators.html", agreement=agreement, form=form, faults=faults)
    return page, status


def _enter(act: Act, agreement: Agreement, form: IndicatorsForm) -> None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise DomainError("no_file", _("Choose the file with the indicators."), "file")
    whole = toml.read(sent.read())
    terms = read_indicators(whole.section("indicators"))
    whole.done()
    refuse_faults(whole)
    with transaction(act.actor, act.clock):
        set_indicators(act, agreement, terms, reason=form.reason.data or "")
