"""Applying as a business, and the office's list of applications with what happens to one before its decision."""

from __future__ import annotations

import click
from sqlalchemy import select

from voucher.applications.applying import answer_question, begin_form, send_form
from voucher.applications.commands import approve as approve_application
from voucher.applications.contacts import change_contact
from voucher.applications.models import Application, ApplicationForm
from voucher.applications.publishing import note_database_number
from voucher.applications.queries import application_by_reference
from voucher.applications.questions import asked
from voucher.applications.reviewing import answer_office, appeal, ask_business, put_on_waiting_list
from voucher.applications.rules import ApplicationState
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.options import REASON, SET_UP_FILE, GivenFile, one_of
from voucher.platform import toml
from voucher.platform.authz import Permission
from voucher.platform.clock import long_date
from voucher.platform.db import session
from voucher.platform.money import pounds
from voucher.platform.toml import refuse_faults
from voucher.schemes.queries import round_by_code


@click.command("apply")
@SET_UP_FILE
@click.option("--round", "round_code", metavar="CODE", required=True, help="The round to apply in.")
@click.option("--draft", is_flag=True, help="Keep the answers and send nothing yet.")
@changing
def apply(run: Run, file: GivenFile, round_code: str, draft: bool) -> Answer:
    """Apply for a voucher as a business, with the answers of a file's section [answers].

    The answers are those of the pages, by the names of their fields. What is left out is not answered; without --draft
    an application that is not complete is refused.
    """
    whole = toml.read(file.data)
    given = whole.section("answers")
    whole.done()
    values = dict(given.values)
    if given.has("turnover"):
        values["turnover"] = given.pounds("turnover")
    refuse_faults(whole)
    form = begin_form(run.act, round_by_code(run.scheme, round_code))
    _answer_all(run, form, values)
    for name in values:
        given.fault(name, "is not asked of this business")
    refuse_faults(whole)
    if draft:
        return Answer("The answers are kept. Nothing is sent yet.", _facts(form))
    sent = send_form(run.act, form)
    if sent.application is None:
        return Answer("It is sent. An officer looks at it, for the business is known here already.", _facts(sent))
    return Answer(f"Application {sent.application.reference} is sent.", _facts(sent))


def _answer_all(run: Run, form: ApplicationForm, values: dict[str, object]) -> None:
    """Answers question by question, as each answer may decide what is asked next; what was used leaves ``values``."""
    done: set[str] = set()
    while True:
        following = next(
            (
                each
                for each in asked(form.eligibility, form.answers)
                if each.key not in done and any(field in values for field in each.fields)
            ),
            None,
        )
        if following is None:
            return
        answer_question(
            run.act, form, following.key, {field: values.pop(field) for field in following.fields if field in values}
        )
        done.add(following.key)


def _facts(form: ApplicationForm) -> dict[str, object]:
    return {
        "form": form.public_id,
        "state": str(form.state),
        "application": form.application.reference if form.application else None,
    }


@click.command("approve-application")
@click.argument("application")
@changing
def approve(run: Run, application: str) -> Answer:
    """Approve an application that was sent in: its money is reserved and the subsidy notice goes out."""
    approved = application_by_reference(run.scheme, application)
    approve_application(run.act, approved)
    until = long_date(approved.offer_until) if approved.offer_until else ""
    words = f"Application {approved.reference} is approved: {pounds(approved.face_pence)}, to be accepted by {until}."
    data = {"application": approved.reference, "state": str(approved.state), "offer_until": approved.offer_until}
    return Answer(words, data)


@click.command("applications")
@click.option("--state", type=one_of("state", ApplicationState), help="Only those that stand so.")
@reading
def applications(run: Run, state: ApplicationState | None) -> Answer:
    """List the scheme's applications, oldest first, with the reference that accept and decline ask for."""
    run.need(Permission.OFFERS_DECIDE, Permission.CLAIMS_READ)
    query = select(Application).where(Application.scheme_id == run.scheme.id).order_by(Application.id)
    if state is not None:
        query = query.where(Application.state == state)
    return Answer(
        data=[
            {
                "application": each.reference,
                "business": each.business.name,
                "state": each.state,
                "round": each.round.code,
                "face_pence": each.face_pence,
                "contact": each.contact.email,
                "offer_until": each.offer_until,
            }
            for each in session.scalars(query)
        ]
    )


@click.command("change-contact")
@click.argument("reference", metavar="APPLICATION")
@click.option("--email", "email_text", required=True, help="The new contact's address.")
@click.option("--name", default="", help="The new contact's name, for somebody who is not known yet.")
@REASON
@changing
def contact_changed(run: Run, reference: str, **given: str) -> Answer:
    """Name another contact of an application and its voucher; both contacts are told."""
    run.need(Permission.OFFERS_DECIDE)
    application = application_by_reference(run.scheme, reference)
    person = change_contact(run.act, application, **given)
    words = f"The contact of {application.reference} is now {person.name}, {person.email}. Both are told."
    return Answer(words, {"application": application.reference, "contact": person.email})


@click.command("ask-business")
@click.argument("application")
@click.option("--question", required=True, help="What you need to know; the business reads it.")
@changing
def asked_business(run: Run, application: str, question: str) -> Answer:
    """Ask the business for more before its application is decided; it answers on its page."""
    found = application_by_reference(run.scheme, application)
    ask_business(run.act, found, question=question)
    return _stands(found)


@click.command("answer-office")
@click.argument("application")
@click.option("--answer", required=True, help="What was asked for.")
@changing
def answered_office(run: Run, application: str, answer: str) -> Answer:
    """Answer, as the business, what the office asked about its application."""
    found = application_by_reference(run.scheme, application)
    answer_office(run.act, found, answer=answer)
    return _stands(found)


@click.command("waiting-list")
@click.argument("application")
@REASON
@changing
def waiting(run: Run, application: str, reason: str) -> Answer:
    """Put an application on the waiting list; the business reads the reason."""
    found = application_by_reference(run.scheme, application)
    put_on_waiting_list(run.act, found, reason=reason)
    return _stands(found)


@click.command("appeal")
@click.argument("application")
@REASON
@changing
def appealed(run: Run, application: str, reason: str) -> Answer:
    """Have a declined application looked at again, by another person than the one who declined it."""
    found = application_by_reference(run.scheme, application)
    appeal(run.act, found, reason=reason)
    return _stands(found)


@click.command("subsidy-number")
@click.argument("application")
@click.argument("number")
@click.option("--reason", default="", help="What was wrong with the number before.")
@changing
def subsidy_number(run: Run, application: str, number: str, reason: str) -> Answer:
    """Note the number under which a subsidy above £100,000 stands in the public database."""
    run.need(Permission.OFFERS_DECIDE)
    found = application_by_reference(run.scheme, application)
    noted = note_database_number(run.act, found, number=number, reason=reason)
    data = {"application": found.reference, "number": noted.number}
    return Answer(f"Application {found.reference} stands in the database under {noted.number}.", data)


def _stands(application: Application) -> Answer:
    data = {"application": application.reference, "state": str(application.state)}
    return Answer(f"Application {application.reference} is {application.state}.", data)


COMMANDS = (
    apply,
    approve,
    applications,
    contact_changed,
    asked_business,
    answered_office,
    waiting,
    appealed,
    subsidy_number,
)
