"""Preparing a statement: which agreement and period, and the authority's own balance with its evidence."""

from __future__ import annotations

import calendar
from datetime import date
from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from werkzeug.datastructures import FileStorage

from voucher.audit.commands import transaction
from voucher.documents.commands import RETAINED_STATEMENT, keep_document, looked_at
from voucher.funding.models import Agreement
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.reports.commands import LedgerTie, prepare_statement
from voucher.reports.forms import PrepareForm, ReplaceForm
from voucher.reports.funding_lines import FundingWords
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement
from voucher.reports.queries import (
    last_signed,
    next_first_day,
    open_statement,
    preparable_agreements,
    visible_statement,
)
from voucher.reports.rules import StatementState
from voucher.reports.superseding import supersede_statement
from voucher.schemes.models import Scheme

blueprint = Blueprint("statement_preparing", __name__)

FIELDS = {"from": "first", "to": "last", "file": "evidence"}


class Ready(NamedTuple):
    """An agreement with its scheme, the statement of it that is not signed yet, and where the next one begins."""

    agreement: Agreement
    scheme: Scheme
    waiting: Statement | None
    first: date


@blueprint.get("/statements/prepare")
@requires(Permission.STATEMENTS_PREPARE)
def choose_page() -> ResponseReturnValue:
    found = [_ready(*each) for each in preparable_agreements(current_act().actor)]
    if len(found) == 1:
        chosen = found[0].agreement.public_id
        return redirect(url_for("statement_preparing.prepare_page", public_id=chosen))
    return render_template("reports/choose_agreement.html", found=found)


@blueprint.route("/agreements/<public_id>/statement", methods=["GET", "POST"])
@requires(Permission.STATEMENTS_PREPARE)
def prepare_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    ready = _ready_for(act, public_id)
    form = _form(ready)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            reference = _prepare(act, public_id, form)
            flash(translate(_("The figures are read and kept. The statement waits for whoever passes it on.")))
            return redirect(url_for("statements.statement_page", public_id=reference))
        except Forbidden:
            raise
        except DomainError as refusal:
            ready = _ready_for(act, public_id)
            show_refusal(form, refusal, FIELDS)
            status = status_of(refusal)
    if form.errors and _upload() is not None:
        form.evidence.errors = [*form.evidence.errors, translate(_("Choose the file again: it was not kept."))]
    return render_template("reports/prepare.html", form=form, ready=ready), status


def _prepare(act: Act, public_id: str, form: PrepareForm) -> str:
    upload = _upload()
    data = upload.read() if upload else b""
    act = looked_at(act, [data])
    with transaction(act.actor, act.clock):
        ready = _ready_for(act, public_id)
        evidence_id = ready.waiting.ledger_evidence_id if ready.waiting else None
        evidence_id = _evidence(act, ready.scheme.id, upload, data) or evidence_id
        tie = LedgerTie(form.balance.data, evidence_id, form.explanation.data or "")
        period = Period(form.first.data, form.last.data)
        words = FundingWords(form.variance.data or "", form.reprofile.data or "")
        return prepare_statement(act, ready.agreement, period, tie, words).public_id


@blueprint.route("/statements/<public_id>/replace", methods=["GET", "POST"])
@requires(Permission.STATEMENTS_PREPARE)
def replace_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    statement = visible_statement(act.actor, public_id)
    act.require(Permission.STATEMENTS_PREPARE, scheme_id=statement.scheme_id)
    form = ReplaceForm(balance=statement.ledger_balance_pence, explanation=statement.ledger_explanation)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            made = _replace(act, public_id, form)
            flash(translate(_("The figures are read again. The statement waits for whoever passes it on.")))
            return redirect(url_for("statements.statement_page", public_id=made))
        except Forbidden:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal, FIELDS)
            status = status_of(refusal)
    statement = visible_statement(act.actor, public_id)
    return render_template("reports/replace.html", form=form, statement=statement), status


def _replace(act: Act, public_id: str, form: ReplaceForm) -> str:
    upload = _upload()
    data = upload.read() if upload else b""
    act = looked_at(act, [data])
    with transaction(act.actor, act.clock):
        statement = visible_statement(act.actor, public_id)
        evidence_id = _evidence(act, statement.scheme_id, upload, data) or statement.ledger_evidence_id
        tie = LedgerTie(form.balance.data, evidence_id, form.explanation.data or "")
        return supersede_statement(act, statement, tie, reason=form.reason.data).public_id


def _evidence(act: Act, scheme_id: int, upload: FileStorage | None, data: bytes) -> int | None:
    if upload is None:
        return None
    name = upload.filename or ""
    return keep_document(act, scheme_id=scheme_id, data=data, name=name, retention_class=RETAINED_STATEMENT).id


def _ready(agreement: Agreement, scheme: Scheme) -> Ready:
    return Ready(agreement, scheme, open_statement(agreement.id), next_first_day(agreement, last_signed(agreement.id)))


def _ready_for(act: Act, public_id: str) -> Ready:
    """The agreement with this address, of those that the actor prepares statements of; raises NotFound."""
    for agreement, scheme in preparable_agreements(act.actor):
        if agreement.public_id == public_id:
            return _ready(session.merge(agreement), scheme)
    raise NotFound("no_agreement", _("There is no such agreement, or you may not prepare its statements."))


def _form(ready: Ready) -> PrepareForm:
    """The form with what can be known beforehand: a returned draft's own entries, or the month that follows."""
    waiting = ready.waiting
    if waiting is not None and waiting.state == StatementState.DRAFT:
        return PrepareForm(
            first=waiting.period_from,
            last=waiting.period_to,
            balance=waiting.ledger_balance_pence,
            explanation=waiting.ledger_explanation,
            variance=waiting.variance_explanation,
            reprofile=waiting.reprofile_request,
        )
    first = ready.first
    return PrepareForm(first=first, last=first.replace(day=calendar.monthrange(first.year, first.month)[1]))


def _upload() -> FileStorage | None:
    sent = request.files.get("evidence")
    return sent if sent is not None and sent.filename else None
