"""A person's own account: password, second factor, and the browsers that are signed in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts import second_factor
from voucher.accounts.commands import set_password
from voucher.accounts.forms import PasswordForm, ProofForm
from voucher.accounts.models import Person
from voucher.accounts.proof import proving
from voucher.accounts.second_factor import ProofRefused
from voucher.accounts.sign_in import end_sessions, password_is
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import spoken
from voucher.platform.qr import data_uri, qr_svg
from voucher.platform.web import current_act, signed_in

blueprint = Blueprint("account", __name__)

WRONG_PASSWORD = _("That is not the password that you have now.")


def oneself(act: Act) -> Person:
    """The person who acts."""
    return session.get_one(Person, act.person_id)


@blueprint.get("/account")
@signed_in()
def account_page() -> ResponseReturnValue:
    person = oneself(current_act())
    return render_template(
        "accounts/account.html",
        person=person,
        has_factor=second_factor.is_set_up(person.id),
        codes_left=second_factor.recovery_codes_left(person.id),
    )


@blueprint.route("/account/password", methods=["GET", "POST"])
@signed_in()
def password_page() -> ResponseReturnValue:
    act = current_act()
    person = oneself(act)
    form = PasswordForm()
    if person.password_hash is None:
        del form.old
    if form.validate_on_submit():
        if person.password_hash and not password_is(person, form.old.data or ""):
            form.old.errors = [translate(WRONG_PASSWORD)]
        elif _change(act, person, form):
            browser.clear()
            flash(translate(_("Your password is changed. Sign in with the new one.")))
            return redirect(url_for("accounts.sign_in_page"))
    return render_template("accounts/password.html", form=form), 422 if form.errors else 200


def _change(act: Act, person: Person, form: PasswordForm) -> bool:
    try:
        with transaction(act.actor, act.clock):
            set_password(act, session.get_one(Person, person.id), form.new.data)
    except DomainError as refusal:
        show_refusal(form, refusal, {"password": "new"})
        return False
    return True


@blueprint.post("/account/sign-out-everywhere")
@signed_in()
def sign_out_everywhere() -> ResponseReturnValue:
    act = current_act()
    with transaction(act.actor, act.clock):
        end_sessions(act, oneself(act))
    browser.clear()
    flash(translate(_("You are signed out on every device.")))
    return redirect(url_for("accounts.sign_in_page"))


@blueprint.post("/account/second-factor/begin")
@signed_in()
def begin_button() -> ResponseReturnValue:
    act = current_act()
    with transaction(act.actor, act.clock):
        second_factor.begin(act, oneself(act))
    return redirect(url_for("account.second_factor_page"))


@blueprint.route("/account/second-factor", methods=["GET", "POST"])
@signed_in()
def second_factor_page() -> ResponseReturnValue:
    act = current_act()
    begun = second_factor.being_set_up(act, oneself(act))
    if begun is None:
        return redirect(url_for("account.account_page"))
    form = ProofForm()
    if form.validate_on_submit():
        with transaction(act.actor, act.clock):
            found = second_factor.confirm(act, oneself(act), form.proof.data)
        if not isinstance(found, ProofRefused):
            return render_template("accounts/recovery_codes.html", codes=found)
        form.proof.errors = [spoken(found.message)]
    page = render_template(
        "accounts/second_factor.html", form=form, begun=begun, picture=data_uri(qr_svg(begun.address, size_mm=50))
    )
    return page, 422 if form.errors else 200


@blueprint.route("/account/second-factor/end", methods=["GET", "POST"])
@signed_in()
def end_page() -> ResponseReturnValue:
    act = current_act()
    form = ProofForm()
    if form.validate_on_submit():
        with proving(act, form) as proven:
            if proven is not None:
                second_factor.end(proven, oneself(act), reason="ended by the person")
        if proven is not None:
            flash(translate(_("Your second factor is ended. Set up another before you approve or sign.")))
            return redirect(url_for("account.account_page"))
    return render_template("accounts/end_second_factor.html", form=form), 422 if form.errors else 200
