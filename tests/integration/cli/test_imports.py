"""Businesses and offers from files, templates, what falls due, and the worker: by commands."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.cli.files import PDF
from tests.integration.cli.town import ADA, BOB, GWEN, VERA, Town

TownAt = Callable[[str], Town]
BUSINESSES = """\
name,company_number,postcode,contact_name,contact_email
Otley Bakery Ltd,9100001,LS21 1AA,Ann Hill,ann@otley.example
Ilkley Dairy Ltd,9100002,LS29 8DT,Ben Moor,ben@ilkley.example
"""
CONFIRMED = """\
company_number,confirmed_on,terms_version,subsidy_received,confirmation_document
9100002,07/04/2026,1,0.00,dairy.pdf
"""


def test_businesses_come_in_only_with_commit(town_at: TownAt) -> None:
    town = town_at("round")
    file = town.file("businesses.csv", BUSINESSES)
    before = town.shell.rows()
    tried = town.shell.ask("import", "businesses", file, by=ADA)
    assert tried == {"rows": 2, "new": 2, "known": 0, "with_contact": 2, "without_contact": 0, "committed": False}
    assert "nothing is saved" in town.shell.run("import", "businesses", file, by=ADA).stdout
    assert town.shell.rows() == before
    assert town.shell.ask("import", "businesses", file, "--commit", by=ADA) == {**tried, "committed": True}
    assert town.shell.rows()["organisation"] == before["organisation"] + 2
    assert town.shell.refusal("import", "businesses", file, "--commit", by=ADA)["code"] == "file_seen"


def test_a_file_with_faults_is_refused_with_all_of_them(town_at: TownAt) -> None:
    town = town_at("round")
    file = town.file("businesses.csv", BUSINESSES.replace("9100001", "XX1").replace("LS29 8DT", "LS29"))
    faults = town.shell.refusal("import", "businesses", file, "--commit", by=ADA)["faults"]
    assert [(fault["row"], fault["column"]) for fault in faults] == [(2, "company_number"), (3, "postcode")]
    assert town.shell.refusal("import", "businesses", file, by=VERA)["code"] == "no_permission"


def test_offers_go_out_and_confirmations_beside_the_file_bring_vouchers(town_at: TownAt) -> None:
    town = town_at("round")
    file = town.file("businesses.csv", BUSINESSES)
    town.shell.run("import", "businesses", file, "--commit", by=ADA)
    offer = ("offer", "--round", "R1", "--businesses")
    assert town.shell.ask(*offer, file, by=ADA)["committed"] is False
    sent = town.shell.ask(*offer, file, "--commit", by=ADA)
    assert (sent["offers"], sent["offered_pence"], sent["issued"]) == (2, 3_000_00, 0)
    town.file("dairy.pdf", PDF)
    answers = town.file("answers.csv", CONFIRMED)
    issued = town.shell.ask(*offer, answers, "--commit", by=ADA)
    assert (issued["offers"], issued["issued"], len(issued["vouchers"])) == (0, 1, 1)
    assert town.shell.ask("reconcile", by=VERA)["differences"] == []


def test_no_file_outside_the_folder_is_taken_for_a_confirmation(town_at: TownAt) -> None:
    town = town_at("round")
    town.shell.run("import", "businesses", town.file("businesses.csv", BUSINESSES), "--commit", by=ADA)
    town.file("dairy.pdf", PDF)
    (town.files / "scans").mkdir()
    outside = town.file("answers.csv", CONFIRMED.replace("dairy.pdf", "../dairy.pdf"))
    offer = ("offer", "--round", "R1", "--businesses", outside, "--documents", str(town.files / "scans"))
    assert [fault["column"] for fault in town.shell.refusal(*offer, by=ADA)["faults"]] == ["confirmation_document"]


def test_an_offer_is_by_file_or_again_and_not_both(town_at: TownAt) -> None:
    town = town_at("offer")
    for words in ((), ("--round", "R1"), ("--again", town.told["application"], "--round", "R1")):
        town.shell.run("offer", *words, by=ADA, expect=2)
    again = town.shell.ask("offer", "--again", town.told["application"], by=ADA)
    assert again["application"] == town.told["application"]
    assert town.shell.rows()["subsidy_record"] == 2


def test_what_falls_due_is_done_once(town_at: TownAt) -> None:
    town = town_at("voucher")
    assert town.shell.refusal("release", by=VERA)["code"] == "no_permission"
    town.shell.clock.advance(days=98)
    found = town.shell.ask("release", by=GWEN)
    assert (found["vouchers_expired"], found["released_pence"], found["failed"]) == (1, 1_500_00, [])
    assert town.shell.ask("release", by=GWEN)["vouchers_expired"] == 0


def test_the_worker_sends_settles_and_seals_for_nobody_in_particular(town_at: TownAt) -> None:
    town = town_at("offer")
    found = town.shell.ask("worker", "--once")
    assert (found["delivered"], found["seals"], found["failed"]) == (1, 1, 0)
    assert BOB.encode() in (town.shell.place.mail / "1.eml").read_bytes()
    assert town.shell.ask("verify-audit")["holds"] is True


def test_two_workers_may_share_the_work_by_its_parts(town_at: TownAt) -> None:
    town = town_at("offer")
    due = town.shell.ask("worker", "--once", "--only", "due")
    assert (due["delivered"], due["seals"], due["failed"]) == (0, 1, 0)
    post = town.shell.ask("worker", "--once", "--only", "post")
    assert (post["delivered"], post["seals"], post["failed"]) == (1, 0, 0)


def test_templates_are_files_that_are_taken_in(town_at: TownAt) -> None:
    town = town_at("round")
    for kind, column in (("businesses", "name"), ("offers", "business_reference")):
        result = town.shell.run("template", kind)
        assert result.stdout.startswith(column)
        assert f"{column}: " in result.stderr
