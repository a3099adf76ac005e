"""Bank files by commands: tried out first, taken in with --commit, and every fault told by row and column."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.harness.bank_statements import DAY, IN, NUMBER, OUT, SORT_CODE, Moved, camt, csv_statement
from tests.integration.cli.town import BETH, FAY, VERA, Town

TownAt = Callable[[str], Town]
LAYOUT = (
    "bank-mapping", "save", "barclays", "--date", "Date", "--money-out", "Money Out", "--money-in", "Money In",
    "--balance", "Balance", "--reference", "Description", "--counterparty", "Who",
)  # fmt: skip
BANK = ("--kind", "csv", "--mapping", "barclays")


@pytest.fixture
def town(town_at: TownAt) -> Town:
    """A town that knows its account and the layout of its files, some days after the statements."""
    found = town_at("scheme")
    found.shell.clock.advance(days=30)
    found.shell.run("bank-account", "add", "Main", "--sort-code", SORT_CODE, "--number", NUMBER, by=BETH)
    found.shell.run(*LAYOUT, by=BETH)
    return found


def test_a_statement_comes_in_only_with_commit_and_only_once(town: Town) -> None:
    file = town.file("april.csv", csv_statement([OUT, IN], 50_000))
    before = town.shell.rows()
    tried = town.shell.ask("import", "bank", file, *BANK, by=BETH)
    assert (tried["new"], tried["committed"], town.shell.rows()) == (2, False, before)
    told = town.shell.run("import", "bank", file, *BANK, "--commit", by=BETH).stdout
    assert "april.csv: 2 new bank lines, 0 known already." in told
    assert "of Main (…3040), 7 April 2026 to 7 April 2026: £500.00 to £1,260.00." in told
    again = town.shell.ask("import", "bank", file, *BANK, "--commit", by=BETH)
    assert (again["taken_in_before"], again["new"]) == (True, 0)
    assert town.shell.rows()["bank_line"] == before["bank_line"] + 2


def test_faults_are_told_by_row_and_column_and_nothing_is_written(town: Town) -> None:
    file = town.file("april.csv", csv_statement([OUT, IN], 50_000).replace(b"07/04/2026,NTT", b"31/04/2026,NTT"))
    before = town.shell.rows()
    refused = town.shell.refusal("import", "bank", file, *BANK, "--commit", by=BETH)
    assert [(each["row"], each["column"]) for each in refused["faults"]] == [(2, "Date")]
    told = town.shell.run("import", "bank", file, *BANK, by=BETH, expect=1).stderr
    assert "row 2, column Date: There is no day 31/04/2026." in told
    assert town.shell.rows() == before


def test_a_break_is_passed_over_by_a_funding_manager_with_a_reason(town: Town) -> None:
    town.shell.run("import", "bank", town.file("a.csv", csv_statement([OUT])), *BANK, "--commit", by=BETH)
    later = csv_statement([Moved(-100, "FEE", on=DAY.replace(day=9))], 5_000)
    command = ("import", "bank", town.file("b.csv", later), *BANK, "--commit")
    assert town.shell.refusal(*command, by=BETH)["code"] == "not_continuous"
    override = ("--override-continuity", "the bank lost a day")
    assert town.shell.refusal(*command, *override, by=BETH)["code"] == "no_permission"
    assert town.shell.ask(*command, *override, by=FAY)["override"] == "the bank lost a day"


def test_other_kinds_need_no_layout_and_another_account_is_refused(town: Town) -> None:
    file = town.file("april.xml", camt([OUT]))
    assert town.shell.ask("import", "bank", file, "--kind", "camt.053", "--commit", by=BETH)["new"] == 1
    other = town.file("other.xml", camt([OUT], iban="GB33BUKB60209199998888"))
    refused = town.shell.refusal("import", "bank", other, "--kind", "camt.053", by=BETH)
    assert "none of the scheme's" in refused["faults"][0]["message"]


def test_a_payment_run_is_its_own_evidence(town: Town) -> None:
    run = ("bank-mapping", "save", "run", "--date", "Paid", "--amount", "Net", "--reference", "Ref", "--out-is-plain")
    town.shell.run(*run, by=BETH)
    file = town.file("run.csv", "Paid,Net,Ref\n07/04/2026,240.00,NTT-P-1\n")
    taken = town.shell.ask("import", "payment-run", file, "--mapping", "run", "--commit", by=BETH)
    assert (taken["kind"], taken["new"], taken["statements"][0]["opening_pence"]) == ("payment run", 1, None)
    extract = town.file("ledger.csv", "Paid,Net,Ref\n08/04/2026,5.00,X\n")
    command = ("import", "payment-run", extract, "--ledger", "--mapping", "run")
    assert town.shell.ask(*command, by=BETH)["kind"] == "ledger extract"
    assert town.shell.refusal("import", "payment-run", extract, by=BETH)["code"] == "layout_needed"


def test_accounts_and_layouts_are_listed_and_kept_by_bank_line_keepers(town: Town) -> None:
    assert town.shell.ask("bank-account", "list", by=VERA) == [{"name": "Main", "last_four": "3040"}]
    assert [each["name"] for each in town.shell.ask("bank-mapping", "list", by=VERA)] == ["barclays"]
    assert town.shell.refusal(*LAYOUT, by=VERA)["code"] == "no_permission"
    file = town.file("april.csv", csv_statement([OUT]))
    assert town.shell.refusal("import", "bank", file, *BANK, by=VERA)["code"] == "no_permission"
    unknown = ("import", "bank", file, "--kind", "csv", "--mapping", "nobody")
    assert town.shell.refusal(*unknown, by=BETH)["code"] == "no_layout"
