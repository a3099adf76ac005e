"""Look-ups, sessions and claims by their provider, the business's word, and what staff do with claims."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.cli.files import PDF
from tests.integration.cli.town import BOB, CLEM, GWEN, OLWEN, PRUE, VERA, Town

TownAt = Callable[[str], Town]


def claim(town: Town, *more: str, number: str = "INV-001") -> tuple[str, ...]:
    return ("claim", "--session", town.told["session"], *town.invoice(number), *more)


def test_a_look_up_that_is_not_good_exits_with_1_and_is_kept_all_the_same(town_at: TownAt) -> None:
    town = town_at("voucher")
    before = town.shell.rows("look_up")
    result = town.shell.run("look-up", "0000-0000-0000-0", by=PRUE, expect=1)
    assert (
        result.stderr
        == "This is not a voucher of this scheme. Check the code with the business, or scan the voucher again.\n"
    )
    assert town.shell.refusal("look-up", "-", stdin="0000-0000-0000-0\n", by=PRUE)["code"] == "not_recognised"
    assert town.shell.rows("look_up") == before
    assert town.shell.rows()["look_up"] == 2


def test_a_slip_of_the_finger_is_refused_and_not_kept(town_at: TownAt) -> None:
    town = town_at("voucher")
    good = town.code()
    bad = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert town.shell.refusal("look-up", bad, by=PRUE)["code"] == "mistyped"
    assert town.shell.rows()["look_up"] == 0


def test_no_code_at_all_is_bad_usage_and_not_counted(town_at: TownAt) -> None:
    town = town_at("voucher")
    for code in ("-", ""):
        assert "Give a code" in town.shell.run("look-up", code, stdin="", by=PRUE, expect=2).stderr
    assert town.shell.rows()["look_up"] == 0


def test_only_a_provider_looks_vouchers_up(town_at: TownAt) -> None:
    town = town_at("voucher")
    for who in (BOB, GWEN):
        assert town.shell.refusal("look-up", town.code(), by=who)["code"] in ("not_a_provider", "no_permission")
    assert town.shell.rows()["look_up"] == 0


def test_a_session_is_undone_and_its_money_is_free_again(town_at: TownAt) -> None:
    town = town_at("session")
    assert town.shell.ask("voucher", "show", town.told["voucher"], by=GWEN)["held_pence"] == 80_000
    undone = town.shell.ask("undo-session", town.told["session"], "--reason", "wrong day", by=PRUE)
    assert (undone["state"], undone["held_pence"]) == ("undone", 0)
    assert town.shell.ask("voucher", "show", town.told["voucher"], by=GWEN)["remaining_pence"] == 150_000


def test_a_claim_that_a_rule_refuses_exits_with_1_and_the_attempt_is_kept(town_at: TownAt) -> None:
    town = town_at("session")
    before = town.shell.rows("audit_event", "document")
    words = claim(town, "--gross", "1200.01")
    error = town.shell.refusal(*words, by=PRUE)
    assert (error["code"], error["field"]) == ("invoice_arithmetic", "vat")
    assert town.shell.rows("audit_event", "document") == before


def test_a_claim_tells_its_key_first_and_the_same_key_claims_once(town_at: TownAt) -> None:
    town = town_at("session")
    first = town.shell.run(*claim(town), by=PRUE)
    key = first.stderr.split()[2].rstrip(":")
    repeated = town.shell.ask(*claim(town, "--request-key", key), by=PRUE)
    assert (repeated["repeated"], repeated["request_key"]) == (True, key)
    assert town.shell.rows()["redemption"] == 1
    assert town.shell.refusal(*claim(town), by=PRUE)["code"] == "session_not_recorded"


def test_an_invoice_with_several_rates_is_given_line_by_line(town_at: TownAt) -> None:
    town = town_at("session")
    amounts = ("--invoice", "9", "--invoiced-on", "2026-04-07", "--net", "900.00", "--vat", "100.00")
    lines = ("--line", "500.00=20", "--line", "400.00=0")
    words = ("claim", "--session", town.told["session"], *amounts)
    assert "either --vat-rate or --line" in town.shell.run(*words, *lines, "--vat-rate", "20", by=PRUE, expect=2).stderr
    assert town.shell.refusal(*words, "--vat-rate", "20", by=PRUE)["code"] == "invoice_arithmetic"
    assert town.shell.ask(*words, *lines, by=PRUE)["grant_pence"] == 72_000


def test_an_invoice_without_vat_has_no_rate(town_at: TownAt) -> None:
    town = town_at("session")
    amounts = ("--invoice", "9", "--invoiced-on", "2026-04-07", "--net", "900.00", "--vat", "0.00")
    made = town.shell.ask("claim", "--session", town.told["session"], *amounts, by=PRUE)
    assert (made["vat_pence"], made["own_pence"]) == (0, 18_000)


def test_a_claim_is_sent_back_corrected_and_withdrawn(town_at: TownAt) -> None:
    town = town_at("confirmation")
    reference = town.told["claim"]
    sent = town.shell.ask("send-back", reference, "--reason", "the invoice lacks a date", by=CLEM)
    assert sent["state"] == "sent back"
    corrected = town.shell.ask("resubmit", reference, *town.invoice("INV-001a"), by=PRUE)
    assert (corrected["state"], corrected["version"]) == ("confirmed", 2)
    town.shell.run("send-back", reference, "--reason", "still none", by=CLEM)
    assert town.shell.ask("withdraw", reference, "--reason", "made anew", by=PRUE)["state"] == "withdrawn"
    assert town.shell.ask("voucher", "show", town.told["voucher"], by=GWEN)["remaining_pence"] == 150_000


def test_only_the_business_gives_its_word(town_at: TownAt) -> None:
    town = town_at("claim")
    answers = (
        ("confirm", "session", town.told["session"], "--delivered", "yes"),
        ("confirm", "claim", town.told["claim"], "--accept", "--not-yet-paid"),
    )
    for words in answers:
        assert town.shell.refusal(*words, by=PRUE)["code"] in ("no_permission", "not_the_business")
        assert town.shell.run(*words, by=GWEN, expect=1).exit_code == 1
        town.shell.run(*words, by=BOB)
    assert town.shell.ask("claim-show", town.told["claim"], by=BOB)["state"] == "confirmed"


def test_what_was_paid_is_said_in_full_or_not_at_all(town_at: TownAt) -> None:
    town = town_at("claim")
    words = ("confirm", "claim", town.told["claim"])
    run = town.shell.run
    assert "--not-yet-paid" in run(*words, "--accept", by=BOB, expect=2).stderr
    assert "either" in run(*words, "--accept", "--paid", "1.00", "--not-yet-paid", by=BOB, expect=2).stderr
    assert town.shell.refusal(*words, "--accept", "--paid", "1.00", by=BOB)["code"] == "paid"
    assert town.shell.refusal(*words, "--reject", by=BOB)["code"] == "note_needed"
    assert town.shell.ask(*words, "--reject", "--note", "too much", by=BOB)["state"] == "disputed"


@pytest.mark.parametrize("who", [OLWEN, "mallory@otherfirm.example"])
def test_a_claim_is_nothing_to_whoever_has_no_part_in_it(town_at: TownAt, who: str) -> None:
    town = town_at("claim")
    if who != OLWEN:
        town.shell.run("person", "add", "--name", "Mallory", "--email", who, by=OLWEN)
    for words in (("claim-show",), ("dispute", "--reason", "r"), ("approve",), ("hold", "--reason", "r")):
        error = town.shell.refusal(words[0], town.told["claim"], *words[1:], by=who)
        assert error["code"] == "no_claim"
    assert town.shell.ask("claims", by=who) == []


def test_claims_are_listed_by_state_to_staff_and_to_both_sides(town_at: TownAt) -> None:
    town = town_at("confirmation")
    for who in (VERA, PRUE, BOB):
        assert [row["claim"] for row in town.shell.ask("claims", by=who)] == [town.told["claim"]]
        assert [row["claim"] for row in town.shell.ask("claims", "--state", "confirmed", by=who)] == [
            town.told["claim"]
        ]
        assert town.shell.ask("claims", "--state", "paid", "--state", "sent-back", by=who) == []
    assert "There are none." in town.shell.run("claims", "--state", "paid", by=VERA).stdout


def test_either_side_disputes_and_a_disputed_claim_is_not_verified(town_at: TownAt) -> None:
    town = town_at("confirmation")
    assert town.shell.ask("dispute", town.told["claim"], "--reason", "half a day", by=PRUE)["state"] == "disputed"
    error = town.shell.refusal("verify", town.told["claim"], "--pass", "evidence=fits", by=VERA)
    assert error["code"] == "not_confirmed"


def test_a_check_that_fails_keeps_a_claim_open_and_says_so(town_at: TownAt) -> None:
    town = town_at("confirmation")
    verify = ("verify", town.told["claim"])
    clash = ("--pass", "evidence=a", "--fail", "evidence=b")
    assert "both pass and fail" in town.shell.run(*verify, *clash, by=VERA, expect=2).stderr
    failed = town.shell.ask(*verify, "--fail", "evidence=no report", by=VERA)
    assert failed["open"] == [{"task": "evidence shows the support", "note": "no report"}]
    assert "no report" in town.shell.run(*verify, by=VERA).stdout
    assert town.shell.ask(*verify, "--pass", "evidence=it came", by=VERA)["state"] == "verified"


def test_a_hold_bars_approval_until_it_is_lifted(town_at: TownAt) -> None:
    town = town_at("confirmation")
    reference = town.told["claim"]
    town.shell.run("verify", reference, "--pass", "evidence=fits", by=VERA)
    town.shell.run("hold", reference, "--reason", "a question", by=VERA)
    assert town.shell.refusal("approve", reference, by=CLEM)["code"] == "not_ready"
    town.shell.run("lift-hold", reference, "--reason", "answered", by=VERA)
    part = ("approve", reference, "--amount", "600.00")
    assert town.shell.refusal(*part, by=CLEM)["code"] == "reason_needed"
    assert town.shell.ask(*part, "--reason", "an hour less", by=CLEM)["grant_pence"] == 60_000


def test_an_unanswered_claim_is_accepted_on_other_evidence_only_once_it_is_unconfirmed(town_at: TownAt) -> None:
    town = town_at("claim")
    words = ("accept-other-evidence", town.told["claim"], "--reason", "called twice, the report is there")
    assert town.shell.refusal(*words, by=VERA)["code"] == "invalid_transition"
    assert town.shell.ask("claim-show", town.told["claim"], by=VERA)["state"] == "submitted"


def test_a_claim_is_shown_with_its_sessions_files_answers_and_checks(town_at: TownAt) -> None:
    town = town_at("approval")
    shown = town.shell.ask("claim-show", town.told["claim"], by=VERA)
    assert shown["sessions"][0]["answer"] == "yes"
    assert shown["files"] == [{"shows": "invoice", "name": "INV-001.pdf"}]
    assert shown["business_says"] == {"accepts": True, "paid_pence": 40_000, "paid_on": "2026-04-07"}
    assert len(shown["checks"]) == 8
    text = town.shell.run("claim-show", town.told["claim"], by=VERA).stdout
    assert "Grant: £800.00" in text
    assert "Checked the tills" in text


def test_a_file_of_no_known_kind_supports_no_claim(town_at: TownAt) -> None:
    town = town_at("session")
    before = town.shell.rows()
    odd = town.file("script.sh", b"#!/bin/sh")
    scan = town.file("scan.pdf", PDF)
    words = (*claim(town)[:-2], "--file", f"delivery={scan}", "--file", f"invoice={odd}")
    assert town.shell.refusal(*words, by=PRUE)["code"] == "file_type"
    assert town.shell.rows() == before
