"""Looking a voucher up: the address on it, the code typed in, and the answer in words (rules 3 and 4)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice

from voucher.audit.commands import transaction
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import compiles, current_act, public, requires, visitor
from voucher.redemptions.forms import LookUpForm
from voucher.redemptions.lookups import LookedUp, look_up
from voucher.redemptions.provider_queries import own_schemes
from voucher.redemptions.rules import GOOD_OUTCOMES, Outcome, Verdict
from voucher.schemes.models import Scheme
from voucher.schemes.queries import scheme_by_reference

blueprint = Blueprint("look_ups", __name__)

P = Permission

# A verdict's colour and sign; its words say the same.
LOOKS = {
    Verdict.GOOD: ("good", "tick"),
    Verdict.GOOD_FOR_PAST_WORK: ("wait", "warning"),
    Verdict.NOT_CHECKED: ("wait", "warning"),
    Verdict.NOT_GOOD: ("bad", "cross"),
}


@blueprint.get("/V", strict_slashes=False)
@blueprint.get("/v", strict_slashes=False)
@public("is printed on vouchers for typing the code in, and only leads to the page that asks for signing in")
def code_address() -> ResponseReturnValue:
    return redirect(url_for("look_ups.look_up_page"))


@blueprint.get("/V/<token>")
@blueprint.get("/v/<token>")
@public("anybody may scan a voucher; the page is the same whatever the address, and looks nothing up")
def voucher_address(token: str) -> ResponseReturnValue:
    form = None
    if _may_look_up(visitor().actor):
        form, _schemes = _form(visitor().actor, code=token)
    return render_template("redemptions/voucher_address.html", form=form, scheme=_only_scheme())


@blueprint.get("/scan")
@compiles
@requires(P.PROVIDER_VOUCHERS_LOOK_UP, task=_("Scan a voucher"))
def scan_page() -> ResponseReturnValue:
    form, _schemes = _form(current_act().actor)
    return render_template("redemptions/scan.html", form=form)


@blueprint.route("/look-up", methods=["GET", "POST"])
@requires(P.PROVIDER_VOUCHERS_LOOK_UP, task=_("Look up a voucher"))
def look_up_page() -> ResponseReturnValue:
    act = current_act()
    form, schemes = _form(act.actor)
    if not form.validate_on_submit():
        return _asked(form)
    scheme = schemes[form.scheme.data] if "scheme" in form else next(iter(schemes.values()))
    try:
        with transaction(act.actor, act.clock):
            found = look_up(act, scheme, form.code.data)
    except DomainError as refusal:
        if refusal.field != "code":
            raise
        show_refusal(form, refusal)
        return _asked(form)
    return _answer(found)


def _form(actor: Actor, code: str = "") -> tuple[LookUpForm, dict[str, Scheme]]:
    """The form, which asks for the scheme only where there is a choice, and the actor's schemes by public id."""
    schemes = {scheme.public_id: scheme for scheme in own_schemes(actor, P.PROVIDER_VOUCHERS_LOOK_UP)}
    form = LookUpForm(code=code)
    form.scheme.choices = [SelectChoice(public_id, scheme.name) for public_id, scheme in schemes.items()]
    if len(schemes) == 1:
        del form.scheme
    return form, schemes


def _asked(form: LookUpForm) -> ResponseReturnValue:
    return render_template("redemptions/look_up.html", form=form), 422 if form.errors else 200


def _answer(found: LookedUp) -> ResponseReturnValue:
    """The result in words. What was entered is not shown again, so that all refusals of one reason are one page."""
    page = render_template("redemptions/look_up_result.html", found=found, look=LOOKS[found.verdict])
    if found.outcome in GOOD_OUTCOMES:
        return page
    return page, 429 if found.outcome == Outcome.LOCKED else 422


def _may_look_up(actor: Actor) -> bool:
    return any(actor.may(P.PROVIDER_VOUCHERS_LOOK_UP, organisation_id=each) for each in actor.organisation_ids)


def _only_scheme() -> Scheme | None:
    """The scheme that everybody may be told of; where there are several, the token alone knows which, and is silent."""
    try:
        return scheme_by_reference(None)
    except NotFound:
        return None
