"""Answers to offers, a voucher's life, and its paper."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import date

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import select

from tests.integration.cli.files import PDF
from tests.integration.cli.town import ADA, BOB, CLEM, GWEN, OLWEN, PRUE, VERA, Town
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.audit.models import AuditEvent
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, session
from voucher.schemes.queries import scheme_by_reference
from voucher.vouchers.commands import expire
from voucher.vouchers.queries import voucher_by_reference

TownAt = Callable[[str], Town]


def test_an_acceptance_names_the_voucher_and_no_secret(town_at: TownAt) -> None:
    town = town_at("offer")
    accept = ("accept", town.told["application"], "--declared", "1000.00", "--terms", "1")
    result = town.shell.run(*accept, by=BOB)
    assert "£1,500.00, good until 6 July 2026" in result.stdout
    again = town.shell.ask(*accept, by=BOB)
    town.told["voucher"] = again["voucher"]
    assert town.code() not in result.output + str(again)


def test_an_officer_enters_an_acceptance_on_paper_with_its_day_and_the_paper(town_at: TownAt) -> None:
    town = town_at("offer")
    accept = ("accept", town.told["application"], "--declared", "0.00", "--terms", "1")
    paper = ("--document", town.file("reply.pdf", PDF))
    assert "together" in town.shell.run(*accept, *paper, by=ADA, expect=2).stderr
    before = town.shell.rows("audit_event")
    early = town.shell.refusal(*accept, *paper, "--confirmed-on", "2026-04-06", by=ADA)
    assert early["code"] == "confirmed_on"
    assert town.shell.rows("audit_event") == before
    made = town.shell.ask(*accept, *paper, "--confirmed-on", "2026-04-07", by=ADA)
    assert made["state"] == "issued"
    assert town.shell.rows()["document"] == before["document"] + 1


@pytest.mark.parametrize("who", [PRUE, OLWEN])
def test_an_offer_is_nothing_to_whoever_has_no_part_in_it(town_at: TownAt, who: str) -> None:
    town = town_at("offer")
    accept = ("--declared", "0.00", "--terms", "1")
    error = town.shell.refusal("accept", town.told["application"], *accept, by=who)
    assert error["code"] == "no_application"
    unknown = town.shell.refusal("accept", "NTT-A-0000-0000", *accept, by=who)
    assert error["message"].replace(town.told["application"], "X") == unknown["message"].replace("NTT-A-0000-0000", "X")


def test_an_offer_may_be_withdrawn_and_its_money_goes_back(town_at: TownAt) -> None:
    town = town_at("offer")
    withdrawn = town.shell.ask("withdraw-application", town.told["application"], "--reason", "moved away", by=BOB)
    assert withdrawn["state"] == "withdrawn"
    assert town.shell.ask("scheme", "show", by=GWEN)["rounds"][0]["available_pence"] == 3_000_000
    error = town.shell.refusal("decline", town.told["application"], "--reason", "too late", by=ADA)
    assert error["code"] == "invalid_transition"


def test_a_voucher_is_suspended_resumed_extended_and_cancelled(town_at: TownAt) -> None:
    town = town_at("voucher")
    voucher, run = town.told["voucher"], town.shell.run
    run("suspend", voucher, "--reason", "a question", by=GWEN)
    assert town.shell.refusal("look-up", town.code(), by=PRUE)["code"] == "suspended"
    run("resume", voucher, "--reason", "answered", by=GWEN)
    assert (
        "good until 20 July 2026"
        in run("extend", voucher, "--last-day", "20/07/2026", "--reason", "ill", by=GWEN).stdout
    )
    again = town.shell.refusal("extend", voucher, "--last-day", "2026-07-25", "--reason", "ill", by=GWEN)
    assert again["code"] == "extension"
    cancelled = town.shell.ask("cancel", voucher, "--reason", "closed down", by=GWEN)
    assert (cancelled["state"], cancelled["remaining_pence"], cancelled["released_on"]) == (
        "cancelled",
        0,
        "2026-04-07",
    )


def test_a_replaced_paper_is_refused_by_its_own_reason(town_at: TownAt) -> None:
    town = town_at("voucher")
    old = town.code()
    assert town.shell.ask("replace", town.told["voucher"], "--reason", "lost", by=GWEN)["generation"] == 2
    assert town.shell.refusal("look-up", old, by=PRUE)["code"] == "replaced"


def test_a_voucher_comes_back_for_a_claim_refused_after_it_expired(town_at: TownAt) -> None:
    town = town_at("confirmation")
    town.shell.clock.advance(days=100)
    with town.shell.inside():
        act = office().act(WORKER)
        with transaction(act.actor, act.clock):
            found = voucher_by_reference(scheme_by_reference(None), town.told["voucher"])
            expire(act, found, due_on=date(2026, 7, 14))
    town.shell.run("refuse", town.told["claim"], "--reason", "the provider's invoice was wrong", by=CLEM)
    back = town.shell.ask("reinstate", town.told["claim"], "--reason", "not the business's fault", by=GWEN)
    assert (back["state"], back["remaining_pence"]) == ("issued", 80_000)


def test_a_voucher_is_shown_to_staff_without_its_secrets(town_at: TownAt) -> None:
    town = town_at("voucher")
    shown = town.shell.run("voucher", "show", town.told["voucher"], by=VERA).output
    assert "Remaining: £1,500.00" in shown
    assert town.code() not in shown
    for who in (PRUE, BOB, OLWEN):
        assert town.shell.refusal("voucher", "show", town.told["voucher"], by=who)["code"] == "no_permission"


def test_the_paper_is_for_its_business_and_can_be_scanned(town_at: TownAt) -> None:
    town = town_at("voucher")
    out = town.files / "voucher.pdf"
    town.shell.run("voucher-pdf", town.told["voucher"], "--out", str(out), by=BOB)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    page = pypdfium2.PdfDocument(out.read_bytes())[0]
    text = " ".join(page.get_textpage().get_text_bounded().split())
    for words in ("Blyth Bakehouse Ltd", "£1,500.00", "6 July 2026", "Pays 80%", town.code()):
        assert words in text
    (found,) = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    assert town.shell.ask("look-up", found.text, by=PRUE)["voucher"] == town.told["voucher"]


def test_nobody_else_gets_the_paper(town_at: TownAt) -> None:
    town = town_at("voucher")
    out = town.files / "voucher.pdf"
    for who, code in ((PRUE, "no_voucher"), (OLWEN, "no_voucher"), (VERA, "no_permission")):
        assert town.shell.refusal("voucher-pdf", town.told["voucher"], "--out", str(out), by=who)["code"] == code
    assert not out.exists()
    town.shell.run("voucher-pdf", town.told["voucher"], "--out", str(out), by=GWEN)
    with town.shell.inside():
        printed = session.scalars(select(AuditEvent).where(AuditEvent.action == "voucher.printed")).all()
        assert [event.actor_name for event in printed] == ["Gwen"]


@pytest.mark.parametrize(("language", "step"), [("cy", "Dewiswch ddarparwr"), ("en", "Choose an approved provider")])
def test_the_paper_is_in_the_language_of_its_business(town_at: TownAt, language: str, step: str) -> None:
    town = town_at("voucher")
    with town.shell.inside(), atomic():
        found = voucher_by_reference(scheme_by_reference(None), town.told["voucher"])
        found.business.language = language
    out = town.files / "voucher.pdf"
    town.shell.run("voucher-pdf", town.told["voucher"], "--out", str(out), by=BOB)
    text = pypdfium2.PdfDocument(out.read_bytes())[0].get_textpage().get_text_bounded()
    assert step in " ".join(text.split())


def test_a_cancelled_voucher_has_no_paper(town_at: TownAt) -> None:
    town = town_at("voucher")
    town.shell.run("cancel", town.told["voucher"], "--reason", "closed down", by=GWEN)
    out = str(town.files / "voucher.pdf")
    assert town.shell.refusal("voucher-pdf", town.told["voucher"], "--out", out, by=GWEN)["code"] == "voucher_ended"


def test_a_business_turns_its_offer_down_and_nobody_else_does(town_at: TownAt) -> None:
    town = town_at("offer")
    offer = town.told["application"]
    assert town.shell.refusal("turn-down", offer, by=ADA)["code"] == "no_permission"
    assert town.shell.ask("turn-down", offer, "--reason", "no time for it", by=BOB)["state"] == "withdrawn"
    assert town.shell.ask("scheme", "show", by=GWEN)["rounds"][0]["available_pence"] == 3_000_000
    assert town.shell.refusal("turn-down", offer, by=BOB)["code"] == "no_offer"


def test_an_officer_names_another_contact(town_at: TownAt) -> None:
    town = town_at("voucher")
    words = ("change-contact", town.told["application"], "--email", "Nora@Bakehouse.example", "--reason", "has left")
    assert town.shell.refusal(*words, "--name", "Nora", by=GWEN)["code"] == "no_permission"
    assert town.shell.refusal(*words, by=ADA)["code"] == "name_needed"
    assert town.shell.ask(*words, "--name", "Nora", by=ADA)["contact"] == "nora@bakehouse.example"
    assert town.shell.ask("applications", by=ADA)[0]["contact"] == "nora@bakehouse.example"
