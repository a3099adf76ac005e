"""Unit tests have no database: touching one is an error."""

from __future__ import annotations

import sqlite3
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import Engine

from voucher.platform.db import db


class DatabaseTouched(RuntimeError):
    """A unit test used the database; move the test to the integration tier or the rule out of the command."""


def _refuse(*_args: object, **_more: object) -> NoReturn:
    raise DatabaseTouched("a unit test has no database")


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.session, "registry", _refuse)
    monkeypatch.setattr(Engine, "connect", _refuse)
    monkeypatch.setattr(Engine, "raw_connection", _refuse)
    monkeypatch.setattr(sqlite3, "connect", _refuse)
    monkeypatch.setattr(psycopg, "connect", _refuse)
    monkeypatch.setattr(psycopg.Connection, "connect", _refuse)
