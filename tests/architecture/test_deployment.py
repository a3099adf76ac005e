"""The operator's guide and the units that come with it name commands and settings that there are."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from config import ROOT
from voucher.cli.main import root

GUIDE = ROOT / "docs" / "operator.md"
UNITS = sorted((ROOT / "deploy").glob("*.service"))
SETTING = re.compile(r"\b(?:VOUCHER_[A-Z_]+|DATABASE_URL)\b")


def commands(text: str) -> list[str]:
    """What follows ``voucher`` where a command is given: in a line of code, or between backquotes."""
    blocks = "\n".join(re.findall(r"^```\n(.*?)^```", text, re.S | re.M))
    in_blocks = re.findall(r"^voucher ((?!\(\)).+)$", blocks, re.M)
    return in_blocks + re.findall(r"`voucher ([^`]+)`", text)


def unknown(command: str) -> str | None:
    """The first word of a command that there is not; None for one that there is, down to its options."""
    group: click.Command = root
    words = command.split()
    while words and isinstance(group, click.Group):
        found = group.commands.get(words[0].rstrip(",;"))
        if found is None:
            return None if words[0].isupper() else words[0]
        group = found
        words.pop(0)
    known = {option for parameter in group.params for option in parameter.opts} | {"--help"}
    return next((word for word in words if word.startswith("--") and word not in known), None)


def test_every_command_of_the_guide_is_one() -> None:
    given = commands(GUIDE.read_text())
    assert len(given) > 15
    assert [(each, unknown(each)) for each in given if unknown(each)] == []


def test_control_a_command_that_is_not_there_is_noticed() -> None:
    assert unknown("restor a b") == "restor"
    assert unknown("backup DIR --everything") == "--everything"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_unit_runs_a_program_of_ours_as_nobody_special(unit: Path) -> None:
    text = unit.read_text()
    runs = re.findall(r"^ExecStart=/opt/tech-taster/\.venv/bin/(\w+) (.+)$", text, re.M)
    assert len(runs) == text.count("ExecStart=") > 0
    for program, words in runs:
        assert program == "gunicorn" or unknown(words) is None, words
    assert "User=voucher" in text
    assert "NoNewPrivileges=true" in text


def test_the_settings_are_those_that_the_program_reads() -> None:
    places = (ROOT / "config.py", ROOT / "voucher" / "worker.py", ROOT / "voucher" / "cli" / "common.py")
    read = {name for place in places for name in SETTING.findall(place.read_text())}
    named = {name for path in (ROOT / "deploy").iterdir() for name in SETTING.findall(path.read_text())}
    assert named <= read


def test_the_proxy_sets_what_the_app_trusts() -> None:
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for header in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "X-Forwarded-Host $host"):
        assert text.count(f"proxy_set_header {header};") == text.count("proxy_pass")
