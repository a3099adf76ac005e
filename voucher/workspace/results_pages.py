"""Whether a scheme's public page shows its results: one page that says how they would read, and one button."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import HiddenField
from wtforms.validators import AnyOf

from voucher.audit.commands import transaction
from voucher.platform.authz import Permission
from voucher.platform.forms import Form
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.reports.public_results import hide_results, results_of, show_results
from voucher.schemes.workplace import working_in

blueprint = Blueprint("results", __name__)

P = Permission
SHOW, HIDE = "show", "hide"


class ResultsForm(Form):
    """What is wanted, as the page said it: pressed twice, the button does not undo itself."""

    wanted = HiddenField(validators=[AnyOf([SHOW, HIDE])])


@blueprint.route("/scheme/results", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP, task=_("Results on the public page"))
def results_page() -> ResponseReturnValue:
    act, form = current_act(), ResultsForm()
    at = working_in(P.SCHEMES_SET_UP)
    if form.validate_on_submit():
        change = show_results if form.wanted.data == SHOW else hide_results
        with transaction(act.actor, act.clock):
            change(act, at.scheme)
        shown = form.wanted.data == SHOW
        said = _("The public page shows the results.") if shown else _("The public page shows no results.")
        flash(translate(said))
        return redirect(url_for("results.results_page", **at.args))
    form.wanted.data = HIDE if at.scheme.shows_results else SHOW
    page = render_template("workspace/show_results.html", at=at, form=form, results=results_of(at.scheme))
    return page, 422 if form.errors else 200
