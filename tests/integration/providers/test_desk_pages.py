"""Staff vet providers: two people, every check, an end date, and suspension that works at once (rules 50, 51)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.providers.firms import applies
from tests.integration.providers.pages import ACCOUNT, Factor, applied, browser, somebody
from tests.integration.redemptions.pages import (
    joins,
    look_up,
    second_scheme,
    told,
    typed_code,
)
from voucher.accounts.commands import grant_role
from voucher.accounts.rules import Role
from voucher.documents.models import Document
from voucher.organisations.models import Enterprise, Organisation
from voucher.platform.db import read_anew, session
from voucher.providers import commands
from voucher.providers.applying import link_application
from voucher.providers.models import Insurance, Provider
from voucher.providers.queries import current_details
from voucher.providers.rules import VettingCheck


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.fixture
def sam(app: Flask, world: World) -> PageClient:
    return browser(app, world, "sam")


@pytest.fixture
def val(app: Flask, world: World) -> PageClient:
    return browser(app, world, "val")


def desk(provider: Provider, deed: str = "") -> str:
    return f"/providers-desk/{provider.public_id}" + (f"/{deed}" if deed else "")


def do(
    client: PageClient,
    provider: Provider,
    deed: str,
    button: str,
    answers: Mapping[str, object] | None = None,
    *,
    expect: int = 302,
) -> Page:
    return client.submit(client.get(desk(provider, deed)), answers, button=button, expect=expect)


def vetted(sam: PageClient, provider: Provider, *left_out: VettingCheck) -> None:
    """Takes a provider into vetting and finds everything in order, but for what is left out."""
    do(sam, provider, "sponsor", "Take into vetting")
    for check in VettingCheck:
        if check not in left_out:
            found(sam, provider, check, "In order")


def found(client: PageClient, provider: Provider, check: VettingCheck, what: str) -> None:
    answers = {"What did you check?": check.capitalize(), "What did you find?": what, "What have you seen?": "papers"}
    do(client, provider, "vet", "Record the result", answers)


def approve(client: PageClient, provider: Provider, until: str = "2027-04-07", *, expect: int = 302) -> Page:
    return do(client, provider, "approve", "Approve the provider", {"Approved until": until}, expect=expect)


def state(provider: Provider) -> str:
    read_anew()
    return session.get_one(Provider, provider.id).state


def test_no_provider_business_or_funder_reaches_the_desk(app: Flask, world: World) -> None:
    _business, owner = world.business()
    somebody(world, "cole", Role.PROVIDER_SCANNER)
    somebody(world, "fern", Role.FUNDER)
    for name in ("pat", "cole", "fern", owner.email.split("@")[0]):
        client = browser(app, world, name)
        for path in ("/providers-desk", desk(world.provider), desk(world.provider, "suspend")):
            client.get(path, expect=403)


def test_staff_of_another_scheme_find_nothing(app: Flask, world: World) -> None:
    first = world.provider
    somebody(world, "vic")
    with second_scheme(world), world.by("ada") as act:
        grant_role(act, session.merge(world.people["vic"]), Role.PROVIDER_VETTER, scheme_id=world.scheme.id)
    vic = browser(app, world, "vic")
    vic.get(desk(first), expect=404)
    vic.get(desk(first, "suspend"), expect=404)
    assert "No provider fits." in vic.get("/providers-desk")


def test_who_reads_may_not_act(app: Flask, world: World) -> None:
    vera = browser(app, world, "vera")
    assert vera.get(desk(world.provider)).heading == "Calder Digital Ltd"
    for deed in ("suspend", "bank-details", "vet"):
        vera.get(desk(world.provider, deed), expect=403)
    kit = browser(app, world, "kit")
    kit.get(desk(world.provider, "suspend"), expect=403)


def test_an_unknown_deed_is_not_found(val: PageClient, world: World) -> None:
    val.get(desk(world.provider, "frighten"), expect=404)


@pytest.mark.rule(50)
def test_a_firm_is_vetted_by_one_and_approved_by_another(
    app: Flask, world: World, sam: PageClient, val: PageClient
) -> None:
    provider = applied(app, world)
    vetted(sam, provider)
    page = sam.get(desk(provider))
    assert "You sponsored this provider: another person must approve it." in page
    assert "Approve" not in page.links
    approve(sam, provider, expect=403)
    assert state(provider) == "in vetting"
    approve(val, provider)
    assert state(provider) == "approved"
    assert told("provider_approved")[-1] == "hello@wharfe.example"
    row = next(cells for cells in val.get(desk(provider)).rows if cells[0] == "Identity")
    assert row[:4] == ["Identity", "Passed", "papers", "Sam"]


@pytest.mark.rule(50)
@pytest.mark.parametrize("missing", [VettingCheck.INSURANCE, VettingCheck.TERMS])
def test_a_provider_with_a_check_that_is_missing_or_failed_is_not_approved(
    app: Flask, world: World, sam: PageClient, val: PageClient, missing: VettingCheck
) -> None:
    provider = applied(app, world)
    vetted(sam, provider, missing)
    assert f"Vetting is not complete: {missing}." in val.get(desk(provider))
    approve(val, provider, expect=403)
    found(sam, provider, missing, "Not in order")
    assert f"Vetting is not complete: {missing}." in approve(val, provider, expect=403)
    assert state(provider) == "in vetting"


@pytest.mark.rule(50)
def test_control_without_the_policy_an_unvetted_firm_would_be_approved(
    app: Flask, world: World, sam: PageClient, val: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = applied(app, world)
    vetted(sam, provider, *VettingCheck)
    monkeypatch.setattr(commands, "why_not_approve", lambda *_given, **_more: None)
    approve(val, provider)
    assert state(provider) == "approved"


@pytest.mark.rule(50)
def test_an_approval_is_renewed_before_it_ends_and_not_to_a_day_gone_by(world: World, val: PageClient) -> None:
    approve(val, world.provider, "2026-04-01", expect=403)
    approve(val, world.provider, "2028-04-07")
    read_anew()
    assert session.get_one(Provider, world.provider.id).approved_until == date(2028, 4, 7)


@pytest.mark.rule(50)
def test_after_its_last_day_a_provider_can_look_nothing_up(app: Flask, world: World, val: PageClient) -> None:
    code = typed_code(world, world.issued())
    approve(val, world.provider, "2026-04-08")
    pat = browser(app, world, "pat")
    look_up(pat, code)
    world.clock.advance(days=2)
    assert "not an approved provider" in look_up(browser(app, world, "pat"), code, expect=422)


@pytest.mark.rule(51)
def test_a_suspension_works_at_once_and_tells_who_has_work_in_hand(app: Flask, world: World, val: PageClient) -> None:
    voucher = world.issued()
    world.recorded(voucher)
    pat, code = browser(app, world, "pat"), typed_code(world, voucher)
    do(val, world.provider, "suspend", "Suspend the provider now", {"Reason": "Complaints"})
    look_up(pat, code, expect=422)
    assert "Suspended: Complaints" in val.get(desk(world.provider))
    assert told("provider_suspended_business") == [voucher.application.contact.email]
    assert "Your firm is suspended" in pat.get(f"/firm/{world.provider.public_id}")
    do(val, world.provider, "lift", "Lift the suspension", {"Reason": "Explained"})
    look_up(pat, typed_code(world, world.issued()))


@pytest.mark.rule(51)
def test_control_if_the_page_did_not_suspend_the_firm_would_go_on(
    app: Flask, world: World, val: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = typed_code(world, world.issued())
    monkeypatch.setattr("voucher.redemptions.suspension.providers.suspend_provider", lambda *_given, **_more: None)
    do(val, world.provider, "suspend", "Suspend the provider now", {"Reason": "Complaints"})
    look_up(browser(app, world, "pat"), code)


def test_a_suspension_says_why(val: PageClient, world: World) -> None:
    page = do(val, world.provider, "suspend", "Suspend the provider now", {"Reason": " "}, expect=422)
    assert page.all("p", id="reason-error")
    assert state(world.provider) == "approved"


def test_a_declined_firm_is_told_and_its_people_and_account_are_ended(
    app: Flask, world: World, val: PageClient
) -> None:
    provider = applied(app, world)
    wren, factor = browser(app, world, "wren"), Factor(world, "wren")
    account = {**ACCOUNT, **factor.code()}
    wren.submit(wren.get(f"/firm/{provider.public_id}/bank-details"), account, button="Keep these bank details")
    do(val, provider, "decline", "Decline the provider", {"Reason": "No insurance"})
    assert told("provider_declined") == ["hello@wharfe.example"]
    assert current_details(provider.id) is None
    wren.get(f"/firm/{provider.public_id}", expect=403)
    do(val, provider, "suspend", "Suspend the provider now", {"Reason": "Too late"}, expect=409)


@pytest.mark.rule(47, 50)
def test_the_true_firm_applies_after_somebody_else_was_declined_in_its_name_and_is_vetted_anew(
    app: Flask, world: World, sam: PageClient, val: PageClient
) -> None:
    provider = applied(app, world, "mallory")
    vetted(sam, provider)
    do(val, provider, "decline", "Decline the provider", {"Reason": "Not of this firm"})
    world.clock.advance(days=1)
    application = applies(world, "wren", "09000077")
    with world.by("sam") as act:
        link_application(act, application, session.merge(provider).organisation, reason="called them")
    assert (state(provider), provider.contact_email) == ("applied", "wren@wharfe.example")
    sam = browser(app, world, "sam")
    do(sam, provider, "sponsor", "Take into vetting")
    assert "Vetting is not complete: identity, insurance" in browser(app, world, "val").get(desk(provider))
    browser(app, world, "mallory").get(f"/firm/{provider.public_id}", expect=403)


def test_nobody_decides_about_their_own_firm(app: Flask, world: World) -> None:
    joins(world, "val", world.provider)
    val = browser(app, world, "val")
    assert "You belong to this provider" in val.get(desk(world.provider))
    approve(val, world.provider, expect=403)


def test_bank_details_are_keyed_checked_and_confirmed_by_two_with_their_second_factors(
    app: Flask, world: World
) -> None:
    kit, kay = browser(app, world, "kit"), browser(app, world, "kay")
    kits, kays = Factor(world, "kit"), Factor(world, "kay")
    do(kit, world.provider, "bank-details", "Keep these bank details", {**ACCOUNT, **kits.code()})
    close = {"What did Confirmation of Payee say?": "Close match"}
    checking = {**close, **kits.code()}
    page = do(kit, world.provider, "payee-check", "Record the payee check", checking, expect=422)
    assert page.all("p", id="note-error")
    do(kit, world.provider, "payee-check", "Record the payee check", {**checking, "Note": "Trading name"})
    do(kit, world.provider, "confirm-details", "Confirm the bank details", kits.code(), expect=403)
    do(kay, world.provider, "confirm-details", "Confirm the bank details", kays.code())
    read_anew()
    details = current_details(world.provider.id)
    assert details is not None
    assert (details.last_four, details.confirmed_by) == ("4567", world.people["kay"].id)


def test_without_the_code_nothing_is_confirmed(app: Flask, world: World) -> None:
    kit, kay = browser(app, world, "kit"), browser(app, world, "kay")
    do(kit, world.provider, "bank-details", "Keep these bank details", {**ACCOUNT, **Factor(world, "kit").code()})
    page = do(
        kay,
        world.provider,
        "confirm-details",
        "Confirm the bank details",
        {"Code of your second factor": "000000"},
        expect=422,
    )
    assert page.all("p", id="proof-error")


def test_a_certificate_is_saved_and_never_shown_as_a_page(app: Flask, world: World, sam: PageClient) -> None:
    provider = applied(app, world)
    document = session.scalars(select(Document)).one()
    answer = sam.get(f"{desk(provider)}/documents/{document.public_id}")
    assert answer.headers["Content-Disposition"] == "attachment; filename=certificate.pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.body.startswith(b"%PDF-")
    sam.get(f"{desk(world.provider)}/documents/{document.public_id}", expect=404)
    browser(app, world, "pat").get(f"{desk(provider)}/documents/{document.public_id}", expect=403)


def firms(world: World, numbers: range) -> None:
    """Providers in their first state, written straight into the database."""
    for number in numbers:
        firm = Organisation(
            reference=f"ORG-P-{number}", enterprise=Enterprise(), name=f"Firm {number:02}", legal_form="company"
        )
        firm.created_at = world.clock()
        provider = Provider(scheme_id=world.scheme.id, organisation=firm, state="applied", contact_email="a@b.example")
        provider.applied_at = world.clock()
        session.add(provider)
    session.commit()


def test_the_list_is_narrowed_by_state_name_and_what_ends_soon(app: Flask, world: World, sam: PageClient) -> None:
    firms(world, range(2))

    def shown(**query: str) -> list[str]:
        return [row[0] for row in sam.get("/providers-desk", query=query).rows]

    assert shown() == ["Calder Digital Ltd", "Firm 00", "Firm 01"]
    assert shown(state="approved") == ["Calder Digital Ltd"]
    assert shown(words="firm 01") == ["Firm 01"]
    assert shown(ends="soon") == []
    assert "No provider fits." in sam.get("/providers-desk", query={"words": "nobody"})
    world.clock.advance(days=340)
    sam = browser(app, world, "sam")
    assert shown(ends="soon") == ["Calder Digital Ltd"]
    assert "In 25 days" in sam.get("/providers-desk", query={"ends": "soon"})


def test_an_insurance_that_ends_soon_is_seen_in_the_list(app: Flask, world: World, sam: PageClient) -> None:
    provider = applied(app, world)
    insurance = session.scalars(select(Insurance).where(Insurance.provider_id == provider.id)).one()
    insurance.ends_on = world.act("sam").today + timedelta(days=12)
    session.commit()
    assert "In 12 days" in sam.get("/providers-desk", query={"words": "wharfe"})
