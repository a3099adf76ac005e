"""What is concentrated in few hands: providers' shares, cases that were raised, and from what on they are."""

from __future__ import annotations

from dataclasses import asdict, fields

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.queries import names_of
from voucher.accounts.reasons import Asked, with_reason
from voucher.assurance.concentration import close_case, look_for_concentration, set_thresholds, thresholds_of
from voucher.assurance.figures import claims_by_provider, sharing_contacts, window_of, with_shares
from voucher.assurance.forms import CaseFilters, ThresholdsForm
from voucher.assurance.models import ConcentrationCase
from voucher.assurance.policy import why_not_close_case
from voucher.assurance.queries import cases
from voucher.assurance.rules import Thresholds
from voucher.assurance.views.lists import CASES, SHARES, in_unit
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.queries import visible
from voucher.schemes.views.entering import done
from voucher.schemes.workplace import working_in

blueprint = Blueprint("concentration", __name__, url_prefix="/concentration")

P = Permission


@blueprint.get("")
@requires(P.CLAIMS_READ, task=_("What is concentrated in few hands"))
def shares_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.CLAIMS_READ)
    thresholds = thresholds_of(at.scheme.id)
    window = window_of(at.scheme, thresholds, act.now)
    return SHARES.answer(
        claims_by_provider(window),
        "assurance/concentration.html",
        then=lambda rows: with_shares(window, rows),
        at=at,
        thresholds=thresholds,
        sharing=sharing_contacts(at.scheme, thresholds.sharing),
        may_look=act.actor.may(P.ASSURANCE_CASES_MANAGE, scheme_id=at.scheme.id),
        may_set=act.actor.may(P.SCHEMES_SET_UP, scheme_id=at.scheme.id),
    )


@blueprint.post("/look")
@requires(P.ASSURANCE_CASES_MANAGE)
def look_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.ASSURANCE_CASES_MANAGE)
    with transaction(act.actor, act.clock):
        found = look_for_concentration(act, at.scheme)
    words = _("Cases raised: %(raised)s. Still open: %(seen)s. Closed because they are over: %(over)s.")
    flash(translate(words, **asdict(found)))
    return redirect(url_for("concentration.cases_page", **at.args))


@blueprint.get("/cases")
@requires(P.CLAIMS_READ)
def cases_page() -> ResponseReturnValue:
    at = working_in(P.CLAIMS_READ)
    form = CaseFilters(request.args)
    query = cases(at.scheme.id, state=form.state.data or "", measure=form.measure.data or "")
    return CASES.answer(query, "assurance/cases.html", at=at, form=form, in_unit=in_unit)


@blueprint.get("/cases/<public_id>")
@requires(P.CLAIMS_READ)
def case_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    case = visible(ConcentrationCase, act.actor, public_id, P.CLAIMS_READ)
    return render_template(
        "assurance/case.html",
        case=case,
        in_unit=in_unit,
        names=names_of([case.closed_by]),
        events=history("concentration_case", case.id),
        may_close=case.state == "open"
        and act.actor.may(P.ASSURANCE_CASES_MANAGE, scheme_id=case.scheme_id)
        and why_not_close_case(act.actor, case) is None,
    )


@blueprint.route("/cases/<public_id>/close", methods=["GET", "POST"])
@requires(P.ASSURANCE_CASES_MANAGE)
def close_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    case = visible(ConcentrationCase, act.actor, public_id, P.ASSURANCE_CASES_MANAGE)
    address = url_for("concentration.case_page", public_id=public_id)
    asked = Asked(
        translate(_("Close case %(reference)s"), reference=case.reference),
        translate(_("Say what you found. The case comes back only when there is more of it.")),
        translate(_("Close the case")),
        address,
    )
    page = with_reason(act, asked, lambda reason: close_case(act, case, reason=reason))
    if page is not None:
        return page
    flash(translate(_("Case %(reference)s is closed."), reference=case.reference))
    return redirect(address)


@blueprint.route("/thresholds", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP, task=_("Change when something counts as concentrated"))
def thresholds_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    form = ThresholdsForm(data=asdict(thresholds_of(at.scheme.id)))

    def set_them() -> None:
        wanted = Thresholds(**{each.name: form[each.name].data for each in fields(Thresholds)})
        set_thresholds(act, at.scheme, wanted, reason=form.reason.data)

    if done(act, form, set_them):
        flash(translate(_("Cases are raised so from now on.")))
        return redirect(url_for("concentration.shares_page", **at.args))
    names = [each.name for each in fields(Thresholds)]
    page = render_template("assurance/thresholds.html", at=at, form=form, names=names)
    return page, 422 if form.errors else 200
