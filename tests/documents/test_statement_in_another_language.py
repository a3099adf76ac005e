"""A statement's paper in another language: its data stay what they are, and whoever checks it finds all of them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from flask import current_app

from tests.documents.conftest import statement_of
from tests.documents.signed_papers import (
    APRIL,
    Json,
    _paper_of,
    attach,
    attached,
    detach,
    other_digit,
    page_with,
    saved,
)
from tests.harness.databases import Databases
from tests.harness.ready import grow
from tests.harness.world import World
from tests.journeys.steps import on
from voucher.app import office
from voucher.platform.catalogue import as_file, take, template
from voucher.platform.errors import DomainError
from voucher.platform.tongue import Tongue, english, tongue
from voucher.reports import rules
from voucher.reports.checking import published_keys
from voucher.reports.paper import statement_pdf
from voucher.reports.verify.check import check_statement
from voucher.reports.verify.paper_file import DATA, TRANSACTIONS, WORDS, open_paper
from voucher.reports.verify.published import PublishedKey

MARK = "ŵ"  # A letter of Welsh, which the typefaces have.


def speak(folder: Path) -> None:
    """A translation in which each text ends in a letter that English has not."""
    found = template()
    found.locale = "cy"
    for message in found:
        if message.id:
            texts = (message.id,) if isinstance(message.id, str) else message.id
            marked = tuple(f"{text}{MARK}" for text in texts)
            message.string = marked[0] if isinstance(message.id, str) else marked
    take("cy", as_file(found), folder)


@pytest.fixture(scope="module")
def welsh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translations")
    speak(folder)
    return folder


def drawn(data: Json, spoken: Tongue, state: str = "prepared") -> bytes:
    step: dict[str, Any] = {"step": "Prepared", "name": "Priya Nair", "role": "Accountant", "wording": "It is right."}
    steps = [{**step, "at": "2026-07-06T09:12:44+00:00"}, {**step, "step": "Signed", "name": "", "at": None}]
    return statement_pdf(
        data, data_hash=rules.data_hash(rules.canonical(data)), sign_off=steps, state=state, tongue=spoken
    )


@pytest.fixture(scope="module")
def other(welsh: Path) -> bytes:
    return drawn(statement_of(40), tongue("cy", welsh))


@pytest.mark.rule(54)
def test_the_data_are_those_of_the_english_paper_to_the_byte(other: bytes) -> None:
    ours = drawn(statement_of(40), english())
    for name in (DATA, TRANSACTIONS):
        assert attached(other, name) == attached(ours, name)
    assert WORDS not in open_paper(ours).attached


def test_its_texts_and_days_are_those_of_the_language_and_its_amounts_stay(other: bytes) -> None:
    text = " ".join(" ".join(open_paper(other).texts).split())
    for said in ("Statement to the funderŵ", "Not yet reportedŵ", "Closing unallocatedŵ", "Annex: the transactionsŵ",
                 "Page 1 of 9ŵ", "1 Ebrill 2026", "Bank fileŵ", "£250,000.00"):  # fmt: skip
        assert said in text
    assert "1 April 2026" not in text


@pytest.mark.rule(54)
def test_its_check_finds_every_line_by_the_words_that_it_has_with_it(other: bytes) -> None:
    report = check_statement(other)
    pages = {"words", "page_feet", "printed_hash", "cover", "printed_lines", "printed_lists", "printed_annex"}
    assert not pages & report.failed
    assert pages <= {found.code for found in report.findings}
    assert "words.json" in report.limits[-1].text()


@pytest.mark.rule(54)
def test_control_without_its_words_or_with_others_it_does_not(other: bytes) -> None:
    assert {"cover", "printed_lines"} <= check_statement(saved(other, detach(WORDS))).failed
    words = json.loads(attached(other, WORDS))
    other_ones = json.dumps(words | {"Defrayed to date": "Borrowed"}).encode()
    assert "cover" in check_statement(saved(other, attach(WORDS, other_ones))).failed


@pytest.mark.parametrize(
    "words", [b"[]", b"{", b'{"Line %(code)s": "%(secret)s"}', b'{"Line %(code)s": 4}', b'{"Paid": "%"}']
)
def test_words_that_cannot_be_filled_are_refused_and_break_nothing(other: bytes, words: bytes) -> None:
    assert "words" in check_statement(saved(other, attach(WORDS, words))).failed


@pytest.mark.rule(54)
def test_another_figure_on_its_pages_is_found(other: bytes) -> None:
    page = page_with(other, "Closing unallocated")
    assert {"printed_lines", "cover"} & check_statement(saved(other, other_digit(page))).failed


def test_a_line_that_no_sentence_made_is_printed_as_it_was_written(welsh: Path) -> None:
    data = copy.deepcopy(statement_of(2))
    data["lines"][0]["parts"][0]["note"] = "Written by Priya."
    assert "Written by Priya. " in " ".join(" ".join(open_paper(drawn(data, tongue("cy", welsh))).texts).split())


def test_a_language_without_its_translation_is_refused_and_none_at_all_is_english(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="Papers are to be in fr"):
        tongue("fr", tmp_path)
    assert tongue("", tmp_path).say("Paid") == "Paid"


@pytest.fixture(scope="module")
def signed(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[PublishedKey]]:
    """A statement that was signed and drawn by the product where papers are in the other language."""
    kept: list[Any] = []

    def furnish(world: World) -> None:
        speak(office().config.translations)
        current_app.config["PAPERS_LANGUAGE"] = "cy"
        world.payable()
        world.paid()
        on(world, "2026-05-04")
        kept.extend([_paper_of(world, *APRIL)[1], published_keys(office().ring)])

    grow(sqlite_databases, tmp_path_factory.mktemp("signed"), furnish)
    return kept[0], kept[1]


@pytest.mark.rule(54)
def test_a_signed_one_holds_in_every_respect(signed: tuple[bytes, list[PublishedKey]]) -> None:
    raw, keys = signed
    report = check_statement(raw, keys)
    assert report.failed == set()
    assert f"Statement to the funder{MARK}" in open_paper(raw).texts[0]


@pytest.mark.rule(54)
def test_words_that_were_changed_after_signing_are_found(signed: tuple[bytes, list[PublishedKey]]) -> None:
    raw, keys = signed
    words = json.loads(attached(raw, WORDS)) | {"Never printed": "Nie"}
    assert check_statement(saved(raw, attach(WORDS, json.dumps(words).encode())), keys).failed == {"file"}
