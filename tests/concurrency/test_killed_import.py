"""A process that is killed while it takes a bank file in leaves nothing of it, and the next try brings it whole."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from config import Config
from tests.concurrency.processes import environment, process, status
from tests.concurrency.races import number
from tests.harness import shifted
from tests.harness.bank_statements import IN, OUT, Moved, csv_statement
from tests.harness.clock import START, FixedClock
from tests.harness.ready import Ready, copied, running
from tests.integration.payments.bank_imports import ready_for_files


def taking_in(config: Config, file: Path, log: Path, *, dies: bool) -> int | None:
    """The exit status of a process that takes the file in."""
    command = ("import", "bank", str(file), "--kind", "csv", "--mapping", "barclays", "--commit")
    env = {**environment(config), "VOUCHER_TESTING": "1", "VOUCHER_NOW": START.isoformat()}
    given = (*command, "--as", "bina@northmoor.example")
    with process(partial(shifted.command, given, dies=dies), env=env, log=log) as importing:
        return status(importing)


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
        for dies in (True, False):
            ended = taking_in(config, file, tmp_path / "import.log", dies=dies)
            with running(config, clock):
                tables = ("bank_import", "bank_statement", "bank_line")
                found[dies] = (ended, [number(f"SELECT COUNT(*) FROM {table}") for table in tables])
    assert found == {True: (-9, [0, 0, 0]), False: (0, [1, 1, 2])}
