"""Samples: the list, drawing one, its items with what was found, and the dossier of each item."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.accounts.queries import names_of
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.funding.models import Agreement
from voucher.funding.queries import agreements_of
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.samples import commands
from voucher.samples.commands import Wanted
from voucher.samples.dossier import claims_behind, dossier_of
from voucher.samples.forms import DrawForm, FindingForm
from voucher.samples.models import AuditSample
from voucher.samples.queries import (
    READERS,
    findings_about,
    findings_in_force,
    item_at,
    items_of,
    result_of,
    sample_for,
    samples_in,
)
from voucher.samples.rules import Method, Outcome, Side
from voucher.samples.views.lists import SAMPLES, with_results
from voucher.schemes.workplace import working_in

blueprint = Blueprint("samples", __name__)

P = Permission
FIELDS = {"": "agreement", "sample": "outcome"}


@blueprint.get("/samples")
@requires(*READERS, task=_("Auditors' samples"))
def samples_page() -> ResponseReturnValue:
    at = working_in(*READERS)
    may_draw = current_act().actor.may(P.AUDIT_SAMPLES_DRAW, scheme_id=at.scheme.id)
    query = samples_in(at.scheme.id)
    return SAMPLES.answer(query, "samples/samples.html", then=with_results, at=at, may_draw=may_draw)


@blueprint.route("/samples/new", methods=["GET", "POST"])
@requires(P.AUDIT_SAMPLES_DRAW, task=_("Draw a sample"))
def draw_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.AUDIT_SAMPLES_DRAW)
    agreements = {each.public_id: each for each in agreements_of(at.scheme.id)}
    form = DrawForm()
    form.agreement.choices = [SelectChoice(key, each.reference) for key, each in agreements.items()]
    if form.validate_on_submit():
        sample = _drawn(act, agreements[form.agreement.data], form)
        if sample is not None:
            flash(translate(_("The sample is drawn.")))
            return redirect(url_for("samples.sample_page", public_id=sample.public_id))
    return render_template("samples/draw.html", at=at, form=form), 422 if form.errors else 200


def _drawn(act: Act, agreement: Agreement, form: DrawForm) -> AuditSample | None:
    wanted = Wanted(
        side=Side(form.side.data),
        method=Method(form.method.data),
        first=form.first.data,
        last=form.last.data,
        size=form.size.data,
        confidence_bp=form.confidence.data,
        tolerable_bp=form.tolerable.data,
        seed=form.seed.data or "",
    )
    try:
        with transaction(act.actor, act.clock):
            return commands.draw_sample(act, agreement, wanted)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, FIELDS)
    return None


@blueprint.get("/samples/<public_id>")
@requires(*READERS)
def sample_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    sample = sample_for(act.actor, public_id)
    return render_template(
        "samples/sample.html",
        sample=sample,
        items=items_of(sample),
        found=findings_in_force(sample.id),
        result=result_of(sample),
        differs=commands.why_not_the_same(sample),
        names=names_of([sample.drawn_by, sample.concluded_by]),
        events=history("audit_sample", sample.id),
        may_look=act.actor.may(P.AUDIT_SAMPLES_DRAW, scheme_id=sample.scheme_id),
    )


@blueprint.post("/samples/<public_id>/conclude")
@requires(P.AUDIT_SAMPLES_DRAW)
def conclude_button(public_id: str) -> ResponseReturnValue:
    act = current_act()
    with transaction(act.actor, act.clock):
        commands.conclude_sample(act, sample_for(act.actor, public_id))
    flash(translate(_("The sample is concluded: the statement counts its result.")))
    return redirect(url_for("samples.sample_page", public_id=public_id))


@blueprint.route("/samples/<public_id>/items/<int:position>", methods=["GET", "POST"])
@requires(P.AUDIT_SAMPLES_DRAW)
def item_page(public_id: str, position: int) -> ResponseReturnValue:
    act, form = current_act(), FindingForm()
    item = item_at(sample_for(act.actor, public_id), position)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                again = item_at(sample_for(act.actor, public_id), position)
                commands.note_finding(
                    act,
                    again,
                    outcome=Outcome(form.outcome.data),
                    error_pence=form.error.data,
                    note=form.note.data or "",
                )
            flash(translate(_("What you found about item %(position)s is kept."), position=position))
            return redirect(url_for("samples.sample_page", public_id=public_id))
        except Forbidden:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal, FIELDS)
            status = status_of(refusal)
            item = item_at(sample_for(act.actor, public_id), position)
    found = findings_about(item)
    return render_template(
        "samples/item.html",
        form=form,
        item=item,
        sample=item.sample,
        claims=claims_behind(item),
        found=found,
        names=names_of([each.by_id for each in found]),
    ), status


@blueprint.post("/samples/<public_id>/items/<int:position>/dossier")
@requires(P.AUDIT_SAMPLES_DRAW)
def dossier_button(public_id: str, position: int) -> ResponseReturnValue:
    act = current_act()
    with transaction(act.actor, act.clock):
        commands.open_dossier(act, item_at(sample_for(act.actor, public_id), position))
    item = item_at(sample_for(act.actor, public_id), position)
    answer = Response(dossier_of(act, item), mimetype="application/zip")
    name = f"{item.sample.reference}-{item.position}.zip"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
