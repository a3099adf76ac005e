"""Staff's pages of applications: the queue, the record, and each step with one or several of them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_babel import ngettext
from wtforms import SelectChoice

from voucher.accounts.queries import names_of
from voucher.accounts.step_forms import ReasonForm
from voucher.accounts.step_pages import Ask, Record
from voucher.accounts.step_pages import step_page as step_page_of
from voucher.accounts.steps import offered, step_for
from voucher.applications.answers import answers_in_words
from voucher.applications.applying import findings_when_sent
from voucher.applications.commands import approve, decline, send_notice_again, withdraw_application
from voucher.applications.contacts import change_contact
from voucher.applications.form_queries import form_of
from voucher.applications.models import Application
from voucher.applications.policy import why_not_decide
from voucher.applications.publishing import note_database_number
from voucher.applications.queries import publication_due_on, subjects_of_application, why_declined
from voucher.applications.reviewing import appeal, ask_business, put_on_waiting_list
from voucher.applications.rules import APPROVABLE, ApplicationState
from voucher.applications.rules import TO_DECIDE as STATES_TO_DECIDE
from voucher.applications.staff_forms import (
    ANY,
    TO_DECIDE,
    AppealForm,
    ApplicationFilters,
    ContactForm,
    DatabaseNumberForm,
    DeclineForm,
    QuestionForm,
    WaitingForm,
)
from voucher.applications.staff_lists import APPLICATIONS
from voucher.applications.staff_queries import (
    READERS,
    Queue,
    Wanted,
    application_for_staff,
    application_queues,
    applications_for_staff,
    applications_in,
    rounds_in,
    to_decide,
)
from voucher.applications.staff_steps import NEXT, STEPS
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.funding.queries import movements_of_application
from voucher.notifications.queries import messages_about
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import days_since
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day, shown_pounds
from voucher.platform.refusals import status_of
from voucher.platform.web import NOTICE, current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import schemes_with
from voucher.schemes.workplace import narrowed, offer_schemes
from voucher.subsidies.queries import numbers_entered, records_of

blueprint = Blueprint("application_desk", __name__, url_prefix="/applications")

S = ApplicationState
P = Permission


ASKS: dict[str, Ask[Application]] = {
    "decline": Ask(
        _("Decline application %(reference)s"),
        _("The business is told by e-mail, with the reason that you give."),
        _("Decline the application"),
        _("Application %(reference)s is declined and the business is told why."),
        DeclineForm,
        lambda act, thing, form: decline(act, thing, reason=form.reason.data),
        warning=True,
    ),
    "ask": Ask(
        _("Ask for more about application %(reference)s"),
        _("%(contact)s is asked by e-mail and answers on the application's page. Nobody can decide before that."),
        _("Ask the business"),
        _("The business is asked about application %(reference)s."),
        QuestionForm,
        lambda act, thing, form: ask_business(act, thing, question=form.question.data),
    ),
    "wait": Ask(
        _("Put application %(reference)s on the waiting list"),
        _("The business is told by e-mail, with the reason that you give. Approve it once there is money for it."),
        _("Put it on the list"),
        _("Application %(reference)s is on the waiting list and the business is told why."),
        WaitingForm,
        lambda act, thing, form: put_on_waiting_list(act, thing, reason=form.reason.data),
    ),
    "appeal": Ask(
        _("Enter an appeal for application %(reference)s"),
        _("Do this when the business says that the decision is wrong. Somebody who did not decline it decides again."),
        _("Enter the appeal"),
        _("Application %(reference)s is looked at again."),
        AppealForm,
        lambda act, thing, form: appeal(act, thing, reason=form.reason.data),
    ),
    "withdraw": Ask(
        _("Withdraw application %(reference)s"),
        _("Do this when the business says that it no longer wants the voucher. What is reserved goes back."),
        _("Withdraw the application"),
        _("Application %(reference)s is withdrawn."),
        ReasonForm,
        lambda act, thing, form: withdraw_application(act, thing, reason=form.reason.data),
        warning=True,
    ),
    "contact": Ask(
        _("Change the contact of application %(reference)s"),
        _(
            "The contact is now %(contact)s. Both are told by e-mail. The contact before can still act for the "
            "business until a colleague or an administrator ends that part. If an offer waits for its answer, send "
            "the notice again afterwards."
        ),
        _("Change the contact"),
        _("The contact of application %(reference)s is now %(contact)s. Both are told."),
        ContactForm,
        lambda act, thing, form: change_contact(
            act, thing, email_text=form.email.data, name=form.name.data or "", reason=form.reason.data
        ),
    ),
    "database-number": Ask(
        _("Note where the subsidy of application %(reference)s was published"),
        _("A subsidy above £100,000 is entered in the public database by %(publish_by)s and stays there six years."),
        _("Note the number"),
        _("The number of application %(reference)s in the subsidy database is noted. Statements list it."),
        DatabaseNumberForm,
        lambda act, thing, form: note_database_number(
            act, thing, number=form.number.data, reason=form.reason.data or ""
        ),
    ),
    "send-notice": Ask(
        _("Send the notice for application %(reference)s again"),
        _("The contact gets a fresh subsidy notice with a new link. Do this when the first one is lost or too old."),
        _("Send the notice"),
        _("The notice for application %(reference)s is sent again."),
        Form,
        lambda act, thing, _form: send_notice_again(act, thing),
    ),
}


@blueprint.get("")
@requires(P.OFFERS_DECIDE, P.CLAIMS_READ, task=_("Applications"))
def queue_page() -> ResponseReturnValue:
    act = current_act()
    schemes = schemes_with(act.actor, *READERS)
    form = _filters(schemes)
    can_decide = {each.id for each in schemes_with(act.actor, P.OFFERS_DECIDE)}

    def tickable(each: Application) -> bool:
        return each.state in APPROVABLE and each.scheme_id in can_decide and not why_not_decide(act.actor, each)

    return APPLICATIONS.answer(
        applications_in(narrowed(form, schemes), _wanted(form)),
        "applications/queue.html",
        form=form,
        counts=_counts(act, application_queues(schemes)),
        days_since=lambda moment: days_since(moment, act.today),
        tickable=tickable,
    )


def _filters(schemes: Sequence[Scheme]) -> ApplicationFilters:
    """What the address asks for; an address that asks for what there is not shows the usual queue."""
    rounds = [SelectChoice(f"{each.scheme.reference}.{each.code}", each.name) for each in rounds_in(schemes)]
    for sent in (request.args, None):
        form = ApplicationFilters(sent)
        form.round.choices = [SelectChoice("", translate(_("Any round"))), *rounds]
        offer_schemes(form, schemes)
        if sent is None or form.validate():
            break
    return form


def _wanted(form: ApplicationFilters) -> Wanted:
    states = {TO_DECIDE: [str(state) for state in STATES_TO_DECIDE], ANY: []}
    return Wanted(
        states=states.get(form.state.data, [form.state.data]),
        round=form.round.data or "",
        text=form.text.data or "",
    )


def _counts(act: Act, queues: dict[str, Queue]) -> list[tuple[int, str, str]]:
    """The tiles above the list: what waits for a decision and since when, then each other state that has any."""
    waiting = to_decide(queues)
    number = waiting.number if waiting else 0
    words = translate(_("to decide, %(amount)s"), amount=shown_pounds(waiting.pence if waiting else 0))
    if waiting:
        oldest = days_since(waiting.oldest, act.today)
        words += ngettext(", oldest %(num)s day", ", oldest %(num)s days", oldest)
    others = [(queues[s], s) for s in (S.APPROVED, S.ACCEPTED, S.DECLINED, S.LAPSED) if s in queues]
    return [
        (number, words, url_for("application_desk.queue_page")),
        *(
            (
                found.number,
                f"{translate(str(state))}, {shown_pounds(found.pence)}",
                url_for("application_desk.queue_page", state=str(state)),
            )
            for found, state in others
        ),
    ]


@blueprint.get("/<public_id>")
@requires(P.OFFERS_DECIDE, P.CLAIMS_READ)
def record_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = application_for_staff(act.actor, public_id)
    records, form = records_of(application.id), form_of(application.id)
    return render_template(
        "applications/record.html",
        application=application,
        answers=answers_in_words(form) if form else [],
        findings=findings_when_sent(form) if form else [],
        next_step=_next(application),
        steps=offered(STEPS, act.actor, application),
        days=days_since(application.submitted_at, act.today),
        why_declined=why_declined(application),
        names=names_of([application.decided_by, *(each.person_id for each in records)]),
        records=records,
        movements=movements_of_application(application.id),
        publish_by=publication_due_on(application),
        database_number=numbers_entered([application.id]).get(application.id),
        messages=messages_about(subjects_of_application(application.id)),
        events=history("application", application.id),
    )


def _next(application: Application) -> str:
    until = shown_day(application.offer_until) if application.offer_until else ""
    return str(translate(NEXT[S(application.state)], day=until))


@blueprint.route("/approve", methods=["GET", "POST"])
@requires(P.OFFERS_DECIDE)
def approve_page() -> ResponseReturnValue:
    """Approves the applications that the address names: all of them, or none when one cannot be."""
    act = current_act()
    chosen = applications_for_staff(act.actor, request.values.getlist("application"))
    if not chosen:
        flash(translate(_("Tick the applications that you want to approve.")), NOTICE)
        return redirect(url_for("application_desk.queue_page"))
    form = Form()
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                for each in chosen:
                    approve(act, each)
        except (NotFound, Forbidden):
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
            chosen = applications_for_staff(act.actor, [each.public_id for each in chosen])
            return _approve_page(act, chosen, form), status_of(refusal)
        return _approved(chosen)
    return _approve_page(act, chosen, form)


def _approve_page(act: Act, chosen: Sequence[Application], form: Form) -> str:
    step = STEPS[0]
    steps = {each.id: offered([step], act.actor, each) for each in chosen}
    barred = {
        each.id: steps[each.id][0].why_not
        if steps[each.id]
        else translate(_("It is %(state)s."), state=translate(each.state))
        for each in chosen
    }
    able = [each for each in chosen if not barred[each.id]]
    return render_template(
        "applications/approve.html",
        form=form,
        able=able,
        barred=[(each, barred[each.id]) for each in chosen if barred[each.id]],
        total=sum(each.face_pence for each in able),
    )


def _approved(chosen: Sequence[Application]) -> ResponseReturnValue:
    total = shown_pounds(sum(each.face_pence for each in chosen))
    flash(
        ngettext(
            "%(num)s application is approved: %(total)s reserved. The notice is on its way to its contact.",
            "%(num)s applications are approved: %(total)s reserved. The notices are on their way to their contacts.",
            len(chosen),
            total=total,
        )
    )
    if len(chosen) == 1:
        return redirect(url_for("application_desk.record_page", public_id=chosen[0].public_id))
    return redirect(url_for("application_desk.queue_page"))


@blueprint.route("/<public_id>/<step>", methods=["GET", "POST"])
@requires(P.OFFERS_DECIDE)
def step_page(public_id: str, step: str) -> ResponseReturnValue:
    act = current_act()
    application = application_for_staff(act.actor, public_id)
    if step == "approve":
        return redirect(url_for("application_desk.approve_page", application=public_id))
    if step not in ASKS:
        raise NotFound("no_step", _("Go back to the application and choose what to do from there."))
    record = Record(application, _known, url_for("application_desk.record_page", public_id=public_id))
    return step_page_of(act, ASKS[step], record, look=lambda: step_for(STEPS, step, act.actor, application))


def _known(application: Application) -> dict[str, str]:
    """What the words of a step's page name."""
    due_on = publication_due_on(application)
    return {
        "reference": application.reference,
        "contact": f"{application.contact.name}, {application.contact.email}",
        "publish_by": shown_day(due_on) if due_on else "",
    }
