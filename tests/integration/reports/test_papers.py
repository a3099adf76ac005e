"""The paper of a signed statement: ordered while signing, drawn by the worker, kept once, and told of until then."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.cli.shell import Shell
from tests.integration.platform.rows import drop_triggers
from tests.integration.reports.staff import browser_of, with_role
from tests.journeys.steps import drawn, on, prepared
from voucher import worker
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.audit.models import AuditEvent
from voucher.documents.models import Document
from voucher.platform import pdf
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, read_anew, session
from voucher.platform.errors import Conflict
from voucher.reports import annex, commands, papers
from voucher.reports.commands import move_on, review_statement, sign_statement
from voucher.reports.models import Statement, StatementPaper
from voucher.reports.paper import signed_statement_pdf
from voucher.reports.papers import LEASE, LeaseLost, draw_now, draw_one, keep, ordered, take
from voucher.reports.rules import StatementState, data_hash
from voucher.reports.verify.signed import read_signature
from voucher.worker import backlog, post_office, run_worker

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)
LINES = 50_000
Told = Callable[[int], object]


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    made = build_world(clock)
    on(made, "2026-05-04")
    return made


def ordered_one(world: World) -> Statement:
    """A statement that is signed, with nobody at work who draws its paper."""
    statement = prepared(world, *APRIL)
    world.do("rob", review_statement, statement)
    return world.do("sigrid", sign_statement, statement)


def address(statement: Statement) -> str:
    return f"/statements/{statement.public_id}"


def paper_row() -> StatementPaper:
    """The only paper, as the database has it now."""
    read_anew()
    return session.scalars(select(StatementPaper)).one()


def documents() -> int:
    """How many statements' PDFs are kept."""
    read_anew()
    return session.scalar(select(func.count()).where(Document.original_name.like("NTT-%.pdf"))) or 0


def change(statement: str, table: str = "statement_paper") -> None:
    """Changes a row as nobody may: the triggers are gone for it."""
    with atomic():
        drop_triggers(session.connection(), table)
        session.connection().exec_driver_sql(statement)
    session.expire_all()


def tried() -> bool | None:
    read_anew()
    return draw_one(office().act(WORKER))


def drawing(monkeypatch: pytest.MonkeyPatch, step: Callable[[Told], object]) -> None:
    """Something that happens while a paper is drawn; ``step`` is given what the drawing tells its rows to."""

    def stepping(*given: Any, told: Told, **more: Any) -> tuple[bytes, str]:
        step(told)
        return signed_statement_pdf(*given, told=told, **more)

    monkeypatch.setattr(papers, "signed_statement_pdf", stepping)
    monkeypatch.setattr(papers, "TOLD_SECONDS", 0.0)


# Before it is drawn


def test_only_the_scheme_s_people_read_how_far_it_is_and_nobody_has_it_yet(app: Flask, world: World) -> None:
    statement = ordered_one(world)
    with_role(world, "flora", Role.FUNDER, organisation_id=world.agreement.funder_id)
    for name, status in (("pat", 403), ("flora", 403)):
        browser_of(app, world, name).get(address(statement), expect=status)
    browser_of(app, world, "flora").get(f"/funder{address(statement)}", expect=404)
    browser_of(app, world, "flora").get(f"/funder{address(statement)}/files/statement.pdf", expect=404)
    page = browser_of(app, world, "sigrid").get(f"{address(statement)}/files/statement.pdf", expect=404)
    assert "The PDF of this statement is still being drawn. Look again in a minute." in page


def test_signing_freezes_and_orders_and_draws_nothing(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "signed_statement_pdf", lambda *_a, **_o: pytest.fail("drawn while signing"))
    statement = ordered_one(world)
    assert (statement.state, world.agreement.closed_through) == ("signed", APRIL[1])
    assert (paper_row().document_id, paper_row().signature, documents()) == (None, None, 0)
    page = browser_of(app, world, "sigrid").get(address(statement))
    assert "It is signed. Waits for: its PDF, which the job worker draws." in page
    assert "The statement as PDF" not in page.links
    assert {"Look again", "Its lines as CSV", "Its data as JSON, the text that the hash is of"} <= set(page.links)
    assert browser_of(app, world, "sigrid").get(f"{address(statement)}/files/data.json").text == statement.data


def test_what_is_not_drawn_is_not_sent(app: Flask, world: World) -> None:
    statement = ordered_one(world)
    with pytest.raises(Conflict, match="still being drawn"):
        world.do("stella", move_on, statement, StatementState.SENT)
    stella = browser_of(app, world, "stella")
    assert "Note that it was sent" not in stella.get(address(statement))
    drawn(statement)
    page = stella.get(address(statement))
    assert "It is signed, and its PDF is drawn. Waits for: being sent to the funder." in page
    stella.submit(page, {"Note (optional)": "by post"}, button="Note that it was sent")
    assert session.get_one(Statement, statement.id).state == "sent"


def test_control_without_that_question_a_statement_would_be_sent_that_has_no_paper(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = ordered_one(world)
    monkeypatch.setattr(commands, "why_not_send", lambda _paper: None)
    world.do("stella", move_on, statement, StatementState.SENT)
    assert (statement.state, documents()) == ("sent", 0)


# Drawing


def test_the_worker_draws_it_once_and_keeps_it_with_its_signature(app: Flask, world: World) -> None:
    statement = ordered_one(world)
    assert [run_worker(office(), once=True, environ={}).drawn for _time in range(2)] == [1, 0]
    paper = paper_row()
    assert (paper.attempts, paper.holder, paper.last_error, documents()) == (1, None, "", 1)
    signature = read_signature((paper.signature or "").encode())
    got = browser_of(app, world, "sigrid").get(f"{address(statement)}/files/statement.pdf").body
    assert signature.verifies()
    assert signature.is_of(got)
    events = session.scalars(select(AuditEvent).where(AuditEvent.action == "statement.paper_drawn")).all()
    assert [(each.actor_name, each.details) for each in events] == [
        (WORKER.name, {"sha256": paper.document.sha256 if paper.document else ""})
    ]


def test_the_page_says_how_far_it_is_and_refreshes_only_while_it_is_drawn(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = ordered_one(world)
    change(f"UPDATE statement_paper SET lines = {LINES}")
    sigrid, seen = browser_of(app, world, "sigrid"), []

    def look(told: Told) -> None:
        told(1_200)
        seen.append(sigrid.get(address(statement)))

    drawing(monkeypatch, look)
    assert tried()
    [page] = seen
    assert "It is signed, and its PDF is being drawn. You can leave this page and come back to it." in page
    assert "1,200 of 50,000 lines" in page
    [bar] = page.tree.iter("progress")
    assert (bar.get("value"), bar.get("max"), bar.get("aria-label")) == ("1200", "50000", "Lines drawn")
    assert "drawing.js" in page.text
    after = sigrid.get(address(statement))
    assert "The statement as PDF" in after.links
    assert "drawing.js" not in after.text
    assert paper_row().lines_done == LINES


def test_progress_is_told_at_most_once_a_second(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered_one(world)
    change(f"UPDATE statement_paper SET lines = {LINES}")
    seconds, written = iter([0.0, 0.5, 1.1, 1.2, 2.2, 2.3]), []
    leased = take(office().act(WORKER))
    assert leased is not None
    monkeypatch.setattr("voucher.reports.papers.time.monotonic", lambda: next(seconds))
    told = papers._Progress(office().act(WORKER), leased, lambda: written.append(paper_row().lines_done))
    told(1)  # after half a second
    told(2)
    told(3)
    assert written == [2, 3]


def test_rows_are_told_of_when_they_are_drawn_and_not_when_they_are_measured() -> None:
    told: list[int] = []
    row = annex._telling(lambda number: [((str(number), annex.MONO),)], 150, told.append)
    for _time in range(2):
        assert [row(number)[0][0][0] for number in range(150)] == [str(number) for number in range(150)]
    assert told == [0, 50, 150]


def test_mail_goes_out_while_a_paper_is_drawn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered_one(world)
    loop = worker._Worker(office(), post_office(office(), {}))
    found: dict[str, int] = {}

    def offered_meanwhile(told: Told) -> None:
        world.offered()
        read_anew()
        found["before"] = loop.report.delivered
        told(0)
        found["while"] = loop.report.delivered

    drawing(monkeypatch, offered_meanwhile)
    with worker._stopping() as stop:
        assert loop.turn(stop)
    assert (found["while"] - found["before"], loop.report.drawn) == (1, 1)


def test_control_without_it_the_message_would_wait_for_the_whole_paper(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker._Worker, "_deliver_meanwhile", lambda _self, _stop: None)
    with pytest.raises(AssertionError):
        test_mail_goes_out_while_a_paper_is_drawn(world, monkeypatch)


def test_whoever_wants_the_file_from_a_command_has_it_drawn_there(world: World, place: Config, tmp_path: Path) -> None:
    statement = prepared(world, *APRIL)
    world.do("rob", review_statement, statement)
    reference, file = statement.reference, tmp_path / "statement.pdf"
    session.remove()
    shell = Shell(place, world.clock)
    said = shell.run("statement", "sign", reference, by="sigrid@northmoor.example").output
    assert "is signed. The job worker draws its PDF" in said
    export = ("statement", "export", reference, "--pdf", str(file), "--csv", str(tmp_path / "lines.csv"))
    assert len(shell.ask(*export, by="sigrid@northmoor.example")["files"]) == 2
    assert read_signature((paper_row().signature or "").encode()).is_of(file.read_bytes())
    assert shell.ask("statement", "show", reference, by="sigrid@northmoor.example")["pdf"] == "drawn"
    assert shell.ask("worker", "--once")["drawn"] == 0


# Failing


def test_a_try_that_fails_says_why_and_is_made_again_later_and_later(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement, sigrid = ordered_one(world), browser_of(app, world, "sigrid")
    words = "The typefaces are 100% <missing>."
    with monkeypatch.context() as broken:
        broken.setattr(pdf, "_lay_out", lambda *_a, **_o: (_ for _ in ()).throw(pdf.PdfError("x", words)))
        for minutes in (1, 2, 4):
            assert tried() is False
            assert tried() is None
            assert paper_row().due_at - world.clock() == timedelta(minutes=minutes)
            page = sigrid.get(address(statement))
            assert "It is signed, but its PDF could not be drawn." in page
            assert "It is tried again on 4 May 2026" in page
            assert f"Why the last try failed: {words}" in page
            world.clock.advance(minutes=minutes)
    assert run_worker(office(), once=True, environ={}).drawn == 1
    assert (paper_row().attempts, paper_row().last_error) == (4, "")
    assert "could not be drawn" not in sigrid.get(address(statement))


def test_a_fault_in_the_program_is_named_by_its_kind_and_quotes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered_one(world)

    def out_of_space(*_a: object, **_o: object) -> None:
        raise OSError(28, "No space left on device", "/srv/secret/place")

    monkeypatch.setattr(papers, "signed_statement_pdf", out_of_space)
    assert tried() is False
    error = paper_row().last_error
    assert "OSError: No space left on device" in error
    assert "secret" not in error


def test_papers_that_wait_for_long_count_as_work_that_is_behind(world: World) -> None:
    ordered_one(world)
    assert (backlog(world.clock()).papers, backlog(world.clock()).oldest_paper) == (1, world.clock())
    run_worker(office(), once=True, environ={})
    world.clock.advance(minutes=16)
    assert (backlog(world.clock()).papers, backlog(world.clock()).is_behind(world.clock())) == (0, False)


def test_without_a_worker_a_paper_is_behind_after_a_quarter_of_an_hour(world: World) -> None:
    run_worker(office(), once=True, environ={})
    ordered_one(world)
    with atomic():
        session.execute(text("UPDATE outbox_message SET done_at = created_at"))
    world.clock.advance(minutes=16)
    found = backlog(world.clock())
    assert found.is_behind(found.oldest_paper or world.clock()) is False
    assert found.is_behind(world.clock())


# The lease


def test_a_paper_whose_drawer_died_is_taken_over_when_the_lease_has_run_out(app: Flask, world: World) -> None:
    statement = ordered_one(world)
    assert take(office().act(WORKER)) is not None  # and dies
    world.clock.advance(minutes=4)
    assert tried() is None
    assert "its PDF is being drawn" in browser_of(app, world, "sigrid").get(address(statement))
    world.clock.advance(minutes=1)
    assert take(office().act(WORKER)) is not None  # and dies, too
    page = browser_of(app, world, "sigrid").get(address(statement))
    assert "The program that drew it was ended before it was done." in page
    world.clock.advance(minutes=5)
    assert tried() is True
    assert (paper_row().attempts, documents()) == (3, 1)


def test_who_lost_the_lease_stops_drawing_and_keeps_nothing(world: World) -> None:
    ordered_one(world)
    act = office().act(WORKER)
    late = take(act)
    assert late is not None
    world.clock.advance(minutes=LEASE // timedelta(minutes=1))
    assert tried() is True
    with pytest.raises(LeaseLost):
        keep(act, late, b"%PDF-1.7 another", "{}")
    with pytest.raises(LeaseLost), atomic():
        papers._change_held(late, {"lines_done": 0})
    papers.put_back(act, late, OSError("too late"))
    assert (documents(), paper_row().last_error) == (1, "")


def test_progress_makes_the_lease_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ordered_one(world)
    found = []

    def slowly(told: Told) -> None:
        for _time in range(3):
            world.clock.advance(minutes=4)
            told(0)
            found.append(take(office().act(WORKER)))

    drawing(monkeypatch, slowly)
    assert tried() is True
    assert found == [None, None, None]
    assert paper_row().attempts == 1


# What was settled at signing


def test_what_is_signed_is_what_was_settled_at_signing_whoever_draws_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = ordered_one(world)
    settled = read_signature((paper_row().mandate or "").encode())
    act = office().act(WORKER)
    act.ring.rotate_statement_key(world.clock())
    with atomic():
        session.execute(text("UPDATE person SET name = 'Somebody Else'"))
        session.execute(text("UPDATE agreement SET signer_title = 'another title'"))
    world.clock.advance(days=3)
    asked: list[dict[str, Any]] = []

    def noting(*given: Any, **more: Any) -> tuple[bytes, str]:
        asked.append(more)
        return signed_statement_pdf(*given, **more)

    monkeypatch.setattr(papers, "signed_statement_pdf", noting)
    first = read_signature((drawn(statement).signature or "").encode())
    for name in ("key_id", "public_key", "sign_off", "audit_head", "data_hash", "statement"):
        assert first.members[name] == settled.members[name]
    assert first.members["key_id"] == 1
    assert first.members["sign_off"][-1]["name"] == "Sigrid"
    assert first.members["sign_off"][-1]["at"] == "2026-05-04T09:00:00+00:00"
    assert asked[0]["check_at"] == f"http://localhost/S/{statement.public_id}"


def test_two_who_draw_it_draw_the_same_bytes(world: World) -> None:
    ordered_one(world)
    leased = take(office().act(WORKER))
    assert leased is not None
    made = set()
    for _time in range(2):
        order = ordered(office().act(WORKER), leased)
        made.add(
            signed_statement_pdf(
                order.data,
                data_hash=order.data_hash,
                sign_off=order.sign_off,
                signer=order.signer,
                check_at=order.check_at,
            )
        )
    assert len(made) == 1


FORGED = json.dumps({"transactions": [], "forged": True})
SPOILT = {
    "other figures": ("statement", f"UPDATE statement SET data = '{FORGED}', data_hash = '{data_hash(FORGED)}'"),
    "another mandate": (
        "statement_paper",
        "UPDATE statement_paper SET mandate = REPLACE(mandate, '\"seal\":0', '\"seal\":9')",
    ),
}


@pytest.mark.rule(55)
@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_worker_signs_nothing_but_what_the_signer_has_signed(world: World, spoilt: str) -> None:
    ordered_one(world)
    table, how = SPOILT[spoilt]
    change(how, table)
    assert tried() is False
    assert "not what was signed" in paper_row().last_error
    assert documents() == 0


def test_control_without_that_look_a_changed_database_would_have_it_sign(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = ordered_one(world)
    change(SPOILT["another mandate"][1])
    monkeypatch.setattr(papers, "_check_mandate", lambda *_what: None)
    signature = read_signature((drawn(statement).signature or "").encode())
    assert (signature.verifies(), signature.head.seal) == (True, 9)


def test_a_key_that_is_gone_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = ordered_one(world)
    monkeypatch.setattr(type(office().act(WORKER).ring), "statement_keys", lambda _ring: [])
    with pytest.raises(Conflict, match="does not have key 1"):
        draw_now(office().act(WORKER), statement.id)
