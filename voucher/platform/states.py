"""States as data: an enum whose values are the words people read, and tables of allowed transitions (rule 7)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class State(StrEnum):
    """A state; its value is the lower-case label that is stored and, with a capital, shown."""

    @property
    def label(self) -> str:
        """The state in words, as a page or letter shows it."""
        return self.value[0].upper() + self.value[1:]


S = TypeVar("S", bound=State)

Transitions = Mapping[S, frozenset[S]]


def transitions(table: Mapping[S, set[S]]) -> Transitions[S]:
    """A transition table that nothing can change afterwards."""
    return {state: frozenset(following) for state, following in table.items()}


def allowed(table: Transitions[S], now: str, to: S) -> bool:
    """Whether the table has the step from ``now`` to ``to``."""
    return any(state == now and to in following for state, following in table.items())
