"""Bank lines: typed by a second person, listed with filters, each with what it was found to be."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.queries import names_of
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.payments.bank import type_bank_line
from voucher.payments.bank_files.queries import statement_behind
from voucher.payments.exception_queries import resolutions_of
from voucher.payments.forms import BankLineFilters, BankLineForm
from voucher.payments.models import BankLine
from voucher.payments.page_queries import Wanted, bank_lines, explanations
from voucher.payments.views.lists import BANK_LINES
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import visible
from voucher.schemes.workplace import working_in

blueprint = Blueprint("bank", __name__)

P = Permission


@blueprint.get("/bank-lines")
@requires(P.CLAIMS_READ, task=_("Bank lines"))
def lines_page() -> ResponseReturnValue:
    at = working_in(P.CLAIMS_READ)
    form = BankLineFilters(request.args)
    wanted = Wanted(form.what.data or "", form.way.data or "", form.words.data or "")
    may_type = current_act().actor.may(P.BANK_LINES_TYPE, scheme_id=at.scheme.id)
    lines = bank_lines(at.scheme.id, wanted)
    return BANK_LINES.answer(lines, "payments/bank_lines.html", at=at, form=form, may_type=may_type)


@blueprint.route("/bank-lines/new", methods=["GET", "POST"])
@requires(P.BANK_LINES_TYPE, task=_("Type a bank line"))
def new_line_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.BANK_LINES_TYPE)
    form = BankLineForm()
    if form.validate_on_submit():
        line = _typed(act, at.scheme, form)
        if line is not None:
            flash(translate(_("The line is kept. Say now what it was.")))
            return redirect(url_for("matching.line_page", public_id=line.public_id))
    return render_template("payments/new_bank_line.html", at=at, form=form), 422 if form.errors else 200


def _typed(act: Act, scheme: Scheme, form: BankLineForm) -> BankLine | None:
    sign = 1 if form.way.data == "in" else -1
    try:
        with transaction(act.actor, act.clock):
            return type_bank_line(
                act,
                scheme,
                booked_on=form.booked_on.data,
                pence=sign * form.amount.data,
                bank_reference=form.bank_reference.data,
                counterparty=form.counterparty.data,
            )
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
    return None


@blueprint.get("/bank-lines/<public_id>")
@requires(P.CLAIMS_READ)
def line_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    line = visible(BankLine, act.actor, public_id, P.CLAIMS_READ)
    return render_template(
        "payments/bank_line.html",
        line=line,
        typed_by=names_of([line.entered_by])[line.entered_by],
        statement=statement_behind(line),
        explained=explanations(line),
        resolved=resolutions_of(line),
        events=history("bank_line", line.id),
        may_match=line.open_pence > 0 and act.actor.may(P.BANK_LINES_MATCH, scheme_id=line.scheme_id),
    )
