"""The page of a record says which messages were sent about it, to whom, and whether they left; never what they said."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import update

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, gains
from tests.integration.redemptions.pages import second_scheme
from tests.integration.reports.staff import browser_of, with_role
from tests.integration.workspace.business import owner
from tests.journeys.steps import on, signed
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.notifications.commands import tell
from voucher.notifications.models import OutboxMessage
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, read_anew, session
from voucher.providers.colleagues import invite
from voucher.redemptions.answers import dispute_claim
from voucher.worker import run_worker
from voucher.workspace import correspondence

pytestmark = pytest.mark.usefixtures("sketched")

OFFER, ISSUED = "Offer with the subsidy notice", "Voucher with the letter that confirms the subsidy"
RECORDED, CLAIMED = "Support recorded: was it delivered?", "Claim made: are its figures right?"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def labels(page: Page) -> list[str]:
    """What the messages of a page are, newest first."""
    return [row[2] for row in page.rows if len(row) == 4 and "@" in row[1]]


def send() -> None:
    read_anew()
    run_worker(office(), once=True, environ={})


# Who may not


def test_nobody_reads_of_messages_who_may_not_read_the_record(app: Flask, world: World) -> None:
    claim = world.claimed(world.issued())
    business = claim.voucher.business
    with second_scheme(world):
        with_role(world, "otto", Role.AUDITOR)
    for name in ("pat", "ada"):
        browser_of(app, world, name).get(f"/history/business/{business.public_id}", expect=403)
    browser_of(app, world, "otto").get(f"/history/business/{business.public_id}", expect=404)


def told_elsewhere(world: World, application_id: int) -> None:
    """A message about the application in the name of another scheme."""
    with second_scheme(world), atomic():
        tell(
            office().act(WORKER),
            "application_declined",
            email="secret@elsewhere.example",
            scheme_id=session.merge(world.scheme).id,
            application_id=application_id,
        )
    gains(world, "vera", Role.AUDITOR)


def test_of_a_business_in_two_schemes_staff_read_the_messages_of_their_own_scheme(app: Flask, world: World) -> None:
    voucher = world.issued()
    told_elsewhere(world, voucher.application_id)
    page = at_desk(app, world, "vera").get(f"/records/business/{voucher.business.public_id}")
    assert labels(page) == [ISSUED, OFFER]
    assert "secret@" not in page


def test_control_without_the_schemes_of_the_reader_those_of_the_other_scheme_are_read(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher = world.issued()
    told_elsewhere(world, voucher.application_id)
    monkeypatch.setattr(correspondence, "schemes_of", lambda *_args: None)
    assert "secret@" in at_desk(app, world, "vera").get(f"/records/business/{voucher.business.public_id}")


# What is there


def test_a_voucher_has_its_own_messages_and_those_about_support_and_claims(app: Flask, world: World) -> None:
    claim = world.claimed(world.issued())
    world.issued()
    page = at_desk(app, world, "vera").get(f"/vouchers-desk/{claim.voucher.reference}")
    assert labels(page) == [CLAIMED, RECORDED, ISSUED]
    assert labels(at_desk(app, world, "vera").get(f"/claims-desk/{claim.public_id}")) == [CLAIMED, RECORDED]
    assert claim.voucher.application.contact.email in page


def test_a_message_waits_then_is_sent_or_says_why_not(app: Flask, world: World) -> None:
    voucher = world.issued()
    vera, path = at_desk(app, world, "vera"), f"/vouchers-desk/{voucher.reference}"
    assert "Waits" in next(row for row in vera.get(path).rows if ISSUED in row)
    send()
    assert "Sent" in next(row for row in vera.get(path).rows if ISSUED in row)
    failed = {"done_at": None, "attempts": 3, "last_error": "SMTPRecipientsRefused"}
    with atomic():
        session.execute(update(OutboxMessage).where(OutboxMessage.kind == "voucher_issued").values(failed))
    state = next(row for row in vera.get(path).rows if ISSUED in row)[3]
    assert state == "Could not be sent yet SMTPRecipientsRefused. Tried 3 times, next on 7 April 2026, 10:00am"


def test_what_a_message_says_stands_on_no_page(app: Flask, world: World) -> None:
    application = world.offered()
    send()
    page = at_desk(app, world, "vera").get(f"/applications/{application.public_id}")
    assert labels(page) == [OFFER]
    assert "/L/" not in page.text


def test_a_provider_has_its_messages_and_its_invitations(app: Flask, world: World) -> None:
    world.do("pat", invite, world.provider, email="new@provider.example", role=Role.PROVIDER_SCANNER)
    page = at_desk(app, world, "vera").get(f"/providers-desk/{world.provider.public_id}")
    assert labels(page)[0] == "Invitation to act for an organisation"
    assert "new@provider.example" in page


def test_a_payment_and_its_batch_have_the_messages_about_their_claims(app: Flask, world: World) -> None:
    world.payable()
    payment = world.paid()[0]
    vera = at_desk(app, world, "vera")
    expected = ["Claim approved", CLAIMED]
    assert labels(vera.get(f"/history/payment/{payment.public_id}")) == expected
    assert labels(at_desk(app, world, "petra").get(f"/batches/{payment.batch.public_id}")) == expected


def test_a_statement_says_whom_its_hash_was_sent_to_and_an_agreement_has_no_messages(app: Flask, world: World) -> None:
    world.payable()
    with_role(world, "aude", Role.AUDITOR)
    on(world, "2026-05-04")
    statement = signed(world, date(2026, 4, 1), date(2026, 4, 30))
    page = at_desk(app, world, "sigrid").get(f"/statements/{statement.public_id}")
    assert labels(page) == ["Statement signed, with its hash and key"]
    aude = browser_of(app, world, "aude")
    assert labels(aude.get(f"/records/statement/{statement.public_id}")) == labels(page)
    page = aude.get(f"/records/agreement/{world.agreement.public_id}")
    assert "Messages" not in page
    assert "Nothing was sent" not in page


def test_a_record_about_which_nothing_was_sent_says_so(app: Flask, world: World) -> None:
    page = at_desk(app, world, "vera").get(f"/providers-desk/{world.provider.public_id}")
    assert "Nothing was sent to anybody about this yet." in page


# The business


def test_a_business_reads_what_was_written_to_it_and_not_what_others_were_told(app: Flask, world: World) -> None:
    claim = world.confirmed(world.claimed(world.issued()))
    world.do("vera", dispute_claim, claim, reason="minutes")
    application = claim.voucher.application
    page = owner(app, world, application).get(f"/business/applications/{application.public_id}")
    for label in (CLAIMED, RECORDED, ISSUED, OFFER):
        assert label in page, label
    assert "Claim disputed" not in page
    assert "Claim disputed" in at_desk(app, world, "vera").get(f"/vouchers-desk/{claim.voucher.reference}")


def test_a_business_that_was_written_nothing_reads_so(app: Flask, world: World) -> None:
    application = world.offered()
    with atomic():
        session.execute(update(OutboxMessage).values(kind="claim_halfway"))
    page = owner(app, world, application).get(f"/business/applications/{application.public_id}")
    assert "There are none yet. We write whenever something changes or an answer of yours is needed." in page
