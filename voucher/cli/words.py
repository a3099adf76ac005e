"""Answers in words: what is stored as pence, days and moments, as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias

from voucher.platform.clock import long_date, long_time
from voucher.platform.money import percent, pounds

Facts: TypeAlias = Mapping[str, object]
INDENT = "  "


def describe(data: Facts | Sequence[Facts]) -> str:
    """Facts as lines of "Label: value", several of one kind as a table; what is not known is left out.

    A key that ends in ``_pence`` holds an amount, one that ends in ``_bp`` ten-thousandths.
    """
    if isinstance(data, Mapping):
        return "\n".join(_lines(data))
    if any(_has_parts(row) for row in data):
        return "\n\n".join(describe(row) for row in data)
    return _table(data) if data else "There are none."


def counted(number: int, one: str, several: str = "") -> str:
    """Such as ``1 payment`` and ``2 payments``."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def _has_parts(row: Facts) -> bool:
    return any(isinstance(value, (Mapping, Sequence)) and not isinstance(value, str) for value in row.values())


def _lines(facts: Facts, indent: str = "") -> list[str]:
    lines: list[str] = []
    for key, value in facts.items():
        if isinstance(value, Mapping):
            inner = _lines(value, indent + INDENT)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            inner = [indent + INDENT + line for line in _items(value)]
        else:
            lines += [f"{indent}{label(key)}: {words}"] if (words := shown(key, value)) else []
            continue
        lines += [f"{indent}{label(key)}:", *inner] if inner else []
    return lines


def _items(values: Sequence[object]) -> list[str]:
    rows = [value for value in values if isinstance(value, Mapping)]
    return _table(rows).splitlines() if rows else [str(value) for value in values]


def _table(rows: Sequence[Facts]) -> str:
    """Columns under their labels, wide enough for what they hold; amounts stand at the right."""
    columns = [key for key in rows[0] if any(shown(key, row.get(key)) for row in rows)]
    cells = [[label(key) for key in columns], *[[shown(key, row.get(key)) for key in columns] for row in rows]]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if key.endswith("_pence") else cell.ljust(width)
            for key, cell, width in zip(columns, line, widths, strict=True)
        ).rstrip()
        for line in cells
    )


def label(key: str) -> str:
    """The name of a fact as a line begins with it."""
    words = key.removesuffix("_pence").removesuffix("_bp").replace("_", " ")
    return words[:1].upper() + words[1:]


def shown(key: str, value: object) -> str:
    """One value in words; nothing for what is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and key.endswith("_pence"):
        return pounds(value)
    if isinstance(value, int) and key.endswith("_bp"):
        return percent(value)
    if isinstance(value, datetime):
        return long_time(value)
    return long_date(value) if isinstance(value, date) else str(value)
