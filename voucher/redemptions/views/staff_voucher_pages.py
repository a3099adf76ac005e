"""Staff's queue of vouchers, the record of one with its sessions and claims, its paper, and each step with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.step_forms import ReasonForm
from voucher.accounts.step_pages import Ask, Record
from voucher.accounts.step_pages import step_page as step_page_of
from voucher.accounts.steps import offered, step_for
from voucher.applications.policy import why_not_decide
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.funding.queries import movements_of_voucher
from voucher.notifications.queries import messages_about
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.forms import Form
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day, shown_pounds
from voucher.platform.web import current_act, requires
from voucher.redemptions.queries import held_on
from voucher.redemptions.staff_forms import CancelForm, ExtendForm, VoucherFilters
from voucher.redemptions.staff_queries import (
    READER,
    Queue,
    WantedVouchers,
    claims_on,
    expiring_soon,
    sessions_on,
    subjects_of_voucher,
    voucher_for_staff,
    voucher_of_application,
    voucher_queues,
    vouchers_in,
)
from voucher.redemptions.views.lists import VOUCHERS
from voucher.redemptions.voucher_steps import PAPER, VOUCHER_STEPS
from voucher.schemes.models import Scheme
from voucher.schemes.queries import schemes_with
from voucher.schemes.workplace import narrowed, offer_schemes
from voucher.vouchers.commands import cancel, extend, resume, suspend
from voucher.vouchers.credentials import replace
from voucher.vouchers.models import Voucher
from voucher.vouchers.paper import voucher_pdf
from voucher.vouchers.papers import print_paper
from voucher.vouchers.rules import CancelReason, VoucherState, claimable_until, recordable_until

blueprint = Blueprint("voucher_desk", __name__, url_prefix="/vouchers-desk")

P = Permission
S = VoucherState
SOON_DAYS = 30

NEXT = {
    S.ISSUED: _("The business shows the voucher to a provider by %(day)s. What is not used then goes back."),
    S.SPENT: _("Nothing is left on it. A claim that is refused or withdrawn brings it back."),
    S.SUSPENDED: _("Nobody can record support on it until the suspension is lifted. It still ends on %(day)s."),
    S.EXPIRED: _("Nothing. What was not used went back; what sessions hold follows when their claim window is over."),
    S.CANCELLED: _("Nothing. What nothing held went back at once."),
}


ASKS: dict[str, Ask[Voucher]] = {
    "suspend": Ask(
        _("Suspend voucher %(reference)s"),
        _("Look-ups are refused until you lift the suspension. The business is told that it is suspended."),
        _("Suspend the voucher"),
        _("Voucher %(reference)s is suspended."),
        ReasonForm,
        lambda act, voucher, form: suspend(act, voucher, reason=form.reason.data),
    ),
    "lift": Ask(
        _("Lift the suspension of voucher %(reference)s"),
        _("Providers can record support on it again."),
        _("Lift the suspension"),
        _("The suspension of voucher %(reference)s is lifted."),
        ReasonForm,
        lambda act, voucher, form: resume(act, voucher, reason=form.reason.data),
    ),
    "extend": Ask(
        _("Extend voucher %(reference)s"),
        _("Its last day is %(day)s. The scheme allows %(limit)s extension of at most %(days)s days for each voucher, "
          "asked for before the last day is over; this one has had %(used)s. The scheme ends on %(ends)s. Extensions "
          "are counted on the statement."),
        _("Move the last day"),
        _("Voucher %(reference)s is good until %(day)s."),
        ExtendForm,
        lambda act, voucher, form: extend(act, voucher, last_day=form.last_day.data, reason=form.reason.data),
    ),
    "replace": Ask(
        _("Replace voucher %(reference)s"),
        _("Do this when the paper was lost or copied. The old paper and code stop working at once; the business gets "
          "the new ones by e-mail."),
        _("Replace the voucher"),
        _("Voucher %(reference)s has new papers. The old ones are refused."),
        ReasonForm,
        lambda act, voucher, form: replace(act, voucher, reason=form.reason.data),
    ),
    "cancel": Ask(
        _("Cancel voucher %(reference)s"),
        _("It cannot be brought back. %(free)s goes back to the funding lines at once; what sessions and claims hold "
          "stays until they end. The business is told that it is cancelled."),
        _("Cancel the voucher"),
        _("Voucher %(reference)s is cancelled."),
        CancelForm,
        lambda act, voucher, form: cancel(
            act, voucher, reason=form.reason.data, code=CancelReason(form.code.data)
        ),
        warning=True,
    ),
}  # fmt: skip


@blueprint.get("")
@requires(READER, task=_("Vouchers"))
def queue_page() -> ResponseReturnValue:
    act = current_act()
    schemes = schemes_with(act.actor, READER)
    form = _filters(schemes)
    expiring_by = act.today + timedelta(days=int(form.expiring.data)) if form.expiring.data else None
    wanted = WantedVouchers(form.state.data or "", form.text.data or "", act.today, expiring_by)
    return VOUCHERS.answer(
        vouchers_in(narrowed(form, schemes), wanted),
        "redemptions/desk/vouchers.html",
        form=form,
        counts=_counts(expiring_soon(schemes, act.today, SOON_DAYS), voucher_queues(schemes)),
        today=act.today,
        tickable=lambda voucher: voucher.last_day >= act.today and _can_extend(act, voucher),
    )


def _can_extend(act: Act, voucher: Voucher) -> bool:
    return any(step.name == "extend" and not step.why_not for step in offered(VOUCHER_STEPS, act.actor, voucher))


def _filters(schemes: Sequence[Scheme]) -> VoucherFilters:
    """What the address asks for; an address that asks for what there is not shows all vouchers."""
    for sent in (request.args, None):
        form = VoucherFilters(sent)
        offer_schemes(form, schemes)
        if sent is None or form.validate():
            break
    return form


def _counts(soon: Queue, queues: dict[str, Queue]) -> list[tuple[int, str, str]]:
    """The tiles above the list: what ends soon, and each state."""
    words = translate(_("end within %(days)s days, %(amount)s left"), days=SOON_DAYS, amount=shown_pounds(soon.pence))
    tiles = [(soon.number, words, url_for("voucher_desk.queue_page", expiring=SOON_DAYS))]
    for state in S:
        if state in queues:
            left = shown_pounds(queues[state].pence)
            words = translate(_("%(state)s, %(amount)s left"), state=translate(str(state)), amount=left)
            tiles.append((queues[state].number, words, url_for("voucher_desk.queue_page", state=str(state))))
    return tiles


@blueprint.get("/<reference>")
@requires(READER)
def record_page(reference: str) -> ResponseReturnValue:
    act = current_act()
    voucher = voucher_for_staff(act.actor, reference)
    return render_template(
        "redemptions/desk/voucher.html",
        voucher=voucher,
        next_step=translate(NEXT[S(voucher.state)], day=shown_day(voucher.last_day)),
        steps=offered(VOUCHER_STEPS, act.actor, voucher),
        may_change_contact=_may_change_contact(act, voucher),
        paper=offered([PAPER], act.actor, voucher),
        form=Form(),
        days_left=(voucher.last_day - act.today).days,
        held=held_on(voucher.id),
        recordable_until=recordable_until(voucher.last_day, voucher.late_session_days),
        claimable_until=claimable_until(voucher.last_day, voucher.claim_window_days),
        sessions=sessions_on(voucher),
        claims=claims_on(voucher),
        movements=movements_of_voucher(voucher.id),
        messages=messages_about(subjects_of_voucher(voucher.id)),
        events=history("voucher", voucher.id),
    )


def _may_change_contact(act: Act, voucher: Voucher) -> bool:
    may_decide = act.actor.may(P.OFFERS_DECIDE, scheme_id=voucher.scheme_id)
    return may_decide and not why_not_decide(act.actor, voucher.application)


@blueprint.get("/of-application/<public_id>")
@requires(READER)
def of_application_page(public_id: str) -> ResponseReturnValue:
    """Leads from an application to the voucher that came of it."""
    voucher = voucher_of_application(current_act().actor, public_id)
    return redirect(url_for("voucher_desk.record_page", reference=voucher.reference))


@blueprint.post("/<reference>/paper")
@requires(P.VOUCHERS_MANAGE)
def paper_button(reference: str) -> ResponseReturnValue:
    """The voucher's paper; whoever holds it can redeem the voucher, so it is noted who printed it."""
    act = current_act()
    voucher = voucher_for_staff(act.actor, reference)
    with transaction(act.actor, act.clock):
        paper = print_paper(act, voucher)
    answer = make_response(voucher_pdf(paper))
    answer.mimetype = "application/pdf"
    answer.headers.set("Content-Disposition", "attachment", filename=f"{voucher.reference}.pdf")
    return answer


@blueprint.route("/<reference>/<step>", methods=["GET", "POST"])
@requires(P.VOUCHERS_MANAGE)
def step_page(reference: str, step: str) -> ResponseReturnValue:
    act = current_act()
    voucher = voucher_for_staff(act.actor, reference)
    if step not in ASKS:
        raise NotFound("no_step", _("Go back to the voucher and choose what to do from there."))
    record = Record(voucher, _known, url_for("voucher_desk.record_page", reference=voucher.reference))
    return step_page_of(act, ASKS[step], record, look=lambda: step_for(VOUCHER_STEPS, step, act.actor, voucher))


def _known(voucher: Voucher) -> dict[str, str]:
    """What the words of a step's page name."""
    scheme = voucher.scheme
    return {
        "reference": voucher.reference,
        "day": shown_day(voucher.last_day),
        "free": shown_pounds(voucher.remaining_pence),
        "limit": str(scheme.extension_limit),
        "days": str(scheme.extension_days),
        "used": str(voucher.extensions),
        "ends": shown_day(scheme.ends_on),
    }
