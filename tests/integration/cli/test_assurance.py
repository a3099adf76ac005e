"""Checks and their owners, the sample, irregularities and concentration by command."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.cli.town import AUDREY, BOB, CLEM, FAY, GWEN, PRUE, VERA, Town

TownAt = Callable[[str], Town]


def test_checks_are_taken_handed_over_and_put_back(town_at: TownAt) -> None:
    town = town_at("confirmation")
    shell, claim = town.shell, town.told["claim"]
    assert shell.refusal("take-checks", claim, by=CLEM)["code"] == "no_permission"
    assert shell.ask("take-checks", claim, by=VERA)["owners"] == {"evidence shows the support": "Vera"}
    words = ("hand-over-checks", claim, "--reason", "a holiday", "--to")
    assert shell.refusal(*words, CLEM, by=VERA)["field"] == "person"
    assert shell.run(*words, VERA, by=VERA).stdout.endswith("evidence shows the support: Vera\n")
    assert shell.ask("put-back-checks", claim, by=VERA)["owners"] == {}


def test_a_proof_is_named_where_the_business_has_not_said_that_it_paid(town_at: TownAt) -> None:
    town = town_at("claim")
    shell, claim = town.shell, town.told["claim"]
    shell.run("confirm", "session", town.told["session"], "--delivered", "yes", by=BOB)
    shell.run("confirm", "claim", claim, "--accept", "--not-yet-paid", by=BOB)
    words = ("verify", claim, "--pass", "evidence=photographs", "--pass", "contribution=paid by card")
    assert shell.refusal(*words, by=VERA)["code"] == "proof_needed"
    assert shell.refusal(*words, "--proof", "receipt", by=VERA)["code"] == "receipt_alone"
    assert shell.ask(*words, "--proof", "business-bank", by=VERA)["state"] == "verified"


def test_the_sample_is_set_by_an_administrator_and_told_to_staff_alone(town_at: TownAt) -> None:
    town = town_at("confirmation")
    shell = town.shell
    words = ("sampling", "set", "--rate", "10", "--weak", "50", "--seed", "seven", "--reason", "few faults")
    assert shell.refusal(*words, by=VERA)["code"] == "no_permission"
    assert shell.ask(*words, by=GWEN)["weak_rate_bp"] == 5_000
    assert [rule["seed"] for rule in shell.ask("sampling", "show", by=AUDREY)] == ["seven"]
    assert shell.ask("claim-show", town.told["claim"], by=VERA)["sample_reason"] == "Every claim is looked at."
    told = shell.ask("claim-show", town.told["claim"], by=PRUE)
    assert not {"sampled", "sample_reason", "alike"} & set(told)
    assert "payee can be paid" not in {check["check"] for check in told["checks"]}


def test_an_irregularity_is_registered_changed_closed_and_opened_again(town_at: TownAt) -> None:
    town = town_at("claim")
    shell = town.shell
    words = ("irregularity", "register", "--kind", "suspected-fraud", "--note", "the invoice is odd")
    assert shell.refusal(*words, by=CLEM)["code"] == "no_permission"
    made = shell.ask(*words, "--amount", "12.50", "--claim", town.told["claim"], by=VERA)
    assert (made["state"], made["amount_pence"], made["claim"]) == ("open", 1_250, town.told["claim"])
    one = (made["irregularity"], "--note", "looked into")
    shell.run("irregularity", "change", *one, "--kind", "irregularity", "--amount", "13.00", by=FAY)
    assert shell.refusal("irregularity", "close", *one, "--outcome", "proved", by=VERA)["code"] == "irregularity_duty"
    assert shell.ask("irregularity", "close", *one, "--outcome", "proved", by=FAY)["state"] == "proved"
    shell.run("irregularity", "reopen", *one, by=FAY)
    shown = shell.ask("irregularity", "show", made["irregularity"], by=AUDREY)
    assert [event["state"] for event in shown["events"]] == ["open", "open", "proved", "open"]
    assert shell.ask("irregularity", "list", "--state", "proved", by=AUDREY) == []
    assert len(shell.ask("irregularity", "list", by=AUDREY)) == 1


def test_concentration_is_reported_raised_and_closed(town_at: TownAt) -> None:
    town = town_at("claim")
    shell = town.shell
    shell.run("concentration", "thresholds", "--claims-a-day", "1", "--reason", "a small scheme", by=GWEN)
    report = shell.ask("concentration", "report", by=AUDREY)
    assert report["thresholds"]["claims_a_day"] == 1
    assert [(each["name"], each["claims"], each["money_bp"]) for each in report["providers"]] == [
        ("Northern Bytes Ltd", 1, 10_000)
    ]
    assert shell.ask("concentration", "look", by=VERA) == {"raised": 1, "seen": 0, "over": 0}
    (case,) = shell.ask("concentration", "cases", "--state", "open", by=AUDREY)
    closed = shell.ask("concentration", "close", case["case"], "--reason", "a training day", by=FAY)
    assert (closed["state"], closed["reason"]) == ("closed", "a training day")
    assert shell.refusal("concentration", "look", by=CLEM)["code"] == "no_permission"
