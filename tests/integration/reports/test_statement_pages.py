"""Statements on pages: read, prepared, reviewed, returned, signed and sent by whoever may, and by nobody else."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import PDF, World, add_agreement, build_world
from tests.integration.redemptions.pages import asked_of_the_database, second_scheme
from tests.integration.reports.staff import authenticator_of, browser_of, next_code, with_role
from tests.integration.reports.test_signing_rules import SPOILT, spoil
from tests.journeys.steps import on, prepared, signed
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.platform.db import session
from voucher.reports.commands import return_statement, review_statement
from voucher.reports.models import Statement, StatementLook, StatementVersion
from voucher.reports.rules import data_hash

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)
CODE = "Code of your second factor"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    made = build_world(clock)
    on(made, "2026-05-04")
    return made


def address(statement: Statement) -> str:
    return f"/statements/{statement.public_id}"


def paper() -> tuple[BytesIO, str]:
    return BytesIO(PDF.format("ledger").encode()), "ledger.pdf"


def reviewed(world: World) -> Statement:
    statement = prepared(world, *APRIL)
    world.do("rob", review_statement, statement)
    return statement


def state_of(statement: Statement) -> str:
    session.expire_all()
    return session.get_one(Statement, statement.id).state


def prepare(client: PageClient, changes: dict[str, object] | None = None, *, expect: int = 302) -> Page:
    page = client.follow(client.get("/statements/prepare", expect=302))
    answers = {"Balance of the scheme's cost code on the last day": "0.00", "Evidence of that balance": paper()}
    return client.submit(page, {**answers, **(changes or {})}, button="Read the figures", expect=expect)


def sign(client: PageClient, statement: Statement, code: str, *, expect: int = 302) -> Page:
    page = client.get(f"{address(statement)}/sign")
    return client.submit(page, {CODE: code}, button=f"Sign statement {statement.reference}", expect=expect)


def test_who_may_not_read_statements_finds_none(app: Flask, world: World) -> None:
    statement = prepared(world, *APRIL)
    pat = browser_of(app, world, "pat")
    for path in ("/statements", address(statement), f"{address(statement)}/files/data.json", "/statements/prepare"):
        pat.get(path, expect=403)
    with second_scheme(world):
        with_role(world, "otto", Role.STATEMENT_PREPARER)
    otto = browser_of(app, world, "otto")
    assert statement.reference not in otto.get("/statements")
    for path in (address(statement), f"{address(statement)}/files/data.json", f"{address(statement)}/evidence"):
        otto.get(path, expect=404)
    otto.get(f"/agreements/{world.agreement.public_id}/statement", expect=404)


def test_each_step_is_refused_to_whoever_does_not_hold_its_role(app: Flask, world: World) -> None:
    statement = prepared(world, *APRIL)
    vera = browser_of(app, world, "vera")
    vera.get("/account")
    assert "Pass it on to the signer" not in vera.get(address(statement))
    for path in ("review", "read", "return", "sign", "move"):
        vera.post(f"{address(statement)}/{path}", {"seen": statement.data_hash}, expect=403)
    assert state_of(statement) == "prepared"


@pytest.mark.rule(58)
def test_a_period_in_which_nothing_happened_is_prepared_on_the_page(app: Flask, world: World) -> None:
    stella = browser_of(app, world, "stella")
    page = stella.follow(prepare(stella))
    assert "A period without activity has a statement, too." in page
    assert "Waits for: an independent reviewer" in page
    statement = session.scalars(select(Statement)).one()
    assert (statement.period_from, statement.period_to, statement.state) == (*APRIL, "prepared")
    assert b"%PDF" in stella.get(f"{address(statement)}/evidence").body


def test_what_is_wrong_is_named_at_its_field_and_everything_entered_is_kept(app: Flask, world: World) -> None:
    stella = browser_of(app, world, "stella")
    page = prepare(stella, {"Last day": "2026-05-31", "If it differs from closing cash: why?": "a journal"}, expect=422)
    assert page.title.startswith("Error: ")
    assert "The period is not over" in page
    assert "Choose the file again: it was not kept." in page
    assert 'value="2026-05-31"' in page.text
    assert "a journal" in page
    unread = prepare(stella, {"Balance of the scheme's cost code on the last day": "x"}, expect=422)
    assert "like 1234.50 or -1234.50" in unread
    assert session.scalars(select(Statement)).all() == []


@pytest.mark.rule(57)
def test_the_reviewer_passes_on_what_another_prepared_and_the_signer_sees_why_she_may_sign(
    app: Flask, world: World
) -> None:
    statement, authenticator = prepared(world, *APRIL), authenticator_of(world, "sigrid")
    sigrid, rob = browser_of(app, world, "sigrid"), browser_of(app, world, "rob")
    waiting = sigrid.get(f"{address(statement)}/sign")
    assert "Why you may not sign yet" in waiting
    assert "An independent reviewer has passed it on." in waiting
    assert all(not form.posts or CODE not in form.buttons for form in waiting.forms)
    rob.submit(rob.get(address(statement)), button="Pass it on to the signer")
    page = sigrid.get(f"{address(statement)}/sign")
    assert "Why you may sign" in page
    assert "Another person reviewed it: Rob." in page
    assert "I certify that these figures are true." in page
    sign(sigrid, statement, next_code(world, authenticator))
    assert state_of(statement) == "signed"


@pytest.mark.rule(57)
def test_whoever_prepared_or_reviewed_is_not_offered_the_signature_and_refused_it(app: Flask, world: World) -> None:
    statement = reviewed(world)
    for name in ("stella", "rob"):
        world.do("ada", grant_role, world.people[name], Role.SIGNER, scheme_id=world.scheme.id)
        authenticator, client = authenticator_of(world, name), browser_of(app, world, name)
        page = client.get(f"{address(statement)}/sign")
        assert "Why you may not sign yet" in page
        body = {"seen": statement.data_hash, "proof": next_code(world, authenticator)}
        client.post(f"{address(statement)}/sign", body, expect=403)
    assert state_of(statement) == "reviewed"


@pytest.mark.rule(57)
def test_control_without_the_policy_a_statement_is_signed_that_nobody_reviewed(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = prepared(world, *APRIL)
    monkeypatch.setattr("voucher.reports.commands.why_not_sign", lambda *_args, **_more: None)
    authenticator, sigrid = authenticator_of(world, "sigrid"), browser_of(app, world, "sigrid")
    sigrid.get("/account")
    body = {"seen": statement.data_hash, "proof": next_code(world, authenticator)}
    sigrid.post(f"{address(statement)}/sign", body)
    assert state_of(statement) == "signed"


def test_a_signature_without_the_second_factor_is_none(app: Flask, world: World) -> None:
    statement = reviewed(world)
    sigrid = browser_of(app, world, "sigrid")
    page = sigrid.get(f"{address(statement)}/sign")
    assert "Why you may not sign yet" in page
    sigrid.post(f"{address(statement)}/sign", {"seen": statement.data_hash, "proof": "123456"}, expect=422)
    authenticator_of(world, "sigrid")
    refused = sign(sigrid, statement, "000000", expect=422)
    assert refused.title.startswith("Error: ")
    assert "This code is not right." in refused
    assert state_of(statement) == "reviewed"


@pytest.mark.rule(54, 56)
@pytest.mark.parametrize(("harm", "named"), SPOILT[:2])
def test_a_statement_that_does_not_hold_shows_the_difference_and_no_way_to_sign(
    app: Flask, world: World, harm: str, named: str
) -> None:
    world.payable()
    world.paid()
    world.issued()
    spoil(harm)
    on(world, "2026-06-02")
    statement = prepared(world, APRIL[0], date(2026, 5, 31))
    world.do("rob", review_statement, statement)
    authenticator, sigrid = authenticator_of(world, "sigrid"), browser_of(app, world, "sigrid")
    page = sigrid.get(address(statement))
    assert "does not hold and cannot be signed" in page
    assert f"{named}: postings" in page
    assert "See why you may sign, and sign" not in page.links
    assert named in sigrid.get(f"{address(statement)}/sign")
    body = {"seen": statement.data_hash, "proof": next_code(world, authenticator)}
    assert "cannot be signed" in sigrid.post(f"{address(statement)}/sign", body, expect=409)
    assert state_of(statement) == "reviewed"


@pytest.mark.rule(56)
def test_control_without_its_checks_it_would_be_signed_on_the_page(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.issued()
    spoil(SPOILT[1][0])
    on(world, "2026-06-02")
    statement = prepared(world, APRIL[0], date(2026, 5, 31))
    world.do("rob", review_statement, statement)
    monkeypatch.setattr("voucher.reports.commands.differences", lambda _data: [])
    authenticator, sigrid = authenticator_of(world, "sigrid"), browser_of(app, world, "sigrid")
    sign(sigrid, statement, next_code(world, authenticator))
    assert state_of(statement) == "signed"


def test_nobody_passes_on_or_signs_figures_that_they_have_not_seen(app: Flask, world: World) -> None:
    statement = prepared(world, *APRIL)
    rob = browser_of(app, world, "rob")
    page = rob.get(address(statement))
    world.do("sigrid", return_statement, statement, comments="line 27, please")
    prepared(world, *APRIL, off_by=1)
    rob.submit(page, button="Pass it on to the signer", expect=409)
    assert state_of(statement) == "prepared"
    rob.submit(rob.get(address(statement)), button="Pass it on to the signer")


def test_a_returned_statement_shows_its_comments_and_is_prepared_again_with_its_evidence(
    app: Flask, world: World
) -> None:
    statement = prepared(world, *APRIL)
    rob, stella = browser_of(app, world, "rob"), browser_of(app, world, "stella")
    page = rob.click(rob.get(address(statement)), "Return it with comments")
    assert "Say what is to be changed." in rob.submit(page, button="Return it to its preparer", expect=422)
    rob.submit(page, {"What is to be changed?": "Look at line 27."}, button="Return it to its preparer")
    evidence = statement.ledger_evidence_id
    page = stella.click(stella.get(address(statement)), "Prepare it again")
    assert "Look at line 27." in page
    stella.submit(page, {"If it differs from closing cash: why?": "a journal"}, button="Read the figures")
    session.expire_all()
    assert (statement.state, statement.ledger_evidence_id) == ("prepared", evidence)
    assert statement.ledger_explanation == "a journal"


def test_each_sees_what_changed_since_the_last_look(app: Flask, world: World) -> None:
    statement = prepared(world, *APRIL)
    sigrid = browser_of(app, world, "sigrid")
    assert "nothing to compare them with" in sigrid.get(address(statement))
    sigrid.submit(sigrid.get(address(statement)), button="I have read these figures")
    assert "You read these figures on 4 May 2026" in sigrid.get(address(statement))
    for off_by in (700, 1_200):
        world.do("rob", return_statement, statement, comments="again")
        statement = prepared(world, *APRIL, off_by=off_by)
    page = sigrid.get(address(statement))
    assert "since you read it on 4 May 2026" in page
    assert [row[-1] for row in page.rows if row[0] == "27"] == ["+£12.00"]
    rob = browser_of(app, world, "rob")
    assert [row[-1] for row in rob.get(address(statement)).rows if row[0] == "27"] == ["+£5.00"]


def test_looking_is_no_reading_and_a_version_is_read_once(app: Flask, world: World) -> None:
    statement = prepared(world, *APRIL)
    sigrid = browser_of(app, world, "sigrid")
    for _time in range(2):
        sigrid.get(address(statement))
    mine = select(StatementLook).where(StatementLook.person_id == world.people["sigrid"].id)
    assert session.scalars(mine).all() == []
    for _time in range(2):
        sigrid.post(f"{address(statement)}/read", {"seen": statement.data_hash})
    assert len(session.scalars(mine).all()) == 1
    assert len(session.scalars(select(StatementVersion)).all()) == 1


@pytest.mark.rule(54)
def test_a_signed_statement_is_handed_out_as_it_was_signed(app: Flask, world: World) -> None:
    statement = signed(world, *APRIL)
    auditor = _auditor(app, world)
    found = auditor.get(f"{address(statement)}/files/data.json")
    assert data_hash(found.text) == statement.data_hash
    assert json.loads(found.text)["header"]["statement"] == statement.reference
    first = auditor.get(f"{address(statement)}/files/statement.pdf").body
    world.clock.advance(hours=2)
    assert auditor.get(f"{address(statement)}/files/statement.pdf").body == first
    assert statement.data_hash in auditor.get(f"{address(statement)}/files/lines.csv").text
    assert "voucher" in auditor.get(f"{address(statement)}/files/transactions.csv").text
    auditor.get(f"{address(statement)}/files/other.txt", expect=404)


def test_figures_below_zero_stay_numbers_in_the_files(app: Flask, world: World) -> None:
    on(world, "2026-04-07")
    world.payable()
    world.paid()
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    lines = _auditor(app, world).get(f"{address(statement)}/files/lines.csv").text
    assert ",27b,Closing cash,pounds,-240.00," in lines
    assert "'-" not in lines


@pytest.mark.rule(55)
def test_a_signed_statement_offers_no_change_and_takes_none(app: Flask, world: World) -> None:
    statement = signed(world, *APRIL)
    sigrid = browser_of(app, world, "sigrid")
    page = sigrid.get(address(statement))
    assert "Return it with comments" not in page.links
    sigrid.post(f"{address(statement)}/return", {"comments": "on second thoughts"}, expect=409)
    sigrid.get(f"{address(statement)}/sign", expect=302)
    sigrid.post(f"{address(statement)}/read", {"seen": statement.data_hash}, expect=422)
    assert state_of(statement) == "signed"


def test_what_follows_signing_is_noted_step_by_step(app: Flask, world: World) -> None:
    statement = signed(world, *APRIL)
    stella = browser_of(app, world, "stella")
    for button, note in (
        ("Note that it was sent", "by post"),
        ("Note that the funder has a query", "what is line 7?"),
        ("Note that it was sent again", "line 7 explained"),
        ("Note that the funder accepted it", "letter of 2 May"),
    ):
        page = stella.submit(stella.get(address(statement)), {"Note (optional)": note}, button=button)
    page = stella.follow(page)
    assert "The funder has accepted this statement." in page
    assert "what is line 7?" in page


def test_the_list_is_filtered_and_costs_the_same_for_three_as_for_one(app: Flask, world: World) -> None:
    vera = browser_of(app, world, "vera")
    assert "There is no such statement." in vera.get("/statements")
    signed(world, *APRIL)
    one = asked_of_the_database(lambda: vera.get("/statements"))
    for number in (2, 3):
        prepared(world, *APRIL, add_agreement(world, f"LGF-{number}", [10_000]))
    assert asked_of_the_database(lambda: vera.get("/statements")) == one
    assert len(vera.get("/statements").rows) == 3
    assert len(vera.get("/statements", query={"state": "signed"}).rows) == 1
    chosen = vera.get("/statements", query={"agreement": world.agreement.public_id})
    assert [row[1] for row in chosen.rows] == ["LGF-1"]


def _auditor(app: Flask, world: World) -> PageClient:
    with_role(world, "aude", Role.AUDITOR)
    return browser_of(app, world, "aude")
