"""Exceptions between payments and the bank: listed with filters, each resolved with a reason."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.audit.commands import transaction
from voucher.payments.exception_queries import Unfitting, exceptions_of
from voucher.payments.exceptions import exception_of, resolve_exception
from voucher.payments.forms import ExceptionFilters, ResolutionForm
from voucher.payments.models import BankLine, Payment
from voucher.payments.rules import OUTCOMES_OF_PAYMENTS, ExceptionKind, Outcome
from voucher.payments.views.lists import EXCEPTIONS
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import capital
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import schemes_with, visible
from voucher.schemes.workplace import Workplace, working_in

blueprint = Blueprint("exceptions", __name__)

P = Permission
HINTS = {
    Outcome.WAITS: _("Such as a payment that the bank confirms and has not booked. It comes back here on its day."),
    Outcome.PUT_RIGHT: _("Such as a line that another one takes back, or bank details that are corrected."),
    Outcome.BANK_CHARGE: _("The authority bears it. It stays out of the scheme's books and is counted as set aside."),
    Outcome.NOT_THE_SCHEMES: _("It reached the account by mistake. It is counted as set aside."),
}


@blueprint.get("/bank-lines/exceptions")
@requires(P.CLAIMS_READ, task=_("Exceptions between payments and the bank"))
def exceptions_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.CLAIMS_READ)
    form = ExceptionFilters(request.args, days=at.scheme.exception_days)
    form.days.validate(form)  # of the others, what cannot be read narrows nothing
    found = exceptions_of(at.scheme, act.today, days=form.days.data)
    return EXCEPTIONS.answer_read(
        _narrowed(found, form.kind.data or "", form.show.data or ""),
        "payments/exceptions.html",
        at=at,
        form=form,
        today=act.today,
        may_resolve=act.actor.may(P.BANK_LINES_MATCH, scheme_id=at.scheme.id),
    )


def _narrowed(found: Sequence[Unfitting], kind: str, show: str) -> list[Unfitting]:
    of_kind = [each for each in found if not kind or each.kind == ExceptionKind[kind]] if kind in KINDS else found
    return [each for each in of_kind if show == "all" or (each.resolved is not None) == (show == "resolved")]


KINDS = {"", *ExceptionKind.__members__}


@blueprint.route("/bank-lines/exceptions/lines/<public_id>", methods=["GET", "POST"])
@requires(P.BANK_LINES_MATCH)
def line_page(public_id: str) -> ResponseReturnValue:
    return _page(visible(BankLine, current_act().actor, public_id, P.BANK_LINES_MATCH))


@blueprint.route("/bank-lines/exceptions/payments/<public_id>", methods=["GET", "POST"])
@requires(P.BANK_LINES_MATCH)
def payment_page(public_id: str) -> ResponseReturnValue:
    return _page(visible(Payment, current_act().actor, public_id, P.BANK_LINES_MATCH))


def _page(thing: BankLine | Payment) -> ResponseReturnValue:
    act = current_act()
    exception = exception_of(act, thing)
    form = ResolutionForm()
    chosen = [each for each in Outcome if exception.of_line or each in OUTCOMES_OF_PAYMENTS]
    form.outcome.choices = [SelectChoice(each.name, capital(translate(each.value))) for each in chosen]
    if form.validate_on_submit() and _resolved(act, thing, form):
        flash(translate(_("The reason is kept.")))
        at = Workplace(session.get_one(Scheme, thing.scheme_id), schemes_with(act.actor, P.CLAIMS_READ))
        return redirect(url_for("exceptions.exceptions_page", **at.args))
    page = render_template(
        "payments/resolve_exception.html",
        form=form,
        exception=exception,
        hints={each.name: translate(HINTS[each]) for each in chosen},
    )
    return page, 422 if form.errors else 200


def _resolved(act: Act, thing: BankLine | Payment, form: ResolutionForm) -> bool:
    try:
        with transaction(act.actor, act.clock):
            outcome = Outcome[form.outcome.data]
            resolve_exception(act, thing, outcome, reason=form.reason.data, again_on=form.again_on.data)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return False
    return True
