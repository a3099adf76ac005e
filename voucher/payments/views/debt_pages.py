"""Money to be got back, and money asked of funders."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy.orm import joinedload
from wtforms import SelectChoice

from voucher.accounts.queries import names_of
from voucher.accounts.reasons import Asked, with_reason
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.funding.models import FundingLine
from voucher.funding.queries import agreements_of
from voucher.organisations.models import Organisation
from voucher.payments import debts as commands
from voucher.payments.bank import request_drawdown
from voucher.payments.forms import DebtFilters, DebtForm, DisallowForm, DrawdownForm
from voucher.payments.models import Debt
from voucher.payments.page_queries import OWING, debts, drawdowns, recoveries
from voucher.payments.views.lists import DEBTS, DRAWDOWNS
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_pounds
from voucher.platform.web import NOTICE, current_act, requires
from voucher.redemptions.models import Redemption
from voucher.redemptions.queries import redemption_by_reference
from voucher.schemes.models import Scheme
from voucher.schemes.queries import visible
from voucher.schemes.workplace import working_in
from voucher.vouchers.models import Voucher

blueprint = Blueprint("debts", __name__)

P = Permission


@blueprint.get("/debts")
@requires(P.CLAIMS_READ, task=_("Debts"))
def debts_page() -> ResponseReturnValue:
    at = working_in(P.CLAIMS_READ)
    form = DebtFilters(request.args)
    may_raise = current_act().actor.may(P.FUNDING_DEBTS_MANAGE, scheme_id=at.scheme.id)
    query = debts(at.scheme.id, form.what.data or "")
    return DEBTS.answer(query, "payments/debts.html", at=at, form=form, may_raise=may_raise)


@blueprint.route("/debts/new", methods=["GET", "POST"])
@requires(P.FUNDING_DEBTS_MANAGE)
def new_debt_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.FUNDING_DEBTS_MANAGE)
    form = DebtForm(claim=request.args.get("claim"))
    if form.validate_on_submit():
        debt = _raised(act, at.scheme, form)
        if debt is not None:
            flash(translate(_("Debt %(reference)s is raised."), reference=debt.reference))
            return redirect(url_for("debts.debt_page", public_id=debt.public_id))
    return render_template("payments/new_debt.html", at=at, form=form), 422 if form.errors else 200


def _raised(act: Act, scheme: Scheme, form: DebtForm) -> Debt | None:
    try:
        with transaction(act.actor, act.clock):
            claim = redemption_by_reference(scheme, form.claim.data)
            debtor = claim.provider.organisation if form.owed_by.data == "provider" else claim.voucher.business
            return commands.raise_debt(act, claim, owed_by=debtor, pence=form.amount.data, reason=form.reason.data)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"": "claim", "redemption": "claim"})
    return None


@blueprint.route("/debts/disallowed", methods=["GET", "POST"])
@requires(P.FUNDING_DEBTS_MANAGE, task=_("Note what a funder disallowed"))
def disallow_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.FUNDING_DEBTS_MANAGE)
    form = DisallowForm(claim=request.args.get("claim"))
    if form.validate_on_submit() and _disallowed(act, at.scheme, form):
        words = _("%(amount)s of claim %(claim)s is disallowed. The authority bears it.")
        flash(translate(words, amount=shown_pounds(form.amount.data), claim=form.claim.data))
        return redirect(url_for("debts.debts_page", **at.args))
    return render_template("payments/disallow.html", at=at, form=form), 422 if form.errors else 200


def _disallowed(act: Act, scheme: Scheme, form: DisallowForm) -> bool:
    try:
        with transaction(act.actor, act.clock):
            claim = redemption_by_reference(scheme, form.claim.data)
            commands.disallow_claim(act, claim, pence=form.amount.data, reason=form.reason.data)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"": "claim"})
        return False
    return True


@blueprint.get("/debts/<public_id>")
@requires(P.CLAIMS_READ)
def debt_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = joinedload(Debt.redemption)
    parts = (claim.joinedload(Redemption.provider), claim.joinedload(Redemption.voucher).joinedload(Voucher.business))
    debt = visible(Debt, act.actor, public_id, P.CLAIMS_READ, load=parts)
    return render_template(
        "payments/debt.html",
        debt=debt,
        owed_by=session.get_one(Organisation, debt.owed_by_id).name,
        names=names_of([debt.raised_by, debt.write_off_asked_by, debt.write_off_approved_by]),
        recoveries=recoveries(debt),
        events=history("debt", debt.id),
        may_write_off=debt.state in OWING and act.actor.may(P.FUNDING_DEBTS_MANAGE, scheme_id=debt.scheme_id),
    )


@blueprint.route("/debts/<public_id>/write-off", methods=["GET", "POST"])
@requires(P.FUNDING_DEBTS_MANAGE)
def write_off_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    debt = visible(Debt, act.actor, public_id, P.FUNDING_DEBTS_MANAGE)
    second = debt.write_off_asked_by is not None
    address = url_for("debts.debt_page", public_id=public_id)
    words = _("You agree to the write-off.") if second else _("A second person has to agree to the write-off.")
    asked = Asked(
        translate(_("Write off debt %(reference)s"), reference=debt.reference),
        translate(words),
        translate(_("Agree to the write-off")) if second else translate(_("Ask for the write-off")),
        address,
    )
    page = with_reason(act, asked, lambda reason: commands.write_off(act, debt, reason=reason))
    if page is not None:
        return page
    if second:
        flash(translate(_("The debt is written off.")))
    else:
        flash(translate(_("A second person must agree to the write-off.")), NOTICE)
    return redirect(address)


@blueprint.get("/drawdowns")
@requires(P.FUNDING_LINES_READ, task=_("Money asked of funders"))
def drawdowns_page() -> ResponseReturnValue:
    at = working_in(P.FUNDING_LINES_READ)
    may_ask = current_act().actor.may(P.FUNDING_AGREEMENTS_MANAGE, scheme_id=at.scheme.id)
    return DRAWDOWNS.answer(drawdowns(at.scheme.id), "payments/drawdowns.html", at=at, may_ask=may_ask)


@blueprint.route("/drawdowns/new", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def new_drawdown_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.FUNDING_AGREEMENTS_MANAGE)
    form = DrawdownForm()
    lines = _lines(at.scheme)
    form.line.choices = [
        SelectChoice("", translate(_("Choose a line"))),
        *(SelectChoice(key, words) for key, (words, _line) in lines.items()),
    ]
    if form.validate_on_submit() and _requested(act, lines[form.line.data][1], form):
        flash(translate(_("The request is noted. Match the bank line to it when the money comes.")))
        return redirect(url_for("debts.drawdowns_page", **at.args))
    return render_template("payments/new_drawdown.html", at=at, form=form), 422 if form.errors else 200


def _lines(scheme: Scheme) -> dict[str, tuple[str, FundingLine]]:
    return {
        f"{agreement.public_id}/{line.code}": (f"{agreement.reference}, {line.code}: {line.name}", line)
        for agreement in agreements_of(scheme.id)
        for line in agreement.lines
    }


def _requested(act: Act, line: FundingLine, form: DrawdownForm) -> bool:
    try:
        with transaction(act.actor, act.clock):
            request_drawdown(act, line, form.amount.data)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return False
    return True
