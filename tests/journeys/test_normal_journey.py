"""From the funder's award to a signed statement, with nothing going wrong."""

from __future__ import annotations

from datetime import date

import pytest

from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World
from tests.journeys.steps import fall_due, on, signed, standing, value
from voucher.funding.rules import Account
from voucher.redemptions.lookups import look_up
from voucher.reports.exports import statement_pdf_bytes
from voucher.reports.rules import StatementState, data_hash
from voucher.vouchers.commands import accept
from voucher.vouchers.models import Voucher

APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.mark.rule(23, 54)
def test_a_pound_moves_through_every_account_on_its_way(world: World) -> None:
    award = standing(world, Account.UNALLOCATED)
    seen: list[tuple[Account, int]] = []

    def look(account: Account) -> None:
        seen.append((account, standing(world, account)))

    application = world.offered()
    look(Account.RESERVED)
    voucher = world.do(world.owner_of(application), accept, application, declared_pence=0, terms_version="2026-1")
    look(Account.COMMITTED)
    claim = world.claimed(voucher, 30_000)
    look(Account.CLAIMED)
    world.approved(world.verified(world.confirmed(claim)))
    look(Account.APPROVED)
    world.paid()
    look(Account.DEFRAYED)
    assert [pence for _account, pence in seen] == [75_000, 75_000, 24_000, 24_000, 24_000]
    assert standing(world, Account.COMMITTED) == 51_000
    assert standing(world, Account.UNALLOCATED) == award - 75_000
    assert_reconciled(world)


@pytest.mark.rule(20, 28, 54, 56)
def test_the_statement_tells_what_was_paid_and_is_stored_as_signed(world: World) -> None:
    world.payable(net_pence=30_000)
    world.paid()
    world.offered()
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    found = {code: value(statement, code) for code in ("3", "4", "7", "8", "12", "13a", "14", "14b", "16", "27")}
    assert found == {
        "3": 75_000,
        "4": 51_000,
        "7": 24_000,
        "8": 24_000,
        "12": 1_000_000 - 150_000,
        "13a": 6_000,
        "14": 6_000,
        "14b": 8_000,
        "16": -24_000,
        "27": 0,
    }
    assert (statement.state, statement.data_hash) == (StatementState.SIGNED, data_hash(statement.data))
    assert statement_pdf_bytes(world.act("sigrid"), statement).startswith(b"%PDF-1.7")
    assert_reconciled(world)


@pytest.mark.rule(18, 19)
def test_two_claims_use_a_voucher_up_and_the_third_gets_nothing(world: World) -> None:
    voucher = world.issued()
    for net in (60_000, 90_000):
        world.payable(voucher, net)
    assert (voucher.state, voucher.remaining_pence) == ("spent", 0)
    assert "nothing_left" in _outcome(world, voucher)
    assert [payment.pence for payment in world.paid()] == [75_000]
    assert standing(world, Account.COMMITTED) == 0
    assert_reconciled(world)


def _outcome(world: World, voucher: Voucher) -> str:
    return str(world.do("pat", look_up, world.scheme, world.code_of(voucher)).outcome)


@pytest.mark.rule(12, 23)
def test_an_offer_that_nobody_answers_gives_its_money_back(world: World) -> None:
    before = standing(world, Account.UNALLOCATED)
    application = world.offered()
    on(world, "2026-05-08")
    assert fall_due(world).offers_lapsed == 1
    assert fall_due(world).total == 0
    assert application.state == "lapsed"
    assert standing(world, Account.UNALLOCATED) == before
    assert_reconciled(world)
