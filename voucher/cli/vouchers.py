"""Answers to offers, and a voucher's life."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click

from voucher.applications.commands import decline as decline_application
from voucher.applications.commands import turn_down, withdraw_application
from voucher.applications.models import Application
from voucher.applications.queries import application_by_reference
from voucher.audit.commands import record
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.options import DAY, FILE, OUT, PERHAPS_REASON, POUNDS, REASON, GivenFile, one_of
from voucher.documents.commands import RETAINED_SUBSIDY, keep_document
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import long_date
from voucher.platform.errors import NotFound
from voucher.platform.money import pounds
from voucher.redemptions.decisions import reinstate_voucher
from voucher.redemptions.queries import held_on, redemption_by_reference
from voucher.vouchers import commands
from voucher.vouchers.credentials import replace as replace_credential
from voucher.vouchers.credentials import show as secrets_of
from voucher.vouchers.models import Voucher
from voucher.vouchers.paper import voucher_pdf
from voucher.vouchers.papers import print_paper
from voucher.vouchers.queries import voucher_by_reference
from voucher.vouchers.rules import CancelReason


@click.command("accept")
@click.argument("application")
@click.option("--declared", "declared_pence", type=POUNDS, required=True, help="Assistance received, in pounds.")
@click.option("--terms", "terms_version", required=True, metavar="VERSION", help="The terms that are accepted.")
@click.option("--confirmed-on", type=DAY, help="The day of an acceptance on paper that an officer enters.")
@click.option("--document", type=FILE, help="That acceptance, as PDF or picture.")
@changing
def accept(run: Run, application: str, confirmed_on: date | None, document: GivenFile | None, **given: Any) -> Answer:
    """Accept an offer, as the business, and get the voucher.

    An officer enters an acceptance that was given on paper with --confirmed-on and --document.
    """
    offer = _application(run, application)
    if confirmed_on is None and document is None:
        return _issued(commands.accept(run.act, offer, **given))
    if confirmed_on is None or document is None:
        raise click.UsageError("Give --confirmed-on and --document together.")
    kept = keep_document(
        run.act, scheme_id=run.scheme.id, data=document.data, name=document.name, retention_class=RETAINED_SUBSIDY
    )
    given |= {"confirmed_on": confirmed_on, "document_id": kept.id}
    return _issued(commands.enter_acceptance(run.act, offer, **given))


def _application(run: Run, reference: str) -> Application:
    """An application that this person may know of: their own, or one of the scheme's that they work on."""
    found = application_by_reference(run.scheme, reference)
    is_own = found.contact_id == run.act.person_id or found.business_id in run.act.actor.organisation_ids
    if not is_own and not any(map(run.may, (Permission.OFFERS_DECIDE, Permission.CLAIMS_READ))):
        raise NotFound(
            "no_application", f"Scheme {run.scheme.reference} has no application {reference}.", "application"
        )
    return found


def _issued(voucher: Voucher) -> Answer:
    words = (
        f"Voucher {voucher.reference} of {voucher.business.name} is issued: {pounds(voucher.face_pence)}, good until "
        f"{long_date(voucher.last_day)}."
    )
    return Answer(words, _facts(voucher))


@click.command("decline")
@click.argument("application")
@REASON
@changing
def decline(run: Run, application: str, reason: str) -> Answer:
    """Decline an application; the business reads the reason."""
    declined = _application(run, application)
    decline_application(run.act, declined, reason=reason)
    return _ended(declined)


@click.command("withdraw-application")
@click.argument("application")
@REASON
@changing
def withdraw(run: Run, application: str, reason: str) -> Answer:
    """Withdraw an application before it is accepted; what it reserved goes back."""
    withdrawn = _application(run, application)
    withdraw_application(run.act, withdrawn, reason=reason)
    return _ended(withdrawn)


@click.command("turn-down")
@click.argument("application")
@PERHAPS_REASON
@changing
def turned_down(run: Run, application: str, reason: str) -> Answer:
    """Turn an offer down, as the business; what it reserved goes back."""
    found = _application(run, application)
    turn_down(run.act, found, reason=reason)
    return _ended(found)


def _ended(application: Application) -> Answer:
    data = {"application": application.reference, "state": str(application.state)}
    return Answer(f"Application {application.reference} is {application.state}.", data)


def _change(run: Run, reference: str, command: Callable[[Act, Voucher], None]) -> Answer:
    voucher = voucher_by_reference(run.scheme, reference)
    command(run.act, voucher)
    return Answer(f"Voucher {voucher.reference} is {voucher.state}.", _facts(voucher))


@click.command("suspend")
@click.argument("reference", metavar="VOUCHER")
@REASON
@changing
def suspend(run: Run, reference: str, reason: str) -> Answer:
    """Stop look-ups of a voucher while something is looked into."""
    return _change(run, reference, partial(commands.suspend, reason=reason))


@click.command("resume")
@click.argument("reference", metavar="VOUCHER")
@REASON
@changing
def resume(run: Run, reference: str, reason: str) -> Answer:
    """End a voucher's suspension."""
    return _change(run, reference, partial(commands.resume, reason=reason))


@click.command("extend")
@click.argument("reference", metavar="VOUCHER")
@click.option("--last-day", type=DAY, required=True)
@REASON
@changing
def extend(run: Run, reference: str, last_day: date, reason: str) -> Answer:
    """Move a voucher's last day, before it has passed; counted on the statement."""
    answer = _change(run, reference, partial(commands.extend, last_day=last_day, reason=reason))
    return Answer(f"The voucher is good until {long_date(last_day)}.", answer.data)


@click.command("cancel")
@click.argument("reference", metavar="VOUCHER")
@REASON
@click.option("--code", type=one_of("code", CancelReason), default=CancelReason.OTHER, help="The cause.")
@changing
def cancel(run: Run, reference: str, reason: str, code: CancelReason) -> Answer:
    """Cancel a voucher; what no session or claim holds goes back at once."""
    return _change(run, reference, partial(commands.cancel, reason=reason, code=code))


@click.command("replace")
@click.argument("reference", metavar="VOUCHER")
@REASON
@changing
def replace(run: Run, reference: str, reason: str) -> Answer:
    """Make new papers for a lost or copied voucher; the old ones stop working."""
    answer = _change(run, reference, partial(replace_credential, reason=reason))
    return Answer("The voucher has new papers; the old ones are refused. Print them with voucher-pdf.", answer.data)


@click.command("reinstate")
@click.argument("claim")
@REASON
@changing
def reinstate(run: Run, claim: str, reason: str) -> Answer:
    """Bring back an expired voucher for a claim that was refused through the provider's fault."""
    voucher = reinstate_voucher(run.act, redemption_by_reference(run.scheme, claim), reason=reason)
    left = f"{pounds(voucher.remaining_pence)} until {long_date(voucher.last_day)}"
    return Answer(f"Voucher {voucher.reference} is back, with {left}.", _facts(voucher))


@click.group("voucher")
def voucher_group() -> None:
    """Look at vouchers, as the scheme's staff."""


@voucher_group.command("show")
@click.argument("reference", metavar="VOUCHER")
@reading
def show(run: Run, reference: str) -> Answer:
    """Show a voucher. Its code and QR code are on its paper only."""
    run.need(Permission.VOUCHERS_MANAGE, Permission.CLAIMS_READ)
    return Answer(data=_facts(voucher_by_reference(run.scheme, reference)))


def _facts(voucher: Voucher) -> dict[str, object]:
    """A voucher without its secrets."""
    return {
        "voucher": voucher.reference,
        "state": str(voucher.state),
        "business": voucher.business.name,
        "business_reference": voucher.business.reference,
        "application": voucher.application.reference,
        "voucher_type": voucher.voucher_type.code,
        "terms": voucher.terms.version,
        "face_pence": voucher.face_pence,
        "remaining_pence": voucher.remaining_pence,
        "held_pence": held_on(voucher.id),
        "rate_bp": voucher.rate_bp,
        "issued_on": voucher.issued_on,
        "last_day": voucher.last_day,
        "generation": voucher.generation,
        "extensions": voucher.extensions,
        "suspension_reason": voucher.suspension_reason,
        "released_on": voucher.released_on,
        "release_reason": voucher.release_reason,
    }


@click.command("voucher-pdf")
@click.argument("reference", metavar="VOUCHER")
@OUT
@changing
def voucher_paper(run: Run, reference: str, out: Path) -> Answer:
    """Write a voucher's paper as PDF: for its business, or for staff who send it there. It is noted who did.

    Whoever holds the paper can redeem the voucher.
    """
    voucher = _printable(run, reference)
    paper = print_paper(run.act, voucher)
    data = {"voucher": voucher.reference, "generation": voucher.generation, "file": str(out)}
    return Answer(f"The paper of voucher {voucher.reference} is in {out}.", data, out=(out, lambda: voucher_pdf(paper)))


@click.command("voucher-code")
@click.argument("reference", metavar="VOUCHER")
@changing
def voucher_code(run: Run, reference: str) -> Answer:
    """Show a voucher's typed code to its business. It is noted who saw it.

    Whoever knows the code can redeem the voucher.
    """
    voucher = _printable(run, reference)
    code = secrets_of(run.act.ring, run.act.base_url, voucher).typed_code
    record(run.act.actor, "voucher.code_shown", voucher, at=run.act.now, details={"generation": voucher.generation})
    return Answer(f"The code of voucher {voucher.reference} is {code}.", {"voucher": voucher.reference, "code": code})


def _printable(run: Run, reference: str) -> Voucher:
    """The voucher for its business or for who manages vouchers; for anybody else there is no such voucher."""
    found = voucher_by_reference(run.scheme, reference)
    if run.act.actor.may(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=found.business_id):
        return found
    if run.may(Permission.CLAIMS_READ) or run.may(Permission.VOUCHERS_MANAGE):
        run.need(Permission.VOUCHERS_MANAGE)
        return found
    raise NotFound("no_voucher", f"Scheme {run.scheme.reference} has no voucher {reference}.", "voucher")


COMMANDS = (
    accept, turned_down, decline, withdraw, suspend, resume, extend, cancel, replace, reinstate, voucher_group,
    voucher_paper, voucher_code,
)  # fmt: skip
