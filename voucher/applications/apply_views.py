"""Applying: one's applications, the task list, one question a page, checking the answers, sending."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.applications.answers import answers_in_words
from voucher.applications.applying import (
    answer_question,
    begin_form,
    delete_form,
    findings_of,
    hand_over,
    send_form,
)
from voucher.applications.form_queries import open_rounds, own_form, own_forms
from voucher.applications.forms import NoQuestion, question_form
from voucher.applications.models import ApplicationForm
from voucher.applications.questions import SECTIONS, Question, asked, is_answered, unanswered
from voucher.applications.rules import TO_DECIDE, UNSENT_FORMS, FormState
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, signed_in
from voucher.schemes.eligibility import Verdict
from voucher.schemes.queries import round_by_code, scheme_by_reference

blueprint = Blueprint("apply", __name__)


@blueprint.get("/apply")
@signed_in(resumes=True)
def own_page() -> ResponseReturnValue:
    act = current_act()
    listed = own_forms(act.person_id, request.args.get("page", 1, type=int))
    rounds = open_rounds(act.today, without_forms_of=act.person_id)
    return render_template("applications/own.html", listed=listed, rounds=rounds)


@blueprint.post("/apply/begin/<scheme>/<code>")
@signed_in()
def begin_button(scheme: str, code: str) -> ResponseReturnValue:
    act = current_act()
    target = round_by_code(scheme_by_reference(scheme), code)
    with transaction(act.actor, act.clock):
        public_id = begin_form(act, target).public_id
    return redirect(url_for("apply.form_page", public_id=public_id))


@blueprint.get("/apply/<public_id>")
@signed_in()
def form_page(public_id: str) -> ResponseReturnValue:
    """The task list, or how the application stands once it was sent."""
    act = current_act()
    form = own_form(act.actor, public_id)
    if form.state not in UNSENT_FORMS:
        may_withdraw = form.application is not None and form.application.state in TO_DECIDE
        return render_template(
            "applications/sent.html",
            form=form,
            may_withdraw=may_withdraw,
            button=NoQuestion(),
            answers=answers_in_words(form),
        )
    return render_template("applications/tasks.html", form=form, tasks=_tasks(form), left=len(_left(form)))


@blueprint.route("/apply/<public_id>/questions/<key>", methods=["GET", "POST"])
@signed_in()
def question_page(public_id: str, key: str) -> ResponseReturnValue:
    act = current_act()
    form = own_form(act.actor, public_id)
    question = _question(form, key)
    entered = question_form(question.fields)(data=_filled(form, question))
    if entered.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                answer_question(act, form, key, entered.data)
        except (NotFound, Forbidden):
            raise
        except DomainError as refusal:
            show_refusal(entered, refusal)
            return _question_page(form, question, entered), status_of(refusal)
        return redirect(_after(own_form(act.actor, public_id), question))
    return _question_page(form, question, entered), 422 if entered.errors else 200


@blueprint.route("/apply/<public_id>/check", methods=["GET", "POST"])
@signed_in()
def check_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    form = own_form(act.actor, public_id)
    if form.state not in UNSENT_FORMS:
        return redirect(url_for("apply.form_page", public_id=public_id))
    if _left(form):
        return redirect(url_for("apply.form_page", public_id=public_id))
    button = NoQuestion()
    if not button.validate_on_submit():
        return _check_page(act, form, button), 422 if button.errors else 200
    try:
        with transaction(act.actor, act.clock):
            send_form(act, form)
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(button, refusal)
        return _check_page(act, form, button), status_of(refusal)
    return redirect(url_for("apply.form_page", public_id=public_id))


@blueprint.post("/apply/<public_id>/hand-over")
@signed_in()
def hand_over_button(public_id: str) -> ResponseReturnValue:
    act = current_act()
    form = own_form(act.actor, public_id)
    with transaction(act.actor, act.clock):
        hand_over(act, form)
    flash(translate(_("We have asked the business by e-mail to confirm the application.")))
    return redirect(url_for("phone.phone_page"))


@blueprint.route("/apply/<public_id>/delete", methods=["GET", "POST"])
@signed_in()
def delete_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    form = own_form(act.actor, public_id)
    button = NoQuestion()
    if not button.validate_on_submit():
        return render_template("applications/delete.html", form=form, button=button)
    with transaction(act.actor, act.clock):
        delete_form(act, form)
    flash(translate(_("The application and all its answers are deleted.")))
    return redirect(url_for("apply.own_page"))


def _question(form: ApplicationForm, key: str) -> Question:
    """The question of this business with this key; one that it is not asked has no page."""
    found = {each.key: each for each in asked(form.eligibility, form.answers)}.get(key)
    if found is None or form.state not in UNSENT_FORMS:
        raise NotFound("no_question", _("There is no such question in this application."))
    return found


def _filled(form: ApplicationForm, question: Question) -> dict[str, object]:
    """What was answered before, as the fields take it."""
    kept = {name: form.answers[name] for name in question.fields if name in form.answers}
    if "trading_since" in kept:
        kept["trading_since"] = date.fromisoformat(str(kept["trading_since"]))
    return kept


def _question_page(form: ApplicationForm, question: Question, entered: Form) -> str:
    return render_template("applications/question.html", application=form, question=question, form=entered)


def _after(form: ApplicationForm, question: Question) -> str:
    """Where an answer leads: the next open question of its section, then the task list, at last all answers."""
    left = _left(form)
    if not left:
        return url_for("apply.check_page", public_id=form.public_id)
    following = next((each for each in left if each.section == question.section), None)
    if following is None:
        return url_for("apply.form_page", public_id=form.public_id)
    return url_for("apply.question_page", public_id=form.public_id, key=following.key)


def _left(form: ApplicationForm) -> list[Question]:
    return unanswered(form.eligibility, form.answers)


def _tasks(form: ApplicationForm) -> list[tuple[str, str, bool]]:
    """Each section that asks something: its name, its first open question's key or its first one's, whether done."""
    found = []
    questions = asked(form.eligibility, form.answers)
    for section in SECTIONS:
        own = [each for each in questions if each.section == section]
        still_open = [each for each in own if not is_answered(each, form.answers)]
        if own:
            found.append((translate(section), (still_open or own)[0].key, not still_open))
    return found


def _check_page(act: Act, form: ApplicationForm, button: NoQuestion) -> str:
    findings = findings_of(act, form)
    return render_template(
        "applications/check.html",
        form=form,
        button=button,
        answers=answers_in_words(form),
        findings=findings,
        fails=any(found.verdict is Verdict.NOT_MET for found in findings),
        by_phone=form.state == FormState.DRAFT and form.person_id != act.person_id,
    )
