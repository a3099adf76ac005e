"""A voucher's end: what is released at once, what later, and what comes back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.harness.reconciled import assert_reconciled
from tests.harness.rows_behind import assert_rows_come_to_figures
from tests.harness.world import World, add_package
from tests.journeys.steps import fall_due, on, prepared, standing, value
from voucher.applications.commands import offer
from voucher.funding.rules import Account
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.redemptions.answers import dispute_claim
from voucher.redemptions.claims import Accepted
from voucher.redemptions.decisions import refuse_claim, reinstate_voucher
from voucher.redemptions.due import run_due
from voucher.redemptions.models import Redemption
from voucher.vouchers.commands import cancel
from voucher.vouchers.models import Voucher

AWARD = 1_000_000
TO_JULY = date(2026, 4, 1), date(2026, 7, 31)


def refused_after_expiry(world: World) -> Redemption:
    claim = world.claimed(world.issued())
    on(world, "2026-07-14")
    fall_due(world)
    world.do("vera", dispute_claim, claim, reason="no evidence of the work")
    on(world, "2026-07-20")
    world.do("carl", refuse_claim, claim, reason="nothing was delivered")
    return claim


@pytest.mark.rule(10, 12)
def test_a_voucher_is_released_once_on_the_day_after_its_late_days(world: World) -> None:
    voucher = world.issued()
    on(world, "2026-07-13")
    assert fall_due(world).vouchers_expired == 0
    on(world, "2026-07-14")
    report = fall_due(world)
    assert (report.vouchers_expired, report.released_pence) == (1, 75_000)
    assert fall_due(world).total == 0
    assert (voucher.state, voucher.released_on, voucher.remaining_pence) == ("expired", date(2026, 7, 14), 0)
    assert standing(world, Account.UNALLOCATED) == AWARD
    assert_reconciled(world)


@pytest.mark.rule(12)
def test_without_its_mark_a_release_would_be_tried_again(world: World) -> None:
    """The control: a voucher whose row forgets its release is released anew, and only the ledger stands against it."""
    voucher = world.issued()
    on(world, "2026-07-14")
    fall_due(world)
    with world.by("shay") as act:
        voucher.state, voucher.released_on, voucher.release_reason = "issued", None, None
        voucher.remaining_pence = voucher.face_pence
        session.flush()
        report = run_due(act, world.scheme)
    ((kind, voucher_id, error),) = report.failed
    assert (kind, voucher_id, str(error)) == ("voucher", voucher.id, "there is nothing to split the amount over")


@pytest.mark.rule(10, 12)
def test_a_worker_that_comes_late_releases_on_the_day_on_which_it_fell_due(world: World) -> None:
    world.issued()
    on(world, "2026-07-30")
    fall_due(world)
    on(world, "2026-08-03")
    statement = prepared(world, date(2026, 4, 1), date(2026, 7, 14))
    assert value(statement, "9a") == 75_000


@pytest.mark.rule(10, 12)
def test_what_a_session_holds_outlives_the_voucher_and_is_claimed_in_the_window(world: World) -> None:
    voucher = world.issued()
    item = world.recorded(voucher)
    on(world, "2026-07-14")
    assert fall_due(world).released_pence == 0
    assert (voucher.state, item.held_pence, standing(world, Account.COMMITTED)) == ("expired", 75_000, 75_000)
    on(world, "2026-08-03")
    fall_due(world)
    receipt = world.submit([item], 30_000)
    assert isinstance(receipt, Accepted)
    assert (standing(world, Account.CLAIMED), standing(world, Account.COMMITTED)) == (24_000, 0)
    assert_reconciled(world)


@pytest.mark.rule(10, 12)
def test_a_session_that_nobody_claims_lapses_when_the_window_is_over(world: World) -> None:
    item = world.recorded(world.issued())
    on(world, "2026-08-04")
    report = fall_due(world)
    assert (report.vouchers_expired, report.sessions_lapsed, report.released_pence) == (1, 1, 75_000)
    assert (item.state, standing(world, Account.UNALLOCATED)) == ("lapsed", AWARD)
    assert (value(prepared(world, *TO_JULY), "9b"), fall_due(world).total) == (0, 0)
    assert_reconciled(world)


@pytest.mark.rule(12)
def test_a_claim_refused_after_expiry_goes_to_the_lines_and_not_to_the_voucher(world: World) -> None:
    claim = refused_after_expiry(world)
    assert (claim.voucher.remaining_pence, standing(world, Account.UNALLOCATED)) == (0, AWARD)
    on(world, "2026-08-01")
    statement = prepared(world, *TO_JULY)
    assert (value(statement, "9a"), value(statement, "9b"), value(statement, "12")) == (51_000, 24_000, AWARD)
    assert_reconciled(world)


@pytest.mark.rule(12)
def test_an_expired_voucher_is_reinstated_once_for_what_the_refused_claim_gave_back(world: World) -> None:
    claim = refused_after_expiry(world)
    voucher = claim.voucher
    world.do("shay", reinstate_voucher, claim, reason="the provider had billed wrongly")
    assert (voucher.state, voucher.remaining_pence, voucher.last_day) == ("issued", 24_000, date(2026, 8, 17))
    assert standing(world, Account.UNALLOCATED) == AWARD - 24_000
    with pytest.raises(DomainError, match="comes back only"):
        world.do("shay", reinstate_voucher, claim, reason="once more")
    world.payable(voucher, 25_000)
    world.paid()
    assert_reconciled(world)


@pytest.mark.rule(12)
def test_a_reinstated_voucher_expires_a_second_time(world: World) -> None:
    claim = refused_after_expiry(world)
    world.do("shay", reinstate_voucher, claim, reason="the provider had billed wrongly")
    on(world, "2026-08-25")
    assert fall_due(world).released_pence == 24_000
    assert standing(world, Account.UNALLOCATED) == AWARD
    on(world, "2026-09-01")
    statement = prepared(world, date(2026, 4, 1), date(2026, 8, 31))
    assert (value(statement, "9a"), value(statement, "9b")) == (75_000, 24_000)
    assert_rows_come_to_figures(statement)
    assert_reconciled(world)


@pytest.mark.rule(23, 45)
def test_a_voucher_is_not_reinstated_beside_a_newer_one(world: World) -> None:
    claim = refused_after_expiry(world)
    voucher = claim.voucher
    world.do("asha", offer, world.round, voucher.business, voucher.application.contact)
    with pytest.raises(Conflict, match="has application"):
        world.do("shay", reinstate_voucher, claim, reason="the provider had billed wrongly")


@pytest.mark.rule(10)
def test_no_voucher_comes_back_after_the_schemes_end(world: World) -> None:
    claim = refused_after_expiry(world)
    on(world, (world.scheme.ends_on + timedelta(days=1)).isoformat())
    with pytest.raises(Conflict, match="The scheme ended on"):
        world.do("shay", reinstate_voucher, claim, reason="the provider had billed wrongly")
    assert claim.voucher.state == "expired"


@pytest.mark.rule(12)
def test_a_cancelled_voucher_keeps_what_a_session_holds_until_it_is_claimed(world: World) -> None:
    voucher: Voucher = world.issued()
    small = add_package(world, world.provider, "SMALL", 50_000)
    item = world.recorded(voucher, small)
    world.do("shay", cancel, voucher, reason="the business has closed")
    assert (voucher.state, item.held_pence, standing(world, Account.UNALLOCATED)) == (
        "cancelled",
        40_000,
        AWARD - 40_000,
    )
    assert isinstance(world.submit([item], 30_000), Accepted)
    on(world, "2026-05-01")
    statement = prepared(world, date(2026, 4, 1), date(2026, 4, 30))
    assert [value(statement, code) for code in ("10a", "10b", "9a", "4", "5")] == [35_000, 16_000, 0, 0, 24_000]
    assert_reconciled(world)
