"""The public page on which a statement's file is checked, and the keys that are published beside it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.reports.staff import authenticator_of, browser_of, next_code, with_role
from tests.journeys.steps import drawn, on, prepared, signed
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.audit.models import AuditEvent
from voucher.notifications.models import OutboxMessage
from voucher.organisations.commands import add_organisation
from voucher.platform.actor import WORKER
from voucher.platform.db import read_anew, session
from voucher.platform.errors import DomainError
from voucher.reports import checking
from voucher.reports.checking import check_apart
from voucher.reports.commands import review_statement, sign_statement
from voucher.reports.models import StatementCheck
from voucher.reports.verify.check import LIMITS
from voucher.reports.verify.findings import Area, Facts, NotAStatement, Report, fails
from voucher.reports.verify.signed import read_signature
from voucher.worker import run_worker

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)
FILE, CODE = "The statement's PDF", "Code of your second factor"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    made = build_world(clock)
    on(made, "2026-05-04")
    return made


def check(client: PageClient, data: bytes, *, expect: int = 422, path: str = "/check-statement") -> Page:
    return client.submit(client.get(path), {FILE: (BytesIO(data), "s.pdf")}, button="Check it", expect=expect)


def test_only_who_looks_after_keys_makes_one_or_gives_one_up(app: Flask, world: World) -> None:
    for name in ("pat", "sigrid"):
        browser = browser_of(app, world, name)
        for path in ("/statement-keys/manage", "/statement-keys/rotate", "/statement-keys/1/compromise"):
            browser.get(path, expect=403)
    browser_of(app, world, "ada").get("/statement-keys/9/compromise", expect=404)
    PageClient(app).get("/statement-keys/manage", expect=302)


def test_anybody_reads_the_page_and_the_keys_and_neither_lists_a_statement(app: Flask, world: World) -> None:
    statement = signed(world, *APRIL)
    nobody = PageClient(app)
    for path in ("/check-statement", "/statement-keys"):
        page = nobody.get(path)
        assert statement.reference not in page
    published = json.loads(nobody.get("/statement-keys.json").text)["keys"]
    signature = read_signature((drawn(statement).signature or "").encode())
    assert [(key["key_id"], key["public_key"]) for key in published] == [(1, signature.members["public_key"])]
    assert published[0]["public_key"] in nobody.get("/statement-keys")


def test_the_address_on_the_cover_opens_the_page_for_that_number_and_no_draft_s(app: Flask, world: World) -> None:
    draft = prepared(world, *APRIL)
    nobody = PageClient(app)
    nobody.get(f"/S/{draft.public_id}", expect=404)
    nobody.get("/S/0000000000000000", expect=404)
    world.do("rob", review_statement, draft)
    world.do("sigrid", sign_statement, draft)
    page = nobody.get(f"/S/{draft.public_id.upper()}")
    assert page.heading == f"Check statement {draft.reference}"
    assert draft.agreement.reference + " " not in page


def test_what_is_no_statement_is_named_at_the_file(client: PageClient) -> None:
    assert "Choose the statement's PDF." in check(client, b"")
    refused = check(client, b"name,amount\n")
    assert refused.title.startswith("Error: ")
    assert "This is not a PDF." in refused
    assert "damaged" in check(client, b"%PDF-1.7\n%%EOF\n")


def test_a_file_is_told_in_words_with_what_is_known_of_it_here(
    client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = Facts("X-S001", "Scheme", "Funder", "LGF", "2026-04-01", "2026-04-30", 7, 3, "0" * 64)
    found = fails("cover", Area.PAGES, "The cover says what the statement is about, and its three figures.")
    monkeypatch.setattr(
        "voucher.reports.views.check_pages.check_apart", lambda *_, folder: Report(facts, (found,), LIMITS)
    )
    page = check(client, b"%PDF-1.7\n", expect=200)
    assert page.heading == "Something does not hold"
    for words in ("X-S001", "The cover says", "This installation has signed", "What no check of the file can prove"):
        assert words in page
    assert "Does not hold" in page


def test_a_network_that_checks_too_much_waits_and_others_do_not(
    app: Flask, client: PageClient, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "CHECKS_PER_ADDRESS", 2)
    monkeypatch.setattr("voucher.reports.views.check_pages.check_apart", lambda *_, folder: Report(None, (), ()))
    for _time in range(2):
        check(client, b"%PDF-1.7\n", expect=200)
    assert "Too many files were checked" in check(client, b"%PDF-1.7\n", expect=429)
    check(PageClient(app, address="192.0.2.9"), b"%PDF-1.7\n", expect=200)
    monkeypatch.setattr(checking, "CHECKS_IN_ALL", 3)
    check(PageClient(app, address="192.0.2.10"), b"%PDF-1.7\n", expect=429)
    clock.advance(minutes=15)
    check(client, b"%PDF-1.7\n", expect=200)


def test_control_without_the_count_a_network_checks_on(client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "CHECKS_PER_ADDRESS", 1)
    monkeypatch.setattr("voucher.reports.views.check_pages.check_apart", lambda *_, folder: Report(None, (), ()))
    monkeypatch.setattr("voucher.reports.views.check_pages.count_check", lambda *_: None)
    for _time in range(2):
        check(client, b"%PDF-1.7\n", expect=200)


def test_of_a_check_only_its_count_is_kept_and_the_worker_forgets_it(
    client: PageClient, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voucher.reports.views.check_pages.check_apart", lambda *_, folder: Report(None, (), ()))
    check(client, b"%PDF-1.7\n", expect=200)
    [kept] = session.scalars(select(StatementCheck)).all()
    assert "127.0.0.1" not in str(vars(kept))
    clock.at += timedelta(minutes=15)
    read_anew()
    run_worker(office(), once=True, environ={})
    assert session.scalar(select(func.count()).select_from(StatementCheck)) == 0


def test_a_file_that_breaks_its_reader_breaks_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SECONDS", 0.01)
    with pytest.raises(DomainError, match="could not be checked here"):
        check_apart(b"%PDF-1.7\n", [], folder=tmp_path)
    monkeypatch.setattr(checking, "SECONDS", 60)
    with pytest.raises(NotAStatement, match="damaged"):
        check_apart(b"%PDF-1.7\n", [], folder=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"check-0.lock"}


def test_only_a_few_files_are_checked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[int] = []

    def check_another(_raw: bytes, _keys: object) -> dict[str, object]:
        inside.append(1)
        if len(inside) <= checking.AT_ONCE:
            check_apart(b"", [], folder=tmp_path)
        return {}

    monkeypatch.setattr(checking, "_run", check_another)
    with pytest.raises(DomainError, match="Other files are being checked"):
        check_apart(b"", [], folder=tmp_path)
    assert len(inside) == checking.AT_ONCE
    monkeypatch.setattr(checking, "_run", lambda *_: {"refused": {"words": "no", "values": {}}})
    with pytest.raises(NotAStatement):
        check_apart(b"", [], folder=tmp_path)


@pytest.mark.rule(64)
def test_signing_mails_the_audit_trail_s_head_to_funder_and_auditor(app: Flask, world: World) -> None:
    with_role(world, "audrey", Role.AUDITOR)
    with_role(world, "fiona", Role.FUNDER, organisation_id=world.agreement.funder_id)
    other = world.do("fred", add_organisation,
                     name="Another funder", legal_form="other")  # fmt: skip
    with_role(world, "olga", Role.FUNDER, organisation_id=other.id)
    read_anew()
    run_worker(office(), once=True, environ={})
    statement = signed(world, *APRIL)
    told = select(OutboxMessage.email).where(OutboxMessage.kind == "statement_signed").order_by(OutboxMessage.email)
    assert session.scalars(told).all() == ["audrey@elsewhere.example", "fiona@elsewhere.example"]
    head = read_signature((drawn(statement).signature or "").encode()).head
    assert (head.seal, len(head.digest)) == (1, 64)
    read_anew()
    run_worker(office(), once=True, environ={})
    letters = [path.read_bytes().replace(b"=\r\n", b"") for path in office().config.mail.iterdir()]
    letters = [letter for letter in letters if b"statement_signed" in letter or b"is signed: keep" in letter]
    assert len(letters) == 2
    for part in (head.digest, statement.data_hash, f"/S/{statement.public_id}"):
        assert all(part.encode() in letter for letter in letters)
    assert office().act(WORKER).ring.statement_keys()[0].kid == 1


def test_a_new_key_signs_what_follows_and_a_lost_one_is_published_as_lost(app: Flask, world: World) -> None:
    authenticator, ada = authenticator_of(world, "ada"), browser_of(app, world, "ada")
    page = ada.get("/statement-keys/rotate")
    assert "Say why." in ada.submit(page, {CODE: next_code(world, authenticator)}, button="Make a new key", expect=422)
    ada.submit(page, {"Reason": "yearly", CODE: next_code(world, authenticator)}, button="Make a new key")
    lost = ada.get("/statement-keys/1/compromise")
    answers = {"Reason": "a disk was lost", CODE: next_code(world, authenticator)}
    ada.submit(lost, answers, button="Publish it")
    assert "Key 2" in ada.get("/statement-keys/manage")
    published = json.loads(PageClient(app).get("/statement-keys.json").text)["keys"]
    assert [(key["key_id"], key["status"]) for key in published] == [(1, "compromised"), (2, "active")]
    actions = session.scalars(
        select(AuditEvent.action).where(AuditEvent.object_kind == "statement_key").order_by(AuditEvent.id)
    ).all()
    assert actions == ["key.rotated", "key.compromised"]
