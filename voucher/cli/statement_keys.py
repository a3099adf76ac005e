"""The keys that sign statements: listing, publishing, a new one, and one that others know."""

from __future__ import annotations

from pathlib import Path

import click

from voucher.cli.common import Answer, Run, changing_installation, checking, in_json, write_privately
from voucher.cli.options import REASON
from voucher.platform.keyring import HIGHEST_KID
from voucher.reports.checking import published_keys
from voucher.reports.statement_keys import compromise_statement_key, rotate_statement_key
from voucher.reports.verify.published import as_published


@click.group("statement-keys")
def statement_keys_group() -> None:
    """The keys that sign statements to funders."""


@statement_keys_group.command("publish")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file to write them to.")
@checking
def publish(run: Run, out: Path | None) -> Answer:
    """Show the public keys as they are published; verify-statement reads them."""
    published = as_published(published_keys(run.act.ring))
    if out is None:
        return Answer(in_json(published), published)
    write_privately(out, (in_json(published) + "\n").encode())
    return Answer(f"Written: {out}.", published)


@statement_keys_group.command("rotate")
@REASON
@changing_installation
def rotate(run: Run, reason: str) -> Answer:
    """Sign statements with a new key; those of the old one stay good."""
    key = rotate_statement_key(run.act, reason=reason)
    return Answer(f"Statement key {key.kid} signs from now on. Back the key ring up.", {"key": key.kid})


@statement_keys_group.command("compromise")
@click.argument("kid", type=click.IntRange(1, HIGHEST_KID), metavar="KEY")
@REASON
@changing_installation
def compromise(run: Run, kid: int, reason: str) -> Answer:
    """Publish that others know a key, so that its signatures prove nothing any more.

    The ring changes first: should anything fail after that, run it again.
    """
    signer = compromise_statement_key(run.act, kid, reason=reason)
    sentence = f"Statement key {kid} is published as known to others; key {signer.kid} signs. Back the key ring up."
    return Answer(sentence, {"key": kid, "active": signer.kid})


COMMANDS = (statement_keys_group,)
