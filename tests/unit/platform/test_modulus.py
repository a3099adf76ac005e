"""The modulus check, with tables of our own in which each sum can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
import ukmodulus

from voucher.platform.modulus import TableError, Tables, fits, read_substitutes, read_weights

# Sort codes from 110000 on, one range for each thing that can be different. The last three weights are 1, 2 and 3, so
# that a plain account's sum is f + 2g + 3h, unless a line is about something else.
WEIGHTS = """
110000 119999 MOD10  0 0 0 0 0 0  0 0 0 0 0 1 2 3
120000 129999 MOD11  0 0 0 0 0 0  0 0 0 0 0 1 2 3
130000 139999 DBLAL  0 0 0 0 0 0  0 0 0 0 0 1 2 3
140000 149999 DBLAL  0 0 0 0 0 0  0 0 0 0 0 1 2 3  1
150000 159999 MOD11  0 0 0 0 0 0  0 0 0 0 0 1 2 3  2
150000 159999 MOD11  1 1 1 1 1 1  0 0 0 0 0 0 0 1  9
160000 169999 MOD11  0 0 0 0 0 0  0 0 0 0 0 1 2 3
160000 169999 DBLAL  0 0 0 0 0 0  0 0 0 0 0 0 0 1  3
170000 179999 MOD11  0 0 0 0 0 1  1 0 0 0 0 0 0 0  5
170000 179999 DBLAL  0 0 0 0 0 1  0 1 0 0 0 0 0 0  5
180000 189999 MOD11  0 0 0 0 0 0  1 0 0 0 0 0 0 0  4
190000 199999 MOD10  1 1 1 1 1 1  1 1 0 0 0 0 0 1  7
200000 209999 MOD10  1 1 1 1 1 1  0 0 0 0 0 0 0 1  8
210000 219999 MOD10  1 1 1 1 1 1  1 1 0 0 0 0 0 1  10
210000 219999 MOD11  0 0 0 0 0 0  0 0 0 0 0 1 2 3  11
220000 229999 MOD10  0 0 0 0 0 0  0 0 0 0 0 1 2 3  12
220000 229999 MOD11  0 0 0 0 0 0  0 0 0 0 0 1 2 3  13
230000 239999 MOD11  0 0 0 0 0 0  0 0 0 0 0 1 2 3  6
240000 249999 MOD11  0 0 0 0 0 0  0 0 0 0 0 1 2 3  14
250000 259999 MOD10  0 0 0 0 0 0  0 0 0 0 0 1 2 3
250000 259999 MOD11  0 0 0 0 0 0  0 0 0 0 0 1 2 3
"""
TABLES = Tables(read_weights(WEIGHTS), read_substitutes("170001 170002\n"), date(2026, 5, 18))


@pytest.mark.rule(30)
@pytest.mark.parametrize(
    ("sort_code", "account", "found"),
    [
        ("110000", "00000103", True),  # 1 + 9 = 10
        ("110000", "00000104", False),
        ("120000", "00000203", True),  # 2 + 9 = 11
        ("120000", "00000103", False),
        ("130000", "00000190", True),  # 1 + (1 + 8) = 10: the digits of 2 x 9 are added
        ("110000", "00000190", False),  # 1 + 18 = 19 without that
        ("140000", "00000300", True),  # exception 1: 3 + 27 = 30
        ("140000", "00000000", False),
        ("150000", "10000005", True),  # exception 2: 6 + 5 = 11 by its own weights
        ("150000", "10000096", True),  # with g 9: 27 + 6 = 33
        ("150000", "00000008", True),  # exception 9: 3 + 0 + 9 + 6 + 3 + 4 + 8 = 33 under 309634
        ("150000", "00000007", False),
        ("160000", "00600203", True),  # exception 3: with c 6 the second check is left out
        ("160000", "00000203", False),
        ("170001", "00000098", True),  # exception 5 under 170002: 11 - 2 = 9 is g, 10 - 2 = 8 is h
        ("170001", "00000097", False),
        ("170001", "00000088", False),
        ("180000", "50000005", True),  # exception 4: 5 is the number gh
        ("180000", "50000006", False),
        ("190000", "10000090", True),  # exception 7: with g 9 the head weighs nothing
        ("190000", "10000080", False),
        ("209999", "00000002", True),  # exception 8: 0 + 9 + 0 + 1 + 2 + 6 + 2 = 20 under 090126
        ("209999", "00000003", False),
        ("210000", "09000090", True),  # exception 10: with 09 and g 9 the head weighs nothing
        ("210000", "00000203", True),  # exception 11: or the second check passes
        ("210000", "00000001", False),
        ("220000", "00000103", True),  # exceptions 12 and 13: one of the two is enough
        ("220000", "00000203", True),
        ("220000", "00000001", False),
        ("250000", "00000103", False),  # and without them it is not
        ("240000", "00000203", True),
        ("240000", "00002031", True),  # exception 14: 0000203 with a check digit after it
        ("240000", "00002032", False),
        ("230000", "40000022", None),  # exception 6: a foreign currency cannot be checked
        ("230000", "30000022", False),
        ("990000", "00000000", None),  # the table is silent
    ],
)
def test_each_method_and_exception(sort_code: str, account: str, found: bool | None) -> None:
    assert fits(TABLES, sort_code, account) is found


@pytest.mark.rule(30)
@pytest.mark.parametrize("g", range(10))
def test_a_remainder_of_one_passes_with_no_check_digit_under_exception_5(g: int) -> None:
    assert fits(TABLES, "170003", f"900000{g}7") is False  # 3 + 9 = 12


@pytest.mark.rule(30)
def test_control_without_the_substitutes_the_sort_code_would_be_taken_as_it_is() -> None:
    assert fits(replace(TABLES, substitutes={}), "170001", "00000098") is False


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("110000 119999 MOD10 1 2 3", "Line 1 has 6 columns"),
        ("119999 110000 MOD10" + " 0" * 14, "no range of sort codes"),
        ("110000 119999 MOD12" + " 0" * 14, "names the method MOD12"),
        ("\n110000 119999 MOD10 x" + " 0" * 13, "Line 2 has a weight that is no whole number"),
        ("110000 119999 MOD10" + " 0" * 14 + " 15", "exception 15"),
    ],
)
def test_a_table_that_cannot_be_read_names_its_line(text: str, words: str) -> None:
    with pytest.raises(TableError, match=words):
        read_weights(text)


def test_a_line_of_the_substitutes_has_two_sort_codes() -> None:
    with pytest.raises(TableError, match="Line 2 of the substitutes"):
        read_substitutes("170001 170002\n170003\n")


# Another implementation, with the tables that were in force in 2017.
THEIRS = Path(ukmodulus.__file__).parent


@pytest.mark.rule(30)
def test_another_implementation_finds_the_same_with_real_tables() -> None:
    tables = Tables(
        read_weights((THEIRS / "valacdos.txt").read_text()),
        read_substitutes((THEIRS / "scsubtab.txt").read_text()),
        date(2017, 1, 1),
    )
    chance = Random(2017)
    special = [line for line in tables.weights if line.exception]
    accounts = [(chance.choice(special).first, f"{chance.randrange(10**8):08d}") for _number in range(1500)]
    accounts += [(code, f"{account[:6]}9{account[7]}") for code, account in accounts[:500]]
    ours = [fits(tables, code, account) is not False for code, account in accounts]
    assert ours == [bool(ukmodulus.validate_number(code, account)) for code, account in accounts]
    assert 200 < sum(ours) < 1800
