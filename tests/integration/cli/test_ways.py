"""Ways of paying, templates, codes, numbers, tables and days, each by its command."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.cli.town import ALF, FAY, GWEN, KAY, KEN, OLWEN, PIA, VERA, Town

TownAt = Callable[[str], Town]
SIGRID = "sigrid@northtyne.example"
ACCOUNT = "North Tyne CA\n20-00-00\n12345678\n"
EVEN = "080000 089999 MOD10" + " 0" * 13 + " 5\n"


def with_signer(town: Town) -> None:
    town.shell.run("person", "add", "--name", "Sigrid", "--email", SIGRID, by=OLWEN)
    town.shell.run("role", "grant", SIGRID, "signer", by=OLWEN)


@pytest.mark.rule(29, 34)
def test_a_way_is_proposed_confirmed_and_makes_its_file(town_at: TownAt) -> None:
    town = town_at("approval")
    run, ask = town.shell.run, town.shell.ask
    with_signer(town)
    propose = ("paying-way", "propose", "--file", "pain.001", "--reason", "the bank asks for it")
    assert town.shell.refusal(*propose, by=GWEN)["field"] == "account_name"
    above = ("--second-approval-above", "10000.00", "--with-account")
    assert ask(*propose, *above, stdin=ACCOUNT, by=GWEN)["state"] == "proposed"
    assert ask("paying-way", "show", by=VERA)["file"] == "bank-csv"
    assert town.shell.refusal("paying-way", "confirm", by=GWEN)["code"] == "no_permission"
    assert ask("paying-way", "confirm", by=SIGRID)["account_ends_in"] == "5678"
    batch = ask("batch", "prepare", by=PIA)["batch"]
    run("batch", "submit", batch, by=PIA)
    run("batch", "approve", batch, by=ALF)
    out = town.files / "bank.xml"
    run("batch", "export", batch, "--out", str(out), by=PIA)
    assert b"<CtrlSum>800.00</CtrlSum>" in out.read_bytes()
    advice = town.files / "advice.pdf"
    payment = ask("batch", "show", batch, by=VERA)["payments"][0]["payment"]
    run("remittance", payment, "--out", str(advice), by=VERA)
    assert advice.read_bytes().startswith(b"%PDF-")


def test_an_upload_needs_numbers_and_codes(town_at: TownAt) -> None:
    town = town_at("approval")
    run, ask, provider = town.shell.run, town.shell.ask, town.told["provider"]
    with_signer(town)
    text = run("template", "payment-file", "finance-csv").stdout.replace('"Supplier number"', '"Creditor"')
    assert ask("file-template", "add", "Ours", town.file("ours.toml", text), by=GWEN)["version"] == 1
    assert [each["template"] for each in ask("file-template", "list", by=VERA)] == ["ours"]
    run("paying-way", "propose", "--file", "ours", "--reason", "the ledger pays", by=GWEN)
    run("paying-way", "confirm", by=SIGRID)
    assert ask("batch", "prepare", by=PIA)["batch"] is None
    run("supplier-number", "key", provider, "S-77", by=KAY)
    assert town.shell.refusal("supplier-number", "confirm", provider, "S-78", by=KEN)["code"] == "supplier_number"
    run("supplier-number", "confirm", provider, "s-77", by=KEN)
    batch = ask("batch", "prepare", by=PIA)["batch"]
    run("batch", "submit", batch, by=PIA)
    run("batch", "approve", batch, by=ALF)
    out = town.files / "upload.csv"
    assert town.shell.refusal("batch", "export", batch, "--out", str(out), by=PIA)["code"] == "cost_code_missing"
    [agreement] = ask("agreement", "show", by=FAY)
    for line in agreement["lines"]:
        run("cost-code", f"{agreement['agreement']}/{line['line']}", f"R-{line['line']}", by=FAY)
    assert ask("batch", "export", batch, "--out", str(out), by=PIA)["route"] == "accounts payable"
    assert out.read_text().startswith("Creditor,Supplier,Reference,")


def test_a_proposal_is_ended(town_at: TownAt) -> None:
    town = town_at("scheme")
    run = town.shell.run
    run("paying-way", "propose", "--file", "bank-csv", "--reason", "x", by=GWEN)
    assert "The proposal is withdrawn" in run("paying-way", "end", "--reason", "no", by=GWEN).stdout
    assert town.shell.refusal("paying-way", "end", "--reason", "no", by=GWEN)["code"] == "no_proposal"


@pytest.mark.rule(30)
def test_tables_are_loaded_and_named_by_their_day(town_at: TownAt) -> None:
    town = town_at("provider")
    ask = town.shell.ask
    assert ask("modulus-tables", "show", by=OLWEN) == {"dated": None}
    weights = town.file("valacdos.txt", EVEN)
    load = ("modulus-tables", "load", "--weights", weights, "--dated", "2026-05-18")
    assert ask(*load, by=OLWEN)["weights"] == 1
    odd = "Northern Bytes Ltd\n08-99-99\n66374957\n"
    assert town.shell.refusal("provider", "bank-details", town.told["provider"], stdin=odd, by=KAY)["code"] == "modulus"
    even = odd.replace("957", "958")
    town.shell.run("provider", "bank-details", town.told["provider"], stdin=even, by=KAY)
    shown = ask("provider", "show", town.told["provider"], by=KAY)
    assert (shown["modulus"], shown["modulus_tables_on"]) == ("passed", "2026-05-18")
    letter = town.file("letter.pdf", b"%PDF-1.7\n%%EOF\n")
    check = ("provider", "payee-check", town.told["provider"], "--outcome", "unavailable", "--note", "seen")
    assert town.shell.refusal(*check, by=KAY)["code"] == "evidence_needed"
    town.shell.run(*check, "--evidence", letter, by=KAY)


@pytest.mark.rule(38)
def test_days_to_pay_are_told(town_at: TownAt) -> None:
    town = town_at("payment")
    found = town.shell.ask("days-to-pay", by=VERA)
    assert (found["limit_days"], found["paid"], found["over_limit"], found["middle_days"]) == (30, 1, 0, 0)
    assert found["claims"][0]["lost"] == {"provider": 0, "business": 0, "scheme": 0}
    assert town.shell.ask("days-to-pay", "--late", by=VERA)["claims"] == []
    assert town.shell.refusal("days-to-pay", by=PIA.replace("pia", "kay"))["code"] == "no_permission"


@pytest.mark.rule(29)
def test_a_level_is_proposed_confirmed_and_holds_whoever_approves(town_at: TownAt) -> None:
    town = town_at("approval")
    run, ask = town.shell.run, town.shell.ask
    with_signer(town)
    propose = ("approval-level", "propose", "--person", ALF, "--up-to", "799.99", "--reason", "small sums first")
    assert town.shell.refusal(*propose, by=VERA)["code"] == "no_permission"
    assert ask(*propose, by=GWEN)["state"] == "proposed"
    assert town.shell.refusal("approval-level", "confirm", by=GWEN)["code"] == "no_permission"
    assert ask("approval-level", "confirm", by=SIGRID)["up_to_pence"] == 799_99
    assert ask("approval-level", "list", by=VERA) == [{"person": ALF, "up_to_pence": 799_99}]
    batch = ask("batch", "prepare", by=PIA)["batch"]
    run("batch", "submit", batch, by=PIA)
    assert "£799.99" in town.shell.refusal("batch", "approve", batch, by=ALF)["message"]
    run("approval-level", "propose", "--person", ALF, "--reason", "she may approve all", by=GWEN)
    run("approval-level", "confirm", by=SIGRID)
    run("batch", "approve", batch, by=ALF)
    run(*propose, by=GWEN)
    assert ask("approval-level", "end", "--reason", "not any more", by=SIGRID)["state"] == "declined"
