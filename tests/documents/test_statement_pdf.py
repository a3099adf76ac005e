"""The statement on paper: its figures are those of its data, on pages that say which they are."""

from __future__ import annotations

import copy
import hashlib
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from voucher.platform.money import pounds
from voucher.reports import paper, rules
from voucher.reports.money_bar import STAGES, money_bar
from voucher.reports.paper import statement_pdf

SCHEMA = Path(paper.__file__).with_name("statement-1.0.schema.json")
Json = dict[str, Any]
SIGNED: list[dict[str, str | None]] = [
    {"step": step, "name": name, "role": role, "at": f"2026-07-{day}T09:12:44+00:00", "wording": f"{step} in words."}
    for step, name, role, day in (
        ("Prepared", "Priya Nair", "Grants accountant", "06"),
        ("Reviewed", "Tom Lister", "Audit manager", "08"),
        ("Signed", "Helen Marsh", "Section 73 officer", "10"),
    )
]
UNSIGNED: list[dict[str, str | None]] = [SIGNED[0], *({**step, "name": "", "at": None} for step in SIGNED[1:])]


def drawn(data: Json) -> bytes:
    """The signed statement; drawn once for the same data, because many tests read the same pages."""
    return _drawn(rules.canonical(data))


@cache
def _drawn(text: str) -> bytes:
    return drawn_afresh(json.loads(text))


def drawn_afresh(data: Json, *, state: str = "signed", sign_off: list[dict[str, str | None]] = SIGNED) -> bytes:
    return statement_pdf(data, data_hash=hash_of(data), sign_off=sign_off, state=state)


def hash_of(data: Json) -> str:
    return rules.data_hash(rules.canonical(data))


def pages(document: bytes) -> list[str]:
    """The text of each page in one line."""
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(document)]


def page_with(document: bytes, heading: str) -> str:
    return next(text for text in pages(document) if heading in text)


def faults(data: Json) -> list[str]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    found = Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(data)
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in found]


@pytest.mark.rule(54)
def test_every_figure_of_every_line_is_on_the_paper_as_in_the_data(statement: Json) -> None:
    text = " ".join(pages(drawn(statement)))
    for part in (part for line in statement["lines"] if line["reported"] for part in line["parts"]):
        amounts = [*(part["by_funding_line"] or {}).values(), part["value"]]
        row = " ".join([part["code"], part["label"], *(paper.shown(amount, part["unit"]) for amount in amounts)])
        assert row in text
    statement["lines"][6]["parts"][2]["value"] += 1
    changed = statement["lines"][6]["parts"][2]
    assert f"{changed['label']} {pounds(changed['value'])}" in " ".join(pages(drawn(statement)))
    assert f"{changed['label']} {pounds(changed['value'])}" not in text


@pytest.mark.rule(54)
def test_every_transaction_stands_in_the_annex_with_its_amounts(statement: Json) -> None:
    text = " ".join(pages(drawn(statement)))
    columns = ("net", "vat", "gross", "grant", "own_contribution")
    for row in statement["transactions"]:
        assert row["voucher"] in text
        assert row["business"] in text
        assert " ".join(pounds(row[column]) for column in columns) in text
    sums = [sum(row[column] for row in statement["transactions"]) for column in columns]
    assert f"Total of 40 records {' '.join(map(pounds, sums))}" in text


def test_the_cover_says_who_what_when_and_the_three_figures(statement: Json) -> None:
    cover = pages(drawn(statement))[0]
    for key in ("scheme", "funder", "agreement", "statement", "owner", "prepared_by"):
        assert statement["header"][key] in cover
    assert "1 April 2026 to 30 June 2026" in cover
    by_code = {part["code"]: part["value"] for line in statement["lines"] for part in line["parts"]}
    assert f"Defrayed this period {pounds(by_code['7'])} Line 7" in cover
    assert f"Defrayed to date {pounds(by_code['8'])} Line 8" in cover
    assert f"Closing unallocated {pounds(by_code['12'])} Line 12" in cover
    for code, name, meaning, _colour in STAGES:
        assert f"{name} {meaning} {pounds(by_code[code])}" in cover


def test_the_cover_says_of_what_the_pounds_are_the_sum_where_that_is_more_than_the_award(statement: Json) -> None:
    assert "to be used again" not in pages(drawn(statement))[0]
    award, left = (next(line["parts"] for line in statement["lines"] if line["code"] == code) for code in ("1", "12"))
    left.append({**left[0], "code": "12e", "label": "Re-usable recoveries to date", "value": 191_68})
    sums = f"The award of {pounds(award[0]['value'])} and £191.68 recovered, to be used again (line 12e)"
    assert sums in pages(drawn(statement))[0]


def test_the_shares_of_the_bar_add_up_to_the_whole() -> None:
    thirds = money_bar("Thirds", {"8": 1, "6": 1, "5": 1, "4": 0, "3": 0, "12": 0})
    assert [portion.percent for portion in thirds.portions] == ["33.4%", "33.3%", "33.3%", "0.0%", "0.0%", "0.0%"]
    assert thirds.words.startswith("Thirds: defrayed £0.01 (33.4%), approved £0.01 (33.3%)")
    assert money_bar("Nothing", dict.fromkeys(("8", "6", "5", "4", "3", "12"), 0)).whole == 0


def test_every_page_says_its_number_the_records_and_the_hash(statement: Json) -> None:
    found = pages(drawn(statement))
    assert len(found) >= 6
    for number, text in enumerate(found, start=1):
        assert f"Page {number} of {len(found)}" in text
        assert f"NTT-LGF1-S001 · 40 records · data hash {hash_of(statement)[:16]}" in text
        assert len(text) > 200  # no page is empty but for its head and foot
    assert hash_of(statement) in page_with(drawn(statement), "The data behind this statement")


def test_lines_that_are_not_worked_out_are_named_so(statement: Json) -> None:
    text = " ".join(pages(drawn(statement)))
    missing = [line for line in statement["lines"] if not line["reported"] and line["code"] != "26"]
    assert len(missing) > 5
    for line in missing:
        assert f"{line['code']} {line['parts'][0]['label']} Not yet reported" in text
    assert text.count("Not yet reported") == len(missing)


def test_a_signed_statement_names_its_signers_and_carries_no_warning(statement: Json) -> None:
    document = drawn(statement)
    sign_off = page_with(document, "The data behind this statement")
    for step in SIGNED:
        assert f"{step['step']} {step['wording']} Name {step['name']} Role {step['role']} When" in sign_off
    assert "10 July 2026, 10:12am" in sign_off
    assert "not signed" not in " ".join(pages(document)).lower()


def test_an_unsigned_statement_says_so_on_every_page(statement: Json) -> None:
    found = pages(drawn_afresh(statement, state="prepared", sign_off=UNSIGNED))
    assert all("Prepared, not signed" in text for text in found)
    assert "Helen Marsh" not in " ".join(found)


def test_a_provisional_statement_says_why_on_its_cover(statement: Json) -> None:
    notice = "Provisional: 3 bank lines typed, not imported."
    assert notice not in pages(drawn(statement))[0]
    statement["header"]["provisional"] = notice
    assert notice in pages(drawn(statement))[0]


def test_a_check_that_does_not_hold_shows_both_sides_and_the_difference(statement: Json) -> None:
    statement["checks"] = [{"name": "Line 4", "left": 2_945_050, "right": 2_945_051, "holds": False}]
    text = " ".join(pages(drawn(statement)))
    assert "Line 4 £29,450.50 £29,450.51 -£0.01 Does not hold" in text
    assert "Holds" not in text


def test_a_period_without_money_still_gives_a_statement(statement: Json) -> None:
    statement |= {"transactions": [], "providers": [], "exceptions": [], "overrides": [], "checks": []}
    statement["totals"] = {"record_count": 0, "grant": 0, "own_contribution": 0}
    text = " ".join(pages(drawn(statement)))
    assert "No money moved in this period." in text
    assert text.count("None in this period.") == 2


def test_long_names_leave_the_cover_on_one_page(statement: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    long = {"scheme": "Scheme of the whole north-east " * 5, "funder": "Department of everything " * 6}
    statement["header"] |= {
        **long,
        "owner": "A joint committee of twelve councils " * 4,
        "provisional": "Because. " * 60,
    }
    assert "The lines" in pages(drawn(statement))[1]
    monkeypatch.setattr(paper, "scale_for_one_page", lambda _html_at, *, base: 100)
    assert "The lines" not in pages(drawn_afresh(statement))[1]


def test_the_data_is_attached_and_its_hash_is_the_printed_one(statement: Json) -> None:
    with pikepdf.open(io.BytesIO(drawn(statement))) as document:
        attached = document.attachments["statement.json"].get_file().read_bytes()
    assert json.loads(attached) == statement
    assert hashlib.sha256(attached).hexdigest() == hash_of(statement)
    with pytest.raises(ValueError, match="not that of the statement's data"):
        statement_pdf(statement, data_hash="0" * 64, sign_off=SIGNED, state="signed")


def test_the_same_statement_gives_the_same_bytes(statement: Json) -> None:
    assert drawn(statement) == drawn_afresh(copy.deepcopy(statement))


def structure(document: bytes) -> tuple[set[str], list[str], list[str]]:
    """The kinds of elements, the scopes of header cells, and the tags of marked content on the second page."""
    with pikepdf.open(io.BytesIO(document)) as opened:
        elements = [item for item in opened.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item]
        elements = [item for item in elements if item.get("/Type") == "/StructElem"]
        scopes = [str(item.A.get("/Scope", "none")) for item in elements if item.S == "/TH"]
        marks = pikepdf.parse_content_stream(opened.pages[1])
        tags = [str(mark.operands[0]) for mark in marks if str(mark.operator) == "BDC"]
        return {str(item.S) for item in elements}, scopes, tags


@pytest.mark.rule(71)
def test_tables_have_scoped_headers_and_running_heads_are_artifacts(
    statement: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds, scopes, tags = structure(drawn(statement))
    assert {"/H1", "/H2", "/H3", "/Table", "/THead", "/TH", "/TD", "/Figure"} <= kinds
    assert set(scopes) == {"/Column", "/Row"}
    assert tags.count("/Artifact") >= 4  # scheme, state, foot and page number
    monkeypatch.setattr("voucher.platform.pdf_archive.finish_tags", lambda _document, _pdf: None)
    _kinds, scopes, tags = structure(drawn_afresh(statement))
    assert set(scopes) == {"none"}
    assert tags.count("/Artifact") == 1  # the page number, which is put there afterwards


@pytest.mark.rule(71)
def test_the_statement_has_language_and_title_and_its_bars_are_described(statement: Json) -> None:
    with pikepdf.open(io.BytesIO(drawn(statement))) as document:
        assert str(document.Root.Lang) == "en-GB"
        assert document.Root.MarkInfo.Marked
        assert str(document.docinfo["/Title"]).startswith("Statement NTT-LGF1-S001, North Tyne Tech Taster")
        figures = [item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/Alt" in item]
        described = [str(figure.Alt) for figure in figures]
    assert [words.partition(":")[0] for words in described] == ["The award", "Capital grant", "Revenue grant"]


def test_the_schema_takes_the_data_and_describes_everything(statement: Json) -> None:
    assert faults(statement) == []
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema["$id"] == "urn:tech-taster:statement:1.0"
    for name, kind in schema["$defs"].items():
        assert kind["additionalProperties"] is False, name
        later = {each for each, what in kind["properties"].items() if "statements from before" in what["description"]}
        assert kind["required"] == [each for each in kind["properties"] if each not in later], name
        assert all(value.get("description") or "$ref" in value for value in kind["properties"].values()), name


@pytest.mark.rule(17)
def test_the_schema_refuses_an_amount_that_is_not_a_whole_number_of_pence(statement: Json) -> None:
    statement["transactions"][3]["net"] = 612.5
    assert faults(statement) == ["transactions/3/net: 612.5 is not of type 'integer'"]


def test_the_schema_refuses_a_missing_line_and_anything_unknown(statement: Json) -> None:
    short = {**statement, "lines": [line for line in statement["lines"] if line["code"] != "13"]}
    assert any("too short" in fault for fault in faults(short))
    swapped = {**statement, "lines": [statement["lines"][1], statement["lines"][0], *statement["lines"][2:]]}
    assert faults(swapped) == ["lines/0/code: '1' was expected", "lines/1/code: '2' was expected"]
    assert len(faults({**statement, "extra": 1})) == 1
    statement["lines"][12]["parts"][0]["value"] = 5
    assert faults(statement) == ["lines/12/parts/0/value: 5 is not of type 'null'"]
