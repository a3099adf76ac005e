"""The published modulus check of a British sort code and account number, by tables that an operator supplies.

The method is Vocalink's "Validating account numbers": weights for a range of sort codes, one of three sums, and
numbered exceptions. The tables are copyright and change several times a year, so none is here: an operator loads
``valacdos.txt`` and ``scsubtab.txt``. A pass says that the two numbers can belong together, never that the account
exists or whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said

METHODS = ("MOD10", "MOD11", "DBLAL")
DIGITS = 14
EXCEPTIONS = range(15)
# Exception 2 replaces the weights by these, and exception 9 tries the account again under this sort code.
_WEIGHTS_2 = (0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1)
_WEIGHTS_2_G9 = (0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1)
_SORT_CODE_8 = "090126"
_SORT_CODE_9 = "309634"
# With these pairs of exceptions it is enough that one of the two checks passes.
_EITHER = ({2, 9}, {10, 11}, {12, 13})


class TableError(ValueError):
    """A table that cannot be read; the message names the line and what is wrong with it."""


@dataclass(frozen=True)
class Weights:
    """One line of the weight table: a range of sort codes, the sum that is made, and what is different about it."""

    first: str
    last: str
    method: str
    weights: tuple[int, ...]
    exception: int = 0


@dataclass(frozen=True)
class Tables:
    """Both tables, with the day of the issue that they were taken from."""

    weights: Sequence[Weights]
    substitutes: Mapping[str, str]
    dated: date

    def lines_for(self, sort_code: str) -> list[Weights]:
        """The lines that hold for a sort code, in the order of the table; none when the table is silent."""
        return [line for line in self.weights if line.first <= sort_code <= line.last]


def read_weights(text: str) -> list[Weights]:
    """The lines of ``valacdos.txt``; raises TableError."""
    found = [_weights(number, line.split()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not found:
        raise TableError(_("The table of weights is empty."))
    return found


def _weights(number: int, parts: list[str]) -> Weights:
    if len(parts) not in (DIGITS + 3, DIGITS + 4):
        raise TableError(
            said(
                "Line %(number)s has %(columns)s columns; it must have %(least)s or %(most)s.",
                number=number,
                columns=len(parts),
                least=DIGITS + 3,
                most=DIGITS + 4,
            )
        )
    first, last, method, *numbers = parts
    if not all(re.fullmatch(r"[0-9]{6}", code) for code in (first, last)) or first > last:
        raise TableError(
            said(
                "Line %(number)s begins with no range of sort codes: %(first)s %(last)s.",
                number=number,
                first=first,
                last=last,
            )
        )
    if method not in METHODS:
        raise TableError(
            said(
                "Line %(number)s names the method %(method)s; there are: %(methods)s.",
                number=number,
                method=method,
                methods=tuple(METHODS),
            )
        )
    if not all(re.fullmatch(r"-?[0-9]{1,4}", each) for each in numbers):
        raise TableError(said("Line %(number)s has a weight that is no whole number.", number=number))
    values = [int(each) for each in numbers]
    exception = values[DIGITS] if len(values) > DIGITS else 0
    if exception not in EXCEPTIONS:
        raise TableError(
            said(
                "Line %(number)s names exception %(exception)s, which this edition does not know.",
                number=number,
                exception=exception,
            )
        )
    return Weights(first, last, method, tuple(values[:DIGITS]), exception)


def read_substitutes(text: str) -> dict[str, str]:
    """The lines of ``scsubtab.txt``: a sort code and the one that stands in for it; raises TableError."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 2 or not all(re.fullmatch(r"[0-9]{6}", code) for code in parts):
            raise TableError(
                said(
                    "Line %(number)s of the substitutes must be two sort codes: %(line)s.",
                    number=number,
                    line=line.strip()[:40],
                )
            )
        found[parts[0]] = parts[1]
    return found


def fits(tables: Tables, sort_code: str, account: str) -> bool | None:
    """Whether a sort code of 6 digits and an account number of 8 can belong together; None where the table is silent.

    None as well for the foreign-currency accounts of exception 6, which the method cannot check.
    """
    lines = tables.lines_for(sort_code)[:2]
    if not lines:
        return None
    if lines[0].exception == 6 and account[0] in "45678" and account[6] == account[7]:
        return None
    if not _passes(tables, lines[0], sort_code, account):
        either = len(lines) == 2 and {line.exception for line in lines} in _EITHER
        return either and _passes(tables, lines[1], sort_code, account)
    if len(lines) == 1 or {line.exception for line in lines} in _EITHER:
        return True
    if lines[1].exception == 3 and account[2] in "69":
        return True
    return _passes(tables, lines[1], sort_code, account)


def _passes(tables: Tables, line: Weights, sort_code: str, account: str) -> bool:
    if line.exception == 14:
        return _passes_14(line, sort_code, account)
    code = _sort_code_for(tables, line, sort_code)
    digits = [int(digit) for digit in code + account]
    total = _sum(line.method, digits, _weights_for(line, account))
    if line.exception == 4:
        return total % 11 == int(account[6:])
    if line.exception == 5:
        return _passes_5(line.method, total, account)
    if line.exception == 1:
        total += 27
    return total % (11 if line.method == "MOD11" else 10) == 0


def _sort_code_for(tables: Tables, line: Weights, sort_code: str) -> str:
    if line.exception == 5:
        return tables.substitutes.get(sort_code, sort_code)
    return {8: _SORT_CODE_8, 9: _SORT_CODE_9}.get(line.exception, sort_code)


def _weights_for(line: Weights, account: str) -> Sequence[int]:
    """The line's weights; a to h are the account's digits, and some exceptions leave those before c out."""
    if line.exception == 2 and account[0] != "0":
        return _WEIGHTS_2_G9 if account[6] == "9" else _WEIGHTS_2
    without_the_head = (*([0] * 8), *line.weights[8:])
    if line.exception == 7 and account[6] == "9":
        return without_the_head
    if line.exception == 10 and account[:2] in ("09", "99") and account[6] == "9":
        return without_the_head
    return line.weights


def _sum(method: str, digits: Sequence[int], weights: Sequence[int]) -> int:
    products = [digit * weight for digit, weight in zip(digits, weights, strict=True)]
    if method != "DBLAL":
        return sum(products)
    return sum(int(digit) for product in products for digit in str(abs(product)))


def _passes_5(method: str, total: int, account: str) -> bool:
    """Under exception 5 the remainder is itself a check digit: g of the first check, h of the second."""
    if method == "MOD11":
        rest = total % 11
        return rest != 1 and (11 - rest) % 11 == int(account[6])
    return (10 - total % 10) % 10 == int(account[7])


def _passes_14(line: Weights, sort_code: str, account: str) -> bool:
    """Under exception 14 an account that fails may be one of seven digits, written with a check digit after it."""
    candidates = [account] if account[7] not in "019" else [account, f"0{account[:7]}"]
    return any(
        _sum(line.method, [int(digit) for digit in sort_code + each], line.weights) % 11 == 0 for each in candidates
    )
