"""A business applies by a file of answers, and the office approves what came in."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.cli.files import ROUND
from tests.integration.cli.town import ADA, OLWEN, VERA, Town

TownAt = Callable[[str], Town]
TESS = "tess@tynetiles.example"
ROUND_CODE = next(line.split('"')[1] for line in ROUND.splitlines() if line.startswith("code"))
ANSWERS = """
[answers]
legal_form = "company"
company_number = "08123456"
vat_number = ""
name = "Tyne Tiles Ltd"
address_line_1 = "4 Quay Lane"
town = "Blyth"
postcode = "NE24 2AS"
phone = "01670 123456"
support = "We want to show our tiles on line."
other_funding = "no"
"""


def applying(town_at: TownAt, answers: str = ANSWERS) -> tuple[Town, tuple[str, ...]]:
    town = town_at("round")
    town.shell.run("person", "add", "--name", "Tess Rudd", "--email", TESS, by=OLWEN)
    return town, ("apply", town.file("answers.toml", answers), "--round", ROUND_CODE)


def test_an_application_that_was_sent_is_approved_by_an_assessor_and_nobody_else(town_at: TownAt) -> None:
    town, apply = applying(town_at)
    sent = town.shell.ask(*apply, by=TESS)
    assert sent["state"] == "sent"
    assert town.shell.refusal("approve-application", sent["application"], by=VERA)["code"] == "no_permission"
    approved = town.shell.ask("approve-application", sent["application"], by=ADA)
    assert approved["state"] == "approved"
    assert town.shell.ask("applications", "--state", "approved", by=ADA)[0]["contact"] == TESS


def test_a_draft_keeps_its_answers_and_is_completed_by_a_second_file(town_at: TownAt) -> None:
    town, apply = applying(town_at, ANSWERS.replace('other_funding = "no"\n', ""))
    draft = town.shell.ask(*apply, "--draft", by=TESS)
    assert (draft["state"], draft["application"]) == ("draft", None)
    assert town.shell.refusal(*apply, by=TESS)["code"] == "incomplete"
    rest = town.file("rest.toml", '[answers]\nother_funding = "no"\n')
    sent = town.shell.ask("apply", rest, "--round", ROUND_CODE, by=TESS)
    assert (sent["form"], sent["state"]) == (draft["form"], "sent")


def test_an_answer_that_nobody_asked_for_and_one_that_cannot_be_are_named(town_at: TownAt) -> None:
    town, apply = applying(town_at, ANSWERS + 'charity_number = "1234567"\n')
    found = town.shell.refusal(*apply, by=TESS)
    assert [fault["column"] for fault in found["faults"]] == ["answers.charity_number"]
    wrong = town.file("wrong.toml", ANSWERS.replace("NE24 2AS", "NE24"))
    assert town.shell.refusal("apply", wrong, "--round", ROUND_CODE, by=TESS)["field"] == "postcode"


def test_a_business_that_is_known_here_waits_for_an_officer(town_at: TownAt) -> None:
    town, apply = applying(town_at)
    town.shell.run(*apply, by=TESS)
    town.shell.run("person", "add", "--name", "Una Fenn", "--email", "una@other.example", by=OLWEN)
    held = town.shell.ask(*apply, by="una@other.example")
    assert (held["state"], held["application"]) == ("needs a person", None)


def test_a_subsidy_that_need_not_be_published_has_no_number_to_note(town_at: TownAt) -> None:
    town, apply = applying(town_at)
    sent = town.shell.ask(*apply, by=TESS)["application"]
    assert town.shell.refusal("subsidy-number", sent, "1234567", by=VERA)["code"] == "no_permission"
    assert town.shell.refusal("subsidy-number", sent, "1234567", by=ADA)["code"] == "not_published"
