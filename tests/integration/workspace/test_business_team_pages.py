"""A business looks after itself: its details with what stood there before, and the people who act for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import asked_of_the_database, told
from tests.integration.workspace.business import browser_of, owner
from voucher.accounts import invitations
from voucher.accounts.commands import grant_role
from voucher.accounts.models import Membership, Person
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.audit.models import AuditEvent
from voucher.notifications.models import OutboxMessage
from voucher.organisations.details import OwnDetails, change_own_details
from voucher.organisations.models import Identifier, Organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import read_anew, session
from voucher.platform.errors import DomainError, Forbidden
from voucher.vouchers.models import Voucher
from voucher.worker import run_worker

pytestmark = pytest.mark.usefixtures("sketched")

JOIN = re.compile(r"http://localhost(/L/join/[A-Z2-7]{32})\b")
CHANGED = {
    "Trading name (optional)": "The Corner Oven",
    "Address line 1": "4 Bridge Street",
    "Town or city": "Ilkley",
    "Postcode": "ls299aa",
    "Telephone of the business (optional)": "0113 496 0009",
    "Language of our letters": "Welsh",
}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.fixture
def voucher(world: World) -> Voucher:
    return world.issued()


def at(voucher: Voucher, more: str = "") -> str:
    return f"/business/details/{voucher.business.public_id}{more}"


def invited(client: PageClient, voucher: Voucher, email: str, *, expect: int = 302) -> None:
    page = client.get(at(voucher, "/people/invite"))
    client.submit(page, {"Colleague's e-mail address": email}, button="Send the invitation", expect=expect)


def link_in_the_mail(place: Config) -> str:
    """The path of the link in the newest invitation that was sent."""
    read_anew()
    assert run_worker(office(), once=True, environ={}).failed == 0
    query = select(OutboxMessage.id).where(OutboxMessage.kind == "invited").order_by(OutboxMessage.id.desc())
    text = (place.mail / f"{session.scalars(query).all()[0]}.eml").read_text()
    found = JOIN.search(text.replace("=\n", ""))
    assert found, text
    return found[1]


def joined(app: Flask, world: World, voucher: Voucher, place: Config, name: str = "cole") -> str:
    """A colleague who was invited and has joined, by first name."""
    invited(owner(app, world, voucher), voucher, f"{name}@bakery.example")
    client = PageClient(app)
    page = client.get(link_in_the_mail(place))
    client.submit(page, {"Your name": name.title()}, button="Join as business member")
    world.people[name] = session.scalars(select(Person).where(Person.email == f"{name}@bakery.example")).one()
    return name


# Who may not


def test_nobody_else_changes_a_business_or_its_people(app: Flask, world: World, voucher: Voucher) -> None:
    person = f"/people/{voucher.application.contact.public_id}/end"
    stranger = owner(app, world, world.issued())
    for more in ("", "/change", "/people/invite", person):
        PageClient(app).get(at(voucher, more), expect=302)
        stranger.get(at(voucher, more), expect=404)
        for name in ("pat", "asha", "shay"):
            browser_of(app, world, name).get(at(voucher, more), expect=403)


def test_the_command_refuses_them_too(world: World, voucher: Voucher) -> None:
    details = OwnDetails("Ours now", "1 High Street", "", "Leeds", "LS1 4AP", "", "en")
    for name in ("asha", "pat", world.owner_of(world.issued())):
        with pytest.raises(Forbidden):
            world.do(name, change_own_details, voucher.business, details)


def test_control_without_that_look_a_stranger_would_change_it(
    world: World, voucher: Voucher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Act, "require", lambda *_args, **_more: None)
    details = OwnDetails("Ours now", "1 High Street", "", "Leeds", "LS1 4AP", "", "en")
    world.do("pat", change_own_details, voucher.business, details)
    assert session.get_one(Organisation, voucher.business_id).trading_name == "Ours now"


# Details


def test_a_business_changes_what_it_says_of_itself_and_what_stood_there_is_kept(
    app: Flask, world: World, voucher: Voucher
) -> None:
    client = owner(app, world, voucher)
    page = client.click(client.get(at(voucher)), "Change your details")
    page = client.follow(client.submit(page, CHANGED, button="Keep these details"))
    for words in ("The Corner Oven", "4 Bridge Street, Ilkley, LS29 9AA", "0113 496 0009", "Welsh"):
        assert words in page
    [event] = session.query(AuditEvent).filter_by(action="organisation.details_changed")
    before, after = (cast("Mapping[str, str]", event.details[side]) for side in ("before", "after"))
    assert (before["postcode"], after["postcode"]) == ("LS21 1AA", "LS29 9AA")
    assert "address_line_2" not in after


def test_what_registers_say_cannot_be_sent_along(app: Flask, world: World, voucher: Voucher) -> None:
    client, before = owner(app, world, voucher), voucher.business.name
    numbers = [each.value for each in voucher.business.identifiers]
    page = client.get(at(voucher, "/change"))
    assert "The scheme's office changes them once it has seen the register" in page
    answers = {"address_line_1": "1 Mill Lane", "town": "Otley", "postcode": "LS21 1AA", "language": "en"}
    client.post(at(voucher, "/change"), {**answers, "name": "Other Ltd", "legal_form": "charity"})
    business = session.get_one(Organisation, voucher.business_id)
    assert (business.name, business.legal_form) == (before, "company")
    assert [each.value for each in session.query(Identifier).filter_by(organisation_id=business.id)] == numbers


def test_letters_and_vouchers_that_were_made_keep_what_they_said(app: Flask, world: World, voucher: Voucher) -> None:
    client = owner(app, world, voucher)
    letter = f"/business/applications/{voucher.application.public_id}/letters/1"
    before = client.get(letter).words
    client.follow(client.submit(client.get(at(voucher, "/change")), CHANGED, button="Keep these details"))
    assert client.get(letter).words == before
    assert voucher.business.name in client.get(f"/business/vouchers/{voucher.reference}")


@pytest.mark.parametrize(
    ("label", "entered", "field"),
    [("Postcode", "nowhere", "postcode"), ("Telephone of the business (optional)", "12", "phone"),
     ("Town or city", "", "town")],
)  # fmt: skip
def test_what_is_not_well_formed_is_named_at_its_field_and_everything_is_kept(
    app: Flask, world: World, voucher: Voucher, label: str, entered: str, field: str
) -> None:
    client = owner(app, world, voucher)
    answers = {**CHANGED, label: entered}
    page = client.submit(client.get(at(voucher, "/change")), answers, button="Keep these details", expect=422)
    assert page.title.startswith("Error: ")
    assert page.all("p", id=f"{field}-error")
    assert "The Corner Oven" in page.text
    assert session.query(AuditEvent).filter_by(action="organisation.details_changed").count() == 0


def test_the_same_again_writes_no_row(app: Flask, world: World, voucher: Voucher) -> None:
    client = owner(app, world, voucher)
    page = client.submit(client.get(at(voucher, "/change")), button="Keep these details")
    assert "Nothing was other than before." in client.follow(page)
    assert session.query(AuditEvent).filter_by(action="organisation.details_changed").count() == 0


def test_a_telephone_is_shown_in_its_groups_and_kept_in_its_one_form(
    app: Flask, world: World, voucher: Voucher
) -> None:
    client = owner(app, world, voucher)
    client.follow(client.submit(client.get(at(voucher, "/change")), CHANGED, button="Keep these details"))
    page = client.get(at(voucher, "/change"))
    [entry] = page.all("input", name="phone")
    assert entry.get("value") == "0113 496 0009"
    assert "Nothing was other than before." in client.follow(client.submit(page, button="Keep these details"))
    assert session.get_one(Organisation, voucher.business_id).phone == "+441134960009"


# People


def test_an_invited_colleague_joins_and_acts_for_the_business(
    app: Flask, world: World, voucher: Voucher, place: Config
) -> None:
    name = joined(app, world, voucher, place)
    colleague = browser_of(app, world, name)
    assert colleague.get("/business").heading == voucher.business.name
    assert colleague.get(f"/business/vouchers/{voucher.reference}")
    page = colleague.get(at(voucher))
    assert [row[0] for row in page.rows] == ["Cole", voucher.application.contact.name]


def test_an_invitation_that_was_withdrawn_lets_nobody_join(
    app: Flask, world: World, voucher: Voucher, place: Config
) -> None:
    client = owner(app, world, voucher)
    invited(client, voucher, "cole@bakery.example")
    path = link_in_the_mail(place)
    client.submit(client.get(at(voucher)), button="Withdraw the invitation to cole@bakery.example")
    assert "This invitation is not good any more" in PageClient(app).get(path, expect=404)


@pytest.mark.rule(15)
def test_nobody_who_works_for_a_provider_is_invited_into_a_business(app: Flask, world: World, voucher: Voucher) -> None:
    invited(owner(app, world, voucher), voucher, "Pat@provider.example", expect=422)
    assert told("invited") == []


@pytest.mark.rule(15)
def test_who_began_to_work_for_a_provider_meanwhile_does_not_join(
    app: Flask, world: World, voucher: Voucher, place: Config
) -> None:
    invited(owner(app, world, voucher), voucher, "petra@northmoor.example")
    path = link_in_the_mail(place)
    with world.by("ada") as act:
        firm = session.merge(world.provider).organisation_id
        grant_role(act, session.merge(world.people["petra"]), Role.PROVIDER_SCANNER, organisation_id=firm)
    client = PageClient(app)
    client.submit(client.get(path), button="Join as business member", expect=422)
    assert session.query(Membership).filter_by(organisation_id=voucher.business_id).count() == 1


@pytest.mark.rule(15)
def test_control_without_that_look_a_provider_would_speak_for_the_business(
    app: Flask, world: World, voucher: Voucher, place: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "provider_addresses", frozenset)
    invited(owner(app, world, voucher), voucher, "pat@provider.example")
    client = PageClient(app)
    client.submit(client.get(link_in_the_mail(place)), button="Join as business member")
    assert session.query(Membership).filter_by(organisation_id=voucher.business_id).count() == 2


def test_a_colleagues_part_is_ended_and_with_it_the_pages(
    app: Flask, world: World, voucher: Voucher, place: Config
) -> None:
    name = joined(app, world, voucher, place)
    colleague, client = browser_of(app, world, name), owner(app, world, voucher)
    page = client.get(at(voucher, f"/people/{world.people[name].public_id}/end"))
    client.submit(page, {"Why does it end?": "Left us"}, button="Remove Cole")
    colleague.get("/business", expect=403)
    assert "The last person stays" in client.get(at(voucher))
    [event] = session.query(AuditEvent).filter_by(action="organisation.part_ended")
    assert (event.reason, event.details["person"]) == ("Left us", "cole@bakery.example")


def test_who_is_the_contact_may_go_and_the_page_says_where_messages_go(
    app: Flask, world: World, voucher: Voucher, place: Config
) -> None:
    joined(app, world, voucher, place)
    client = owner(app, world, voucher)
    page = client.get(at(voucher, f"/people/{voucher.application.contact.public_id}/end"))
    assert f"Our messages about {voucher.application.reference} go on to this person" in page
    button = f"Remove {voucher.application.contact.name}"
    assert client.submit(page, {"Why does it end?": "Sold my share"}, button=button).location == "/"
    client.get(at(voucher), expect=403)


def test_the_last_person_stays(app: Flask, world: World, voucher: Voucher) -> None:
    client = owner(app, world, voucher)
    contact = voucher.application.contact
    page = client.get(at(voucher, f"/people/{contact.public_id}/end"))
    button = f"Remove {contact.name}"
    page = client.submit(page, {"Why does it end?": "Left"}, button=button, expect=422)
    assert "Invite a colleague first, then end this part." in page


def test_control_if_nobody_were_counted_the_last_person_would_go(
    app: Flask, world: World, voucher: Voucher, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [Membership(person_id=each) for each in (1, 2)]
    monkeypatch.setattr(invitations, "lock_parts", lambda *_which: everybody)
    client, contact = owner(app, world, voucher), voucher.application.contact
    page = client.get(at(voucher, f"/people/{contact.public_id}/end"))
    client.submit(page, {"Why does it end?": "Left"}, button=f"Remove {contact.name}")
    held = session.query(Membership).filter_by(organisation_id=voucher.business_id).one()
    assert held.ended_at is not None


def test_a_business_that_never_applied_is_told_what_to_do_first(app: Flask, world: World) -> None:
    business, person = world.business()
    client = browser_of(app, world, person.email.split("@")[0])
    path = f"/business/details/{business.public_id}/people/invite"
    answers = {"Colleague's e-mail address": "cole@bakery.example"}
    page = client.submit(client.get(path), answers, button="Send the invitation", expect=422)
    assert "Apply for a voucher first. After that you can invite colleagues." in page


def test_no_business_sends_invitations_without_end(world: World, voucher: Voucher) -> None:
    team = invitations.Team(
        voucher.business,
        voucher.scheme_id,
        frozenset({Role.BUSINESS_MEMBER}),
        Role.BUSINESS_MEMBER,
        Permission.BUSINESS_PEOPLE_MANAGE,
    )
    name = world.owner_of(voucher)
    for number in range(20):
        world.do(name, invitations.invite, team, email=f"c{number}@bakery.example", role=Role.BUSINESS_MEMBER)
    with pytest.raises(DomainError, match="20 invitations"):
        world.do(name, invitations.invite, team, email="c20@bakery.example", role=Role.BUSINESS_MEMBER)


def test_more_people_cost_no_more_queries(app: Flask, world: World, voucher: Voucher) -> None:
    client = owner(app, world, voucher)
    few = asked_of_the_database(lambda: client.get(at(voucher)))
    with world.by("ada") as act:
        for name in ("stella", "rob", "sigrid"):
            person = session.merge(world.people[name])
            grant_role(act, person, Role.BUSINESS_MEMBER, organisation_id=session.merge(voucher).business_id)
    for number in range(3):
        invited(client, voucher, f"c{number}@bakery.example")
    assert asked_of_the_database(lambda: client.get(at(voucher))) == few
