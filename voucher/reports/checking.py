"""Checking a statement's file for whoever holds it: how often, in a process of its own, and if it is known here."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select

from voucher.platform.act import Act
from voucher.platform.db import engine, session
from voucher.platform.errors import DomainError, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRing
from voucher.reports.models import Statement, StatementCheck
from voucher.reports.queries import SIGNED
from voucher.reports.verify.findings import Area, Finding, NotAStatement, Report, Sentence, fails, holds, unpacked
from voucher.reports.verify.published import PublishedKey, as_published

CHECKOUT = Path(__file__).resolve().parents[2]
SECONDS = 45  # less than a web server's patience with one of its processes
AT_ONCE = 2  # so that checks never take all of those processes
WINDOW = timedelta(minutes=15)
CHECKS_PER_ADDRESS = 20
CHECKS_IN_ALL = 120
_CHECK_LOCK = 7_461_016  # a number of our own for PostgreSQL's advisory locks

_TOO_MANY = _("Too many files were checked from where you are. Wait 15 minutes, or check the file with the command "
              "voucher verify-statement.")  # fmt: skip
_BUSY = _("Other files are being checked just now. Wait a minute, then check yours again.")
_TOO_MUCH = _("This file could not be checked here: it is too large or too tangled. Check it with the command voucher "
              "verify-statement.")  # fmt: skip


def count_check(act: Act, address: str) -> None:
    """Counts one check from a network address; raises DomainError ``locked`` when there were too many lately."""
    if engine().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_CHECK_LOCK)))
    hashed = act.ring.lookup_hash(f"statement check {address}")
    lately = select(func.count()).select_from(StatementCheck).where(StatementCheck.at > act.now - WINDOW)
    from_here = session.scalar(lately.where(StatementCheck.address_hash == hashed)) or 0
    if from_here >= CHECKS_PER_ADDRESS or (session.scalar(lately) or 0) >= CHECKS_IN_ALL:
        raise DomainError("locked", _TOO_MANY, "file")
    session.add(StatementCheck(address_hash=hashed, at=act.now))


def forget_checks(now: datetime) -> None:
    """Takes away the counts that no limit looks at any more."""
    session.execute(delete(StatementCheck).where(StatementCheck.at <= now - WINDOW))


def published_keys(ring: KeyRing) -> list[PublishedKey]:
    """The public halves of all keys that have signed statements here, each with what it is good for."""
    return [PublishedKey(key.public, key.kid, str(key.status)) for key in ring.statement_keys()]


def check_apart(raw: bytes, published: Sequence[PublishedKey], *, folder: Path) -> Report:
    """Checks a stranger's file in a process of its own, within limits; nothing of it is written anywhere.

    In ``folder`` lie the locks of the few checks that run at once. Raises NotAStatement, DomainError ``locked`` when
    there are enough of them, and DomainError when the process did not come to an end by itself.
    """
    with _one_of_few(folder):
        found = _run(raw, published)
    if "refused" in found:
        raise NotAStatement(Sentence(**found["refused"]))
    return unpacked(found["report"])


@contextmanager
def _one_of_few(folder: Path) -> Iterator[None]:
    for number in range(AT_ONCE):
        with open(folder / f"check-{number}.lock", "a", opener=partial(os.open, mode=0o600)) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield
            return
    raise DomainError("locked", _BUSY, "file")


def _run(raw: bytes, published: Sequence[PublishedKey]) -> dict[str, Any]:
    keys = json.dumps(as_published(published) if published else None).encode()
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "voucher.reports.verify"],
            input=keys + b"\n" + raw,
            capture_output=True,
            cwd=CHECKOUT,
            env=environment,
            timeout=SECONDS,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise DomainError("check_failed", _TOO_MUCH, "file") from error
    return found


def signed_statement(public_id: str) -> Statement:
    """The signed statement whose cover leads to this address; raises NotFound."""
    found = session.scalar(
        select(Statement).where(Statement.public_id == public_id.lower(), Statement.state.in_(SIGNED))
    )
    if found is None:
        raise NotFound(
            "no_statement",
            _("There is no signed statement at this address. Compare it letter by letter with the one on the cover."),
        )
    return found


def with_what_is_known_here(report: Report, asked_for: Statement | None) -> Report:
    """The report with whether this installation signed these data; it tells of no other statement."""
    data_hash = report.facts.data_hash if report.facts else ""
    found = [_known(data_hash)]
    if asked_for is not None:
        words = _("The file is the statement to which the code on the cover leads.")
        same = asked_for.data_hash == data_hash
        code, area = "asked_for", Area.SIGNATURE
        found.append(holds(code, area, words) if same else fails(code, area, words))
    return replace(report, findings=(*found, *report.findings))


def _known(data_hash: str) -> Finding:
    words = _("This installation has signed a statement with exactly these data.")
    known = session.scalar(
        select(Statement.id).where(Statement.data_hash == data_hash, Statement.state.in_(SIGNED)).limit(1)
    )
    return holds("known_here", Area.SIGNATURE, words) if known else fails("known_here", Area.SIGNATURE, words)
