"""A process that is killed while it takes a bank file in leaves nothing of it, and the next try brings it whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT, Config
from tests.concurrency.processes import environment
from tests.concurrency.races import number
from tests.harness.bank_statements import IN, OUT, Moved, csv_statement
from tests.harness.clock import START, FixedClock
from tests.harness.ready import Ready, copied, running
from tests.integration.payments.bank_imports import ready_for_files

# Kills itself where everything is written and nothing committed, unless it is told to live.
PROGRAM = """
import os, signal, sys
from sqlalchemy import event
from voucher.cli.main import root
from voucher.platform.db import db
if sys.argv[1] == "die":
    event.listen(db.session, "before_commit", lambda session: os.kill(os.getpid(), signal.SIGKILL))
root(sys.argv[2:])
"""


def taking_in(config: Config, file: Path, how: str) -> int:
    """The exit status of a process that takes the file in."""
    command = ("import", "bank", str(file), "--kind", "csv", "--mapping", "barclays", "--commit")
    env = {**environment(config), "VOUCHER_TESTING": "1", "VOUCHER_NOW": START.isoformat()}
    given = [sys.executable, "-c", PROGRAM, how, *command, "--as", "bina@northmoor.example"]
    return subprocess.run(given, env=env, cwd=ROOT, capture_output=True, check=False).returncode


@pytest.mark.slow
@pytest.mark.rule(35)
def test_a_process_that_is_killed_before_its_commit_leaves_no_half_import(ready: Ready, tmp_path: Path) -> None:
    file = tmp_path / "april.csv"
    day = START.date()
    file.write_bytes(csv_statement([Moved(OUT.pence, "A", on=day), Moved(IN.pence, "B", on=day)]))
    with copied(ready, tmp_path) as config:
        clock = FixedClock()
        with running(config, clock):
            ready_for_files(ready.world(clock))
        found = {}
        for how in ("die", "live"):
            status = taking_in(config, file, how)
            with running(config, clock):
                tables = ("bank_import", "bank_statement", "bank_line")
                found[how] = (status, [number(f"SELECT COUNT(*) FROM {table}") for table in tables])
    assert found == {"die": (-9, [0, 0, 0]), "live": (0, [1, 1, 2])}
