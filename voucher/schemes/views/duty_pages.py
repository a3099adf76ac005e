"""Duties of a small team: proposing a weaker one, the signer's confirmation, and making it strict again."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.forms import ProofForm
from voucher.accounts.proof import done_with_proof
from voucher.accounts.queries import names_of
from voucher.accounts.reasons import Asked, ReasonForm, with_reason
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.forms import Form
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.duties import (
    confirm_weaker,
    end_duty_proposal,
    is_weak,
    make_strict,
    propose_weaker,
    why_not_confirm,
)
from voucher.schemes.forms import WeakenForm
from voucher.schemes.models import DutyProposal
from voucher.schemes.queries import visible, waiting_duties
from voucher.schemes.rules import Duty
from voucher.schemes.workplace import working_in

blueprint = Blueprint("duties", __name__)

P = Permission


class Words(NamedTuple):
    """A duty on pages: what it asks for while it is strict, and while it is weak; what it means to weaken it."""

    strict: str
    weak: str
    means: str


WORDS = {
    Duty.DECIDER_MAY_VERIFY: Words(
        _("Who decided an application may not verify its claims"),
        _("Who decided an application may verify its claims"),
        _("Every claim that is verified so is sampled, and the statement counts it."),
    ),
    Duty.REVIEWER_NEEDED: Words(
        _("A reviewer stands between preparer and signer"),
        _("No reviewer stands between preparer and signer"),
        _("Two people sign a statement off instead of three, and the statement says so."),
    ),
}


@blueprint.get("/scheme/duties")
@requires(P.FUNDING_LINES_READ, task=_("Duties that a small team may join"))
def duties_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.FUNDING_LINES_READ)
    waiting = {Duty(each.duty): each for each in waiting_duties(at.scheme)}
    return render_template(
        "schemes/duties.html",
        at=at,
        duties=[(duty, WORDS[duty], is_weak(at.scheme, duty), waiting.get(duty)) for duty in Duty],
        may_change=act.actor.may(P.SCHEMES_SET_UP, scheme_id=at.scheme.id),
    )


@blueprint.route("/scheme/duties/<duty>/weaken", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP)
def weaken_page(duty: str) -> ResponseReturnValue:
    act, form, asked = current_act(), WeakenForm(), _duty(duty)
    at = working_in(P.SCHEMES_SET_UP)
    status = done_with_proof(act, form, lambda act: propose_weaker(act, at.scheme, asked, reason=form.reason.data))
    if status is None:
        flash(translate(_("It is proposed. It counts once the signer has confirmed it.")))
        return redirect(url_for("duties.duties_page", **at.args))
    return render_template("schemes/weaken.html", at=at, form=form, words=WORDS[asked]), status


@blueprint.route("/scheme/duties/<duty>/make-strict", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP)
def strict_page(duty: str) -> ResponseReturnValue:
    act, chosen = current_act(), _duty(duty)
    at = working_in(P.SCHEMES_SET_UP)
    back = url_for("duties.duties_page", **at.args)
    heading = translate(_("Make it strict: %(duty)s"), duty=translate(WORDS[chosen].strict).lower())
    asked = Asked(heading, translate(_("It counts from now on. What was done before stays done.")),
                  translate(_("Make it strict")), back)  # fmt: skip
    page = with_reason(act, asked, lambda reason: make_strict(act, at.scheme, chosen, reason=reason))
    if page is not None:
        return page
    flash(translate(_("The duty is strict from now on.")))
    return redirect(back)


@blueprint.get("/scheme/duty-proposals/<public_id>")
@requires(P.FUNDING_LINES_READ)
def proposal_page(public_id: str) -> ResponseReturnValue:
    return _proposal(current_act(), public_id, ProofForm(formdata=None), ReasonForm(formdata=None))


@blueprint.post("/scheme/duty-proposals/<public_id>/confirm")
@requires(P.STATEMENTS_SIGN)
def confirm_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ProofForm()
    status = done_with_proof(act, form, lambda act: confirm_weaker(act, _found(act, public_id)))
    if status is None:
        flash(translate(_("It is confirmed and counts from now on.")))
        return redirect(url_for("duties.proposal_page", public_id=public_id))
    return _proposal(act, public_id, form, ReasonForm(formdata=None)), status


@blueprint.post("/scheme/duty-proposals/<public_id>/end")
@requires(P.SCHEMES_SET_UP, P.STATEMENTS_SIGN)
def end_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ReasonForm()
    if not form.validate_on_submit():
        return _proposal(act, public_id, ProofForm(formdata=None), form), 422
    with transaction(act.actor, act.clock):
        end_duty_proposal(act, _found(act, public_id), reason=form.reason.data)
    flash(translate(_("The proposal is ended. The duty stays strict.")))
    return redirect(url_for("duties.proposal_page", public_id=public_id))


def _duty(name: str) -> Duty:
    if name not in list(Duty):
        raise NotFound("no_duty", _("There is no such duty."))
    return Duty(name)


def _found(act: Act, public_id: str) -> DutyProposal:
    return visible(DutyProposal, act.actor, public_id, P.FUNDING_LINES_READ)


def _proposal(act: Act, public_id: str, confirm: Form, end: Form) -> str:
    found = _found(act, public_id)
    mine = found.proposed_by == act.person_id
    return render_template(
        "schemes/duty_proposal.html",
        proposal=found,
        words=WORDS[Duty(found.duty)],
        names=names_of((found.proposed_by, found.decided_by)),
        why_not=why_not_confirm(act, found),
        mine=mine,
        may_end=act.actor.may(P.SCHEMES_SET_UP if mine else P.STATEMENTS_SIGN, scheme_id=found.scheme_id),
        confirm=confirm,
        end=end,
        errors=[form for form in (confirm, end) if form.errors],
        events=history("duty_proposal", found.id),
    )
