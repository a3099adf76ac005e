"""The annex behind the front: every record read back out of the file, whatever its length, by eye and by ear."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any

import page as page_validation
import pikepdf
import pypdfium2
import pytest

from tests.documents.conftest import statement_of
from tests.harness.tagged import Cell, TaggedFile
from voucher.platform import pdf
from voucher.platform.annex import drawing, faces, fonts, structure
from voucher.platform.annex.front import UnknownFront
from voucher.platform.annex.layout import CutFigure
from voucher.platform.annex.objects import ObjectFile
from voucher.platform.money import pounds
from voucher.platform.pdf import TEMPLATES, render_archival
from voucher.platform.pdf_tags import finish_tags
from voucher.reports import annex, rules
from voucher.reports.annex import Around, append_annex
from voucher.reports.paper import statement_pdf
from voucher.reports.transactions import transactions_csv

Json = dict[str, Any]
MANY = 2_000
MONEY = ("net", "vat", "gross", "grant", "own_contribution", "paid_by_business")
PROFILES = ("ua1", "3a")
UNLIMITED = page_validation.SafetyLimits.unlimited()  # It takes a table of more than 1024 rows for an attack.
TITLES = [
    "No.", "Voucher", "Business", "Provider", "Delivered, claimed", "Net", "VAT", "Gross", "Grant",
    "Own contribution", "Paid by business", "Payment, bank date, evidence",
]  # fmt: skip
SIGNED: list[dict[str, str | None]] = [
    {"step": step, "name": f"{step} by", "role": step, "at": "2026-07-06T09:12:44+00:00", "wording": step}
    for step in ("Prepared", "Reviewed", "Signed")
]


@cache
def drawn(count: int) -> bytes:
    """The statement with so many transactions, drawn once."""
    data = statement_of(count)
    return statement_pdf(data, data_hash=rules.data_hash(rules.canonical(data)), sign_off=SIGNED, state="signed")


@cache
def front() -> bytes:
    """Some pages that an annex can follow; most tests are of what comes behind them."""
    html = "<html lang=en-GB><title>A statement</title><body><h1>A statement</h1><h2>Its lines</h2><p>None.</p>"
    return render_archival(html, base=TEMPLATES)


def annexed(data: Json, *, signed: bool = True) -> bytes:
    """A front with the annex of these data."""
    out = io.BytesIO()
    append_annex(front(), data, Around("Tech Taster", "In a state", "Foot of a page", signed), out)
    return out.getvalue()


@pytest.fixture
def few() -> Json:
    """Three transactions, to change before they are drawn."""
    return statement_of(3)


def day(text: str) -> str:
    found = date.fromisoformat(text)
    return f"{found.day} {found:%b %Y}"


def as_read_out(number: int, row: Json) -> list[str]:
    """What a screen reader must say of a transaction, cell by cell."""
    evidence = {"imported": "Bank file", "typed": "Typed in"}[row["evidence"]]
    return [
        str(number),
        row["voucher"] + (" Returned" if row["kind"] == "return" else ""),
        f"{row['business']} {row['business_id']}",
        f"{row['provider']} {row['provider_id']}",
        f"{day(row['delivered_on'])} {day(row['claimed_on'])}",
        *["–" if row[name] is None else pounds(row[name]) for name in MONEY],
        f"{row['payment']} {day(row['bank_on'])}, {evidence}",
    ]


def annex_rows(document: bytes) -> list[list[Cell]]:
    with TaggedFile(document) as tagged:
        table = tagged.section().K[-1]
        assert table.S == "/Table"
        return list(tagged.rows(table))


@cache
def many_rows() -> list[list[Cell]]:
    return annex_rows(drawn(MANY))


def seen(document: bytes, row: int, cell: int) -> str:
    """The glyphs of a cell; the record of number 1 stands in row 1."""
    with TaggedFile(document) as tagged:
        rows = [row for part in tagged.section().K[-1].K for row in part.K]
        return tagged.seen_of(rows[row].K[cell])


def pages(document: bytes) -> Iterator[str]:
    for found in pypdfium2.PdfDocument(document):
        yield " ".join(found.get_textpage().get_text_bounded().split())


def faults(document: bytes) -> set[str]:
    """What qpdf and the two profiles of page-validation find wrong."""
    with pikepdf.open(io.BytesIO(document)) as opened:
        found = set(opened.check_pdf_syntax())
    for profile in PROFILES:
        report = page_validation.validate_pdf_bytes(document, profile=profile, limits=UNLIMITED)
        found |= {fault.rule_id for fault in report.failures}
    return found


@pytest.mark.rule(54)
def test_every_record_is_read_out_in_order_and_cell_by_cell() -> None:
    titles, *rows, total = many_rows()
    data = statement_of(MANY)["transactions"]
    assert [[cell.text for cell in row] for row in rows] == [as_read_out(n, row) for n, row in enumerate(data, start=1)]
    assert [cell.text for cell in titles] == TITLES
    sums = [pounds(sum(row[name] or 0 for row in data)) for name in MONEY]
    assert [cell.text for cell in total] == ["Total of 2000 records", *sums, ""]


@pytest.mark.rule(71)
def test_titles_and_vouchers_are_headers_with_their_scope() -> None:
    titles, *rows, total = many_rows()
    assert {(cell.kind, cell.scope) for cell in titles} == {("/TH", "/Column")}
    kinds = ["/TD", "/TH", *["/TD"] * 10]
    assert {tuple(cell.kind for cell in row) for row in rows} == {tuple(kinds)}
    assert {row[1].scope for row in rows} == {"/Row"}
    assert (total[0].kind, total[0].scope, total[0].span) == ("/TH", "/Row", 5)
    assert sum(cell.span for cell in total) == len(titles)


@pytest.mark.rule(71)
def test_every_mark_has_its_element_and_no_text_is_untagged() -> None:
    with TaggedFile(drawn(MANY)) as tagged:
        assert tagged.wrong_parents() == []
        own = list(tagged.pdf.pages)[-50:]
        assert {tagged.page_text(found.obj).untagged for found in own} == {""}
        heading, lede, _table = tagged.section().K
        assert (heading.S, tagged.text_of(heading)) == ("/H2", "Annex: the transactions")
        assert tagged.text_of(lede).startswith("2000 records. ")


@pytest.mark.rule(54)
def test_the_amounts_that_the_eye_reads_add_up_to_the_totals() -> None:
    text = " ".join(pages(drawn(MANY)))
    amount = r"(-?£[\d,]+\.\d\d)"
    row = re.compile(rf"NTT-V-\d{{5}} .*?{' '.join([amount] * 5)} (?:{amount}|–) NTT-B")
    found = [[_pence(each) if each else 0 for each in match] for match in row.findall(text)]
    assert len(found) == MANY
    printed = re.search(rf"Total of 2000 records {' '.join([amount] * 6)}", text)
    assert printed is not None
    assert [sum(column) for column in zip(*found, strict=True)] == [_pence(each) for each in printed.groups()]


def _pence(text: str) -> int:
    return int(re.sub("[£,.]", "", text))


def test_each_page_of_a_long_file_says_its_number_the_statement_and_the_hash() -> None:
    document, text = drawn(MANY), rules.canonical(statement_of(MANY))
    found = list(pages(document))
    assert len(found) > 100
    foot = f"NTT-LGF1-S001 · 2000 records · data hash {rules.data_hash(text)[:16]}"
    wrong = [
        number
        for number, words in enumerate(found, start=1)
        if f"Page {number} of {len(found)}" not in words or foot not in words
    ]
    assert wrong == []


def test_a_long_annex_has_a_bookmark_for_every_thousand_records() -> None:
    with pikepdf.open(io.BytesIO(drawn(MANY))) as opened, opened.open_outline() as outline:
        own = outline.root[-1].children[-1]
        assert own.title == "Annex: the transactions"
        assert [item.title for item in own.children] == ["Records 1 to 1,000", "Records 1,001 to 2,000"]
        page: Any = own.children[1].destination
        goal = opened.pages.index(pikepdf.Page(page[0]))
    shown = pypdfium2.PdfDocument(drawn(MANY))[goal].get_textpage().get_text_bounded()
    assert re.search(r"\b1001\s+NTT-V-01101\b", shown)


@pytest.mark.rule(71)
def test_a_long_file_holds_to_pdf_a_and_pdf_ua() -> None:
    assert faults(drawn(MANY)) == set()


def test_a_period_without_records_says_so_where_they_would_be() -> None:
    document = drawn(0)
    assert faults(document) == set()
    assert "Annex: the transactions No money moved in this period." in list(pages(document))[-1]
    with TaggedFile(document) as tagged:
        assert [str(kid.S) for kid in tagged.section().K] == ["/H2", "/P"]
        assert tagged.wrong_parents() == []


def test_one_record_is_one_record() -> None:
    document = annexed(statement_of(1))
    assert faults(document) == set()
    _titles, row, total = annex_rows(document)
    assert [cell.text for cell in row] == as_read_out(1, statement_of(1)["transactions"][0])
    assert total[0].text == "Total of 1 record"
    assert "1 record. " in list(pages(document))[-1]


def test_the_data_and_the_table_are_attached_once_each() -> None:
    data = statement_of(MANY)
    with pikepdf.open(io.BytesIO(drawn(MANY))) as opened:
        files = {name: opened.attachments[name].get_file().read_bytes() for name in opened.attachments}
        assert len(opened.Root.AF) == 2
        assert {str(file.AFRelationship) for file in opened.Root.AF} == {"/Data"}
    assert files == {"statement.json": rules.canonical(data).encode(), "transactions.csv": transactions_csv(data)}
    assert hashlib.sha256(files["statement.json"]).hexdigest() == rules.data_hash(rules.canonical(data))
    assert files["transactions.csv"].count(b"\r\n") == MANY + 1


def test_the_same_records_make_the_same_bytes() -> None:
    assert annexed(statement_of(40)) == annexed(statement_of(40))


def test_a_long_name_takes_two_lines_and_then_an_ellipsis_and_is_read_out_whole(few: Json) -> None:
    name = "The Worshipful Company of Makers of Very Long Names for Businesses of the North East " * 2
    few["transactions"][1]["business"] = name
    few["transactions"][2]["provider"] = "Łódź" * 40  # One word, wider than a line.
    document = annexed(few)
    assert faults(document) == set()
    _titles, _one, second, third, _total = annex_rows(document)
    assert second[2].text == f"{' '.join(name.split())} GB-COH-04500101"
    assert third[3].text == f"{'Łódź' * 40} GB-VAT-3"
    for cell in (seen(document, 2, 2), seen(document, 3, 3)):
        assert cell.count("…") == 1
        assert len(cell) < 100
    assert "2 texts are too long for their columns and end in …" in list(pages(document))[-1]


def test_a_character_without_a_glyph_is_reported_and_read_out(few: Json) -> None:
    few["transactions"][0]["business"] = "北 Noodles"
    few["transactions"][0]["provider"] = "Dw\N{COMBINING CIRCUMFLEX ACCENT}r Digital"
    document = annexed(few)
    assert faults(document) == set()
    assert annex_rows(document)[1][2].text == "北 Noodles GB-COH-04500100"
    assert seen(document, 1, 2) == "? Noodles GB-COH-04500100"
    assert seen(document, 1, 3).startswith("Dŵr Digital ")
    words = "A question mark stands for characters that the typefaces lack: U+5317."
    assert words in list(pages(document))[-1]


# Brackets and backslashes mean something in a string of marks, and one byte of č is that of a line end.
SPECIAL = "Čapek (North) \\ Mlč and Co :-("


def test_letters_that_mean_something_in_the_file_are_letters(few: Json) -> None:
    few["transactions"][0]["business"] = SPECIAL
    few["transactions"][1]["voucher"] = "NTT(V\\2"
    document = annexed(few)
    assert faults(document) == set()
    _titles, one, two, *_rest = annex_rows(document)
    assert one[2].text == f"{SPECIAL} GB-COH-04500100"
    assert two[1].text.startswith("NTT(V\\2")


def test_letters_that_are_not_escaped_are_lost(few: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "_ESCAPED", {})
    few["transactions"][0]["business"] = "Mlč"
    assert annex_rows(annexed(few))[1][2].text != "Mlč GB-COH-04500100"


def test_amounts_of_any_size_are_shown_whole_or_nothing_is_drawn(few: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    few["transactions"][0] |= dict.fromkeys(MONEY, 4_200_000_000_00)
    text = list(pages(annexed(few)))[-1]
    assert text.count("£4,200,000,000.00") == len(MONEY)
    monkeypatch.setattr(annex, "MONO_WIDTH", 0.5)
    with pytest.raises(CutFigure, match="does not fit"):
        annexed(few)


def test_an_unsigned_statement_says_so_across_every_page_of_its_annex(few: Json) -> None:
    text = list(pages(annexed(few, signed=False)))[-1]
    assert "NOT SIGNED" in text
    assert "In a state" in text
    assert "NOT SIGNED" not in list(pages(annexed(few)))[-1]


def no_scope(file: ObjectFile, number: int, body: str) -> None:
    PUT(file, number, body.replace("/Scope/Column", "").replace("/Scope/Row", ""))


def a_cell_less(tags: structure.Tags, part: int, page: int, kinds: Any, marks: Any) -> int:
    short = len(kinds) - (kinds[0] == "TD")
    return WHOLE_ROW(tags, part, page, kinds[:short], marks[:short])


def bare(self: drawing.Page, texts: Any, column: Any, top: float) -> None:
    self._texts(texts, column, top)


def nothing(*_any: object) -> bytes:
    return b""


def one_wide(_used: object, codes: list[int]) -> str:
    return " ".join(f"{code}[1]" for code in codes)


WHOLE_ROW, PUT = structure.Tags.row, ObjectFile.put
HARMS = [
    (fonts, "_to_unicode", nothing, "UNICODE"),
    (fonts, "_widths", one_wide, "WIDTH"),
    (ObjectFile, "put", no_scope, "SCOPE"),
    (drawing.Page, "artifact", bare, "TAG"),
    (structure.Tags, "row", a_cell_less, "TABLE"),
]


@pytest.mark.rule(71)
@pytest.mark.parametrize(("where", "name", "harm", "found"), HARMS)
def test_the_checkers_see_each_harm(
    where: object, name: str, harm: Callable[..., object], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, harm)
    wrong = faults(annexed(statement_of(20)))
    assert any(found in fault for fault in wrong), wrong


@pytest.mark.rule(71)
def test_the_walker_sees_marks_that_a_page_gives_to_another_element(monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed(tags: structure.Tags) -> int:
        tags._of_page.reverse()
        return whole(tags)

    whole = structure.Tags.end_page
    monkeypatch.setattr(structure.Tags, "end_page", mixed)
    document = annexed(statement_of(3))
    assert faults(document) == set()  # The checkers do not look there.
    with TaggedFile(document) as tagged:
        assert len(tagged.wrong_parents()) > 30


@pytest.mark.rule(71)
def test_a_front_that_is_not_mended_is_no_pdf_a(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "finish_archive", finish_tags)
    front.cache_clear()
    wrong = faults(annexed(statement_of(1)))
    front.cache_clear()
    assert any("METADATA" in fault for fault in wrong), wrong


def test_a_front_that_was_built_otherwise_is_refused(few: Json) -> None:
    plain = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(plain)
    with pytest.raises(UnknownFront, match="no structure"):
        append_annex(plain.getvalue(), few, Around("", "", "", signed=True), io.BytesIO())
