"""Businesses and offers from files, templates of files, what falls due, and the worker."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import click

from voucher.accounts.business_import import import_businesses
from voucher.applications import offer_file
from voucher.applications.commands import send_notice_again
from voucher.applications.queries import application_by_reference
from voucher.cli.common import JSON, Answer, Run, asking, changing, give, open_office
from voucher.cli.options import FILE, GivenFile, Read, read_file
from voucher.organisations import business_file
from voucher.platform.authz import Permission
from voucher.platform.clock import long_date
from voucher.platform.db import session
from voucher.platform.dry_run import DryRun
from voucher.platform.money import pounds
from voucher.redemptions.due import DueReport, run_due
from voucher.schemes.queries import round_by_code
from voucher.vouchers.bulk_offer import BulkOffer, offer_in_bulk
from voucher.worker import Part, run_worker

COMMIT = click.option("--commit", is_flag=True, help="Do it. Without this the file is only tried out.")
NOT_DONE = "This was a dry run and nothing is saved. Add --commit to do it."


def tried_first(command: Callable[..., None]) -> Callable[..., None]:
    """Gives the answer of a dry run after its transaction was undone."""

    @functools.wraps(command)
    def tried(**given: object) -> None:
        try:
            command(**given)
        except DryRun as dry:
            give(dry.found)

    return tried


def done(answer: Answer, *, commit: bool) -> Answer:
    """The answer of what is to stay; raises DryRun, which undoes it all, for what is not."""
    data = {**answer.data, "committed": commit} if isinstance(answer.data, Mapping) else answer.data
    if commit:
        return Answer(answer.sentence, data)
    raise DryRun(Answer(f"{answer.sentence}\n{NOT_DONE}", data))


class FileInFolder(NamedTuple):
    """A file that was named on the command line, and where it lies: what it names lies beside it."""

    folder: Path
    given: GivenFile


def _confirmations(given: dict[str, Any]) -> dict[str, GivenFile]:
    """Every file that the file of businesses names and that can be read, by its name there; nothing outside its folder.

    They are read before the transaction, so that they are looked at before it too.
    """
    file, documents = given["file"], given.pop("documents")
    if file is None:
        return {}
    folder = (documents or file.folder).resolve()
    found = {}
    for name in offer_file.parse(file.given.data).documents:
        path = (folder / name).resolve()
        if path.is_relative_to(folder) and path.is_file():
            with suppress(ValueError):
                found[name] = read_file(str(path))
    return found


@click.group("import")
def import_group() -> None:
    """Take in data files; a file with any fault is refused as a whole, with every fault by row and column."""


@import_group.command("businesses")
@click.argument("file", type=FILE)
@COMMIT
@tried_first
@changing
def businesses(run: Run, file: GivenFile, commit: bool) -> Answer:
    """Add businesses from a CSV file: the template's layout, or Companies House's own.

    A business that is known already is left as it is. The same file is taken in once.
    """
    found = import_businesses(run.act, run.scheme, file.data, file.name)
    words = (
        f"{found.rows} businesses in {file.name}: {found.new} new ({found.with_contact} with a contact, "
        f"{found.without_contact} without), {found.known} known already."
    )
    return done(Answer(words, vars(found)), commit=commit)


@click.command("offer")
@click.option("--round", "round_code", metavar="CODE", help="The round that the vouchers come from.")
@click.option(
    "--businesses",
    "file",
    type=Read("file", lambda text: FileInFolder(Path(text).parent, read_file(text))),
    metavar="FILE",
    help="A CSV file of businesses, or of their confirmations.",
)
@click.option(
    "--documents",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the confirmations that the file names. Without it: the file's own folder.",
)
@click.option("--again", metavar="APPLICATION", help="Send the subsidy notice of one open offer again.")
@COMMIT
@tried_first
@asking("confirmations", _confirmations)
@changing
def offer(
    run: Run,
    round_code: str | None,
    file: FileInFolder | None,
    confirmations: dict[str, GivenFile],
    again: str | None,
    commit: bool,
) -> Answer:
    """Offer vouchers to the businesses of a file, and issue those whose confirmation on paper came with it.

    Each business gets the subsidy notice by e-mail. A second file for the same businesses, with their confirmations,
    accepts the offers that were made.
    """
    if again and not (round_code or file):
        return _sent_again(run, again)
    if again or round_code is None or file is None:
        raise click.UsageError("Give --round and --businesses, or --again alone.")
    target = round_by_code(run.scheme, round_code)
    documents = {name: each.data for name, each in confirmations.items()}
    found = offer_in_bulk(run.act, target, file.given.data, file.given.name, documents)
    return done(Answer(_in_words(found, target.code), vars(found)), commit=commit)


def _in_words(found: BulkOffer, round_code: str) -> str:
    return (
        f"{found.offers} offers over {pounds(found.offered_pence)}, {found.issued} vouchers issued over "
        f"{pounds(found.issued_pence)}. {pounds(found.left_pence)} stay in round {round_code}."
    )


def _sent_again(run: Run, reference: str) -> Answer:
    application = application_by_reference(run.scheme, reference)
    notice = send_notice_again(run.act, application)
    session.refresh(application)
    words = f"The subsidy notice of {application.reference} goes to {application.contact.email} again"
    until = f", to be answered by {long_date(application.offer_until)}." if application.offer_until else "."
    data = {"application": application.reference, "notice_at": notice.at, "offer_until": application.offer_until}
    return Answer(words + until, data)


@click.command("release")
@changing
def release(run: Run) -> Answer:
    """Do now what falls due in the scheme: offers lapse, vouchers expire, money returns to its lines.

    The worker does the same every minute; done again at once, it finds nothing to do.
    """
    run.act.require(Permission.VOUCHERS_MANAGE, scheme_id=run.scheme.id)
    found = run_due(run.act, run.scheme)
    failed = [f"{kind} {row_id}: {type(error).__name__}" for kind, row_id, error in found.failed]
    facts = {key: value for key, value in vars(found).items() if key != "failed"}
    return Answer(_due_in_words(found, failed), {**facts, "failed": failed}, failed=bool(failed))


def _due_in_words(found: DueReport, failed: list[str]) -> str:
    words = (
        f"{found.offers_lapsed} offers lapsed, {found.vouchers_expired} vouchers expired, {found.sessions_lapsed} "
        f"sessions lapsed, {found.claims_unconfirmed} claims became unconfirmed, {found.halfway_alerts} half-way "
        f"alerts, {found.cuts_applied} cuts applied. {pounds(found.released_pence)} went back to the lines."
    )
    return "\n".join([words, *(f"Not done, and still due: {each}" for each in failed)])


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now and end.")
@click.option(
    "--only",
    type=click.Choice([str(part) for part in Part]),
    help="Do what falls due and seal, or send and draw, and leave the rest to another worker.",
)
@JSON
def worker(once: bool, only: str | None) -> None:
    """Send messages, draw papers, do what falls due and seal the audit trail, until told to stop (SIGTERM).

    Messages become files in the data folder's mail; VOUCHER_SMTP_URL names a mail server for them instead.
    """
    with open_office() as place:
        found = run_worker(place, once=once, only=Part(only) if only else None)
    words = (
        f"{found.delivered} messages sent, {found.drawn} papers drawn, {found.settled} things due done, "
        f"{found.seals} seals made, {found.failed} failed."
    )
    give(Answer(words, vars(found), failed=bool(once and found.failed)))


@click.group("template")
def template_group() -> None:
    """Print empty files with their column names, to be filled in; what goes where is said on standard error."""


@template_group.command("businesses")
def businesses_template() -> None:
    """A CSV file of businesses to import."""
    _print_template(business_file.template(), business_file.template_guide())


@template_group.command("offers")
def offers_template() -> None:
    """A CSV file of offers, or of the confirmations that came in."""
    _print_template(offer_file.template(), offer_file.template_guide())


def _print_template(data: bytes, guide: str) -> None:
    click.echo(data, nl=False)
    click.echo(guide, err=True)


COMMANDS = (import_group, offer, release, worker, template_group)
