"""Making a backup: one moment of the books, whole or not at all, and without the keys."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import JSON, Connection, Engine, select

from config import Config
from tests.integration.backup.books import Books, contents, running
from tests.integration.platform.rows import add
from voucher.app import office
from voucher.backup import BackupError, archive, back_up, making
from voucher.backup.rows import Shape, lines
from voucher.platform.db import read_anew, session
from voucher.tables import METADATA
from voucher.vouchers.credentials import show
from voucher.vouchers.models import Voucher

ON_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)


def test_the_books_of_these_tests_fill_every_table(books: Books) -> None:
    assert [name for name, rows in books.rows.items() if not rows] == []
    assert {name: len(rows) for name, rows in books.rows.items()} == books.report.rows
    assert books.report.findings == ()


def test_a_backup_is_two_archives_that_only_their_owner_may_read(books: Books) -> None:
    folder = books.report.data_archive.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "tech-taster-data-20260407T090000Z.tar.gz": 0o600,
        "tech-taster-keys-20260407T090000Z.tar": 0o600,
    }


def secrets_of(place: Config) -> list[bytes]:
    """Every key of the ring, as text and as bytes, and every voucher's address and typed code."""
    ring = json.loads(place.key_ring.read_bytes())
    keys = [key[name] for key in ring["voucher_keys"] for name in ("seed", "code_key")]
    keys += [key["seed"] for key in ring["statement_keys"]]
    keys += [ring[name] for name in ("session_secret", "lookup_key", "link_key")] + ring["bank_keys"]
    with running(place):
        shown = [show(office().ring, "http://localhost", each) for each in session.scalars(select(Voucher))]
    codes = [text for each in shown for text in (each.qr_text, each.typed_code, each.typed_code.replace("-", ""))]
    assert len(keys) == 7
    assert codes
    return [text.encode() for text in keys + codes] + [base64.urlsafe_b64decode(key) for key in keys]


@pytest.mark.rule(1)
def test_nothing_in_the_data_archive_lets_a_reader_redeem(books: Books) -> None:
    data = b"\n".join(contents(books.report.data_archive).values()) + books.report.data_archive.read_bytes()
    secrets = secrets_of(books.place)
    assert [secret for secret in secrets if secret in data] == []
    assert len([secret for secret in secrets if secret in books.report.keys_archive.read_bytes()]) == 7


@pytest.mark.parametrize(
    ("harm", "words"), [(b"", "was changed"), (None, "no file is stored")], ids=["changed", "missing"]
)
def test_a_document_that_is_lost_is_named_and_no_backup_is_made(
    books: Books, tmp_path: Path, harm: bytes | None, words: str
) -> None:
    lost = books.rows["document"][0]
    path = books.place.documents / str(lost["sha256"])[:2] / str(lost["sha256"])
    was = path.read_bytes()
    path.unlink() if harm is None else path.write_bytes(harm)
    try:
        with running(books.place), pytest.raises(BackupError, match=words) as refused:
            back_up(office(), tmp_path / "b")
    finally:
        path.write_bytes(was)
    assert str(lost["original_name"]) in refused.value.message
    assert list((tmp_path / "b").iterdir()) == []
    with running(books.place):
        assert back_up(office(), tmp_path / "b").rows == books.report.rows


def test_a_backup_is_never_written_over_another(books: Books, tmp_path: Path) -> None:
    with running(books.place):
        first = back_up(office(), tmp_path)
        before = first.data_archive.read_bytes()
        with pytest.raises(BackupError, match="is there already"):
            back_up(office(), tmp_path)
    assert first.data_archive.read_bytes() == before


@ON_SQLITE
def test_a_folder_that_cannot_be_made_is_named(books: Books, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with running(books.place), pytest.raises(BackupError, match=f"written to {tmp_path / 'file'}"):
        back_up(office(), tmp_path / "file")


@ON_SQLITE
def test_keys_are_not_left_behind_when_the_data_cannot_be_ended(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = archive.new_archive

    @contextmanager
    def full_at_the_end(path: Path, made_at: datetime) -> Iterator[archive.Writer]:
        with whole(path, made_at) as writer:
            yield writer
            if "-data-" in path.name:
                raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "new_archive", full_at_the_end)
    with running(books.place), pytest.raises(BackupError, match="No space left"):
        back_up(office(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def write_meanwhile(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    """While the first table is being read, somebody fails to sign in."""

    def slow_lines(connection: Connection, shape: Shape) -> Iterator[bytes]:
        if shape.name == "audit_seal":
            with engine.begin() as other:
                add(other, "sign_in_attempt")
        yield from lines(connection, shape)

    monkeypatch.setattr(making, "lines", slow_lines)


def test_a_backup_is_of_one_moment(
    app: Flask, engine: Engine, engine_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_meanwhile(monkeypatch, engine)
    assert back_up(office(), tmp_path / "a").rows["sign_in_attempt"] == 0
    assert back_up(office(), tmp_path / "b").rows["sign_in_attempt"] == 1
    if engine_kind == "sqlite":
        return  # There every read is of one moment, asked for or not.

    @contextmanager
    def careless_read() -> Iterator[None]:
        read_anew()
        yield
        read_anew()

    monkeypatch.setattr(making, "consistent_read", careless_read)
    assert back_up(office(), tmp_path / "c").rows["sign_in_attempt"] == 3


@pytest.mark.rule(64)
@ON_SQLITE
def test_of_the_roots_only_seals_of_that_moment_are_kept(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots, was = books.place.roots, books.place.roots.read_text()
    later = "".join(f"{number} 2026-04-08T09:00:00+00:00 1 {'a' * 64}\n" for number in (3, 4, 5))

    def seal_meanwhile(path: Path, before: bytes | None) -> bytes | None:
        roots.write_text(was + later)
        return roots_then(path, before)

    roots_then = making._roots_then
    monkeypatch.setattr(making, "_roots_then", seal_meanwhile)
    try:
        with running(books.place):
            report = back_up(office(), tmp_path / "a")
            assert contents(report.data_archive)[archive.ROOTS].decode() == was
            assert report.findings == ()
            # They were there before this one began: so the database has lost the seals, and that is told.
            assert "knows seal 5" in str(back_up(office(), tmp_path / "b").findings)
    finally:
        roots.write_text(was)


def test_a_database_of_another_schema_is_not_backed_up(app: Flask, engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BackupError, match="schema 9999"):
        back_up(office(), tmp_path)
    assert list(tmp_path.glob("tech-taster*")) == []


def test_no_json_column_may_be_empty() -> None:
    # A backup could not tell an empty column from the JSON value null.
    nullable = [str(each) for table in METADATA.sorted_tables for each in table.columns if each.nullable]
    typed = {str(each) for table in METADATA.sorted_tables for each in table.columns if isinstance(each.type, JSON)}
    assert typed
    assert typed.isdisjoint(nullable)
