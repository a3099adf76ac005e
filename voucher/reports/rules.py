"""Pure: a statement's states (rules 54 to 58) and the hash of its data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum

from voucher.platform.states import State, transitions


class StatementState(State):
    """Where a statement stands."""

    DRAFT = "draft"
    PREPARED = "prepared"
    REVIEWED = "reviewed"
    SIGNED = "signed"
    SENT = "sent"
    ACCEPTED = "accepted"
    QUERIED = "queried"


S = StatementState
TRANSITIONS = transitions(
    {
        S.DRAFT: {S.PREPARED},
        S.PREPARED: {S.REVIEWED, S.SIGNED, S.DRAFT},
        S.REVIEWED: {S.SIGNED, S.DRAFT},
        S.SIGNED: {S.SENT},
        S.SENT: {S.ACCEPTED, S.QUERIED},
        S.QUERIED: {S.SENT},
    }
)
FROZEN = frozenset({S.SIGNED, S.SENT, S.ACCEPTED, S.QUERIED})
WITH_FUNDER = FROZEN - {S.SIGNED}


class Party(StrEnum):
    """As what somebody is reminded before a cut-off."""

    PROVIDER = "provider"
    BUSINESS = "business"
    OFFICE = "office"


def canonical(data: Mapping[str, object]) -> str:
    """The one text of a statement's data: sorted keys, no spaces."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def data_hash(text: str) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
