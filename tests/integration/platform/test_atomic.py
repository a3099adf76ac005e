"""The one transaction at the edge: what it keeps, what it undoes, and what it refuses."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import OperationalError

from voucher.organisations.models import Enterprise
from voucher.platform.db import NestedTransaction, atomic, engine, session

ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize(
    "engine_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def enterprises() -> int:
    """How many another transaction sees."""
    with engine().connect() as connection:
        return connection.scalar(select(func.count()).select_from(Enterprise)) or 0


def other_writer() -> sqlite3.Connection:
    """A second process's connection, which does not wait for a lock."""
    return sqlite3.connect(str(engine().url.database), timeout=0, isolation_level=None)


def write_elsewhere(group: str) -> None:
    other = other_writer()
    other.execute("INSERT INTO enterprise (group_name) VALUES (?)", [group])
    other.close()


def test_a_block_that_ends_is_committed(app: Flask) -> None:
    with atomic():
        session.add(Enterprise(group_name="Mill Lane"))
        session.flush()
        assert enterprises_seen_outside(app) == 0
    assert enterprises() == 1


def enterprises_seen_outside(app: Flask) -> int:
    """The count from a connection that is not the block's; SQLite's readers do not wait for its writer."""
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        other = other_writer()
        try:
            return int(other.execute("SELECT count(*) FROM enterprise").fetchone()[0])
        finally:
            other.close()
    return enterprises()


def test_a_block_that_fails_leaves_nothing(app: Flask) -> None:
    with pytest.raises(KeyError):
        change_and_fail()
    assert enterprises() == 0
    with atomic():
        session.add(Enterprise(group_name="Mill Lane"))
    assert enterprises() == 1


def change_and_fail() -> None:
    with atomic():
        session.add(Enterprise(group_name="Mill Lane"))
        session.flush()
        raise KeyError("the command failed")


def test_a_block_within_a_block_is_refused_and_undoes_both(app: Flask) -> None:
    with pytest.raises(NestedTransaction):
        change_and_nest()
    assert enterprises() == 0


def change_and_nest() -> None:
    with atomic():
        session.add(Enterprise(group_name="Mill Lane"))
        session.flush()
        with atomic():
            pass


def test_a_change_made_before_the_block_is_refused_rather_than_lost(app: Flask) -> None:
    session.add(Enterprise(group_name="Mill Lane"))
    with pytest.raises(NestedTransaction), atomic():
        pass
    session.rollback()
    with atomic():
        pass
    assert enterprises() == 0


@ON_SQLITE
def test_on_sqlite_a_read_can_turn_into_a_write_while_another_process_writes(app: Flask) -> None:
    with atomic():
        assert session.scalar(select(func.count()).select_from(Enterprise)) == 0
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_elsewhere("Dock Street")
        session.add(Enterprise(group_name="Mill Lane"))
    write_elsewhere("Dock Street")
    assert enterprises() == 2


@ON_SQLITE
def test_on_sqlite_without_the_block_the_write_fails_after_another_process_wrote(app: Flask) -> None:
    assert session.scalar(select(func.count()).select_from(Enterprise)) == 0
    write_elsewhere("Dock Street")
    session.add(Enterprise(group_name="Mill Lane"))
    with pytest.raises(OperationalError, match="database is locked"):
        session.commit()


@ON_SQLITE
def test_on_sqlite_a_page_that_has_read_before_the_block_decides_on_fresh_rows(app: Flask) -> None:
    assert session.scalar(select(func.count()).select_from(Enterprise)) == 0
    write_elsewhere("Dock Street")
    with atomic():
        assert session.scalar(select(func.count()).select_from(Enterprise)) == 1
        session.add(Enterprise(group_name="Mill Lane"))
    assert enterprises() == 2


def prepared_after(roll_back: Callable[[Connection], None]) -> int:
    """How many statements the server still has ready on a connection, of one that was prepared and rolled back."""
    with engine().connect() as connection:
        driver = driver_of(connection)
        driver.prepare_threshold = 0
        assert connection.scalar(select(func.count()).select_from(Enterprise)) == 0
        connection.execute(insert(Enterprise).values(group_name="Mill Lane"))
        roll_back(connection)
        driver.prepare_threshold = None
        return connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")) or 0


@ON_POSTGRESQL
def test_what_the_server_has_prepared_outlives_a_transaction_that_is_rolled_back(app: Flask) -> None:
    assert prepared_after(lambda connection: connection.rollback()) == 2
    assert enterprises() == 0


@ON_POSTGRESQL
def test_control_the_driver_alone_forgets_it(app: Flask) -> None:
    assert prepared_after(lambda connection: driver_of(connection).rollback()) == 0


def driver_of(connection: Connection) -> psycopg.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


@ON_POSTGRESQL
@pytest.mark.parametrize("noticed_by", ["a statement", "the rollback"])
def test_a_transaction_whose_connection_was_lost_ends_and_the_next_has_another(app: Flask, noticed_by: str) -> None:
    ended = session.scalar(text("SELECT pg_backend_pid()"))
    with engine().connect() as other:
        assert other.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": ended})
    if noticed_by == "a statement":
        with pytest.raises(OperationalError):
            session.scalar(text("SELECT 1"))
    with suppress(OperationalError):
        session.rollback()
    session.remove()
    assert session.scalar(text("SELECT pg_backend_pid()")) != ended
