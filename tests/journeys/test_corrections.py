"""Every way back, from a claim that is sent back to one that a funder disallows: entries, value and state of each.

Each of them has a page and a command of the shell, and leaves the books in order. A recovery is an entry of its own and
takes nothing off what was defrayed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import click
import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World
from tests.journeys.steps import fall_due, on, resubmitted, standing
from voucher.cli.main import root
from voucher.funding.models import Entry, Posting
from voucher.funding.rules import Account, EntryKind
from voucher.payments.bank import match_return
from voucher.payments.batches import prepare_batch, recall_batch, take_out
from voucher.payments.debts import disallow_claim, match_recovery, write_off
from voucher.platform.db import session
from voucher.redemptions.claims import withdraw_claim
from voucher.redemptions.decisions import refuse_claim, reinstate_voucher, send_back
from voucher.redemptions.models import Redemption

K = EntryKind
FACE, GRANT = 75_000, 24_000
LEFT = FACE - GRANT


def claimed(world: World) -> Redemption:
    return world.claimed(world.issued())


def confirmed(world: World) -> Redemption:
    return world.confirmed(claimed(world))


def approved(world: World) -> Redemption:
    return world.payable()


def paid(world: World) -> Redemption:
    claim = approved(world)
    world.paid()
    return session.merge(claim)


def expired(world: World) -> Redemption:
    claim = confirmed(world)
    on(world, "2026-07-20")
    fall_due(world)
    return session.merge(claim)


def is_sent_back(world: World, claim: Redemption) -> None:
    world.do("carl", send_back, claim, reason="the invoice lacks its date")


def is_sent_back_and_corrected(world: World, claim: Redemption) -> None:
    is_sent_back(world, claim)
    resubmitted(world, claim, 20_000)


def is_withdrawn(world: World, claim: Redemption) -> None:
    world.do("pat", withdraw_claim, claim, reason="the work is not done")


def is_refused(world: World, claim: Redemption) -> None:
    world.do("carl", refuse_claim, claim, reason="the work was not done")


def is_refused_and_its_voucher_comes_back(world: World, claim: Redemption) -> None:
    is_refused(world, claim)
    world.do("shay", reinstate_voucher, claim, reason="the provider was at fault")


def is_taken_out(world: World, _claim: Redemption) -> None:
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    world.do("petra", take_out, batch.payments[0], reason="paid by hand")


def is_recalled(world: World, _claim: Redemption) -> None:
    batch = world.exported()
    for name in ("petra", "paul"):
        world.do(name, recall_batch, batch, reason="the file was not sent")


def is_returned(world: World, claim: Redemption) -> None:
    (payment,) = world.paid()
    world.do("bina", match_return, world.bank_line(GRANT, "RETURNED"), payment, reason="account closed")


def owes(world: World, claim: Redemption) -> None:
    world.debt_on(claim, 10_000)


def owes_and_pays_a_part(world: World, claim: Redemption) -> None:
    debt = world.debt_on(claim, 10_000)
    world.do("bina", match_recovery, world.bank_line(4_000, debt.reference), debt)


def owes_and_pays_all(world: World, claim: Redemption) -> None:
    debt = world.debt_on(claim, 10_000)
    world.do("bina", match_recovery, world.bank_line(10_000, debt.reference), debt)


def owes_and_two_write_it_off(world: World, claim: Redemption) -> None:
    debt = world.debt_on(claim, 10_000)
    assert [world.do(name, write_off, debt, reason="gone") for name in ("fred", "fay")] == [False, True]


def is_disallowed(world: World, claim: Redemption) -> None:
    world.do("fred", disallow_claim, claim, pence=5_000, reason="no evidence of the price")


@dataclass(frozen=True)
class Way:
    """A correction of a claim that stands so: what is posted, what stands then, and where people make it."""

    begins: Callable[[World], Redemption]
    happens: Callable[[World, Redemption], None]
    entries: list[EntryKind]
    state: str
    left: int
    endpoint: str
    command: str
    defrayed: int = 0
    disallowed: int = 0
    receivable: int = 0


OF_CLAIM = "claim_desk.step_page"
WAYS = {
    "sent back": Way(approved, is_sent_back, [K.APPROVAL_UNDONE], "sent back", LEFT, OF_CLAIM, "send-back"),
    "sent back with versions": Way(
        confirmed, is_sent_back_and_corrected, [K.CLAIM_GIVEN_BACK], "submitted", FACE - 15_000,
        "corrections.correct_page", "resubmit",
    ),
    "withdrawn": Way(
        claimed, is_withdrawn, [K.CLAIM_GIVEN_BACK], "withdrawn", FACE, "claims.withdraw_button", "withdraw"
    ),
    "refused": Way(confirmed, is_refused, [K.CLAIM_GIVEN_BACK], "refused", FACE, OF_CLAIM, "refuse"),
    "refused after its voucher has expired": Way(
        expired, is_refused, [K.RELEASED_LATER_EXPIRED], "refused", 0, OF_CLAIM, "refuse"
    ),
    "refused, and the voucher comes back": Way(
        expired, is_refused_and_its_voucher_comes_back, [K.RELEASED_LATER_EXPIRED, K.REINSTATED], "refused", GRANT,
        OF_CLAIM, "reinstate",
    ),
    "taken out of a batch before export": Way(
        approved, is_taken_out, [], "approved", LEFT, "batches.take_out_page", "batch take-out"
    ),
    "batch recalled": Way(approved, is_recalled, [], "approved", LEFT, "batches.recall_page", "batch recall"),
    "bank return": Way(
        approved, is_returned, [K.DEFRAYED, K.PAYMENT_RETURNED], "approved", LEFT, "matching.line_page", "return"
    ),
    "debt raised": Way(
        paid, owes, [K.DEBT_RAISED], "paid", LEFT, "debts.new_debt_page", "debt raise", defrayed=GRANT,
        receivable=10_000,
    ),
    "recovered in part": Way(
        paid, owes_and_pays_a_part, [K.DEBT_RAISED, K.DEBT_REPAID], "recovered", LEFT, "matching.line_page",
        "recover", defrayed=GRANT, receivable=6_000,
    ),
    "repaid": Way(
        paid, owes_and_pays_all, [K.DEBT_RAISED, K.DEBT_REPAID], "recovered", LEFT, "matching.line_page", "recover",
        defrayed=GRANT,
    ),
    "written off by two people": Way(
        paid, owes_and_two_write_it_off, [K.DEBT_RAISED, K.DEBT_WRITTEN_OFF], "paid", LEFT, "debts.write_off_page",
        "debt write-off", defrayed=GRANT,
    ),
    "disallowed by the funder": Way(
        paid, is_disallowed, [K.DISALLOWED], "paid", LEFT, "debts.disallow_page", "disallow", defrayed=GRANT - 5_000,
        disallowed=5_000,
    ),
}  # fmt: skip


def entries_about(claim: Redemption) -> list[Entry]:
    about = select(Posting.entry_id).where(Posting.redemption_id == claim.id)
    return list(session.scalars(select(Entry).where(Entry.id.in_(about)).order_by(Entry.id)))


@pytest.mark.rule(12, 24, 37, 63)
@pytest.mark.parametrize("sentence", WAYS)
def test_a_claim_that_is(sentence: str, world: World) -> None:
    way = WAYS[sentence]
    claim = way.begins(world)
    before = len(entries_about(claim))
    way.happens(world, claim)
    claim = session.merge(claim)
    assert [entry.kind for entry in entries_about(claim)[before:]] == way.entries
    assert (claim.state, claim.voucher.remaining_pence) == (way.state, way.left)
    accounts = (Account.DEFRAYED, Account.DISALLOWED, Account.RECEIVABLE)
    assert [standing(world, each) for each in accounts] == [way.defrayed, way.disallowed, way.receivable]
    assert_reconciled(world)


def test_each_of_them_has_a_page_and_a_command(app: Flask) -> None:
    assert {way.endpoint for way in WAYS.values()} - set(app.view_functions) == set()
    assert [way.command for way in WAYS.values() if not _is_command(way.command)] == []


def _is_command(words: str) -> bool:
    found: click.Command | None = root
    for word in words.split():
        found = found.commands.get(word) if isinstance(found, click.Group) else None
    return found is not None
