"""Up to what amount people may approve payments."""

from __future__ import annotations

from datetime import date

import click

from voucher.accounts.queries import names_of, person_by_email
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.options import DAY, POUNDS, REASON
from voucher.payments.level_models import ApprovalLevel
from voucher.payments.levels import (
    approvers_of,
    confirm_level,
    end_level_proposal,
    levels_on,
    propose_level,
    waiting_level,
)
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.money import pounds


@click.group("approval-level")
def level_group() -> None:
    """Who may approve payments up to what: proposed by one person, confirmed by another."""


@level_group.command("propose")
@click.option("--person", "email", metavar="EMAIL", help="Whose level it is; without it that of all who have none.")
@click.option("--up-to", type=POUNDS, help="The most that a payment may come to; without it the limit is lifted.")
@click.option("--from", "from_on", type=DAY, help="The day from which it counts; today unless it is given.")
@REASON
@changing
def propose(run: Run, email: str | None, up_to: int | None, from_on: date | None, reason: str) -> Answer:
    """Propose a level, for the scheme's signer to confirm."""
    person = person_by_email(email) if email else None
    level = propose_level(
        run.act, run.scheme, person=person, up_to_pence=up_to, from_on=from_on or run.act.today, reason=reason
    )
    return _answer("Proposed, and waits for the signer", level)


@level_group.command("confirm")
@changing
def confirm(run: Run) -> Answer:
    """Confirm the level that is proposed, as the signer."""
    level = _waiting(run)
    confirm_level(run.act, level)
    return _answer("Confirmed", level)


@level_group.command("end")
@REASON
@changing
def end(run: Run, reason: str) -> Answer:
    """Withdraw your own proposal, or decline it as the signer."""
    level = _waiting(run)
    end_level_proposal(run.act, level, reason=reason)
    return _answer("Ended", level)


@level_group.command("list")
@reading
def list_levels(run: Run) -> Answer:
    """List who may approve payments today, and up to what."""
    run.need(Permission.FUNDING_LINES_READ)
    levels = levels_on(run.scheme.id, run.act.today)
    people = approvers_of(run.act, run.scheme.id)
    return Answer(
        "" if people else "Nobody may approve payments yet.",
        [{"person": each.email, "up_to_pence": levels.of(each.id)} for each in people],
    )


def _waiting(run: Run) -> ApprovalLevel:
    found = waiting_level(run.scheme.id)
    if found is None:
        raise NotFound("no_proposal", "No level is proposed.")
    return found


def _answer(words: str, level: ApprovalLevel) -> Answer:
    whose = names_of([level.person_id])[level.person_id] or "everybody without a level of their own"
    up_to = "any amount" if level.up_to_pence is None else f"up to {pounds(level.up_to_pence)}"
    facts = {
        "person": level.person.email if level.person else None,
        "up_to_pence": level.up_to_pence,
        "from_on": level.from_on,
        "state": str(level.state),
    }
    return Answer(f"{words}: {whose}, {up_to}, from {level.from_on.isoformat()}.", facts)


COMMANDS = (level_group,)
