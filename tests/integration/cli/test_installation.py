"""Setting an installation up, its keys and its audit trail."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from config import Config
from tests.harness.clock import FixedClock
from tests.integration.cli.shell import Shell
from tests.integration.cli.town import BOB, GWEN, OLWEN, PRUE, Town
from tests.integration.platform.rows import drop_triggers
from voucher.platform import schema
from voucher.platform.keyring import KeyRing

TownAt = Callable[[str], Town]


@pytest.fixture
def bare(tmp_path: Path, empty_url: str, clock: FixedClock) -> Shell:
    """A machine on which nothing was set up."""
    return Shell(Config(tmp_path / "data", empty_url, "http://localhost", testing=True), clock)


def test_set_up_makes_everything_and_again_makes_nothing(bare: Shell) -> None:
    first = bare.ask("set-up")
    assert (first["folder_made"], first["key_ring_made"], first["schema_before"]) == (True, True, None)
    assert first["schema"] == schema.current(bare.place.database_url) == schema.head()
    assert stat.S_IMODE(bare.place.data.stat().st_mode) == 0o700
    key = bare.place.key_ring.read_bytes()
    again = bare.ask("set-up")
    assert (again["folder_made"], again["key_ring_made"], again["schema_before"]) == (False, False, schema.head())
    assert bare.place.key_ring.read_bytes() == key
    assert "already" in bare.run("set-up").stdout


def test_a_database_of_a_newer_version_is_left_alone(bare: Shell) -> None:
    bare.run("set-up")
    engine = create_engine(bare.place.database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    error = bare.refusal("set-up")
    assert error["code"] == "database_newer"
    assert "9999" in error["message"]
    assert schema.current(bare.place.database_url) == "9999"


def test_keys_that_are_lost_are_not_made_anew_for_a_database_that_needs_them(bare: Shell) -> None:
    bare.run("set-up")
    bare.place.key_ring.unlink()
    assert bare.refusal("set-up")["code"] == "keys_lost"
    assert not bare.place.key_ring.exists()


def test_keys_without_a_database_are_kept_for_it(bare: Shell, clock: FixedClock) -> None:
    KeyRing.create(bare.place.key_ring, clock())
    made = bare.ask("set-up")
    assert (made["key_ring_made"], made["schema_before"]) == (False, None)


def test_a_database_that_does_not_answer_is_a_sentence(tmp_path: Path, clock: FixedClock) -> None:
    place = Config(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:1/none", "http://localhost")
    error = Shell(place, clock).refusal("set-up")
    assert error["message"].startswith("The database does not answer.")


def test_an_empty_database_and_an_older_one_ask_for_set_up(bare: Shell, clock: FixedClock) -> None:
    KeyRing.create(bare.place.key_ring, clock())
    message = bare.refusal("role", "list", by=OLWEN)["message"]
    assert message == "The database is empty. Nothing was written. Run: voucher set-up"


def test_the_trail_is_sealed_and_holds(town_at: TownAt) -> None:
    shell = town_at("scheme").shell
    made = shell.ask("seal", by=OLWEN)
    assert made["rows"] > 20
    assert shell.ask("seal", by=OLWEN) == {"seal": None, "rows": 0}
    assert shell.ask("verify-audit") == {"holds": True, "seals": 1, "sealed": made["rows"], "unsealed": 0, "faults": []}


def test_an_altered_row_makes_the_check_of_the_trail_fail(town_at: TownAt) -> None:
    shell = town_at("scheme").shell
    shell.run("seal", by=OLWEN)
    engine = create_engine(shell.place.database_url)
    with engine.begin() as connection:
        drop_triggers(connection, "audit_event")
        connection.exec_driver_sql("UPDATE audit_event SET actor_name = 'Eve' WHERE id = 3")
    engine.dispose()
    assert shell.ask("verify-audit", expect=1)["faults"] == ["audit row 3 was altered"]
    result = shell.run("verify-audit", expect=1)
    assert "audit row 3 was altered" in result.stderr
    assert result.stdout == ""


def test_only_who_runs_the_system_seals(town_at: TownAt) -> None:
    assert town_at("scheme").shell.refusal("seal", by=GWEN)["code"] == "no_permission"


def test_a_rotated_key_leaves_vouchers_good(town_at: TownAt) -> None:
    town = town_at("voucher")
    code = town.code()
    assert town.shell.ask("keys", "rotate", "--reason", "a year has passed", by=OLWEN) == {"key": 2}
    statuses = [(key["key"], key["status"]) for key in town.shell.ask("keys", "list", by=OLWEN)]
    assert statuses == [(1, "retired"), (2, "active")]
    assert town.shell.ask("look-up", code, by=PRUE)["outcome"] == "good"


def test_a_compromised_key_gives_its_vouchers_new_papers_and_refuses_the_old(town_at: TownAt) -> None:
    town = town_at("voucher")
    code = town.code()
    found = town.shell.ask("keys", "compromise", "1", "--reason", "a laptop was stolen", by=OLWEN)
    assert found == {"key": 1, "replaced": 1, "active": 2}
    assert town.shell.refusal("look-up", code, by=PRUE)["code"] == "replaced"
    assert town.shell.ask("look-up", town.code(), by=PRUE)["outcome"] == "good"
    assert town.shell.ask("keys", "compromise", "1", "--reason", "again", by=OLWEN)["replaced"] == 0


@pytest.mark.parametrize("who", [GWEN, BOB])
def test_only_who_keeps_the_keys_changes_them(town_at: TownAt, who: str) -> None:
    town = town_at("voucher")
    before = town.shell.place.key_ring.read_bytes()
    for words in (("rotate",), ("compromise", "1")):
        assert town.shell.refusal("keys", *words, "--reason", "r", by=who)["code"] == "no_permission"
    assert town.shell.place.key_ring.read_bytes() == before


def test_a_key_that_is_not_there_cannot_be_compromised(town_at: TownAt) -> None:
    town = town_at("scheme")
    assert town.shell.refusal("keys", "compromise", "7", "--reason", "r", by=OLWEN)["code"] == "voucher_key_unknown"


def test_what_waits_for_the_worker_is_counted_and_too_long_is_a_failure(town_at: TownAt, clock: FixedClock) -> None:
    shell = town_at("voucher").shell
    shell.run("worker", "--once")
    calm = shell.ask("backlog")
    nothing = {"messages": 0, "oldest_message": None, "failing": 0, "papers": 0, "oldest_paper": None}
    assert calm == {**nothing, "oldest_unsealed": None, "behind": False}
    shell.run("keys", "rotate", "--reason", "a year has passed", by=OLWEN)
    assert shell.ask("backlog")["behind"] is False
    shell.clock.advance(minutes=16)
    late = shell.run("backlog", expect=1)
    assert "The job worker is behind" in late.stderr
    assert shell.ask("backlog", expect=1)["behind"] is True


def test_messages_that_wait_are_counted_without_their_people(town_at: TownAt) -> None:
    found = town_at("voucher").shell.ask("backlog")
    assert found["messages"] > 0
    assert "example" not in str(found)
