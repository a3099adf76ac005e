"""Pure: the account that a file names, in any of the ways in which files write a UK account."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class AccountNumber:
    """A sort code of 6 digits and an account number of 8."""

    sort_code: str
    number: str

    @property
    def last_four(self) -> str:
        """What is shown of it."""
        return self.number[-4:]


def account_number(sort_code: str, number: str) -> AccountNumber | None:
    """The account with this sort code and number, whatever separates their digits; None when it is none."""
    code, digits = re.sub(r"[\s-]", "", sort_code), re.sub(r"\s", "", number)
    if not re.fullmatch(r"\d{6}", code) or not re.fullmatch(r"\d{8}", digits):
        return None
    return AccountNumber(code, digits)


def possible_accounts(text: str) -> list[AccountNumber]:
    """The accounts that a file may mean: an IBAN's, or sort code and number in either order. None for anything else."""
    plain = re.sub(r"[\s/.-]", "", text).upper()
    iban = re.fullmatch(r"GB\d\d[A-Z]{4}(\d{6})(\d{8})", plain)
    if iban:
        return [AccountNumber(iban[1], iban[2])]
    if not re.fullmatch(r"\d{14}", plain):
        return []
    return list(dict.fromkeys([AccountNumber(plain[:6], plain[6:]), AccountNumber(plain[8:], plain[:8])]))


def number_alone(text: str) -> str:
    """The account number of 8 digits of a file that names no sort code; empty for anything else."""
    plain = re.sub(r"[\s-]", "", text)
    return plain if re.fullmatch(r"\d{8}", plain) else ""


def masked(text: str) -> str:
    """An account of a file as it may be shown: its last four characters."""
    plain = re.sub(r"[\s/.-]", "", text)
    return f"…{plain[-4:]}" if plain else ""
