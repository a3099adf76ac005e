"""Batches by two people, the bank file, the bank's lines, and money got back."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from tests.integration.cli.shell import Shell
from tests.integration.cli.town import ALF, BETH, BOB, FAY, OLWEN, PIA, PRUE, VERA, Town
from voucher.cli.common import write_privately
from voucher.platform.errors import DomainError

TownAt = Callable[[str], Town]


def prepared(shell: Shell) -> tuple[str, str]:
    made = shell.ask("batch", "prepare", by=PIA)
    return made["batch"], made["payments"][0]["payment"]


def exported(town: Town) -> tuple[str, str]:
    batch, payment = prepared(town.shell)
    town.shell.run("batch", "submit", batch, by=PIA)
    town.shell.run("batch", "approve", batch, by=ALF)
    town.shell.run("batch", "export", batch, "--out", str(town.files / "bank.csv"), by=PIA)
    return batch, payment


def test_nothing_to_pay_makes_no_batch(town_at: TownAt) -> None:
    town = town_at("confirmation")
    before = town.shell.rows()
    assert town.shell.ask("batch", "prepare", by=PIA) == {"batch": None, "payments": [], "left_out": []}
    assert town.shell.rows() == before


def test_a_claim_that_cannot_be_paid_is_named_with_the_reason(town_at: TownAt) -> None:
    town = town_at("approval")
    town.shell.run("hold", town.told["claim"], "--reason", "a question", by=VERA)
    result = town.shell.run("batch", "prepare", by=PIA)
    assert f"Left out: claim {town.told['claim']}. It is on hold: a question" in result.stdout


def test_a_batch_is_rejected_emptied_and_recalled(town_at: TownAt) -> None:
    town = town_at("approval")
    batch, payment = prepared(town.shell)
    town.shell.run("batch", "submit", batch, by=PIA)
    assert town.shell.ask("batch", "reject", batch, "--reason", "wrong week", by=ALF)["state"] == "draft"
    taken = town.shell.ask("batch", "take-out", payment, "--reason", "next week", by=PIA)
    assert taken["payments"][0]["state"] == "taken out"
    assert taken["total_pence"] == 0
    batch, _payment = exported(town)
    recall = ("batch", "recall", batch, "--reason", "not sent")
    assert town.shell.ask(*recall, by=PIA)["recall_asked"]
    assert town.shell.refusal(*recall, by=PIA)["code"] == "recall_duty"
    assert town.shell.ask(*recall, by=ALF)["state"] == "recalled"


def test_who_prepared_a_batch_does_not_approve_it(town_at: TownAt) -> None:
    town = town_at("approval")
    town.shell.run("role", "grant", PIA, "payments approver", by=OLWEN)
    batch, _payment = prepared(town.shell)
    town.shell.run("batch", "submit", batch, by=PIA)
    assert town.shell.refusal("batch", "approve", batch, by=PIA)["code"] == "batch_duty"


def test_a_bank_file_is_private_and_the_same_whenever_it_is_written(town_at: TownAt) -> None:
    town = town_at("approval")
    batch, payment = exported(town)
    first = town.files / "bank.csv"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert first.read_text().splitlines()[1].startswith("089999,66374958,NORTHERN BYTES LTD,800.00,")
    town.shell.clock.advance(days=1)
    again = town.files / "again.csv"
    answer = town.shell.run("batch", "export", batch, "--out", str(again), by=PIA)
    assert again.read_bytes() == first.read_bytes()
    assert "66374958" not in answer.output
    assert payment in str(town.shell.ask("batch", "show", batch, by=ALF))


def test_a_file_that_cannot_be_written_leaves_no_piece_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "bank.csv"
    out.write_bytes(b"before")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DomainError, match=r"No space left on device\. What was done is saved"):
        write_privately(out, b"secret")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]
    monkeypatch.undo()
    write_privately(out, b"secret")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"secret"]


@pytest.mark.parametrize("name", ["gone/bank.csv", "x" * 300, "."])
def test_a_place_that_can_have_no_file_is_a_refusal(tmp_path: Path, name: str) -> None:
    with pytest.raises(DomainError, match="could not be written"):
        write_privately(tmp_path / name, b"secret")


def test_batches_are_nothing_to_either_side(town_at: TownAt) -> None:
    town = town_at("payment")
    for who in (PRUE, BOB, OLWEN):
        assert town.shell.refusal("batch", "show", town.told["batch"], by=who)["code"] == "no_permission"
        assert town.shell.refusal("bank-lines", by=who)["code"] == "no_permission"


def test_a_line_is_matched_to_one_thing(town_at: TownAt) -> None:
    town = town_at("approval")
    _batch, payment = exported(town)
    line = town.bank_line("-800.00", "something else")
    match = ("match", line, "--payment", payment)
    assert "Give one of" in town.shell.run("match", line, by=BETH, expect=2).stderr
    assert "Give one of" in town.shell.run(*match, "--drawdown", "D", by=BETH, expect=2).stderr
    assert "AGREEMENT/LINE" in town.shell.run("match", line, "--repayment", "REV", by=BETH, expect=2).stderr
    assert town.shell.refusal(*match, by=BETH)["code"] == "reference_differs"
    assert town.shell.ask(*match, "--reason", "the bank cut it", by=BETH)["open_pence"] == 0
    assert town.shell.ask("bank-lines", by=BETH) == []
    assert [row["line"] for row in town.shell.ask("bank-lines", "--days", "7", by=BETH)] == [line]


def test_a_line_of_nothing_and_one_of_tomorrow_are_not_taken_in(town_at: TownAt) -> None:
    town = town_at("scheme")
    before = town.shell.rows()
    words = ("bank-line", "--reference", "r", "--counterparty", "c")
    assert town.shell.refusal(*words, "--on", "2026-04-07", "--amount", "0.00", by=BETH)["field"] == "amount"
    assert town.shell.refusal(*words, "--on", "08/04/2026", "--amount", "-1.00", by=BETH)["field"] == "booked_on"
    assert town.shell.rows() == before


def test_a_payment_that_comes_back_makes_its_claim_payable_again(town_at: TownAt) -> None:
    town = town_at("payment")
    town.shell.clock.advance(days=3)
    line = town.bank_line("800.00", "RETURNED")
    town.shell.run("return", line, "--payment", town.told["payment"], "--reason", "account closed", by=BETH)
    assert town.shell.ask("claim-show", town.told["claim"], by=VERA)["state"] == "approved"
    assert len(town.shell.ask("batch", "prepare", by=PIA)["payments"]) == 1


def test_a_debt_is_raised_got_back_in_part_and_written_off_by_two(town_at: TownAt) -> None:
    town = town_at("payment")
    dan = "dan@northtyne.example"
    town.shell.run("person", "add", "--name", "Dan", "--email", dan, by=OLWEN)
    town.shell.run("role", "grant", dan, "funding-manager", by=OLWEN)
    owed = ("debt", "raise", town.told["claim"], "--amount", "500.00", "--owed-by", "provider", "--reason", "not done")
    debt = town.shell.ask(*owed, by=FAY)
    assert (debt["owed_by"], debt["outstanding_pence"]) == ("Northern Bytes Ltd", 50_000)
    line = town.bank_line("200.00", debt["debt"])
    assert town.shell.ask("recover", line, "--debt", debt["debt"], by=BETH)["outstanding_pence"] == 30_000
    off = ("debt", "write-off", debt["debt"], "--reason", "the firm is gone")
    assert "a second person" in town.shell.run(*off, by=FAY).stdout
    assert town.shell.refusal(*off, by=FAY)["code"] == "write_off_duty"
    assert town.shell.ask(*off, by=dan)["state"] == "written off"
    assert town.shell.ask("debt", "show", debt["debt"], by=FAY)["outstanding_pence"] == 0


def test_recovered_money_goes_back_to_the_funder_of_its_line(town_at: TownAt) -> None:
    town = town_at("payment")
    owed = ("debt", "raise", town.told["claim"], "--amount", "300.00", "--owed-by", "business", "--reason", "not due")
    debt = town.shell.ask(*owed, by=FAY)["debt"]
    town.shell.run("recover", town.bank_line("300.00", debt), "--debt", debt, by=BETH)
    repayable = [line["repayable_pence"] for line in town.shell.ask("agreement", "show", by=FAY)[0]["lines"]]
    assert sum(repayable) == 30_000
    line = town.bank_line(f"-{repayable[1] // 100}.{repayable[1] % 100:02d}", "back to the funder")
    town.shell.run("match", line, "--repayment", "LGF/2026/REV", "--reason", "recovered", by=BETH)
    assert town.shell.ask("agreement", "show", by=FAY)[0]["lines"][1]["repayable_pence"] == 0


def test_what_the_funder_disallows_is_noted_up_to_what_was_paid(town_at: TownAt) -> None:
    town = town_at("payment")
    words = ("disallow", town.told["claim"], "--reason", "late evidence")
    assert town.shell.refusal(*words, "--amount", "800.01", by=FAY)["code"] == "amount"
    assert town.shell.ask(*words, "--amount", "50.00", by=FAY)["disallowed_pence"] == 5_000
