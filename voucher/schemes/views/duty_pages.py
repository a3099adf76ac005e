"""Duties of a small team: proposing a weaker one, the signer's confirmation, and making it strict again."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.proof import done_with_proof
from voucher.accounts.reasons import Asked, with_reason
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
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
from voucher.schemes.queries import waiting_duties
from voucher.schemes.rules import Duty
from voucher.schemes.views.proposals import Proposals
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


PROPOSALS = Proposals(
    DutyProposal,
    "duties.proposal_page",
    "schemes/duty_proposal.html",
    confirm=confirm_weaker,
    confirmed=_("It is confirmed and counts from now on."),
    end=end_duty_proposal,
    ended=_("The proposal is ended. The duty stays strict."),
    why_not=why_not_confirm,
    shows=lambda found: {"words": WORDS[Duty(found.duty)]},
)


@blueprint.get("/scheme/duty-proposals/<public_id>")
@requires(P.FUNDING_LINES_READ)
def proposal_page(public_id: str) -> ResponseReturnValue:
    return PROPOSALS.page(public_id)


@blueprint.post("/scheme/duty-proposals/<public_id>/confirm")
@requires(P.STATEMENTS_SIGN)
def confirm_button(public_id: str) -> ResponseReturnValue:
    return PROPOSALS.confirmed_by_button(public_id)


@blueprint.post("/scheme/duty-proposals/<public_id>/end")
@requires(P.SCHEMES_SET_UP, P.STATEMENTS_SIGN)
def end_button(public_id: str) -> ResponseReturnValue:
    return PROPOSALS.ended_by_button(public_id)


def _duty(name: str) -> Duty:
    if name not in list(Duty):
        raise NotFound("no_duty", _("There is no such duty."))
    return Duty(name)
