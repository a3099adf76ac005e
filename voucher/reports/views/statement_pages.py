"""Statements for the scheme's people: the list, one statement with all that stands behind it, and its way onwards."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.documents.commands import WORKBOOK
from voucher.documents.models import Document
from voucher.funding.models import Agreement
from voucher.notifications.queries import messages_about
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, NotFound
from voucher.platform.forms import choice_of, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.reports import exports
from voucher.reports.breaches import breaches
from voucher.reports.commands import data_of, move_on, return_statement, review_statement, why_unsignable
from voucher.reports.forms import MoveForm, ReturnForm, SeenForm, StatementFilters
from voucher.reports.funder_forms import filled_form, newest_form
from voucher.reports.models import Statement
from voucher.reports.paper import shown
from voucher.reports.policy import why_not_review, why_not_sign
from voucher.reports.queries import replacement_of, reviewer_needed, visible_statement, visible_statements
from voucher.reports.rules import FROZEN, StatementState
from voucher.reports.superseding import why_not_replace
from voucher.reports.versions import mark_read
from voucher.reports.views.lists import STATEMENTS
from voucher.reports.views.row_pages import address_of
from voucher.reports.views.shown import PaperShown, check_name, compared_with, lines_shown, paper_shown, read_on, steps
from voucher.schemes.models import Scheme
from voucher.schemes.queries import schemes_with
from voucher.schemes.workplace import narrowed, offer_schemes

blueprint = Blueprint("statements", __name__)
blueprint.add_app_template_filter(check_name)

P, S = Permission, StatementState
NEXT = {
    S.SIGNED: (S.SENT, _("Note that it was sent"), _("The statement is noted as sent to the funder.")),
    S.SENT: (S.ACCEPTED, _("Note that the funder accepted it"), _("The statement is noted as accepted.")),
    S.QUERIED: (S.SENT, _("Note that it was sent again"), _("The statement is noted as sent to the funder.")),
}


@blueprint.get("/statements")
@requires(P.STATEMENTS_READ, task=_("Statements to funders"))
def statements_page() -> ResponseReturnValue:
    act = current_act()
    form = StatementFilters(request.args)
    schemes = schemes_with(act.actor, P.STATEMENTS_READ)
    offer_schemes(form, schemes)
    chosen = [scheme.id for scheme in narrowed(form, schemes)]
    query = visible_statements(act.actor).where(Statement.scheme_id.in_(chosen))
    readable = session.execute(
        visible_statements(act.actor).with_only_columns(Agreement.public_id, Agreement.reference)
        .order_by(None).order_by(Agreement.reference, Agreement.public_id).distinct()
    ).all()  # fmt: skip
    every = SelectChoice("", translate(_("All")))
    form.agreement.choices = [every, *(SelectChoice(public_id, reference) for public_id, reference in readable)]
    form.state.choices = [every, *(choice_of(state) for state in S)]
    if form.agreement.data:
        query = query.where(Statement.agreement.has(Agreement.public_id == form.agreement.data))
    if form.state.data:
        query = query.where(Statement.state == form.state.data)
    may_prepare = any(grant.permission == P.STATEMENTS_PREPARE for grant in act.actor.grants)
    return STATEMENTS.answer(query, "reports/statements.html", form=form, may_prepare=may_prepare)


@blueprint.get("/statements/<public_id>")
@requires(P.STATEMENTS_READ)
def statement_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    return record_page(act, visible_statement(act.actor, public_id))


def record_page(act: Act, statement: Statement, *, move: MoveForm | None = None) -> str:
    """The one page of a statement, wherever it stands."""
    scheme = session.get_one(Scheme, statement.scheme_id)
    data = data_of(statement)
    compared = compared_with(act, statement)
    signed = statement.state in FROZEN
    paper = paper_shown(act, statement)
    return render_template(
        "reports/statement.html",
        statement=statement,
        scheme=scheme,
        data=data,
        lines=lines_shown(data, compared.changes if compared else {}),
        compared=compared,
        breaches=breaches(data),
        reviewer_needed=reviewer_needed(scheme, statement.agreement_id),
        unsignable=[] if signed else why_unsignable(statement),
        steps=steps(act, statement, scheme),
        may=_may(act, statement, scheme, paper),
        paper=paper,
        read_at=read_on(act, statement),
        seen=SeenForm(formdata=None, seen=statement.data_hash),
        move=move or MoveForm(formdata=None),
        following=NEXT.get(StatementState(statement.state)),
        figure=shown,
        rows_of=address_of(statement, data),
        replaces=session.get(Statement, statement.supersedes_id) if statement.supersedes_id else None,
        replaced_by=replacement_of(statement) if signed else None,
        has_form=signed and newest_form(statement.agreement_id) is not None,
        evidence=session.get(Document, statement.ledger_evidence_id) if statement.ledger_evidence_id else None,
        messages=messages_about({"statement": [statement.id]}),
        events=history("statement", statement.id),
    )


def _may(act: Act, statement: Statement, scheme: Scheme, paper: PaperShown | None) -> dict[str, object]:
    """What this person may do with the statement now; the commands decide, the page only does not offer the rest."""

    def may(permission: Permission) -> bool:
        return act.actor.may(permission, scheme_id=statement.scheme_id)

    state = statement.state
    waits = state in (S.PREPARED, S.REVIEWED)
    reviewer = reviewer_needed(scheme, statement.agreement_id)
    why_not = why_not_sign(act.actor, statement, reviewer_needed=reviewer)
    return {
        "prepare": may(P.STATEMENTS_PREPARE) and state == S.DRAFT,
        "review": may(P.STATEMENTS_REVIEW) and state == S.PREPARED and why_not_review(act.actor, statement) is None,
        "why_not_review": why_not_review(act.actor, statement) if may(P.STATEMENTS_REVIEW) and waits else None,
        "return": (may(P.STATEMENTS_REVIEW) or may(P.STATEMENTS_SIGN)) and waits,
        "look": may(P.STATEMENTS_SIGN) and waits,
        "why_not_sign": why_not if may(P.STATEMENTS_SIGN) and waits else None,
        "replace": may(P.STATEMENTS_PREPARE) and why_not_replace(statement) is None,
        "move": may(P.STATEMENTS_PREPARE) and state in NEXT and paper is not None and paper.is_drawn,
        "read": (may(P.STATEMENTS_PREPARE) or may(P.STATEMENTS_REVIEW) or may(P.STATEMENTS_SIGN))
        and state not in FROZEN,
    }


@blueprint.post("/statements/<public_id>/review")
@requires(P.STATEMENTS_REVIEW)
def review_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), SeenForm()
    with transaction(act.actor, act.clock):
        review_statement(act, visible_statement(act.actor, public_id, lock=True), seen=form.seen.data or "")
    flash(translate(_("The statement is reviewed and goes to the signer.")))
    return redirect(url_for("statements.statement_page", public_id=public_id))


@blueprint.post("/statements/<public_id>/read")
@requires(P.STATEMENTS_PREPARE, P.STATEMENTS_REVIEW, P.STATEMENTS_SIGN)
def read_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), SeenForm()
    with transaction(act.actor, act.clock):
        mark_read(act, visible_statement(act.actor, public_id, lock=True), seen=form.seen.data or "")
    flash(translate(_("Noted. If the figures change, this page shows you what changed since now.")))
    return redirect(url_for("statements.statement_page", public_id=public_id))


@blueprint.route("/statements/<public_id>/return", methods=["GET", "POST"])
@requires(P.STATEMENTS_REVIEW, P.STATEMENTS_SIGN)
def return_page(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ReturnForm()
    statement = visible_statement(act.actor, public_id)
    status = 200
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                locked = visible_statement(act.actor, public_id, lock=True)
                return_statement(act, locked, comments=form.comments.data)
            flash(translate(_("The statement is returned to its preparer with your comments.")))
            return redirect(url_for("statements.statement_page", public_id=public_id))
        except DomainError as refusal:
            if refusal.audited:
                raise
            show_refusal(form, refusal)
            status = status_of(refusal)
    elif form.errors:
        status = 422
    return render_template("reports/return.html", form=form, statement=statement), status


@blueprint.post("/statements/<public_id>/move")
@requires(P.STATEMENTS_PREPARE)
def move_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), MoveForm()
    statement = visible_statement(act.actor, public_id)
    if not form.validate():
        return record_page(act, statement, move=form), 422
    queried = request.form.get("to") == str(S.QUERIED)
    with transaction(act.actor, act.clock):
        statement = visible_statement(act.actor, public_id, lock=True)
        following = NEXT.get(StatementState(statement.state))
        to = S.QUERIED if queried or following is None else following[0]
        move_on(act, statement, to, reason=form.reason.data or "")
    words = _("The funder's query is noted.") if to == S.QUERIED or following is None else following[2]
    flash(translate(words))
    return redirect(url_for("statements.statement_page", public_id=public_id))


@blueprint.get("/statements/<public_id>/files/<name>")
@requires(P.STATEMENTS_READ)
def statement_file(public_id: str, name: str) -> ResponseReturnValue:
    act = current_act()
    return file_of(act, visible_statement(act.actor, public_id), name)


@blueprint.get("/statements/<public_id>/evidence")
@requires(P.STATEMENTS_READ)
def evidence_file(public_id: str) -> ResponseReturnValue:
    act = current_act()
    statement = visible_statement(act.actor, public_id)
    if statement.ledger_evidence_id is None:
        raise NotFound("no_evidence", _("This statement has no evidence of the ledger balance."))
    document = session.get_one(Document, statement.ledger_evidence_id)
    name = f"{statement.reference}-ledger.{document.media_type.rpartition('/')[2]}"
    return attachment(act.files.get(document.sha256), document.media_type, name)


def file_of(act: Act, statement: Statement, name: str) -> Response:
    """A statement's file: of a signed one the PDF as it was stored; raises NotFound for a name there is none of."""
    makers: dict[str, tuple[str, Callable[[], bytes]]] = {
        "statement.pdf": ("application/pdf", lambda: exports.statement_pdf_bytes(act, statement)),
        "lines.csv": ("text/csv", lambda: exports.lines_csv(statement)),
        "transactions.csv": ("text/csv", lambda: exports.transactions_csv(statement)),
        "statement.xlsx": (WORKBOOK, lambda: exports.statement_xlsx(statement)),
        "data.json": ("application/json", lambda: exports.statement_json(statement)),
    }
    if statement.state in FROZEN and newest_form(statement.agreement_id) is not None:
        makers["form.xlsx"] = (WORKBOOK, lambda: filled_form(act, statement))
    if name not in makers:
        raise NotFound("no_file", _("A statement has no file of that name."))
    media_type, make = makers[name]
    kind, _dot, ending = name.partition(".")
    shown = f"{statement.reference}.{ending}" if kind == "statement" else f"{statement.reference}-{name}"
    return attachment(make(), media_type, shown)


def attachment(data: bytes, media_type: str, name: str) -> Response:
    """A file to keep."""
    answer = Response(data, mimetype=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
