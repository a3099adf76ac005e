"""What a funder sees: what was sent of its own agreements' statements, with definitions, and their files."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import page_of
from voucher.platform.web import current_act, requires
from voucher.reports.breaches import breaches
from voucher.reports.commands import data_of, sign_off
from voucher.reports.comparing import parts_of
from voucher.reports.paper import shown
from voucher.reports.queries import funders_statement, funders_statements
from voucher.reports.views.shown import compared_with_the_one_before, lines_shown, paper_shown
from voucher.reports.views.statement_pages import file_of
from voucher.schemes.models import Scheme

blueprint = Blueprint("funder", __name__)

READ = Permission.FUNDER_STATEMENTS_READ


@blueprint.get("/funder/statements")
@requires(READ, task=_("Statements of your agreements"), home=True)
def statements_page() -> ResponseReturnValue:
    listed = page_of(funders_statements(current_act().actor), request.args.get("page", 1, type=int))
    figures = {each.id: {str(part["code"]): part["value"] for part in parts_of(data_of(each))} for each in listed.rows}
    return render_template("reports/funder_statements.html", listed=listed, figures=figures)


@blueprint.get("/funder/statements/<public_id>")
@requires(READ)
def statement_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    statement = funders_statement(act.actor, public_id)
    data = data_of(statement)
    compared = compared_with_the_one_before(statement)
    return render_template(
        "reports/funder_statement.html",
        statement=statement,
        scheme=session.get_one(Scheme, statement.scheme_id),
        data=data,
        breaches=breaches(data),
        lines=lines_shown(data, compared.changes if compared else {}),
        compared=compared,
        figure=shown,
        steps=sign_off(statement),
        paper=paper_shown(act, statement),
    )


@blueprint.get("/funder/statements/<public_id>/files/<name>")
@requires(READ)
def statement_file(public_id: str, name: str) -> ResponseReturnValue:
    act = current_act()
    return file_of(act, funders_statement(act.actor, public_id), name)
