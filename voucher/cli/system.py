"""The installation itself: setting it up, its keys, its audit trail."""

from __future__ import annotations

import os

import click

from config import Config, from_environment
from voucher.audit.commands import seal
from voucher.audit.queries import verify
from voucher.cli.common import (
    JSON,
    Answer,
    Run,
    changing_installation,
    checking,
    clock_from,
    give,
    reading_installation,
)
from voucher.cli.options import REASON
from voucher.cli.words import counted
from voucher.platform import schema
from voucher.platform.authz import Permission
from voucher.platform.clock import Clock, long_time
from voucher.platform.errors import DomainError
from voucher.platform.keyring import HIGHEST_KID, KeyRing
from voucher.vouchers.keys import compromise_key, rotate_key
from voucher.worker import backlog


@click.command("set-up")
@JSON
def set_up_installation() -> None:
    """Make the data folder, the keys and the database ready. Running it again does no harm.

    VOUCHER_DATA names the folder, DATABASE_URL the database; without them both lie in the folder var.
    """
    give(prepare_installation(from_environment(), clock_from(os.environ)))


def prepare_installation(config: Config, clock: Clock) -> Answer:
    """Makes what is missing and brings the database to the newest schema.

    Raises DomainError, having changed nothing, for a database of a newer version and for one whose keys are lost.
    """
    folder_made = not config.data.exists()
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = schema.current(config.database_url)
    if before is not None and not schema.known(before):
        raise DomainError(
            "database_newer",
            f"The database is of a newer version ({before}) than this software. Install that version of the software; "
            "nothing was changed.",
        )
    keys_made = _make_keys(config, before, clock)
    schema.upgrade(config.database_url)
    after = schema.head()
    data = {
        "data_folder": str(config.data),
        "folder_made": folder_made,
        "key_ring_made": keys_made,
        "schema_before": before,
        "schema": after,
    }
    return Answer(_what_was_done(config, data), data)


def _make_keys(config: Config, stands_at: str | None, clock: Clock) -> bool:
    if config.key_ring.exists():
        KeyRing.load(config.key_ring)
        return False
    if stands_at is not None:
        raise DomainError(
            "keys_lost",
            f"There is a database, and no key ring at {config.key_ring}. Restore the ring from its backup: without it "
            "no voucher and no bank details can be read. Nothing was changed.",
        )
    KeyRing.create(config.key_ring, clock())
    return True


def _what_was_done(config: Config, done: dict[str, object]) -> str:
    lines = [f"The data folder {config.data} {'was made' if done['folder_made'] else 'was there already'}."]
    if done["key_ring_made"]:
        lines.append(f"A key ring was made: {config.key_ring}. Back it up apart from the database.")
    else:
        lines.append("The key ring was there already.")
    if done["schema_before"] == done["schema"]:
        lines.append(f"The database was at schema {done['schema']} already.")
    else:
        was = f"was at {done['schema_before']}" if done["schema_before"] else "was empty"
        lines.append(f"The database {was} and is at schema {done['schema']} now.")
    return "\n".join(lines)


@click.command("seal")
@changing_installation
def seal_trail(run: Run) -> Answer:
    """Seal the audit trail so far and write its root to the file outside the database."""
    run.act.require(Permission.ADMIN_SYSTEM_RUN)
    made = seal(run.act.clock, roots_file=run.office.config.roots)
    if made is None:
        return Answer("There is nothing to seal: every audit row is sealed.", {"seal": None, "rows": 0})
    data = {"seal": made.number, "rows": made.member_count, "digest": made.digest}
    return Answer(f"Seal {made.number} covers {counted(made.member_count, 'audit row')}.", data)


@click.command("verify-audit")
@checking
def verify_audit(run: Run) -> Answer:
    """Check that no sealed audit row was altered or removed; exit status 1 when one was."""
    found = verify(run.office.config.roots)
    data = {
        "holds": found.holds,
        "seals": found.seals,
        "sealed": found.sealed,
        "unsealed": found.unsealed,
        "faults": found.faults,
    }
    counts = f"{counted(found.seals, 'seal')} over {counted(found.sealed, 'row')}; {found.unsealed} not sealed yet."
    if found.holds:
        return Answer(f"The audit trail holds: {counts}", data)
    return Answer("\n".join([f"The audit trail does not hold: {counts}", *found.faults]), data, failed=True)


@click.command("backlog")
@checking
def show_backlog(run: Run) -> Answer:
    """Say what waits for the job worker; exit status 1 when something has waited for more than a quarter of an hour.

    For monitoring: it names no person and no message.
    """
    found, now = backlog(run.office.clock()), run.office.clock()
    behind = found.is_behind(now)
    data = {**vars(found), "behind": behind}
    lines = [
        f"{counted(found.messages, 'message')} to send, {found.failing} of them could not be sent so far.",
        *([f"The oldest was written at {long_time(found.oldest_message)}."] if found.oldest_message else []),
        f"Audit rows wait for a seal since {long_time(found.oldest_unsealed)}."
        if found.oldest_unsealed
        else "Every audit row is sealed.",
        *([f"{counted(found.papers, 'paper')} of signed statements to draw."] if found.papers else []),
    ]
    if behind:
        lines.append("The job worker is behind: look whether it runs, and at its log.")
    return Answer("\n".join(lines), data, failed=behind)


@click.group("keys")
def keys_group() -> None:
    """The keys that sign vouchers."""


@keys_group.command("list")
@reading_installation
def list_keys(run: Run) -> Answer:
    """List the keys of the ring and what each is good for."""
    run.act.require(Permission.ADMIN_KEYS_MANAGE)
    keys = run.act.ring.voucher_keys()
    return Answer(data=[{"key": key.kid, "status": str(key.status), "made_at": key.made_at} for key in keys])


@keys_group.command("rotate")
@REASON
@changing_installation
def rotate(run: Run, reason: str) -> Answer:
    """Sign new vouchers with a new key; vouchers of the old one stay good."""
    key = rotate_key(run.act, reason=reason)
    return Answer(f"Voucher key {key.kid} signs from now on. Back the key ring up.", {"key": key.kid})


@keys_group.command("compromise")
@click.argument("kid", type=click.IntRange(1, HIGHEST_KID), metavar="KEY")
@REASON
@changing_installation
def compromise(run: Run, kid: int, reason: str) -> Answer:
    """Refuse all that a key signed and make new papers for its living vouchers.

    The ring changes first: should anything fail after that, run it again.
    """
    found = compromise_key(run.act, kid, reason=reason)
    return Answer(
        f"Whatever voucher key {kid} signed is refused; key {found.active} signs. New papers for "
        f"{counted(found.replaced, 'voucher')} go to the businesses. Back the key ring up.",
        {"key": kid, **vars(found)},
    )


COMMANDS = (set_up_installation, seal_trail, verify_audit, show_backlog, keys_group)
