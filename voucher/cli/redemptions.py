"""What providers do with a voucher, and the business's own word on it."""

from __future__ import annotations

import sys
import uuid
from typing import Any

import click

from voucher.cli.claims import claim_facts, claim_of
from voucher.cli.common import Answer, Run, asking, changing, refused
from voucher.cli.options import DAY, FILE, NOTE, PERCENT, POUNDS, REASON, GivenFile, named, one_of, one_way, pair
from voucher.documents.commands import RETAINED_CLAIM, keep_document
from voucher.platform.clock import long_date
from voucher.platform.errors import NotFound
from voucher.platform.money import basis_points, parse_pounds, pounds
from voucher.providers.queries import package_by_code, provider_of
from voucher.redemptions import sessions
from voucher.redemptions.answers import answer_claim, answer_session
from voucher.redemptions.claim_checks import Attached, Invoice
from voucher.redemptions.claims import Accepted, Refused, resubmit_claim, submit_claim, withdraw_claim
from voucher.redemptions.lookups import look_up as look_voucher_up
from voucher.redemptions.models import DeliverySession
from voucher.redemptions.queries import session_by_public_id
from voucher.redemptions.rules import Delivered, EvidenceKind

STANDARD_VAT_BP = 2_000


def _code(given: dict[str, Any]) -> str:
    """The code as it was given, or one line of standard input for a hyphen: it is a secret while it is good."""
    code = str(given.pop("presented")).strip()
    code = code if code != "-" else sys.stdin.readline().strip()
    if not code:
        raise click.UsageError("Give a code: none came.")
    return code


@click.command("look-up")
@click.argument("presented", metavar="CODE")
@asking("code", _code)
@changing
def look_up(run: Run, code: str) -> Answer:
    """Look a voucher up, as its provider, by typed code or scanned address; - reads it from standard input.

    A good one opens a session to record the support in. The attempt is kept whatever comes of it.
    """
    found = look_voucher_up(run.act, run.scheme, code)
    if found.session is None:
        return refused(str(found.outcome), f"{found.sentence} {found.next_step}", "code")
    voucher = found.session.voucher
    data = {
        "outcome": str(found.outcome),
        "sentence": found.sentence,
        "next_step": found.next_step,
        "session": found.session.public_id,
        "voucher": voucher.reference,
        "business": voucher.business.name,
        "voucher_type": voucher.voucher_type.code,
        "remaining_pence": voucher.remaining_pence,
        "last_day": voucher.last_day,
    }
    words = (
        f"{found.sentence} It is {voucher.business.name}'s: {pounds(voucher.remaining_pence)} left, last day "
        f"{long_date(voucher.last_day)}. {found.next_step}\nSession {found.session.public_id}"
    )
    return Answer(words, data)


def _own_session(run: Run, public_id: str) -> DeliverySession:
    return session_by_public_id(public_id, provider_of(run.act.actor, run.scheme.id).id)


def _session_facts(item: DeliverySession) -> dict[str, object]:
    return {
        "session": item.public_id,
        "state": str(item.state),
        "voucher": item.voucher.reference,
        "package": item.package.code if item.package else None,
        "delivered_on": item.delivered_on,
        "minutes": item.minutes,
        "held_pence": item.held_pence,
        "answer": item.answer,
    }


@click.command("session")
@click.argument("session")
@click.option("--package", required=True, metavar="CODE")
@click.option("--on", "delivered_on", type=DAY, required=True)
@click.option("--minutes", type=int, required=True)
@click.option("--done", "description", required=True, help="What was done, in a few words.")
@click.option("--late-reason", default="", help="Why it is recorded only now, after the last day.")
@changing
def record_session(run: Run, session: str, package: str, **given: Any) -> Answer:
    """Record what was done, within a day of the look-up."""
    opened = _own_session(run, session)
    item = sessions.record_session(run.act, opened, package_by_code(opened.provider, package), **given)
    words = f"Recorded: {pounds(item.held_pence)} of the voucher is held for it until the claim."
    return Answer(words, _session_facts(item))


@click.command("undo-session")
@click.argument("session")
@REASON
@changing
def undo_session(run: Run, session: str, reason: str) -> Answer:
    """Take a recorded session back, until the business has answered."""
    item = _own_session(run, session)
    sessions.undo_session(run.act, item, reason=reason)
    return Answer("The session is undone; what it held is free again.", _session_facts(item))


INVOICE = (
    click.option("--invoice", "number", required=True, help="The number of your invoice."),
    click.option("--invoiced-on", type=DAY, required=True),
    click.option("--net", type=POUNDS, required=True, help="Before VAT."),
    click.option("--vat", type=POUNDS, required=True),
    click.option("--gross", type=POUNDS, help="Net and VAT together; worked out when left out."),
    click.option("--vat-rate", type=PERCENT, help="One rate for all of it; 20 when left out, 0 without VAT."),
    click.option(
        "--line",
        "lines",
        multiple=True,
        type=pair("NET=RATE", parse_pounds, basis_points),
        help="For several rates: the net amount at each.",
    ),
    click.option(
        "--file",
        "files",
        multiple=True,
        type=pair("KIND=PATH", named(EvidenceKind), FILE.reader),
        help="invoice=PATH, contribution=PATH or delivery=PATH; once for each file.",
    ),
    click.option("--request-key", help="The key of an earlier attempt, so that it is not made twice."),
)


def _invoice_options(command: Any) -> Any:
    for option in reversed(INVOICE):
        command = option(command)
    return command


def _invoice(given: dict[str, Any]) -> Invoice:
    net, vat, lines, rate = given["net"], given["vat"], given["lines"], given["vat_rate"]
    if lines and rate is not None:
        raise click.UsageError("Give either --vat-rate or --line.")
    if rate is None:
        rate = STANDARD_VAT_BP if vat else 0
    gross = net + vat if given["gross"] is None else given["gross"]
    return Invoice(given["number"], given["invoiced_on"], net, vat, gross, tuple(lines) or ((net, rate),))


def _evidence(run: Run, files: tuple[tuple[EvidenceKind, GivenFile], ...]) -> list[Attached]:
    return [
        Attached(
            keep_document(
                run.act, scheme_id=run.scheme.id, data=file.data, name=file.name, retention_class=RETAINED_CLAIM
            ),
            kind,
        )
        for kind, file in files
    ]


def _key(given: dict[str, Any]) -> str:
    """The key of the request, told before anything is done, so that it can be repeated whatever happens."""
    key = str(given["request_key"] or uuid.uuid4())
    if not given["request_key"]:
        click.echo(f"Request key {key}: give it with --request-key should you have to repeat this.", err=True)
    return key


def _received(outcome: Accepted | Refused, key: str) -> Answer:
    if isinstance(outcome, Refused):
        return refused(outcome.code, outcome.message, outcome.field)
    claim = outcome.redemption
    words = f"Claim {claim.reference}: the voucher pays {pounds(claim.grant_pence)}, the business "
    words += f"{pounds(claim.own_pence)} and the VAT. It is asked until {long_date(claim.answer_by)}."
    if outcome.repeated:
        words += " It was handed in before; nothing was done twice."
    return Answer(words, {**claim_facts(claim), "request_key": key, "repeated": outcome.repeated})


@click.command("claim")
@click.option("--session", "session_ids", multiple=True, required=True, metavar="ID", help="Once for each session.")
@_invoice_options
@changing
def claim(run: Run, session_ids: tuple[str, ...], **given: Any) -> Answer:
    """Claim for recorded sessions on one voucher. What it pays is worked out from the invoice."""
    invoice, key = _invoice(given), _key(given)
    provider = provider_of(run.act.actor, run.scheme.id)
    recorded = [session_by_public_id(each, provider.id) for each in dict.fromkeys(session_ids)]
    evidence = _evidence(run, given["files"])
    return _received(submit_claim(run.act, provider, recorded, invoice, evidence, request_key=key), key)


@click.command("resubmit")
@click.argument("reference", metavar="CLAIM")
@_invoice_options
@changing
def resubmit(run: Run, reference: str, **given: Any) -> Answer:
    """Hand a claim that was sent back in again, corrected."""
    invoice, key = _invoice(given), _key(given)
    corrected = claim_of(run, reference)
    evidence = _evidence(run, given["files"])
    return _received(resubmit_claim(run.act, corrected, invoice, evidence, request_key=key), key)


@click.command("withdraw")
@click.argument("reference", metavar="CLAIM")
@REASON
@changing
def withdraw(run: Run, reference: str, reason: str) -> Answer:
    """Take a claim back, as its provider; its sessions may be claimed again."""
    withdrawn = claim_of(run, reference)
    withdraw_claim(run.act, withdrawn, reason=reason)
    return Answer(f"Claim {withdrawn.reference} is withdrawn.", claim_facts(withdrawn))


@click.group("confirm")
def confirm_group() -> None:
    """The business's own word: what was delivered, and what it paid."""


@confirm_group.command("session")
@click.argument("session", metavar="ID")
@click.option("--delivered", type=one_of("answer", Delivered), required=True, help="yes, partly or no.")
@NOTE
@changing
def confirm_session(run: Run, session: str, delivered: Delivered, note: str) -> Answer:
    """Say whether a session was delivered."""
    item = session_by_public_id(session)
    if not {item.voucher.business_id, item.provider.organisation_id} & run.act.actor.organisation_ids:
        raise NotFound("no_session", f"There is no session {session}.", "session")
    answer_session(run.act, item, delivered, note=note)
    return Answer(f"Your answer is kept: {delivered}.", _session_facts(item))


@confirm_group.command("claim")
@click.argument("reference", metavar="CLAIM")
@click.option("--accept/--reject", "accepts", default=None, callback=one_way, help="Whether its figures are right.")
@click.option("--paid", "paid_pence", type=POUNDS, help="What you paid the provider, VAT included.")
@click.option("--paid-on", type=DAY)
@click.option("--paid-by", default="", help="How: by bank transfer, by card …")
@click.option("--not-yet-paid", is_flag=True)
@NOTE
@changing
def confirm_claim(run: Run, reference: str, accepts: bool, not_yet_paid: bool, **given: Any) -> Answer:
    """Say whether a claim's figures are right and what you paid; or that you have not paid yet."""
    if given["paid_pence"] is not None and not_yet_paid:
        raise click.UsageError("Give either --paid or --not-yet-paid.")
    if accepts and given["paid_pence"] is None and not not_yet_paid:
        raise click.UsageError("Say what you paid with --paid, --paid-on and --paid-by, or give --not-yet-paid.")
    asked = claim_of(run, reference)
    answer_claim(run.act, asked, accepts=accepts, **given)
    return Answer(f"Your answer is kept. Claim {asked.reference} is {asked.state}.", claim_facts(asked))


COMMANDS = (look_up, record_session, undo_session, claim, resubmit, withdraw, confirm_group)
