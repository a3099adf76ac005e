"""Enterprises and jobs that count: the lists, recording what is declared, evidence, withdrawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from werkzeug.datastructures import FileStorage
from wtforms import SelectChoice

from voucher.accounts.reasons import Asked, with_reason
from voucher.audit.commands import transaction
from voucher.documents.commands import RETAINED_STATEMENT, keep_document, looked_at
from voucher.funding.models import Agreement
from voucher.funding.queries import agreements_of
from voucher.organisations.models import Organisation
from voucher.organisations.queries import organisations_named
from voucher.outputs import commands
from voucher.outputs.forms import EvidenceForm, JobForm, OutputFilters, OutputForm
from voucher.outputs.jobs import JobTerms, record_job
from voucher.outputs.models import Job, Output
from voucher.outputs.queries import jobs_in, outputs_in, set_in_force
from voucher.outputs.rules import OF_JOBS, Measure, in_fte
from voucher.outputs.views.lists import JOBS, OUTPUTS, reached, state_of
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import visible
from voucher.schemes.workplace import working_in

blueprint = Blueprint("outputs", __name__)

P = Permission
WORDS: dict[str, Any] = {"state_of": state_of, "reached": reached, "fte": in_fte}
FIELDS = {"code": "indicator", "file": "evidence", "": "business"}
TABLES: dict[str, type[Output] | type[Job]] = {"enterprise": Output, "job": Job}


@blueprint.get("/outputs")
@requires(P.FUNDING_LINES_READ, task=_("Enterprises supported"))
def outputs_page() -> ResponseReturnValue:
    at = working_in(P.FUNDING_LINES_READ)
    form = _filters(at.scheme)
    query = outputs_in(at.scheme.id, form.agreement.data or "", (form.code.data or "").upper())
    may_record = current_act().actor.may(P.OUTPUTS_RECORD, scheme_id=at.scheme.id)
    return OUTPUTS.answer(query, "outputs/outputs.html", at=at, form=form, may_record=may_record, **WORDS)


@blueprint.get("/outputs/jobs")
@requires(P.FUNDING_LINES_READ, task=_("Jobs created and safeguarded"))
def jobs_page() -> ResponseReturnValue:
    at = working_in(P.FUNDING_LINES_READ)
    form = _filters(at.scheme)
    query = jobs_in(at.scheme.id, form.agreement.data or "", (form.code.data or "").upper())
    may_record = current_act().actor.may(P.OUTPUTS_RECORD, scheme_id=at.scheme.id)
    return JOBS.answer(query, "outputs/jobs.html", at=at, form=form, may_record=may_record, **WORDS)


def _filters(scheme: Scheme) -> OutputFilters:
    form = OutputFilters(request.args)
    every = SelectChoice("", translate(_("All")))
    form.agreement.choices = [
        every,
        *(SelectChoice(each.public_id, each.reference) for each in agreements_of(scheme.id)),
    ]
    return form


@blueprint.route("/outputs/new", methods=["GET", "POST"])
@requires(P.OUTPUTS_RECORD)
def new_output_page() -> ResponseReturnValue:
    def enter(act: Act, agreement: Agreement, code: str, form: OutputForm, document_id: int | None) -> None:
        business = _business(form.business.data)
        commands.record_output(act, agreement, business, code=code, document_id=document_id, note=form.note.data or "")

    return _new(OutputForm(), {Measure.DECLARED}, enter, "outputs/new_output.html", "outputs.outputs_page")


@blueprint.route("/outputs/jobs/new", methods=["GET", "POST"])
@requires(P.OUTPUTS_RECORD)
def new_job_page() -> ResponseReturnValue:
    def enter(act: Act, agreement: Agreement, code: str, form: JobForm, document_id: int | None) -> None:
        terms = JobTerms(
            code=code,
            post=form.post.data,
            fte_hundredths=form.fte.data,
            baseline_hundredths=form.baseline.data,
            baseline_on=form.baseline_on.data,
            begins_on=form.begins_on.data,
            permanent=form.permanent.data,
        )
        record_job(act, agreement, _business(form.business.data), terms, document_id=document_id)

    return _new(JobForm(), set(OF_JOBS), enter, "outputs/new_job.html", "outputs.jobs_page")


Enter = Callable[[Act, Agreement, str, Any, int | None], None]


def _new(form: Form, measures: set[Measure], enter: Enter, template: str, back_to: str) -> ResponseReturnValue:
    """The page on which something is recorded for an indicator of one of these measures."""
    act = current_act()
    at = working_in(P.OUTPUTS_RECORD)
    choices = _indicators(at.scheme, act, measures)
    form.indicator.choices = [
        SelectChoice("", translate(_("Choose an indicator"))),
        *(SelectChoice(key, words) for key, (words, _agreement, _code) in choices.items()),
    ]
    if form.validate_on_submit():
        _words, agreement, code = choices[form.indicator.data]

        def record(of: Act, document_id: int | None) -> None:
            enter(of, agreement, code, form, document_id)

        if _with_evidence(act, at.scheme.id, form, record):
            flash(translate(_("It is recorded.")))
            return redirect(url_for(back_to, **at.args))
    if form.errors and _upload() is not None:
        form.evidence.errors = [*form.evidence.errors, translate(_("Choose the file again: it was not kept."))]
    page = render_template(template, at=at, form=form, none=not choices, back_to=url_for(back_to, **at.args))
    return page, 422 if form.errors else 200


def _indicators(scheme: Scheme, act: Act, measures: set[Measure]) -> dict[str, tuple[str, Agreement, str]]:
    found = {}
    for agreement in agreements_of(scheme.id):
        in_force = set_in_force(agreement.id, act.today)
        for each in in_force.indicators if in_force else ():
            if each.measure in measures:
                words = f"{agreement.reference}, {each.code}: {each.wording}"
                found[f"{agreement.public_id}/{each.code}"] = (words, agreement, each.code)
    return found


def _business(name: str) -> Organisation:
    known = organisations_named(name)
    if len(known) != 1:
        words = _("Several parties have this name: enter its reference.") if known else _("There is no such business.")
        raise DomainError("which_business", words, "business")
    return known[0]


def _with_evidence(act: Act, scheme_id: int, form: Form, do: Callable[[Act, int | None], None]) -> bool:
    """Does it with the file that was sent along, if one was; a refusal is named on the form."""
    upload = _upload()
    data = upload.read() if upload else b""
    act = looked_at(act, [data])
    try:
        with transaction(act.actor, act.clock):
            do(act, _kept(act, scheme_id, data, upload))
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, FIELDS)
        return False
    return True


def _kept(act: Act, scheme_id: int, data: bytes, upload: FileStorage | None) -> int | None:
    if upload is None:
        return None
    name = upload.filename or ""
    return keep_document(act, scheme_id=scheme_id, data=data, name=name, retention_class=RETAINED_STATEMENT).id


def _upload() -> FileStorage | None:
    sent = request.files.get("evidence")
    return sent if sent is not None and sent.filename else None


@blueprint.route("/outputs/<kind>/<public_id>/evidence", methods=["GET", "POST"])
@requires(P.OUTPUTS_RECORD)
def evidence_page(kind: str, public_id: str) -> ResponseReturnValue:
    act, form = current_act(), EvidenceForm()
    row = visible(_table_of(kind), act.actor, public_id, P.OUTPUTS_RECORD)
    if form.validate_on_submit():

        def record(of: Act, document_id: int | None) -> None:
            if document_id is None:
                raise DomainError("no_file", _("Choose the file with the evidence."), "file")
            commands.add_evidence(of, session.merge(row), document_id)

        if _with_evidence(act, row.scheme_id, form, record):
            flash(translate(_("The evidence is kept.")))
            return redirect(_list_of(kind))
    page = render_template(
        "outputs/evidence.html", form=form, row=session.merge(row), kind=kind, back_to=_list_of(kind)
    )
    return page, 422 if form.errors else 200


@blueprint.route("/outputs/<kind>/<public_id>/withdraw", methods=["GET", "POST"])
@requires(P.OUTPUTS_RECORD)
def withdraw_page(kind: str, public_id: str) -> ResponseReturnValue:
    act = current_act()
    row = visible(_table_of(kind), act.actor, public_id, P.OUTPUTS_RECORD)
    asked = Asked(
        translate(_("Withdraw %(business)s from %(code)s"), business=row.business.name, code=row.code),
        translate(_("It no longer counts, from the first day on that no signed statement covers.")),
        translate(_("Withdraw it")),
        _list_of(kind),
    )
    page = with_reason(act, asked, lambda reason: commands.withdraw(act, session.merge(row), reason=reason))
    if page is not None:
        return page
    flash(translate(_("It is withdrawn.")))
    return redirect(_list_of(kind))


def _table_of(kind: str) -> type[Output] | type[Job]:
    if kind not in TABLES:
        raise NotFound("no_kind", _("There is nothing at this address."))
    return TABLES[kind]


def _list_of(kind: str) -> str:
    return url_for("outputs.outputs_page" if kind == "enterprise" else "outputs.jobs_page")
