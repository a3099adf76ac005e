"""A scheme's settings, its terms by version, and its voucher types."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.commands import add_terms
from voucher.schemes.eligibility import from_stored, requirements
from voucher.schemes.forms import SETTINGS, TermsForm, terms_in
from voucher.schemes.queries import every_voucher_type, terms_history, waiting_duties
from voucher.schemes.views.entering import done
from voucher.schemes.workplace import working_in

blueprint = Blueprint("schemes", __name__)

P = Permission


@blueprint.get("/scheme")
@requires(P.FUNDING_LINES_READ, task=_("Scheme, terms and voucher types"))
def scheme_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.FUNDING_LINES_READ)
    versions = terms_history(at.scheme)
    in_force = [each for each in versions if each.in_force_from <= act.today]
    return render_template(
        "schemes/scheme.html",
        at=at,
        settings=[(str(each.words), str(getattr(at.scheme, each.name))) for each in SETTINGS],
        requirements=requirements(from_stored(at.scheme.eligibility)),
        waiting=len(waiting_duties(at.scheme)),
        terms=versions,
        in_force=in_force[-1] if in_force else None,
        kinds=every_voucher_type(at.scheme),
        may_change=act.actor.may(P.SCHEMES_SET_UP, scheme_id=at.scheme.id),
    )


@blueprint.get("/scheme/terms/<version>")
@requires(P.FUNDING_LINES_READ)
def terms_page(version: str) -> ResponseReturnValue:
    at = working_in(P.FUNDING_LINES_READ)
    for terms in terms_history(at.scheme):
        if terms.version == version:
            return render_template("schemes/terms.html", at=at, terms=terms)
    raise NotFound("no_terms", _("The scheme has no such version of its terms."))


@blueprint.route("/scheme/terms/new", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP, task=_("Add a version of the terms"))
def new_terms_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    form = TermsForm()
    if done(act, form, lambda: add_terms(act, at.scheme, terms_in(form))):
        words = _("Terms %(version)s are added. Vouchers issued before keep theirs.")
        flash(translate(words, version=form.version.data))
        return redirect(url_for("schemes.scheme_page", **at.args))
    return render_template("schemes/new_terms.html", at=at, form=form), 422 if form.errors else 200
