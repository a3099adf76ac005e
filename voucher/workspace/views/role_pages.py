"""Roles: giving and ending them, deputies, and what waits for a second administrator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.accounts.appointments import (
    Appointment,
    StandIn,
    appoint,
    confirm_role,
    end_proposal,
    propose_role,
    why_not_confirm,
)
from voucher.accounts.commands import end_role
from voucher.accounts.forms import ProofForm
from voucher.accounts.models import Person
from voucher.accounts.proof import done_with_proof
from voucher.accounts.rules import EVERYWHERE, FOR_ORGANISATIONS, MONEY_ROLES, Role
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.organisations.queries import organisation_by_reference
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import DomainError, NotFound
from voucher.platform.forms import Form
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day
from voucher.platform.paging import page_of_rows
from voucher.platform.web import current_act, requires
from voucher.workspace.people_forms import EndRoleForm, ReasonForm, RoleForm
from voucher.workspace.roles import (
    Held,
    Proposed,
    people,
    person_by_public_id,
    proposal_by_public_id,
    proposals,
    roles_of,
    schemes,
)

blueprint = Blueprint("roles", __name__)

MANAGE = Permission.ADMIN_PEOPLE_MANAGE
PROPOSED = _("The role is proposed. It is held once another administrator has confirmed it.")
GIVEN = _("The role is given.")


@blueprint.route("/people/<public_id>/give-role", methods=["GET", "POST"])
@requires(MANAGE)
def give_page(public_id: str) -> ResponseReturnValue:
    act, person = current_act(), person_by_public_id(public_id)
    form = _role_form(person)
    told = list[str]()
    status = done_with_proof(act, form, lambda act: told.append(_give(act, public_id, form)))
    if status is None:
        flash(translate(told[0]))
        return redirect(url_for("people.person_page", public_id=public_id))
    money = sorted(str(role) for role in MONEY_ROLES)
    return render_template("workspace/give_role.html", form=form, person=person, money=money), status


def _give(act: Act, public_id: str, form: RoleForm) -> str:
    """Gives the role, or proposes it where that takes two; says which."""
    wanted = _wanted(person_by_public_id(public_id), form)
    if wanted.role in MONEY_ROLES:
        propose_role(act, wanted, reason=form.reason.data)
        return PROPOSED
    appoint(act, wanted, reason=form.reason.data)
    return GIVEN


def _wanted(person: Person, form: RoleForm) -> Appointment:
    role = Role(form.role.data)
    if role in FOR_ORGANISATIONS:
        place = organisation_by_reference(form.organisation.data).id if form.organisation.data else None
        return Appointment(person, role, None, place, _stand_in(form))
    chosen = next((each.id for each in schemes() if each.public_id == form.scheme.data), None)
    return Appointment(person, role, None if role in EVERYWHERE else chosen, None, _stand_in(form))


def _stand_in(form: RoleForm) -> StandIn | None:
    if not form.stands_in_for.data:
        if form.first.data or form.last.data:
            raise DomainError("whose_deputy", _("Choose for whom the person stands in."), "stands_in_for")
        return None
    for name in ("first", "last"):
        if form[name].data is None:
            raise DomainError("deputy_days", _("Enter a deputy's first and last day."), name)
    return StandIn(person_by_public_id(form.stands_in_for.data), form.first.data, form.last.data)


def _role_form(person: Person) -> RoleForm:
    form = RoleForm()
    form.role.choices = [
        SelectChoice("", translate(_("Choose"))),
        *(SelectChoice(str(each), _name(each)) for each in Role),
    ]
    form.scheme.choices = [SelectChoice(each.public_id, each.name) for each in schemes()]
    others = [each for each in session.scalars(people()) if each.id != person.id and each.active]
    form.stands_in_for.choices = [
        SelectChoice("", translate(_("Nobody"))),
        *(SelectChoice(each.public_id, each.name) for each in others),
    ]
    return form


def _name(role: Role) -> str:
    words = translate(str(role))
    words = words[0].upper() + words[1:]
    return str(translate(_("%(role)s (takes two)"), role=words)) if role in MONEY_ROLES else words


@blueprint.route("/people/<public_id>/end-role", methods=["GET", "POST"])
@requires(MANAGE)
def end_page(public_id: str) -> ResponseReturnValue:
    act, person = current_act(), person_by_public_id(public_id)
    form = EndRoleForm()
    form.role.choices = [SelectChoice(key, _told(held)) for key, held in _living(act, person).items()]

    def end(proven: Act) -> None:
        held = _living(proven, person_by_public_id(public_id)).get(form.role.data)
        if held is None:
            raise NotFound("role_not_held", _("The person does not hold this role."), "role")
        end_role(proven, held.membership, reason=form.reason.data)

    status = done_with_proof(act, form, end)
    if status is None:
        flash(translate(_("The role is ended. What was done under it stays done.")))
        return redirect(url_for("people.person_page", public_id=public_id))
    return render_template("workspace/end_role.html", form=form, person=person), status


def _living(act: Act, person: Person) -> dict[str, Held]:
    """The roles that have not ended yet, those of deputies to come too, by words that tell them apart."""
    found: dict[str, Held] = {}
    for held in roles_of(person):
        if held.membership.ended_at is None or held.membership.ended_at > act.now:
            words = [held.membership.role, _place(held)]
            if held.stands_in_for:  # and that a second time, perhaps
                words += [held.stands_in_for, _first_day(held).isoformat()]
            found.setdefault(", ".join(each for each in words if each), held)
    return found


def _first_day(held: Held) -> date:
    return london_date(held.membership.began_at)


def _told(held: Held) -> str:
    """The same words as the page says them."""
    words, deputy = _("for %(name)s from %(first)s"), ""
    if held.stands_in_for:
        deputy = translate(words, name=held.stands_in_for, first=shown_day(_first_day(held)))
    return ", ".join(each for each in (translate(held.membership.role), _place(held), deputy) if each)


def _place(held: Held) -> str:
    return held.scheme.name if held.scheme else held.organisation.name if held.organisation else ""


@blueprint.get("/people/role-proposals")
@requires(MANAGE, task=_("Roles that wait for a second administrator"))
def proposals_page() -> ResponseReturnValue:
    waiting = [Proposed(*row) for row in session.execute(proposals(waiting=True))]
    decided = page_of_rows(proposals(waiting=False), request.args.get("page", 1, type=int))
    rows = [Proposed(*row) for row in decided.rows]
    return render_template("workspace/proposals.html", waiting=waiting, decided=decided, rows=rows)


@blueprint.get("/people/role-proposals/<public_id>")
@requires(MANAGE)
def proposal_page(public_id: str) -> ResponseReturnValue:
    return _proposal(current_act(), public_id, ProofForm(formdata=None), ReasonForm(formdata=None))


@blueprint.post("/people/role-proposals/<public_id>/confirm")
@requires(MANAGE)
def confirm_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ProofForm()
    status = done_with_proof(act, form, lambda act: confirm_role(act, proposal_by_public_id(public_id).proposal))
    if status is None:
        flash(translate(_("The role is confirmed and given.")))
        return redirect(url_for("roles.proposal_page", public_id=public_id))
    return _proposal(act, public_id, form, ReasonForm(formdata=None)), status


@blueprint.post("/people/role-proposals/<public_id>/end")
@requires(MANAGE)
def end_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ReasonForm()
    if not form.validate_on_submit():
        return _proposal(act, public_id, ProofForm(formdata=None), form), 422
    with transaction(act.actor, act.clock):
        end_proposal(act, proposal_by_public_id(public_id).proposal, reason=form.reason.data)
    flash(translate(_("The proposal is ended, and no role is given.")))
    return redirect(url_for("roles.proposal_page", public_id=public_id))


def _proposal(act: Act, public_id: str, confirm: Form, end: Form) -> str:
    found = proposal_by_public_id(public_id)
    return render_template(
        "workspace/proposal.html",
        found=found,
        proposal=found.proposal,
        why_not=why_not_confirm(act, found.proposal),
        mine=found.proposal.proposed_by == act.person_id,
        confirm=confirm,
        end=end,
        errors=_in_error(confirm, end),
        events=history("role_proposal", found.proposal.id),
    )


def _in_error(*forms: Form) -> Sequence[Form]:
    return [form for form in forms if form.errors]
