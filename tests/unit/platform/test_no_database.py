"""A unit test cannot reach a database, by whichever way it tries."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from tests.unit.conftest import DatabaseTouched
from voucher.organisations.models import Enterprise
from voucher.platform.db import session


def test_the_session_is_refused() -> None:
    with pytest.raises(DatabaseTouched):
        session.scalars(select(Enterprise))


def test_a_session_or_connection_of_its_own_is_refused() -> None:
    engine = create_engine("sqlite://")
    with pytest.raises(DatabaseTouched):
        engine.connect()
    with pytest.raises(DatabaseTouched):
        Session(engine).scalars(select(Enterprise))


def test_a_driver_is_refused() -> None:
    with pytest.raises(DatabaseTouched):
        sqlite3.connect(":memory:")
    with pytest.raises(DatabaseTouched):
        psycopg.connect("host=127.0.0.1")
