"""What the pages of every organisation's people share, and the page behind an invitation's link."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy import select

from voucher.accounts.forms import JoinForm
from voucher.accounts.invitation_queries import NOT_GOOD, invitation_at
from voucher.accounts.invitations import join, needs_password, token_hash
from voucher.accounts.models import Invitation, Person
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.actor import Actor, Channel
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, desk, public, visitor

blueprint = Blueprint("invitations", __name__)


@blueprint.route("/L/join/<token>", methods=["GET", "POST"])
@public("the link is the key: it is sent to one address, for one part in one organisation, for some days")
def join_page(token: str) -> ResponseReturnValue:
    act = current_act()
    invitation = invitation_at(token_hash(act.ring, token), act.now)
    person = session.scalar(select(Person).where(Person.email == invitation.email))
    if visitor().is_authenticated and (person is None or act.actor.person_id != person.id):
        raise NotFound("no_invitation", NOT_GOOD)  # The same as for any link that is not good for who is signed in.
    form, status = _form(invitation, person), 200
    if form.validate_on_submit():
        try:
            _join(act, invitation, token, form)
            flash(translate(_("You have joined. Sign in to start.")))
            return redirect(url_for("accounts.home" if visitor().is_authenticated else "accounts.sign_in_page"))
        except DomainError as refusal:
            status = shown(form, refusal)
    page = render_template("accounts/join.html", form=form, invitation=invitation, here=request.path)
    return page, status if status != 200 else 422 if form.errors else 200


def _form(invitation: Invitation, person: Person | None) -> JoinForm:
    """What is still to be asked of whoever joins."""
    form = JoinForm()
    if person is not None:
        del form.name
    if not needs_password(invitation) or (person is not None and person.password_hash is not None):
        del form.password
    return form


def _join(act: Act, invitation: Invitation, token: str, form: JoinForm) -> None:
    """Joins as the person to whom the link was sent, of whom nothing is known but the address."""
    linked = desk().act(Actor(None, invitation.email, Channel.LINK, address=act.actor.address))
    with transaction(linked.actor, linked.clock):
        join(
            linked,
            token,
            name=form.name.data if "name" in form else "",
            password=form.password.data if "password" in form else None,
        )


def shown(form: Form, refusal: DomainError) -> int:
    """Puts a refusal into the form and gives the page's status; raises what has a page of its own."""
    if isinstance(refusal, (Forbidden, NotFound)):
        raise refusal
    show_refusal(form, refusal)
    return status_of(refusal)
