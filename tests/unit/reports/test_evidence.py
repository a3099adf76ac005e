"""Whatever a payment rests on has its word in the statement's schema and on its paper."""

from __future__ import annotations

import json

from voucher.payments.bank_files.reading import STATEMENTS, FileKind
from voucher.payments.rules import LineSource
from voucher.reports.annex import EVIDENCE
from voucher.reports.commands import SCHEMA_FILE


def test_every_kind_of_evidence_is_named_by_schema_and_paper() -> None:
    kinds = {str(source) for source in LineSource} | {str(kind) for kind in set(FileKind) - STATEMENTS} | {"opening"}
    text = SCHEMA_FILE.read_text(encoding="utf-8")
    listed = next(set(each) for each in _lists(json.loads(text)) if "imported" in each)
    assert kinds == listed == set(EVIDENCE)


def _lists(found: object) -> list[list[str]]:
    """Every list of words of a schema."""
    if isinstance(found, dict):
        return [each for value in found.values() for each in _lists(value)]
    return [found] if isinstance(found, list) and all(isinstance(each, str) for each in found) else []
