"""Bad usage of each kind of option: exit status 2 and what to enter instead, before anything is opened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from config import ROOT, Config
from tests.harness.clock import FixedClock
from tests.integration.cli.shell import Shell
from voucher.cli.main import root

SOMEBODY = "olwen@northtyne.example"
CLAIM = ("--invoice", "1", "--invoiced-on", "2026-04-07", "--net", "1.00", "--vat", "0.20")
BAD_USAGE = [
    (("no-such-command",), "No such command"),
    (("approve",), "Missing argument 'CLAIM'"),
    (("approve", "C", "--amount", "12.5"), "like 1234.50"),
    (("approve", "C", "--amount", "lots"), "like 1234.50"),
    (("extend", "V", "--last-day", "31/02/2026", "--reason", "r"), "a day that exists"),
    (("extend", "V", "--last-day", "2026-05-01"), "Missing option '--reason'"),
    (("person", "add", "--name", "N", "--email", "ned"), "name@example.org"),
    (("person", "add", "--name", "N", "--email", "n@x.example", "--phone", "12"), "UK telephone number"),
    (("role", "grant", "n@x.example", "king"), "Choose one of: assessor"),
    (("keys", "compromise", "256", "--reason", "r"), "not in the range"),
    (("agreement", "change", "--line", "CAP", "--reason", "r"), "Give it as CODE=±POUNDS"),
    (("agreement", "change", "--line", "CAP=x", "--reason", "r"), "like 1234.50"),
    (("provider", "vet", "P", "--check", "identity", "--note", "n"), "Missing option '--passed"),
    (("provider", "vet", "P", "--check", "looks", "--passed"), "Choose one of: identity"),
    (("provider", "apply", "--name", "N", "--contact-email", "n@x.example", "--vat-number", "123456789"), "do not fit"),
    (("provider", "package", "P", "--minutes", "0"), "not in the range"),
    (
        ("verify", "C", "--pass", "dates=fine"),
        "Choose one of: payee can be paid, own contribution paid, evidence shows the support.",
    ),
    (("claim", "--session", "S", *CLAIM, "--file", "selfie=x.pdf"), "Choose one of: invoice"),
    (("claim", "--session", "S", *CLAIM, "--file", "invoice=no-such.pdf"), "No such file"),
    (("claim", "--session", "S", *CLAIM, "--line", "1.00=a fifth"), "at most two decimals"),
    (("claim", *CLAIM), "Missing option '--session'"),
    (("confirm", "claim", "C", "--not-yet-paid"), "Missing option '--accept"),
    (("confirm", "session", "S", "--delivered", "mostly"), "Choose one of: yes, partly, no"),
    (("scheme", "set-up", "no-such.toml"), "No such file"),
    (("batch", "export", "B", "--out", "no-such-folder/file.csv"), "There is no folder"),
]


@pytest.fixture
def bare(tmp_path: Path, clock: FixedClock) -> Shell:
    """A shell where nothing was ever set up."""
    folder = tmp_path / "none"
    return Shell(Config(folder, f"sqlite:///{folder / 'none.sqlite3'}", "http://localhost"), clock)


@pytest.mark.parametrize(("words", "says"), BAD_USAGE, ids=[" ".join(words) for words, _says in BAD_USAGE])
def test_bad_usage_exits_with_2_and_says_what_to_enter(bare: Shell, words: tuple[str, ...], says: str) -> None:
    result = bare.run(*words, by=SOMEBODY if words[0] != "no-such-command" else None, expect=2)
    assert says in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert not bare.place.data.exists()


def test_a_command_before_set_up_says_what_to_run(bare: Shell) -> None:
    error = bare.refusal("role", "list", by=SOMEBODY)
    assert error["code"] == "key_ring_missing"
    assert "voucher set-up" in bare.run("role", "list", by=SOMEBODY, expect=1).stderr
    assert not bare.place.data.exists()


def test_every_command_says_what_it_does_and_takes_json() -> None:
    def leaves(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
        inner = command.commands.items() if isinstance(command, click.Group) else ()
        return [leaf for name, each in inner for leaf in leaves(each, f"{path} {name}")] or [(path, command)]

    every = leaves(root, "voucher")
    assert len(every) > 70
    for path, command in every:
        assert command.help, path
        options = {name for param in command.params for name in param.opts}
        assert "--json" in options or path.startswith("voucher template "), path


def test_the_module_is_the_command(tmp_path: Path) -> None:
    environment = {**os.environ, "VOUCHER_DATA": str(tmp_path / "data"), "DATABASE_URL": ""}
    given = [sys.executable, "-m", "voucher", "keys", "list", "--as", SOMEBODY]
    done = subprocess.run(given, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no key ring" in done.stderr
    assert "Traceback" not in done.stderr
