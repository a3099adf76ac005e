"""Matching by command: everything that is certain, lines with more or less in them, exceptions, and cash."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.cli.test_payments import exported
from tests.integration.cli.town import AUDREY, BETH, BOB, FAY, Town

TownAt = Callable[[str], Town]


def test_what_is_certain_is_listed_first_and_matched_when_that_is_said(town_at: TownAt) -> None:
    town = town_at("approval")
    _batch, payment = exported(town)
    line = town.bank_line("-800.00", f"BACS {payment}")
    assert town.shell.refusal("match", "--auto", by=AUDREY)["code"] == "no_permission"
    listed = town.shell.run("match", "--auto", by=BETH)
    assert f"{line}: payment {payment}, £800.00" in listed.stdout
    assert "Certain: 1 bank line. 0 others wait for a person. Nothing was written: add --commit." in listed.stdout
    assert [each["line"] for each in town.shell.ask("bank-lines", by=BETH)] == [line]
    done = town.shell.ask("match", "--auto", "--commit", by=BETH)
    assert (done["committed"], done["left"], done["matched"][0]["what"]) == (True, 0, payment)
    assert town.shell.ask("bank-lines", by=BETH) == []
    for wrong in (("--auto", line), ("--commit",), ("--auto", "--payment", payment), (line, "--also", line)):
        town.shell.run("match", *wrong, by=BETH, expect=2)


def test_a_payment_in_two_lines_is_matched_and_comes_back(town_at: TownAt) -> None:
    town = town_at("approval")
    _batch, payment = exported(town)
    lines = [town.bank_line(pounds, payment) for pounds in ("-500.00", "-300.00")]
    town.shell.run("match", lines[0], "--payment", payment, "--also", lines[1], by=BETH)
    back = town.bank_line("800.00", "RETURNED")
    town.shell.run("return", back, "--payment", payment, "--reason", "account closed", by=BETH)
    (found,) = town.shell.ask("exceptions", by=AUDREY)
    assert (found["kind"], found["what"]) == ("payment that came back", payment)
    said = ("resolve-exception", "--payment", payment, "--as-what", "put right elsewhere", "--reason", "new details")
    assert town.shell.refusal(*said, by=AUDREY)["code"] == "no_permission"
    assert town.shell.ask(*said, by=BETH)["outcome"] == "put right elsewhere"
    assert town.shell.ask("exceptions", by=AUDREY) == []
    assert town.shell.ask("exceptions", "--resolved", by=AUDREY)[0]["reason"] == "new details"
    assert "Give one of" in town.shell.run(*said[:1], *said[3:], by=BETH, expect=2).stderr


def test_a_line_with_a_charge_in_it_leaves_the_rest_which_is_set_aside(town_at: TownAt) -> None:
    town = town_at("approval")
    _batch, payment = exported(town)
    line = town.bank_line("-800.35", payment)
    match = ("match", line, "--payment", payment, "--leave-rest")
    assert town.shell.refusal(*match, by=BETH)["code"] == "reason_needed"
    assert town.shell.ask(*match, "--reason", "35p charge", by=BETH)["open_pence"] == 35
    charge = ("--as-what", "bank charge, borne by the authority", "--reason", "the bank's tariff")
    assert town.shell.ask("resolve-exception", "--line", line, *charge, by=BETH)["amount_pence"] == 35
    assert town.shell.ask("exceptions", "--days", "0", by=BETH) == []


def test_cash_is_shown_by_line_with_both_sides_of_it(town_at: TownAt) -> None:
    town = town_at("payment")
    assert town.shell.refusal("cash", by=BOB)["code"] == "no_permission"
    found = town.shell.ask("cash", by=FAY)
    assert sum(each["payments_pence"] for each in found["lines"]) == 80_000
    assert sum(each["owed_by_funder_pence"] for each in found["lines"]) == 80_000
    assert all(each["holds"] for each in found["checks"])
    assert town.shell.ask("cash", "--to", "2026-01-01", by=FAY)["lines"][0]["payments_pence"] == 0
    turned_round = ("cash", "--from", "2026-05-01", "--to", "2026-04-01", "--as", FAY)
    assert "--from lies after --to" in town.shell.run(*turned_round, expect=2).stderr
