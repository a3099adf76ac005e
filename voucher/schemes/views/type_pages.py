"""Voucher types: adding one, opening and closing it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.reasons import Asked, with_reason
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.commands import add_voucher_type, set_voucher_type_open
from voucher.schemes.forms import TypeForm, type_in
from voucher.schemes.queries import voucher_type_by_code
from voucher.schemes.views.entering import TYPE_FIELDS, done
from voucher.schemes.workplace import Workplace, working_in

blueprint = Blueprint("voucher_types", __name__)

P = Permission


@blueprint.route("/scheme/voucher-types/new", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP, task=_("Add a voucher type"))
def new_type_page() -> ResponseReturnValue:
    act, form = current_act(), TypeForm()
    at = working_in(P.SCHEMES_SET_UP)
    if done(act, form, lambda: add_voucher_type(act, at.scheme, type_in(form, form.code.data)), TYPE_FIELDS):
        flash(translate(_("Voucher type %(code)s is added. Rounds can be opened for it."), code=form.code.data))
        return redirect(_back(at))
    return render_template("schemes/new_type.html", at=at, form=form), 422 if form.errors else 200


@blueprint.route("/scheme/voucher-types/<code>/open", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP)
def open_type_page(code: str) -> ResponseReturnValue:
    asked = (_("Open voucher type %(code)s"), _("Vouchers of this type can be issued again."), _("Open it"))
    return _set_open(code, *asked, is_open=True)


@blueprint.route("/scheme/voucher-types/<code>/close", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP)
def close_type_page(code: str) -> ResponseReturnValue:
    text = _("Nothing is issued of a closed type. Vouchers that are out stay good.")
    return _set_open(code, _("Close voucher type %(code)s"), text, _("Close it"), is_open=False)


def _set_open(code: str, heading: str, text: str, button: str, *, is_open: bool) -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    kind = voucher_type_by_code(at.scheme, code)
    asked = Asked(translate(heading, code=code), translate(text), translate(button), _back(at))
    page = with_reason(act, asked, lambda reason: set_voucher_type_open(act, kind, is_open=is_open, reason=reason))
    if page is not None:
        return page
    words = _("Voucher type %(code)s is open.") if is_open else _("Voucher type %(code)s is closed.")
    flash(translate(words, code=code))
    return redirect(_back(at))


def _back(at: Workplace) -> str:
    return url_for("schemes.scheme_page", **at.args)
