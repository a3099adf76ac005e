"""Which bank lines are what beyond doubt: by reference and amount, and never where anything else has a claim."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.payments.matching_rules import (
    Fact,
    Named,
    OpenLine,
    Proposal,
    Waiting,
    as_kept,
    facts,
    references_in,
    same_party,
    squeezed,
)
from voucher.payments.rules import MatchKind

DAY = date(2026, 4, 7)
WINDOW = (DAY, DAY + timedelta(days=30))
PREPARER = 7
NUMBERS = count(1)


def payment(number: int, pence: int = 24_000, batch: str = "NTT-B-0000-0001", **more: object) -> Waiting:
    given: dict[str, object] = {
        "kind": MatchKind.PAYMENT,
        "id": number,
        "reference": f"NTT-P-0000-{number:04d}",
        "pence": pence,
        "names": ("Calder Digital Ltd",),
        "batch": batch,
        "days": WINDOW,
        "not_typed_by": frozenset({PREPARER}),
    }
    return Waiting(**{**given, **more})  # type: ignore[arg-type]


def line(pence: int, text: str, party: str = "", on: date = DAY, typed_by: int | None = None) -> OpenLine:
    number = next(NUMBERS)
    return OpenLine(number, f"line{number}", on, pence, text, party, typed_by)


def certain(lines: list[OpenLine], waiting: list[Waiting]) -> list[tuple[list[int], list[int]]]:
    """What is certain: the lines of each proposal, and its things."""
    found = Named(lines, waiting, "NTT").certain()
    return [([each.id for each in x.lines], [each.id for each in x.things]) for x in found]


@pytest.mark.rule(35)
@pytest.mark.parametrize("text", ["NTT-P-0000-0001", "ntt p 0000 0001", "BACS NTTP00000001 X", "/REF/NTT-P-0000-0001/"])
def test_a_line_with_the_reference_and_the_amount_is_certain_whatever_its_spacing(text: str) -> None:
    paid = line(-24_000, text)
    assert certain([paid], [payment(1), payment(2)]) == [([paid.id], [1])]


@pytest.mark.rule(35)
def test_one_line_is_every_payment_that_it_names_or_all_of_the_batch_that_it_names() -> None:
    waiting = [payment(1), payment(2, 100), payment(3, 7, batch="NTT-B-0000-0002")]
    whole, both = line(-24_100, "BULK NTT-B-0000-0001"), line(-24_100, "NTT-P-0000-0001 NTT-P-0000-0002")
    assert certain([whole], waiting) == [([whole.id], [1, 2])]
    assert certain([both], waiting) == [([both.id], [1, 2])]
    assert certain([line(-24_099, "NTT-B-0000-0001")], waiting) == []


@pytest.mark.rule(35)
def test_several_lines_that_name_one_payment_are_it_when_they_come_to_it() -> None:
    parts = [line(-14_000, "NTT-P-0000-0001"), line(-10_000, "NTT-P-0000-0001", on=DAY + timedelta(days=3))]
    assert certain(parts, [payment(1)]) == [([part.id for part in parts], [1])]
    assert certain(parts[:1], [payment(1)]) == []


@pytest.mark.rule(35)
@pytest.mark.parametrize(
    ("second", "why"),
    [
        (line(-24_000, "NTT-P-0000-0001"), "another line has the same reference and amount"),
        (line(-24_000, "NTT-B-0000-0001"), "another line names the whole batch"),
    ],
)
def test_nothing_is_certain_while_two_lines_have_a_claim_to_one_payment(second: OpenLine, why: str) -> None:
    assert certain([line(-24_000, "NTT-P-0000-0001"), second], [payment(1)]) == [], why


@pytest.mark.rule(35)
@pytest.mark.parametrize(
    "doubtful",
    [
        line(-23_999, "NTT-P-0000-0001"),
        line(24_000, "NTT-P-0000-0001"),
        line(-24_000, "NTT-P-0000-0001", on=DAY - timedelta(days=1)),
        line(-24_000, "NTT-P-0000-0001", on=DAY + timedelta(days=31)),
        line(-24_000, "NTT-P-0000-0001", typed_by=PREPARER),
        line(-24_000, "CALDER DIGITAL", "Calder Digital Ltd"),
        line(-24_000, "OTH-P-0000-0001"),
        line(-24_000, "NTT-P-0000-000"),
    ],
)
def test_another_amount_way_day_typist_or_reference_is_not_certain(doubtful: OpenLine) -> None:
    assert certain([doubtful], [payment(1)]) == []


@pytest.mark.rule(37)
def test_money_in_is_a_return_a_drawdown_or_part_of_a_debt_by_its_reference() -> None:
    back = payment(1, kind=MatchKind.RETURN, batch="", days=None)
    drawn = Waiting(MatchKind.DRAWDOWN, 4, "NTT-D-0000-0004", 500)
    owed = Waiting(MatchKind.RECOVERY, 5, "NTT-R-0000-0005", 900, in_part=True)
    lines = [line(24_000, "NTT-P-0000-0001"), line(500, "NTT-D-0000-0004"), line(400, "NTT-R-0000-0005")]
    assert [things for _lines, things in certain(lines, [back, drawn, owed])] == [[1], [4], [5]]
    assert certain([line(901, "NTT-R-0000-0005"), line(499, "NTT-D-0000-0004")], [back, drawn, owed]) == []


def test_what_names_something_and_does_not_come_to_it_differs() -> None:
    short, fits, silent = line(-23_950, "NTT-P-0000-0001"), line(-100, "NTT-P-0000-0002"), line(-5, "FEE")
    waiting = [payment(1), payment(2, 100)]
    assert Named([short, fits, silent], waiting, "NTT").differing() == {short.id: (waiting[0],)}


@pytest.mark.rule(35)
def test_without_a_reference_the_amount_the_party_and_the_day_make_it_likely_if_only_one_fits() -> None:
    waiting = [payment(1), payment(2, 100)]
    paid = line(-24_000, "PAYMENT", "CALDER DIGITAL LIM")
    assert Named([paid], waiting, "NTT").likely(waiting) == {paid.id: waiting[0]}
    twice = [*waiting, payment(3)]
    assert Named([paid], twice, "NTT").likely(twice) == {}
    other = line(-24_000, "PAYMENT", "CALDER DIGITAL")
    assert Named([paid, other], waiting, "NTT").likely(waiting) == {}


def test_each_fact_stands_by_itself() -> None:
    seen = line(-24_000, "NTT-P-0000-0001", "Wharfe Systems", on=DAY - timedelta(days=1))
    found = facts(seen, payment(1), references_in(seen.text, "NTT"))
    assert found == {Fact.REFERENCE: True, Fact.AMOUNT: True, Fact.PAYEE: False, Fact.DAY: False}


@pytest.mark.parametrize(
    ("party", "same"),
    [
        ("CALDER DIGITAL SER", True),
        ("The Calder Digital Services Limited", True),
        ("CALDER DIGI", True),
        ("Calderdale Council", False),
        ("", False),
        ("C", False),
    ],
)
def test_a_party_is_known_however_the_bank_cut_its_name_off(party: str, same: bool) -> None:
    assert same_party(party, ["Calder Digital Services Ltd"]) is same


@given(
    st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True), st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=8, max_size=8)
)
def test_a_reference_is_found_again_in_any_text_and_kept_as_it_was(scheme: str, eight: str) -> None:
    reference = f"{scheme}-P-{eight[:4]}-{eight[4:]}"
    found = references_in(f"/ROC/{reference.lower()}//", scheme)
    assert squeezed(reference) in found
    assert as_kept(squeezed(reference), scheme) == reference


WAYS = ("own line", "in parts", "with its batch", "too little", "twice", "without a reference", "not seen")


@pytest.mark.rule(35)
@given(st.lists(st.tuples(st.integers(2, 9_999), st.sampled_from(WAYS)), min_size=1, max_size=12), st.randoms())
def test_however_the_lines_fall_what_is_certain_is_right_and_all_that_is_clear_is_certain(
    planned: list[tuple[int, str]], chance: Random
) -> None:
    waiting, lines, clear = _shown(planned)
    chance.shuffle(lines)
    found = Named(lines, waiting, "NTT").certain()
    assert {frozenset(thing.id for thing in each.things) for each in found} == clear
    assert_sound(found)


def assert_sound(found: list[Proposal]) -> None:
    """Nothing is proposed twice, and all amounts agree."""
    lines = [each.id for proposal in found for each in proposal.lines]
    things = [each.id for proposal in found for each in proposal.things]
    assert len(set(lines)) == len(lines)
    assert len(set(things)) == len(things)
    assert all(proposal.pence == sum(thing.pence for thing in proposal.things) for proposal in found)


def _shown(planned: list[tuple[int, str]]) -> tuple[list[Waiting], list[OpenLine], set[frozenset[int]]]:
    """The payments, the lines in which the bank shows them, and what is clear from these."""
    waiting, lines, clear, merged = [], [], set[frozenset[int]](), list[Waiting]()
    for number, (pence, way) in enumerate(planned, 1):
        alone = f"NTT-B-0001-{number:04d}"
        one = payment(number, pence, batch="NTT-B-0000-0001" if way == "with its batch" else alone)
        waiting.append(one)
        if way == "with its batch":
            merged.append(one)
        amounts = {"own line": [pence], "in parts": [1, pence - 1], "too little": [pence - 1], "twice": [pence, pence]}
        lines += [line(-each, one.reference) for each in amounts.get(way, [])]
        if way == "without a reference":
            lines.append(line(-pence, "SUNDRY", "Calder Digital Ltd"))
        if way in ("own line", "in parts"):
            clear.add(frozenset({number}))
    if merged:
        lines.append(line(-sum(each.pence for each in merged), "NTT-B-0000-0001"))
        clear.add(frozenset(each.id for each in merged))
    return waiting, lines, clear
