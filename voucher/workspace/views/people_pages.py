"""People: the list, one person with every role that was ever held, adding, suspending and letting in again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy import func, select

from voucher.accounts.commands import add_person, reactivate_person, suspend_person
from voucher.accounts.models import Person, SignInSession
from voucher.accounts.proof import proving
from voucher.accounts.second_factor import is_set_up
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.workspace.lists import PEOPLE, ROLES, InOffice, deputy, given, place
from voucher.workspace.people_forms import DayFilters, PeopleFilters, PersonForm, ProvenReasonForm, ReasonForm
from voucher.workspace.roles import Held, held_roles, people, person_by_public_id, proposals, roles_now, roles_of

blueprint = Blueprint("people", __name__)

MANAGE = Permission.ADMIN_PEOPLE_MANAGE
# What pages say of a role beside its dates.
OF_ROLE = {"place": place, "given": given, "deputy": deputy}


@blueprint.get("/people")
@requires(MANAGE, task=_("People and roles"))
def people_page() -> ResponseReturnValue:
    act, form = current_act(), PeopleFilters(request.args)
    query = people(words=form.words.data or "", whose=form.whose.data or "staff")
    waiting = len(session.execute(proposals(waiting=True)).all())

    def with_roles(found: Sequence[Person]) -> list[InOffice]:
        roles = roles_now([person.id for person in found], act.now)
        return [InOffice(person, roles[person.id]) for person in found]

    return PEOPLE.answer(query, "workspace/people.html", then=with_roles, form=form, waiting=waiting)


@blueprint.get("/people/<public_id>")
@requires(MANAGE)
def person_page(public_id: str) -> ResponseReturnValue:
    act, person = current_act(), person_by_public_id(public_id)
    last = session.scalar(select(func.max(SignInSession.began_at)).where(SignInSession.person_id == person.id))
    return render_template(
        "workspace/person.html",
        person=person,
        of_role=OF_ROLE,
        last_signed_in=last,
        has_factor=is_set_up(person.id),
        roles=roles_of(person),
        now=act.now,
        oneself=person.id == act.person_id,
        events=history("person", person.id),
    )


@blueprint.route("/people/new", methods=["GET", "POST"])
@requires(MANAGE)
def new_page() -> ResponseReturnValue:
    act, form = current_act(), PersonForm()
    if not form.validate_on_submit():
        return render_template("workspace/new_person.html", form=form), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            person = add_person(
                act,
                name=form.name.data,
                email=form.email.data,
                phone=form.phone.data or "",
                password=form.password.data or None,
            )
            added = person.public_id
    except DomainError as refusal:
        if refusal.audited:
            raise
        show_refusal(form, refusal)
        return render_template("workspace/new_person.html", form=form), status_of(refusal)
    flash(translate(_("The person is added. Give a role next.")))
    return redirect(url_for("people.person_page", public_id=added))


@blueprint.route("/people/<public_id>/suspend", methods=["GET", "POST"])
@requires(MANAGE)
def suspend_page(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ReasonForm()

    def suspend() -> bool:
        with transaction(act.actor, act.clock):
            suspend_person(act, person_by_public_id(public_id, lock=True), reason=form.reason.data)
        return True

    return _with_reason(act, public_id, form, suspend, "suspend")


@blueprint.route("/people/<public_id>/reactivate", methods=["GET", "POST"])
@requires(MANAGE)
def reactivate_page(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ProvenReasonForm()

    def reactivate() -> bool:
        with proving(act, form) as proven:
            if proven is not None:
                reactivate_person(proven, person_by_public_id(public_id, lock=True), reason=form.reason.data)
        return proven is not None

    return _with_reason(act, public_id, form, reactivate, "reactivate")


DONE = {
    "suspend": _("The person is suspended and signed out everywhere."),
    "reactivate": _("The person may sign in again."),
}


def _with_reason(act: Act, public_id: str, form: Form, do: Callable[[], bool], what: str) -> ResponseReturnValue:
    """The page of an act on a person that asks why, and does it."""
    person = person_by_public_id(public_id)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            if do():
                flash(translate(DONE[what]))
                return redirect(url_for("people.person_page", public_id=public_id))
        except DomainError as refusal:
            if refusal.audited:
                raise
            show_refusal(form, refusal)
            status = status_of(refusal)
    return render_template("workspace/person_reason.html", form=form, person=person, what=what), status


@blueprint.get("/people/roles")
@requires(MANAGE, Permission.AUDIT_EVERYTHING_READ, task=_("Who held which role"))
def roles_page() -> ResponseReturnValue:
    act, form = current_act(), DayFilters(request.args)
    form.validate()
    day = form.on.data or act.today

    def held(found: Sequence[Any]) -> list[Held]:
        return [Held(*row) for row in found]

    return ROLES.answer(
        held_roles(day, _schemes(act)),
        "workspace/roles_on.html",
        then=held,
        name=f"roles-on-{day.isoformat()}",
        form=form,
        words=shown_day(day),
        of_role=OF_ROLE,
    )


def _schemes(act: Act) -> set[int] | None:
    """The schemes whose roles the person may look at; None for whoever manages people, who sees all."""
    grants = [grant for grant in act.actor.grants if grant.permission in (MANAGE, Permission.AUDIT_EVERYTHING_READ)]
    if any(grant.scheme_id is None for grant in grants):
        return None
    return {grant.scheme_id for grant in grants if grant.scheme_id is not None}
