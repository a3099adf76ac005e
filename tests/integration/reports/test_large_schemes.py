"""Figures are asked for by queries and not by lists of everything, for a database takes only so many values at once."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from voucher.applications.models import Application
from voucher.platform.db import session
from voucher.reports.checks import two_sides
from voucher.reports.ledger_side import Period
from voucher.reports.reconcile import reconcile

# PostgreSQL takes 65,535 values, and SQLite as many as it is told: this stands for them, and OFFERS for a scheme.
VALUES, OFFERS = 24, 25


@pytest.fixture
def large(app: Flask, clock: FixedClock) -> World:
    """A claim that was paid, and more offers than a statement takes values."""
    made = build_world(clock, award_pence=100_000_00)
    made.payable()
    made.paid()
    for _number in range(OFFERS):
        made.offered()
    return made


def take_no_more_values() -> None:
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, VALUES)


@pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
def test_both_sides_of_the_books_are_read_of_more_things_than_a_statement_takes_values(large: World) -> None:
    take_no_more_values()
    sides = two_sides(session.merge(large.scheme), Period(date(2026, 4, 1), date(2026, 6, 30)))
    assert all(each["holds"] for each in sides), sides
    assert not reconcile(session.merge(large.scheme)).differences


@pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
def test_control_a_list_of_them_is_refused(large: World) -> None:
    take_no_more_values()
    with pytest.raises(OperationalError, match="too many SQL variables"):
        session.query(Application).filter(Application.id.in_(range(OFFERS))).all()
