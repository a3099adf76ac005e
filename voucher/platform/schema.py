"""Running the migrations from code: the whole way up, down to nothing, and asking where a database stands."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def _config(url: str) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def upgrade(url: str) -> None:
    """Brings the database to the newest schema."""
    command.upgrade(_config(url), "head")


def downgrade(url: str) -> None:
    """Takes every table away again."""
    command.downgrade(_config(url), "base")


def head() -> str:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config("sqlite://")).get_current_head() or ""


def known(revision: str) -> bool:
    """Whether this code knows the revision; a database of a newer version has one that it does not."""
    return any(
        script.revision == revision for script in ScriptDirectory.from_config(_config("sqlite://")).walk_revisions()
    )


def current(url: str) -> str | None:
    """The revision that the database stands at; None for an empty one."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
