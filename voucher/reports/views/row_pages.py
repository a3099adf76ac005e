"""The rows behind a figure of a statement, with its definition: as a page and as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from string import ascii_lowercase
from typing import Any, cast

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from voucher.applications.models import Application
from voucher.funding.conditions import year_start
from voucher.funding.models import FundingLine
from voucher.funding.rules import Account, LineKind
from voucher.organisations.models import Organisation
from voucher.outputs.rules import OF_JOBS, Measure
from voucher.payments.models import Drawdown
from voucher.payments.page_queries import drawdowns
from voucher.payments.views.lists import DRAWDOWNS
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import capital
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day
from voucher.platform.lists import Column, Kind, Listing
from voucher.platform.money import pounds
from voucher.platform.paging import Rows
from voucher.platform.web import current_act, requires
from voucher.providers.models import Provider
from voucher.redemptions.models import Redemption
from voucher.reports.behind import SUMS, rows_of_sum
from voucher.reports.commands import data_of
from voucher.reports.comparing import parts_of
from voucher.reports.funding_lines import PAID_FROM
from voucher.reports.ledger_side import LONG_AGO, Period
from voucher.reports.match_lines import match_behind
from voucher.reports.models import Statement
from voucher.reports.output_lines import part_codes
from voucher.reports.paper import shown
from voucher.reports.queries import visible_statement
from voucher.reports.reading import by_id
from voucher.reports.subsidy_lines import given_with
from voucher.reports.views.lists import ANNEX, MATCH, MOVEMENTS, SUBSIDIES, ClaimRow, PaymentRow
from voucher.schemes.models import Scheme
from voucher.subsidies.models import Assistance
from voucher.vouchers.models import Voucher

blueprint = Blueprint("statement_rows", __name__)

P = Permission
TEMPLATE = "reports/figure.html"
Json = Mapping[str, Any]

# What a row of the annex adds to a figure.
OF_ANNEX: Mapping[str, Callable[[Json], int]] = {
    "13a": lambda row: row["gross"] - row["own_contribution"] - row["grant"],
    "14a": lambda row: row["own_contribution"],
    "25": lambda row: row["grant"],
}
PAID, WAITING = (Account.DEFRAYED, Account.DISALLOWED), (Account.CLAIMED, Account.APPROVED)
# On which accounts the claims stand that make a figure up, and what each of them adds to it.
OF_MATCH = {
    "14": (PAID, "counted"),
    "14d": (WAITING, "own"),
    "14e": (PAID, "elsewhere"),
    "14f": (PAID, "grant"),
}
# Whether only what was given in the period counts.
OF_SUBSIDIES = {"24": True, "24a": True, "24b": False, "24c": False}
# Lines of which kind were asked for.
OF_DRAWDOWNS = {
    "17": frozenset(LineKind),
    "17a": frozenset({LineKind.CAPITAL}),
    "17b": frozenset({LineKind.REVENUE}),
    "17c": frozenset({LineKind.ADMINISTRATION}),
}
# Which lines and parts have their rows on the statement's own page, and the part of its data that they come from.
BELOW = {
    "21": "irregularities",
    "22": "exceptions",
    "23": "samples",
    "24d": "large_subsidies",
    "24e": "large_subsidies",
    "28": "overrides",
}


def address_of(statement: Statement, data: Json) -> Callable[..., str]:
    """Gives the address of the rows behind a figure by its code, and by a funding line's; empty where it has none.

    Shares, and what is worked out of other figures, have no rows of their own: their definition names those figures.
    """
    lists, with_rows = _output_lists(statement, data), _codes_with_rows(data)

    def address(code: str, only: str | None = None) -> str:
        number = code.rstrip(ascii_lowercase)
        if code in with_rows:
            return url_for("statement_rows.rows_page", public_id=statement.public_id, code=code, only=only)
        below = BELOW.get(code) or BELOW.get(number)
        if below and data.get(below):
            return f"#{below}"
        if code in ("18a", "19b"):
            return url_for("agreements.agreement_page", public_id=statement.agreement.public_id)
        if code == "27a" and statement.ledger_evidence_id:
            return url_for("statements.evidence_file", public_id=statement.public_id)
        return lists.get(code, "")

    return address


def _output_lists(statement: Statement, data: Json) -> dict[str, str]:
    """The addresses of the lists of what each indicator counts, by the codes of the parts."""
    scheme = session.get_one(Scheme, statement.scheme_id).reference
    found = {}
    for code, row in zip(part_codes(len(data["outputs"])), data["outputs"], strict=True):
        page = "outputs.jobs_page" if Measure(row["measure"]) in OF_JOBS else "outputs.outputs_page"
        found[code] = url_for(page, scheme=scheme, agreement=statement.agreement.public_id, code=row["code"])
    return found


def _codes_with_rows(data: Json) -> frozenset[str]:
    """The figures that lead to rows of their own; line 18b where the year's spending is what was paid in it."""
    found = SUMS | {"27b"} | OF_ANNEX.keys() | OF_MATCH.keys() | OF_SUBSIDIES.keys() | OF_DRAWDOWNS.keys()
    actual = next((str(each["definition"]) for each in parts_of(data) if each["code"] == "18b"), "")
    return found | {"18b"} if actual.startswith(PAID_FROM.partition("%")[0]) else found


@blueprint.get("/statements/<public_id>/figures/<code>")
@requires(P.STATEMENTS_READ)
def rows_page(public_id: str, code: str) -> ResponseReturnValue:
    statement = visible_statement(current_act().actor, public_id)
    data = data_of(statement)
    part = next((each for each in parts_of(data) if each["code"] == code), None)
    if part is None or code not in _codes_with_rows(data):
        raise NotFound("no_figure", _("The statement has no such figure with rows behind it."))
    by_line = cast(Mapping[str, int], part["by_funding_line"] or {})
    only = request.args.get("only", "")
    if only and only not in by_line:
        raise NotFound("no_figure", _("The statement has no such figure with rows behind it."))
    context = {
        "statement": statement,
        "part": part,
        "only": only,
        "figure": by_line[only] if only else part["value"],
        "name": f"{statement.reference}-{code}" + (f"-{only}" if only else ""),
        "shown": shown,
    }
    return _answer(statement, data, code, only, context)


def _answer(statement: Statement, data: Json, code: str, only: str, context: dict[str, Any]) -> ResponseReturnValue:
    """The page or the file of one kind of rows."""
    period = Period(statement.period_from, statement.period_to)
    if code in OF_ANNEX:
        payments = [PaymentRow(row, OF_ANNEX[code](row)) for row in data["transactions"]]
        total = len(payments) if code == "25" else sum(row.counted for row in payments)
        return ANNEX.answer_read(payments, TEMPLATE, total=total, **_drawn(ANNEX), **context)
    if code in OF_MATCH:
        claims = _claims(statement, code, period)
        total = sum(row.counted for row in claims)
        return MATCH.answer_read(claims, TEMPLATE, total=total, **_drawn(MATCH), **context)
    if code in OF_SUBSIDIES:
        given = _given(statement, period if OF_SUBSIDIES[code] else Period(LONG_AGO, period.last))
        total = _total(given, "count" if context["part"]["unit"] == "count" else "pence")
        return SUBSIDIES.answer(given, TEMPLATE, total=total, **_drawn(SUBSIDIES), **context)
    if code in OF_DRAWDOWNS:
        asked = drawdowns(statement.scheme_id).where(
            FundingLine.agreement_id == statement.agreement_id,
            FundingLine.kind.in_(OF_DRAWDOWNS[code]),
            FundingLine.code == only if only else FundingLine.id.is_not(None),
            Drawdown.requested_on.between(period.first, period.last),
        )
        return DRAWDOWNS.answer(asked, TEMPLATE, total=_total(asked, "pence"), **_drawn(DRAWDOWNS), **context)
    if code == "18b":
        code, period = "7", Period(year_start(period.last), period.last)
    rows = rows_of_sum(statement.agreement, period, "16" if code == "27b" else code, only=only)
    return MOVEMENTS.answer(rows, TEMPLATE, total=_total(rows, "moved"), **_drawn(MOVEMENTS), **context)


def _drawn(listing: Listing) -> dict[str, Any]:
    """What a page shows of a row, which is what its file says, as people read it; and whether days leave rows out."""
    return {
        "cells": lambda row: [_text(column, column.cell(row)) for column in listing.columns],
        "narrowed": listing.narrowed,
    }


def _text(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return str(shown_day(value))
    if column.kind == Kind.MONEY:
        return pounds(value)
    return capital(str(translate(value))) if column.kind == Kind.STATE and value else str(value)


def _total(rows: Rows, column: str) -> int:
    """The sum of one column of all rows, or how many there are."""
    every = rows.order_by(None).subquery()
    total = func.count() if column == "count" else func.coalesce(func.sum(every.c[column]), 0)
    return int(session.scalar(select(total).select_from(every)) or 0)


def _given(statement: Statement, period: Period) -> Rows:
    given = given_with(statement.agreement, Assistance, Application, Organisation.name.label("business"))
    of_business = given.join(Organisation, Organisation.id == Application.business_id)
    return of_business.where(Assistance.given_on.between(period.first, period.last))


def _claims(statement: Statement, code: str, period: Period) -> list[ClaimRow]:
    """The claims that make up a part of line 14."""
    accounts, counts = OF_MATCH[code]
    behind = match_behind(accounts, [line.id for line in statement.agreement.lines], period)
    # Read together, with what the rows say of them.
    names = (
        joinedload(Redemption.voucher).load_only(Voucher.reference),
        joinedload(Redemption.provider).joinedload(Provider.organisation),
    )
    by_id(Redemption, [each.redemption.id for each in behind], *names)
    return [
        ClaimRow(
            each.redemption.reference,
            each.redemption.voucher.reference,
            each.redemption.provider.organisation.name,
            each.grant,
            each.own,
            each.elsewhere,
            getattr(each, counts),
        )
        for each in behind
        if getattr(each, counts)
    ]
