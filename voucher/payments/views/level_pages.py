"""Up to what amount people may approve payments, on pages: what counts, a proposal, and the signer's confirmation."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.accounts.models import Person
from voucher.accounts.proof import done_with_proof
from voucher.accounts.queries import names_of
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
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.views.proposals import Proposals
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


PROPOSALS = Proposals(
    ApprovalLevel,
    "levels.proposal_page",
    "payments/level_proposal.html",
    confirm=confirm_level,
    confirmed=_("It is confirmed. Approvals from its day on are held to it."),
    end=end_level_proposal,
    ended=_("The proposal is ended. The levels stay as they are."),
    why_not=why_not_confirm_level,
    people=lambda level: (level.person_id,),
)


@blueprint.get("/scheme/approval-levels/<public_id>")
@requires(P.FUNDING_LINES_READ)
def proposal_page(public_id: str) -> ResponseReturnValue:
    return PROPOSALS.page(public_id)


@blueprint.post("/scheme/approval-levels/<public_id>/confirm")
@requires(P.STATEMENTS_SIGN)
def confirm_button(public_id: str) -> ResponseReturnValue:
    return PROPOSALS.confirmed_by_button(public_id)


@blueprint.post("/scheme/approval-levels/<public_id>/end")
@requires(P.SCHEMES_SET_UP, P.STATEMENTS_SIGN)
def end_button(public_id: str) -> ResponseReturnValue:
    return PROPOSALS.ended_by_button(public_id)
