"""The demo scheme: made once in an empty installation, and checked by taking the main job through."""

from __future__ import annotations

import json
import os
from time import monotonic

import click
from sqlalchemy import func, select

from config import from_environment
from voucher.accounts.models import Person
from voucher.cli.common import AS_JSON, JSON, Answer, beside_commands, clock_from, give, one_app_for_all, open_office
from voucher.cli.system import prepare_installation
from voucher.demo.firms import MOST
from voucher.demo.lives import LEAST
from voucher.demo.player import Player, StoryBroke
from voucher.demo.setting import DOMAIN
from voucher.demo.story import LOG, SUMMARY, Story, told
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.logs import written_to

MOST_VOUCHERS = MOST - 20  # some businesses of the demo have none


@click.command("demo")
@click.option(
    "--size",
    type=click.IntRange(LEAST, MOST_VOUCHERS),
    default=LEAST,
    show_default=True,
    help="How many vouchers the scheme has issued.",
)
@click.option("--check", is_flag=True, help="Take one more voucher through the main job and prove the books.")
@click.option("--set-up", is_flag=True, help="First do what 'voucher set-up' does.")
@JSON
@click.pass_context
def demo(ctx: click.Context, size: int, check: bool, set_up: bool) -> None:
    """Make the demo scheme by the product's own commands, and say how to sign in to it.

    It has two funders, three funding lines and five quarters of vouchers in every state.

    In an installation that holds anything else it makes nothing.
    """
    if set_up:
        ready = prepare_installation(from_environment(), clock_from(os.environ))
        click.echo(ready.sentence, err=bool(ctx.meta.get(AS_JSON)))
    root = ctx.find_root().command
    folder = from_environment().data / "demo"
    summary_file = folder / SUMMARY
    if not summary_file.exists():
        if _people():
            raise DomainError("not_empty", "There are people here already: the demo is only for a new installation.")
        folder.mkdir(mode=0o700, exist_ok=True)
    story = Story(Player(root, folder, DOMAIN, beside_commands), clock_from(os.environ)(), size)
    try:
        # What the worker notes of fifteen months is of use to somebody who looks for a fault, and to nobody else.
        with written_to(folder / LOG), one_app_for_all():
            summary = json.loads(summary_file.read_text()) if summary_file.exists() else _played(story)
            claim = story.main_job() if check else None
            proofs = _proofs(story) if check else {}
    except StoryBroke as broke:
        raise DomainError("demo_broke", str(broke)) from broke
    facts = {**summary, "claim": claim, **proofs}
    made = f"{summary['vouchers']} vouchers, made in {summary['seconds']} seconds"
    words = f"The demo scheme is ready: {made}. Sign in with an address and its password:\n\n{told(folder)}\n"
    words += f"Voucher:   {summary['voucher_pdf']}\nStatement: {summary['statement_pdf']}"
    if check:
        words += (
            f"\nClaim {claim} went from a file of businesses to the bank; the books hold and the audit trail is whole."
        )
    give(Answer(words, facts))


def _played(story: Story) -> dict[str, object]:
    """The story's summary with how long it took, kept for the next time."""
    began = monotonic()
    made = story.play()
    summary = {**made, "vouchers": story.size, "seconds": round(monotonic() - began)}
    story.player.file(SUMMARY, json.dumps(summary))
    return summary


def _people() -> int:
    with open_office():
        return session.scalar(select(func.count()).select_from(Person)) or 0


def _proofs(story: Story) -> dict[str, object]:
    books = story.player.do("ada", "reconcile")
    story.player.do("ada", "seal")
    trail = story.player.do(None, "verify-audit")
    return {"comparisons": books["compared"], "differences": books["differences"], "seals": trail["seals"]}


COMMANDS = (demo,)
