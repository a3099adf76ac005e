"""A firm's people: a manager invites colleagues and ends their parts."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.invitation_queries import member, members, open_invitation, open_invitations
from voucher.accounts.invitations import withdraw_invitation
from voucher.accounts.proof import proving
from voucher.accounts.rules import PROVIDER_ROLES, Role
from voucher.accounts.team_views import shown
from voucher.audit.commands import transaction
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.providers.colleagues import end_part, invite, team_of
from voucher.providers.firm_queries import own_firm
from voucher.providers.forms import FirmEndPartForm, FirmInviteForm

blueprint = Blueprint("colleagues", __name__)

MANAGE = Permission.PROVIDER_PEOPLE_MANAGE
PARTS = {_("manager"): Role.PROVIDER_MANAGER, _("scanner"): Role.PROVIDER_SCANNER}


@blueprint.get("/firm/<public_id>/people")
@requires(MANAGE)
def people_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, MANAGE)
    found = members(provider.organisation_id, PROVIDER_ROLES, act.now)
    managers = sum(held.role == Role.PROVIDER_MANAGER for held, _person in found)
    return render_template(
        "providers/people.html",
        provider=provider,
        members=[(held, person, held.role.removeprefix("provider ")) for held, person in found],
        managers=managers,
        invitations=open_invitations(provider.organisation_id, PROVIDER_ROLES),
        now=act.now,
    )


@blueprint.route("/firm/<public_id>/people/invite", methods=["GET", "POST"])
@requires(MANAGE)
def invite_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, MANAGE)
    form, status = FirmInviteForm(), 200
    if form.validate_on_submit():
        try:
            with proving(act, form) as proven:
                if proven is not None:
                    invite(proven, provider, email=form.email.data, role=Role(form.role.data))
            if proven is not None:
                flash(translate(_("We have sent an invitation to %(email)s."), email=form.email.data))
                return redirect(url_for(".people_page", public_id=public_id))
        except DomainError as refusal:
            status = shown(form, refusal)
    page = render_template(
        "accounts/invite.html",
        form=form,
        organisation=provider.organisation,
        words="",
        back_to=url_for(".people_page", public_id=public_id),
    )
    return page, status if status != 200 else 422 if form.errors else 200


@blueprint.post("/firm/<public_id>/people/invitations/<invitation_id>/withdraw")
@requires(MANAGE)
def withdraw_button(public_id: str, invitation_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, MANAGE)
    invitation = open_invitation(provider.organisation_id, PROVIDER_ROLES, invitation_id)
    with transaction(act.actor, act.clock):
        withdraw_invitation(act, team_of(provider), invitation)
    flash(translate(_("The invitation to %(email)s is withdrawn."), email=invitation.email))
    return redirect(url_for(".people_page", public_id=public_id))


@blueprint.route("/firm/<public_id>/people/<person_id>/<part>/end", methods=["GET", "POST"])
@requires(MANAGE)
def end_page(public_id: str, person_id: str, part: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, MANAGE)
    if part not in PARTS:
        raise NotFound("no_part", _("There is no such part in a firm. Go back to its people."))
    held, person = member(provider.organisation_id, person_id, PARTS[part], act.now)
    form, status = FirmEndPartForm(), 200
    if form.validate_on_submit():
        try:
            with proving(act, form) as proven:
                if proven is not None:
                    end_part(proven, provider, held, reason=form.reason.data)
            if proven is not None:
                words = _("%(name)s is no longer %(part)s of your firm.")
                flash(translate(words, name=person.name, part=translate(part)))
                gone = person.id == act.person_id  # Who has left the firm may not see its people any more.
                return redirect(url_for("accounts.home") if gone else url_for(".people_page", public_id=public_id))
        except DomainError as refusal:
            status = shown(form, refusal)
    page = render_template(
        "accounts/end_part.html",
        form=form,
        organisation=provider.organisation,
        person=person,
        part=part,
        words="",
        back_to=url_for(".people_page", public_id=public_id),
    )
    return page, status if status != 200 else 422 if form.errors else 200
