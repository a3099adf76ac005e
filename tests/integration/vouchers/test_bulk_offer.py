"""Offers by file: every business gets its notice, confirmations on paper get their vouchers, or nothing happens."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.vouchers.offers import (
    CONFIRMED,
    FACE,
    PDF,
    TODAY,
    businesses,
    count_of,
    file_of,
    kinds_of_mail,
    places,
    refused,
    send,
)
from voucher.accounts.business_import import import_businesses
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.applications import commands as applications
from voucher.applications.models import Application
from voucher.documents.models import Document
from voucher.organisations.commands import add_organisation
from voucher.platform.db import session
from voucher.platform.errors import Conflict, Forbidden
from voucher.schemes.commands import set_voucher_type_open
from voucher.subsidies.models import SubsidyRecord
from voucher.vouchers import bulk_offer
from voucher.vouchers import commands as vouchers
from voucher.vouchers.bulk_offer import offer_in_bulk
from voucher.vouchers.models import Voucher


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def test_only_who_decides_offers_sends_them(world: World) -> None:
    [bakery] = businesses(world, 1)
    for name in ("shay", "vera", "pat", "owner2"):
        with pytest.raises(Forbidden):
            world.do(name, offer_in_bulk, world.round, file_of(f"{bakery},,"), "offers.csv", {})


@pytest.mark.rule(40)
def test_every_business_of_the_file_is_told_and_none_has_a_voucher_yet(world: World) -> None:
    found = send(world, *(f"{reference},," for reference in businesses(world, 3)))
    assert (found.offers, found.offered_pence, found.issued, found.left_pence) == (3, 3 * FACE, 0, 9_000_00 - 3 * FACE)
    assert kinds_of_mail() == ["offer"] * 3
    assert [row.kind for row in session.scalars(select(SubsidyRecord))] == ["notice"] * 3
    assert count_of(Voucher) == 0
    assert set(session.scalars(select(Application.reference))) == set(found.applications)
    assert_reconciled(world)


def test_the_very_file_that_was_imported_can_be_offered_from(world: World) -> None:
    header = ("name", "company_number", "postcode", "contact_name", "contact_email", "subsidy_received", "legal_form")
    rows = ("Otley Bakery,9100001,LS21 1AA,Ann,ann@x.example,10,", "Cal Reed,,LS21 1AA,Cal,cal@x.example,,sole trader")
    world.do("asha", import_businesses, world.scheme, file_of(*rows, columns=header), "businesses.csv")
    assert send(world, *rows, columns=header).offers == 2
    asked = session.scalars(select(Application).order_by(Application.id)).all()
    assert [(each.business.name, each.contact.name) for each in asked] == [("Otley Bakery", "Ann"), ("Cal Reed", "Cal")]


@pytest.mark.rule(8, 40)
def test_a_second_file_with_the_confirmations_issues_what_was_offered(world: World) -> None:
    first, second = businesses(world, 2)
    send(world, f"{first},,", f"{second},,")
    world.clock.advance(days=3)
    found = send(world, f"{second},09/04/2026,2026-1,1200.00,b.pdf", columns=CONFIRMED)
    assert (found.offers, found.issued, found.issued_pence) == (0, 1, FACE)
    voucher = session.scalars(select(Voucher)).one()
    assert (voucher.business.reference, voucher.reference) == (second, found.vouchers[0])
    records = session.scalars(
        select(SubsidyRecord).where(SubsidyRecord.application_id == voucher.application_id).order_by(SubsidyRecord.id)
    ).all()
    assert [record.kind for record in records] == ["notice", "reply", "letter"]
    assert records[0].at < records[1].at
    reply = records[1]
    assert (reply.declared_pence, reply.id) == (1_200_00, voucher.subsidy_reply_id)
    assert session.get_one(Document, reply.document_id).original_name == "b.pdf"
    assert kinds_of_mail() == ["offer", "offer", "voucher_issued"]
    assert_reconciled(world)


def test_a_business_confirms_at_the_desk_and_is_offered_and_issued_in_one_file(world: World) -> None:
    first, second = businesses(world, 2)
    found = send(world, f"{first},{TODAY},2026-1,0,a.pdf", f"{second},,,,", columns=CONFIRMED, documents={"a.pdf": PDF})
    assert (found.offers, found.issued) == (2, 1)
    assert kinds_of_mail() == ["offer", "voucher_issued", "offer"]


@pytest.mark.rule(40)
def test_no_confirmation_is_older_than_its_notice_or_lies_ahead(world: World) -> None:
    told, new = businesses(world, 2)
    send(world, f"{told},,")
    early = f"{told},06/04/2026,2026-1,0,a.pdf"
    faults = refused(world, early, f"{new},06/04/2026,2026-1,0,a.pdf", columns=CONFIRMED)
    assert places(faults) == [(2, "confirmed_on"), (3, "confirmed_on")]
    assert places(refused(world, f"{told},08/04/2026,2026-1,0,a.pdf", columns=CONFIRMED)) == [(2, "confirmed_on")]
    assert count_of(Voucher) == 0


@pytest.mark.rule(40)
def test_a_notice_of_just_after_midnight_in_summer_is_of_the_london_day(world: World) -> None:
    [told] = businesses(world, 1)
    world.clock.advance(hours=14, minutes=30)  # 23:30 UTC on the 7th is half past midnight on the 8th.
    send(world, f"{told},,")
    assert places(refused(world, f"{told},07/04/2026,2026-1,0,a.pdf", columns=CONFIRMED)) == [(2, "confirmed_on")]
    assert send(world, f"{told},08/04/2026,2026-1,0,a.pdf", columns=CONFIRMED).issued == 1


@pytest.mark.rule(40)
def test_control_without_the_dates_a_voucher_rests_on_a_confirmation_from_before_its_notice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [told] = businesses(world, 1)
    send(world, f"{told},,")

    def undated(*args: object) -> object:
        notice = applications.good_notice(*args)  # type: ignore[arg-type]
        return SimpleNamespace(
            **{name: getattr(notice, name) for name in ("id", "pence", "scheme_id", "application_id")},
            at=notice.at - timedelta(days=9),
        )

    monkeypatch.setattr(vouchers, "good_notice", undated)
    monkeypatch.setattr(bulk_offer, "london_date", lambda at: (at - timedelta(days=9)).date())
    assert send(world, f"{told},06/04/2026,2026-1,0,a.pdf", columns=CONFIRMED).issued == 1


def test_every_fault_is_told_by_row_and_column_and_nothing_happens(world: World) -> None:
    live, bad_terms, no_paper, no_scan, provider_contact, half = businesses(world, 6)
    send(world, f"{live},,")
    lonely = world.do("asha", add_organisation, name="Lonely Ltd", legal_form="other").reference
    faults = refused(
        world,
        f"{live},,,,,",
        f"{bad_terms},{TODAY},2025-9,0,a.pdf,",
        f"{no_paper},{TODAY},2026-1,0,missing.pdf,",
        f"{no_scan},{TODAY},2026-1,0,notes.txt,",
        f"{provider_contact},,,,,pat@provider.example",
        "ORG-P-0000-0000,,,,,",
        f"{lonely},,,,,",
        f"{half},{TODAY},,,,",
        f"{no_paper},,,,,",
        columns=(*CONFIRMED, "contact_email"),
    )
    parts = [(9, "terms_version"), (9, "subsidy_received"), (9, "confirmation_document")]
    assert places(faults) == [
        (2, "business_reference"),
        (3, "terms_version"),
        (4, "confirmation_document"),
        (5, "confirmation_document"),
        (6, "contact_email"),
        (7, "business_reference"),
        (8, "contact_email"),
        *parts,
        (10, "business_reference"),
    ]
    assert (count_of(Application), count_of(Document)) == (1, 0)


def test_a_row_that_names_two_businesses_is_refused(world: World) -> None:
    first, second = (world.business()[0] for _ in range(2))
    number = second.identifiers[0].value
    columns = ("business_reference", "company_number")
    assert places(refused(world, f"{first.reference},{number}", columns=columns)) == [(2, "business_reference")]
    assert places(refused(world, f"ORG-P-0000-0000,{number}", columns=columns)) == [(2, "business_reference")]
    assert send(world, f"{second.reference},{number}", columns=columns).offers == 1


def test_the_same_file_is_taken_in_once(world: World) -> None:
    rows = [f"{reference},," for reference in businesses(world, 2)]
    send(world, *rows)
    with pytest.raises(Conflict) as refusal:
        send(world, *rows)
    assert refusal.value.code == "file_seen"


def test_control_without_the_note_the_same_file_is_refused_for_its_offers_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_offer, "note_import", lambda *_args, **_named: None)
    rows = [f"{reference},," for reference in businesses(world, 2)]
    send(world, *rows)
    assert places(refused(world, *rows)) == [(2, "business_reference"), (3, "business_reference")]


@pytest.mark.rule(8)
def test_nothing_is_issued_of_a_closed_voucher_type_and_opening_it_is_all_that_was_missing(world: World) -> None:
    first, second = businesses(world, 2)
    world.do("shay", set_voucher_type_open, world.round.voucher_type, is_open=False, reason="enough given")
    rows = [f"{reference},{TODAY},2026-1,0,a.pdf" for reference in (first, second)]
    faults = refused(world, *rows, columns=CONFIRMED)
    assert places(faults) == [(2, "")]
    assert faults[0].message.startswith("From this row on: ")
    world.do("shay", set_voucher_type_open, world.round.voucher_type, is_open=True, reason="more money")
    assert send(world, *rows, columns=CONFIRMED).issued == 2


def test_a_closed_round_is_told_once(world: World) -> None:
    rows = [f"{reference},," for reference in businesses(world, 3)]
    world.clock.advance(days=300)
    assert places(refused(world, *rows)) == [(2, "")]


def test_an_officer_does_not_offer_to_their_own_business(world: World) -> None:
    organisation, _person = world.business()
    with world.by("ada") as act:
        grant_role(act, world.people["asha"], Role.BUSINESS_MEMBER, organisation_id=organisation.id)
    faults = refused(world, f"{organisation.reference},,")
    assert [fault.row for fault in faults] == [2]
