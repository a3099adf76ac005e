"""The pages that let people in and out, and the page that they come to."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user

from voucher.accounts import keeping
from voucher.accounts.forms import SignInForm
from voucher.accounts.queries import actor_with
from voucher.accounts.sign_in import SignInRefused, holder_of, sign_in, sign_out
from voucher.audit.commands import transaction
from voucher.platform.actor import Channel
from voucher.platform.languages import spoken
from voucher.platform.web import (
    Visitor,
    current_act,
    desk,
    front_page,
    home_of,
    may_come_back_to,
    public,
    tasks,
    visitor,
)

blueprint = Blueprint("accounts", __name__)


def visitor_of(token: str) -> Visitor | None:
    """Who holds the session with this token, with the roles of this moment; None when it is over."""
    now = desk().clock()
    holder = holder_of(desk().ring.lookup_hash(token), now)
    if holder is None:
        return None
    return Visitor(actor_with(holder.held, holder.person, Channel.WEB, request.remote_addr or ""), token)


@blueprint.get("/")
@public("says who is signed in and what that person may do, or offers to sign in")
def home() -> ResponseReturnValue:
    front = front_page()
    if not visitor().is_authenticated and front is not None:
        return front()
    arrives_at = home_of(visitor().actor)
    if arrives_at is not None:
        return redirect(url_for(arrives_at))
    return render_template("accounts/home.html", tasks=tasks(visitor().actor))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public("nobody is signed in before signing in")
def sign_in_page() -> ResponseReturnValue:
    form = SignInForm(next=request.args.get("next"))
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form), 422 if form.errors else 200
    act = current_act()
    with transaction(act.actor, act.clock):
        result = sign_in(act, email=form.email.data, password=form.password.data, address=act.actor.address)
    if isinstance(result, SignInRefused):
        form.email.errors = [spoken(result.message)]
        return render_template("accounts/sign_in.html", form=form), 422
    return arrive(result.token, form.next.data)


def arrive(token: str, wanted: str | None) -> ResponseReturnValue:
    """Signs this browser in, and leads to what the person had entered, or to the wanted endpoint if it is open."""
    kept = session.get(keeping.KEPT)
    session.clear()  # What was in the browser before signing in says nothing about who signs in.
    login_user(visitor_of(token))
    entered = keeping.come_back(kept)
    if entered is not None:
        return redirect(entered)
    return redirect(url_for(wanted if wanted and may_come_back_to(wanted, visitor().actor) else "accounts.home"))


@blueprint.post("/sign-out")
@public("ends nothing but the session of whoever sends it")
def sign_out_button() -> ResponseReturnValue:
    act = current_act()
    with transaction(act.actor, act.clock):
        sign_out(act, visitor().token)
    token = visitor().token
    session.clear()
    keeping.remember_session(token)
    flash(_("You have signed out."))
    return redirect(url_for("accounts.home"))
