"""Files of the bank and of the payment run: accounts and layouts to read them by, and taking them in."""

from __future__ import annotations

from typing import Any

import click

from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.imports import COMMIT, done, import_group, tried_first
from voucher.cli.options import FILE, POUNDS, GivenFile, one_of
from voucher.cli.words import counted
from voucher.payments.bank_files.importing import HandedIn, TakenIn, hand_in, take_in
from voucher.payments.bank_files.keeping import add_account, save_layout
from voucher.payments.bank_files.layouts import DayForm, Delimiter, Encoding, Layout
from voucher.payments.bank_files.queries import account_by_name, accounts_of, layout_by_name, layouts_of, statements_of
from voucher.payments.bank_files.reading import STATEMENTS, FileKind, Given
from voucher.platform.authz import Permission
from voucher.platform.clock import long_date
from voucher.platform.money import pounds

LAYOUT = click.option("--mapping", metavar="NAME", help="The saved layout of a CSV file; see bank-mapping.")


@import_group.command("bank")
@click.argument("file", type=FILE)
@click.option("--kind", type=one_of("kind", sorted(STATEMENTS)), required=True, help="csv, camt.053, mt940 or ofx.")
@LAYOUT
@click.option("--account", metavar="NAME", help="Whose statement it is, where the file does not say it.")
@click.option("--opening", type=POUNDS, help="The balance before the file, where the file has none.")
@click.option("--closing", type=POUNDS, help="The balance after the file, where the file has none.")
@click.option("--override-continuity", "override", default="", metavar="REASON", help="Why a break is passed over.")
@COMMIT
@tried_first
@changing
def bank(run: Run, file: GivenFile, kind: FileKind, commit: bool, override: str, **given: Any) -> Answer:
    """Take in a bank statement: what is new in it becomes bank lines, and the same file again adds nothing.

    A statement that does not add up, or does not go on where the one before it ended, is refused as a whole.
    """
    balances = Given(given["opening"], given["closing"])
    return _taken(run, file, kind, given["mapping"], given["account"], balances, override, commit=commit)


@import_group.command("payment-run")
@click.argument("file", type=FILE)
@LAYOUT
@click.option("--ledger", is_flag=True, help="It is an extract of the authority's ledger and no payment-run report.")
@COMMIT
@tried_first
@changing
def payment_run(run: Run, file: GivenFile, mapping: str | None, ledger: bool, commit: bool) -> Answer:
    """Take in what the authority's finance system says it paid. Statements name it as the evidence that it is."""
    kind = FileKind.LEDGER if ledger else FileKind.PAYMENT_RUN
    return _taken(run, file, kind, mapping, None, Given(), "", commit=commit)


def _taken(
    run: Run,
    file: GivenFile,
    kind: FileKind,
    mapping: str | None,
    account: str | None,
    given: Given,
    override: str,
    *,
    commit: bool,
) -> Answer:
    layout = layout_by_name(run.scheme, mapping) if mapping else None
    chosen = account_by_name(run.scheme, account) if account else None
    found = hand_in(run.act, run.scheme, HandedIn(file.data, file.name, kind, layout, chosen, given))
    taken = take_in(run.act, found, override=override)
    facts = {
        "import": found.public_id,
        "sha256": found.sha256,
        "kind": found.kind,
        "new": taken.new,
        "known": taken.known,
        "taken_in_before": taken.before,
        "override": found.override_reason or None,
        "statements": [] if taken.before else _statements(taken),
    }
    return done(Answer(_in_words(file.name, taken, facts["statements"]), facts), commit=commit)


def _statements(taken: TakenIn) -> list[dict[str, object]]:
    return [
        {
            "title": each.title,
            "account": each.account.reference if each.account else None,
            "first_on": each.first_on,
            "last_on": each.last_on,
            "opening_pence": each.opening_pence,
            "closing_pence": each.closing_pence,
            "new": each.new_lines,
            "known": each.known_lines,
            "continues": each.continues,
        }
        for each in statements_of(taken.found)
    ]


def _in_words(name: str, taken: TakenIn, statements: Any) -> str:
    if taken.before:
        day = long_date(taken.found.taken_in_at.date()) if taken.found.taken_in_at else ""
        return f"{name} was taken in on {day} already. It adds nothing."
    words = [f"{name}: {counted(taken.new, 'new bank line')}, {taken.known} known already."]
    for each in statements:
        span = f"{long_date(each['first_on'])} to {long_date(each['last_on'])}"
        if each["account"] is None:
            words.append(f"{each['title']}, {span}. It has no balances to check.")
        else:
            balances = f"{pounds(each['opening_pence'])} to {pounds(each['closing_pence'])}"
            words.append(f"{each['title']} of {each['account']}, {span}: {balances}.")
    return "\n".join(words)


@click.group("bank-account")
def account_group() -> None:
    """The scheme's own bank accounts, whose statements are taken in."""


@account_group.command("add")
@click.argument("name")
@click.option("--sort-code", required=True)
@click.option("--number", required=True)
@changing
def add(run: Run, name: str, sort_code: str, number: str) -> Answer:
    """Make an account in pounds known. Only its last four digits can be read again."""
    account = add_account(run.act, run.scheme, name=name, sort_code=sort_code, number=number)
    facts = {"name": account.name, "last_four": account.last_four}
    return Answer(f"Statements of {account.reference} can be taken in.", facts)


@account_group.command("list")
@reading
def list_accounts(run: Run) -> Answer:
    """List the accounts."""
    run.need(Permission.CLAIMS_READ, Permission.BANK_FILES_IMPORT)
    found = [{"name": each.name, "last_four": each.last_four} for each in accounts_of(run.scheme.id)]
    return Answer("" if found else "The scheme has no bank account yet.", found)


@click.group("bank-mapping")
def mapping_group() -> None:
    """Layouts of CSV files: which column holds what, saved under a name."""


@mapping_group.command("save")
@click.argument("name")
@click.option("--date", required=True, metavar="COLUMN", help="The day that the bank booked.")
@click.option("--amount", default="", metavar="COLUMN", help="Amounts with a sign; or the next two.")
@click.option("--money-out", default="", metavar="COLUMN")
@click.option("--money-in", default="", metavar="COLUMN")
@click.option("--balance", default="", metavar="COLUMN", help="The balance after each row.")
@click.option("--reference", required=True, metavar="COLUMN", help="What payments are found by.")
@click.option("--more-reference", default="", metavar="COLUMN")
@click.option("--counterparty", default="", metavar="COLUMN", help="Who paid or was paid.")
@click.option("--own-id", default="", metavar="COLUMN", help="The bank's own number of each row.")
@click.option("--account", default="", metavar="COLUMN", help="Sort code and number, or the number.")
@click.option("--currency", default="", metavar="COLUMN")
@click.option("--days", "day_form", type=one_of("days", DayForm), default=DayForm.DAY_FIRST, help="Like 31/03/2026.")
@click.option("--delimiter", type=one_of("delimiter", Delimiter), default=Delimiter.COMMA)
@click.option("--encoding", type=one_of("encoding", Encoding), default=Encoding.UTF_8)
@click.option("--decimal-comma", is_flag=True, help="Amounts are like 1.234,50.")
@click.option("--out-is-plain", is_flag=True, help="Amounts without a sign went out, as in payment-run reports.")
@click.option("--no-header", "has_header", is_flag=True, flag_value=False, default=True, help="Columns are numbers.")
@click.option("--skip-rows", type=click.IntRange(0, 100), default=0, help="Rows above the header.")
@changing
def save(run: Run, name: str, **columns: Any) -> Answer:
    """Save which column of a CSV file holds what. A layout of the same name is replaced."""
    saved = save_layout(run.act, run.scheme, name, Layout(**columns))
    return Answer(f"Layout {saved.name} is saved.", {"name": saved.name, **saved.columns})


@mapping_group.command("list")
@reading
def list_layouts(run: Run) -> Answer:
    """List the saved layouts."""
    run.need(Permission.CLAIMS_READ, Permission.BANK_FILES_IMPORT)
    found = [{"name": each.name, **each.columns} for each in layouts_of(run.scheme.id)]
    return Answer("" if found else "No layout is saved yet.", found)


COMMANDS = (account_group, mapping_group)
