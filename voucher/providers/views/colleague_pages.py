"""A firm's people: a manager invites and ends parts; whoever was invited joins by the button behind the link."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy import select

from voucher.accounts.models import Person
from voucher.accounts.proof import proving
from voucher.accounts.rules import Role
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.actor import Actor, Channel
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, desk, public, requires, visitor
from voucher.providers.colleagues import end_part, invite, join, token_hash, withdraw_invitation
from voucher.providers.firm_queries import NOT_GOOD, invitation_at, member, members, open_invitations, own_firm
from voucher.providers.firm_queries import own_invitation as invitation_of
from voucher.providers.forms import EndPartForm, InviteForm, JoinForm
from voucher.providers.models import ProviderInvitation
from voucher.schemes.models import Scheme

blueprint = Blueprint("colleagues", __name__)

MANAGE = Permission.PROVIDER_PEOPLE_MANAGE
PARTS = {"manager": Role.PROVIDER_MANAGER, "scanner": Role.PROVIDER_SCANNER}


@blueprint.get("/firm/<public_id>/people")
@requires(MANAGE)
def people_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, MANAGE)
    found = members(provider, act.now)
    managers = sum(held.role == Role.PROVIDER_MANAGER for held, _person in found)
    return render_template(
        "providers/people.html",
        provider=provider,
        members=[(held, person, held.role.removeprefix("provider ")) for held, person in found],
        managers=managers,
        invitations=open_invitations(provider),
        now=act.now,
    )


@blueprint.route("/firm/<public_id>/people/invite", methods=["GET", "POST"])
@requires(MANAGE)
def invite_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, MANAGE)
    form, status = InviteForm(), 200
    if form.validate_on_submit():
        try:
            with proving(act, form) as proven:
                if proven is not None:
                    invite(proven, provider, email=form.email.data, role=Role(form.role.data))
            if proven is not None:
                flash(translate(_("We have sent an invitation to %(email)s."), email=form.email.data))
                return redirect(url_for(".people_page", public_id=public_id))
        except DomainError as refusal:
            status = _shown(form, refusal)
    page = render_template("providers/invite.html", form=form, provider=provider)
    return page, status if status != 200 else 422 if form.errors else 200


@blueprint.post("/firm/<public_id>/people/invitations/<invitation_id>/withdraw")
@requires(MANAGE)
def withdraw_button(public_id: str, invitation_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, MANAGE)
    invitation = invitation_of(provider, invitation_id)
    with transaction(act.actor, act.clock):
        withdraw_invitation(act, provider, invitation)
    flash(translate(_("The invitation to %(email)s is withdrawn."), email=invitation.email))
    return redirect(url_for(".people_page", public_id=public_id))


@blueprint.route("/firm/<public_id>/people/<person_id>/<part>/end", methods=["GET", "POST"])
@requires(MANAGE)
def end_page(public_id: str, person_id: str, part: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, MANAGE)
    held, person = member(provider, person_id, str(PARTS.get(part, "")), act.now)
    form, status = EndPartForm(), 200
    if form.validate_on_submit():
        try:
            with proving(act, form) as proven:
                if proven is not None:
                    end_part(proven, provider, held, reason=form.reason.data)
            if proven is not None:
                flash(translate(_("%(name)s is no longer %(part)s of your firm."), name=person.name, part=part))
                gone = person.id == act.person_id  # Who has left the firm may not see its people any more.
                return redirect(url_for("accounts.home") if gone else url_for(".people_page", public_id=public_id))
        except DomainError as refusal:
            status = _shown(form, refusal)
    page = render_template("providers/end_part.html", form=form, provider=provider, person=person, part=part)
    return page, status if status != 200 else 422 if form.errors else 200


@blueprint.route("/L/join/<token>", methods=["GET", "POST"])
@public("the link is the key: it is sent to one address, for one part in one firm, for some days")
def join_page(token: str) -> ResponseReturnValue:
    act = current_act()
    invitation = invitation_at(token_hash(act.ring, token), act.now)
    person = session.scalar(select(Person).where(Person.email == invitation.email))
    if visitor().is_authenticated and (person is None or act.actor.person_id != person.id):
        raise NotFound("no_invitation", NOT_GOOD)  # The same as for any link that is not good for who is signed in.
    form, status = JoinForm(), 200
    if person is not None:
        del form.name
        if person.password_hash is not None:
            del form.password
    if form.validate_on_submit():
        try:
            _join(act, invitation, token, form)
            flash(translate(_("You have joined. Sign in to start.")))
            return redirect(url_for("accounts.home" if visitor().is_authenticated else "accounts.sign_in_page"))
        except DomainError as refusal:
            status = _shown(form, refusal)
    scheme = session.get_one(Scheme, invitation.scheme_id)
    page = render_template("providers/join.html", form=form, invitation=invitation, scheme=scheme, here=request.path)
    return page, status if status != 200 else 422 if form.errors else 200


def _join(act: Act, invitation: ProviderInvitation, token: str, form: JoinForm) -> None:
    """Joins as the person to whom the link was sent, of whom nothing is known but the address."""
    linked = desk().act(Actor(None, invitation.email, Channel.LINK, address=act.actor.address))
    with transaction(linked.actor, linked.clock):
        join(
            linked,
            token,
            name=form.name.data if "name" in form else "",
            password=form.password.data if "password" in form else None,
        )


def _shown(form: Form, refusal: DomainError) -> int:
    if isinstance(refusal, (Forbidden, NotFound)):
        raise refusal
    show_refusal(form, refusal)
    return status_of(refusal)
