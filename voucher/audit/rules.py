"""Pure: the hash of an audit row, the root over a batch, the link from a batch to the one before it (rule 64)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum

GENESIS = "0" * 64


class Override(StrEnum):
    """Acts outside the ordinary course, which line 28 of each statement counts and lists."""

    ACCEPTED_WITHOUT_CONFIRMATION = "accepted without the business's confirmation"
    ADMINISTRATION_CAP = "administration beyond the cap, with the funder's consent"
    BANK_LINE_SET_ASIDE = "bank line set aside without a payment"
    BACKDATED_ENTRY = "entry moved out of a closed period"
    CONTINUITY = "bank statement taken in that does not go on where the one before it ended"
    EVIDENCE_ENTERED = "acceptance entered by an officer"
    EXTENSION = "extension"
    LEDGER_DIFFERENCE = "difference to the authority's ledger"
    MATCH_LEAVES_REST = "bank line matched in part"
    MATCH_WITHOUT_REFERENCE = "bank line matched without the payment's reference"
    PAYEE_CHECK = "payee check other than a match"
    RELAXED_DUTIES = "relaxed duties"
    ROLE_CHANGE = "role change"


def leaf_hash(fields: Mapping[str, object]) -> str:
    """SHA-256 over the canonical JSON of an audit row's fields."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"\x00" + text.encode()).hexdigest()


def merkle_root(leaves: Sequence[str]) -> str:
    """The root of a binary tree over the leaves; an odd one out goes up unpaired. GENESIS for no leaves."""
    level = list(leaves)
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [_node(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0] if level else GENESIS


def _node(left: str, right: str) -> str:
    return hashlib.sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def seal_digest(number: int, sealed_at: str, count: int, root: str, previous: str) -> str:
    """The digest that the next seal names, so that no seal can be altered, removed or put in between."""
    return hashlib.sha256(f"{number}|{sealed_at}|{count}|{root}|{previous}".encode()).hexdigest()
