"""The records alone as ReportLab's LongTable, without tags, which ReportLab does not write."""

from __future__ import annotations

import io

from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import LongTable, SimpleDocTemplate

from scripts.benchmarks.drawing import COLUMNS, Json, texts_of


def draw(data: Json) -> bytes:
    """The table as a plain PDF."""
    out = io.BytesIO()
    rows = [list(COLUMNS), *(texts_of(row) for row in data["transactions"])]
    drawn = LongTable(rows, repeatRows=1, style=[("FONTSIZE", (0, 0), (-1, -1), 6)])
    SimpleDocTemplate(out, pagesize=landscape(A4)).build([drawn])
    return out.getvalue()
