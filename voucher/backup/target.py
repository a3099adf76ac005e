"""The place that a backup is restored to: it has to be empty, and it is left empty when the restore fails."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Engine, NullPool, create_engine, delete, inspect, make_url, select, table
from sqlalchemy.exc import DBAPIError

from config import Config
from voucher.backup.archive import sync_folder
from voucher.backup.errors import BackupError
from voucher.platform import schema
from voucher.platform.i18n import gettext_noop as _
from voucher.tables import METADATA

VERSION_TABLE = "alembic_version"
# What the migrations themselves write; the restored rows take their place.
SEEDED = frozenset({"subsidy_limit"})

_NOT_EMPTY = _("The place is not empty, and nothing is ever overwritten. Restore to an empty database and data folder.")
_UNREACHABLE = _("The database cannot be reached: {why}")


@dataclass(frozen=True)
class Before:
    """How a database was found: whether it was there at all, its schema and its tables."""

    url: str
    file: Path | None
    there: bool
    revision: str | None
    tables: frozenset[str]


# The functions behind the triggers of the migrations.
GUARDS = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
    "AND prorettype = 'trigger'::regtype AND starts_with(proname, 'refuse_')"
)


def require_empty(config: Config) -> Before:
    """How the database was found; raises BackupError, naming what is there, unless there is nothing to overwrite."""
    faults = []
    if config.key_ring.exists():
        faults.append(f"there is a key ring at {config.key_ring}")
    if any(path.is_file() for path in config.documents.rglob("*")):
        faults.append(f"there are documents in {config.documents}")
    if config.roots.exists():
        faults.append(f"there is a file of roots at {config.roots}")
    try:
        before, filled = _look(config.database_url)
    except DBAPIError as error:
        raise BackupError("database_unreachable", _UNREACHABLE.format(why=error.orig)) from error
    faults += filled
    if faults:
        raise BackupError("not_empty", _NOT_EMPTY, faults)
    return before


def _look(url: str) -> tuple[Before, list[str]]:
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return Before(url, file, False, None, frozenset()), []
    engine = create_engine(url, poolclass=NullPool)
    tables = frozenset(inspect(engine).get_table_names())
    before = Before(url, file, True, schema.current(url), tables)
    return before, _in_the_way(engine, before)


def _in_the_way(engine: Engine, before: Before) -> list[str]:
    """What is in the database, one sentence each; tables of no schema that this program knows are not its to remove."""
    others = sorted(before.tables - frozenset(METADATA.tables) - {VERSION_TABLE})
    faults = [f"the database has a table of others: {name}" for name in others]
    if before.revision and not schema.known(before.revision):
        return [*faults, f"the database has schema {before.revision}, which this program does not know"]
    ours = [METADATA.tables[name] for name in sorted(before.tables & frozenset(METADATA.tables))]
    if not before.revision:
        return faults + [f"the database has a table without a schema: {table.name}" for table in ours]
    with engine.connect() as connection:
        asked = [table for table in ours if table.name not in SEEDED]
        filled = [table.name for table in asked if connection.execute(select(table.c.id).limit(1)).first()]
    return faults + [f"the database has rows in {name}" for name in filled]


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None for a server's."""
    parts = make_url(url)
    return Path(parts.database) if parts.get_backend_name() == "sqlite" and parts.database else None


def migrate(url: str, revision: str) -> None:
    """Brings an empty or older database to the revision, which need not be the newest."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, revision)


@contextmanager
def made_anew(before: Before, revision: str) -> Iterator[None]:
    """The empty schema of the revision; when what is done with it fails, the database is again as it was found."""
    try:
        if before.revision:
            schema.downgrade(before.url)
        migrate(before.url, revision)
        yield
    except BaseException:
        _put_back(before)
        raise


def _put_back(before: Before) -> None:
    if before.file is not None and not before.there:
        for suffix in ("", "-wal", "-shm", "-journal"):
            before.file.with_name(before.file.name + suffix).unlink(missing_ok=True)
        return
    _take_away(before)
    if before.revision:
        migrate(before.url, before.revision)


def _take_away(before: Before) -> None:
    """Drops what is there: no others' table was, and the way down would refuse what an older schema cannot hold."""
    engine = create_engine(before.url, poolclass=NullPool)
    with engine.begin() as connection:
        on_server = connection.dialect.name == "postgresql"
        for name in inspect(connection).get_table_names():
            if name == VERSION_TABLE and name in before.tables:
                connection.execute(delete(table(name)))
            else:
                connection.exec_driver_sql(f'DROP TABLE "{name}"' + (" CASCADE" if on_server else ""))
        for guard in connection.exec_driver_sql(GUARDS).scalars().all() if on_server else ():
            connection.exec_driver_sql(f"DROP FUNCTION {guard}")


def make_folder(path: Path) -> list[Path]:
    """Makes a folder that its owner alone may enter; gives those that were made for it, the innermost first."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return missing


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


@contextmanager
def staging(config: Config) -> Iterator[Config]:
    """A folder within the data folder, where all is laid and checked before it is put in its place."""
    made = make_folder(config.data)
    try:
        with tempfile.TemporaryDirectory(dir=config.data, prefix=".restore-") as folder:
            yield replace(config, data=Path(folder))
    except BaseException:
        _remove_empty(made)
        raise


def put_in_place(staged: Config, config: Config) -> None:
    """Moves the checked files to where the app looks for them, the keys last: without them no app starts."""
    moved: list[Path] = []
    made: list[Path] = []
    try:
        for source, place in (
            (staged.documents, config.documents),
            (staged.roots, config.roots),
            (staged.key_ring, config.key_ring),
        ):
            if not source.exists():
                continue
            made = make_folder(place.parent) + made
            if place.is_dir():
                shutil.rmtree(place)  # It holds no file: that was asked before anything else.
            source.rename(place)
            moved.append(place)
            sync_folder(place.parent)
    except BaseException:
        for place in moved:
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        _remove_empty(made)
        raise
