"""The main job on real input: from a CSV of businesses to a PDF statement, through what is printed in between."""

from __future__ import annotations

from datetime import date

import numpy as np
import pypdfium2
import zxingcpp
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.journeys.steps import drawn
from voucher.accounts.business_import import import_businesses
from voucher.accounts.models import Person
from voucher.applications.models import Application
from voucher.platform import csv as csv_files
from voucher.platform.db import session
from voucher.platform.money import pounds
from voucher.redemptions.claims import Accepted
from voucher.redemptions.lookups import look_up
from voucher.redemptions.rules import Outcome
from voucher.redemptions.sessions import record_session
from voucher.reports.commands import LedgerTie, data_of, prepare_statement, review_statement, sign_statement
from voucher.reports.exports import statement_pdf_bytes
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement
from voucher.vouchers.bulk_offer import offer_in_bulk
from voucher.vouchers.commands import accept
from voucher.vouchers.models import Voucher
from voucher.vouchers.paper import voucher_pdf
from voucher.vouchers.papers import paper_of

NET, GRANT = 600_00, 480_00
NEVER_OFFERED = 10_000_00 - 2 * 750_00
HEADER = ("name", "company_number", "address_line_1", "town", "postcode", "contact_name", "contact_email")
BUSINESSES = csv_files.write_table(
    HEADER,
    [
        ("Tŷ Gŵyr Coffee Ltd", "01267890", "21 Boar Lane", "Leeds", "LS1 5DA", "Gwen Rees", "gwen@example.org"),
        ("Hebden Bakery Ltd", "00712345", "3 Mill Row", "Hebden Bridge", "HX7 8AD", "Priya Shah", "priya@example.org"),
    ],
)


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def qr_of(pdf: bytes) -> str:
    """What an independent decoder reads off the first page at 150 dots an inch."""
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=150 / 72, grayscale=True).to_numpy()
    found = zxingcpp.read_barcodes(np.squeeze(picture))
    assert len(found) == 1
    return str(found[0].text)


def issued_from_a_file(world: World) -> Voucher:
    world.do("asha", import_businesses, world.scheme, BUSINESSES, "businesses.csv")
    world.do("asha", offer_in_bulk, world.round, BUSINESSES, "businesses.csv", {})
    application = session.scalars(select(Application).order_by(Application.id)).first()
    assert application is not None
    world.people["gwen"] = session.scalars(select(Person).where(Person.email == "gwen@example.org")).one()
    return world.do("gwen", accept, application, declared_pence=0, terms_version="2026-1")


def signed_statement(world: World) -> Statement:
    world.clock.set(world.clock.at.replace(month=7, day=3))
    with world.by("stella") as act:
        statement = prepare_statement(
            act,
            world.agreement,
            Period(date(2026, 4, 1), date(2026, 6, 30)),
            LedgerTie(-GRANT, world.new_document(act)),
        )
    world.do("rob", review_statement, statement)
    statement = world.do("sigrid", sign_statement, statement)
    drawn(statement)
    return statement


def test_from_a_file_of_businesses_to_a_signed_statement(app: Flask, clock: FixedClock) -> None:
    world = build_world(clock)
    voucher = issued_from_a_file(world)
    paper = voucher_pdf(paper_of(world.act("gwen"), voucher))
    assert "not transferable" in text_of(paper).lower()
    scanned = qr_of(paper)

    found = world.do("pat", look_up, world.scheme, scanned)
    assert found.outcome == Outcome.GOOD
    assert found.session is not None
    day = world.act("pat").today
    recorded = world.do(
        "pat", record_session, found.session, world.package, delivered_on=day, minutes=120, description="A web shop"
    )
    receipt = world.submit([recorded], NET)
    assert isinstance(receipt, Accepted)
    claim = receipt.redemption
    assert claim.grant_pence == GRANT
    world.approved(world.verified(world.confirmed(claim)))
    world.paid()

    statement = signed_statement(world)
    pdf = text_of(statement_pdf_bytes(world.act("sigrid"), statement))
    for figure in (GRANT, NET - GRANT, NEVER_OFFERED):
        assert pounds(figure) in pdf
    assert statement.data_hash in pdf.replace("\r\n", "").replace("\n", "")
    assert "Provisional: 1 bank line typed, not imported." in pdf
    assert all(check["holds"] for check in data_of(statement)["checks"])  # type: ignore[attr-defined]
    assert_reconciled(world)
