"""What messages are about moves from a text into rows of its own; and the way back is open."""

from __future__ import annotations

import json

from alembic import command
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from tests.integration.platform.rows import add, loosen
from voucher.platform import schema

BEFORE = "0018"
ROWS = "SELECT message_id, kind, record_id FROM message_subject ORDER BY message_id, kind"
OLD_ROWS = "SELECT id, subject_ids FROM outbox_message ORDER BY id"
OLD = (
    "INSERT INTO outbox_message (id, kind, email, subject_ids, created_at, due_at, attempts, last_error) "
    "VALUES (:id, :kind, 'ann@b.example', :about, '2026-04-07 09:00:00', '2026-04-07 09:00:00', 0, '')"
)


def told(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def abouts(engine: Engine) -> dict[int, dict[str, int]]:
    """What each old row says that it is about."""
    rows = told(engine, OLD_ROWS)
    return {int(str(row_id)): json.loads(about) if isinstance(about, str) else dict(about) for row_id, about in rows}  # type: ignore[call-overload]


def old(connection: Connection, row_id: int, kind: str, **about: int) -> None:
    """A message as it was written before."""
    connection.execute(text(OLD), {"id": row_id, "kind": kind, "about": json.dumps(about)})


def test_what_messages_are_about_moves_into_rows_and_back(database_url: str) -> None:
    engine, settings = create_engine(database_url, poolclass=NullPool), schema._config(database_url)
    loosen(engine)
    with engine.begin() as connection:
        add(connection, "outbox_message", id=1, kind="claim_made")
        add(connection, "message_subject", message_id=1, kind="redemption", record_id=12)
    command.downgrade(settings, BEFORE)
    assert abouts(engine) == {1: {"redemption_id": 12}}
    with engine.begin() as connection:
        old(connection, 2, "offer", application_id=7)
        old(connection, 3, "provider_application_refused", application_id=7)
        old(connection, 4, "provider_suspended_business", voucher_id=5, provider_id=6)
        old(connection, 5, "hello")
    schema.upgrade(database_url)
    assert told(engine, ROWS) == [
        (1, "redemption", 12),
        (2, "application", 7),
        (3, "provider_application", 7),
        (4, "provider", 6),
        (4, "voucher", 5),
    ]
    assert told(engine, "SELECT COUNT(*) FROM outbox_message WHERE NOT needless") == [(5,)]
    command.downgrade(settings, BEFORE)
    assert abouts(engine) == {
        1: {"redemption_id": 12},
        2: {"application_id": 7},
        3: {"application_id": 7},
        4: {"voucher_id": 5, "provider_id": 6},
        5: {},
    }
