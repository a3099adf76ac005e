"""What one claim writes: the statements as the product sent them, with every row that they left."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from typing import Any, cast

import psycopg
from flask import Flask
from psycopg.types.json import set_json_loads
from sqlalchemy import event, make_url
from werkzeug.test import Client

from config import Config
from tests.concurrency.processes import Browser
from tests.harness.clock import FixedClock
from tests.harness.ready import running
from voucher.platform.db import PRAGMAS, db
from voucher.tables import METADATA

# A statement and what it is given; a claim is a list of them, in their order.
Write = tuple[str, Any]
Claim = list[Write]
PROVIDER = "pat@provider.example"
_INSERT = re.compile(r'INSERT INTO "?(\w+)"?')


class InProcess(Browser):
    """A provider's browser whose requests are handled in this process, so that their statements are seen."""

    def __init__(self, app: Flask) -> None:
        super().__init__(0)
        self._client: Client = app.test_client()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        # Outside the context of here, so that each request has one of its own.
        answer = Context().run(self._client.open, path, method=method, data=body, headers=sent)
        return answer.status_code, answer.get_data(as_text=True)


def net_pence(number: int) -> int:
    """An amount that no other claim of the run has: claims that are alike would write of each other as well."""
    return 5500 + 5 * number


def connect(url: str) -> Any:
    """The driver's own connection, as durable as the product's; it begins no transaction by itself."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(str(make_url(url).database), isolation_level=None, timeout=60)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connected = psycopg.connect(plain, autocommit=True)
    set_json_loads(lambda read: bytes(read).decode(), connected)  # JSON is written again as it was read.
    return connected


def claims_written(config: Config, sessions: Sequence[str]) -> list[Claim]:
    """Hands a claim in for each session, one after the other, and gives what each of them wrote."""
    written = []
    raw = connect(config.database_url)
    with running(config, FixedClock()) as app, _writes_seen() as seen:
        browser = InProcess(app)
        browser.sign_in(PROVIDER)
        last = {table: _highest(raw, table) for table in METADATA.tables}
        for number, session_id in enumerate(sessions):
            seen.clear()
            status, answer = browser.claim(session_id, f"capture-{number:06d}", f"CAP-{number}", net_pence(number))
            if status != 201:
                raise RuntimeError(f"a claim was answered {status}: {answer}")
            written.append(_with_rows(raw, seen, last))
    raw.close()
    return written


@contextmanager
def _writes_seen() -> Iterator[list[Write]]:
    seen: list[Write] = []

    def look(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            seen.extend((statement, each) for each in (given if many else [given]))

    engine = db.engine
    event.listen(engine, "before_cursor_execute", look)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", look)


@contextmanager
def updates_seen() -> Iterator[tuple[list[str], list[Write]]]:
    """The statements that are sent meanwhile, and those of them that change rows which are there, with their values."""
    sent: list[str] = []
    updates: list[Write] = []

    def look(_connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> None:
        sent.append(statement)
        if statement.startswith(("UPDATE", "DELETE")):
            updates.extend((statement, each) for each in (given if many else [given]))

    engine = db.engine
    event.listen(engine, "before_cursor_execute", look)
    try:
        yield sent, updates
    finally:
        event.remove(engine, "before_cursor_execute", look)


def _with_rows(raw: Any, seen: Sequence[Write], last: dict[str, int]) -> Claim:
    """The statements with each table's rows in one INSERT, complete with the numbers that the database gave them."""
    claim, done = Claim(), set[str]()
    for statement, given in seen:
        found = _INSERT.match(statement)
        if found is None:
            claim.append((statement, given))
        elif found[1] not in done:
            done.add(found[1])
            claim.append(_rows_of(raw, found[1], last))
    return claim


def _rows_of(raw: Any, table: str, last: dict[str, int]) -> Write:
    cursor = raw.execute(f'SELECT * FROM "{table}" WHERE id > {last[table]} ORDER BY id')
    names, rows = [column[0] for column in cursor.description], cursor.fetchall()
    if not rows:
        raise RuntimeError(f"nothing new is in {table}")
    last[table] = max(row[names.index("id")] for row in rows)
    mark = "?" if isinstance(raw, sqlite3.Connection) else "%s"
    places = ", ".join(f"({', '.join([mark] * len(names))})" for _row in rows)
    columns = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{table}" ({columns}) VALUES {places}', [value for row in rows for value in row]


def _highest(raw: Any, table: str) -> int:
    return cast(int, raw.execute(f'SELECT COALESCE(MAX(id), 0) FROM "{table}"').fetchone()[0])
