"""Schemes, agreements and rounds from files, and what is done with them afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.cli.files import AGREEMENT, ROUND, SCHEME, TERMS
from tests.integration.cli.shell import Shell
from tests.integration.cli.town import ADA, BETH, FAY, GWEN, OLWEN, PRUE, Town

TownAt = Callable[[str], Town]


def faults(town: Town, words: tuple[str, ...], content: str, by: str) -> dict[str, str]:
    """What is wrong with a file, by key; nothing of it may be written."""
    before = town.shell.rows()
    error = town.shell.refusal(*words, town.file("bad.toml", content), by=by)
    assert town.shell.rows() == before
    return {fault["column"]: fault["message"] for fault in error["faults"]}


def test_a_scheme_is_shown_with_its_rounds_and_terms(town_at: TownAt) -> None:
    town = town_at("round")
    town.shell.run("scheme", "terms", town.file("terms.toml", TERMS), by=GWEN)
    scheme = town.shell.ask("scheme", "show", by=GWEN)
    assert [terms["version"] for terms in scheme["terms"]] == ["1", "2"]
    assert scheme["rounds"][0]["available_pence"] == 3_000_000
    assert scheme["settings"]["offer_days"] == 30
    shown = town.shell.run("scheme", "show", by=GWEN).stdout
    assert "Owner: North Tyne Combined Authority\n" in shown
    assert "£30,000.00" in shown
    assert "80%" in shown


def test_a_provider_sees_no_scheme_settings(town_at: TownAt) -> None:
    assert town_at("provider").shell.refusal("scheme", "show", by=PRUE)["code"] == "no_permission"


def test_a_voucher_type_is_closed_and_opened(town_at: TownAt) -> None:
    shell = town_at("round").shell
    closed = shell.ask("voucher-type", "close", "TASTER", "--reason", "money is short", by=GWEN)
    assert closed == {"voucher_type": "TASTER", "open": False}
    assert shell.ask("voucher-type", "open", "TASTER", "--reason", "more came", by=GWEN)["open"]
    assert shell.refusal("voucher-type", "close", "OTHER", "--reason", "r", by=GWEN)["code"] == "no_voucher_type"
    assert shell.refusal("voucher-type", "close", "TASTER", "--reason", "r", by=FAY)["code"] == "no_permission"


def test_a_round_draws_on_its_lines_by_shares_with_decimals(town_at: TownAt) -> None:
    town = town_at("scheme")
    town.shell.run("agreement", "sign", town.file("agreement.toml", AGREEMENT), by=FAY)
    made = town.shell.ask("round", "set-up", town.file("round.toml", ROUND), by=GWEN)
    assert made["lines"] == [{"line": "CAP", "share_bp": 3_333}, {"line": "REV", "share_bp": 6_667}]


def test_every_fault_of_a_round_is_found_in_one_pass(town_at: TownAt) -> None:
    town = town_at("round")
    bad = ROUND.replace('line = "CAP"', 'line = "CAT"').replace('"66.67"', '"66.667"').replace('"R1"', '"R2"')
    found = faults(town, ("round", "set-up"), bad.replace("[round]", '[round]\nbudge = "1.00"'), GWEN)
    assert found["round.line[1].line"] == "Agreement LGF/2026 has no line CAT."
    assert "at most two decimals" in found["round.line[2].share_percent"]
    assert found["round.budge"] == "is not known here; check its spelling"


def test_a_round_that_is_refused_by_its_lines_is_not_there(town_at: TownAt) -> None:
    town = town_at("round")
    before = town.shell.rows()
    for change, code in ((("33.33", "33.34"), "shares"), (("30000.00", "90000.00"), "budget_beyond_line")):
        path = town.file("bad.toml", ROUND.replace('"R1"', '"R2"').replace(*change))
        assert town.shell.refusal("round", "set-up", path, by=GWEN)["code"] == code
    assert town.shell.rows() == before
    town.shell.run("round", "set-up", town.file("good.toml", ROUND.replace('"R1"', '"R2"')), by=GWEN)
    assert town.shell.rows() != before


def test_every_fault_of_an_agreement_is_found_in_one_pass(town_at: TownAt) -> None:
    bad = AGREEMENT.replace('"capital"', '"gold"').replace('"REV"', '"CAP"').replace("title = ", "titel = ")
    found = faults(town_at("scheme"), ("agreement", "sign"), bad, FAY)
    assert found["agreement.line[1].kind"] == "must be one of: capital, revenue, administration"
    assert "there twice" in found["agreement.line[2].code"]
    assert "agreement.signer.title" in found
    assert "agreement.signer.titel" in found


def test_a_funder_is_added_once(town_at: TownAt) -> None:
    town = town_at("round")
    before = town.shell.rows()["organisation"]
    path = town.file("second.toml", AGREEMENT.replace("LGF/2026", "LGF/2027"))
    town.shell.run("agreement", "sign", path, by=FAY)
    assert town.shell.rows()["organisation"] == before
    assert [each["agreement"] for each in town.shell.ask("agreement", "show", by=FAY)] == ["LGF/2026", "LGF/2027"]
    assert town.shell.refusal("agreement", "virement", "--from", "CAP", "--to", "REV", "--amount", "1.00", "--reason",
                              "r", by=FAY)["code"] == "which_agreement"  # fmt: skip


FLO = "flo@northtyne.example"


def with_flo(town: Town) -> Shell:
    """The town's shell, where Flo is a second person who keeps the funding."""
    town.shell.run("person", "add", "--name", "Flo", "--email", FLO, by=OLWEN)
    town.shell.run("role", "grant", FLO, "funding-manager", by=OLWEN)
    return town.shell


def test_an_award_is_raised_cut_and_moved_between_lines(town_at: TownAt) -> None:
    shell = with_flo(town_at("round"))
    changes = ("--line", "CAP=+500.00", "--line", "REV=-250.00")
    proposed = shell.ask("agreement", "change", *changes, "--reason", "reprofiled", by=FAY)["proposal"]
    assert shell.refusal("agreement", "confirm", proposed, by=FAY)["code"] == "agreement_duty"
    raised = shell.ask("agreement", "confirm", proposed, by=FLO)
    assert (raised["state"], raised["award_pence"], raised["version"]) == ("applied", 6_025_000, 2)
    moved = ("agreement", "virement", "--from", "CAP", "--to", "REV", "--amount", "100.00", "--reason", "asked")
    lines = shell.ask("agreement", "confirm", shell.ask(*moved, by=FAY)["proposal"], by=FLO)["lines"]
    assert [line["unallocated_pence"] for line in lines] == [2_040_000, 3_985_000]


def test_a_cut_beyond_what_is_free_waits_and_is_shown(town_at: TownAt) -> None:
    shell = with_flo(town_at("offer"))
    cut = ("agreement", "change", "--line", "CAP=-20000.00", "--reason", "less money")
    proposed = shell.ask(*cut, by=FAY)["proposal"]
    assert "£499.95 more must be released" in shell.run("agreement", "confirm", proposed, by=FLO).stdout
    assert shell.ask("agreement", "show", by=FAY)[0]["pending_changes"] == [
        {"asked_on": "2026-04-07", "reason": "less money", "change_pence": -2_000_000}
    ]


CONDITIONS = """
[conditions]
administration_cap_percent = 4
administration_cap_of = "spend"
year_by = "delivery"
sign_off_steps = 3
variance_tolerance_percent = "12.5"
[conditions.profile.CAP]
"2026-04-01" = "15000.00"
"2026-07-01" = "5000.00"
"""


def test_conditions_are_proposed_from_a_file_and_a_second_person_confirms(town_at: TownAt) -> None:
    town = town_at("round")
    shell = with_flo(town)
    words = ("agreement", "conditions", town.file("conditions.toml", CONDITIONS), "--reason", "variation 1")
    proposed = shell.ask(*words, by=FAY)["proposal"]
    assert shell.ask("agreement", "show", by=FAY)[0]["conditions"]["admin_cap_bp"] is None
    said = shell.ask("agreement", "confirm", proposed, by=FLO)["conditions"]
    assert (said["admin_cap_bp"], said["admin_cap_of"], said["sign_off_steps"]) == (400, "spend", 3)
    assert (said["year_by"], said["tolerance_bp"]) == ("delivery", 1_250)
    assert said["profile"] == {"CAP": {"2026-04-01": 1_500_000, "2026-07-01": 500_000}}
    again = shell.ask("agreement", "change", "--line", "REV=+1.00", "--reason", "r", by=FAY)["proposal"]
    ended = shell.ask("agreement", "end-proposal", again, "--reason", "not agreed after all", by=FLO)
    assert ended["state"] == "declined"


def test_every_fault_of_an_agreements_conditions_is_named(town_at: TownAt) -> None:
    town = town_at("round")
    bad = AGREEMENT.replace("[agreement]", '[agreement]\nsign_off_steps = 4\nyear_by = "moon"', 1).replace(
        "LGF/2026", "L2"
    )
    bad = bad.replace('code = "CAP"', 'code = "CAP"\nprofile = { "2026-05-01" = "1.00", "May" = "x" }', 1)
    found = faults(town, ("agreement", "sign"), bad, FAY)
    assert "between 2 and 3" in found["agreement.sign_off_steps"]
    assert "delivery, defrayal" in found["agreement.year_by"]
    assert "first day of a quarter" in found["agreement.line[1].profile.May"]
    assert "its award is" in found["agreement.line.profile"]


def test_one_line_cannot_change_twice_at_once(town_at: TownAt) -> None:
    shell = town_at("round").shell
    changes = ("--line", "CAP=+500.00", "--line", "CAP=-250.00")
    assert "Name each line once" in shell.run("agreement", "change", *changes, "--reason", "r", by=FAY, expect=2).stderr


@pytest.mark.parametrize("who", [ADA, GWEN])
def test_only_who_manages_funding_changes_an_agreement(town_at: TownAt, who: str) -> None:
    shell = town_at("round").shell
    words = ("agreement", "change", "--line", "CAP=+1.00", "--reason", "r")
    assert shell.refusal(*words, by=who)["code"] == "no_permission"
    assert shell.ask("agreement", "show", by=who)[0]["award_pence"] == 6_000_000


def test_a_drawdown_is_asked_for_and_received_at_the_bank(town_at: TownAt) -> None:
    town = town_at("round")
    asked = town.shell.ask("drawdown", "request", "--line", "REV", "--amount", "750.00", by=FAY)
    line = town.bank_line("750.00", asked["drawdown"])
    assert (
        "takes no --reason"
        in town.shell.run("match", line, "--drawdown", asked["drawdown"], "--reason", "r", by=BETH, expect=2).stderr
    )
    matched = town.shell.ask("match", line, "--drawdown", asked["drawdown"], by=BETH)
    assert (matched["open_pence"], matched["matched"]) == (0, [asked["drawdown"]])
    assert town.shell.ask("agreement", "show", by=FAY)[0]["lines"][1]["cash_pence"] == 75_000


def test_settings_change_by_a_file_that_names_only_what_changes(town_at: TownAt) -> None:
    town = town_at("round")
    path = town.file("settings.toml", '[settings]\noffer_days = 14\ncontact = "new@northtyne.example"\n')
    changed = town.shell.ask("scheme", "settings", path, "--reason", "the board", by=GWEN)["changed"]
    assert changed["offer_days"] == ["30", "14"]
    shown = town.shell.ask("scheme", "show", by=GWEN)
    assert (shown["settings"]["offer_days"], shown["settings"]["notice_days"]) == (14, 30)
    bad = town.file("bad.toml", "[settings]\nlookup_limit_person = 0\nreviewer_needed = false\n")
    error = town.shell.refusal("scheme", "settings", bad, "--reason", "r", by=GWEN)
    assert [fault["column"] for fault in error["faults"]] == [
        "settings.lookup_limit_person",
        "settings.reviewer_needed",
    ]


def test_a_voucher_type_is_added_and_changed_by_files(town_at: TownAt) -> None:
    town = town_at("round")
    kind = SCHEME[SCHEME.index("[[voucher_type]]") :].replace("[[voucher_type]]", "[voucher_type]")
    big = town.file("big.toml", kind.replace('"TASTER"', '"BIG"'))
    assert town.shell.ask("voucher-type", "add", big, by=GWEN)["face_pence"] == 150_000
    assert town.shell.refusal("voucher-type", "add", big, by=GWEN)["code"] == "voucher_type_exists"
    path = town.file("change.toml", "[voucher_type]\nvalidity_days = 60\n")
    changed = town.shell.ask("voucher-type", "change", "BIG", path, "--reason", "shorter", by=GWEN)
    assert changed == {"changed": {"validity_days": ["90", "60"]}}


def test_who_may_apply_is_replaced_by_a_file(town_at: TownAt) -> None:
    town = town_at("scheme")
    path = town.file("rules.toml", '[eligibility]\npostcode_areas = ["ne"]\n')
    found = town.shell.ask("scheme", "eligibility", path, "--reason", "the funder asks", by=GWEN)
    assert found == {"eligibility": {"postcode_areas": ["NE"]}}
    words = ("scheme", "eligibility", "--reason", "r")
    assert "eligibility.postcode_areas" in faults(town, words, '[eligibility]\npostcode_areas = ["North"]\n', GWEN)


def test_a_weaker_duty_takes_two_commands_of_two_people(town_at: TownAt) -> None:
    shell = town_at("scheme").shell
    shell.run("duty", "propose", "reviewer_needed", "--reason", "we are three", by=GWEN)
    assert shell.refusal("duty", "confirm", "reviewer_needed", by=GWEN)["code"] == "no_permission"
    assert shell.ask("duty", "end", "reviewer_needed", "--reason", "no", by=GWEN) == {"proposal": "withdrawn"}
    assert shell.refusal("duty", "confirm", "reviewer_needed", by=GWEN)["code"] == "no_proposal"
    assert shell.refusal("duty", "make-strict", "reviewer_needed", "--reason", "r", by=GWEN)["code"] == "strict_already"


def test_a_scheme_that_would_fund_vat_is_refused(town_at: TownAt) -> None:
    town = town_at("scheme")
    bad = SCHEME.replace("offer_days = 30", "vat_funded_for_unregistered = true").replace('"NTT"', '"OTH"')
    found = faults(town, ("scheme", "set-up"), bad, OLWEN)
    assert found == {
        "scheme.settings.vat_funded_for_unregistered": "cannot be true: vouchers pay no VAT in this edition"
    }
