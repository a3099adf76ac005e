"""Figures in words: the machine, rates, and how long the slow ones took."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from pathlib import Path


def machine() -> str:
    """What it was measured on, and when."""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    load = os.getloadavg()[0]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{now}: {os.cpu_count()} cores ({names[0] if names else platform.machine()}), load {load:.1f} at the start"


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


def percentile(seconds: Sequence[float], share: int) -> float:
    """The time that ``share`` per cent of these did not exceed, in milliseconds."""
    ordered = sorted(seconds)
    return ordered[max(0, ceil(len(ordered) * share / 100) - 1)] * 1000


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under a header as a table in Markdown, figures to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    lines = [line(header, widths), "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|"]
    return "\n".join([*lines, *(line(row, widths) for row in rows)])


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One line of such a table."""
    return "| " + " | ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
