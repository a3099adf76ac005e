"""Staff's record of one claim, on the desk of claims, with the payments that it is in: of those claims know nothing."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.queries import names_of
from voucher.accounts.steps import offered
from voucher.assurance.queries import irregularities_about
from voucher.audit.queries import history
from voucher.funding.queries import movements_of_redemption
from voucher.notifications.queries import messages_about
from voucher.payments.queries import bank_days, payments_of_claim
from voucher.platform.authz import Permission
from voucher.platform.clock import days_since
from voucher.platform.languages import shown_day
from voucher.platform.web import current_act, requires
from voucher.redemptions.likeness import alike_to
from voucher.redemptions.other_match import declared_elsewhere
from voucher.redemptions.queries import answer_in_force, owners_now, results_in_force, sessions_of
from voucher.redemptions.rules import RedemptionState, Task
from voucher.redemptions.staff_queries import READER, answers_of, claim_for_staff, files_of_claim, subjects_of_claim
from voucher.redemptions.staff_steps import CLAIM_STEPS
from voucher.redemptions.views.files import SHOWN
from voucher.redemptions.views.staff_claim_steps import blueprint as blueprint
from voucher.redemptions.waiting import FOR_STAFF, waits_for


@blueprint.get("/<public_id>")
@requires(READER)
def record_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    claim = claim_for_staff(act.actor, public_id)
    results, files, answers = results_in_force(claim), files_of_claim(claim), answers_of(claim)
    payments, owners = payments_of_claim(claim.id), owners_now(claim)
    people: list[int | None] = [owner.person_id for owner in owners.values()]
    people += [claim.submitted_by, claim.verified_by, claim.approved_by, claim.other_evidence_by]
    people += [row.by_id for row in results.values()] + [each.person_id for each in answers]
    return render_template(
        "workspace/claim_record.html",
        claim=claim,
        waits_for=translate(waits_for(claim.state)),
        next_step=translate(FOR_STAFF[RedemptionState(claim.state)], day=shown_day(claim.answer_by)),
        steps=offered(CLAIM_STEPS, act.actor, claim),
        days=days_since(claim.submitted_at, act.today),
        sessions=sessions_of(claim),
        answer=answer_in_force(claim),
        tasks=[(task, results.get(task)) for task in Task],
        owners=owners,
        alike=alike_to(claim),
        irregularities=irregularities_about(claim),
        may_register=act.actor.may(Permission.ASSURANCE_CASES_MANAGE, scheme_id=claim.scheme_id),
        files=files,
        answers=answers,
        shown=SHOWN,
        names=names_of(people),
        payments=payments,
        bank_days=bank_days([item.payment for item in payments]),
        elsewhere=declared_elsewhere([claim.id]).get(claim.id, 0),
        movements=movements_of_redemption(claim.id),
        messages=messages_about(subjects_of_claim(claim.id)),
        events=history("redemption", claim.id),
    )
