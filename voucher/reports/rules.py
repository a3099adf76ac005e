"""Pure: a statement's states (rules 54 to 58) and the hash of its data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
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


class PaperState(State):
    """How far the paper of a signed statement is. It is drawn in the end: a try that failed waits for the next one."""

    WAITING = "waiting"
    DRAWING = "being drawn"
    DRAWN = "drawn"


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


def paper_state(*, is_drawn: bool, lease_until: datetime | None, now: datetime) -> PaperState:
    """Where a paper stands. It follows from the lease: nobody could note that the process that drew it has died."""
    if is_drawn:
        return PaperState.DRAWN
    return PaperState.DRAWING if lease_until is not None and lease_until > now else PaperState.WAITING


def canonical(data: Mapping[str, object]) -> str:
    """The one text of a statement's data: sorted keys, no spaces."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def data_hash(text: str) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
