"""Who may apply: the rules of a scheme, changed with a reason."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.organisations.business_file import LegalForm
from voucher.platform.authz import Permission
from voucher.platform.forms import choice_of
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.commands import set_eligibility
from voucher.schemes.eligibility import Eligibility, from_stored
from voucher.schemes.forms import EligibilityForm, rules_in
from voucher.schemes.views.entering import done
from voucher.schemes.workplace import working_in

blueprint = Blueprint("eligibility", __name__)

P = Permission


@blueprint.route("/scheme/eligibility", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP, task=_("Change who may apply"))
def eligibility_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    form = EligibilityForm(data=_filled(from_stored(at.scheme.eligibility)))
    form.legal_forms.choices = [choice_of(each) for each in LegalForm]
    if done(
        act,
        form,
        lambda: set_eligibility(act, at.scheme, rules_in(form), reason=form.reason.data),
        {"most_turnover_pence": "most_turnover"},
    ):
        flash(translate(_("The rules are changed. Applications that were sent before keep theirs.")))
        return redirect(url_for("schemes.scheme_page", **at.args))
    return render_template("schemes/eligibility.html", at=at, form=form), 422 if form.errors else 200


def _filled(rules: Eligibility) -> dict[str, object]:
    return {
        "legal_forms": list(rules.legal_forms),
        "postcode_areas": ", ".join(rules.postcode_areas),
        "most_employees": rules.most_employees,
        "most_turnover": rules.most_turnover_pence,
        "least_months_trading": rules.least_months_trading,
        "excluded_sic": ", ".join(rules.excluded_sic),
    }
