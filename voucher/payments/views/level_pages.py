"""Up to what amount people may approve payments, on pages: what counts, a proposal, and the signer's confirmation."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.accounts.forms import ProofForm
from voucher.accounts.models import Person
from voucher.accounts.proof import done_with_proof
from voucher.accounts.queries import names_of
from voucher.accounts.reasons import ReasonForm
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.payments.level_models import ApprovalLevel
from voucher.payments.levels import (
    approvers_of,
    confirm_level,
    end_level_proposal,
    levels_of,
    levels_on,
    propose_level,
    waiting_level,
    why_not_confirm_level,
)
from voucher.payments.way_forms import EVERYBODY, LevelForm
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.forms import Form
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import visible
from voucher.schemes.workplace import working_in

blueprint = Blueprint("levels", __name__)

P = Permission


@blueprint.get("/scheme/approval-levels")
@requires(P.FUNDING_LINES_READ, task=_("Who may approve payments up to what"))
def levels_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.FUNDING_LINES_READ)
    known, levels = levels_of(at.scheme.id), levels_on(at.scheme.id, act.today)
    return render_template(
        "payments/levels.html",
        at=at,
        people=[(each.name, levels.of(each.id)) for each in approvers_of(act, at.scheme.id)],
        known=known,
        names=names_of([each for level in known for each in (level.proposed_by, level.decided_by)]),
        waiting=waiting_level(at.scheme.id),
        may_propose=act.actor.may(P.SCHEMES_SET_UP, scheme_id=at.scheme.id),
    )


@blueprint.route("/scheme/approval-levels/propose", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP)
def propose_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    people = {each.email: each for each in approvers_of(act, at.scheme.id)}
    form = LevelForm()
    form.person.choices = [
        SelectChoice(EVERYBODY, translate(_("Everybody with the role who has no level of their own"))),
        *(SelectChoice(email, each.name) for email, each in people.items()),
    ]
    status = done_with_proof(act, form, lambda act: _propose(act, at.scheme, form, people.get(form.person.data)))
    if status is None:
        flash(translate(_("It is proposed. It counts once the signer has confirmed it.")))
        return redirect(url_for("levels.levels_page", **at.args))
    return render_template("payments/propose_level.html", at=at, form=form), status


def _propose(act: Act, scheme: Scheme, form: LevelForm, person: Person | None) -> ApprovalLevel:
    return propose_level(
        act,
        scheme,
        person=person,
        up_to_pence=form.up_to.data,
        from_on=form.from_on.data,
        reason=form.reason.data,
    )


@blueprint.get("/scheme/approval-levels/<public_id>")
@requires(P.FUNDING_LINES_READ)
def proposal_page(public_id: str) -> ResponseReturnValue:
    return _proposal(current_act(), public_id, ProofForm(formdata=None), ReasonForm(formdata=None))


@blueprint.post("/scheme/approval-levels/<public_id>/confirm")
@requires(P.STATEMENTS_SIGN)
def confirm_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ProofForm()
    status = done_with_proof(act, form, lambda act: confirm_level(act, _found(act, public_id)))
    if status is None:
        flash(translate(_("It is confirmed. Approvals from its day on are held to it.")))
        return redirect(url_for("levels.proposal_page", public_id=public_id))
    return _proposal(act, public_id, form, ReasonForm(formdata=None)), status


@blueprint.post("/scheme/approval-levels/<public_id>/end")
@requires(P.SCHEMES_SET_UP, P.STATEMENTS_SIGN)
def end_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ReasonForm()
    if not form.validate_on_submit():
        return _proposal(act, public_id, ProofForm(formdata=None), form), 422
    with transaction(act.actor, act.clock):
        end_level_proposal(act, _found(act, public_id), reason=form.reason.data)
    flash(translate(_("The proposal is ended. The levels stay as they are.")))
    return redirect(url_for("levels.proposal_page", public_id=public_id))


def _found(act: Act, public_id: str) -> ApprovalLevel:
    return visible(ApprovalLevel, act.actor, public_id, P.FUNDING_LINES_READ)


def _proposal(act: Act, public_id: str, confirm: Form, end: Form) -> str:
    found = _found(act, public_id)
    mine = found.proposed_by == act.person_id
    return render_template(
        "payments/level_proposal.html",
        proposal=found,
        names=names_of((found.proposed_by, found.decided_by, found.person_id)),
        why_not=why_not_confirm_level(act, found),
        mine=mine,
        may_end=act.actor.may(P.SCHEMES_SET_UP if mine else P.STATEMENTS_SIGN, scheme_id=found.scheme_id),
        confirm=confirm,
        end=end,
        errors=[form for form in (confirm, end) if form.errors],
        events=history("approval_level", found.id),
    )
