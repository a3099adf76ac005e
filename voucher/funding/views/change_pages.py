"""Changes of a signed agreement: proposing one, and the page on which a second person confirms it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import cast

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy.orm import selectinload
from wtforms import SelectChoice

from voucher.accounts.forms import ProofForm
from voucher.accounts.proof import done_with_proof
from voucher.accounts.queries import names_of
from voucher.accounts.reasons import ReasonForm
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.funding import changes
from voucher.funding.conditions import Conditions, Profile, conditions_from, quarters_within
from voucher.funding.forms import AwardForm, ConditionsForm, VirementForm, award_form, conditions_form, profile_field
from voucher.funding.models import Agreement, AgreementChange, AgreementProposal
from voucher.funding.policy import why_not_confirm
from voucher.funding.queries import balances, conditions_of
from voucher.funding.rules import Account, ChangeKind, ChangeState
from voucher.funding.views.agreement_pages import given_conditions
from voucher.funding.views.words import condition_facts, profile_table
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day, shown_pounds
from voucher.platform.web import NOTICE, current_act, requires
from voucher.schemes.queries import visible

blueprint = Blueprint("agreement_changes", __name__)

P = Permission
HEADINGS = {
    ChangeKind.AWARD: _("Change of the award"),
    ChangeKind.VIREMENT: _("Money between lines"),
    ChangeKind.CONDITIONS: _("Change of the conditions"),
}


def _changeable(act: Act, public_id: str) -> Agreement:
    return visible(Agreement, act.actor, public_id, P.FUNDING_AGREEMENTS_MANAGE, load=(selectinload(Agreement.lines),))


@blueprint.route("/funding/agreements/<public_id>/award", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def award_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    agreement = _changeable(act, public_id)
    labels = [translate(_("Change of line %(code)s"), code=line.code) for line in agreement.lines]
    form = award_form(labels)()
    if form.validate_on_submit() and (made := _award_proposed(act, agreement, form)):
        return _proposed(made)
    standing = balances([line.id for line in agreement.lines])
    hints = [
        translate(
            _("%(name)s: award %(award)s, of which %(left)s is unallocated"),
            name=line.name,
            award=shown_pounds(-standing[line.id][Account.AWARD]),
            left=shown_pounds(standing[line.id][Account.UNALLOCATED]),
        )
        for line in agreement.lines
    ]
    page = render_template("funding/award.html", agreement=agreement, form=form, hints=hints)
    return page, 422 if form.errors else 200


def _award_proposed(act: Act, agreement: Agreement, form: AwardForm) -> AgreementProposal | None:
    wanted = {line.code: form[f"change_{i}"].data or 0 for i, line in enumerate(agreement.lines)}
    fields = {"changes": "change_0", "": "change_0"}
    return _attempt(act, form, fields, lambda: changes.propose_award(act, agreement, wanted, reason=form.reason.data))


@blueprint.route("/funding/agreements/<public_id>/virement", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def virement_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    agreement = _changeable(act, public_id)
    form = VirementForm()
    words = _("%(code)s: %(name)s, %(left)s unallocated")
    form.source.choices = form.target.choices = [
        SelectChoice(
            line.code, translate(words, code=line.code, name=line.name, left=shown_pounds(line.unallocated_pence))
        )
        for line in agreement.lines
    ]
    if form.validate_on_submit() and (made := _virement_proposed(act, agreement, form)):
        return _proposed(made)
    return render_template("funding/virement.html", agreement=agreement, form=form), 422 if form.errors else 200


def _virement_proposed(act: Act, agreement: Agreement, form: VirementForm) -> AgreementProposal | None:
    def propose() -> AgreementProposal:
        return changes.propose_virement(
            act,
            agreement,
            source=form.source.data,
            target=form.target.data,
            pence=form.amount.data,
            reason=form.reason.data,
        )

    return _attempt(act, form, {"": "amount"}, propose)


@blueprint.route("/funding/agreements/<public_id>/conditions", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def conditions_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    agreement = _changeable(act, public_id)
    quarters = quarters_within(agreement.starts_on, agreement.ends_on)
    form = _conditions_form(agreement, quarters, conditions_of(agreement.id))
    if form.validate_on_submit() and (made := _conditions_proposed(act, agreement, form, quarters)):
        return _proposed(made)
    rows = [(line, [form[profile_field(line.code, first)] for first in quarters]) for line in agreement.lines]
    page = render_template("funding/conditions.html", agreement=agreement, form=form, rows=rows)
    return page, 422 if form.errors else 200


def _conditions_form(agreement: Agreement, quarters: list[date], now: Conditions) -> ConditionsForm:
    named = [(first, shown_day(first)) for first in quarters]
    filled: dict[str, object] = {
        profile_field(line.code, first): now.profile.get(line.code, {}).get(first.isoformat())
        for line in agreement.lines
        for first in quarters
    }
    return conditions_form([line.code for line in agreement.lines], named)(
        admin_cap=now.admin_cap_bp,
        admin_cap_of=str(now.admin_cap_of),
        year_by=str(now.year_by),
        sign_off_steps=str(now.sign_off_steps),
        tolerance=now.tolerance_bp,
        **filled,
    )


def _conditions_proposed(
    act: Act, agreement: Agreement, form: ConditionsForm, quarters: list[date]
) -> AgreementProposal | None:
    first_line = agreement.lines[0].code
    fields = {"profile": profile_field(first_line, quarters[0]), "": "reason"}
    wanted = given_conditions(form, _profile(agreement, form, quarters))
    return _attempt(
        act, form, fields, lambda: changes.propose_conditions(act, agreement, wanted, reason=form.reason.data)
    )


def _profile(agreement: Agreement, form: ConditionsForm, quarters: list[date]) -> Profile:
    """The quarters in which something is entered; a line without any has no profile."""
    found = {
        line.code: {
            first.isoformat(): form[name].data
            for first in quarters
            if form[name := profile_field(line.code, first)].data is not None
        }
        for line in agreement.lines
    }
    return {code: given for code, given in found.items() if given}


def _attempt(
    act: Act, form: Form, fields: dict[str, str], propose: Callable[[], AgreementProposal]
) -> AgreementProposal | None:
    try:
        with transaction(act.actor, act.clock):
            return propose()
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, fields)
        return None


def _proposed(made: AgreementProposal) -> ResponseReturnValue:
    flash(translate(_("The change is proposed. It counts once another funding manager has confirmed it.")))
    return redirect(url_for("agreement_changes.proposal_page", public_id=made.public_id))


@blueprint.get("/funding/proposals/<public_id>")
@requires(P.FUNDING_LINES_READ)
def proposal_page(public_id: str) -> ResponseReturnValue:
    return _proposal(current_act(), public_id, ProofForm(formdata=None), ReasonForm(formdata=None))


@blueprint.post("/funding/proposals/<public_id>/confirm")
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def confirm_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ProofForm()
    made: list[AgreementChange | None] = []
    status = done_with_proof(
        act, form, lambda proven: made.append(changes.confirm_change(proven, _found(proven, public_id)))
    )
    if status is not None:
        return _proposal(act, public_id, form, ReasonForm(formdata=None)), status
    _tell(made[0])
    return redirect(url_for("agreement_changes.proposal_page", public_id=public_id))


def _tell(made: AgreementChange | None) -> None:
    if made is None or made.state != ChangeState.PENDING:
        flash(translate(_("The change is confirmed and counts from now on.")))
        return
    missing = changes.shortfall(made.agreement, made.changes)
    waits = _("The change waits: %(missing)s more must be released on the lines before they can be cut.")
    flash(translate(waits, missing=shown_pounds(missing)), NOTICE)


@blueprint.post("/funding/proposals/<public_id>/end")
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def end_button(public_id: str) -> ResponseReturnValue:
    act, form = current_act(), ReasonForm()
    if not form.validate_on_submit():
        return _proposal(act, public_id, ProofForm(formdata=None), form), 422
    with transaction(act.actor, act.clock):
        changes.end_proposal(act, _found(act, public_id), reason=form.reason.data)
    flash(translate(_("The proposal is ended. The agreement stays as it is.")))
    return redirect(url_for("agreement_changes.proposal_page", public_id=public_id))


def _found(act: Act, public_id: str) -> AgreementProposal:
    return visible(AgreementProposal, act.actor, public_id, P.FUNDING_LINES_READ)


def _proposal(act: Act, public_id: str, confirm: Form, end: Form) -> str:
    found = _found(act, public_id)
    said = conditions_from(found.content) if found.kind == ChangeKind.CONDITIONS else Conditions()
    heads, rows = profile_table(said)
    return render_template(
        "funding/proposal.html",
        proposal=found,
        heading=translate(HEADINGS[ChangeKind(found.kind)]),
        wanted=_wanted(found),
        profile_heads=heads,
        profile_rows=rows,
        names=names_of((found.proposed_by, found.decided_by)),
        why_not=why_not_confirm(act.actor, found),
        mine=found.proposed_by == act.person_id,
        may_decide=act.actor.may(P.FUNDING_AGREEMENTS_MANAGE, scheme_id=found.scheme_id),
        confirm=confirm,
        end=end,
        errors=[form for form in (confirm, end) if form.errors],
        events=history("agreement_proposal", found.id),
    )


def _wanted(proposal: AgreementProposal) -> list[tuple[str, str]]:
    """What the proposal would change, as pairs for the list of facts."""
    content = proposal.content
    if proposal.kind == ChangeKind.CONDITIONS:
        return condition_facts(conditions_from(content))
    if proposal.kind == ChangeKind.VIREMENT:
        words = _("%(pence)s from line %(source)s to line %(target)s")
        told = translate(
            words, pence=shown_pounds(cast(int, content["pence"])), source=content["source"], target=content["target"]
        )
        return [(translate(_("Moves")), told)]
    return [
        (translate(_("Line %(code)s"), code=code), ("+" if pence > 0 else "") + shown_pounds(pence))
        for code, pence in cast(dict[str, int], content["changes"]).items()
    ]
