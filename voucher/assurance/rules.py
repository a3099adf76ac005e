"""Pure: what an irregularity is and where it stands (rule 63, line 21 of a statement)."""

from __future__ import annotations

from enum import StrEnum

from voucher.platform.states import State, transitions


class IrregularityKind(StrEnum):
    """What somebody found, as funders tell the two apart."""

    IRREGULARITY = "irregularity"
    SUSPECTED_FRAUD = "suspected fraud"


class IrregularityState(State):
    """Where an irregularity stands: under investigation, or closed with what came of it."""

    OPEN = "open"
    PROVED = "proved"
    UNFOUNDED = "unfounded"


N = IrregularityState
IRREGULARITY_TRANSITIONS = transitions(
    {
        N.OPEN: {N.PROVED, N.UNFOUNDED},
        N.PROVED: {N.OPEN},
        N.UNFOUNDED: {N.OPEN},
    }
)
CLOSED = frozenset({N.PROVED, N.UNFOUNDED})
