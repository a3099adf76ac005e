"""The statement's PDF at many lines: CPU time and memory of a process of its own, beside two other ways of drawing.

Each way draws one line first, so that its packages are compiled as those of an installation are, and not in each run.
Plain WeasyPrint draws the same records as a table of its own, ReportLab as a LongTable without tags; neither makes the
rest of the statement.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pypdfium2

from scripts.benchmarks.drawing import Json
from scripts.benchmarks.figures import table
from tests.documents.conftest import statement_of as believable
from voucher.reports.rules import canonical

BUDGETS = {10_000: (6, 200), 50_000: (20, 300)}  # CPU seconds and MiB
PRODUCT, WEASYPRINT, LONGTABLE = "product", "weasyprint", "longtable"
WAYS = {PRODUCT: "the product", WEASYPRINT: "WeasyPrint's table", LONGTABLE: "ReportLab's LongTable"}
MOST_BY_WEASYPRINT = 1_000  # 10,000 take it minutes and two gigabytes.


@dataclass(frozen=True)
class Drawn:
    """One way at one size: the seconds of CPU of the whole process, its peak of memory, and what came out."""

    way: str
    lines: int
    cpu: float
    mib: float
    kib: int
    pages: int


def measure(sizes: Sequence[int]) -> None:
    """Draws so many lines each way and prints figures and ratios; WeasyPrint only as far as it gets in minutes."""
    with tempfile.TemporaryDirectory(prefix="voucher-bench-") as name:
        for way in WAYS:
            _drawn(Path(name), way, 1)
        found = [_drawn(Path(name), way, lines) for lines in sizes for way in _ways(lines)]
    header = ("way", "lines", "CPU s", "peak MiB", "ms a line", "pages", "KiB")
    print(f"\nThe whole process, with its start:\n\n{table(header, [_row(each) for each in found])}\n")
    for lines in sizes:
        _compare([each for each in found if each.lines == lines], lines)


def _ways(lines: int) -> tuple[str, ...]:
    return tuple(WAYS) if lines <= MOST_BY_WEASYPRINT else (PRODUCT, LONGTABLE)


def _drawn(folder: Path, way: str, lines: int) -> Drawn:
    """In a process of its own, which is given the frozen data as text and writes the PDF."""
    data, pdf = folder / f"{lines}.json", folder / "drawn.pdf"
    if not data.exists():
        data.write_text(canonical(statement_of(lines)), encoding="utf-8")
    command = [sys.executable, "-m", "scripts.benchmarks.drawing", way, str(data), str(pdf)]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    said = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=kept).stdout)
    pages = len(pypdfium2.PdfDocument(pdf))
    return Drawn(way, lines, said["cpu"], said["mib"], pdf.stat().st_size // 1024, pages)


def _row(each: Drawn) -> tuple[str, ...]:
    a_line = f"{each.cpu * 1000 / each.lines:.2f}"
    return (
        WAYS[each.way],
        f"{each.lines:,}",
        f"{each.cpu:.1f}",
        f"{each.mib:.0f}",
        a_line,
        str(each.pages),
        f"{each.kib:,}",
    )


def _compare(found: Sequence[Drawn], lines: int) -> None:
    ours = next(each for each in found if each.way == PRODUCT)
    others = [f"{each.cpu / ours.cpu:.1f} times by {WAYS[each.way]}" for each in found if each is not ours]
    print(f"{lines:,} lines: CPU time {', '.join(others)}.")
    if lines in BUDGETS:
        seconds, mib = BUDGETS[lines]
        kept = "kept" if ours.cpu < seconds and ours.mib < mib else "MISSED"
        print(f"    budget of {seconds} CPU s and {mib} MiB: {kept} ({ours.cpu:.1f} s, {ours.mib:.0f} MiB)")


def statement_of(lines: int) -> Json:
    """The data of a statement of so many payments to 40 providers, each for a business of its own."""
    data = believable(1)
    data["transactions"] = rows = [_transaction(number) for number in range(lines)]
    own = sum(row["own_contribution"] for row in rows)
    data["totals"] = {"record_count": lines, "grant": sum(row["grant"] for row in rows), "own_contribution": own}
    return data


def _transaction(number: int) -> Json:
    net = 61_250 + number * 7_919 % 93_000
    grant, vat, day = net * 4 // 5, net // 5, date(2026, 4, 1) + timedelta(days=number % 88)
    return {
        "voucher": f"NTT-V-{number + 1:06d}",
        "business": f"Business {number:,} of {('Otley', 'Blyth', 'Hexham', 'Wooler')[number % 4]} Ltd",
        "business_id": f"GB-COH-{4_500_100 + number:08d}",
        "provider": f"Northern Bytes {number % 40} Ltd",
        "provider_id": f"GB-COH-{9_000_000 + number % 40:08d}",
        "delivered_on": (day - timedelta(days=21)).isoformat(),
        "claimed_on": (day - timedelta(days=14)).isoformat(),
        "net": net,
        "vat": vat,
        "gross": net + vat,
        "grant": grant,
        "own_contribution": net - grant,
        "paid_by_business": net - grant + vat,
        "payment": f"NTT-B{number // 100 + 1:04d}-{number % 100 + 1:03d}",
        "bank_on": day.isoformat(),
        "evidence": "imported",
        "kind": "payment",
    }
