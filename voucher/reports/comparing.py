"""Pure: which figures of a statement differ from those of another preparation or of the statement before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

Data = Mapping[str, object]


@dataclass(frozen=True)
class Change:
    """One figure that differs; ``before`` or ``after`` is None where the figure is missing or not reported."""

    code: str
    label: str
    unit: str
    before: int | None
    after: int | None

    @property
    def by(self) -> int | None:
        """How much more it is now; None when one of the two is missing."""
        return None if self.before is None or self.after is None else self.after - self.before


def changes(before: Data, after: Data) -> dict[str, Change]:
    """Every figure that differs, by its line's code, in the order of the newer statement."""
    old = {str(part["code"]): part for part in parts_of(before)}
    found = {}
    for part in parts_of(after):
        code = str(part["code"])
        was = cast("int | None", old[code]["value"]) if code in old else None
        now = cast("int | None", part["value"])
        if was != now:
            found[code] = Change(code, str(part["label"]), str(part["unit"]), was, now)
    return found


def parts_of(data: Data) -> list[Mapping[str, object]]:
    """Every part of every line, in order."""
    lines = cast(Sequence[Mapping[str, object]], data["lines"])
    return [part for line in lines for part in cast(Sequence[Mapping[str, object]], line["parts"])]
