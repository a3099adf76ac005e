"""The demo scheme: made once in an empty installation, and checked by taking the main job through."""

from __future__ import annotations

import json

import click
from sqlalchemy import func, select

from config import from_environment
from voucher.accounts.models import Person
from voucher.cli.common import JSON, Answer, give, open_office
from voucher.demo.player import Player, StoryBroke
from voucher.demo.story import DOMAIN, SUMMARY, Story, told
from voucher.platform.clock import system_clock
from voucher.platform.db import session
from voucher.platform.errors import DomainError


@click.command("demo")
@click.option("--check", is_flag=True, help="Take one more voucher through the main job and prove the books.")
@JSON
@click.pass_context
def demo(ctx: click.Context, check: bool) -> None:
    """Make the demo scheme by the product's own commands, and say how to sign in to it.

    In an installation that holds anything else it makes nothing.
    """
    root = ctx.find_root().command
    folder = from_environment().data / "demo"
    summary_file = folder / SUMMARY
    if not summary_file.exists():
        if _people():
            raise DomainError("not_empty", "There are people here already: the demo is only for a new installation.")
        folder.mkdir(mode=0o700, exist_ok=True)
    story = Story(Player(root, folder, DOMAIN), system_clock())
    try:
        summary = json.loads(summary_file.read_text()) if summary_file.exists() else story.play()
        claim = story.main_job() if check else None
        proofs = _proofs(story) if check else {}
    except StoryBroke as broke:
        raise DomainError("demo_broke", str(broke)) from broke
    facts = {**summary, "claim": claim, **proofs}
    words = f"The demo scheme is ready. Sign in with an address and its password:\n\n{told(folder)}\n"
    words += f"Voucher:   {summary['voucher_pdf']}\nStatement: {summary['statement_pdf']}"
    if check:
        words += (
            f"\nClaim {claim} went from a file of businesses to the bank; the books hold and the audit trail is whole."
        )
    give(Answer(words, facts))


def _people() -> int:
    with open_office():
        return session.scalar(select(func.count()).select_from(Person)) or 0


def _proofs(story: Story) -> dict[str, object]:
    books = story.player.do("ada", "reconcile")
    story.player.do("ada", "seal")
    trail = story.player.do(None, "verify-audit")
    return {"comparisons": books["compared"], "differences": books["differences"], "seals": trail["seals"]}


COMMANDS = (demo,)
