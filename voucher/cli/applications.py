"""Listing applications, and naming another contact."""

from __future__ import annotations

import click
from sqlalchemy import select

from voucher.applications.contacts import change_contact
from voucher.applications.models import Application
from voucher.applications.queries import application_by_reference
from voucher.applications.rules import ApplicationState
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.options import REASON, one_of
from voucher.platform.authz import Permission
from voucher.platform.db import session


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


COMMANDS = (applications, contact_changed)
