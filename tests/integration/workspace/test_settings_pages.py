"""One place leads to everything that is set; letters and integrations say what left, what fails and what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask, url_for
from sqlalchemy import true, update

from config import from_environment
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, outsider
from tests.integration.reports.staff import browser_of, with_role
from tests.integration.workspace.lists import file_of
from voucher.accounts.rules import Role
from voucher.accounts.sign_in_codes import ask_code
from voucher.app import office
from voucher.notifications import queries
from voucher.notifications.models import OutboxMessage
from voucher.notifications.rules import LETTERS
from voucher.platform.db import atomic, read_anew, session
from voucher.platform.web import desk, guard_of
from voucher.worker import run_worker
from voucher.workspace.installation import TABLES_ARE_OLD
from voucher.workspace.views.letter_pages import LATELY
from voucher.workspace.views.settings_pages import SECTIONS

LETTERS_PAGE, MESSAGES, INTEGRATIONS = "/settings/letters", "/settings/letters/messages", "/settings/integrations"
OFFER = "Offer with the subsidy notice"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def send() -> None:
    read_anew()
    run_worker(office(), once=True, environ={})


def row_of(page: Page, first: str) -> list[str]:
    return next(row for row in page.rows if row[0] == first)


def configured(app: Flask, **changes: object) -> None:
    """Another installation, as its administrator set it up."""
    app.extensions["voucher"] = replace(app.extensions["voucher"], config=replace(desk().config, **changes))  # type: ignore[arg-type]


# Who may not


def test_businesses_providers_and_funders_have_no_settings(app: Flask, world: World) -> None:
    with_role(world, "fiona", Role.FUNDER, organisation_id=world.agreement.funder_id)
    owner = world.owner_of(world.offered())
    for name in ("pat", owner, "fiona"):
        for path in ("/settings", LETTERS_PAGE, MESSAGES, INTEGRATIONS):
            browser_of(app, world, name).get(path, expect=403)


def test_only_who_runs_the_installation_reads_how_it_is_joined(app: Flask, world: World) -> None:
    with_role(world, "aude", Role.AUDITOR)
    for name in ("shay", "vera", "sigrid", "aude"):
        browser_of(app, world, name).get(INTEGRATIONS, expect=403)


def test_staff_of_another_scheme_read_none_of_its_messages(app: Flask, world: World) -> None:
    world.offered()
    otto = at_desk(app, world, outsider(world, Role.VERIFIER))
    assert row_of(otto.get(LETTERS_PAGE), OFFER)[3:] == ["0", "0", "0"]
    assert "No message fits." in otto.get(MESSAGES)
    otto.get(f"{MESSAGES}?scheme={session.merge(world.scheme).reference}", expect=404)


def test_control_without_the_scheme_they_would_read_all_of_them(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.offered()
    otto = at_desk(app, world, outsider(world, Role.VERIFIER))
    monkeypatch.setattr(queries, "of_schemes", lambda _schemes: true())
    assert OFFER in str(file_of(otto, MESSAGES))


# One place


def test_settings_are_for_everybody_who_may_open_one_of_them_and_for_nobody_else(app: Flask) -> None:
    listed = {endpoint for section in SECTIONS for endpoint in section.endpoints}
    assert listed <= set(app.view_functions)
    assert all(guard_of(app.view_functions[endpoint]).task for endpoint in listed)
    of_pages = {each for endpoint in listed for each in guard_of(app.view_functions[endpoint]).permissions}
    assert guard_of(app.view_functions["settings.settings_page"]).permissions == of_pages


def test_each_sees_what_each_may_open_and_every_link_opens(app: Flask, world: World) -> None:
    with app.test_request_context():
        listed = {url_for(endpoint) for section in SECTIONS for endpoint in section.endpoints}
    seen = set()
    for name in ("ada", "shay", "fred", "bina", "sigrid"):
        client = browser_of(app, world, name)
        found = listed & set(client.get("/settings").links.values())
        assert found, name
        for path in found:
            client.get(path)
        seen |= found
    assert seen == listed
    assert "/people" not in browser_of(app, world, "shay").get("/settings").links.values()
    assert "Keys" not in [heading.text for heading in browser_of(app, world, "shay").get("/settings").all("h2")]


def test_the_desk_and_an_administrator_s_start_lead_there(app: Flask, world: World) -> None:
    assert browser_of(app, world, "shay").get("/desk").links["Settings"] == "/settings"
    assert browser_of(app, world, "ada").get("/").links["Settings"] == "/settings"


# Letters


def test_every_kind_of_letter_says_for_whom_and_when_and_how_many_left(app: Flask, world: World) -> None:
    world.offered()
    send()
    world.offered()
    shay = at_desk(app, world, "shay")
    assert row_of(shay.get(LETTERS_PAGE), OFFER) == [
        OFFER, "Business", "An application is approved, or its notice is sent again", "1 sent: " + OFFER,
        "1 wait: " + OFFER, "0",
    ]  # fmt: skip
    failed = {"last_error": "TimeoutError", "attempts": 2}
    with atomic():
        session.execute(update(OutboxMessage).where(OutboxMessage.done_at.is_(None)).values(failed))
    assert row_of(shay.get(LETTERS_PAGE), OFFER)[4:] == ["0", "1 could not be sent yet: " + OFFER]
    assert {row[0] for row in at_desk(app, world, "ada").get(LETTERS_PAGE).rows if len(row) == 6} == {
        letter.label for letter in LETTERS.values()
    }


def test_each_number_leads_to_as_many_messages(app: Flask, world: World) -> None:
    world.offered()
    send()
    world.clock.advance(days=LATELY.days)
    world.issued()
    send()
    world.issued()
    shay = at_desk(app, world, "shay")
    page, followed = shay.get(LETTERS_PAGE), 0
    for words, path in page.links.items():
        if path.startswith(MESSAGES + "?kind"):
            assert len(file_of(shay, path)) - 1 == int(words.split()[0]) > 0, path
            followed += 1
    assert followed == 4
    world.clock.advance(days=1)
    assert row_of(shay.get(LETTERS_PAGE), OFFER)[3] == "1 sent: " + OFFER


def test_messages_are_narrowed_by_kind_state_and_address_and_never_say_their_text(app: Flask, world: World) -> None:
    application = world.offered()
    world.issued()
    send()
    world.offered()
    shay = at_desk(app, world, "shay")
    assert len(file_of(shay, MESSAGES)) == 5
    assert len(file_of(shay, f"{MESSAGES}?kind=offer&state=SENT")) == 3
    assert len(file_of(shay, f"{MESSAGES}?state=WAITING")) == 2
    page = shay.get(MESSAGES, query={"words": session.merge(application).contact.email.upper()})
    assert [row[2:4] for row in page.rows if len(row) == 7] == [[OFFER, "Sent"]]
    assert len(file_of(shay, f"{MESSAGES}?state=nonsense&kind=")) == 5
    assert len(file_of(shay, f"{MESSAGES}?words=%25")) == 1
    assert "/L/" not in shay.get(MESSAGES).text


def test_codes_to_sign_in_with_are_seen_by_whoever_looks_after_the_mail(app: Flask, world: World) -> None:
    world.do("asha", ask_code, email=world.people["vera"].email, address="192.0.2.7")
    ada, shay = browser_of(app, world, "ada"), browser_of(app, world, "shay")
    assert row_of(ada.get(LETTERS_PAGE), "Code to sign in with")[4] == "1 wait: Code to sign in with"
    assert "Code to sign in with" in str(file_of(ada, MESSAGES))
    assert "Code to sign in with" not in [row[0] for row in shay.get(LETTERS_PAGE).rows]
    assert "Code to sign in with" not in str(file_of(shay, MESSAGES))


# Integrations


def test_an_installation_without_settings_is_told_what_to_set(app: Flask, world: World) -> None:
    page = browser_of(app, world, "ada").get(INTEGRATIONS)
    for what, name in (
        ("Public address", "VOUCHER_BASE_URL"),
        ("Mail", "VOUCHER_SMTP_URL"),
        ("Malware scanner", "VOUCHER_SCAN_COMMAND"),
        ("Modulus tables of the banks", "voucher modulus-tables load"),
        ("Job worker", "voucher worker"),
        ("Audit trail's roots", "first seal"),
        ("Files for the bank: Northern Tech Tasters", "How the scheme pays"),
    ):
        row = row_of(page, what)
        assert row[1] == "Not set up", what
        assert name in row[3], what


def test_an_installation_that_is_set_up_says_so_and_keeps_its_password(app: Flask, world: World) -> None:
    environ = {
        "VOUCHER_SMTP_URL": "smtps://clerk:hunter2@mail.northmoor.example:465/?token=hunter3",
        "VOUCHER_MAIL_FROM": "vouchers@northmoor.example",
        "VOUCHER_SCAN_COMMAND": "/usr/bin/clamdscan --secret",
    }
    found = from_environment(environ)
    assert found.mail_server == "smtps://mail.northmoor.example:465"
    assert "hunter" not in repr(found)
    named = {name: getattr(found, name) for name in ("mail_server", "mail_from", "scan_command")}
    configured(app, base_url="https://vouchers.example", trusted_proxies=1, **named)
    world.issued()
    send()
    page = browser_of(app, world, "ada").get(INTEGRATIONS)
    for what, how in (
        ("Public address", "https://vouchers.example, behind 1"),
        ("Mail", "Leaves by smtps://mail.northmoor.example:465, from vouchers@northmoor.example"),
        ("Malware scanner", "Every file is looked at by clamdscan"),
        ("Job worker", "Its last work was seen on 7 April 2026, 10:00am"),
    ):
        assert row_of(page, what)[1:3] == ["Set up", how]
    assert row_of(page, "Audit trail's roots")[1:3][0] == "Set up"
    assert "hunter" not in page.text
    assert "--secret" not in page.text


@pytest.mark.parametrize(
    ("changes", "todo"),
    [
        ({"base_url": "http://vouchers.example"}, "Set VOUCHER_BASE_URL to an https address"),
        ({"base_url": "https://vouchers.example"}, "Set VOUCHER_TRUSTED_PROXIES"),
    ],
)
def test_an_address_that_is_half_set_up_is_to_be_looked_at(
    app: Flask, world: World, changes: dict[str, object], todo: str
) -> None:
    configured(app, **changes)
    row = row_of(browser_of(app, world, "ada").get(INTEGRATIONS), "Public address")
    assert row[1] == "Look at this"
    assert todo in row[3]


def test_a_worker_that_leaves_things_waiting_is_to_be_looked_at(app: Flask, world: World) -> None:
    world.offered()
    send()
    world.offered()
    world.clock.advance(minutes=16)
    row = row_of(browser_of(app, world, "ada").get(INTEGRATIONS), "Job worker")
    assert row[1] == "Look at this"
    assert row[3].startswith("Something has waited since 7 April 2026, 10:00am.")


def test_roots_that_lag_behind_the_seals_are_to_be_looked_at(app: Flask, world: World) -> None:
    world.offered()
    send()
    roots = desk().config.roots
    kept = roots.read_text()
    roots.write_text("")
    ada = browser_of(app, world, "ada")
    assert row_of(ada.get(INTEGRATIONS), "Audit trail's roots")[1] == "Look at this"
    roots.unlink()
    assert row_of(ada.get(INTEGRATIONS), "Audit trail's roots")[1] == "Look at this"
    roots.write_text(kept)
    assert row_of(ada.get(INTEGRATIONS), "Audit trail's roots")[1] == "Set up"


def test_modulus_tables_are_told_with_their_age(app: Flask, world: World) -> None:
    folder: Path = desk().config.modulus
    folder.mkdir(parents=True)
    (folder / "valacdos.txt").write_text("089000 089999 MOD11 0 0 0 0 0 0 7 1 3 7 9 4 6 2\n")
    ada, today = browser_of(app, world, "ada"), date(2026, 4, 7)
    for age, state in ((TABLES_ARE_OLD.days, "Set up"), (TABLES_ARE_OLD.days + 1, "Look at this")):
        (folder / "dated.txt").write_text((today - timedelta(days=age)).isoformat())
        row = row_of(ada.get(INTEGRATIONS), "Modulus tables of the banks")
        assert row[1] == state
        assert f"{age} days old" in row[2]
    (folder / "valacdos.txt").write_text("not a table\n")
    assert row_of(ada.get(INTEGRATIONS), "Modulus tables of the banks")[1] == "Look at this"
