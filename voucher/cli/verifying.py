"""Checking a statement's PDF on any machine: without a database, a data folder or a network."""

from __future__ import annotations

from pathlib import Path

import click

from voucher.cli.common import AS_JSON, JSON, error_object, in_json
from voucher.reports.verify.check import check_statement
from voucher.reports.verify.findings import AREAS, Finding, NotAStatement, Outcome, Report, as_json
from voucher.reports.verify.printed import long_day
from voucher.reports.verify.published import NoKeys, PublishedKey, read_published

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DIFFERS, NO_STATEMENT = 1, 2
WORDS = {Outcome.HOLDS: "holds", Outcome.FAILS: "DOES NOT HOLD", Outcome.OPEN: "not checked"}


@click.command("verify-statement")
@click.argument("pdf", metavar="FILE.pdf", type=FILE)
@click.option(
    "--public-key",
    "keys",
    type=FILE,
    help="The authority's published keys (statement-keys.json), or one key in PEM or base64, to compare with.",
)
@JSON
def verify_statement(pdf: Path, keys: Path | None) -> None:
    """Check a statement's PDF by what is in it: data, sums, printed figures, hash and signature.

    It needs no database. Exit status: 0 everything holds, 1 something does not, 2 the file is no statement.
    """
    published = None if keys is None else _published(keys)
    context = click.get_current_context()
    as_object = context.meta.get(AS_JSON)
    try:
        report = check_statement(pdf.read_bytes(), published)
    except NotAStatement as why:
        refused = error_object("not_a_statement", why.sentence.text(), "file")
        click.echo(in_json(refused) if as_object else why.sentence.text(), err=not as_object)
        context.exit(NO_STATEMENT)
    click.echo(in_json(as_json(report)) if as_object else "\n".join(_in_words(report)))
    if not report.holds:
        context.exit(DIFFERS)


def _published(path: Path) -> list[PublishedKey]:
    try:
        return read_published(path.read_bytes())
    except NoKeys:
        raise click.BadParameter(
            "It holds no key. Give statement-keys.json as the authority publishes it, or one Ed25519 key in PEM or "
            "base64.",
            param_hint="--public-key",
        ) from None


def _in_words(report: Report) -> list[str]:
    lines = []
    if report.facts is not None:
        about = report.facts
        size = f"{about.pages} pages, {about.records} transactions"
        lines += [
            f"Statement {about.statement} of {about.scheme} to {about.funder}, agreement {about.agreement}",
            f"{long_day(about.period_from)} to {long_day(about.period_to)}; {size}",
            f"SHA-256 of the data: {about.data_hash}",
        ]
        if about.key:
            lines += [
                f"Key {about.key}: {about.public_key}",
                f"Audit trail, seal {about.audit_seal}: {about.audit_head}",
            ]
    for area, title in AREAS.items():
        found = report.about(area)
        if found:
            lines += ["", title, *(line for each in found for line in _finding(each))]
    lines += ["", "What no check of the file can prove", *(f"  - {limit.text()}" for limit in report.limits)]
    return [*lines, "", "Everything that was checked holds." if report.holds else "Something does not hold."]


def _finding(found: Finding) -> list[str]:
    line = f"  [{WORDS[found.outcome]}] {found.sentence.text()}"
    return [line, *(f"      {detail.text()}" for detail in found.details)]


COMMANDS = (verify_statement,)
