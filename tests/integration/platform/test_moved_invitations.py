"""Invitations of providers become those of their organisations: each keeps its number, and one to an address stays."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from tests.integration.platform.rows import MOMENT, add, loosen
from voucher.platform import schema

BEFORE = "0005"
FIRM = 7
ROWS = "SELECT id, organisation_id, email, withdrawn_at IS NULL, used_at IS NULL FROM invitation ORDER BY id"
OLD_ROWS = "SELECT id, provider_id FROM provider_invitation ORDER BY id"


def fill(connection: Connection) -> None:
    """A firm in two schemes, which asked cole in the second and mia, who has joined, in the first."""
    add(connection, "enterprise", id=1)
    add(connection, "person", id=1)
    add(connection, "organisation", id=FIRM)
    for number in (1, 2):
        add(connection, "scheme", id=number, number=number, public_id=f"{number}", reference=f"S{number}")
        provider = {"id": number, "public_id": f"{number}", "scheme_id": number, "organisation_id": FIRM}
        add(connection, "provider", state="applied", services="", phone="", **provider)
    for number, scheme_id, name, used in ((12, 2, "cole", None), (13, 1, "mia", MOMENT)):
        word = {"public_id": f"{number}", "token_hash": f"{number}", "email": f"{name}@b.example", "used_at": used}
        whose = {"scheme_id": scheme_id, "organisation_id": FIRM, "role": "provider scanner"}
        add(connection, "invitation", id=number, **word, **whose)
    add(connection, "provider_application", provider_id=1, state="taken up", services="Web shops")
    message = add(connection, "outbox_message", kind="invited")
    add(connection, "message_subject", message_id=message, kind="invitation", record_id=12)


def asked_earlier_in_the_first_scheme(connection: Connection) -> None:
    """Cole was asked in the first scheme, too, before anybody looked for that."""
    connection.execute(
        text(
            "INSERT INTO provider_invitation (id, public_id, token_hash, scheme_id, provider_id, email, role, "
            "invited_by, invited_at, expires_at) SELECT 11, 'earlier', 'earlier', 1, 1, email, role, invited_by, "
            "invited_at, expires_at FROM provider_invitation WHERE id = 12"
        )
    )


def told(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_invitations_move_with_their_numbers_and_the_way_back_is_open(database_url: str) -> None:
    engine, settings = create_engine(database_url, poolclass=NullPool), schema._config(database_url)
    loosen(engine)
    with engine.begin() as connection:
        fill(connection)
    command.downgrade(settings, BEFORE)
    assert told(engine, OLD_ROWS) == [(12, 2), (13, 1)]
    assert told(engine, "SELECT kind FROM outbox_message") == [("provider_invited",)]
    with engine.begin() as connection:
        asked_earlier_in_the_first_scheme(connection)
    schema.upgrade(database_url)
    cole, mia = "cole@b.example", "mia@b.example"
    assert told(engine, ROWS) == [(11, 7, cole, 0, 1), (12, 7, cole, 1, 1), (13, 7, mia, 1, 0)]
    assert told(engine, "SELECT kind FROM outbox_message") == [("invited",)]
    assert told(engine, "SELECT services FROM provider ORDER BY id") == [("Web shops",), ("",)]
    with engine.begin() as connection:
        assert add(connection, "invitation", organisation_id=FIRM, role="business member") == 14
