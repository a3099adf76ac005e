"""Lists of records as pages and as files: in the order that the address asks for, with what the page shows.

``?sort=sent`` orders a list by the column of that name and ``?sort=-sent`` the other way round; a name that the list
does not have changes nothing. ``?first=2026-04-01&last=2026-06-30`` keeps the rows of a period, both days included, in
every list that says by which of its columns. ``?as=csv`` gives the same rows in the same order as a file: those of all
its pages.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy import Column as SqlColumn
from sqlalchemy import asc, desc, nulls_last
from wtforms import ValidationError

from voucher.platform import csv as csv_files
from voucher.platform.clock import LONDON, end_of_london_day, london_date
from voucher.platform.csv import Cell
from voucher.platform.db import UtcDateTime, session
from voucher.platform.errors import DomainError
from voucher.platform.forms import DayField, Filters
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import in_pounds
from voucher.platform.paging import Listed, page_of, page_of_read, page_of_rows
from voucher.platform.web import current_act

# More than a scheme looks through in a spreadsheet. A file is whole or it is refused, so that nobody adds up a part.
MOST_ROWS = 10_000
# How many rows of a file are in memory at once.
CHUNK = 500

# What a list shows for each of some rows, with all that it reads for them at once.
Then = Callable[[Sequence[Any]], Sequence[Any]]


class Kind(StrEnum):
    """What a column holds: money is given in pence and written in pounds, a state is a word that is translated."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    STATE = "state"


class Column(NamedTuple):
    """One column: its head, what a file says in it, and what the list is ordered by under which name in the address.

    ``by`` is a column of the query or the name of one of its labels. Without ``key`` nothing is ordered by it.
    """

    head: str
    cell: Callable[[Any], Cell | date | datetime]
    key: str = ""
    by: Any = None
    kind: Kind = Kind.TEXT

    @property
    def numeric(self) -> bool:
        """Whether figures stand in it, below one another."""
        return self.kind in (Kind.NUMBER, Kind.MONEY)

    def file_head(self) -> str:
        """Its head in a file, with the unit of its figures."""
        words = str(translate(self.head))
        return f"{words} (£)" if self.kind == Kind.MONEY else words

    def file_cell(self, row: Any) -> Cell:
        """What a file says of a row: pounds with pence, days as 2026-03-14, times as a clock in London shows them."""
        value = self.cell(row)
        if isinstance(value, datetime):
            return value.astimezone(LONDON).strftime("%Y-%m-%d %H:%M")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, int) and self.kind == Kind.MONEY:
            return in_pounds(value)
        return str(translate(value)) if isinstance(value, str) and value and self.kind == Kind.STATE else value


class Sort(NamedTuple):
    """The link that orders a list by a column, and how the list stands by it now: in the words of ``aria-sort``."""

    href: str
    way: str


class Head(NamedTuple):
    """What a table's head draws of a column."""

    words: str
    numeric: bool
    sort: Sort | None


class Between(Filters):
    """From which day to which the rows of a list are, both included; an empty day leaves that end open."""

    first = DayField("")
    last = DayField("")

    @property
    def days(self) -> tuple[date | None, date | None]:
        """Both days; None for one that was not entered or cannot be."""
        return self.first.data, None if self.last.errors else self.last.data

    def validate_last(self, field: DayField) -> None:
        """A period does not end before it begins."""
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(translate(_("Enter a day that is not before the first one.")))


@dataclass(frozen=True)
class Listing:
    """A list's columns, the order in which it usually stands, and what decides between rows that are alike in it.

    ``name`` begins the name of its files; ``usual`` is written as in the address; ``tie`` is unique to a row; ``dated``
    is the key of the column whose day puts a row into a period, empty where rows belong to none.
    """

    name: str
    columns: tuple[Column, ...]
    usual: str
    tie: Any
    dated: str = ""

    def answer(
        self, query: Any, template: str, *, then: Then = list, name: str = "", **context: Any
    ) -> ResponseReturnValue:
        """The page of the list, or the file when asked for.

        Its template draws it from ``listed`` and ``heads``, what narrows it to a period from ``between``, and whether
        its file may be refused for its length from ``worked_out``.
        """
        query = self.within(query)
        if wants_file():
            return self.file(query, then=then, name=name)
        return self._drawn(template, self.page(query, then=then), context, worked_out=False)

    def answer_read(self, rows: Sequence[Any], template: str, *, name: str = "", **context: Any) -> ResponseReturnValue:
        """The same for rows that were worked out and are no query: a column is ordered by what its cell says.

        ``tie`` is not asked, for the rows come in an order of their own. A file has all of them, however many: they
        are in memory already.
        """
        ordered = self.in_order(self.within_read(rows))
        if wants_file():
            return self._handed_out(([each.file_cell(row) for each in self.columns] for row in ordered), name)
        listed = page_of_read(ordered, request.args.get("page", 1, type=int))
        return self._drawn(template, listed, context, worked_out=True)

    def _drawn(self, template: str, listed: Listed[Any], context: dict[str, Any], *, worked_out: bool) -> str:
        around = {"listed": listed, "heads": self.heads(), "between": self.between(), "worked_out": worked_out}
        return render_template(template, **around, **context)

    def between(self) -> Between | None:
        """The two days that the address asks for, validated; None for a list whose rows belong to no period.

        Raises DomainError where a file is asked for days that cannot be read, for it would hold every row.
        """
        column = next((each for each in self.columns if each.key == self.dated), None) if self.dated else None
        if column is None:
            return None
        form, head = Between(request.args), str(translate(column.head))
        head = head[:1].lower() + head[1:]
        form.first.label.text = translate(_("From (%(day)s)"), day=head)
        form.last.label.text = translate(_("To (%(day)s)"), day=head)
        if not form.validate() and wants_file():
            raise DomainError("no_such_period", str(next(iter(form.errors.values()))[0]))
        return form

    @property
    def narrowed(self) -> bool:
        """Whether the address keeps the rows of a period."""
        form = self.between()
        return form is not None and any(form.days)

    def within(self, query: Any) -> Any:
        """Those rows of the query that lie in the period of the address; a moment counts on its day in London."""
        form = self.between()
        if form is None:
            return query
        by = next(column.by for column in self.columns if column.key == self.dated)
        moments = isinstance(by.type, UtcDateTime)
        first, last = form.days
        if first:
            query = query.where(by >= (end_of_london_day(first - timedelta(days=1)) if moments else first))
        if last:
            query = query.where(by < end_of_london_day(last) if moments else by <= last)
        return query

    def within_read(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The same for rows that were worked out; one without a day is in no period."""
        form = self.between()
        if form is None or not any(form.days):
            return rows
        cell: Callable[[Any], Any] = next(x.cell for x in self.columns if x.key == self.dated)
        first, last = form.days
        return [row for row in rows if (at := cell(row)) and (first or date.min) <= _day(at) <= (last or date.max)]

    def in_order(self, rows: Sequence[Any]) -> list[Any]:
        """Rows in the order that the address asks for; what a row lacks comes last."""
        wanted = self.order
        cell: Callable[[Any], Any] = next(x.cell for x in self.columns if x.key == wanted.removeprefix("-"))
        there = [row for row in rows if cell(row) not in (None, "")]
        lacking = [row for row in rows if cell(row) in (None, "")]
        upwards = sorted(there, key=cell)
        return (upwards[::-1] if wanted.startswith("-") else upwards) + lacking

    def page(self, query: Any, *, then: Then = list) -> Listed[Any]:
        """The page of the list that the address asks for."""
        read = page_of if _of_one_kind(query) else page_of_rows
        listed = read(self.ordered(query), request.args.get("page", 1, type=int))
        return listed._replace(rows=then(listed.rows))

    def ordered(self, query: Any) -> Any:
        """The query in the order that the address asks for; what a row lacks comes last."""
        wanted = self.order
        way = desc if wanted.startswith("-") else asc
        by = next(column.by for column in self.columns if column.key == wanted.removeprefix("-"))
        # Rows that all have something there are in the order of an index, which says nothing of what is lacking.
        first = nulls_last(way(by)) if _may_lack(by, self.tie) else way(by)
        return query.order_by(None).order_by(first, way(self.tie))

    @property
    def order(self) -> str:
        """The order in which the list stands, as the address names it."""
        asked = request.args.get("sort", "")
        known = {column.key for column in self.columns if column.key}
        return asked if asked.removeprefix("-") in known else self.usual

    def heads(self) -> list[Head]:
        """The heads of the table, those that it can be ordered by with their links."""
        return [Head(translate(each.head), each.numeric, self._sort(each.key)) for each in self.columns]

    def _sort(self, key: str) -> Sort | None:
        if not key:
            return None
        ways = {key: "ascending", f"-{key}": "descending"}
        following = f"-{key}" if self.order == key else key
        return Sort(request.path + query_with(sort=following), ways.get(self.order, "none"))

    def file(self, query: Any, *, then: Then = list, name: str = "") -> Response:
        """All rows of the list as CSV in UTF-8, with the mark by which spreadsheets know that.

        Raises DomainError when there are more than ``MOST_ROWS``.
        """
        return self._handed_out(self._lines(query, then), name)

    def _handed_out(self, lines: Iterator[list[Cell]], name: str) -> Response:
        header = [column.file_head() for column in self.columns]
        data = csv_files.write_table(header, lines)
        answer = Response(codecs.BOM_UTF8 + data, mimetype="text/csv")
        filename = f"{name or self.name}-{current_act().today.isoformat()}.csv"
        answer.headers.set("Content-Disposition", "attachment", filename=filename)
        return answer

    def _lines(self, query: Any, then: Then) -> Iterator[list[Cell]]:
        limited = self.ordered(query).limit(MOST_ROWS + 1)
        result: Any = session.execute(limited, execution_options={"yield_per": CHUNK})
        number = 0
        for chunk in (result.scalars() if _of_one_kind(query) else result).partitions(CHUNK):
            number += len(chunk)
            _refuse_too_many(number)
            yield from ([column.file_cell(row) for column in self.columns] for row in then(chunk))


def _may_lack(by: Any, tie: Any) -> bool:
    """Whether a row may have nothing there: all but required columns of the table that every row comes from."""
    column, own = getattr(by, "expression", None), getattr(tie, "expression", None)
    if not isinstance(column, SqlColumn) or not isinstance(own, SqlColumn):
        return True
    return bool(column.nullable) or column.table is not own.table


def _day(value: date | datetime) -> date:
    return london_date(value) if isinstance(value, datetime) else value


def _refuse_too_many(number: int) -> None:
    if number > MOST_ROWS:
        words = _("The list has more than %(most)s rows. Narrow it with the filters, then download it.")
        raise DomainError("too_many_rows", translate(words, most=most_rows()))


def wants_file() -> bool:
    """Whether the address asks for a file and not for a page."""
    return request.args.get("as") == "csv"


def most_rows() -> str:
    """How many rows a file may have, in words."""
    return f"{MOST_ROWS:,}"


def query_with(**changes: object) -> str:
    """The query of this page's address with other values: of the first page, unless ``page`` is among them."""
    kept = {name: values for name, values in request.args.lists() if name not in ("page", "as")}
    return f"?{urlencode({**kept, **changes}, doseq=True)}"


def _of_one_kind(query: Any) -> bool:
    """Whether a query's rows are single records and not several columns or kinds of record at once."""
    return len(query.column_descriptions) == 1
