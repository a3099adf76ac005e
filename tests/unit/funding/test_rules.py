"""Which accounts an event moves money between, and on which day it counts."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.funding.rules import ROUTES, Account, EntryKind, effective_day, last_day_fits

MONEY_STANDS_ON = {
    Account.UNALLOCATED,
    Account.RESERVED,
    Account.COMMITTED,
    Account.CLAIMED,
    Account.APPROVED,
    Account.DEFRAYED,
    Account.DISALLOWED,
}


@pytest.mark.rule(24)
def test_every_kind_of_entry_has_routes_between_two_accounts() -> None:
    assert set(ROUTES) == set(EntryKind)
    assert all(routes and all(source != target for source, target in routes) for routes in ROUTES.values())


@pytest.mark.rule(23)
def test_only_an_award_and_a_reusable_recovery_bring_new_money_in() -> None:
    sources = {
        (kind, source)
        for kind, routes in ROUTES.items()
        for source, target in routes
        if target in MONEY_STANDS_ON and source not in MONEY_STANDS_ON
    }
    assert sources == {
        (EntryKind.AGREEMENT_RAISED, Account.AWARD),
        (EntryKind.VIREMENT, Account.AWARD),
        (EntryKind.DEBT_REPAID, Account.RECOVERED),
    }


@pytest.mark.rule(35, 63)
def test_money_is_defrayed_by_the_bank_alone_and_a_recovery_never_takes_it_off() -> None:
    into = {kind for kind, routes in ROUTES.items() for _source, target in routes if target == Account.DEFRAYED}
    out = {kind for kind, routes in ROUTES.items() for source, _target in routes if source == Account.DEFRAYED}
    assert into == {EntryKind.DEFRAYED, EntryKind.OPENING, EntryKind.DISALLOWANCE_UNDONE, EntryKind.ADMIN_PAID}
    assert out == {EntryKind.PAYMENT_RETURNED, EntryKind.DISALLOWED, EntryKind.ADMIN_RETURNED}


CLOSED = date(2026, 4, 30)


@pytest.mark.rule(37, 55)
@pytest.mark.parametrize(
    ("happened_on", "closed_through", "expected"),
    [
        (date(2026, 4, 30), CLOSED, date(2026, 5, 1)),
        (date(2026, 4, 1), CLOSED, date(2026, 5, 1)),
        (date(2026, 5, 1), CLOSED, date(2026, 5, 1)),
        (date(2026, 5, 2), CLOSED, date(2026, 5, 2)),
        (date(2026, 4, 1), None, date(2026, 4, 1)),
    ],
)
def test_what_falls_into_a_closed_period_counts_on_the_first_open_day(
    happened_on: date, closed_through: date | None, expected: date
) -> None:
    assert effective_day(happened_on, closed_through) == expected


@pytest.mark.rule(25)
def test_a_last_day_fits_while_claim_and_payment_end_with_the_agreement_and_not_a_day_later() -> None:
    def fits(ends_on: date) -> bool:
        return last_day_fits(date(2026, 7, 1), claim_window_days=28, payment_days=30, agreement_ends_on=ends_on)

    assert fits(date(2026, 8, 28))
    assert not fits(date(2026, 8, 27))
