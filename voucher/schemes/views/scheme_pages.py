"""A scheme's settings, its terms by version, and its voucher types."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.reasons import Asked, with_reason
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.toml import Section
from voucher.platform.web import current_act, requires
from voucher.schemes.commands import add_terms, set_voucher_type_open
from voucher.schemes.forms import TermsForm
from voucher.schemes.models import Scheme, Terms
from voucher.schemes.queries import every_voucher_type, terms_history, voucher_type_by_code
from voucher.schemes.workplace import Workplace, working_in

blueprint = Blueprint("schemes", __name__)

P = Permission


class Setting(NamedTuple):
    """A number that the scheme's rules go by, in words."""

    name: str
    words: str


SETTINGS = (
    Setting("offer_days", _("Days that an offer stays open")),
    Setting("notice_days", _("Days that a subsidy notice stays good")),
    Setting("confirmation_days", _("Days that a business has to answer a claim")),
    Setting("late_session_days", _("Days after the last day in which work may still be recorded")),
    Setting("claim_window_days", _("Days after the last day in which work may still be claimed")),
    Setting("payment_days", _("Days in which a claim is to be paid")),
    Setting("extension_limit", _("How often a voucher may be extended")),
    Setting("extension_days", _("Days that an extension adds at most")),
    Setting("reinstatement_days", _("Days that a reinstated voucher is good")),
    Setting("match_days", _("Days after the export in which a bank line may prove a payment")),
    Setting("lookup_limit_person", _("Failed look-ups of one person before look-up locks")),
    Setting("lookup_limit_provider", _("Failed look-ups of one provider before look-up locks")),
    Setting("lookup_limit_address", _("Failed look-ups of one internet address before look-up locks")),
)
SWITCHES = (
    Setting("decider_may_verify", _("Who decided an application may verify its claims")),
    Setting("reviewer_needed", _("A reviewer stands between preparer and signer")),
    Setting("vat_funded_for_unregistered", _("VAT is funded for businesses that cannot reclaim it")),
)


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
        settings=[(translate(each.words), str(getattr(at.scheme, each.name))) for each in SETTINGS],
        switches=[(translate(each.words), getattr(at.scheme, each.name)) for each in SWITCHES],
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
    if form.validate_on_submit():
        added = _added(act, at.scheme, form)
        if added is not None:
            words = _("Terms %(version)s are added. Vouchers issued before keep theirs.")
            flash(translate(words, version=added.version))
            return redirect(url_for("schemes.scheme_page", **at.args))
    return render_template("schemes/new_terms.html", at=at, form=form), 422 if form.errors else 200


def _added(act: Act, scheme: Scheme, form: TermsForm) -> Terms | None:
    in_force_from: date = form.in_force_from.data
    values: dict[str, object] = {
        "version": form.version.data,
        "in_force_from": in_force_from,
        "brief": [line.strip() for line in form.brief.data.splitlines() if line.strip()],
        "body": form.body.data,
    }
    try:
        with transaction(act.actor, act.clock):
            return add_terms(act, scheme, Section({"terms": values}, "", []))
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"terms.version": "version"})
    return None


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
