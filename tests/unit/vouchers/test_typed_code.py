"""The typed code and its check character (rule 2)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.vouchers import typed_code
from voucher.vouchers.typed_code import ALPHABET, LENGTH, SECRET_BITS, display, encode, normalise, well_formed

# The same few hundred codes on each run, so that a failure can be looked at again.
_CHOSEN = random.Random(2)
NUMBERS = [0, 1, 31, 32, (1 << SECRET_BITS) - 1, *(_CHOSEN.getrandbits(SECRET_BITS) for _ in range(250))]

numbers = st.integers(min_value=0, max_value=(1 << SECRET_BITS) - 1)


def with_one_wrong_character(code: str) -> Iterator[str]:
    for position, right in enumerate(code):
        for wrong in ALPHABET.replace(right, ""):
            yield code[:position] + wrong + code[position + 1 :]


def with_two_swapped(code: str, pairs: list[tuple[int, int]]) -> Iterator[str]:
    for first, second in pairs:
        if code[first] != code[second]:
            characters = list(code)
            characters[first], characters[second] = code[second], code[first]
            yield "".join(characters)


NEIGHBOURS = [(position, position + 1) for position in range(LENGTH - 1)]


@pytest.mark.rule(2)
def test_every_single_wrong_character_is_caught() -> None:
    tried = 0
    for code in map(encode, NUMBERS):
        wrong = list(with_one_wrong_character(code))
        tried += len(wrong)
        assert well_formed(code)
        assert not [text for text in wrong if well_formed(text)]
    assert tried == len(NUMBERS) * 13 * 31


@pytest.mark.rule(2)
def test_control_without_the_check_every_wrong_character_slips_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed_code, "_state", lambda values: 0)
    wrong = [text for code in map(encode, NUMBERS) for text in with_one_wrong_character(code)]
    assert all(well_formed(text) for text in wrong)


@pytest.mark.rule(2)
def test_every_swap_of_two_neighbours_is_caught_the_check_character_among_them() -> None:
    tried = set()
    for code in map(encode, NUMBERS):
        tried |= {pair for pair in NEIGHBOURS if code[pair[0]] != code[pair[1]]}
        assert not [text for text in with_two_swapped(code, NEIGHBOURS) if well_formed(text)]
    assert tried == set(NEIGHBOURS)


@pytest.mark.rule(2)
def test_control_with_a_plain_sum_the_swaps_slip_through(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the multiplication the check character is the plain sum of the others.
    monkeypatch.setattr(typed_code, "_double", lambda value: value)
    codes = [encode(number) for number in NUMBERS]
    assert all(well_formed(code) for code in codes)
    swapped = [text for code in codes for text in with_two_swapped(code, NEIGHBOURS)]
    assert len(swapped) > 1000
    assert all(well_formed(text) for text in swapped)


def test_a_swap_of_any_two_characters_is_caught() -> None:
    pairs = list(combinations(range(LENGTH), 2))
    for code in map(encode, NUMBERS):
        assert not [text for text in with_two_swapped(code, pairs) if well_formed(text)]


def test_two_wrong_characters_slip_through_about_once_in_32() -> None:
    # What the check character cannot do, so that nobody counts on it: it is no protection against guessing.
    code = encode(NUMBERS[-1])
    twice = [text for once in with_one_wrong_character(code) for text in with_one_wrong_character(once)]
    slipped = [text for text in twice if text != code and well_formed(text)]
    assert 1 / 40 < len(slipped) / len(twice) < 1 / 25


@given(numbers)
def test_the_twelve_characters_are_the_number_in_base_32(number: int) -> None:
    code = encode(number)
    value = 0
    for character in code[:12]:
        value = value * 32 + ALPHABET.index(character)
    assert value == number
    assert len(code) == 13


@pytest.mark.parametrize("number", [-1, 1 << SECRET_BITS])
def test_a_number_that_is_not_60_bits_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="60 bits"):
        encode(number)


def test_the_alphabet_is_crockford_s() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 32
    assert set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") - set(ALPHABET) == set("ILOU")


def test_known_codes_stay_what_they_are_on_printed_paper() -> None:
    # Worked out by hand: the check character of ...01 is 2·1, of a first 1 it is 2¹² = x³+x²+x modulo x⁵+x²+1.
    assert encode(0) == "0000000000000"
    assert encode(1) == "0000000000012"
    assert encode(1 << 55) == "100000000000E"


def test_a_code_is_shown_in_groups_of_four_and_the_check_character() -> None:
    assert display("7G4K9PQ2MX0RC") == "7G4K-9PQ2-MX0R-C"


@given(numbers, st.data())
def test_what_is_shown_is_read_back_however_it_is_typed(number: int, data: st.DataObject) -> None:
    code = encode(number)
    looks = {"0": "0oO", "1": "1iIlL"}
    typed = ""
    for character in display(code):
        typed += data.draw(st.sampled_from(looks.get(character, character + character.lower())))
        typed += data.draw(st.sampled_from(["", " ", "-", "–", "\u00a0", "\n"]))
    assert normalise(typed) == code
    assert well_formed(code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7G4K-9PQ2-MX0R",
        "7G4K-9PQ2-MX0R-CC",
        "7G4K-9PQ2-MXUR-C",
        "7G4K.9PQ2.MX0R.C",
        "7G4K-9PQ2-MX0R-*",
        "7G4K-9PQ2-MX0ß-",  # In upper case a sharp s is two letters.
        "7G4K-9PQ2-MXıR-C",  # A dotless i turns into an ASCII one in upper case.
        "7G4K-9PQ2-MX٠R-C",  # A digit, and not one of ours.
    ],
)
def test_what_cannot_be_a_code_is_read_as_nothing(text: str) -> None:
    assert normalise(text) is None


@given(st.text(alphabet=ALPHABET + "oilOILuU -–._ßı٠\u00a0\n", max_size=20))
def test_any_text_at_all_is_read_or_refused_without_an_error(text: str) -> None:
    code = normalise(text)
    assert code is None or (len(code) == LENGTH and set(code) <= set(ALPHABET))
    assert text == code or not well_formed(text)


@pytest.mark.parametrize("text", ["", "0000-0000-0000-0", "000000000000", "00000000000000", "OOOOOOOOOOOOO", "U" * 13])
def test_only_a_normalised_code_is_well_formed(text: str) -> None:
    assert not well_formed(text)
    assert well_formed("0" * 13)
