"""Matching: on the left what the bank shows and nobody has explained, on the right what a line may have been."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.funding.queries import agreement_by_reference, line_by_code
from voucher.payments import bank
from voucher.payments.candidates import Candidates, candidates_for
from voucher.payments.cost_queries import cost_by_reference
from voucher.payments.costs import match_cost, match_cost_return
from voucher.payments.debts import match_recovery
from voucher.payments.forms import FindForm, MoneyInForm, MoneyOutForm
from voucher.payments.models import BankLine, Debt, Drawdown, Payment
from voucher.payments.page_queries import open_bank_lines
from voucher.payments.queries import bank_line_by_public_id, by_reference
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import page_of
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import visible
from voucher.schemes.workplace import Workplace, working_in

blueprint = Blueprint("matching", __name__)

P = Permission
Form = MoneyInForm | MoneyOutForm


@blueprint.get("/bank-lines/matching")
@requires(P.BANK_LINES_MATCH, task=_("Match bank lines"))
def matching_page() -> ResponseReturnValue:
    return _page(working_in(P.BANK_LINES_MATCH))


@blueprint.route("/bank-lines/<public_id>/matching", methods=["GET", "POST"])
@requires(P.BANK_LINES_MATCH)
def line_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    line = visible(BankLine, act.actor, public_id, P.BANK_LINES_MATCH)
    at = Workplace(scheme := _scheme_of(line), (scheme,))
    if line.open_pence == 0:
        return redirect(url_for("bank.line_page", public_id=public_id))
    find = FindForm(request.args)
    found = candidates_for(line, at.scheme, act.ring, find.find.data or "")
    form = _form(line, found)
    if form.validate_on_submit() and _matched(act, line, form):
        flash(translate(_("The line is matched.")))
        back_in = Workplace(at.scheme, working_in(P.BANK_LINES_MATCH).choice)
        return redirect(url_for("matching.matching_page", **back_in.args))
    return _page(at, line, form, found, find), 422 if form.errors else 200


def _scheme_of(line: BankLine) -> Scheme:
    found = working_in(P.BANK_LINES_MATCH)
    return next(scheme for scheme in found.choice if scheme.id == line.scheme_id)


def _form(line: BankLine, found: Candidates) -> Form:
    form: Form = MoneyOutForm() if line.pence < 0 else MoneyInForm()
    form.what.choices = found.choices
    if isinstance(form, MoneyOutForm):
        form.also.choices = found.beside
        if request.method == "GET":
            form.what.data, form.also.data = list(found.suggested), list(found.together)
    return form


def _page(
    at: Workplace,
    line: BankLine | None = None,
    form: Form | None = None,
    found: Candidates | None = None,
    find: FindForm | None = None,
) -> str:
    listed = page_of(open_bank_lines(at.scheme.id), request.args.get("page", 1, type=int))
    return render_template("payments/matching.html", at=at, listed=listed, line=line, form=form, found=found, find=find)


def _matched(act: Act, line: BankLine, form: Form) -> bool:
    try:
        with transaction(act.actor, act.clock):
            if isinstance(form, MoneyInForm):
                _match_money_in(act, line, form.what.data, form.reason.data or "")
            else:
                _match_money_out(act, line, form)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"": "what", "payment": "what", "amount": "what", "line": "also"})
        return False
    return True


def _match_money_out(act: Act, line: BankLine, form: MoneyOutForm) -> None:
    """Gives the choices to their command; ``payment NTT-P-1`` names the payment, and so on."""
    scheme, chosen, reason = _scheme_of(line), list(form.what.data), form.reason.data or ""
    kind, _space, reference = chosen[0].partition(" ")
    if form.also.data and form.leaves_rest.data:
        raise DomainError("mixed", _("Other lines pay the rest, or the rest is left open. Choose one."), "also")
    if kind != "payment" and (form.also.data or form.leaves_rest.data):
        raise DomainError("mixed", _("Only a payment can be paid in parts."), "what")
    if kind == "repayment":
        if len(chosen) > 1:
            raise DomainError("mixed", _("A line is payments or one repayment to a funder, not both."), "what")
        agreement, _slash, code = reference.rpartition("/")
        target = line_by_code(agreement_by_reference(scheme.id, agreement), code)
        bank.match_funder_repayment(act, line, target, reason=reason)
        return
    if kind == "cost":
        _match_costs(act, line, chosen, reason)
        return
    if any(not each.startswith("payment ") for each in chosen):
        raise DomainError("mixed", _("A line is payments or one repayment to a funder, not both."), "what")
    payments = [by_reference(Payment, scheme, each.partition(" ")[2]) for each in chosen]
    if form.also.data:
        _match_several_lines(act, [line.public_id, *form.also.data], payments, scheme, reason)
    elif form.leaves_rest.data:
        bank.match_part(act, line, payments, reason=reason)
    else:
        bank.match_payments(act, line, payments, reason=reason)


def _match_several_lines(act: Act, names: list[str], payments: list[Payment], scheme: Scheme, reason: str) -> None:
    if len(payments) > 1:
        raise DomainError("lines", _("Several lines can be parts of one payment. Choose one payment."), "what")
    lines = [bank_line_by_public_id(scheme, name) for name in names]
    bank.match_parts_of_payment(act, lines, payments[0], reason=reason)


def _match_money_in(act: Act, line: BankLine, chosen: str, reason: str) -> None:
    scheme = _scheme_of(line)
    kind, _space, reference = chosen.partition(" ")
    if kind == "return":
        bank.match_return(act, line, by_reference(Payment, scheme, reference), reason=reason)
    elif kind == "drawdown":
        bank.match_drawdown(act, line, by_reference(Drawdown, scheme, reference))
    elif kind == "cost":
        _match_costs(act, line, [chosen], reason)
    else:
        match_recovery(act, line, by_reference(Debt, scheme, reference))


def _match_costs(act: Act, line: BankLine, chosen: list[str], reason: str) -> None:
    """Money out paid administration costs, one or several; money in is one that came back."""
    if any(not each.startswith("cost ") for each in chosen):
        raise DomainError("mixed", _("A line is payments or administration costs, not both at once."), "what")
    costs = [cost_by_reference(_scheme_of(line), each.partition(" ")[2]) for each in chosen]
    for cost in costs:
        if line.pence < 0:
            match_cost(act, line, cost, reason=reason)
        else:
            match_cost_return(act, line, cost, reason=reason)
