"""The paper of a signed statement is drawn once, by whichever worker, however many there are and whenever one dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import ColumnElement, select, true

from config import Config
from tests.concurrency.processes import environment, process, status, until
from tests.concurrency.races import number
from tests.harness import shifted
from tests.harness.balances import faults
from tests.harness.clock import START, FixedClock
from tests.harness.ready import Ready, copied, running
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World
from tests.integration.platform.rows import drop_triggers
from tests.journeys.steps import on, prepared
from voucher.app import office
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, read_anew, session
from voucher.reports import papers
from voucher.reports.commands import review_statement, sign_statement
from voucher.reports.exports import statement_pdf_bytes
from voucher.reports.models import Statement, StatementPaper
from voucher.reports.paper import signed_statement_pdf
from voucher.reports.papers import LEASE, draw_one
from voucher.reports.verify.signed import read_signature

APRIL = date(2026, 4, 1), date(2026, 4, 30)
AFTER_APRIL = timedelta(days=30)
KEPT = "SELECT COUNT(*) FROM document WHERE original_name LIKE 'NTT-%.pdf'"
PATIENCE = 180


def ordered(world: World) -> None:
    """A statement of one payment that is signed, and a paper that nobody draws yet."""
    world.payable()
    world.paid()
    on(world, "2026-05-04")
    statement = prepared(world, *APRIL)
    world.do("rob", review_statement, statement)
    world.do("sigrid", sign_statement, statement)
    read_anew()


def drawn_by_two(app: Flask) -> list[bool | None]:
    """What two workers come to that look for a paper in the same moment."""
    start = threading.Barrier(2)

    def one(_number: int) -> bool | None:
        with app.app_context():
            start.wait(PATIENCE)
            try:
                return draw_one(office().act(WORKER))
            finally:
                session.remove()

    session.remove()
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(one, range(2)))


@pytest.mark.usefixtures("sketched")
def test_two_workers_at_once_draw_a_paper_once(app: Flask, world: World) -> None:
    ordered(world)
    assert sorted(map(str, drawn_by_two(app))) == ["None", "True"]
    assert (number(KEPT), number("SELECT attempts FROM statement_paper")) == (1, 1)
    assert number("SELECT COUNT(*) FROM audit_event WHERE action = 'statement.paper_drawn'") == 1


def anybody_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lease: a paper is taken whoever holds it, and kept whoever draws it now, until both have begun."""
    both = threading.Barrier(2)

    def together(*given: Any, **more: Any) -> tuple[bytes, str]:
        both.wait(PATIENCE)
        return signed_statement_pdf(*given, **more)

    def whoever(leased: papers.Leased) -> ColumnElement[bool]:
        return StatementPaper.id == leased.paper_id

    monkeypatch.setattr(papers, "signed_statement_pdf", together)
    monkeypatch.setattr(papers, "_free", lambda _act: true())
    monkeypatch.setattr(papers, "_held", whoever)


@pytest.mark.usefixtures("sketched")
@pytest.mark.parametrize("frozen", [True, False])
def test_control_without_the_conditional_update_two_papers_are_made_unless_the_first_is_frozen(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, frozen: bool
) -> None:
    ordered(world)
    anybody_draws(monkeypatch)
    monkeypatch.setattr(papers, "put_back", lambda *_what: None)  # which the trigger refuses, too
    if not frozen:
        with atomic():
            drop_triggers(session.connection(), "statement_paper")
    assert sorted(map(str, drawn_by_two(app))) == (["False", "True"] if frozen else ["True", "True"])
    assert number(KEPT) == (1 if frozen else 2)


@pytest.fixture
def place(ready: Ready, tmp_path: Path) -> Iterator[Config]:
    with copied(ready, tmp_path, base_url="http://127.0.0.1") as config:
        yield config


def held() -> bool:
    """Whether somebody draws the paper just now."""
    read_anew()
    return number("SELECT COUNT(*) FROM statement_paper WHERE holder IS NOT NULL") == 1


@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_draws_leaves_nothing_half_and_the_next_one_draws_it_once(
    ready: Ready, place: Config, tmp_path: Path
) -> None:
    with running(place, clock := FixedClock()):
        ordered(ready.world(clock))
        before = {path.name for path in office().act(WORKER).files.folder.rglob("*") if path.is_file()}
    log, ahead = tmp_path / "worker.log", AFTER_APRIL
    with process(shifted.work, env=environment(place, ahead=ahead), log=log) as worker:
        with running(place, FixedClock()):
            until(held, f"somebody who draws; see {log}")
        worker.kill()
    with running(place, FixedClock(START + ahead)):
        assert number("SELECT COUNT(*) FROM statement_paper WHERE drawn_at IS NULL AND document_id IS NULL") == 1
        assert (number(KEPT), draw_one(office().act(WORKER))) == (0, None)  # it is the dead one's for a while
        assert {path.name for path in office().act(WORKER).files.folder.rglob("*") if path.is_file()} == before
    ahead += LEASE + timedelta(minutes=5)
    with process(partial(shifted.work, once=True), env=environment(place, ahead=ahead), log=log) as worker:
        assert status(worker) == 0
    with running(place, clock):
        world = ready.world(clock)
        paper, statement = session.scalars(select(StatementPaper)).one(), session.scalars(select(Statement)).one()
        assert (paper.attempts, number(KEPT)) == (2, 1)
        signature = read_signature((paper.signature or "").encode())
        assert signature.verifies()
        assert signature.is_of(statement_pdf_bytes(world.act("sigrid"), statement))
        assert number("SELECT COUNT(*) FROM audit_event WHERE action = 'statement.paper_drawn'") == 1
        assert faults() == []
        assert_reconciled(world)
