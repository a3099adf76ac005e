"""``voucher backup`` and ``voucher restore``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine

from config import Config
from tests.integration.backup.books import Books, as_found, files_of, rows_of
from voucher.cli.backup import COMMANDS
from voucher.cli.main import Root

ADA = ("--as", "ada@northmoor.example")
TO_SQLITE = pytest.mark.parametrize("target_kind", ["sqlite"], indirect=True)
FROM_SQLITE = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)


def run(place: Config, *words: str | Path) -> Result:
    """Gives a command at a place."""
    environment = {
        "VOUCHER_DATA": str(place.data),
        "DATABASE_URL": place.database_url,
        "VOUCHER_BASE_URL": place.base_url,
        "VOUCHER_TESTING": "1",
        "VOUCHER_NOW": "2026-04-07T09:00:00+00:00",
        "VOUCHER_AS": None,
        "VOUCHER_DEBUG": None,
    }
    return CliRunner().invoke(Root("voucher", COMMANDS), [str(word) for word in words], env=environment)


@FROM_SQLITE
def test_only_who_runs_the_system_makes_a_backup(books: Books, tmp_path: Path) -> None:
    result = run(books.place, "backup", tmp_path / "b", "--as", "sigrid@northmoor.example")
    assert (result.exit_code, "admin:system:run" in result.stderr) == (1, True)
    assert not (tmp_path / "b").exists()
    assert run(books.place, "backup", tmp_path / "b").exit_code == 2


@TO_SQLITE
def test_a_backup_by_command_is_restored_by_command(books: Books, target: Config, tmp_path: Path) -> None:
    made = json.loads(run(books.place, "backup", tmp_path / "b", *ADA, "--json").stdout)
    assert (made["rows"], made["findings"]) == (sum(books.report.rows.values()), [])
    result = run(target, "restore", made["data_archive"], made["keys_archive"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Restored the backup of 7 April 2026, 10:00am. Checked:\n- the keys are those" in result.stdout
    assert (rows_of(target.database_url), files_of(target)) == (books.rows, books.files)


@FROM_SQLITE
@TO_SQLITE
def test_a_refused_restore_says_why_and_ends_with_1(books: Books, target: Config) -> None:
    target.roots.parent.mkdir(parents=True)
    target.roots.write_text("x")
    before = as_found(target)
    result = run(target, "restore", books.report.data_archive, books.report.keys_archive)
    assert (result.exit_code, as_found(target)) == (1, before)
    assert f"- there is a file of roots at {target.roots}\n" in result.stderr
    assert run(target, "restore", target.data / "none", books.report.keys_archive).exit_code == 2


@pytest.mark.rule(64)
@TO_SQLITE
def test_books_that_do_not_add_up_are_backed_up_and_told(books: Books, target: Config, tmp_path: Path) -> None:
    engine = create_engine(books.place.database_url)
    more = "UPDATE funding_line SET unallocated_pence = unallocated_pence {} 1 WHERE id = 1"
    with engine.begin() as connection:
        connection.exec_driver_sql(more.format("+"))
    try:
        result = run(books.place, "backup", tmp_path / "b", *ADA, "--json")
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(more.format("-"))
        engine.dispose()
    made = json.loads(result.stdout)
    assert made["findings"][0].startswith("NTT: unallocated of line LGF-1/L1: postings say")
    assert "the books have faults" in result.stderr
    restored = run(target, "restore", made["data_archive"], made["keys_archive"])
    assert (restored.exit_code, made["findings"][0] in restored.stderr) == (0, True)
