"""The root of the command line, and what becomes of an error: a sentence and exit status 1, never a traceback."""

from __future__ import annotations

import errno
import os
import sqlite3

import click
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError

from config import from_environment
from voucher.cli import (
    agreements,
    applications,
    backup,
    bank_files,
    cash,
    claims,
    concentration,
    costs,
    debts,
    demo,
    examples,
    imports,
    irregularities,
    languages,
    levels,
    matching,
    modulus,
    opening,
    outputs,
    pay_days,
    payments,
    people,
    providers,
    redemptions,
    reporting,
    samples,
    sampling,
    scheme_changes,
    set_up,
    statement_keys,
    statements,
    system,
    verifying,
    vouchers,
    ways,
)
from voucher.cli.common import AS_JSON, SAVED, error_object, in_json
from voucher.platform import schema
from voucher.platform.errors import DomainError, FileRefused

# Whoever adds an area of commands adds its COMMANDS here; nothing else has to change.
GROUPS = (
    system.COMMANDS,
    languages.COMMANDS,
    people.COMMANDS,
    set_up.COMMANDS,
    scheme_changes.COMMANDS,
    agreements.COMMANDS,
    providers.COMMANDS,
    vouchers.COMMANDS,
    redemptions.COMMANDS,
    claims.COMMANDS,
    sampling.COMMANDS,
    payments.COMMANDS,
    bank_files.COMMANDS,
    matching.COMMANDS,
    ways.COMMANDS,
    levels.COMMANDS,
    pay_days.COMMANDS,
    debts.COMMANDS,
    irregularities.COMMANDS,
    concentration.COMMANDS,
    costs.COMMANDS,
    applications.COMMANDS,
    imports.COMMANDS,
    modulus.COMMANDS,
    backup.COMMANDS,
    opening.COMMANDS,
    outputs.COMMANDS,
    samples.COMMANDS,
    reporting.COMMANDS,
    statements.COMMANDS,
    verifying.COMMANDS,
    statement_keys.COMMANDS,
    cash.COMMANDS,
    demo.COMMANDS,
    examples.COMMANDS,
)

EXPECTED = (click.ClickException, click.Abort, click.exceptions.Exit)
NOT_SAVED, WAS_SAVED = "Nothing was written.", "What was done before that is saved."


class Root(click.Group):
    """All commands, with one place for their errors: 0 done, 1 refused, 2 used wrongly."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command that was given and turns an error into words."""
        try:
            return super().invoke(ctx)
        except EXPECTED:
            raise
        except DomainError as refusal:
            show_refusal(ctx, refusal)
        except Exception as error:
            if os.environ.get("VOUCHER_DEBUG") == "1" or (isinstance(error, OSError) and error.errno == errno.EPIPE):
                raise
            show_refusal(ctx, refusal_for(error, saved=bool(ctx.meta.get(SAVED))))
        ctx.exit(1)


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def root() -> None:
    """Technology vouchers: issue, redeem, pay and account for every penny.

    Each command acts as a named person: --as EMAIL, or VOUCHER_AS in the environment. Amounts are pounds, like
    1234.50; days are 2026-03-31 or 31/03/2026. With --json the answer is one JSON object or list, amounts in pence.
    Exit status: 0 done, 1 refused, 2 used wrongly.
    """


for _commands in GROUPS:
    for _command in _commands:
        root.add_command(_command)


def main() -> None:
    """The ``voucher`` command."""
    root(prog_name="voucher")


def show_refusal(ctx: click.Context, refusal: DomainError) -> None:
    """The refusal as JSON on standard output, or in words on standard error with each fault on its own line."""
    faults = refusal.faults if isinstance(refusal, FileRefused) else []
    if ctx.meta.get(AS_JSON):
        click.echo(in_json(error_object(refusal.code, refusal.message, refusal.field, faults)))
        return
    message = refusal.message
    if refusal.code == "key_ring_missing":
        message += " On a new installation, run: voucher set-up"
    click.echo(message, err=True)
    for fault in faults:
        click.echo(str(fault), err=True)


def refusal_for(error: Exception, *, saved: bool = False) -> DomainError:
    """What is told of an error that no rule foresaw. Texts of exceptions are left out, for they quote what was entered.

    ``saved`` says that the command's transaction was over by then.
    """
    state = WAS_SAVED if saved else NOT_SAVED
    if isinstance(error, DBAPIError):
        return _refusal_of_database(error, state)
    if isinstance(error, OSError):
        where = f" {error.filename}" if error.filename else ""
        return DomainError("file", f"A file cannot be read or written:{where} {error.strerror or 'it failed'}. {state}")
    return DomainError(
        "unexpected",
        f"This failed in a way that nobody foresaw ({type(error).__name__}). {state} "
        "Set VOUCHER_DEBUG=1 and run it again to see where.",
    )


def _refusal_of_database(error: DBAPIError, state: str) -> DomainError:
    if _is_full(error):
        return DomainError("disk_full", f"The database's disk is full. {state} Make room and try again.")
    unusable = None if isinstance(error, IntegrityError) else _why_unusable()
    if unusable:
        return DomainError("database", f"{unusable[0]} {state} {unusable[1]}")
    if isinstance(error, (OperationalError, InterfaceError)):
        return DomainError("database", f"The database is busy, or it broke off. {state} Wait a moment and try again.")
    return DomainError(
        "database_refused",
        f"The database refused this ({_broken_rule(error)}): somebody may have been faster, or it would break the "
        f"books. {state} Look at how it stands now, then try again.",
    )


def _is_full(error: DBAPIError) -> bool:
    """Whether the database had no room to write, by the code that either engine gives for that."""
    codes = getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None)
    return codes[0] == sqlite3.SQLITE_FULL or codes[1] == "53100"


def _broken_rule(error: DBAPIError) -> str:
    """The rule that the database holds to, by name or in its words; neither engine quotes a value in these."""
    told = getattr(error.orig, "diag", None)
    return str(told.constraint_name or told.message_primary if told else error.orig).rstrip(".")


def _why_unusable() -> tuple[str, str] | None:
    """What is wrong with the database as a whole, and what to do; None when it is of this version."""
    try:
        stands_at = schema.current(from_environment().database_url)
    except SQLAlchemyError:
        return "The database does not answer.", "Check DATABASE_URL and that the server runs."
    if stands_at is None:
        return "The database is empty.", "Run: voucher set-up"
    if not schema.known(stands_at):
        return f"The database is of a newer version ({stands_at}).", "Install that version of the software."
    if stands_at != schema.head():
        return "The database is of an older version.", "Make a backup, then run: voucher set-up"
    return None
