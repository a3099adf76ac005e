"""The whole way of a voucher, from an empty machine to money that left the bank, by commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import Config
from tests.harness.clock import FixedClock
from tests.integration.cli.shell import Shell
from tests.integration.cli.town import FAY, GWEN, PIA, STAGES, VERA, Town


@pytest.fixture
def empty_place(tmp_path: Path, empty_url: str) -> Config:
    return Config(tmp_path / "data", empty_url, "http://localhost", testing=True)


def test_a_voucher_goes_from_set_up_to_a_matched_payment(
    empty_place: Config, clock: FixedClock, tmp_path: Path
) -> None:
    town = Town(Shell(empty_place, clock), tmp_path)
    town.shell.run("set-up")
    for stage in STAGES:
        getattr(town, f"with_{stage}")()
    claim = town.shell.ask("claim-show", town.told["claim"], by=VERA)
    assert (claim["state"], claim["grant_pence"], claim["own_pence"]) == ("paid", 80_000, 20_000)
    voucher = town.shell.ask("voucher", "show", town.told["voucher"], by=GWEN)
    assert (voucher["state"], voucher["remaining_pence"], voucher["held_pence"]) == ("issued", 70_000, 0)
    lines = town.shell.ask("agreement", "show", "--agreement", "LGF/2026", by=FAY)[0]["lines"]
    assert sum(line["defrayed_pence"] for line in lines) == 80_000
    assert sum(line["committed_pence"] for line in lines) == 70_000
    assert sum(line["cash_pence"] for line in lines) == -80_000
    assert town.shell.ask("batch", "show", town.told["batch"], by=PIA)["state"] == "settled"
    assert town.shell.ask("bank-lines", by=PIA) == []
    assert town.shell.ask("verify-audit")["holds"]
