"""A firm's managers: bank details that they key and cannot confirm, packages, and the people whom they invite."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.providers.pages import (
    ACCOUNT,
    INSURANCE,
    Factor,
    applied,
    browser,
    certificate,
    person,
    somebody,
)
from tests.integration.redemptions.pages import other_provider
from voucher.accounts import invitations
from voucher.accounts.commands import grant_role
from voucher.accounts.models import Invitation, Membership
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.notifications.models import OutboxMessage
from voucher.platform.db import read_anew, session
from voucher.platform.errors import DomainError, Forbidden
from voucher.providers import payees
from voucher.providers.colleagues import end_part, invite
from voucher.providers.models import Insurance, Package, PayeeDetails, Provider
from voucher.providers.payees import confirm_details, record_payee_check
from voucher.providers.queries import current_details
from voucher.providers.rules import PayeeCheck
from voucher.worker import run_worker

JOIN = re.compile(r"http://localhost(/L/join/[A-Z2-7]{32})\b")
PARTS = {
    "scanner": "Scanner: looks vouchers up and records support",
    "manager": "Manager: also claims, and looks after packages, people and bank",
}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.fixture
def pat(app: Flask, world: World) -> PageClient:
    return browser(app, world, "pat")


@pytest.fixture
def firm(world: World) -> str:
    return f"/firm/{world.provider.public_id}"


def invited(
    pat: PageClient, factor: Factor, firm: str, part: str = "scanner", email: str = "cole@calder.example"
) -> None:
    answers = {"Colleague's e-mail address": email, "What may your colleague do?": PARTS[part], **factor.code()}
    pat.submit(pat.get(f"{firm}/people/invite"), answers, button="Send the invitation")


def link_in_the_mail(place: Config) -> str:
    """The path of the link in the newest invitation that was sent."""
    read_anew()
    assert run_worker(office(), once=True, environ={}).failed == 0
    message = session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "invited").order_by(OutboxMessage.id.desc())
    ).all()[0]
    found = JOIN.search((place.mail / f"{message.id}.eml").read_text().replace("=\n", ""))
    assert found
    return found[1]


def test_scanners_staff_and_other_firms_reach_no_page_of_a_firm(app: Flask, world: World, firm: str) -> None:
    other_provider(world)
    somebody(world, "cole", Role.PROVIDER_SCANNER)
    for name, status in (("olga", 404), ("cole", 403), ("sam", 403), ("kit", 403)):
        client = browser(app, world, name)
        for page in ("", "/insurance", "/bank-details", "/packages", "/packages/new", "/people", "/people/invite"):
            client.get(firm + page, expect=status)


def test_a_scheme_administrator_lists_packages_by_command_and_not_as_the_firm(
    app: Flask, world: World, firm: str
) -> None:
    browser(app, world, "shay").get(f"{firm}/packages", expect=404)


def test_a_manager_arrives_at_the_one_firm(pat: PageClient) -> None:
    page = pat.follow(pat.get("/firm", expect=302))
    assert page.heading == "Calder Digital Ltd"
    assert "Your firm is approved until 7 April 2027." in page


def test_the_firms_own_manager_keys_bank_details_with_a_second_factor(
    app: Flask, world: World, pat: PageClient, firm: str
) -> None:
    factor = Factor(world, "pat")
    form = pat.get(f"{firm}/bank-details")
    wrong = {**ACCOUNT, "Sort code": "20-00", **factor.code()}
    page = pat.submit(form, wrong, button="Keep these bank details", expect=422)
    assert page.all("p", id="sort_code-error")
    page = pat.follow(pat.submit(form, {**ACCOUNT, **factor.code()}, button="Keep these bank details"))
    assert "You are paid to the account that ends in 4567. We still have to check it." in page
    details = current_details(world.provider.id)
    assert details is not None
    assert (details.keyed_by, details.confirmed_by) == (world.people["pat"].id, None)


def test_without_a_second_factor_no_bank_details_are_keyed(world: World, pat: PageClient, firm: str) -> None:
    answers = {**ACCOUNT, "Code of your second factor": "123456"}
    page = pat.submit(pat.get(f"{firm}/bank-details"), answers, button="Keep these bank details", expect=422)
    assert "You have not set up your second factor." in page
    assert len(session.scalars(select(PayeeDetails)).all()) == 1


def test_bank_details_are_masked_on_every_page_and_encrypted_at_rest(
    app: Flask, world: World, pat: PageClient, firm: str
) -> None:
    pat.submit(
        pat.get(f"{firm}/bank-details"), {**ACCOUNT, **Factor(world, "pat").code()}, button="Keep these bank details"
    )
    details = current_details(world.provider.id)
    assert details is not None
    stored = details.account_number_encrypted + details.sort_code_encrypted + details.account_name_encrypted
    assert not any(secret in stored for secret in ("51234567", "200000", "Wharfe"))
    kit = browser(app, world, "kit")
    for client, path in ((pat, firm), (kit, f"/providers-desk/{world.provider.public_id}")):
        page = client.get(path)
        assert "4567" in page
        assert "51234567" not in page.text


def keyed_by(world: World, name: str) -> PayeeDetails:
    return world.do(
        name, payees.key_details, world.provider, name="Calder", sort_code_text="200000", number_text="51234567"
    )


def make_keeper(world: World, name: str) -> None:
    """Gives somebody of the firm the staff's role that checks and confirms, which nobody should hold beside it."""
    with world.by("ada") as act:
        grant_role(act, session.merge(world.people[name]), Role.PAYEE_DETAILS_KEEPER, scheme_id=world.scheme.id)


@pytest.mark.rule(30)
def test_nobody_of_the_firm_checks_or_confirms_its_account(world: World) -> None:
    somebody(world, "mia", Role.PROVIDER_MANAGER)
    make_keeper(world, "pat")
    details = keyed_by(world, "mia")
    with pytest.raises(Forbidden, match="belong to this provider"):
        world.do("pat", record_payee_check, details, PayeeCheck.MATCH)
    world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    with pytest.raises(Forbidden, match="belong to this provider"):
        world.do("pat", confirm_details, details)
    world.do("kay", confirm_details, details)


@pytest.mark.rule(30)
def test_control_if_nobody_knew_who_works_for_the_firm_it_would_confirm_its_own_account(world: World) -> None:
    somebody(world, "mia", Role.PROVIDER_MANAGER)
    make_keeper(world, "pat")
    details = keyed_by(world, "mia")
    world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    act = world.act("pat")
    with transaction(act.actor, act.clock):
        confirm_details(replace(act, actor=replace(act.actor, organisation_ids=frozenset())), details)
    assert details.confirmed_by == world.people["pat"].id


@pytest.mark.rule(30)
def test_who_keyed_as_the_firm_does_not_confirm(world: World) -> None:
    make_keeper(world, "pat")
    details = keyed_by(world, "pat")
    world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    with pytest.raises(Forbidden, match="another person must confirm"):
        world.do("pat", confirm_details, details)


def test_a_renewed_insurance_is_shown_and_the_one_before_stays(world: World, pat: PageClient, firm: str) -> None:
    for until in ("2026-04-20", "2027-04-20"):
        answers = {**INSURANCE, "Last day of cover": until, "Certificate": certificate()}
        page = pat.follow(pat.submit(pat.get(f"{firm}/insurance"), answers, button="Add the insurance"))
    assert [row[4] for row in page.rows] == ["20 April 2027", "20 April 2026 Ends soon"]
    assert len(session.scalars(select(Insurance)).all()) == 2


def test_an_insurance_that_has_ended_is_refused_at_its_day(pat: PageClient, firm: str) -> None:
    answers = {**INSURANCE, "Last day of cover": "2026-04-06", "Certificate": certificate()}
    page = pat.submit(pat.get(f"{firm}/insurance"), answers, button="Add the insurance", expect=422)
    assert page.all("p", id="ends_on-error")


def test_a_package_is_listed_replaced_at_another_price_and_taken_off(world: World, pat: PageClient, firm: str) -> None:
    answers = {
        "Name of the package": "Stock control",
        "What does the business get?": "Shelves that count themselves",
        "Code": "stock-1",
        "Price before VAT": "500",
        "Minutes": "120",
    }
    page = pat.follow(pat.submit(pat.get(f"{firm}/packages/new"), answers, button="List the package"))
    page = pat.click(page, "STOCK-1")
    dearer = {"Code": "STOCK-2", "Price before VAT": "550", "Minutes": "120"}
    page = pat.follow(pat.submit(page, dearer, button="List it at this price"))
    prices = {package.code: (package.net_pence, package.active) for package in session.scalars(select(Package))}
    assert (prices["STOCK-1"], prices["STOCK-2"]) == ((50_000, False), (55_000, True))
    pat.submit(pat.click(page, "STOCK-2"), button="Take STOCK-2 off the list")
    read_anew()
    assert [package.code for package in session.scalars(select(Package).where(Package.active))] == ["WEB"]


def test_a_code_that_is_taken_is_named_at_its_field(pat: PageClient, firm: str) -> None:
    page = pat.get(f"{firm}/packages/WEB")
    page = pat.submit(page, {"Code": "WEB", "Price before VAT": "5"}, button="List it at this price", expect=409)
    assert page.all("p", id="code-error")


def test_an_invited_scanner_joins_by_the_button_and_sees_no_money(
    app: Flask, world: World, place: Config, pat: PageClient, firm: str
) -> None:
    invited(pat, Factor(world, "pat"), firm)
    path = link_in_the_mail(place)
    client = PageClient(app)
    page = client.get(path)
    assert page.heading == "Join Calder Digital Ltd"
    client.get(path)  # Looking twice, as a mail scanner does, uses nothing up.
    answers = {"Your name": "Cole", "Choose a password": "lanterns over the weir"}
    client.submit(page, answers, button="Join as scanner")
    client.get(path, expect=404)
    world.people["cole"] = person("cole@calder.example")
    cole = browser(app, world, "cole")
    assert cole.get("/look-up").heading
    cole.get("/claims", expect=403)
    cole.get(firm, expect=403)


def test_the_outbox_and_the_database_hold_no_link(world: World, place: Config, pat: PageClient, firm: str) -> None:
    invited(pat, Factor(world, "pat"), firm)
    token = link_in_the_mail(place).rpartition("/")[2]
    invitation = session.scalars(select(Invitation)).one()
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "invited")).one()
    assert message.subject_ids == {"invitation_id": invitation.id}
    assert token not in (invitation.token_hash, invitation.public_id)


def test_who_is_signed_in_as_somebody_else_cannot_use_an_invitation(
    app: Flask, world: World, place: Config, pat: PageClient, firm: str
) -> None:
    invited(pat, Factor(world, "pat"), firm)
    path = link_in_the_mail(place)
    browser(app, world, "sam").get(path, expect=404)
    PageClient(app).get("/L/join/" + "A" * 32, expect=404)


def test_somebody_who_has_an_account_joins_without_a_new_password(
    app: Flask, world: World, place: Config, pat: PageClient, firm: str
) -> None:
    other_provider(world)
    invited(pat, Factor(world, "pat"), firm, part="manager", email="olga@provider.example")
    client = browser(app, world, "olga")
    client.submit(client.get(link_in_the_mail(place)), button="Join as manager")
    assert client.get(firm).heading == "Calder Digital Ltd"


@pytest.mark.parametrize("how", ["withdrawn", "replaced", "old"])
def test_an_invitation_that_is_over_lets_nobody_join(
    app: Flask, world: World, place: Config, pat: PageClient, firm: str, how: str
) -> None:
    factor = Factor(world, "pat")
    invited(pat, factor, firm)
    path = link_in_the_mail(place)
    if how == "withdrawn":
        pat.submit(pat.get(f"{firm}/people"), button="Withdraw the invitation to cole@calder.example")
    elif how == "replaced":
        invited(pat, factor, firm, part="manager")
    else:
        world.clock.advance(days=14)
    assert "This invitation is not good any more" in PageClient(app).get(path, expect=404)


def test_a_colleagues_part_is_ended_and_with_it_the_pages(app: Flask, world: World, pat: PageClient, firm: str) -> None:
    somebody(world, "cole", Role.PROVIDER_SCANNER)
    cole = browser(app, world, "cole")
    cole.get("/look-up")
    end = pat.get(f"{firm}/people/{world.people['cole'].public_id}/scanner/end")
    answers = {"Why does it end?": "Left the firm", **Factor(world, "pat").code()}
    page = pat.follow(pat.submit(end, answers, button="Remove Cole"))
    assert [row[0] for row in page.rows] == ["Pat"]
    cole.get("/look-up", expect=403)


def test_a_manager_may_go_while_another_stays(world: World, pat: PageClient, firm: str) -> None:
    somebody(world, "mia", Role.PROVIDER_MANAGER)
    end = pat.get(f"{firm}/people/{world.people['pat'].public_id}/manager/end")
    answers = {"Why does it end?": "Left the firm", **Factor(world, "pat").code()}
    assert pat.submit(end, answers, button="Remove Pat").location == "/"
    pat.get(firm, expect=403)


def test_the_last_manager_stays(world: World, pat: PageClient, firm: str) -> None:
    assert "The last manager stays" in pat.get(f"{firm}/people")
    end = pat.get(f"{firm}/people/{world.people['pat'].public_id}/manager/end")
    answers = {"Why does it end?": "Left the firm", **Factor(world, "pat").code()}
    page = pat.submit(end, answers, button="Remove Pat", expect=422)
    assert "Invite a colleague first, then end this part." in page


def test_control_if_the_managers_were_not_counted_the_last_one_would_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "lock_parts", lambda *_which: [Membership(person_id=each) for each in (1, 2)])
    held = session.scalars(select(Membership).where(Membership.person_id == world.people["pat"].id)).one()
    world.do("pat", end_part, world.provider, held, reason="by mistake")
    assert held.ended_at is not None


def test_whom_a_manager_invited_cannot_join_once_the_manager_has_gone(
    app: Flask, world: World, place: Config, pat: PageClient, firm: str
) -> None:
    somebody(world, "mia", Role.PROVIDER_MANAGER)
    world.do("mia", invite, world.provider, email="mallory@elsewhere.example", role=Role.PROVIDER_MANAGER)
    path = link_in_the_mail(place)
    end = pat.get(f"{firm}/people/{world.people['mia'].public_id}/manager/end")
    answers = {"Why does it end?": "Left the firm", **Factor(world, "pat").code()}
    pat.submit(end, answers, button="Remove Mia")
    PageClient(app).get(path, expect=404)


def test_a_firm_cannot_send_invitations_without_end(world: World) -> None:
    for number in range(20):
        world.do("pat", invite, world.provider, email=f"c{number}@calder.example", role=Role.PROVIDER_SCANNER)
    with pytest.raises(DomainError, match="20 invitations"):
        world.do("pat", invite, world.provider, email="c20@calder.example", role=Role.PROVIDER_SCANNER)
    world.clock.advance(days=15)
    world.do("pat", invite, world.provider, email="c20@calder.example", role=Role.PROVIDER_SCANNER)


def test_a_firm_that_has_just_applied_sees_what_is_still_checked(app: Flask, world: World) -> None:
    provider: Provider = applied(app, world)
    page = browser(app, world, "wren").get(f"/firm/{provider.public_id}")
    assert "You cannot be paid until you have entered your bank details." in page
    assert "The scheme's office checks your firm." in page
