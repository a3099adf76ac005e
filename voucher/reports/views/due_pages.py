"""When statements are due, what has to be chased before a cut-off, and a funder's own form."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy import select

from voucher.accounts.queries import names_of
from voucher.audit.commands import transaction
from voucher.documents.commands import looked_at
from voucher.funding.models import Agreement
from voucher.platform import csv as csv_files
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.csv import Cell
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Fault, FileRefused, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import wants_file
from voucher.platform.money import in_pounds
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.reports.due import Chased, Planned, calendar_of, running, set_rhythm, to_chase
from voucher.reports.forms import FunderFormForm, RhythmForm
from voucher.reports.funder_forms import add_form, forms_of
from voucher.reports.models import ReportingRhythm
from voucher.reports.periods import Rhythm
from voucher.reports.reminders import reminded
from voucher.schemes.queries import visible
from voucher.schemes.workplace import working_in

blueprint = Blueprint("due", __name__)

P = Permission
CHASED = ("what", "reference", "voucher", "business", "provider", "waits_for", "since", "pounds")


@blueprint.get("/statements/calendar")
@requires(P.STATEMENTS_READ, task=_("When statements are due"))
def calendar_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.STATEMENTS_READ)
    planned = calendar_of(at.scheme.id, act.today)
    if wants_file():
        header = ["agreement", "from", "to", "cut_off", "due", "standing", "statement"]
        return _csv("calendar", act, header, [_planned_row(each) for each in planned])
    return render_template("reports/calendar.html", at=at, planned=planned, today=act.today)


def _planned_row(each: Planned) -> list[Cell]:
    due = each.due
    days = [day.isoformat() for day in (due.first, due.last, due.cut_off_on, due.due_on)]
    return [each.agreement.reference, *days, each.standing, each.statement.reference if each.statement else None]


@blueprint.get("/agreements/<public_id>/chase")
@requires(P.STATEMENTS_READ)
def chase_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    agreement = visible(Agreement, act.actor, public_id, P.STATEMENTS_READ)
    chased = to_chase(agreement)
    if wants_file():
        return _csv(f"chase-{agreement.reference}", act, CHASED, [_chased_row(each) for each in chased])
    due = running(agreement, act.today)
    told = reminded(agreement.scheme_id, due.cut_off_on) if due else []
    return render_template("reports/chase.html", agreement=agreement, chased=chased, due=due, told=told)


def _chased_row(each: Chased) -> list[Cell]:
    words = [each.what, each.reference, each.voucher, each.business, each.provider, each.waits_for]
    return [*words, each.since.isoformat(), in_pounds(each.pence)]


def _csv(name: str, act: Act, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Response:
    answer = Response(codecs.BOM_UTF8 + csv_files.write_table(header, rows), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}-{act.today.isoformat()}.csv")
    return answer


@blueprint.route("/funding/agreements/<public_id>/reporting", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def rhythm_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    agreement = visible(Agreement, act.actor, public_id, P.FUNDING_AGREEMENTS_MANAGE)
    known = session.scalar(select(ReportingRhythm).where(ReportingRhythm.agreement_id == agreement.id))
    form = RhythmForm(obj=known) if known else RhythmForm()
    if form.validate_on_submit():
        rhythm = Rhythm(int(form.months.data), form.due_days.data, form.cut_off_days.data, form.remind_days.data)
        try:
            with transaction(act.actor, act.clock):
                set_rhythm(act, session.merge(agreement), rhythm)
            flash(translate(_("The calendar of its statements follows from that.")))
            return redirect(url_for("due.calendar_page"))
        except Forbidden:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
    return render_template("reports/rhythm.html", agreement=agreement, form=form), 422 if form.errors else 200


@blueprint.route("/funding/agreements/<public_id>/form", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def form_page(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), FunderFormForm()
    agreement = visible(Agreement, act.actor, public_id, P.FUNDING_AGREEMENTS_MANAGE)
    faults, status = list[Fault](), 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            _add(act, agreement)
            flash(translate(_("The form is kept. It is filled for each statement that is signed.")))
            return redirect(url_for("due.form_page", public_id=public_id))
        except Forbidden:
            raise
        except DomainError as refusal:
            faults = refusal.faults if isinstance(refusal, FileRefused) else []
            show_refusal(form, refusal)
            status = status_of(refusal)
    agreement = session.merge(agreement)
    found = forms_of(agreement.id)
    names = names_of([each.added_by for each in found])
    return render_template(
        "reports/funder_form.html", agreement=agreement, form=form, faults=faults, found=found, names=names
    ), status


def _add(act: Act, agreement: Agreement) -> None:
    template, cells = request.files.get("template"), request.files.get("cells")
    if template is None or not template.filename or cells is None or not cells.filename:
        raise DomainError("no_file", _("Choose both files."), "template")
    data = template.read()
    act = looked_at(act, [data])
    with transaction(act.actor, act.clock):
        add_form(act, session.merge(agreement), template=data, name=template.filename, cells=cells.read())
