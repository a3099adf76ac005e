"""Staff's steps with a claim, each a page of its own: verify, approve wholly or partly, and what needs a reason."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.accounts.queries import names_of, person_by_email
from voucher.accounts.step_forms import ReasonForm
from voucher.accounts.step_pages import Ask, Record
from voucher.accounts.step_pages import step_page as step_page_of
from voucher.accounts.steps import step_for
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_pounds
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.redemptions.answers import dispute_claim
from voucher.redemptions.automatic import Finding, automatic_findings, why_nobody_can_be_paid
from voucher.redemptions.checks import (
    accept_on_other_evidence,
    lift_hold,
    put_on_hold,
    verify_claim,
)
from voucher.redemptions.decisions import approve_claim, refuse_claim, reinstate_voucher, send_back
from voucher.redemptions.likeness import alike_to
from voucher.redemptions.models import Redemption
from voucher.redemptions.other_match import declare_other_match, match_left
from voucher.redemptions.owners import give_back_checks, hand_checks, take_checks, verifiers
from voucher.redemptions.queries import answer_in_force, owners_now, sessions_of
from voucher.redemptions.rules import MANUAL, Task
from voucher.redemptions.staff_forms import (
    ApproveForm,
    ApprovePartForm,
    EvidenceReasonForm,
    HandOverForm,
    OtherMatchForm,
    PutBackForm,
    ToBothForm,
    VerifyForm,
    note_of,
    verify_form,
)
from voucher.redemptions.staff_queries import claim_for_staff, files_of_claim
from voucher.redemptions.staff_steps import CLAIM_STEPS
from voucher.redemptions.views.files import SHOWN
from voucher.redemptions.views.staff_claim_pages import blueprint as blueprint

P = Permission


def _with_reason(command: Callable[..., object]) -> Callable[[Act, Redemption, Form], object]:
    return lambda act, claim, form: command(act, claim, reason=form.reason.data)


def _whole_pence(text: str | None) -> int:
    """The grant that the page showed; raises DomainError for what no page of ours sends."""
    if not text or not text.isascii() or not text.isdigit():
        raise DomainError("amount", _("Go back to the claim and open this page again."))
    return int(text)


ASKS: dict[str, Ask[Redemption]] = {
    "approve": Ask(
        _("Approve claim %(reference)s"),
        _("%(amount)s goes into the next payment batch. The provider is told."),
        _("Approve %(amount)s"),
        _("Claim %(reference)s is approved: %(amount)s."),
        ApproveForm,
        lambda act, claim, form: approve_claim(act, claim, pence=_whole_pence(form.pence.data)),
    ),
    "approve-part": Ask(
        _("Approve part of claim %(reference)s"),
        _("The claim is for %(amount)s. What you do not approve goes back to the voucher. The provider is told."),
        _("Approve this part"),
        _("Claim %(reference)s is approved: %(amount)s."),
        ApprovePartForm,
        lambda act, claim, form: approve_claim(act, claim, pence=form.amount.data, reason=form.reason.data),
    ),
    "send-back": Ask(
        _("Send claim %(reference)s back"),
        _("The provider is told why, corrects the claim and sends it again. Nothing is paid meanwhile."),
        _("Send the claim back"),
        _("Claim %(reference)s is sent back to its provider."),
        ToBothForm,
        _with_reason(send_back),
    ),
    "refuse": Ask(
        _("Refuse claim %(reference)s"),
        _("Nothing is paid for it, and its sessions cannot be claimed for again. Its %(amount)s goes back."),
        _("Refuse the claim"),
        _("Claim %(reference)s is refused."),
        ToBothForm,
        _with_reason(refuse_claim),
        warning=True,
    ),
    "accept-other-evidence": Ask(
        _("Accept claim %(reference)s on other evidence"),
        _("Another person than you verifies the claim then. It is always sampled, and counted on the statement."),
        _("Accept the other evidence"),
        _("Claim %(reference)s is accepted on other evidence. Another person verifies it."),
        EvidenceReasonForm,
        _with_reason(accept_on_other_evidence),
    ),
    "dispute": Ask(
        _("Dispute claim %(reference)s"),
        _("Nothing disputed is paid. The provider is told why."),
        _("Dispute the claim"),
        _("Claim %(reference)s is disputed."),
        ToBothForm,
        _with_reason(dispute_claim),
        warning=True,
    ),
    "take-checks": Ask(
        _("Take the checks of claim %(reference)s"),
        _("The others read that you make the checks that are open. You can put them back at any time."),
        _("Take the checks"),
        _("You have taken the checks of claim %(reference)s."),
        Form,
        lambda act, claim, _form: take_checks(act, claim),
    ),
    "put-back-checks": Ask(
        _("Put the checks of claim %(reference)s back"),
        _("Anybody who verifies claims can take them then."),
        _("Put the checks back"),
        _("The checks of claim %(reference)s are in the queue again."),
        PutBackForm,
        lambda act, claim, form: give_back_checks(act, claim, reason=form.reason.data or ""),
    ),
    "hand-over-checks": Ask(
        _("Hand the checks of claim %(reference)s over"),
        _("Somebody else who verifies claims makes the checks that are open."),
        _("Hand the checks over"),
        _("The checks of claim %(reference)s are handed over."),
        HandOverForm,
        lambda act, claim, form: hand_checks(act, claim, person_by_email(form.person.data), reason=form.reason.data),
    ),
    "hold": Ask(
        _("Put claim %(reference)s on hold"),
        _("It can be neither approved nor paid until somebody lifts the hold."),
        _("Put the claim on hold"),
        _("Claim %(reference)s is on hold."),
        ReasonForm,
        _with_reason(put_on_hold),
    ),
    "lift-hold": Ask(
        _("Lift the hold on claim %(reference)s"),
        _("The claim goes on from where it stood."),
        _("Lift the hold"),
        _("The hold on claim %(reference)s is lifted."),
        ReasonForm,
        _with_reason(lift_hold),
    ),
    "other-match": Ask(
        _("Note match of claim %(reference)s that counts elsewhere"),
        _("The same pound is match for one funder only. Of what the business paid towards this claim, %(match)s still "
          "counts here. Statements leave out what you note, from today on; it cannot be taken back."),
        _("Note it"),
        _("It is noted. Of the match of claim %(reference)s, %(match)s still counts here."),
        OtherMatchForm,
        lambda act, claim, form: declare_other_match(
            act, claim, pence=form.amount.data, programme=form.programme.data, reason=form.reason.data
        ),
        warning=True,
    ),
    "reinstate": Ask(
        _("Bring back the voucher of claim %(reference)s"),
        _("Do this when the claim was refused through the provider's fault after the voucher had expired. The voucher "
          "gets the money of the claim again and some more days; the funding lines must still have it."),
        _("Bring the voucher back"),
        _("The voucher of claim %(reference)s is back."),
        ReasonForm,
        _with_reason(reinstate_voucher),
    ),
}  # fmt: skip


@blueprint.route("/<public_id>/<step>", methods=["GET", "POST"])
@requires(P.CLAIMS_APPROVE, P.CLAIMS_VERIFY, P.VOUCHERS_MANAGE)
def step_page(public_id: str, step: str) -> ResponseReturnValue:
    act = current_act()
    claim = claim_for_staff(act.actor, public_id)
    if step not in ASKS:
        raise NotFound("no_step", _("Go back to the claim and choose what to do from there."))
    ask = ASKS[step]
    form = _form_of(act, claim, step)
    record = Record(claim, _known, url_for("claim_desk.record_page", public_id=public_id))
    return step_page_of(act, ask, record, look=lambda: step_for(CLAIM_STEPS, step, act.actor, claim), form=form)


def _form_of(act: Act, claim: Redemption, step: str) -> Form | None:
    """The form of a step that asks about the claim as it is now."""
    if step == "approve":
        return ApproveForm(pence=claim.grant_pence)
    if step == "hand-over-checks":
        form = HandOverForm()
        form.person.choices = [SelectChoice(each.email, each.name) for each in verifiers(act, claim)]
        return form
    return None


def _known(claim: Redemption) -> dict[str, str]:
    """What the words of a step's page name; the amount is the grant that the claim asks for now."""
    return {
        "reference": claim.reference,
        "amount": shown_pounds(claim.grant_pence),
        "match": shown_pounds(match_left(claim)),
    }


@blueprint.route("/<public_id>/verify", methods=["GET", "POST"])
@requires(P.CLAIMS_VERIFY)
def verify_page(public_id: str) -> ResponseReturnValue:
    """The checks that a person makes, with the invoice beside the claim's fields; the others are made by themselves."""
    act = current_act()
    claim = claim_for_staff(act.actor, public_id)
    found = automatic_findings(claim)
    form = verify_form(_asked(claim, found))(version=str(claim.version))
    if not form.is_submitted():
        step_for(CLAIM_STEPS, "verify", act.actor, claim)
    elif form.validate():
        try:
            with transaction(act.actor, act.clock):
                still_open = verify_claim(act, claim, _findings(form), version=_whole_pence(form.version.data))
        except (NotFound, Forbidden):
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
            form.version.data = str(claim.version)  # the page shows these figures now
            return _verify_page(claim, form, automatic_findings(claim)), status_of(refusal)
        return _recorded(claim, still_open)
    return _verify_page(claim, form, found), 422 if form.errors else 200


def _asked(claim: Redemption, found: dict[Task, Finding]) -> list[Task]:
    """The checks that somebody must make: not what passes by itself, nor what no finding could put right."""
    asked = [task for task in Task if task in MANUAL and not (task in found and found[task].passed)]
    return [task for task in asked if task != Task.PAYEE or not why_nobody_can_be_paid(claim)]


def _findings(form: VerifyForm) -> dict[Task, Finding]:
    return {task: Finding(said.passes, said.note, said.proof) for task, said in form.found().items()}


def _recorded(claim: Redemption, still_open: dict[Task, Finding]) -> ResponseReturnValue:
    if still_open:
        said = _("Your findings are recorded. Claim %(reference)s is not verified yet. Open or failed: %(checks)s")
        checks = "; ".join(f"{translate(str(task))}: {translate(found.note)}" for task, found in still_open.items())
        flash(translate(said, reference=claim.reference, checks=checks))
    else:
        flash(translate(_("Claim %(reference)s is verified. Somebody approves it next."), reference=claim.reference))
    return redirect(url_for("claim_desk.record_page", public_id=claim.public_id))


def _verify_page(claim: Redemption, form: VerifyForm, found: dict[Task, Finding]) -> str:
    owners = owners_now(claim)
    names = names_of(owner.person_id for owner in owners.values())
    return render_template(
        "redemptions/desk/verify.html",
        form=form,
        claim=claim,
        found=found,
        sessions=sessions_of(claim),
        answer=answer_in_force(claim),
        asked=[(task, task.name, note_of(task)) for task in Task if task.name in form],
        owners={task: names[owner.person_id] for task, owner in owners.items()},
        alike=alike_to(claim),
        files=files_of_claim(claim),
        shown=SHOWN,
    )
