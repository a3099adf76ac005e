"""Pure: where an administration cost stands, and how much of the cap is left for it (rule 26)."""

from __future__ import annotations

from dataclasses import dataclass

from voucher.funding.conditions import CapBase, Conditions, cap_pence
from voucher.platform.states import State, transitions


class CostState(State):
    """Where an administration cost stands."""

    PREPARED = "prepared"
    APPROVED = "approved"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


C = CostState
COST_TRANSITIONS = transitions(
    {
        C.PREPARED: {C.APPROVED, C.WITHDRAWN},
        C.APPROVED: {C.PAID, C.WITHDRAWN},
        C.PAID: {C.APPROVED},
    }
)


@dataclass(frozen=True)
class Cap:
    """An agreement's administration against its cap, in pence; ``cap_bp`` is None where the agreement has no cap.

    ``used`` is what is approved or paid; ``spent`` is what is paid on the agreement for everything else.
    """

    cap_bp: int | None
    of: CapBase
    used: int
    award: int
    spent: int

    def base(self, more: int = 0) -> int:
        """What the cap is a share of: the award, or all spending, administration with it."""
        return self.award if self.of == CapBase.AWARD else self.spent + self.used + more

    def share_bp(self) -> int | None:
        """Administration as a share of the base, rounded down; None where there is no base yet."""
        return 10_000 * self.used // self.base() if self.base() > 0 else None

    def beyond(self, more: int = 0) -> int:
        """By how many pence administration would lie beyond the cap with so much more of it."""
        if self.cap_bp is None:
            return 0
        return max(0, self.used + more - cap_pence(self.cap_bp, self.base(more)))


def cap_of(conditions: Conditions, *, used: int, award: int, spent: int) -> Cap:
    """The cap that an agreement's conditions set."""
    return Cap(conditions.admin_cap_bp, conditions.admin_cap_of, used, award, spent)
