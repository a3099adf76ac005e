"""A firm applies: numbers well-formed, certificates taken by content, no power over a firm by naming its number."""

from __future__ import annotations

import hashlib
import re
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import PASSWORD, World, build_world
from tests.integration.providers.pages import (
    FIRM,
    Factor,
    applied,
    begun,
    browser,
    certificate,
    insured,
    sent,
    somebody,
    the_application,
)
from voucher.accounts.models import Membership
from voucher.app import office
from voucher.documents.models import Document
from voucher.notifications.models import OutboxMessage
from voucher.organisations.identifiers import IdentifierKind
from voucher.organisations.models import Identifier, Organisation
from voucher.platform.db import session
from voucher.providers import applying
from voucher.providers.models import Insurance, Provider


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    built = build_world(clock)
    somebody(built, "wren")
    return built


@pytest.fixture
def wren(app: Flask, world: World) -> PageClient:
    return browser(app, world, "wren")


def parts_of(organisation_id: int) -> int:
    return session.scalar(select(func.count()).where(Membership.organisation_id == organisation_id)) or 0


def number_on_file(world: World) -> tuple[int, str]:
    """A business on file that is no provider, and its company number."""
    organisation, _owner = world.business("Aire Foods Ltd")
    return organisation.id, organisation.identifiers[0].value


def test_who_is_not_signed_in_reads_what_it_takes_and_cannot_apply(client: PageClient, world: World) -> None:
    assert "Sign in to apply" in client.get("/providers/apply")
    assert (client.get("/providers/apply/firm", expect=302).location or "").startswith("/sign-in")


def test_nobody_reads_or_sends_another_persons_application(app: Flask, world: World, wren: PageClient) -> None:
    begun(wren)
    path = f"/providers/applications/{the_application().public_id}"
    pat = browser(app, world, "pat")
    pat.get("/account")
    for page in (path, f"{path}/firm", f"{path}/insurance"):
        pat.get(page, expect=404)
    pat.post(f"{path}/send", {"accepts": "y"}, expect=404)


@pytest.mark.rule(47)
@pytest.mark.parametrize(
    ("question", "bad", "field"),
    [
        ("Company number", "12AB", "company_number"),
        ("VAT number", "GB 831 4958 17", "vat_number"),
        ("Unique Taxpayer Reference", "2955839661", "utr"),
        ("Charity number", "12", "charity_number"),
        ("Postcode", "LS1 4CP", "postcode"),
        ("E-mail address for the scheme's messages", "nobody@nowhere", "contact_email"),
    ],
)
def test_what_is_not_well_formed_is_named_at_its_field_and_kept(
    wren: PageClient, question: str, bad: str, field: str
) -> None:
    form = wren.get("/providers/apply/firm")
    page = wren.submit(form, {**FIRM, question: bad}, button="Save and go on", expect=422)
    assert page.title.startswith("Error: ")
    assert page.all("p", id=f"{field}-error")
    assert "Wharfe Systems Ltd" in page.text
    assert bad in page.text


@pytest.mark.rule(47)
def test_control_without_the_checks_any_number_would_be_kept(wren: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "CHECKS", dict.fromkeys(IdentifierKind, str))
    begun(wren, {"Company number": "not a number"})
    assert the_application().company_number == "not a number"


@pytest.mark.rule(47)
def test_numbers_are_kept_in_the_one_way_that_the_product_writes_them(wren: PageClient) -> None:
    begun(wren)
    kept = the_application()
    assert (kept.company_number, kept.vat_number, kept.postcode) == ("09000077", "GB831495816", "LS21 1AA")


def test_a_company_gives_its_company_number(wren: PageClient) -> None:
    answers = {**FIRM, "Company number": ""}
    page = wren.submit(wren.get("/providers/apply/firm"), answers, button="Save and go on", expect=422)
    assert "Enter the company number from Companies House, like 01234567." in page


def test_a_person_has_one_application_to_a_scheme_at_a_time(wren: PageClient) -> None:
    begun(wren)
    page = wren.submit(wren.get("/providers/apply/firm"), FIRM, button="Save and go on", expect=409)
    assert "Go on with that one." in page


def test_nobody_applies_for_firms_without_end(wren: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "APPLICATIONS_A_DAY", 1)
    sent(wren)
    page = wren.submit(wren.get("/providers/apply/firm"), FIRM, button="Save and go on", expect=422)
    assert "You have begun five applications today." in page


def test_a_conflict_of_interest_is_described(wren: PageClient) -> None:
    answers = {**FIRM, "Is there a conflict of interest?": "Yes"}
    page = wren.submit(wren.get("/providers/apply/firm"), answers, button="Save and go on", expect=422)
    assert "Describe the conflict of interest." in page


def test_a_conflict_of_interest_that_is_described_is_not_passed_over(wren: PageClient) -> None:
    answers = {**FIRM, "What is the conflict of interest?": "My sister works in the scheme's office."}
    page = wren.submit(wren.get("/providers/apply/firm"), answers, button="Save and go on", expect=422)
    assert "You said that there is none. Choose yes above, or take this text away." in page


def test_who_signs_in_to_apply_comes_back_to_the_application(app: Flask, world: World) -> None:
    client = PageClient(app)
    answers = {"E-mail address": world.people["pat"].email, "Password": PASSWORD}
    page = client.submit(client.click(client.get("/providers/apply"), "Sign in to apply"), answers, button="Sign in")
    assert page.location == "/providers/apply/firm"


def test_a_new_firm_is_applied_and_its_applicant_manages_it(app: Flask, world: World) -> None:
    provider = applied(app, world)
    assert (provider.state, provider.contact_email) == ("applied", "hello@wharfe.example")
    assert parts_of(provider.organisation_id) == 1
    assert "Still open: identity" in browser(app, world, "wren").get(f"/firm/{provider.public_id}")
    policies = session.scalars(select(Insurance).where(Insurance.provider_id == provider.id)).all()
    assert [policy.cover_pence for policy in policies] == [200_000_000]


def test_a_sent_application_cannot_be_changed(wren: PageClient) -> None:
    page = sent(wren)
    answers = {**FIRM, "Name of the firm": "Another"}
    path = f"/providers/applications/{the_application().public_id}/firm"
    wren.submit(wren.get(path), answers, button="Save and go on", expect=409)
    assert page.heading == "Application of Wharfe Systems Ltd"


@pytest.mark.rule(47)
def test_a_vat_number_under_xi_is_the_one_on_file_under_gb(world: World, wren: PageClient) -> None:
    organisation_id, _number = number_on_file(world)
    firm = session.get_one(Organisation, organisation_id)
    firm.identifiers.append(Identifier(kind=str(IdentifierKind.VAT_NUMBER), value="GB831495816"))
    session.commit()
    assert "We will get in touch with the firm" in sent(wren, {"VAT number": "XI831495816"})
    assert the_application().state == "waiting"


@pytest.mark.rule(47)
def test_naming_the_number_of_a_firm_on_file_gives_no_power_over_it(world: World, wren: PageClient) -> None:
    organisation_id, number = number_on_file(world)
    before = parts_of(organisation_id)
    page = sent(wren, {"Company number": number})
    assert "We will get in touch with the firm" in page
    assert (the_application().state, the_application().provider_id) == ("waiting", None)
    assert parts_of(organisation_id) == before
    assert session.scalars(select(Provider).where(Provider.organisation_id == organisation_id)).all() == []


@pytest.mark.rule(47)
def test_control_without_the_wait_a_stranger_would_take_the_firm_over(
    world: World, wren: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation_id, number = number_on_file(world)
    before = parts_of(organisation_id)
    monkeypatch.setattr(applying, "_manages", lambda act, firm: True)
    sent(wren, {"Company number": number})
    assert parts_of(organisation_id) == before + 1


def test_only_sponsors_settle_who_speaks_for_a_firm(app: Flask, world: World, wren: PageClient) -> None:
    _organisation_id, number = number_on_file(world)
    sent(wren, {"Company number": number})
    path = f"/providers-desk/applications/{the_application().public_id}"
    for name in ("wren", "pat", "kit", "vera"):
        browser(app, world, name).get(path, expect=403)
    assert browser(app, world, "sam").get(path).heading == "Who speaks for Wharfe Systems Ltd?"


def test_a_sponsor_says_who_speaks_for_a_firm_on_file(app: Flask, world: World, wren: PageClient) -> None:
    organisation_id, number = number_on_file(world)
    sent(wren, {"Company number": number})
    sam, factor = browser(app, world, "sam"), Factor(world, "sam")
    page = sam.click(sam.click(sam.get("/providers-desk"), _waiting(1)), "Wharfe Systems Ltd")
    firm = next(iter(_choices(page, "Aire Foods Ltd")))
    answers = {"Which firm is it?": firm, "How do you know that this person speaks for the firm?": "Called them"}
    wrong = {**answers, "Code of your second factor": "000000"}
    assert "This code is not right." in sam.submit(page, wrong, button="Make the applicant manager", expect=422)
    sam.follow(sam.submit(page, {**answers, **factor.code()}, button="Make the applicant manager"))
    provider = session.scalars(select(Provider).where(Provider.organisation_id == organisation_id)).one()
    assert (provider.state, the_application().provider_id) == ("applied", provider.id)
    assert browser(app, world, "wren").get(f"/firm/{provider.public_id}").heading == "Aire Foods Ltd"


def _waiting(count: int) -> str:
    return f"Applications in the name of a firm on file wait for you: {count}"


def _choices(page: Page, name: str) -> list[str]:
    return re.findall(rf"{name} \(ORG-P-[0-9A-Z-]+\)", page.words)


def test_a_refused_applicant_is_told(app: Flask, world: World, wren: PageClient) -> None:
    _organisation_id, number = number_on_file(world)
    sent(wren, {"Company number": number})
    sam = browser(app, world, "sam")
    page = sam.get(f"/providers-desk/applications/{the_application().public_id}")
    form = sam.click(page, "Refuse the application")
    sam.submit(form, {"Reason": "They do not know this person"}, button="Refuse the application")
    assert the_application().state == "refused"
    kinds = session.scalars(select(OutboxMessage.kind).where(OutboxMessage.email == "hello@wharfe.example")).all()
    assert kinds == ["provider_application_refused"]


def test_an_application_needs_an_insurance_and_the_terms(wren: PageClient) -> None:
    page = begun(wren)
    assert "Accept the terms" in wren.submit(page, button="Send the application", expect=422)
    accepted = {"We accept these terms, and what we say here is true": True}
    refused = wren.submit(page, accepted, button="Send the application", expect=422)
    assert "Add an insurance that is in force before you send the application." in refused


def test_terms_that_have_changed_are_read_again(wren: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    page = wren.follow(insured(wren, begun(wren)))
    monkeypatch.setattr(applying, "PROVIDER_TERMS_VERSION", "P-2026-2")
    accepted = {"We accept these terms, and what we say here is true": True}
    assert "The terms have changed." in wren.submit(page, accepted, button="Send the application", expect=422)


def test_a_certificate_is_taken_by_what_is_in_it_and_entries_are_kept(wren: PageClient) -> None:
    page = insured(wren, begun(wren), {"Certificate": (BytesIO(b"MZ not a PDF"), "c.pdf")}, expect=422)
    assert "c.pdf is not a PDF, PNG, JPEG or WebP file. Save it as one of these." in page
    assert "Pennine Mutual" in page.text
    assert session.scalars(select(Document)).all() == []


def test_a_certificate_that_is_too_large_is_refused(wren: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voucher.documents.commands.LIMIT_BYTES", 10)
    page = insured(wren, begun(wren), expect=422)
    assert "is larger than" in page


def test_a_certificate_is_kept_under_its_hash_while_other_answers_are_put_right(wren: PageClient) -> None:
    file, name = certificate()
    data = file.getvalue()
    page = insured(wren, begun(wren), {"Certificate": (file, name), "Sum insured": "lots"}, expect=422)
    assert "We have kept certificate.pdf." in page
    wren.submit(page, {"Sum insured": "5000"}, button="Add the insurance")
    kept = session.scalars(select(Document)).one()
    assert (kept.sha256, kept.media_type) == (hashlib.sha256(data).hexdigest(), "application/pdf")
    assert office().files.get(kept.sha256) == data
    assert the_application().insurances[0].document_id == kept.id


def test_nobody_shows_a_file_that_another_person_handed_in(app: Flask, world: World, wren: PageClient) -> None:
    insured(wren, begun(wren))
    somebody(world, "mallory")
    mallory = browser(app, world, "mallory")
    form = mallory.click(begun(mallory, {"Company number": "9000078", "VAT number": ""}), "Add an insurance")
    kept = session.scalars(select(Document)).one()
    body = {"kind": "public liability", "insurer": "x", "policy_number": "y", "cover": "5", "ends_on": "2027-04-07"}
    page = mallory.post(form.path, {**body, "kept": kept.public_id}, expect=422)
    assert "Add the certificate as a PDF or a picture." in page


def test_an_insurance_is_taken_out_of_a_draft(wren: PageClient) -> None:
    page = wren.follow(insured(wren, begun(wren)))
    wren.follow(wren.submit(page, button="Remove policy PL-1"))
    assert the_application().insurances == []
