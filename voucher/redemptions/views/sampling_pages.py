"""How many claims a person looks at: the rule in force, those before it, and a new one with its reason."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.queries import names_of
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.redemptions.sampling import ALL, sampling_rules, set_sampling
from voucher.redemptions.staff_forms import SamplingForm
from voucher.schemes.views.entering import done
from voucher.schemes.workplace import working_in

blueprint = Blueprint("sampling", __name__)

P = Permission


@blueprint.route("/scheme/sampling", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP, task=_("How many claims a person looks at"))
def sampling_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    rules = sampling_rules(at.scheme.id)
    now = rules[0] if rules else None
    form = SamplingForm(rate=now.rate_bp if now else ALL, weak_rate=now.weak_rate_bp if now else ALL)
    if done(
        act,
        form,
        lambda: set_sampling(
            act,
            at.scheme,
            rate_bp=form.rate.data,
            weak_rate_bp=form.weak_rate.data,
            seed=form.seed.data or "",
            reason=form.reason.data,
        ),
    ):
        flash(translate(_("The sample is drawn so from now on.")))
        return redirect(url_for("sampling.sampling_page", **at.args))
    names = names_of(rule.by_id for rule in rules)
    page = render_template("redemptions/desk/sampling.html", at=at, form=form, rules=rules, names=names)
    return page, 422 if form.errors else 200
