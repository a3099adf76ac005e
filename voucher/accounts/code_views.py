"""Signing in and registering by a code that is sent by e-mail."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue

from voucher.accounts.forms import AskCodeForm, EnterCodeForm, RegisterForm
from voucher.accounts.sign_in import SignInRefused
from voucher.accounts.sign_in_codes import EmailProven, ask_code, enter_code, proven_email, register
from voucher.accounts.views import arrive
from voucher.audit.commands import transaction
from voucher.platform.errors import DomainError
from voucher.platform.forms import show_refusal
from voucher.platform.languages import spoken
from voucher.platform.web import current_act, public

blueprint = Blueprint("codes", __name__)

# In the browser's signed cookie: the code that this browser asked for, and the endpoint to go to afterwards.
ASKED, WANTED = "asked_code", "wanted_after_code"


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@public("nobody is signed in before signing in")
def ask_page() -> ResponseReturnValue:
    form = AskCodeForm(next=request.args.get("next"))
    if not form.validate_on_submit():
        return render_template("accounts/ask_code.html", form=form), 422 if form.errors else 200
    act = current_act()
    with transaction(act.actor, act.clock):
        asked = ask_code(act, email=form.email.data, address=act.actor.address)
        browser[ASKED], browser[WANTED] = asked.public_id, form.next.data
    return redirect(url_for("codes.enter_page"))


@blueprint.route("/sign-in/code/enter", methods=["GET", "POST"])
@public("nobody is signed in before signing in; the code is good only in the browser that asked for it")
def enter_page() -> ResponseReturnValue:
    if ASKED not in browser:
        return redirect(url_for("codes.ask_page"))
    form = EnterCodeForm()
    if not form.validate_on_submit():
        return render_template("accounts/enter_code.html", form=form), 422 if form.errors else 200
    act = current_act()
    with transaction(act.actor, act.clock):
        found = enter_code(act, browser[ASKED], form.code.data, address=act.actor.address)
    if isinstance(found, SignInRefused):
        form.code.errors = [spoken(found.message)]
        return render_template("accounts/enter_code.html", form=form), 422
    if isinstance(found, EmailProven):
        return redirect(url_for("codes.register_page"))
    return arrive(found.token, browser.get(WANTED))


@blueprint.route("/register", methods=["GET", "POST"])
@public("whoever registers is known by the code that this browser has just entered")
def register_page() -> ResponseReturnValue:
    act = current_act()
    try:
        email = proven_email(act, browser.get(ASKED, ""))
    except DomainError:
        return redirect(url_for("codes.ask_page"))
    form = RegisterForm()
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                result = register(act, browser[ASKED], name=form.name.data, address=act.actor.address)
            return arrive(result.token, browser.get(WANTED))
        except DomainError as refusal:
            show_refusal(form, refusal)
    return render_template("accounts/register.html", form=form, email=email), 422 if form.errors else 200
