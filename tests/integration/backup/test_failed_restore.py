"""A restore that fails leaves nothing; one of older or of faulty books succeeds and says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, NullPool, create_engine, inspect

from config import Config
from tests.integration.accounts.people import olwen
from tests.integration.backup.books import (
    Books,
    as_found,
    contents,
    files_of,
    refusal,
    rows_of,
    with_true_hashes,
    write_archive,
)
from tests.integration.platform.rows import drop_triggers
from voucher.app import office
from voucher.audit.commands import seal
from voucher.backup import BackupError, archive, back_up, restore, restoring, rows
from voucher.backup import target as target_module
from voucher.platform import schema
from voucher.platform.db import atomic
from voucher.platform.keyring import KeyRing

FROM_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
TO_SQLITE = pytest.mark.parametrize("target_kind", ["sqlite"], indirect=True)
ADD_COLUMN = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "BEFORE"


def upgrade():
    op.add_column("enterprise", sa.Column("note", sa.String(), nullable=False, server_default="new"))


def downgrade():
    op.drop_column("enterprise", "note")
"""


def break_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object) -> None:
        raise KeyboardInterrupt("control and C")

    monkeypatch.setattr(rows.Loader, "finish", broken)


def break_checking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "faults_of_the_books", lambda *_: ["seal 1 is missing"])


def break_moving(monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[Path] = []

    def full(folder: Path) -> None:
        moved.append(folder)
        if len(moved) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(target_module, "sync_folder", full)


BREAKS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], type[BaseException], str]] = {
    "loading": (break_loading, KeyboardInterrupt, "control and C"),
    "checking": (break_checking, BackupError, "seal 1 is missing"),
    "moving": (break_moving, BackupError, "No space left"),
}


@FROM_SQLITE
@pytest.mark.parametrize(("stage", "prepared"), [("loading", False), ("checking", True), ("moving", False)])
def test_a_failed_restore_leaves_the_place_as_empty_as_it_was(
    books: Books, target: Config, monkeypatch: pytest.MonkeyPatch, stage: str, prepared: bool
) -> None:
    if prepared:
        schema.upgrade(target.database_url)
    before, data, keys = as_found(target), books.report.data_archive, books.report.keys_archive
    break_it, error, words = BREAKS[stage]
    with monkeypatch.context() as broken:
        break_it(broken)
        with pytest.raises(error, match=words):
            restore(target, data, keys)
    assert as_found(target) == before
    if prepared:
        found = rows_of(target.database_url)
        assert {name: len(rows) for name, rows in found.items() if rows} == {"subsidy_limit": 1}
    restore(target, data, keys)
    assert (rows_of(target.database_url), files_of(target)) == (books.rows, books.files)


def ring_of(books: Books) -> KeyRing:
    return KeyRing.load(books.place.key_ring)


@FROM_SQLITE
@TO_SQLITE
@pytest.mark.parametrize(("change", "code"), [({"revision": "9999"}, "newer_schema"), ({"format": 2}, "backup_format")])
def test_a_backup_of_a_newer_version_is_refused(
    books: Books, target: Config, tmp_path: Path, change: dict[str, object], code: str
) -> None:
    members = with_true_hashes(contents(books.report.data_archive), ring_of(books), **change)
    data = write_archive(tmp_path / "data.tar.gz", members)
    assert refusal(target, data, books.report.keys_archive).code == code


@FROM_SQLITE
def test_a_backup_of_an_older_schema_is_brought_to_the_newest(
    books: Books, target: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(schema.MIGRATIONS, tmp_path / "migrations")
    before = schema.head()
    (tmp_path / "migrations" / "versions" / "9999_later.py").write_text(ADD_COLUMN.replace("BEFORE", before))
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path / "migrations")
    report = restore(target, books.report.data_archive, books.report.keys_archive)
    assert (report.revision, report.brought_to, schema.current(target.database_url)) == (before, "9999", "9999")
    engine = create_engine(target.database_url, poolclass=NullPool)
    assert "note" in {column["name"] for column in inspect(engine).get_columns("enterprise")}
    assert rows_of(target.database_url) == books.rows


@FROM_SQLITE
@TO_SQLITE
def test_keys_without_that_of_a_voucher_are_refused(books: Books, target: Config, tmp_path: Path) -> None:
    ring = contents(books.report.keys_archive)
    ring[archive.RING] = ring[archive.RING].replace(b'"kid": 1,', b'"kid": 7,')
    keys = write_archive(tmp_path / "keys.tar", with_true_hashes(ring))
    refused = refusal(target, books.report.data_archive, keys)
    assert (refused.code, refused.faults) == ("restored_faults", ("The key ring has no voucher key 1.",))


@FROM_SQLITE
@TO_SQLITE
def test_a_document_with_other_bytes_is_refused(books: Books, target: Config, tmp_path: Path) -> None:
    members = contents(books.report.data_archive)
    lost = books.rows["document"][0]
    members[f"{archive.DOCUMENTS}{lost['sha256']}"] = b"%PDF-1.7 another"
    data = write_archive(tmp_path / "data.tar.gz", with_true_hashes(members, ring_of(books)))
    refused = refusal(target, data, books.report.keys_archive)
    assert refused.code == "restored_faults"
    assert f"{lost['original_name']}: no file is stored under {lost['sha256']}" in refused.faults


@pytest.mark.rule(64)
def test_faults_that_the_books_had_before_are_told_and_restored_with_them(
    app: Flask, engine: Engine, place: Config, target: Config, tmp_path: Path
) -> None:
    olwen()
    with atomic():
        seal(office().clock, roots_file=place.roots)
    with engine.begin() as connection:
        drop_triggers(connection, "audit_event")
        connection.exec_driver_sql("UPDATE audit_event SET reason = 'another' WHERE id = 1")
    kept = back_up(office(), tmp_path / "backups")
    assert kept.findings == ("audit row 1 was altered",)
    assert restore(target, kept.data_archive, kept.keys_archive).findings == kept.findings
    assert rows_of(target.database_url) == rows_of(place.database_url)
