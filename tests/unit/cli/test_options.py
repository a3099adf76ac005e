"""What options take and what they refuse, and with which words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from voucher.accounts.rules import Role
from voucher.cli import options
from voucher.cli.options import GivenFile, change_in_pounds, named, output_path, pair, read_file
from voucher.platform.money import basis_points, parse_pounds
from voucher.redemptions.rules import EvidenceKind


@pytest.mark.parametrize(("text", "found"), [("20", 2_000), ("33.33", 3_333), ("0.5", 50), ("100%", 10_000)])
def test_a_percentage_has_at_most_two_decimals(text: str, found: int) -> None:
    assert basis_points(text) == found


@pytest.mark.parametrize("text", ["33.333", "a third", "", "-5", "1,5", "1000", "20 %%"])
def test_another_percentage_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="percentage with at most two decimals"):
        basis_points(text)


@pytest.mark.parametrize(("text", "found"), [("+5000.00", 500_000), ("-5000", -500_000), ("750", 75_000)])
def test_a_change_of_an_award_has_a_sign(text: str, found: int) -> None:
    assert change_in_pounds(text) == found


@pytest.mark.parametrize("text", ["provider manager", "provider-manager", "PROVIDER_MANAGER", " Provider  Manager "])
def test_a_name_may_be_written_with_spaces_or_hyphens_in_capitals_or_not(text: str) -> None:
    assert named(Role)(text) is Role.PROVIDER_MANAGER


def test_kinds_of_evidence_go_by_their_short_names_too() -> None:
    read = named(EvidenceKind)
    assert read("contribution") is read("proof of own contribution") is EvidenceKind.CONTRIBUTION


def test_an_unknown_name_is_told_what_there_is_to_choose_from() -> None:
    with pytest.raises(ValueError, match=r"Choose one of: invoice, proof of own contribution, evidence of delivery\."):
        named(EvidenceKind)("selfie")


def test_a_pair_is_read_on_both_sides_of_its_first_equals_sign() -> None:
    read = pair("NET=NOTE", parse_pounds, str).reader
    assert read("500.00 = a=b") == (50_000, "a=b")


@pytest.mark.parametrize("text", ["500.00", "=20", "500.00="])
def test_a_pair_with_a_side_missing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Give it as NET=RATE"):
        pair("NET=RATE", parse_pounds, basis_points).reader(text)


def test_what_a_reader_refuses_is_bad_usage() -> None:
    with pytest.raises(click.BadParameter, match="pounds and pence"):
        options.POUNDS.convert("12.5", None, None)


def test_a_file_is_read_whole_and_keeps_only_its_name(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-")
    assert read_file(str(tmp_path / "scan.pdf")) == GivenFile("scan.pdf", b"%PDF-")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _path: None, "cannot be read: No such file"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"x" * 11), "is larger than"),
    ],
)
def test_a_file_that_cannot_be_taken_in_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object], words: str
) -> None:
    monkeypatch.setattr(options, "MOST_BYTES", 10)
    make(tmp_path / "it")
    with pytest.raises(ValueError, match=words):
        read_file(str(tmp_path / "it"))


def test_a_file_of_exactly_the_limit_is_taken_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "MOST_BYTES", 10)
    (tmp_path / "it").write_bytes(b"x" * 10)
    assert len(read_file(str(tmp_path / "it")).data) == 10


@pytest.mark.parametrize(("name", "words"), [("", "is a folder"), ("none/it.pdf", "There is no folder")])
def test_a_file_can_only_be_written_where_there_is_a_folder(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        output_path(str(tmp_path / name))
    assert output_path(str(tmp_path / "it.pdf")) == tmp_path / "it.pdf"
