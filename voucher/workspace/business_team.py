"""A business looks after itself: what it says of itself, and the people who act for it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.forms import EndPartForm, InviteForm
from voucher.accounts.invitation_queries import member, members, open_invitation, open_invitations
from voucher.accounts.invitations import Team, end_part, invite, withdraw_invitation
from voucher.accounts.rules import Role
from voucher.accounts.team_views import shown
from voucher.audit.commands import transaction
from voucher.organisations.details import OwnDetails, change_own_details
from voucher.organisations.forms import DetailsForm
from voucher.organisations.models import Organisation
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.workspace.business_queries import MEMBER, applications_of, contact_in, last_scheme, own_business

blueprint = Blueprint("business_team", __name__)

P = Permission
MEMBERS = frozenset({Role.BUSINESS_MEMBER})


@blueprint.get("/business/details/<public_id>")
@requires(*MEMBER)
def details_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    business = own_business(act.actor, public_id)
    return render_template(
        "workspace/business_details.html",
        business=business,
        people=members(business.id, MEMBERS, act.now),
        invitations=open_invitations(business.id, MEMBERS),
        now=act.now,
        scheme=last_scheme(business),
        listed=applications_of(business, request.args.get("page", 1, type=int)),
    )


@blueprint.route("/business/details/<public_id>/change", methods=["GET", "POST"])
@requires(P.BUSINESS_DETAILS_CHANGE)
def change_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    business = own_business(act.actor, public_id)
    form, status = DetailsForm(obj=business), 200
    if form.validate_on_submit():
        details = OwnDetails(**{name: form[name].data or "" for name in OwnDetails.__dataclass_fields__})
        try:
            with transaction(act.actor, act.clock):
                is_other = change_own_details(act, business, details)
            words = _("Your details are changed.") if is_other else _("Nothing was other than before.")
            flash(translate(words))
            return redirect(url_for(".details_page", public_id=public_id))
        except DomainError as refusal:
            status = shown(form, refusal)
    page = render_template(
        "workspace/business_change_details.html", form=form, business=business, scheme=last_scheme(business)
    )
    return page, status if status != 200 else 422 if form.errors else 200


@blueprint.route("/business/details/<public_id>/people/invite", methods=["GET", "POST"])
@requires(P.BUSINESS_PEOPLE_MANAGE)
def invite_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    business = own_business(act.actor, public_id)
    form, status = InviteForm(), 200
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                invite(act, team_of(business), email=form.email.data, role=Role.BUSINESS_MEMBER)
            flash(translate(_("We have sent an invitation to %(email)s."), email=form.email.data))
            return redirect(url_for(".details_page", public_id=public_id))
        except DomainError as refusal:
            status = shown(form, refusal)
    page = render_template(
        "accounts/invite.html",
        form=form,
        organisation=business,
        words=translate(_("Your colleague can then do all that you can: answer offers and claims, show the voucher, "
                          "change the details, and invite others.")),
        back_to=url_for(".details_page", public_id=public_id),
    )  # fmt: skip
    return page, status if status != 200 else 422 if form.errors else 200


@blueprint.post("/business/details/<public_id>/people/invitations/<invitation_id>/withdraw")
@requires(P.BUSINESS_PEOPLE_MANAGE)
def withdraw_button(public_id: str, invitation_id: str) -> ResponseReturnValue:
    act = current_act()
    business = own_business(act.actor, public_id)
    invitation = open_invitation(business.id, MEMBERS, invitation_id)
    with transaction(act.actor, act.clock):
        withdraw_invitation(act, team_of(business), invitation)
    flash(translate(_("The invitation to %(email)s is withdrawn."), email=invitation.email))
    return redirect(url_for(".details_page", public_id=public_id))


@blueprint.route("/business/details/<public_id>/people/<person_id>/end", methods=["GET", "POST"])
@requires(P.BUSINESS_PEOPLE_MANAGE)
def end_page(public_id: str, person_id: str) -> ResponseReturnValue:
    act = current_act()
    business = own_business(act.actor, public_id)
    held, person = member(business.id, person_id, Role.BUSINESS_MEMBER, act.now)
    form, status = EndPartForm(), 200
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                end_part(act, team_of(business), held, reason=form.reason.data)
            flash(translate(_("%(name)s no longer acts for the business."), name=person.name))
            gone = person.id == act.person_id  # Who has left may not see the business any more.
            return redirect(url_for("accounts.home") if gone else url_for(".details_page", public_id=public_id))
        except DomainError as refusal:
            status = shown(form, refusal)
    under_way = contact_in(business, person)
    words = _("Our messages about %(references)s go on to this person until the scheme's office names another contact.")
    page = render_template(
        "accounts/end_part.html",
        form=form,
        organisation=business,
        person=person,
        part=translate(Role.BUSINESS_MEMBER),
        words=translate(words, references=", ".join(under_way)) if under_way else "",
        back_to=url_for(".details_page", public_id=public_id),
    )
    return page, status if status != 200 else 422 if form.errors else 200


def team_of(business: Organisation) -> Team:
    """The people who act for the business, of whom one always stays."""
    scheme = last_scheme(business)
    if scheme is None:
        raise DomainError("no_application", _("Apply for a voucher first. After that you can invite colleagues."))
    return Team(business, scheme.id, MEMBERS, Role.BUSINESS_MEMBER, P.BUSINESS_PEOPLE_MANAGE)
