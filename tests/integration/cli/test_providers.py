"""Providers by commands: vetting by two people, packages, and an account that nobody reads in a list of processes."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.cli.shell import Shell
from tests.integration.cli.town import BOB, CHECKS, GWEN, KAY, KEN, PETRA, PIERS, PRUE, Town

TownAt = Callable[[str], Town]
FIRM = ("provider", "apply", "--name", "Dŵr Digital Cyf", "--company-number", "9876501", "--contact-email", PRUE)
ACCOUNT = "Dŵr Digital Cyf\n08-99-99\n66374958\n"


def vetted(shell: Shell) -> str:
    provider = str(shell.ask(*FIRM, by=PETRA)["provider"])
    shell.run("provider", "sponsor", provider, by=PETRA)
    for check in CHECKS:
        shell.run("provider", "vet", provider, "--check", check, "--passed", "--note", "seen", by=PETRA)
    return provider


def test_a_firm_that_is_known_by_a_number_is_not_added_again(town_at: TownAt) -> None:
    shell = town_at("provider").shell
    before = shell.rows()
    again = ("--name", "Another Name", "--company-number", "09876502", "--contact-email", PRUE)
    assert shell.refusal("provider", "apply", *again, by=PETRA)["code"] == "provider_exists"
    more = (*again, "--vat-number", "GB831495816")
    assert shell.refusal("provider", "apply", *more, by=PETRA)["code"] == "numbers_differ"
    assert shell.rows() == before


def test_a_firm_must_be_known_by_a_number(town_at: TownAt) -> None:
    words = ("provider", "apply", "--name", "N", "--contact-email", PRUE)
    result = town_at("scheme").shell.run(*words, by=PETRA, expect=2)
    assert "--company-number, --charity-number, --vat-number, --utr" in result.stderr


def test_a_sponsor_cannot_approve_and_another_vetter_can(town_at: TownAt) -> None:
    shell = town_at("round").shell
    provider = vetted(shell)
    approve = ("provider", "approve", provider, "--until", "31/03/2027")
    assert shell.refusal(*approve, by=PETRA)["code"] == "provider_approval"
    assert shell.ask(*approve, by=PIERS)["state"] == "approved"


def test_a_failed_check_keeps_a_provider_out(town_at: TownAt) -> None:
    shell = town_at("round").shell
    provider = vetted(shell)
    shell.run("provider", "vet", provider, "--check", "insurance", "--failed", "--note", "has run out", by=PETRA)
    error = shell.refusal("provider", "approve", provider, "--until", "2027-03-31", by=PIERS)
    assert "insurance" in error["message"]
    assert shell.ask("provider", "show", provider, by=GWEN)["vetting"]["insurance"] == "failed"


def test_a_firm_is_declined_with_a_reason(town_at: TownAt) -> None:
    shell = town_at("round").shell
    provider = vetted(shell)
    assert shell.ask("provider", "decline", provider, "--reason", "no insurance", by=PIERS)["state"] == "declined"


def test_an_account_is_keyed_checked_and_confirmed_by_two_and_never_shown(town_at: TownAt) -> None:
    shell = town_at("round").shell
    provider = vetted(shell)
    keyed = shell.run("provider", "bank-details", provider, stdin=ACCOUNT, by=KAY)
    assert "66374958" not in keyed.output
    shell.run("provider", "payee-check", provider, "--outcome", "close-match", "--note", "a short form", by=KAY)
    assert shell.refusal("provider", "confirm-details", provider, by=KAY)["code"] == "payee_confirmation"
    shell.run("provider", "confirm-details", provider, by=KEN)
    shown = shell.ask("provider", "show", provider, by=KEN)
    assert (shown["account_ends_in"], shown["not_payable_because"]) == ("4958", None)
    assert "66374958" not in str(shown)


def test_an_account_that_is_not_whole_is_not_kept(town_at: TownAt) -> None:
    shell = town_at("round").shell
    provider = vetted(shell)
    before = shell.rows()
    for stdin in ("", "Dŵr Digital Cyf\n08-99-99\n"):
        assert "three lines" in shell.run("provider", "bank-details", provider, stdin=stdin, by=KAY, expect=2).stderr
    wrong = ACCOUNT.replace("08-99-99", "08-99")
    assert shell.refusal("provider", "bank-details", provider, stdin=wrong, by=KAY)["code"] == "bank_details"
    assert shell.refusal("provider", "payee-check", provider, "--outcome", "match", by=KAY)["code"] == "no_details"
    assert shell.rows() == before


def test_a_suspended_provider_can_look_nothing_up_until_it_is_reinstated(town_at: TownAt) -> None:
    town = town_at("voucher")
    provider = town.told["provider"]
    town.shell.run("provider", "suspend", provider, "--reason", "a complaint", by=PIERS)
    assert town.shell.refusal("look-up", town.code(), by=PRUE)["code"] == "provider_suspended"
    town.shell.run("provider", "reinstate", provider, "--reason", "cleared", by=PIERS)
    assert town.shell.ask("look-up", town.code(), by=PRUE)["outcome"] == "good"


def test_providers_are_listed_for_staff_and_seen_by_themselves(town_at: TownAt) -> None:
    town = town_at("voucher")
    listed = town.shell.ask("provider", "list", by=GWEN)
    assert [(row["name"], row["state"]) for row in listed] == [("Northern Bytes Ltd", "approved")]
    assert town.shell.ask("provider", "show", town.told["provider"], by=PRUE)["packages"][0]["net_pence"] == 100_000
    for words in (("list",), ("show", town.told["provider"])):
        assert town.shell.refusal("provider", *words, by=BOB)["code"] == "no_permission"
