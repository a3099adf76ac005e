"""What bank files are read by, on pages: the scheme's accounts, and the layouts of CSV files."""

from __future__ import annotations

from dataclasses import fields

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.payments.bank_files.forms import AccountForm, LayoutForm
from voucher.payments.bank_files.keeping import add_account, save_layout
from voucher.payments.bank_files.layouts import Layout, layout_of
from voucher.payments.bank_files.queries import accounts_of, layouts_of
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.workplace import working_in

blueprint = Blueprint("bank_layouts", __name__)

P = Permission


@blueprint.route("/bank-lines/accounts", methods=["GET", "POST"])
@requires(P.BANK_FILES_IMPORT, task=_("Bank accounts"))
def accounts_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.BANK_FILES_IMPORT)
    form = AccountForm()
    if form.validate_on_submit() and _added(act, at.scheme, form):
        flash(translate(_("Statements of the account can be imported now.")))
        return redirect(url_for("bank_layouts.accounts_page", **at.args))
    page = render_template("payments/bank_files/accounts.html", at=at, form=form, accounts=accounts_of(at.scheme.id))
    return page, 422 if form.errors else 200


def _added(act: Act, scheme: Scheme, form: AccountForm) -> bool:
    given = {name: form[name].data for name in ("name", "sort_code", "number")}
    try:
        with transaction(act.actor, act.clock):
            add_account(act, scheme, **given)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return False
    return True


@blueprint.get("/bank-lines/layouts")
@requires(P.BANK_FILES_IMPORT, task=_("Layouts of CSV files"))
def layouts_page() -> ResponseReturnValue:
    at = working_in(P.BANK_FILES_IMPORT)
    return render_template("payments/bank_files/layouts.html", at=at, layouts=layouts_of(at.scheme.id))


@blueprint.route("/bank-lines/layouts/new", methods=["GET", "POST"])
@requires(P.BANK_FILES_IMPORT)
def layout_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.BANK_FILES_IMPORT)
    form = LayoutForm(**_saved(at.scheme, request.args.get("name", "")))
    if form.validate_on_submit() and _layout_saved(act, at.scheme, form):
        flash(translate(_("The layout is saved.")))
        return redirect(url_for("bank_layouts.layouts_page", **at.args))
    page = render_template("payments/bank_files/layout.html", at=at, form=form)
    return page, 422 if form.errors else 200


def _saved(scheme: Scheme, name: str) -> dict[str, object]:
    """The layout of that name as the form shows it; an empty form's values where there is none."""
    for each in layouts_of(scheme.id):
        if each.name == name:
            return {"name": name, **layout_of(each.columns).as_json()}
    return {"skip_rows": 0}


def _layout_saved(act: Act, scheme: Scheme, form: LayoutForm) -> bool:
    given = {each.name: form[each.name].data for each in fields(Layout)}
    given["skip_rows"] = given["skip_rows"] or 0
    try:
        with transaction(act.actor, act.clock):
            save_layout(act, scheme, form.name.data, layout_of(given))
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return False
    return True
