"""Every table of states against the design's own list; every other step is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest

from voucher.applications.rules import TRANSITIONS as APPLICATION
from voucher.audit import commands
from voucher.audit.commands import change_state
from voucher.payments.rules import BATCH_TRANSITIONS, DEBT_TRANSITIONS, PAYMENT_TRANSITIONS
from voucher.platform.actor import WORKER
from voucher.platform.errors import InvalidTransition
from voucher.platform.states import State, Transitions
from voucher.providers.rules import TRANSITIONS as PROVIDER
from voucher.redemptions.rules import REDEMPTION_TRANSITIONS, SESSION_TRANSITIONS
from voucher.reports.rules import TRANSITIONS as STATEMENT
from voucher.vouchers.rules import TRANSITIONS as VOUCHER

# One line a state: what may follow it. A state without a line is final.
WRITTEN = {
    "application": """
        draft: submitted, withdrawn
        submitted: in review, withdrawn
        in review: information requested, approved, declined, waitlisted, withdrawn
        information requested: in review, withdrawn
        waitlisted: approved, lapsed, withdrawn
        declined: in review
        approved: accepted, lapsed, withdrawn""",
    "voucher": """
        issued: spent, suspended, expired, cancelled
        spent: issued, expired, cancelled
        suspended: issued, spent, expired, cancelled
        expired: issued""",
    "session": """
        open: recorded, lapsed
        recorded: claimed, lapsed, undone
        claimed: recorded, lapsed""",
    "claim": """
        submitted: confirmed, disputed, unconfirmed, withdrawn, sent back
        disputed: confirmed, refused, withdrawn, sent back
        unconfirmed: confirmed, disputed, refused, withdrawn, sent back, accepted on other evidence
        accepted on other evidence: verified, refused, disputed, sent back
        confirmed: verified, refused, disputed, sent back
        verified: approved, refused, disputed, sent back
        approved: disputed, sent back, in batch
        sent back: submitted, confirmed, withdrawn, refused
        in batch: paid, approved
        paid: returned, recovered
        returned: approved
        recovered: paid""",
    "batch": """
        draft: submitted
        submitted: approved, draft
        approved: exported, draft
        exported: settled, partly settled, recalled
        partly settled: settled
        settled: partly settled""",
    "payment": """
        planned: exported, taken out
        exported: defrayed, recalled
        defrayed: returned""",
    "debt": """
        raised: part repaid, repaid, written off
        part repaid: repaid, written off""",
    "statement": """
        draft: prepared
        prepared: reviewed, signed, draft
        reviewed: signed, draft
        signed: sent
        sent: accepted, queried
        queried: sent""",
    "provider": """
        applied: in vetting, declined
        in vetting: approved, declined
        approved: suspended
        suspended: approved
        declined: applied""",
}
TABLES = cast(
    Mapping[str, Transitions[Any]],
    {
        "application": APPLICATION,
        "voucher": VOUCHER,
        "session": SESSION_TRANSITIONS,
        "claim": REDEMPTION_TRANSITIONS,
        "batch": BATCH_TRANSITIONS,
        "payment": PAYMENT_TRANSITIONS,
        "debt": DEBT_TRANSITIONS,
        "statement": STATEMENT,
        "provider": PROVIDER,
    },
)
MOMENT = datetime(2026, 4, 7, 9, 0, tzinfo=UTC)


def written(kind: str) -> set[tuple[str, str]]:
    lines = [line.split(": ") for line in WRITTEN[kind].strip().splitlines()]
    return {(now.strip(), to) for now, following in lines for to in following.split(", ")}


def states_of(kind: str) -> list[State]:
    return list(cast("type[State]", type(next(iter(TABLES[kind])))))


def move(kind: str, now: State, to: State) -> str:
    """What a thing's state is after a change of state; the audit row goes nowhere."""
    thing = SimpleNamespace(__tablename__=kind, id=1, reference="X-1", state=str(now))
    change_state(WORKER, "tried", thing, to, TABLES[kind], at=MOMENT)
    return str(thing.state)


@pytest.fixture(autouse=True)
def no_audit_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "record", lambda *_args, **_more: SimpleNamespace())


@pytest.mark.rule(7)
@pytest.mark.parametrize("kind", TABLES)
def test_a_table_has_the_written_steps_and_no_other(kind: str) -> None:
    assert {(str(now), str(to)) for now, following in TABLES[kind].items() for to in following} == written(kind)


@pytest.mark.rule(7)
@pytest.mark.parametrize("kind", TABLES)
def test_each_written_step_is_taken_and_every_other_is_refused(kind: str) -> None:
    for now, to in product(states_of(kind), repeat=2):
        if (str(now), str(to)) in written(kind):
            assert move(kind, now, to) == to
        else:
            with pytest.raises(InvalidTransition, match="cannot become") as refused:
                move(kind, now, to)
            assert refused.value.audited


@pytest.mark.rule(7)
def test_without_the_table_a_refused_claim_would_be_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = {str(state): state for state in states_of("claim")}
    with pytest.raises(InvalidTransition):
        move("claim", claim["refused"], claim["paid"])
    monkeypatch.setattr(commands, "allowed", lambda *_args: True)
    assert move("claim", claim["refused"], claim["paid"]) == "paid"


@pytest.mark.rule(7)
def test_a_state_of_another_kind_is_no_step() -> None:
    class Other(StrEnum):
        SPENT = "spent"
        NOWHERE = "nowhere"

    with pytest.raises(InvalidTransition):
        move("voucher", states_of("voucher")[0], cast(State, Other.NOWHERE))


@pytest.mark.rule(7)
def test_a_table_cannot_be_changed_afterwards() -> None:
    with pytest.raises(AttributeError):
        next(iter(VOUCHER.values())).add("paid")  # type: ignore[attr-defined]
