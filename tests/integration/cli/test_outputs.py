"""Indicators, jobs, samples and funders' forms by commands."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from tests.harness.world import PDF
from tests.integration.cli.shell import Shell
from tests.integration.cli.town import AUDREY, FAY, PIA, VERA, Town

pytestmark = pytest.mark.usefixtures("sketched")

TownAt = Callable[[str], Town]


def indicators(town: Town) -> None:
    text = town.shell.run("template", "indicators").stdout
    file = town.file("indicators.toml", text)
    told = town.shell.ask("indicators", "set", file, by=FAY)
    assert [each["code"] for each in told["indicators"]] == ["E12", "E10", "E30", "E22", "E23"]


def business_of(shell: Shell) -> str:
    return str(shell.ask("output", "progress", "--indicator", "E12", by=VERA)[0]["business"])


@pytest.mark.rule(59, 60)
def test_progress_says_what_is_missing_and_nothing_counts_below_the_threshold(town_at: TownAt) -> None:
    town = town_at("payment")
    indicators(town)
    (row,) = town.shell.ask("output", "progress", "--indicator", "E12", by=VERA)
    assert (row["threshold"], row["evidenced"], row["meets"]) == (720, 120, False)
    assert town.shell.refusal("output", "progress", "--indicator", "E30", by=VERA)["code"] == "no_threshold"
    assert town.shell.ask("output", "count", by=VERA) == {"changed": 1}
    assert town.shell.ask("output", "count", by=VERA) == {"changed": 0}
    (counted,) = town.shell.ask("output", "list", by=VERA)
    assert (counted["indicator"], counted["amount"], counted["has_evidence"]) == ("E10", 80_000, True)
    figures = {each["code"]: each for each in town.shell.ask("indicators", "show", by=VERA)["figures"]}
    assert (figures["E10"]["to_date"], figures["E12"]["to_date"]) == (1, 0)


@pytest.mark.rule(61)
def test_an_enterprise_and_a_job_are_recorded_evidenced_and_withdrawn(town_at: TownAt) -> None:
    town = town_at("payment")
    indicators(town)
    business, paper = business_of(town.shell), town.file("paper.pdf", PDF.format("paper"))
    made = town.shell.ask("output", "record", "--indicator", "E30", "--business", business, by=VERA)
    assert made["counts_on"] is None
    shown = town.shell.ask("output", "evidence", made["output"], "--evidence", paper, by=VERA)
    assert shown["counts_on"] == "2026-04-07"
    gone = town.shell.ask("output", "withdraw", made["output"], "--reason", "entered twice", by=VERA)
    assert gone["withdrawn_on"] == "2026-04-07"
    days = ("--baseline-on", "2026-03-01", "--begins-on", "2026-04-06")
    post = ("--post", "Web editor", "--fte", "0.6", "--baseline", "4.5", *days)
    job = ("job", "record", "--indicator", "E22", "--business", business, *post, "--permanent")
    assert town.shell.ask(*job, "--evidence", paper, by=VERA)["fte_hundredths"] == 60
    assert town.shell.refusal(*job, by=VERA)["code"] == "post_taken"
    town.shell.run("job", "record", "--indicator", "E22", "--business", business, *post[:3], "2.0", by=VERA, expect=2)
    assert town.shell.refusal("output", "withdraw", "nothing", "--reason", "x", by=VERA)["code"] == "not_here"
    assert len(town.shell.ask("job", "list", by=VERA)) == 1


@pytest.mark.rule(62)
def test_a_sample_is_drawn_shown_found_concluded_and_its_dossier_written(town_at: TownAt) -> None:
    town = town_at("payment")
    town.shell.clock.advance(days=1)
    draw = ("sample", "draw", "--side", "claims-paid", "--from", "2026-04-01", "--to", "2026-04-07")
    assert town.shell.refusal(*draw, by=AUDREY)["code"] == "size_or_confidence"
    told = town.shell.ask(*draw, "--confidence", "95", "--tolerable", "5", by=AUDREY)
    assert (told["draws"], told["population_count"], len(told["items"])) == (60, 1, 1)
    sample = told["sample"]
    assert town.shell.ask("sample", "show", sample, by=AUDREY)["drawn_again"] == "the same items"
    again = town.shell.ask(*draw, "--size", "60", "--seed", told["seed"], by=AUDREY)
    assert again["population_hash"] == told["population_hash"]
    assert town.shell.refusal("sample", "conclude", sample, by=AUDREY)["code"] == "items_open"
    finding = ("sample", "finding", sample, "1", "--outcome", "fail", "--error", "8.00", "--note", "too dear")
    assert town.shell.ask(*finding, by=AUDREY)["error_bp"] == 100
    assert town.shell.ask("sample", "conclude", sample, by=AUDREY)["counts_on"] == "2026-04-07"
    assert len(town.shell.ask("sample", "list", by=AUDREY)) == 2
    out = town.files / "dossier.zip"
    town.shell.run("sample", "dossier", sample, "1", "--out", str(out), by=AUDREY)
    index = json.loads(zipfile.ZipFile(out).read("index.json"))
    assert (index["sample"], index["taken_by"]) == (sample, "Audrey")
    assert town.shell.refusal(*draw, "--size", "1", by=PIA)["code"] == "no_permission"


def test_the_calendar_and_what_to_chase(town_at: TownAt) -> None:
    town = town_at("claim")
    assert town.shell.ask("reporting", "calendar", by=FAY) == []
    rhythm = ("reporting", "rhythm", "--months", "3", "--due-days", "30")
    assert town.shell.ask(*rhythm, by=FAY)["cut_off_days"] == 14
    assert town.shell.ask("reporting", "calendar", by=FAY)[0]["standing"] == "running"
    (waiting,) = town.shell.ask("reporting", "chase", by=FAY)["waiting"]
    assert (waiting["what"], waiting["reference"]) == ("claim not paid yet", town.told["claim"])


@pytest.mark.rule(70)
def test_a_funders_form_is_kept_or_refused_with_each_fault(town_at: TownAt) -> None:
    town = town_at("payment")
    book, out = Workbook(), io.BytesIO()
    book.active.title = "Claim"
    book.active["B2"] = "=1+1"
    book.save(out)
    form = town.file("claim.xlsx", out.getvalue())
    wrong = town.file("wrong.csv", "cell,figure\nClaim!B2,7\nClaim!B3,seven\n")
    refused = town.shell.refusal("reporting", "form", form, "--cells", wrong, by=FAY)
    assert [(each["row"], each["column"]) for each in refused["faults"]] == [(2, "cell"), (3, "figure")]
    right = town.file("right.csv", "cell,figure\nClaim!B3,7\n")
    assert town.shell.ask("reporting", "form", form, "--cells", right, by=FAY)["cells"] == {"Claim!B3": "7"}
