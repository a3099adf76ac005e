"""scripts/run and scripts/set-up say in a sentence what stands in the way, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine

from config import ROOT
from tests.harness.clock import FixedClock
from voucher.platform import schema
from voucher.platform.keyring import KeyRing

START_SECONDS = 300
DISTRIBUTION = Path("/usr/bin/python3")
# What the scripts use of a system that has neither Python nor a package manager.
TOOLS = ("bash", "dirname", "flock", "id", "cat", "df", "awk", "mkdir")


class Started(NamedTuple):
    """scripts/run as it goes on: its process, how it was called, what it says, and its port."""

    process: subprocess.Popen[bytes]
    words: Sequence[str]
    log: Path
    port: int


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=ROOT,
        env=clean({**environment}),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        stdin=subprocess.DEVNULL,
    )


def clean(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would name another installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VOUCHER_", "DATABASE_URL"))}
    return {**kept, **changes}


def tools(folder: Path, **stubs: str) -> str:
    """A PATH with only some programs, and with others in the place of real ones."""
    folder.mkdir()
    for name in TOOLS:
        found = next(path for path in (Path("/usr/bin", name), Path("/bin", name)) if path.exists())
        (folder / name).symlink_to(found)
    for name, text in stubs.items():
        path = folder / name.replace("_", "-")
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)
    return str(folder)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_that_is_in_use_is_a_sentence() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        told = run("scripts/run", "--port", str(port))
    assert told.returncode == 1
    assert told.stderr == (
        f"Port {port} is in use by another program. Stop that, or choose another: scripts/run --port {port + 1}\n"
    )


def test_a_disk_without_room_is_a_sentence(tmp_path: Path) -> None:
    df = "echo Filesystem; echo /dev/vda 1000 990 10 99% /"
    few = tools(tmp_path / "bin", df=df)
    told = run("scripts/run", "--data", str(tmp_path / "data"), "--port", str(free_port()), PATH=f"{few}:/usr/bin:/bin")
    assert told.returncode == 1
    assert told.stderr.endswith(
        f"The disk is nearly full: 10 MB are free under {tmp_path / 'data'} and 50 are needed.\n"
        "Make room and start again.\n"
    )


def test_missing_packages_are_named_where_nothing_installs_them(tmp_path: Path) -> None:
    told = run("scripts/set-up", "run", PATH=tools(tmp_path / "bin"))
    assert told.returncode == 1
    assert told.stderr == (
        "These packages are missing, by the names that Debian gives them: python3 python3-venv libpango-1.0-0 "
        "libpangoft2-1.0-0 libharfbuzz-subset0.\nInstall them and start again.\n"
    )


def is_complete(python: Path) -> bool:
    """Whether a virtual environment of a Python that is new enough can be made with it."""
    program = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"
    return python.exists() and subprocess.run([python, "-c", program], capture_output=True).returncode == 0


@pytest.mark.skipif(not is_complete(DISTRIBUTION), reason="the distribution's Python is not whole here")
def test_the_distributions_python_is_taken_before_another_that_comes_first(tmp_path: Path) -> None:
    another = tools(tmp_path / "bin", python3="echo another one; exit 1")
    told = run("scripts/set-up", "run", PATH=f"{another}:{os.environ['PATH']}")
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    made_with = (ROOT / ".venv" / "pyvenv.cfg").read_text()
    assert f"command = {DISTRIBUTION} -m venv {ROOT / '.venv'}" in made_with


def test_whoever_may_not_install_packages_reads_what_to_run_as_root(tmp_path: Path) -> None:
    few = tools(tmp_path / "bin", apt_get="exit 1", id="echo 1000")
    told = run("scripts/set-up", "run", PATH=few)
    assert told.returncode == 1
    assert told.stderr.startswith(
        "Packages are missing. Run this as root, then start again:\n    apt-get install --yes"
    )


def test_a_disk_that_fills_up_while_packages_come_is_a_sentence(tmp_path: Path) -> None:
    apt = "echo 'cannot copy: No space left on device'; exit 1"
    few = tools(tmp_path / "bin", apt_get=apt, id="echo 0", env='shift; exec "$@"')
    for name in ("mktemp", "tail", "grep", "rm"):
        (Path(few) / name).symlink_to(f"/usr/bin/{name}")
    told = run("scripts/set-up", "run", PATH=few)
    assert told.returncode == 1
    assert told.stderr.endswith(
        "The disk is full: Fetching the list of packages could not be done. Make room and start again.\n"
    )


def test_a_database_of_a_newer_version_is_a_sentence_and_nothing_is_served(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'voucher.sqlite3'}"
    schema.upgrade(url)
    KeyRing.create(tmp_path / "keys" / "ring.json", FixedClock()())
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    told = run("scripts/run", "--data", str(tmp_path), "--port", str(free_port()))
    assert told.returncode == 1
    assert told.stderr == (
        "The database is of a newer version (9999) than this software. Install that version of the software; "
        "nothing was changed.\n"
    )


@contextmanager
def started(tmp_path: Path) -> Iterator[Started]:
    """scripts/run on an empty data folder, in a group of its own; nothing of it is left behind."""
    log, port = tmp_path / "log", free_port()
    words = ("scripts/run", "--no-demo", "--data", str(tmp_path / "data"), "--port", str(port))
    with log.open("w") as out:
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            env=clean({}),
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            # Where tests run in the background, Ctrl-C is ignored, and whatever they start would ignore it, too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        yield Started(process, words, log, port)
    finally:
        if members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_ctrl_c_stops_everything_and_a_second_start_finds_the_port_taken_meanwhile(tmp_path: Path) -> None:
    with started(tmp_path) as it:
        wait_for(it.log, f"The scheme is served at http://127.0.0.1:{it.port}")
        assert members(it.process.pid) > 3
        assert "is in use" in run(*it.words).stderr
        press_ctrl_c(it)


@pytest.mark.slow
def test_ctrl_c_while_it_starts_stops_everything(tmp_path: Path) -> None:
    with started(tmp_path) as it:
        wait_until(it.log, lambda: {"gunicorn", "worker"} <= programs(it.process.pid))
        press_ctrl_c(it)
        assert "is served at" not in it.log.read_text()


def press_ctrl_c(it: Started) -> None:
    """As a terminal does it; the script ends in order and nothing that it started is left."""
    os.killpg(it.process.pid, signal.SIGINT)
    assert it.process.wait(START_SECONDS) == 0
    assert members(it.process.pid) == 0
    assert it.log.read_text().endswith("Stopped.\n")


def wait_for(log: Path, words: str) -> None:
    wait_until(log, lambda: words in log.read_text())


def wait_until(log: Path, reached: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not reached():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


def members(group: int) -> int:
    """How many processes of a group are there; one that has ended and was not asked after does not count."""
    return len(_processes(group))


def programs(group: int) -> set[str]:
    """The words of the commands of a group's processes, without their folders."""
    found = set[str]()
    for folder in _processes(group):
        with suppress(OSError):
            found |= {Path(word).name for word in (folder / "cmdline").read_text().split("\0")}
    return found


def _processes(group: int) -> list[Path]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = re.split(r"\s+", stat.read_text().rpartition(")")[2].strip())[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(stat.parent)
    return found
