"""The statement as it is signed: front, annex, attached files."""

from __future__ import annotations

from scripts.benchmarks.drawing import Json
from voucher.reports.paper import statement_pdf
from voucher.reports.rules import canonical, data_hash


def draw(data: Json) -> bytes:
    """The statement's PDF."""
    sign_off: list[dict[str, str | None]] = [
        {"step": step, "name": step, "role": step, "at": data["header"]["prepared_at"], "wording": step}
        for step in ("Prepared", "Reviewed", "Signed")
    ]
    return statement_pdf(data, data_hash=data_hash(canonical(data)), sign_off=sign_off, state="signed")
