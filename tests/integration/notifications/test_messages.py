"""Every message in words: drawn when it is sent, with what its reader must do, and no secret left behind."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

import voucher
from config import Config
from tests.harness.clock import FixedClock
from tests.harness.databases import Databases
from tests.harness.ready import Ready, grow, opened
from tests.harness.sketches import sketching
from tests.harness.world import World, build_world
from tests.integration.applications.people import COMPANY
from tests.integration.applications.people import sent as application_sent
from tests.integration.providers.firms import firms_of_every_fate
from tests.integration.reports.staff import with_role
from tests.journeys.steps import on, signed
from voucher.accounts.commands import grant_role
from voucher.accounts.links import open_link
from voucher.accounts.models import Membership, OneTimeLink, Person
from voucher.accounts.rules import Role
from voucher.accounts.sign_in_codes import ask_code
from voucher.app import office
from voucher.applications.applying import answer_question, begin_by_phone, hand_over, refuse_form
from voucher.applications.commands import decline, send_notice_again, submit, turn_down, withdraw_application
from voucher.applications.contacts import change_contact
from voucher.applications.models import ApplicationForm
from voucher.applications.reviewing import answer_office, appeal, ask_business, put_on_waiting_list
from voucher.notifications.models import OutboxMessage
from voucher.notifications.rules import LETTERS, Reader
from voucher.platform.actor import WORKER
from voucher.platform.db import engine, read_anew, session
from voucher.providers.colleagues import invite
from voucher.providers.details import PublicDetails, change_public_details
from voucher.providers.payees import key_details
from voucher.redemptions.answers import dispute_claim
from voucher.redemptions.decisions import approve_claim, refuse_claim, send_back
from voucher.redemptions.lookups import look_up
from voucher.redemptions.sessions import undo_session
from voucher.redemptions.suspension import suspend_provider
from voucher.reports.due import set_rhythm
from voucher.reports.periods import Rhythm
from voucher.tables import METADATA
from voucher.vouchers.commands import cancel, extend, resume, suspend
from voucher.vouchers.credentials import replace, send_copy, show
from voucher.vouchers.models import Voucher
from voucher.worker import RENDERERS, run_worker

pytestmark = pytest.mark.usefixtures("sketched")

TELLERS = frozenset({"tell", "_tell_business", "_tell_provider"})
LINK = re.compile(r"http://localhost/L/(?:join/)?([A-Z2-7]{32})\b")


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.fixture(scope="module")
def told_of_all() -> dict[Databases, Ready]:
    """Where everything was told, for each engine that was asked for so far."""
    return {}


@pytest.fixture
def all_told(
    databases: Databases,
    told_of_all: dict[Databases, Ready],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    clock: FixedClock,
) -> Iterator[Config]:
    """A copy of an installation in which whatever is told to anybody was told once and has been sent."""
    if databases not in told_of_all:
        told_of_all[databases] = grow(databases, tmp_path_factory.mktemp("told"), everything)
    with opened(told_of_all[databases], tmp_path, clock):
        yield office().config


def sent(place: Config) -> dict[str, EmailMessage]:
    """The newest message of each kind, after the worker has sent all that was due."""
    send()
    return newest(place)


def send() -> None:
    """The worker sends all that is due."""
    read_anew()
    found = run_worker(office(), once=True, environ={})
    assert found.failed == 0


def newest(place: Config) -> dict[str, EmailMessage]:
    """The newest message of each kind that was sent."""
    rows = session.execute(select(OutboxMessage.id, OutboxMessage.kind).order_by(OutboxMessage.id)).all()
    return {
        kind: message_from_bytes((place.mail / f"{row_id}.eml").read_bytes(), policy=policy.default)
        for row_id, kind in rows
    }


def all_sent(place: Config) -> list[EmailMessage]:
    """Every message that left, in the order of the outbox."""
    files = sorted(place.mail.iterdir(), key=lambda path: int(path.stem))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


def words(message: EmailMessage) -> str:
    body = message.get_body()
    assert body is not None
    return str(body.get_content())


def token_in(message: EmailMessage) -> str:
    found = LINK.search(words(message))
    assert found, words(message)
    return found[1]


def kinds_told() -> Iterator[str]:
    """Every kind of message that the code puts into the outbox."""
    for path in Path(voucher.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TELLERS:
                yield from (
                    each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )


def test_every_kind_that_is_told_is_drawn_by_somebody() -> None:
    assert set(kinds_told()) >= {"offer", "claim_reminder", "lookups_locked"}
    assert set(kinds_told()) - set(RENDERERS) == set()


@pytest.mark.rule(40)
def test_an_offer_is_the_notice_that_the_law_wants(world: World, place: Config) -> None:
    application = world.offered()
    message = sent(place)["offer"]
    assert message["Subject"] == "Answer by 7 May 2026: a voucher of up to £750.00 for " + application.business.name
    for part in (
        f"give {application.business.name} a subsidy of £750.00 (gross) by way of Minimal Financial Assistance",
        "under section 36 of the Subsidy Control Act 2022",
        "received since 1 April 2024",  # 2026-27 with the two years before it.
        "under common control",
        "confirm in writing that this voucher will not take it above £315,000.00",
        "for at least three years",
        "SPEI",
        "de minimis",
        "Trade and Cooperation Agreement",
        "It cannot be passed on.",
        "MFA-2026-1",
    ):
        assert part in words(message), part
    link = open_link(office().act(WORKER), token_in(message))
    assert (link.person_id, link.purpose, link.subject_id) == (
        application.contact_id,
        "answer an offer",
        application.id,
    )


@pytest.mark.rule(40)
def test_an_offer_that_needs_no_answer_any_more_carries_no_link(world: World, place: Config) -> None:
    world.issued()
    withdrawn = world.offered()
    world.do("asha", withdraw_application, withdrawn, reason="closed down")
    sent(place)
    assert session.scalars(select(OneTimeLink)).all() == []
    texts = [words(message) for message in all_sent(place)]
    assert "You have answered this notice already" in texts[0]
    assert "This offer has ended (withdrawn)" in texts[-2]
    assert "Why: closed down" in texts[-1]


def test_a_notice_sent_again_has_a_link_of_its_own(world: World, place: Config) -> None:
    application = world.offered()
    first = token_in(sent(place)["offer"])
    world.clock.advance(days=20)
    world.do("asha", send_notice_again, application)
    second = token_in(sent(place)["offer"])
    assert first != second
    assert open_link(office().act(WORKER), second).subject_id == application.id


@pytest.mark.rule(40)
def test_a_voucher_comes_with_its_paper_and_the_letter(world: World, place: Config) -> None:
    voucher = world.issued()
    message = sent(place)["voucher_issued"]
    assert message["Subject"] == f"Your voucher {voucher.reference}: up to £750.00 until 6 July 2026"
    assert (
        f"has given {voucher.business.name} a subsidy of £750.00 (gross) on 7 April 2026 as Minimal Financial "
        "Assistance under section 36 of the Subsidy Control Act 2022"
    ) in words(message)
    [paper] = message.iter_attachments()
    assert (paper.get_filename(), paper.get_content()[:5]) == (f"{voucher.reference}.pdf", b"%PDF-")


def test_a_voucher_that_ended_while_its_message_waited_is_told_without_paper(world: World, place: Config) -> None:
    voucher = world.issued()
    world.do("shay", cancel, voucher, reason="closed down")
    messages = sent(place)
    assert list(messages["voucher_issued"].iter_attachments()) == []
    assert "has ended since (cancelled)" in words(messages["voucher_issued"])
    assert messages["voucher_cancelled"]["Subject"] == f"Your voucher {voucher.reference} was cancelled"


def test_a_business_hears_of_a_later_last_day_with_the_paper_that_says_it(world: World, place: Config) -> None:
    voucher = world.issued()
    world.do("shay", extend, voucher, last_day=date(2026, 7, 20), reason="the owner was ill")
    message = sent(place)["voucher_extended"]
    assert message["Subject"] == f"Your voucher {voucher.reference} is good until 20 July 2026 now"
    assert "£750.00 are left to use." in words(message)
    assert "ill" not in words(message).split()
    [paper] = message.iter_attachments()
    assert (paper.get_filename(), paper.get_content()[:5]) == (f"{voucher.reference}.pdf", b"%PDF-")


def test_a_business_hears_that_its_voucher_can_be_used_again(world: World, place: Config) -> None:
    voucher = world.issued()
    world.do("shay", suspend, voucher, reason="a question")
    world.do("shay", extend, voucher, last_day=date(2026, 7, 20), reason="it takes long")
    messages = sent(place)
    assert "It is suspended: nothing new" in words(messages["voucher_extended"])
    world.do("shay", resume, voucher, reason="answered")
    again = sent(place)["voucher_resumed"]
    assert again["Subject"] == f"Your voucher {voucher.reference} is no longer suspended"
    assert "can be used again until 20 July 2026. £750.00 are left to use." in words(again)


def test_what_has_ended_while_its_message_waited_is_not_said_to_be_good(world: World, place: Config) -> None:
    voucher = world.issued()
    world.do("shay", suspend, voucher, reason="a question")
    world.do("shay", extend, voucher, last_day=date(2026, 7, 20), reason="it takes long")
    world.do("shay", resume, voucher, reason="answered")
    world.do("shay", cancel, voucher, reason="closed down")
    messages = sent(place)
    assert "It has ended since (cancelled), so there is nothing to do." in words(messages["voucher_extended"])
    assert "Nothing new can be done on it, for it is cancelled." in words(messages["voucher_resumed"])
    assert list(messages["voucher_extended"].iter_attachments()) == []


def test_what_was_suspended_again_while_its_message_waited_is_said_so(world: World, place: Config) -> None:
    voucher = world.issued()
    world.do("shay", suspend, voucher, reason="a question")
    world.do("shay", resume, voucher, reason="answered")
    world.do("shay", suspend, voucher, reason="another question")
    assert "was suspended again since then" in words(sent(place)["voucher_resumed"])


def test_a_business_is_asked_about_support_and_claims_and_reminded_with_a_new_link(world: World, place: Config) -> None:
    voucher = world.issued()
    claim = world.claimed(voucher)
    world.clock.set(datetime(2026, 4, 21, 9, tzinfo=UTC))
    messages = sent(place)
    purposes = {
        kind: open_link(office().act(WORKER), token_in(messages[kind])).purpose
        for kind in ("session_recorded", "claim_made", "claim_reminder")
    }
    assert purposes == {
        "session_recorded": "confirm a delivery",
        "claim_made": "confirm a claim",
        "claim_reminder": "confirm a claim",
    }
    assert token_in(messages["claim_made"]) != token_in(messages["claim_reminder"])
    assert "Set up a first web shop" in words(messages["session_recorded"])
    assert f"The voucher pays: £{claim.claimed_pence / 100:.2f}" in words(messages["claim_made"])
    assert messages["claim_halfway"]["To"] == "vera@northmoor.example"
    assert claim.answer_by == date(2026, 5, 5)


@pytest.mark.rule(15)
def test_no_message_to_a_provider_carries_a_link_of_the_business(all_told: Config) -> None:
    to_providers = [message for message in all_sent(all_told) if message["To"].endswith("@provider.example")]
    assert len(to_providers) >= 6
    assert [message["Subject"] for message in to_providers if LINK.search(words(message))] == []


def everything(world: World) -> None:
    """Whatever is told to anybody happens once and is sent."""
    world.offered()
    world.do("asha", decline, world.do("asha", submit, world.round, *world.business()), reason="outside the area")
    voucher = world.issued()
    world.do("shay", replace, voucher, reason="lost")
    world.do(world.owner_of(voucher), send_copy, voucher)
    world.do("shay", suspend, voucher, reason="looked into")
    world.do("shay", resume, voucher, reason="all is well")
    world.do("shay", extend, voucher, last_day=date(2026, 7, 20), reason="the owner was ill")
    undone = world.recorded(world.issued())
    world.do("pat", undo_session, undone, reason="the wrong voucher")
    refused, disputed, returned, partly = (world.confirmed(world.claimed(world.issued())) for _ in range(4))
    world.do("carl", refuse_claim, refused, reason="outside the scheme")
    world.do("vera", dispute_claim, disputed, reason="minutes")
    world.do("carl", send_back, returned, reason="unreadable invoice")
    world.do("carl", approve_claim, world.verified(partly), pence=100_00, reason="only half was support")
    world.claimed(world.issued())
    cancelled = world.issued()
    world.do("shay", cancel, cancelled, reason="closed down")
    _reminded(world)
    for number in range(10):
        world.do("pat", look_up, world.scheme, f"nonsense {number}")
    world.do("kit", key_details, world.provider, name="Other", sort_code_text="20-00-01", number_text="12345678")
    world.do("val", suspend_provider, world.provider, reason="insurance")
    _applied(world)
    firms_of_every_fate(world)
    world.do("pat", invite, world.provider, email="colleague@provider.example", role=Role.PROVIDER_SCANNER)
    other = PublicDetails("", "Web shops", "new@provider.example", "")
    world.do("pat", change_public_details, world.provider, other)
    unwanted = world.offered()
    world.do(world.owner_of(unwanted), turn_down, unwanted, reason="no time for it")
    nora = {"email_text": "nora@bakery.example", "name": "Nora New", "reason": "the first one has left"}
    world.do("asha", change_contact, world.offered(), **nora)
    reviewed = world.do("asha", submit, world.round, *world.business())
    world.do("asha", ask_business, reviewed, question="which shop?")
    world.do(world.owner_of(reviewed), answer_office, reviewed, answer="the one in Mill Street")
    world.do("asha", decline, reviewed, reason="outside the area")
    world.do(world.owner_of(reviewed), appeal, reviewed, reason="Mill Street is inside")
    world.do("ada", grant_role, world.people["sam"], Role.ASSESSOR, scheme_id=world.scheme.id)
    world.do("sam", put_on_waiting_list, reviewed, reason="the round is spent")
    _statement_signed(world)
    world.clock.set(datetime(2026, 4, 22, 9, tzinfo=UTC))  # The invitation of a colleague has run out by then.
    send()


def _reminded(world: World) -> None:
    """A day later the cut-off is there: whoever something waits for is told."""
    world.do("fred", set_rhythm, world.agreement, Rhythm(months=1, due_days=10, cut_off_days=22))
    on(world, "2026-04-08")
    send()


def _statement_signed(world: World) -> None:
    """The first days are signed; the funder has a reader, and the scheme an auditor."""
    on(world, "2026-04-09")
    with_role(world, "audrey", Role.AUDITOR)
    with_role(world, "fiona", Role.FUNDER, organisation_id=world.agreement.funder_id)
    with sketching():
        signed(world, date(2026, 4, 1), date(2026, 4, 8))


def _applied(world: World) -> None:
    """One is sent, one is refused, one is taken by phone; somebody asks for a code."""
    application_sent(world)
    business, _owner = world.business()
    number = {"company_number": business.identifiers[0].value}
    held = application_sent(world, "olu", {"company-number": number})
    world.do("asha", refuse_form, held, reason="nobody there knows the name")
    target = session.merge(world.round)
    taken = world.do("asha", begin_by_phone, target, name="Una", email_text="una@baker.example", phone="")
    for key, given in COMPANY.items():
        world.do("asha", answer_question, taken, key, given)
    world.do("asha", hand_over, taken)
    world.do("asha", ask_code, email="una@baker.example", address="192.0.2.7")


def test_every_kind_is_drawn_whole_and_says_whom_to_ask(all_told: Config) -> None:
    messages = newest(all_told)
    assert set(messages) == set(RENDERERS)
    for kind, message in messages.items():
        text = words(message)
        assert message["Subject"], kind
        assert len(message["Subject"]) < 150, kind
        assert "  " not in message["Subject"], kind
        assert not re.search(r"[{}]|  |\bNone\b|(\r?\n){4}", text), f"{kind}:\n{text}"
        # A code is asked for before anybody knows in which scheme.
        assert kind == "sign_in_code" or "help@northmoor.example, 0113 496 0000" in text, kind
    assert "Why: only half was support" in words(messages["claim_approved"])
    assert "unreadable invoice" in words(messages["claim_sent_back"])


def addresses(*roles: Role) -> set[str]:
    """Of everybody who has or had one of these roles."""
    held = Membership.role.in_([str(role) for role in roles])
    return set(session.scalars(select(Person.email).join(Membership, Membership.person_id == Person.id).where(held)))


def test_every_kind_is_written_to_whom_its_words_say(all_told: Config) -> None:
    applicants = select(Person.email).join(ApplicationForm, ApplicationForm.person_id == Person.id)
    businesses = addresses(Role.BUSINESS_MEMBER) | set(session.scalars(applicants))
    readers = addresses(Role.FUNDER, Role.AUDITOR)
    staff = addresses(Role.VERIFIER, Role.CLAIM_APPROVER, Role.SCHEME_ADMINISTRATOR, Role.PAYMENTS_PREPARER)
    told = {(kind, email) for kind, email in session.execute(select(OutboxMessage.kind, OutboxMessage.email))}
    for kind, email in told:
        found = {
            Reader.BUSINESS: email in businesses,
            Reader.PROVIDER: email not in businesses | readers | staff,
            Reader.OFFICE: email in staff,
            Reader.FUNDER: email in readers,
            Reader.ANYBODY: True,
        }
        assert found[LETTERS[kind].reader], (kind, email)
    assert {LETTERS[kind].reader for kind, _email in told} == set(Reader)


def test_nothing_in_the_database_answers_or_redeems(all_told: Config) -> None:
    secrets = {token for message in all_sent(all_told) for token in LINK.findall(words(message))}
    assert len(secrets) >= 5
    for each in session.scalars(select(Voucher)).all():
        shown = show(office().ring, "http://localhost", each)
        secrets |= {shown.qr_text.rpartition("/")[2], shown.typed_code, shown.typed_code.replace("-", "")}
    with engine().connect() as connection:
        rows = [str(row) for table in METADATA.sorted_tables for row in connection.execute(select(table))]
    assert [row for row in rows if any(secret in row for secret in secrets)] == []
