"""Changing a scheme's settings and voucher types while it runs."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.forms import SETTINGS, ChangeTypeForm, SettingsForm, days_in, type_in
from voucher.schemes.models import VoucherType
from voucher.schemes.plans import DAY_SETTINGS
from voucher.schemes.queries import voucher_type_by_code
from voucher.schemes.views.entering import TYPE_FIELDS, done
from voucher.schemes.workplace import working_in
from voucher.vouchers.scheme_changes import Settings, change_settings, change_voucher_type, is_applied_for

blueprint = Blueprint("scheme_changes", __name__)

P = Permission


@blueprint.route("/scheme/settings", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP, task=_("Change the scheme's settings"))
def settings_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    names = ("name", "contact_line", "ends_on", *DAY_SETTINGS)
    form = SettingsForm(data={name: getattr(at.scheme, name) for name in names})
    if done(act, form, lambda: change_settings(act, at.scheme, _entered(form), reason=form.reason.data)):
        flash(translate(_("The settings are changed. What is offered or issued already keeps its days.")))
        return redirect(url_for("schemes.scheme_page", **at.args))
    page = render_template("schemes/settings.html", at=at, form=form, settings=[each.name for each in SETTINGS])
    return page, 422 if form.errors else 200


@blueprint.route("/scheme/voucher-types/<code>/change", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP)
def change_type_page(code: str) -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    kind = voucher_type_by_code(at.scheme, code)
    form = ChangeTypeForm(data=_filled(kind))
    if done(
        act,
        form,
        lambda: change_voucher_type(act, kind, type_in(form, kind.code), reason=form.reason.data),
        TYPE_FIELDS,
    ):
        flash(translate(_("Voucher type %(code)s is changed for offers to come."), code=code))
        return redirect(url_for("schemes.scheme_page", **at.args))
    page = render_template("schemes/change_type.html", at=at, form=form, kind=kind, fixed=is_applied_for(kind))
    return page, 422 if form.errors else 200


def _entered(form: SettingsForm) -> Settings:
    return Settings(
        name=form.name.data,
        contact_line=form.contact_line.data,
        ends_on=form.ends_on.data,
        days=days_in(form),
    )


def _filled(kind: VoucherType) -> dict[str, object]:
    """What the form shows of a type; the most for one claim is left empty where it is the face value."""
    return {
        "kind_name": kind.name,
        "good_for": "\n".join(kind.good_for),
        "rate": kind.rate_bp // 100,
        "face": kind.face_pence,
        "cap": None if kind.cap_pence == kind.face_pence else kind.cap_pence,
        "minimum_own": kind.minimum_own_pence,
        "validity_days": kind.validity_days,
    }
