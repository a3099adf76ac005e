"""Restoring: on either engine what is there is what was backed up, or nothing is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine

from config import Config
from tests.harness.databases import Databases
from tests.integration.backup.books import (
    CLOSED_THROUGH,
    Books,
    contents,
    files_of,
    refusal,
    rows_of,
    running,
    with_true_hashes,
    write_archive,
)
from tests.integration.platform.rows import add
from tests.integration.platform.schema_list import read_database
from voucher.app import office
from voucher.backup import archive, back_up, restore, restoring, rows
from voucher.backup.target import sqlite_file
from voucher.platform import schema
from voucher.platform.keyring import KeyRing

FROM_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
TO_SQLITE = pytest.mark.parametrize("target_kind", ["sqlite"], indirect=True)


@pytest.mark.usefixtures("step_by_step")
def test_what_is_restored_is_what_was_backed_up(books: Books, target: Config) -> None:
    report = restore(target, books.report.data_archive, books.report.keys_archive)
    assert rows_of(target.database_url) == books.rows
    assert files_of(target) == books.files
    assert (report.rows, report.documents, report.findings) == (books.report.rows, books.report.documents, ())
    assert {row["closed_through"] for row in rows_of(target.database_url)["agreement"]} == {CLOSED_THROUGH}
    assert target.key_ring.stat().st_mode & 0o777 == 0o600
    assert not list(target.data.glob(".restore-*"))


@FROM_SQLITE
@pytest.mark.usefixtures("step_by_step")
def test_what_the_database_refuses_it_refuses_after_restoring(
    books: Books, target: Config, target_databases: Databases
) -> None:
    restore(target, books.report.data_archive, books.report.keys_archive)
    fresh = target_databases.migrated()
    expected = read_database(create_engine(fresh, poolclass=NullPool))
    assert read_database(create_engine(target.database_url, poolclass=NullPool)) == expected
    assert any("posting_open_period" in line for line in expected)
    target_databases.drop(fresh)


def test_a_backup_of_what_was_restored_is_the_same_backup(books: Books, target: Config, tmp_path: Path) -> None:
    restore(target, books.report.data_archive, books.report.keys_archive)
    with running(target):
        again = contents(back_up(office(), tmp_path / "again").data_archive)
    first = contents(books.report.data_archive)
    assert {name for name in first if first[name] != again[name]} <= {archive.MANIFEST, archive.MAC}
    assert list(first) == list(again)


@FROM_SQLITE
def test_new_rows_follow_the_restored_ones(books: Books, target: Config) -> None:
    restore(target, books.report.data_archive, books.report.keys_archive)
    engine = create_engine(target.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        row_id = add(connection, "sign_in_attempt")
    assert row_id == max(int(str(row["id"])) for row in books.rows["sign_in_attempt"]) + 1


@FROM_SQLITE
@TO_SQLITE
def test_postings_of_a_closed_period_could_not_be_loaded_without_care(
    books: Books, target: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "WITHHELD", {})
    refused = refusal(target, books.report.data_archive, books.report.keys_archive)
    assert (refused.code, "posting in a closed period" in refused.message) == ("not_loaded", True)


def altered(books: Books, folder: Path) -> Path:
    """The data archive with another name of an organisation."""
    members = contents(books.report.data_archive)
    name = archive.table_member("organisation")
    assert b"Calder Digital Ltd" in members[name]
    members[name] = members[name].replace(b"Calder Digital Ltd", b"Mallory Digital Lt")
    return write_archive(folder / "altered.tar.gz", members)


@FROM_SQLITE
def test_an_altered_member_is_named_and_nothing_is_written(
    books: Books, target: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, keys = altered(books, tmp_path), books.report.keys_archive
    refused = refusal(target, data, keys)
    assert (refused.code, refused.faults) == ("archive_altered", ("tables/organisation.jsonl was altered",))
    monkeypatch.setattr(archive, "differences", lambda *_: [])
    refused = refusal(target, data, keys)
    assert (refused.code, "organisation" in refused.message) == ("restored_differs", True)
    monkeypatch.setattr(restoring, "_require_same_rows", lambda *_: None)
    restore(target, data, keys)
    assert "Mallory Digital Lt" in {row["name"] for row in rows_of(target.database_url)["organisation"]}


@FROM_SQLITE
@TO_SQLITE
def test_whoever_has_not_the_keys_cannot_alter_a_member_and_its_hash_together(
    books: Books, target: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = with_true_hashes(contents(altered(books, tmp_path)))
    data = write_archive(tmp_path / "data.tar.gz", members)
    assert refusal(target, data, books.report.keys_archive).code == "other_keys"
    monkeypatch.setattr(archive, "require_same_keys", lambda *_: None)
    restore(target, data, books.report.keys_archive)
    assert "Mallory Digital Lt" in {row["name"] for row in rows_of(target.database_url)["organisation"]}


@FROM_SQLITE
@TO_SQLITE
def test_the_keys_of_another_installation_are_refused(books: Books, target: Config, tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "other.json", books.report.made_at)
    ring = {archive.RING: (tmp_path / "other.json").read_bytes(), archive.MANIFEST: b"{}"}
    keys = write_archive(tmp_path / "keys.tar", with_true_hashes(ring))
    assert refusal(target, books.report.data_archive, keys).code == "other_keys"


DAMAGES = {
    "a member is missing": lambda members: members.pop("tables/person.jsonl"),
    "a member was added": lambda members: members.update({"tables/more.jsonl": b""}),
    "the manifest is missing": lambda members: members.pop(archive.MANIFEST),
    "the manifest is no manifest": lambda members: members.update({archive.MANIFEST: b"[]"}),
    "the keyed hash is missing": lambda members: members.pop(archive.MAC),
    "the keyed hash is another": lambda members: members.update({archive.MAC: b"0" * 64}),
}
CODES = ["archive_altered", "archive_altered", "not_a_backup", "not_a_backup", "no_data", "other_keys"]


@FROM_SQLITE
@TO_SQLITE
@pytest.mark.parametrize(("damage", "code"), list(zip(DAMAGES, CODES, strict=True)), ids=list(DAMAGES))
def test_a_damaged_archive_is_refused(books: Books, target: Config, tmp_path: Path, damage: str, code: str) -> None:
    members = contents(books.report.data_archive)
    DAMAGES[damage](members)
    data = write_archive(tmp_path / "data.tar.gz", members)
    assert refusal(target, data, books.report.keys_archive).code == code


@FROM_SQLITE
@TO_SQLITE
def test_what_is_no_archive_is_refused(books: Books, target: Config, tmp_path: Path) -> None:
    data, keys = books.report.data_archive, books.report.keys_archive
    (tmp_path / "half.tar.gz").write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    (tmp_path / "text.tar.gz").write_text("no archive")
    assert refusal(target, tmp_path / "half.tar.gz", keys).code == "not_a_backup"
    assert refusal(target, tmp_path / "text.tar.gz", keys).code == "not_a_backup"
    assert refusal(target, tmp_path / "none.tar.gz", keys).code == "archive_unreadable"
    assert refusal(target, keys, data).code == "no_keys"
    assert refusal(target, keys, keys).code == "no_data"


def with_rows(place: Config) -> None:
    schema.upgrade(place.database_url)
    with create_engine(place.database_url, poolclass=NullPool).begin() as connection:
        add(connection, "sign_in_attempt")


def with_another_table(place: Config) -> None:
    with create_engine(place.database_url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id INTEGER)")


def with_a_newer_schema(place: Config) -> None:
    schema.upgrade(place.database_url)
    with create_engine(place.database_url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")


def with_a_file(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("x")


OCCUPIED = {
    "rows": (with_rows, "sign_in_attempt"),
    "a table of others": (with_another_table, "theirs"),
    "a newer schema": (with_a_newer_schema, "schema 9999"),
    "keys": (lambda place: with_a_file(place.key_ring), "key ring"),
    "a document": (lambda place: with_a_file(place.documents / "ab" / "abc"), "documents"),
    "roots": (lambda place: with_a_file(place.roots), "file of roots"),
}


@FROM_SQLITE
@pytest.mark.parametrize("what", OCCUPIED)
def test_nothing_is_restored_over_anything(books: Books, target: Config, what: str) -> None:
    occupy, word = OCCUPIED[what]
    occupy(target)
    refused = refusal(target, books.report.data_archive, books.report.keys_archive)
    assert (refused.code, word in refused.message) == ("not_empty", True)


@FROM_SQLITE
def test_an_installation_that_has_only_its_tables_is_empty_enough(books: Books, target: Config) -> None:
    schema.upgrade(target.database_url)
    (target.documents / "ab").mkdir(parents=True)
    restore(target, books.report.data_archive, books.report.keys_archive)
    assert (rows_of(target.database_url), files_of(target)) == (books.rows, books.files)


@FROM_SQLITE
@TO_SQLITE
def test_what_a_lost_database_left_beside_itself_does_no_harm(books: Books, target: Config) -> None:
    path = sqlite_file(target.database_url)
    assert path
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).write_bytes(b"left over" * 1000)
    restore(target, books.report.data_archive, books.report.keys_archive)
    assert rows_of(target.database_url) == books.rows
