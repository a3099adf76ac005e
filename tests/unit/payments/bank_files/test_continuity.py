"""What is new in a statement, and where it must begin and end, case by case."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from voucher.payments.bank_files.accounts import AccountNumber, account_number, masked, possible_accounts
from voucher.payments.bank_files.continuity import Compared, Standing, compared, identities
from voucher.payments.bank_files.reading import Movement, ReadStatement

DAY = date(2026, 4, 7)


def statement(opening: int, *moved: int, on: date = DAY, until: date | None = None, title: str = "B") -> ReadStatement:
    movements = tuple(Movement(i, on, pence, f"R{pence}") for i, pence in enumerate(moved, start=1))
    return ReadStatement(title, "x", opening, opening + sum(moved), on, until or on, movements)


def beside(read: ReadStatement, *before: ReadStatement) -> Compared:
    """The statement after these were taken in, one after the other."""
    known: dict[str, int] = {}
    standing: list[Standing] = []
    for row, each in enumerate([*before, read], start=1):
        found = compared("x", each, known, standing)
        known |= dict.fromkeys(set(found.identities) - found.known, row)
        span = each.first_on, each.last_on
        standing.append(Standing(row, each.title, *span, each.opening or 0, each.closing or 0))
    return found


FIRST = statement(100, 50, -20, title="A")
FOLLOWING = DAY + timedelta(days=1)


@pytest.mark.rule(36)
@pytest.mark.parametrize(
    ("read", "new", "broken"),
    [
        (statement(130, 7, on=FOLLOWING), 1, False),
        (statement(131, 7, on=FOLLOWING), 1, True),
        (statement(130, on=FOLLOWING), 0, False),
        (statement(129, on=FOLLOWING), 0, True),
        (statement(100, 50, -20), 0, False),
        (statement(100, 50, -20, 7), 1, False),
        (statement(150, -20, 7), 1, False),
        (statement(140, -20, 7), 1, True),
        (statement(90, 10, on=DAY - timedelta(days=1)), 1, False),
        (statement(90, 11, on=DAY - timedelta(days=1)), 1, True),
        (statement(130, 50), 1, False),
        (statement(130, 50, title="A"), 0, True),
    ],
)
def test_a_statement_goes_on_where_the_others_stand_or_is_broken(read: ReadStatement, new: int, broken: bool) -> None:
    found = beside(read, FIRST)
    assert (found.new, bool(found.broken)) == (new, broken)


@pytest.mark.rule(36)
def test_a_statement_between_two_mends_the_gap_between_them() -> None:
    later = statement(500, 1, on=DAY + timedelta(days=9), title="C")
    assert beside(later, FIRST).broken
    gap = statement(130, 370, on=FOLLOWING)
    assert beside(gap, FIRST, later).broken is None
    assert beside(statement(130, 369, on=FOLLOWING), FIRST, later).broken


@pytest.mark.rule(35)
def test_what_a_line_is_known_by_forgives_spaces_and_counts_what_is_the_same() -> None:
    plain, spaced = Movement(1, DAY, 5, "NTT-P-1"), Movement(9, DAY, 5, "ntt p 1")
    assert identities("x", [plain]) == identities("x", [spaced])
    assert len(set(identities("x", [plain, spaced]))) == 2
    assert identities("x", [plain]) != identities("y", [plain])
    numbered = Movement(1, DAY, 5, "NTT-P-1", own_id="7")
    assert identities("x", [numbered]) == identities("x", [Movement(2, DAY, 5, "other words", own_id="7")])


def test_a_line_with_the_banks_own_number_is_never_taken_for_another() -> None:
    own = ReadStatement("A", "x", 0, 5, DAY, DAY, (Movement(1, DAY, 5, "R", own_id="7"),))
    again = ReadStatement("B", "x", 5, 10, DAY, DAY, (Movement(1, DAY, 5, "R", own_id="7"),))
    assert beside(again, own).new == 0


def test_accounts_are_read_from_every_form_and_shown_by_their_end() -> None:
    account = AccountNumber("602091", "10203040")
    assert account_number("60-20-91", "1020 3040") == account
    assert account_number("60-20-9", "10203040") is None
    assert possible_accounts("GB33 BUKB 6020 9110 2030 40") == [account]
    assert account in possible_accounts("60-20-91/10203040")
    assert account in possible_accounts("10203040 602091")
    assert (possible_accounts("NL91ABNA0417164300"), masked("NL91ABNA0417164300")) == ([], "…4300")
