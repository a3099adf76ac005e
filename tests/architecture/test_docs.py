"""What the README and docs/ point to is there: files, commands with their options, and the words of the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from config import ROOT
from voucher.cli.main import root

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
GUIDES = [page for page in PAGES if page.parent.name == "docs"]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`((?:\.venv/bin/)?voucher [^`]+)`", re.S)
BLOCK = re.compile(r"^```\n(.*?)^```", re.S | re.M)


def names_of(pages: list[Path]) -> list[str]:
    return [page.name for page in pages]


def links_of(text: str) -> list[str]:
    return [link.partition("#")[0] for link in LINK.findall(text) if "://" not in link and not link.startswith("#")]


def commands_of(text: str) -> Iterator[str]:
    """Each command with what follows it; what a table or block says of it after two spaces is left out."""
    for found in CODE.findall(text):
        yield " ".join(found.removeprefix(".venv/bin/").split())
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("voucher "):
                yield line.partition("  ")[0]


def why_unknown(command: str) -> str | None:
    """What of a command is not there, or None; alternatives stand after | or a comma, in the same group or outside."""
    group: click.Command = root
    for alternative in re.split(r" \| |, ", command.removeprefix("voucher ")):
        words = alternative.split()
        start = group if isinstance(group, click.Group) and words[0] in group.commands else root
        found: click.Command = start
        for word in words:
            if not isinstance(found, click.Group) or word.startswith("-"):
                break
            if word not in found.commands:
                return f"{command}: {word}"
            group, found = found, found.commands[word]
        known = {name for each in found.params for name in [*each.opts, *each.secondary_opts]} | {"--help"}
        unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
        if unknown:
            return f"{command}: {unknown}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=names_of(PAGES))
def test_every_picture_and_every_linked_file_is_there(page: Path) -> None:
    assert [link for link in links_of(page.read_text()) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=names_of(PAGES))
def test_every_command_is_one_that_there_is(page: Path) -> None:
    assert [why for each in commands_of(page.read_text()) if (why := why_unknown(each))] == []


def test_a_command_or_an_option_that_there_is_not_would_be_found() -> None:
    assert why_unknown("voucher batch undo") == "voucher batch undo: undo"
    assert why_unknown("voucher batch prepare | undo") is not None
    assert why_unknown("voucher bank-line, match LINE --cheque 7") is not None
    assert why_unknown("voucher provider apply | sponsor") is None


@pytest.mark.parametrize("page", GUIDES, ids=names_of(GUIDES))
def test_every_label_in_bold_is_on_a_page(page: Path) -> None:
    labels = {" ".join(each.split()) for each in re.findall(r"\*\*(.+?)\*\*", page.read_text(), re.S)}
    sources = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "voucher").rglob("*.py")]
    shown = "\n".join(each.read_text() for each in sources)
    assert sorted(each for each in labels if each != "bold" and each not in shown) == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = {Path(link).name for page in PAGES for link in links_of(page.read_text()) if link.endswith(".png")}
    assert {each.name for each in (ROOT / "docs" / "pictures").glob("*.png")} == shown
