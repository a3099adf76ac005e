"""The funder's statement from preparation to the funder's answer, and proving the books."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import cast

import click

from voucher.cli.agreements import AGREEMENT
from voucher.cli.common import Answer, Run, changing, reading, write_privately
from voucher.cli.lists import agreement_named
from voucher.cli.options import DAY, FILE, PERHAPS_REASON, POUNDS, REASON, GivenFile
from voucher.documents.commands import RETAINED_STATEMENT, keep_document
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.reports import exports
from voucher.reports.breaches import breaches
from voucher.reports.commands import (
    LedgerTie,
    data_of,
    move_on,
    prepare_statement,
    return_statement,
    review_statement,
    sign_statement,
    why_unsignable,
)
from voucher.reports.funder_forms import filled_form
from voucher.reports.funding_lines import FundingWords
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement
from voucher.reports.papers import draw_now
from voucher.reports.queries import paper_of, statement_by_reference, statements_of
from voucher.reports.reconcile import reconcile
from voucher.reports.rules import StatementState
from voucher.reports.superseding import supersede_statement

REFERENCE = click.argument("reference", metavar="STATEMENT")
PLACE = click.Path(dir_okay=False, path_type=Path)
S = StatementState


def facts_of(statement: Statement) -> dict[str, object]:
    """A statement as it is shown, with its headline figures and what keeps it from being signed."""
    data, paper = data_of(statement), paper_of(statement)
    header = cast(dict[str, object], data["header"])
    parts = {
        str(part["code"]): part["value"]
        for line in cast(Sequence[dict[str, object]], data["lines"])
        for part in cast(Sequence[dict[str, object]], line["parts"])
    }
    return {
        "statement": statement.reference,
        "agreement": header["agreement"],
        "state": statement.state,
        "period_from": statement.period_from,
        "period_to": statement.period_to,
        "defrayed_this_period_pence": parts["7"],
        "defrayed_to_date_pence": parts["8"],
        "closing_unallocated_pence": parts["12"],
        "closing_cash_pence": parts["16"],
        "records": cast(dict[str, object], data["totals"])["record_count"],
        "provisional": header["provisional"],
        "data_hash": statement.data_hash,
        "comments": statement.comments,
        "pdf": None if paper is None else "drawn" if paper.drawn_at else f"{paper.lines_done} of {paper.lines} lines",
        "pdf_error": paper.last_error if paper else "",
        "breaches": [each.words for each in breaches(data)],
        "differences": why_unsignable(statement) if statement.signed_at is None else [],
    }


@click.group("statement")
def statement_group() -> None:
    """The statement to a funder: prepare, review, sign, send."""


@statement_group.command("prepare")
@AGREEMENT
@click.option("--from", "first", type=DAY, required=True, help="First day of the period.")
@click.option("--to", "last", type=DAY, required=True, help="Last day of the period; it must be over.")
@click.option("--ledger-balance", type=POUNDS, required=True, help="Balance of the scheme's cost code on that day.")
@click.option("--ledger-evidence", type=FILE, help="A print of that balance (PDF or picture).")
@click.option("--explanation", default="", help="Why it differs from closing cash, where it does.")
@click.option("--variance-explanation", default="", help="Why spending is beyond the profile's tolerance, where it is.")
@click.option("--reprofile", default="", help="What is asked of the funder about the year's underspend.")
@changing
def prepare(
    run: Run,
    agreement: str | None,
    first: date,
    last: date,
    ledger_balance: int,
    ledger_evidence: GivenFile | None,
    explanation: str,
    variance_explanation: str,
    reprofile: str,
) -> Answer:
    """Read and freeze the figures of one agreement for one period."""
    evidence_id = None
    if ledger_evidence is not None:
        evidence_id = keep_document(
            run.act,
            scheme_id=run.scheme.id,
            data=ledger_evidence.data,
            name=ledger_evidence.name,
            retention_class=RETAINED_STATEMENT,
        ).id
    statement = prepare_statement(
        run.act,
        agreement_named(run.scheme, agreement),
        Period(first, last),
        LedgerTie(ledger_balance, evidence_id, explanation),
        FundingWords(variance_explanation, reprofile),
    )
    return Answer(f"Statement {statement.reference} is prepared.", facts_of(statement))


@statement_group.command("supersede")
@REFERENCE
@click.option("--ledger-balance", type=POUNDS, required=True, help="Balance of the scheme's cost code on that day.")
@click.option("--ledger-evidence", type=FILE, help="A print of that balance; without one the earlier is kept.")
@click.option("--explanation", default="", help="Why it differs from closing cash, where it does.")
@REASON
@changing
def supersede(
    run: Run, reference: str, ledger_balance: int, ledger_evidence: GivenFile | None, explanation: str, reason: str
) -> Answer:
    """Prepare a statement that replaces the newest signed one of its agreement, for the same period."""
    old = statement_by_reference(run.scheme, reference)
    evidence_id = old.ledger_evidence_id
    if ledger_evidence is not None:
        evidence_id = keep_document(
            run.act,
            scheme_id=run.scheme.id,
            data=ledger_evidence.data,
            name=ledger_evidence.name,
            retention_class=RETAINED_STATEMENT,
        ).id
    made = supersede_statement(run.act, old, LedgerTie(ledger_balance, evidence_id, explanation), reason=reason)
    words = f"Statement {made.reference} is prepared: once signed it replaces {old.reference}."
    return Answer(words, {**facts_of(made), "restated": data_of(made)["restated"]})


@statement_group.command("review")
@REFERENCE
@changing
def review(run: Run, reference: str) -> Answer:
    """Pass a prepared statement on to the signer."""
    statement = statement_by_reference(run.scheme, reference, lock=True)
    review_statement(run.act, statement)
    return Answer(f"Statement {statement.reference} is reviewed.", facts_of(statement))


@statement_group.command("return")
@REFERENCE
@click.option("--comments", required=True, help="What is to be changed.")
@changing
def give_back(run: Run, reference: str, comments: str) -> Answer:
    """Return a statement to its preparer with comments."""
    statement = statement_by_reference(run.scheme, reference, lock=True)
    return_statement(run.act, statement, comments=comments)
    return Answer(f"Statement {statement.reference} is returned to its preparer.", facts_of(statement))


@statement_group.command("sign")
@REFERENCE
@changing
def sign(run: Run, reference: str) -> Answer:
    """Sign a statement: its period closes, its figures are frozen, and the job worker draws its PDF."""
    statement = sign_statement(run.act, statement_by_reference(run.scheme, reference))
    words = f"Statement {statement.reference} is signed. The job worker draws its PDF; export --pdf waits for it."
    return Answer(words, facts_of(statement))


def _moving(name: str, to: StatementState, help_text: str) -> click.Command:
    @statement_group.command(name, help=help_text)
    @REFERENCE
    @PERHAPS_REASON
    @changing
    def move(run: Run, reference: str, reason: str) -> Answer:
        statement = statement_by_reference(run.scheme, reference, lock=True)
        move_on(run.act, statement, to, reason=reason)
        return Answer(f"Statement {statement.reference} is {statement.state}.", facts_of(statement))

    return move


_moving("send", S.SENT, "Note that a signed statement was sent to the funder.")
_moving("accepted", S.ACCEPTED, "Note that the funder accepted it.")
_moving("queried", S.QUERIED, "Note that the funder has a query about it.")


@statement_group.command("show")
@REFERENCE
@reading
def show(run: Run, reference: str) -> Answer:
    """Show a statement's state, headline figures and what keeps it from being signed."""
    run.need(Permission.STATEMENTS_READ)
    return Answer(data=facts_of(statement_by_reference(run.scheme, reference)))


@statement_group.command("list")
@reading
def listing(run: Run) -> Answer:
    """List the scheme's statements."""
    run.need(Permission.STATEMENTS_READ)
    return Answer(data=[facts_of(statement) for statement in statements_of(run.scheme.id)])


@statement_group.command("export")
@REFERENCE
@click.option("--pdf", type=PLACE, help="The statement as PDF; of a signed one the stored file.")
@click.option("--csv", "lines", type=PLACE, help="Its lines as CSV.")
@click.option("--transactions", type=PLACE, help="Its annex as CSV.")
@click.option("--xlsx", type=PLACE, help="Its lines, transactions and lists as a spreadsheet.")
@click.option("--form", type=PLACE, help="The funder's own form, filled in; of a signed one.")
@click.option("--data", type=PLACE, help="Its data as JSON, the text that the hash is of.")
@reading
def export(
    run: Run,
    reference: str,
    pdf: Path | None,
    lines: Path | None,
    transactions: Path | None,
    xlsx: Path | None,
    form: Path | None,
    data: Path | None,
) -> Answer:
    """Write a statement's files. The PDF of a signed one is drawn first where no worker has done it yet."""
    run.need(Permission.STATEMENTS_READ)
    statement = statement_by_reference(run.scheme, reference)
    makers: tuple[tuple[Path | None, Callable[[], bytes]], ...] = (
        (lines, lambda: exports.lines_csv(statement)),
        (transactions, lambda: exports.transactions_csv(statement)),
        (xlsx, lambda: exports.statement_xlsx(statement)),
        (form, lambda: filled_form(run.act, statement)),
        (data, lambda: exports.statement_json(statement)),
    )
    wanted = [(path, make) for path, make in makers if path is not None]
    if not wanted and pdf is None:
        raise click.UsageError("Say what to write: --pdf, --csv, --transactions, --xlsx, --form or --data.")
    # All are made before the first is written: what cannot be made leaves none of the others.
    for path, made in [(path, make()) for path, make in wanted]:
        write_privately(path, made)
    files = [str(path) for path in (pdf, *(path for path, _make in wanted)) if path is not None]
    data_of_it = {"statement": statement.reference, "files": files}
    # Drawing is kept in transactions of its own, so it comes when nothing is read any more.
    out = (pdf, lambda: _paper(run, statement.id)) if pdf else None
    return Answer(f"Written: {', '.join(files)}.", data_of_it, out=out)


def _paper(run: Run, statement_id: int) -> bytes:
    statement = session.get_one(Statement, statement_id)
    if statement.signed_at is not None:
        draw_now(run.act, statement_id)
    return exports.statement_pdf_bytes(run.act, session.get_one(Statement, statement_id))


@click.command("reconcile")
@reading
def reconcile_command(run: Run) -> Answer:
    """Prove the books from two sides; exit status 1 when they differ, with each difference."""
    if not run.may(Permission.FUNDING_LINES_READ):
        run.need(Permission.ADMIN_SYSTEM_RUN)
    found = reconcile(run.scheme)
    facts = {"scheme": run.scheme.reference, "compared": found.compared, "differences": found.differences}
    if found.holds:
        return Answer(f"The books of {run.scheme.reference} hold: {found.compared} comparisons, no difference.", facts)
    words = "\n".join([f"The books of {run.scheme.reference} do not hold:", *found.differences])
    return Answer(words, facts, failed=True)


COMMANDS = (statement_group, reconcile_command)
