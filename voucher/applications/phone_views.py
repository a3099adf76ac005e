"""What officers do about applications before they are submitted: by phone, and those that need a person."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.applications.answers import answers_in_words
from voucher.applications.applying import begin_by_phone, known_businesses, let_in, refuse_form
from voucher.applications.form_queries import (
    held_form,
    held_forms,
    open_rounds,
    other_funding_declared,
    taken_by_phone,
)
from voucher.applications.forms import DeclaredFilters, HeldForm, PhoneForm
from voucher.applications.models import ApplicationForm
from voucher.applications.rules import FormState
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Round

blueprint = Blueprint("phone", __name__)

P = Permission


@blueprint.route("/applications/by-phone", methods=["GET", "POST"])
@requires(P.OFFERS_DECIDE, task=_("Enter an application taken by phone"))
def phone_page() -> ResponseReturnValue:
    act = current_act()
    rounds = _rounds(act)
    form = PhoneForm()
    form.round.choices = [SelectChoice(key, f"{each.scheme.name}: {each.name}") for key, each in rounds.items()]
    if not form.validate_on_submit():
        return _phone_page(act, form, rounds), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            public_id = begin_by_phone(
                act,
                rounds[form.round.data],
                name=form.name.data,
                email_text=form.email.data,
                phone=form.phone.data or "",
            ).public_id
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _phone_page(act, form, rounds), status_of(refusal)
    return redirect(url_for("apply.form_page", public_id=public_id))


@blueprint.get("/applications/needing-a-person")
@requires(P.OFFERS_DECIDE, task=_("Look at applications that need a person"))
def held_list_page() -> ResponseReturnValue:
    listed = held_forms(current_act().actor, request.args.get("page", 1, type=int))
    return render_template("applications/held_list.html", listed=listed)


@blueprint.get("/applications/other-funding")
@requires(P.OFFERS_DECIDE, task=_("Search declarations of other funding"))
def declared_page() -> ResponseReturnValue:
    form = DeclaredFilters(request.args)
    number = request.args.get("page", 1, type=int)
    listed = other_funding_declared(current_act().actor, number, text=form.text.data or "")
    return render_template("applications/declared.html", form=form, listed=listed)


@blueprint.route("/applications/needing-a-person/<public_id>", methods=["GET", "POST"])
@requires(P.OFFERS_DECIDE)
def held_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    held = held_form(act.actor, public_id)
    form = HeldForm()
    if not form.validate_on_submit():
        return _held_page(held, form), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            if form.decision.data == "yes":
                let_in(act, held, reason=form.reason.data)
            else:
                refuse_form(act, held, reason=form.reason.data)
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _held_page(held, form), status_of(refusal)
    taken = form.decision.data == "yes"
    flash(
        translate(_("The application is taken.") if taken else _("The application is refused. The person is told why."))
    )
    return redirect(url_for("phone.held_list_page"))


def _rounds(act: Act) -> dict[str, Round]:
    """The open rounds of the schemes in which the officer decides, by a key for the form."""
    return {
        f"{each.scheme.reference} {each.code}": each
        for each in open_rounds(act.today)
        if act.actor.may(P.OFFERS_DECIDE, scheme_id=each.scheme_id)
    }


def _phone_page(act: Act, form: PhoneForm, rounds: dict[str, Round]) -> str:
    listed = taken_by_phone(act.person_id, request.args.get("page", 1, type=int))
    return render_template("applications/by_phone.html", form=form, rounds=rounds, listed=listed)


def _held_page(held: ApplicationForm, form: HeldForm) -> str:
    return render_template(
        "applications/held.html",
        held=held,
        form=form,
        known=known_businesses(held),
        answers=answers_in_words(held),
        waits=held.state == FormState.NEEDS_A_PERSON,
    )
