"""The migrations: one line of them, up and down on both engines, and the schema that the code expects."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, MetaData, NullPool, String, Table, create_engine, inspect

from tests.integration.platform.schema_list import read_database, read_written
from voucher.platform import schema
from voucher.tables import METADATA

VERSIONS = sorted((schema.MIGRATIONS / "versions").glob("*.py"))
REFRESH = "the schema and its written list differ: python -m tests.integration.platform.schema_list"


def tables(url: str) -> set[str]:
    engine = create_engine(url, poolclass=NullPool)
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_migrations_go_up_down_and_up_again(empty_url: str) -> None:
    assert schema.current(empty_url) is None
    schema.upgrade(empty_url)
    assert schema.current(empty_url) == schema.head()
    assert tables(empty_url) == set(METADATA.tables)
    schema.downgrade(empty_url)
    assert (schema.current(empty_url), tables(empty_url)) == (None, set())
    schema.upgrade(empty_url)
    assert tables(empty_url) == set(METADATA.tables)


def test_a_downgrade_leaves_no_trigger_and_no_function(empty_url: str) -> None:
    schema.upgrade(empty_url)
    schema.downgrade(empty_url)
    assert read_database(create_engine(empty_url, poolclass=NullPool)) == []


def test_an_upgrade_of_the_newest_schema_changes_nothing(database_url: str, engine: Engine) -> None:
    before = read_database(engine)
    schema.upgrade(database_url)
    assert read_database(engine) == before


def test_a_database_of_a_newer_version_is_known_to_be_one(engine: Engine, database_url: str) -> None:
    assert schema.known(schema.head())
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert not schema.known(schema.current(database_url) or "")


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(schema.MIGRATIONS)).get_heads()) == 1


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_is_numbered_named_and_depends_on_no_code_of_ours(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = re.fullmatch(r"(\d{4})_[a-z0-9_]+", path.stem)
    assert named, "a migration's file is called 0001_short_name.py"
    assert assigned(tree, "revision") == named[1] == f"{VERSIONS.index(path) + 1:04d}"
    previous = VERSIONS.index(path)
    assert assigned(tree, "down_revision") == (f"{previous:04d}" if previous else None)
    assert not {name for name in imported(tree) if name.split(".")[0] in ("voucher", "config", "tests")}


def assigned(tree: ast.Module, name: str) -> object:
    found = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name
    ]
    return found[0]


def imported(tree: ast.Module) -> set[str]:
    found = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    return found | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def differences(engine: Engine, metadata: MetaData) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def test_the_models_say_what_the_migrations_made(engine: Engine) -> None:
    assert differences(engine, METADATA) == []


def test_a_column_of_another_type_would_be_noticed(engine: Engine) -> None:
    changed = MetaData(naming_convention=METADATA.naming_convention)
    for table in METADATA.sorted_tables:
        table.to_metadata(changed)
    changed.remove(changed.tables["subsidy_limit"])
    Table("subsidy_limit", changed, Column("pence", String(3)))
    found = str(differences(engine, changed))
    assert "modify_type" in found
    assert "remove_column" in found


def constraints(url: str) -> set[str]:
    """CHECKs, and indexes with the rows that they are about: what a comparison with the models' tables leaves out."""
    engine = create_engine(url, poolclass=NullPool)
    seen = inspect(engine)
    found = {line for line in read_database(engine) if ": CHECK " in line}
    for table in METADATA.tables:
        for index in seen.get_indexes(table):
            where = [str(words) for name, words in index.get("dialect_options", {}).items() if name.endswith("_where")]
            found.add(f"{table} {index['name']} {index['column_names']} {index['unique']} {where}")
    return found


def test_the_models_constraints_are_the_migrations_constraints(empty_url: str, database_url: str) -> None:
    engine = create_engine(empty_url, poolclass=NullPool)
    METADATA.create_all(engine)
    declared, made = constraints(empty_url), constraints(database_url)
    assert (declared - made, made - declared) == (set(), set())
    assert any("['" in line.rpartition("] ")[2] for line in made), "no index over some rows was compared"


@pytest.mark.rule(24, 55)
def test_triggers_and_checks_are_those_of_the_written_list(engine: Engine, engine_kind: str) -> None:
    assert read_database(engine) == read_written(engine_kind), REFRESH


@pytest.mark.rule(24)
def test_a_missing_trigger_would_be_noticed(engine: Engine, engine_kind: str) -> None:
    name = "posting_no_update" if engine_kind == "sqlite" else "posting_append_only ON posting"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    missing = set(read_written(engine_kind)) - set(read_database(engine))
    assert [line.partition(":")[0] for line in missing] == [f"posting {name.split()[0]}"]
