"""Runs the migrations on the engine of the current app, or on a URL that the caller gives (tests do)."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from voucher.platform.db import RowId, UtcDateTime, prepare_engine
from voucher.tables import METADATA

config = context.config


def compare_type(
    _context: object, _inspected: object, _metadata: object, inspected: object, declared: object
) -> bool | None:
    """Our own types differ from what the database reports in name only."""
    return False if isinstance(declared, (UtcDateTime, type(RowId))) else None


def run() -> None:
    """Every migration in one transaction, so that a failed upgrade leaves the schema as it was."""
    url = config.get_main_option("sqlalchemy.url")
    if not url:
        raise SystemExit("migrations need a database URL")
    engine = create_engine(url.replace("%%", "%"))
    prepare_engine(engine)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=METADATA, compare_type=compare_type)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
