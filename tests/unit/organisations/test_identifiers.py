"""Identifiers are normalised and checked for shape and check digits (rule 47)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stdnum.gb import utr as stdnum_utr
from stdnum.gb import vat as stdnum_vat

from voucher.organisations import identifiers
from voucher.organisations.identifiers import IdentifierError, IdentifierKind, org_id

pytestmark = pytest.mark.rule(47)

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "identifiers"
Check = Callable[[str], str]

WELL_FORMED = [
    (identifiers.company_number, "1234567", "01234567"),
    (identifiers.company_number, " 0123 4567 ", "01234567"),
    (identifiers.company_number, "6", "00000006"),
    (identifiers.company_number, "sc 012345", "SC012345"),
    (identifiers.company_number, "NI012345", "NI012345"),
    (identifiers.company_number, "OC301234", "OC301234"),
    (identifiers.company_number, "R0000123", "R0000123"),
    (identifiers.company_number, "ip00525r", "IP00525R"),
    (identifiers.company_number, "NP00042X", "NP00042X"),
    (identifiers.company_number, "SP1692RS", "SP1692RS"),
    (identifiers.company_number, "IP030808", "IP030808"),
    (identifiers.company_number, "SL01234A", "SL01234A"),
    (identifiers.charity_number, "1234567", "GB-CHC-1234567"),
    (identifiers.charity_number, "213890", "GB-CHC-213890"),
    (identifiers.charity_number, "GB-CHC-100123", "GB-CHC-100123"),
    (identifiers.charity_number, "sc012345", "GB-SC-SC012345"),
    (identifiers.charity_number, "100012", "GB-NIC-100012"),
    (identifiers.charity_number, "NIC 107323", "GB-NIC-107323"),
    (identifiers.vat_number, "GB 831 4958 16", "GB831495816"),
    (identifiers.vat_number, "782 2375 17", "GB782237517"),
    (identifiers.vat_number, "XI831495816", "XI831495816"),
    (identifiers.vat_number, "831495816 001", "GB831495816001"),
    (identifiers.vat_number, "gd001", "GBGD001"),
    (identifiers.vat_number, "GB HA599", "GBHA599"),
    (identifiers.utr, "3282497350", "3282497350"),
    (identifiers.utr, "19558 39661K", "1955839661"),
    (identifiers.postcode, "m11ae", "M1 1AE"),
    (identifiers.postcode, "M60 1NW", "M60 1NW"),
    (identifiers.postcode, "w1a1hq", "W1A 1HQ"),
    (identifiers.postcode, "ls1 4ap", "LS1 4AP"),
    (identifiers.postcode, "DN55 1PT", "DN55 1PT"),
    (identifiers.postcode, "EC1A1BB", "EC1A 1BB"),
    (identifiers.postcode, "gir0aa", "GIR 0AA"),
    (identifiers.postcode, "bfpo57", "BFPO 57"),
    (identifiers.postcode, "BF1 0AX", "BF1 0AX"),
    (identifiers.sic_code, "01110", "01110"),
    (identifiers.sic_code, "7499", "7499"),
    (identifiers.email, " Mary.O'Neil+grants@Example.ORG ", "Mary.O'Neil+grants@example.org"),
    (identifiers.phone, "0113 234 5678", "+441132345678"),
    (identifiers.phone, "+44 (0)113 234-5678", "+441132345678"),
    (identifiers.phone, "0044 7700 900123", "+447700900123"),
    (identifiers.phone, "016977 2345", "+44169772345"),
    (identifiers.sort_code, "12-34-56", "123456"),
    (identifiers.account_number, "0123 4567", "01234567"),
]

NOT_WELL_FORMED = [
    (identifiers.company_number, "", "Enter a company number"),
    (identifiers.company_number, "00000000", "8 digits, or 2 letters and 6 digits"),
    (identifiers.company_number, "123456789", "8 digits, or 2 letters and 6 digits"),
    (identifiers.company_number, "SC12345", "8 digits, or 2 letters and 6 digits"),
    (identifiers.company_number, "SC01234R", "8 digits, or 2 letters and 6 digits"),
    (identifiers.company_number, "XX012345", "begins with XX"),
    (identifiers.company_number, "١٢٣٤٥٦٧٨", "8 digits, or 2 letters and 6 digits"),
    (identifiers.charity_number, "12345", "6 or 7 digits in England and Wales"),
    (identifiers.charity_number, "123456-1", "Leave out anything after a hyphen"),
    (identifiers.charity_number, "110000", "NIC and 6 digits"),
    (identifiers.charity_number, "GB-SC-1234567", "SC and 6 digits in Scotland"),
    (identifiers.vat_number, "GB83149581", "9 digits, or 12 for a branch"),
    (identifiers.vat_number, "000000000", "do not fit"),
    (identifiers.vat_number, "GBGD500", "GD001 or HA599"),
    (identifiers.vat_number, "HA499", "GD001 or HA599"),
    (identifiers.vat_number, "FR831495816", "GB or XI may stand before it"),
    (identifiers.utr, "328249735", "has 10 digits"),
    (identifiers.utr, "2955839661", "first digit does not fit"),
    (identifiers.postcode, "junk LS1 4AP", "not a full UK postcode"),
    (identifiers.postcode, "LS1 4AP LS1", "not a full UK postcode"),
    (identifiers.postcode, "QA1 1AA", "not a full UK postcode"),
    (identifiers.postcode, "LJ1 4AP", "not a full UK postcode"),
    (identifiers.postcode, "LS1 4CP", "not a full UK postcode"),
    (identifiers.postcode, "LS1", "not a full UK postcode"),
    (identifiers.sic_code, "620200", "5 digits"),
    (identifiers.sic_code, "00110", "5 digits"),
    (identifiers.email, "mary@example", "name@example.org"),
    (identifiers.email, "mary@@example.org", "name@example.org"),
    (identifiers.email, "mary..o@example.org", "name@example.org"),
    (identifiers.email, "mary@exa mple.org", "name@example.org"),
    (identifiers.email, "mary@-example.org", "name@example.org"),
    (identifiers.email, f"{'m' * 65}@example.org", "name@example.org"),
    (identifiers.email, f"mary@{'example.' * 32}org", "name@example.org"),
    (identifiers.phone, "1132345678", "with its first 0"),
    (identifiers.phone, "+353 1 234 5678", "Enter a UK telephone number"),
    (identifiers.phone, "0113 234 5678 ext 9", "Leave out any extension"),
    (identifiers.sort_code, "12-34-5", "6 digits"),
    (identifiers.account_number, "1234567", "put zeros in front"),
]


def mutants(number: str) -> Iterator[str]:
    """Every number that differs from this one in exactly one digit."""
    for place, digit in enumerate(number):
        yield from (number[:place] + other + number[place + 1 :] for other in "0123456789" if other != digit)


def passes(check: Check, text: str) -> bool:
    try:
        return bool(check(text))
    except IdentifierError:
        return False


@pytest.mark.parametrize(("check", "text", "normal"), WELL_FORMED)
def test_a_well_formed_value_is_normalised(check: Check, text: str, normal: str) -> None:
    assert check(text) == normal


@pytest.mark.parametrize(("check", "text", "normal"), WELL_FORMED)
def test_a_normalised_value_is_left_as_it_is(check: Check, text: str, normal: str) -> None:
    assert check(normal) == normal


@pytest.mark.parametrize(("check", "text", "why"), NOT_WELL_FORMED)
def test_anything_else_is_refused_with_what_to_do(check: Check, text: str, why: str) -> None:
    with pytest.raises(IdentifierError, match=why):
        check(text)


def test_what_passes_is_called_well_formed_and_not_registered() -> None:
    assert identifiers.WELL_FORMED == "well-formed"


@pytest.mark.parametrize(
    ("number", "undetected"),
    [
        ("831495816", {"891495816", "838495816"}),
        ("782237517", {"789237517"}),
        ("178234587", {"118234587", "171234587"}),
    ],
)
def test_a_mutated_vat_digit_fails_save_where_the_two_series_meet(number: str, undetected: set[str]) -> None:
    # A change moves the weighted sum by weight x difference. Only 7 x 6 and 6 x 7 are 42, the distance between the two
    # series: so the second digit moved by 6 or the third by 7 may land in the other series, and nothing else passes.
    assert passes(identifiers.vat_number, number)
    assert {mutant for mutant in mutants(number) if passes(identifiers.vat_number, mutant)} == undetected


@pytest.mark.parametrize(
    ("number", "undetected"),
    [
        ("3282497350", ""),
        (
            "1955839661",
            "1555839661 1905839661 1952839661 1955939661 1955859661 1955832661 1955839061 1955839691 1955839660",
        ),
    ],
)
def test_a_mutated_utr_digit_fails_save_where_two_remainders_share_a_check(number: str, undetected: str) -> None:
    # Eleven remainders share nine check digits: 1 stands for remainders 1 and 10, and 2 for 0 and 9. Only in a UTR that
    # begins with 1 or 2 can another digit be changed undetected, and then in at most one way for each place.
    assert passes(identifiers.utr, number)
    assert {mutant for mutant in mutants(number) if passes(identifiers.utr, mutant)} == set(undetected.split())


def test_every_utr_that_begins_with_3_to_9_shows_every_changed_digit() -> None:
    numbers = [f"{check}{rest}" for check in range(3, 10) for rest in range(123456000, 123456100)]
    sound = [number for number in numbers if passes(identifiers.utr, number)]
    assert len(sound) > 50
    assert not [mutant for number in sound for mutant in mutants(number) if passes(identifiers.utr, mutant)]


def test_without_the_vat_check_a_mutated_digit_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not passes(identifiers.vat_number, "831495817")
    monkeypatch.setattr(identifiers, "_vat_check_fits", lambda nine: True)
    assert passes(identifiers.vat_number, "831495817")


def test_without_the_utr_check_a_mutated_digit_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not passes(identifiers.utr, "2955839661")
    monkeypatch.setattr(stdnum_utr, "calc_check_digit", lambda rest: "2")
    assert passes(identifiers.utr, "2955839661")


def test_the_9755_series_begins_at_100() -> None:
    assert passes(identifiers.vat_number, "100234587")
    assert stdnum_vat.checksum("099234575") == 42
    assert not passes(identifiers.vat_number, "099234575")


def test_a_remainder_of_55_is_refused_though_stdnum_lets_it_pass() -> None:
    assert stdnum_vat.is_valid("100234503")
    assert not passes(identifiers.vat_number, "100234503")


def test_the_vat_check_digits_never_exceed_96() -> None:
    assert passes(identifiers.vat_number, "200099900")
    assert not passes(identifiers.vat_number, "200099997")


def test_the_digits_of_a_branch_have_no_check() -> None:
    assert identifiers.vat_number("831495816002") == "GB831495816002"
    assert not passes(identifiers.vat_number, "831495817002")


def test_without_full_matching_junk_before_a_postcode_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Searching:
        fullmatch = staticmethod(identifiers._POSTCODE.search)

    assert not passes(identifiers.postcode, "junk LS1 4AP")
    monkeypatch.setattr(identifiers, "_POSTCODE", Searching)
    assert passes(identifiers.postcode, "junk LS1 4AP")


def test_an_old_sic_code_is_kept_and_marked() -> None:
    assert identifiers.is_old_sic_code(identifiers.sic_code("7499"))
    assert not identifiers.is_old_sic_code(identifiers.sic_code("01110"))


def test_scottish_charity_and_company_of_one_number_stay_apart() -> None:
    assert org_id(IdentifierKind.COMPANY_NUMBER, "SC012345") == "GB-COH-SC012345"
    assert org_id(IdentifierKind.CHARITY_NUMBER, "SC012345") == "GB-SC-SC012345"


def test_an_org_id_is_made_from_the_normalised_value() -> None:
    assert org_id(IdentifierKind.COMPANY_NUMBER, "1234567") == "GB-COH-01234567"
    assert org_id(IdentifierKind.CHARITY_NUMBER, "GB-NIC-100012") == "GB-NIC-100012"


@pytest.mark.parametrize(
    ("kind", "value"), [(IdentifierKind.VAT_NUMBER, "GB831495816"), (IdentifierKind.UTR, "3282497350")]
)
def test_a_tax_number_has_no_org_id(kind: IdentifierKind, value: str) -> None:
    assert identifiers.normalise(kind, value) == value
    with pytest.raises(IdentifierError, match=f"no public register of this number .{kind.label}."):
        org_id(kind, value)


def test_each_kind_has_a_check_and_a_label_of_its_own() -> None:
    assert set(identifiers.CHECKS) == set(IdentifierKind)
    assert len({kind.label for kind in IdentifierKind}) == len(IdentifierKind)


def sample(name: str) -> list[tuple[str, object]]:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"the sample vectors {name} are not there (expected beside the project, in shared/samples)")
    return [(case["base"], case["expected"]) for case in json.loads(path.read_text())["tests"]]


def test_sample_postcodes_are_told_from_what_is_none() -> None:
    for text, expected in sample("postcode-validation.json"):
        assert passes(identifiers.postcode, text) is expected


def test_sample_postcodes_are_normalised_as_expected() -> None:
    for text, expected in sample("postcode-normalisation.json"):
        assert (identifiers.postcode(text) if passes(identifiers.postcode, text) else None) == expected


def test_sample_postcodes_are_split_where_expected() -> None:
    for text, expected in sample("postcode-outcodes.json"):
        assert identifiers.postcode(text).split(" ")[0] == expected
