"""The PDFs of statements that were signed before get rows of their own, frozen; and the way back is open."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.integration.platform.rows import MOMENT, add, loosen
from voucher.platform import schema

BEFORE = "0016"
ROWS = "SELECT statement_id, document_id, signature, mandate, drawn_at IS NULL FROM statement_paper ORDER BY id"
OLD_ROWS = "SELECT id, pdf_id, signature FROM statement ORDER BY id"


@pytest.fixture
def moved(database_url: str) -> Engine:
    """One statement from before there were signatures, one with its signature, and a draft."""
    engine = create_engine(database_url, poolclass=NullPool)
    loosen(engine)
    with engine.begin() as connection:
        add(connection, "scheme", id=1, number=1, public_id="1", reference="S1")
        add(connection, "document", id=7)
        for number, signature in ((1, None), (2, "{}")):
            row = {"id": number, "reference": f"S{number}", "public_id": f"{number}", "sequence": number}
            add(connection, "statement", state="signed", signed_by=2, signed_at=MOMENT, **row)
            paper = {"document_id": 7, "signature": signature, "drawn_at": MOMENT}
            add(connection, "statement_paper", statement_id=number, **paper)
        add(connection, "statement", id=3, reference="S3", public_id="3", sequence=3, state="draft")
    return engine


def told(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def refused(engine: Engine, change: str) -> bool:
    """Whether a trigger refuses the change."""
    try:
        with engine.begin() as connection:
            connection.execute(text(change))
    except DBAPIError as error:
        return any(words in str(error.orig) for words in ("statement is signed", "never changes", "keeps its paper"))
    return False


@pytest.mark.rule(55)
def test_papers_move_to_and_fro_and_are_frozen_in_either_place(moved: Engine, database_url: str) -> None:
    settings = schema._config(database_url)
    command.downgrade(settings, BEFORE)
    assert told(moved, OLD_ROWS) == [(1, 7, None), (2, 7, "{}"), (3, None, None)]
    assert refused(moved, "UPDATE statement SET pdf_id = 8 WHERE id = 1")
    assert refused(moved, "UPDATE statement SET signature = 'another' WHERE id = 2")
    schema.upgrade(database_url)
    assert [tuple(row) for row in told(moved, ROWS)] == [(1, 7, None, None, False), (2, 7, "{}", None, False)]
    assert refused(moved, "UPDATE statement_paper SET document_id = 8 WHERE statement_id = 1")
    assert refused(moved, "DELETE FROM statement_paper")
    assert refused(moved, "UPDATE statement SET data = 'another' WHERE id = 1")
    assert not refused(moved, "UPDATE statement SET state = 'sent' WHERE id = 1")


def test_the_way_back_waits_until_every_paper_is_drawn(moved: Engine, database_url: str) -> None:
    with moved.begin() as connection:
        add(connection, "statement_paper", statement_id=3, mandate="{}", check_at="x")
    with pytest.raises(RuntimeError, match="1 papers of signed statements are not drawn yet"):
        command.downgrade(schema._config(database_url), BEFORE)
    assert told(moved, "SELECT COUNT(*) FROM statement_paper") == [(3,)]
