"""Changes of an agreement, which one funding manager proposes and another confirms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.harness.world import World
from voucher.funding.changes import confirm_change, propose_award, propose_conditions, propose_virement
from voucher.funding.models import Agreement, AgreementChange


def agreed(world: World, propose: Callable[..., Any], *args: object, **given: object) -> AgreementChange | None:
    """What Fred proposes and Fay confirms."""
    proposal = world.do("fred", propose, *args, **given)
    return world.do("fay", confirm_change, proposal)


def change_award(world: World, agreement: Agreement, changes: dict[str, int], *, reason: str) -> AgreementChange:
    """Raises or lowers the award of lines; a cut beyond what is unallocated waits."""
    made = agreed(world, propose_award, agreement, changes, reason=reason)
    assert made is not None
    return made


def move_between_lines(world: World, agreement: Agreement, **given: object) -> None:
    """Moves unallocated money from one line to another."""
    agreed(world, propose_virement, agreement, **given)


def change_conditions(world: World, agreement: Agreement, conditions: object, *, reason: str = "as agreed") -> None:
    """Changes what the agreement says beside its award."""
    agreed(world, propose_conditions, agreement, conditions, reason=reason)
