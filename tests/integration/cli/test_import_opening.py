"""The file that takes a running agreement over, by commands: its template, the dry run, the two people."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.harness.clock import FixedClock
from tests.integration.cli.shell import Shell
from tests.integration.cli.town import FAY, GWEN, OLWEN, Town

FLO = "flo@northtyne.example"


@pytest.fixture
def running(shell: Shell, tmp_path: Path, clock: FixedClock) -> Town:
    """A scheme with its staff, where a second person keeps the funding; the signed period is just over."""
    town = Town(shell, tmp_path).with_scheme()
    town.shell.run("person", "add", "--name", "Flo", "--email", FLO, by=OLWEN)
    town.shell.run("role", "grant", FLO, "funding-manager", by=OLWEN)
    clock.advance(days=90)
    return town


def test_the_template_is_tried_out_proposed_and_carried_out(running: Town) -> None:
    shell = running.shell
    file = running.file("opening.toml", shell.run("template", "opening").stdout)
    before = shell.rows()
    dry = shell.run("import", "opening", file, by=FAY).stdout
    assert "Vouchers: 1, with £1,200.00 left." in dry
    assert "nothing is saved" in dry
    assert shell.rows() == before
    assert shell.ask("import", "opening", file, "--commit", by=FAY)["standing"] == "proposed"
    assert shell.refusal("import", "opening", file, "--commit", by=FAY)["code"] == "two_people"
    found = shell.ask("import", "opening", file, "--commit", by=FLO)
    assert (found["standing"], found["unallocated_pence"], found["cash_pence"]) == ("carried out", 57_800_00, 4_000_00)
    [agreement] = shell.ask("agreement", "show", by=FAY)
    assert (agreement["closed_through"], agreement["award_pence"]) == ("2026-06-30", 60_000_00)
    assert shell.ask("reconcile", by=GWEN)["differences"] == []


def test_a_faulty_file_is_refused_with_every_key(running: Town) -> None:
    text = running.shell.run("template", "opening").stdout
    wrong = text.replace('line_8 = "1000.00"', 'line_8 = "1000.01"').replace('terms = "1"', 'terms = "9"')
    error = running.shell.refusal("import", "opening", running.file("opening.toml", wrong), by=FAY)
    assert error["code"] == "file_refused"
    assert {fault["column"] for fault in error["faults"]} == {"opening.line_8", "voucher[1].terms"}


@pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)
def test_the_template_gives_one_of_each_part(shell: Shell) -> None:
    found = tomllib.loads(shell.run("template", "opening").stdout)
    assert set(found) == {"opening", "agreement", "round", "voucher", "payment", "drawdown"}
