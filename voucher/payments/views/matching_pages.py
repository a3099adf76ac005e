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
from voucher.payments.queries import by_reference
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
    found = candidates_for(line, at.scheme, find.find.data or "")
    form = _form(line, found)
    if form.validate_on_submit() and _matched(act, line, form):
        flash(translate(_("The line is matched.")))
        return redirect(url_for("matching.matching_page", **working_in(P.BANK_LINES_MATCH).args))
    return _page(at, line, form, found, find), 422 if form.errors else 200


def _scheme_of(line: BankLine) -> Scheme:
    found = working_in(P.BANK_LINES_MATCH)
    return next(scheme for scheme in found.choice if scheme.id == line.scheme_id)


def _form(line: BankLine, found: Candidates) -> Form:
    form: Form = MoneyOutForm() if line.pence < 0 else MoneyInForm()
    form.what.choices = found.choices
    if request.method == "GET" and line.pence < 0:
        form.what.data = list(found.suggested)
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
    chosen = [form.what.data] if isinstance(form, MoneyInForm) else list(form.what.data)
    try:
        with transaction(act.actor, act.clock):
            _match(act, line, chosen, form.reason.data or "")
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"": "what", "payment": "what", "amount": "what"})
        return False
    return True


def _match(act: Act, line: BankLine, chosen: list[str], reason: str) -> None:
    """Gives each choice to its command; ``payment NTT-P-1`` names the payment, and so on."""
    scheme = _scheme_of(line)
    kind, _space, reference = chosen[0].partition(" ")
    if kind == "payment":
        if any(not each.startswith("payment ") for each in chosen):
            raise DomainError("mixed", _("A line is payments or one repayment to a funder, not both."), "what")
        payments = [by_reference(Payment, scheme, each.partition(" ")[2]) for each in chosen]
        bank.match_payments(act, line, payments, reason=reason)
    elif kind == "cost":
        _match_costs(act, line, chosen, reason)
    elif len(chosen) > 1:
        raise DomainError("mixed", _("A line is one repayment to a funder, not several."), "what")
    elif kind == "repayment":
        agreement, _slash, code = reference.rpartition("/")
        target = line_by_code(agreement_by_reference(scheme.id, agreement), code)
        bank.match_funder_repayment(act, line, target, reason=reason)
    elif kind == "return":
        bank.match_return(act, line, by_reference(Payment, scheme, reference), reason=reason)
    elif kind == "drawdown":
        bank.match_drawdown(act, line, by_reference(Drawdown, scheme, reference))
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
