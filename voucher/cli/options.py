"""What options hold: amounts, days, names and files, read once and refused with what to enter instead."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

import click

from voucher.organisations import identifiers
from voucher.platform.csv import day
from voucher.platform.money import basis_points, parse_pounds

T = TypeVar("T")
L = TypeVar("L")
R = TypeVar("R")
E = TypeVar("E", bound=StrEnum)

MOST_BYTES = 20_000_000


class Read(click.ParamType[T], Generic[T]):
    """An option's value as a reader makes it; what the reader's ValueError says is bad usage (exit status 2)."""

    def __init__(self, name: str, reader: Callable[[str], T]) -> None:
        self.name = name
        self.reader = reader

    def convert(self, value: str | T, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """The value; click shows the reader's message beside the option's name."""
        if not isinstance(value, str):
            return value
        try:
            return self.reader(value)
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)


@dataclass(frozen=True)
class GivenFile:
    """A file that was named on the command line, read whole."""

    name: str
    data: bytes


def change_in_pounds(text: str) -> int:
    """Pence, above or below zero, from text such as ``+5000.00`` or ``-5000.00``; raises ValueError."""
    return parse_pounds(text.strip().removeprefix("+"))


def read_file(text: str) -> GivenFile:
    """The file of that name; raises ValueError when it is missing, empty or larger than is taken in."""
    path = Path(text)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MOST_BYTES:
        raise ValueError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB.")
    if not data:
        raise ValueError(f"{path} is empty.")
    return GivenFile(path.name, data)


def output_path(text: str) -> Path:
    """Where a file is to be written; raises ValueError for a place that can have none."""
    path = Path(text)
    if os.path.isdir(path):
        raise ValueError(f"{path} is a folder. Name a file in it.")
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"There is no folder {path.parent} to write to.")
    return path


def named(choices: Iterable[E]) -> Callable[[str], E]:
    """A reader of one of these, by value or by name, with hyphens or spaces, in capitals or not."""
    options = list(choices)

    def read(text: str) -> E:
        for option in options:
            if _plain(text) in (_plain(option.value), _plain(option.name)):
                return option
        raise ValueError(f"Choose one of: {', '.join(option.value for option in options)}.")

    return read


def _plain(text: str) -> str:
    return " ".join(re.split(r"[\s_-]+", text.strip().lower()))


def pair(form: str, left: Callable[[str], L], right: Callable[[str], R]) -> Read[tuple[L, R]]:
    """Two values with an equals sign between them, like ``invoice=scan.pdf``; each has its own reader."""

    def read(text: str) -> tuple[L, R]:
        before, sign, after = text.partition("=")
        if not sign or not before.strip() or not after.strip():
            raise ValueError(f"Give it as {form}.")
        return left(before.strip()), right(after.strip())

    return Read(form, read)


POUNDS = Read("pounds", parse_pounds)
DAY = Read("day", day)
EMAIL = Read("email", identifiers.email)
PHONE = Read("phone", identifiers.phone)
PERCENT = Read("percent", basis_points)
FILE = Read("file", read_file)


def one_way(ctx: click.Context, param: click.Parameter, value: bool | None) -> bool:
    """The callback of a flag with two names, one of which must be given; click itself would let it pass without."""
    if value is None:
        raise click.MissingParameter(ctx=ctx, param=param)
    return value


def one_of(name: str, choices: Iterable[E]) -> Read[E]:
    """One of the values of an enumeration."""
    return Read(name, named(choices))


REASON = click.option("--reason", required=True, help="Why; it stands in the history.")
PERHAPS_REASON = click.option("--reason", default="", help="Why, where that is asked for.")
NOTE = click.option("--note", default="", help="What was seen, or what is wrong.")
SET_UP_FILE = click.argument("file", type=FILE)
OUT = click.option(
    "--out",
    required=True,
    metavar="FILE",
    type=Read("file", output_path),
    help="Where to write it; only you may read it.",
)
