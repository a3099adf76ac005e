"""Exit statuses, errors in words and in JSON, and that a command that fails leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import create_engine, insert, update
from sqlalchemy.exc import DBAPIError, OperationalError

from tests.integration.cli.files import SCHEME
from tests.integration.cli.shell import Shell
from tests.integration.cli.town import ADA, ALF, AUDREY, GWEN, OLWEN, PASSWORD, PIA, Town
from voucher.accounts.models import Person
from voucher.audit.models import AuditEvent
from voucher.cli import common, people
from voucher.cli.main import refusal_for
from voucher.platform.act import Act
from voucher.platform.clock import system_clock
from voucher.platform.db import session

TownAt = Callable[[str], Town]
ADD = ("person", "add", "--name", "Ned Young", "--email", "ned@northtyne.example")


def admin(shell: Shell) -> None:
    shell.run("create-admin", "--name", "Olwen Parry", "--email", OLWEN, "--password-stdin", stdin=PASSWORD)


def add_twice(act: Act, *, name: str, email: str, **_more: object) -> NoReturn:
    """What a command would do whose rule missed that the address is taken."""
    for _time in range(2):
        session.add(Person(name=name, email=email, created_at=act.now))
        session.flush()
    raise AssertionError("the database took both")


def fail(*_args: object, **_more: object) -> NoReturn:
    raise RuntimeError("secret of somebody")


def test_what_is_done_exits_with_0_and_says_so_in_one_sentence(shell: Shell) -> None:
    admin(shell)
    result = shell.run(*ADD, by=OLWEN)
    assert result.stdout == "Ned Young is known by ned@northtyne.example now. Give them a role next.\n"
    assert result.stderr == ""


def test_what_a_rule_refuses_exits_with_1_and_changes_nothing(shell: Shell) -> None:
    admin(shell)
    shell.run(*ADD, by=OLWEN)
    before = shell.rows()
    result = shell.run(*ADD, by=OLWEN, expect=1)
    assert (result.stdout, result.stderr) == ("", "Somebody is already known by ned@northtyne.example.\n")
    assert shell.refusal(*ADD, by=OLWEN)["code"] == "email_taken"
    assert shell.rows() == before


def test_a_file_with_faults_tells_each_on_its_own_line_and_in_json_by_key(town_at: TownAt) -> None:
    town = town_at("scheme")
    path = town.file("bad.toml", SCHEME.replace('code = "TASTER"', 'kode = "X"').replace("2026-04-01", '"soon"'))
    lines = town.shell.run("scheme", "set-up", path, by=OLWEN, expect=1).stderr.splitlines()
    assert "voucher_type[1].kode: is not known here; check its spelling" in lines
    assert "scheme.starts_on: must be a date like 2026-04-01, without quotes, not 'soon'" in lines
    error = town.shell.refusal("scheme", "set-up", path, by=OLWEN)
    assert (error["code"], len(error["faults"])) == ("file_refused", len(lines) - 1)
    assert all(set(fault) == {"row", "column", "message"} for fault in error["faults"])


def test_somebody_unknown_and_nobody_at_all_can_do_nothing(shell: Shell) -> None:
    admin(shell)
    before = shell.rows()
    assert shell.refusal(*ADD, by="eve@elsewhere.example")["code"] == "no_person"
    assert "Missing option '--as'" in shell.run(*ADD, expect=2).stderr
    assert shell.rows() == before


def test_a_forbidden_command_leaves_the_trace_of_its_refusal_and_no_more(town_at: TownAt) -> None:
    town = town_at("confirmation")
    before, events = town.shell.rows("audit_event"), town.shell.rows()["audit_event"]
    assert town.shell.refusal("approve", town.told["claim"], by=ADA)["code"] == "no_permission"
    assert town.shell.rows("audit_event") == before
    assert town.shell.rows()["audit_event"] == events + 1


def test_a_forbidden_look_leaves_no_trace_and_shows_nothing(town_at: TownAt) -> None:
    town = town_at("scheme")
    before = town.shell.rows()
    assert town.shell.refusal("keys", "list", by=GWEN)["code"] == "no_permission"
    assert town.shell.refusal("role", "list", by=GWEN)["code"] == "no_permission"
    assert town.shell.rows() == before
    assert town.shell.ask("role", "list", by=AUDREY) == town.shell.ask("role", "list", by=OLWEN)


def test_a_fault_that_nobody_foresaw_is_one_line_without_its_text(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin(shell)
    before = shell.rows()
    monkeypatch.setattr(people, "add_person", fail)
    result = shell.run(*ADD, by=OLWEN, expect=1)
    assert result.stderr.count("\n") == 1
    assert "RuntimeError" in result.stderr
    assert "Nothing was written" in result.stderr
    assert "secret" not in result.output
    assert shell.rows() == before


def test_a_fault_shows_its_traceback_only_to_whoever_asks(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    admin(shell)
    monkeypatch.setattr(people, "add_person", fail)
    shell.more["VOUCHER_DEBUG"] = "1"
    with pytest.raises(RuntimeError, match="secret of somebody"):
        raise shell.run(*ADD, by=OLWEN, expect=1).exception or AssertionError


def test_what_was_written_before_a_fault_is_taken_back(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    admin(shell)
    shell.run(*ADD, by=OLWEN)
    before = shell.rows()
    monkeypatch.setattr(people, "_person", fail)  # The last thing of the command, when all of its rows are there.
    shell.run("person", "add", "--name", "Nia", "--email", "nia@northtyne.example", by=OLWEN, expect=1)
    assert shell.rows() == before
    monkeypatch.undo()
    shell.run("person", "add", "--name", "Nia", "--email", "nia@northtyne.example", by=OLWEN)
    assert shell.rows() != before


def test_a_refusal_of_the_database_itself_is_a_sentence(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    admin(shell)
    before = shell.rows()
    monkeypatch.setattr(people, "add_person", add_twice)
    error = shell.refusal(*ADD, by=OLWEN)
    assert error["code"] == "database_refused"
    assert "email" in error["message"]
    assert "ned@" not in error["message"]
    assert shell.rows() == before


def test_a_trigger_that_refuses_is_a_sentence_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def forge(*_args: object, **_more: object) -> None:
        session.execute(update(AuditEvent).values(actor_name="Eve"))

    admin(shell)
    monkeypatch.setattr(people, "add_person", forge)
    error = shell.refusal(*ADD, by=OLWEN)
    assert error["code"] == "database_refused"
    assert "append-only" in error["message"]


def test_a_missing_value_is_told_without_the_row_that_lacks_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(act: Act, *, email: str, **_more: object) -> None:
        session.execute(insert(Person).values(email=email, public_id="x", phone="", active=True))

    admin(shell)
    monkeypatch.setattr(people, "add_person", half)
    error = shell.refusal(*ADD, by=OLWEN)
    assert error["code"] == "database_refused"
    assert "ned@" not in error["message"]


def test_a_busy_database_is_a_sentence(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_args: object, **_more: object) -> NoReturn:
        raise OperationalError("INSERT …", {"secret": "of somebody"}, Exception("database is locked"))

    admin(shell)
    monkeypatch.setattr(people, "add_person", busy)
    result = shell.run(*ADD, by=OLWEN, expect=1)
    assert result.stderr == "The database is busy, or it broke off. Nothing was written. Wait a moment and try again.\n"


def test_an_answer_that_fails_after_the_commit_says_that_it_is_saved(
    town_at: TownAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = town_at("approval")
    batch = town.shell.ask("batch", "prepare", by=PIA)["batch"]
    town.shell.run("batch", "submit", batch, by=PIA)
    town.shell.run("batch", "approve", batch, by=ALF)
    out = str(town.files / "bank.csv")
    monkeypatch.setattr(common, "write_privately", fail)
    result = town.shell.run("batch", "export", batch, "--out", out, by=PIA, expect=1)
    assert "What was done before that is saved" in result.stderr
    assert town.shell.ask("batch", "show", batch, by=PIA)["state"] == "exported"
    monkeypatch.undo()
    town.shell.run("batch", "export", batch, "--out", out, by=PIA)


def test_who_acts_may_stand_in_the_environment(town_at: TownAt) -> None:
    shell = town_at("scheme").shell
    shell.more["VOUCHER_AS"] = OLWEN
    assert shell.ask("keys", "list")[0]["status"] == "active"


def test_which_scheme_is_asked_for_only_when_there_are_several(town_at: TownAt) -> None:
    town = town_at("scheme")
    assert town.shell.ask("scheme", "show", by=GWEN)["scheme"] == "NTT"
    town.shell.run("scheme", "set-up", town.file("two.toml", SCHEME.replace('"NTT"', '"TWO"')), by=OLWEN)
    assert town.shell.refusal("scheme", "show", by=GWEN)["code"] == "which_scheme"
    assert town.shell.ask("scheme", "show", "--scheme", "ntt", by=GWEN)["scheme"] == "NTT"
    assert town.shell.refusal("scheme", "show", "--scheme", "TWO", by=GWEN)["code"] == "no_permission"


def test_the_clock_stands_where_a_test_puts_it(shell: Shell) -> None:
    shell.clock.advance(days=1)
    admin(shell)
    assert shell.ask("role", "list", by=OLWEN)[0]["from"] == "2026-04-08"
    assert shell.ask("role", "list", "--on", "07/04/2026", by=OLWEN) == []


def test_a_moment_in_the_environment_moves_no_clock_outside_of_tests() -> None:
    moment = "2026-04-07T09:00:00+00:00"
    assert common.clock_from({"VOUCHER_NOW": moment}) is system_clock
    assert common.clock_from({"VOUCHER_TESTING": "1"}) is system_clock
    assert common.clock_from({"VOUCHER_NOW": moment, "VOUCHER_TESTING": "1"})().isoformat() == moment


@pytest.mark.parametrize("moment", ["2026-04-07T09:00:00", "yesterday"])
def test_a_clock_without_a_zone_is_bad_usage(shell: Shell, moment: str) -> None:
    shell.more["VOUCHER_NOW"] = moment
    assert "with its time zone" in shell.run("keys", "list", by=OLWEN, expect=2).stderr


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'full.sqlite3'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 2")
        connection.exec_driver_sql("CREATE TABLE page (text TEXT)")
        with pytest.raises(DBAPIError) as full:
            connection.exec_driver_sql("INSERT INTO page VALUES (?)", ("long" * 10_000,))
    engine.dispose()
    assert (
        refusal_for(full.value).message == "The database's disk is full. Nothing was written. Make room and try again."
    )


def test_a_full_disk_of_postgresql_is_the_same_sentence() -> None:
    full = OperationalError("INSERT", {}, psycopg.errors.DiskFull("could not extend file"))
    assert refusal_for(full).code == "disk_full"
