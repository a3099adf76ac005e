"""Money got back after it was paid, written off, or disallowed by the funder."""

from __future__ import annotations

from datetime import date

import pytest

from tests.harness.reconciled import assert_reconciled
from tests.harness.rows_behind import assert_rows_come_to_figures
from tests.harness.world import World, add_agreement, add_round_over
from tests.journeys.steps import on, prepared, standing, value
from voucher.funding.rules import Account
from voucher.payments.bank import match_funder_repayment, match_return
from voucher.payments.debts import disallow_claim, match_recovery, raise_debt, write_off
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.redemptions.models import Redemption
from voucher.reports.cash import cash_by_line
from voucher.reports.ledger_side import Period

AWARD = 1_000_000
APRIL = date(2026, 4, 1), date(2026, 4, 30)


def paid_claim(world: World) -> Redemption:
    claim = world.payable()
    world.paid()
    return claim


@pytest.mark.rule(63)
def test_a_debt_is_recovered_in_part_and_the_rest_is_written_off_by_two(world: World) -> None:
    debt = world.debt_on(paid_claim(world), 10_000)
    world.do("bina", match_recovery, world.bank_line(4_000, debt.reference), debt)
    assert (debt.state, debt.outstanding_pence) == ("part repaid", 6_000)
    assert not world.do("fred", write_off, debt, reason="the firm has ceased to trade")
    with pytest.raises(Forbidden, match="second person"):
        world.do("fred", write_off, debt, reason="the firm has ceased to trade")
    assert world.do("fay", write_off, debt, reason="the firm has ceased to trade")
    assert (debt.state, debt.outstanding_pence) == ("written off", 0)
    assert (standing(world, Account.RECEIVABLE), standing(world, Account.DEFRAYED)) == (0, 24_000)
    assert_reconciled(world)


@pytest.mark.rule(23, 63)
def test_a_reusable_recovery_can_be_offered_again_and_is_never_netted_off(world: World) -> None:
    debt = world.debt_on(paid_claim(world), 10_000)
    world.do("bina", match_recovery, world.bank_line(10_000, debt.reference), debt)
    on(world, "2026-05-01")
    statement = prepared(world, *APRIL)
    assert [value(statement, code) for code in ("7", "8", "11a", "11b", "11c")] == [24_000, 24_000, 10_000, 0, 0]
    assert value(statement, "12") == AWARD - 75_000 + 10_000
    assert_reconciled(world)


@pytest.mark.rule(23, 63)
def test_a_repayable_recovery_is_owed_to_the_funder_until_it_is_repaid(world: World) -> None:
    agreement = add_agreement(world, "PIP-1", [500_000], recoveries_reusable=False)
    target = add_round_over(world, "R2", [(agreement.lines[0], 10_000)], 400_000)
    world.payable(world.issued(target))
    (payment,) = world.paid()
    debt = world.debt_on(payment.items[0].redemption, 10_000)
    world.do("bina", match_recovery, world.bank_line(10_000, debt.reference), debt)
    assert standing(world, Account.REPAYABLE, agreement) == 10_000
    assert standing(world, Account.UNALLOCATED, agreement) == 425_000
    line = world.bank_line(-10_001, "REPAID")
    with pytest.raises(DomainError, match="is repayable"):
        world.do("bina", match_funder_repayment, line, agreement.lines[0], reason="")
    world.do("bina", match_funder_repayment, world.bank_line(-10_000, "REPAID"), agreement.lines[0], reason="")
    assert standing(world, Account.RETURNED, agreement) == 10_000
    assert standing(world, Account.CASH, agreement) == -24_000
    [cash] = [each for each in cash_by_line(world.scheme, Period(*APRIL)) if each.line.agreement.id == agreement.id]
    assert (cash.paid, cash.recovered, cash.returned, cash.closing) == (24_000, 10_000, 10_000, -24_000)
    on(world, "2026-05-01")
    statement = prepared(world, *APRIL, agreement)
    assert [value(statement, code) for code in ("11b", "16c", "16e", "16f", "16")] == [
        10_000, 24_000, 10_000, 10_000, -24_000,
    ]  # fmt: skip
    assert_rows_come_to_figures(statement)


@pytest.mark.rule(63)
def test_no_more_is_recovered_than_is_owed_nor_owed_than_was_paid(world: World) -> None:
    claim = paid_claim(world)
    with pytest.raises(DomainError, match=r"up to £240.00"):
        world.debt_on(claim, 24_001)
    debt = world.debt_on(claim, 10_000)
    with pytest.raises(DomainError, match=r"up to £140.00"):
        world.debt_on(claim, 14_001)
    with pytest.raises(Conflict, match="is outstanding"):
        world.do("bina", match_recovery, world.bank_line(10_001, debt.reference), debt)


@pytest.mark.rule(23, 63)
def test_what_the_funder_disallows_is_borne_by_the_authority_and_stays_spent(world: World) -> None:
    claim = paid_claim(world)
    world.do("fred", disallow_claim, claim, pence=10_000, reason="the work was outside the area")
    on(world, "2026-05-01")
    statement = prepared(world, *APRIL)
    assert [value(statement, code) for code in ("7", "8", "13b", "16c", "16g", "16")] == [
        24_000,
        24_000,
        10_000,
        24_000,
        10_000,
        -14_000,
    ]
    assert_rows_come_to_figures(statement)
    with pytest.raises(DomainError, match=r"Up to £140.00"):
        world.do("fred", disallow_claim, claim, pence=14_001, reason="and more")
    assert_reconciled(world)


@pytest.mark.rule(63)
def test_what_was_disallowed_can_be_got_back_from_the_provider(world: World) -> None:
    claim = paid_claim(world)
    world.do("fred", disallow_claim, claim, pence=24_000, reason="the provider was not eligible")
    owed_by = claim.provider.organisation
    debt = world.do("fred", raise_debt, claim, owed_by=owed_by, pence=24_000, reason="the provider was not eligible")
    assert debt.outstanding_pence == 24_000


@pytest.mark.rule(37)
def test_a_payment_returned_after_it_was_disallowed_in_part_moves_all_that_came_back(world: World) -> None:
    claim = world.payable()
    (payment,) = world.paid()
    world.do("fred", disallow_claim, claim, pence=10_000, reason="the work was outside the area")
    world.do("bina", match_return, world.bank_line(24_000, "RETURNED"), payment, reason="account closed")
    assert standing(world, Account.CASH_BANK_RETURNS) == -24_000
    assert_reconciled(world)
