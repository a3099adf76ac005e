"""Setting up a scheme: all of it on one page, checked as a whole."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.commands import create_scheme
from voucher.schemes.forms import SETTINGS, SchemeForm, days_in, terms_in, type_in
from voucher.schemes.plans import NewScheme
from voucher.schemes.views.entering import TYPE_FIELDS, done

blueprint = Blueprint("new_scheme", __name__)


@blueprint.route("/scheme/new", methods=["GET", "POST"])
@requires(Permission.ADMIN_PEOPLE_MANAGE, task=_("Set up a scheme"))
def new_scheme_page() -> ResponseReturnValue:
    act, form = current_act(), SchemeForm()
    fields = {key: value for key, value in TYPE_FIELDS.items() if key != "name"}
    if done(act, form, lambda: create_scheme(act, _entered(form)), fields):
        flash(translate(_("Scheme %(name)s is set up."), name=form.name.data))
        return redirect(url_for("scheme_start.start_page", reference=form.reference.data.upper()))
    page = render_template("schemes/new_scheme.html", form=form, settings=[each.name for each in SETTINGS])
    return page, 422 if form.errors else 200


def _entered(form: SchemeForm) -> NewScheme:
    return NewScheme(
        reference=form.reference.data.upper(),
        name=form.name.data,
        owner=form.owner.data,
        contact_line=form.contact_line.data,
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        terms=terms_in(form),
        voucher_types=(type_in(form, form.code.data),),
        days=days_in(form),
    )
