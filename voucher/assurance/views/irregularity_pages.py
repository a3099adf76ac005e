"""The register of irregularities: its list, a new one, the record of one with its steps."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.queries import names_of
from voucher.accounts.step_pages import Ask, Record
from voucher.accounts.step_pages import step_page as step_page_of
from voucher.accounts.steps import Step, offered, step_for
from voucher.assurance.forms import (
    ChangeIrregularityForm,
    CloseIrregularityForm,
    IrregularityFilters,
    NewIrregularityForm,
    ReopenForm,
)
from voucher.assurance.irregularities import (
    change_irregularity,
    close_irregularity,
    register_irregularity,
    reopen_irregularity,
)
from voucher.assurance.models import Irregularity
from voucher.assurance.policy import why_not_close, why_not_look_into
from voucher.assurance.queries import events_of, irregularities
from voucher.assurance.rules import CLOSED, IrregularityKind, IrregularityState
from voucher.assurance.views.lists import IRREGULARITIES
from voucher.platform.act import Act
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.forms import Form
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.redemptions.queries import redemption_by_reference
from voucher.schemes.models import Scheme
from voucher.schemes.queries import visible
from voucher.schemes.views.entering import done
from voucher.schemes.workplace import working_in

blueprint = Blueprint("irregularities", __name__, url_prefix="/irregularities")

P = Permission


def _why_not_look_into(actor: Actor, found: Irregularity) -> str | None:
    return why_not_look_into(actor, found.redemption)


STEPS: tuple[Step[Irregularity], ...] = (
    Step(
        "change", _("Say anew what is known"), P.ASSURANCE_CASES_MANAGE, lambda i: i.state not in CLOSED,
        _why_not_look_into,
    ),
    Step("close", _("Close it"), P.ASSURANCE_CASES_MANAGE, lambda i: i.state not in CLOSED, why_not_close),
    Step("reopen", _("Open it again"), P.ASSURANCE_CASES_MANAGE, lambda i: i.state in CLOSED, _why_not_look_into),
)  # fmt: skip
ASKS: dict[str, Ask[Irregularity]] = {
    "change": Ask(
        _("What is known of %(reference)s now"),
        _("Statements show the kind, the amount and the state; never the note."),
        _("Keep this"),
        _("What is known of %(reference)s is kept."),
        ChangeIrregularityForm,
        lambda act, found, form: change_irregularity(
            act, found, kind=IrregularityKind(form.kind.data), pence=form.amount.data, note=form.note.data
        ),
    ),
    "close": Ask(
        _("Close %(reference)s"),
        _("It stays on the register and on statements, with what came of it."),
        _("Close it"),
        _("%(reference)s is closed."),
        CloseIrregularityForm,
        lambda act, found, form: close_irregularity(
            act, found, outcome=IrregularityState(form.outcome.data), note=form.note.data
        ),
    ),
    "reopen": Ask(
        _("Open %(reference)s again"),
        _("It counts as open from now on. How it stood until today is kept."),
        _("Open it again"),
        _("%(reference)s is open again."),
        ReopenForm,
        lambda act, found, form: reopen_irregularity(act, found, note=form.note.data),
    ),
}


@blueprint.get("")
@requires(P.CLAIMS_READ, task=_("Irregularities and suspected fraud"))
def list_page() -> ResponseReturnValue:
    at = working_in(P.CLAIMS_READ)
    form = IrregularityFilters(request.args)
    may_register = current_act().actor.may(P.ASSURANCE_CASES_MANAGE, scheme_id=at.scheme.id)
    query = irregularities(at.scheme.id, state=form.state.data or "", kind=form.kind.data or "")
    return IRREGULARITIES.answer(query, "assurance/irregularities.html", at=at, form=form, may_register=may_register)


@blueprint.route("/new", methods=["GET", "POST"])
@requires(P.ASSURANCE_CASES_MANAGE)
def new_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.ASSURANCE_CASES_MANAGE)
    form = NewIrregularityForm(claim=request.args.get("claim"), amount=0)
    made: list[Irregularity] = []
    if done(act, form, lambda: made.append(_registered(act, at.scheme, form))):
        flash(translate(_("%(reference)s is registered."), reference=made[0].reference))
        return redirect(url_for("irregularities.record_page", public_id=made[0].public_id))
    return render_template("assurance/new_irregularity.html", at=at, form=form), 422 if form.errors else 200


def _registered(act: Act, scheme: Scheme, form: NewIrregularityForm) -> Irregularity:
    claim = redemption_by_reference(scheme, form.claim.data) if form.claim.data else None
    kind = IrregularityKind(form.kind.data)
    return register_irregularity(act, scheme, kind=kind, pence=form.amount.data, note=form.note.data, claim=claim)


@blueprint.get("/<public_id>")
@requires(P.CLAIMS_READ)
def record_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    found = visible(Irregularity, act.actor, public_id, P.CLAIMS_READ)
    events = events_of(found)
    return render_template(
        "assurance/irregularity.html",
        found=found,
        events=events,
        names=names_of([*(event.by_id for event in events), found.opened_by, found.closed_by]),
        steps=offered(STEPS, act.actor, found),
    )


@blueprint.route("/<public_id>/<step>", methods=["GET", "POST"])
@requires(P.ASSURANCE_CASES_MANAGE)
def step_page(public_id: str, step: str) -> ResponseReturnValue:
    act = current_act()
    found = visible(Irregularity, act.actor, public_id, P.CLAIMS_READ)
    if step not in ASKS:
        raise NotFound("no_step", _("Go back to the record and choose what to do from there."))
    record = Record(found, _known, url_for("irregularities.record_page", public_id=public_id))
    look = lambda: step_for(STEPS, step, act.actor, found)  # noqa: E731 - handed on, as every step's is
    return step_page_of(act, ASKS[step], record, look=look, form=_form_of(found, step))


def _form_of(found: Irregularity, step: str) -> Form | None:
    """The form that begins with what is known so far."""
    return ChangeIrregularityForm(kind=found.kind, amount=found.pence) if step == "change" else None


def _known(found: Irregularity) -> dict[str, str]:
    return {"reference": found.reference}
