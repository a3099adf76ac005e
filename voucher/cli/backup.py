"""Backups: two archives of the whole installation, and bringing one back to an empty place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from config import from_environment
from voucher.backup import back_up, restore
from voucher.cli.common import JSON, Answer, Run, give, reading_installation
from voucher.platform.authz import Permission
from voucher.platform.clock import long_time

ARCHIVE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("backup")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@reading_installation
def make_backup(run: Run, folder: Path) -> Answer:
    """Write the data, and apart from them the keys, to two new archives in DIR.

    It may run while people work. Keep the two apart: only together do they let anybody redeem.
    """
    run.act.require(Permission.ADMIN_SYSTEM_RUN)
    made = back_up(run.office, folder)
    rows = sum(made.rows.values())
    _warn(made.findings, "The backup is whole, but the books have faults:")
    lines = [
        f"Backed up {rows:,} rows of {len(made.rows)} tables and {made.documents:,} documents.",
        f"Data: {made.data_archive}",
        f"Keys: {made.keys_archive}",
        "Keep the two in different places: whoever has both has everything.",
    ]
    data = {
        "data_archive": str(made.data_archive),
        "keys_archive": str(made.keys_archive),
        "made_at": made.made_at,
        "schema": made.revision,
        "rows": rows,
        "documents": made.documents,
        "findings": list(made.findings),
    }
    return Answer("\n".join(lines), data)


@click.command("restore")
@click.argument("data_archive", metavar="DATA.tar.gz", type=ARCHIVE)
@click.argument("keys_archive", metavar="KEYS.tar", type=ARCHIVE)
@JSON
def restore_backup(data_archive: Path, keys_archive: Path) -> None:
    """Bring a backup back to an empty database and data folder, on either engine, and check what is there.

    VOUCHER_DATA names the folder, DATABASE_URL the database. Nothing is overwritten, and nothing is left when a check
    fails. Stop the installation that the backup is of first, so that it sends no message twice.
    """
    done = restore(from_environment(), data_archive, keys_archive)
    _warn(done.findings, "The books had these faults already when the backup was made:")
    lines = [f"Restored the backup of {long_time(done.made_at)}. Checked:", *(f"- {check}" for check in done.checks)]
    data = {
        "made_at": done.made_at,
        "schema": done.brought_to,
        "schema_of_backup": done.revision,
        "rows": sum(done.rows.values()),
        "documents": done.documents,
        "checks": list(done.checks),
        "findings": list(done.findings),
    }
    give(Answer("\n".join(lines), data))


def _warn(findings: Sequence[str], words: str) -> None:
    """On standard error, so that a script or a timer's mail shows them whatever becomes of the answer."""
    if findings:
        click.echo("\n".join([words, *(f"- {finding}" for finding in findings)]), err=True)


COMMANDS = (make_backup, restore_backup)
