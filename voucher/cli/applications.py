"""Listing applications."""

from __future__ import annotations

import click
from sqlalchemy import select

from voucher.applications.models import Application
from voucher.applications.rules import ApplicationState
from voucher.cli.common import Answer, Run, reading
from voucher.cli.options import one_of
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


COMMANDS = (applications,)
