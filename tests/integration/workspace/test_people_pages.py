"""People and roles on pages: who may give which role, who must agree, and who held it when."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.reports.staff import authenticator_of, browser_of, next_code, with_role
from voucher.accounts.commands import add_person
from voucher.accounts.models import Membership, Person, RoleProposal
from voucher.accounts.queries import actor_for, roles_held
from voucher.accounts.rules import MONEY_ROLES, Role
from voucher.audit.models import AuditEvent
from voucher.platform.actor import Channel
from voucher.platform.authz import Permission
from voucher.platform.db import atomic, session

CODE = "Code of your second factor"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    made = build_world(clock)
    with_role(made, "abel", Role.SYSTEM_ADMINISTRATOR)
    return made


def newcomer(world: World, name: str = "nina") -> Person:
    person = world.do("ada", add_person, name=name.title(), email=f"{name}@northmoor.example")
    world.people[name] = person
    return person


def path(person: Person) -> str:
    return f"/people/{person.public_id}"


def roles(world: World, person: Person) -> list[str]:
    session.expire_all()
    return [each.role for each in roles_held(person.id, world.clock())]


class Desk:
    """An administrator in front of a browser, with an authenticator app."""

    def __init__(self, app: Flask, world: World, name: str = "ada") -> None:
        self.world, self.client = world, browser_of(app, world, name)
        self.authenticator = authenticator_of(world, name)

    def give(self, person: Person, role: Role, changes: dict[str, object] | None = None, *, expect: int = 302) -> Page:
        words = str(role).capitalize() + (" (takes two)" if role in MONEY_ROLES else "")
        answers = {"Role": words, "Why?": "has joined", CODE: self.code(), **(changes or {})}
        page = self.client.get(f"{path(person)}/give-role")
        return self.client.submit(page, answers, button="Give or propose this role", expect=expect)

    def confirm(self, proposal: RoleProposal, *, expect: int = 302) -> Page:
        address = f"/people/role-proposals/{proposal.public_id}"
        self.client.get(address)
        return self.client.post(f"{address}/confirm", {"proof": self.code()}, expect=expect)

    def code(self) -> str:
        return next_code(self.world, self.authenticator)


def proposal() -> RoleProposal:
    return session.scalars(select(RoleProposal)).one()


def test_nobody_but_an_administrator_opens_the_people_or_changes_a_role(app: Flask, world: World) -> None:
    nina = newcomer(world)
    for name in ("shay", "sigrid", "pat"):
        client = browser_of(app, world, name)
        client.get("/account")
        for page in ("/people", path(nina), "/people/new", "/people/role-proposals", "/people/roles"):
            client.get(page, expect=403)
        for act in ("give-role", "end-role", "suspend", "reactivate"):
            client.post(f"{path(nina)}/{act}", {"role": "auditor", "reason": "x"}, expect=403)
    assert roles(world, nina) == []


def test_a_person_is_added_and_an_address_that_is_taken_is_named_at_its_field(app: Flask, world: World) -> None:
    client = browser_of(app, world, "ada")
    page = client.get("/people/new")
    taken = {"Name": "Vera II", "E-mail address": "vera@northmoor.example"}
    refused = client.submit(page, taken, button="Add this person", expect=422)
    assert refused.title.startswith("Error: ")
    assert "already known by vera@northmoor.example" in refused
    added = client.submit(page, {**taken, "E-mail address": "vera2@northmoor.example"}, button="Add this person")
    assert "No role yet." in client.follow(added)


@pytest.mark.rule(65)
@pytest.mark.parametrize("role", sorted(MONEY_ROLES))
def test_a_role_that_can_move_money_takes_two_administrators(app: Flask, world: World, role: Role) -> None:
    nina, ada, abel = newcomer(world), Desk(app, world), Desk(app, world, "abel")
    ada.give(nina, role)
    assert roles(world, nina) == []
    ada.confirm(proposal(), expect=403)
    assert roles(world, nina) == []
    abel.confirm(proposal())
    assert roles(world, nina) == [str(role)]
    granted = select(AuditEvent.override).where(AuditEvent.action == "role.granted").order_by(AuditEvent.id.desc())
    assert session.scalars(granted).first() == "role change"


@pytest.mark.rule(65)
def test_control_without_the_policy_one_administrator_meets_the_database(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nina, ada = newcomer(world), Desk(app, world)
    ada.give(nina, Role.SIGNER)
    monkeypatch.setattr("voucher.accounts.appointments.why_not_confirm", lambda *_args: None)
    with pytest.raises(IntegrityError):
        ada.confirm(proposal())


@pytest.mark.rule(65)
def test_nobody_gives_a_role_to_themselves_nor_confirms_their_own(app: Flask, world: World) -> None:
    abel, ada = Desk(app, world, "abel"), Desk(app, world)
    abel.client.get("/account")
    body = {"role": "auditor", "scheme": world.scheme.public_id, "reason": "x", "stands_in_for": ""}
    body["proof"] = abel.code()
    abel.client.post(f"{path(world.people['abel'])}/give-role", body, expect=403)
    ada.give(world.people["abel"], Role.SIGNER)
    abel.confirm(proposal(), expect=403)
    assert roles(world, world.people["abel"]) == ["system administrator"]


@pytest.mark.rule(65)
def test_control_without_the_list_of_money_roles_one_administrator_would_do(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nina, ada = newcomer(world), Desk(app, world)
    page = ada.client.get(f"{path(nina)}/give-role")
    monkeypatch.setattr("voucher.workspace.views.role_pages.MONEY_ROLES", frozenset())
    answers = {"Role": "Signer (takes two)", "Why?": "x"}
    ada.client.submit(page, {**answers, CODE: ada.code()}, button="Give or propose this role", expect=403)
    monkeypatch.setattr("voucher.accounts.appointments.MONEY_ROLES", frozenset())
    ada.client.submit(page, {**answers, CODE: ada.code()}, button="Give or propose this role")
    assert roles(world, nina) == ["signer"]


def test_a_role_without_the_second_factor_is_not_given(app: Flask, world: World) -> None:
    nina, ada = newcomer(world), Desk(app, world)
    refused = ada.give(nina, Role.AUDITOR, {CODE: "000000"}, expect=422)
    assert "This code is not right." in refused
    assert roles(world, nina) == []
    ada.give(nina, Role.AUDITOR)
    assert roles(world, nina) == ["auditor"]


def test_a_proposal_is_withdrawn_or_declined_and_then_confirms_nothing(app: Flask, world: World) -> None:
    nina, ada, abel = newcomer(world), Desk(app, world), Desk(app, world, "abel")
    ada.give(nina, Role.SIGNER)
    address = f"/people/role-proposals/{proposal().public_id}"
    page = abel.client.get(address)
    assert "Say why" in abel.client.submit(page, button="Decline this role", expect=422)
    abel.client.submit(page, {"Why?": "not agreed"}, button="Decline this role")
    session.expire_all()
    assert proposal().state == "declined"
    abel.confirm(proposal(), expect=409)
    assert roles(world, nina) == []
    assert "Declined" in ada.client.get("/people/role-proposals")


def test_whoever_proposed_a_role_may_withdraw_it(app: Flask, world: World) -> None:
    nina, ada = newcomer(world), Desk(app, world)
    ada.give(nina, Role.SIGNER)
    page = ada.client.click(ada.client.get("/people/role-proposals"), "Signer for Nina")
    ada.client.submit(page, {"Why?": "a mistake"}, button="Withdraw your proposal")
    session.expire_all()
    assert proposal().state == "withdrawn"


def test_a_role_is_proposed_once_and_held_once(app: Flask, world: World) -> None:
    nina, ada = newcomer(world), Desk(app, world)
    ada.give(nina, Role.SIGNER)
    assert "proposed for this person already" in ada.give(nina, Role.SIGNER, expect=409)
    ada.give(nina, Role.AUDITOR)
    assert "holds this role already" in ada.give(nina, Role.AUDITOR, expect=409)


def test_a_deputy_holds_the_role_from_the_first_day_to_the_last(app: Flask, world: World) -> None:
    nina, ada = newcomer(world), Desk(app, world)
    days = {"A deputy's first day": "2026-04-10", "A deputy's last day": "2026-04-12"}
    ada.give(nina, Role.VERIFIER, {"Stands in for (only for a deputy)": "Vera", **days})
    for day, held in ((9, []), (10, ["verifier"]), (12, ["verifier"]), (13, [])):
        world.clock.set(world.clock().replace(day=day, hour=12))
        assert roles(world, nina) == held
        may = actor_for(nina, Channel.WEB, world.clock()).may(Permission.CLAIMS_VERIFY, scheme_id=world.scheme.id)
        assert may == bool(held)
    ada = Desk(app, world, "abel")
    assert "Stands in for Vera" in ada.client.get("/people/roles", query={"on": "2026-04-11"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"A deputy's last day": ""}, "Enter a deputy's first and last day."),
        ({"A deputy's last day": "2026-04-08"}, "The last day must not be before the first."),
        ({"A deputy's first day": "2026-04-01"}, "The first day must be today or later."),
        ({"Stands in for (only for a deputy)": "Carl"}, "does not hold this role"),
        ({"Stands in for (only for a deputy)": "Nobody"}, "Choose for whom the person stands in."),
    ],
)
def test_a_deputy_without_right_days_or_somebody_to_stand_in_for_is_refused(
    app: Flask, world: World, changes: dict[str, object], words: str
) -> None:
    nina, ada = newcomer(world), Desk(app, world)
    days = {"A deputy's first day": "2026-04-10", "A deputy's last day": "2026-04-12"}
    answers = {"Stands in for (only for a deputy)": "Vera", **days, **changes}
    page = ada.give(nina, Role.VERIFIER, answers, expect=422)
    assert words in page
    assert session.scalars(select(Membership).where(Membership.person_id == nina.id)).all() == []


def test_a_deputy_of_a_signer_takes_two_and_is_named_on_the_page(app: Flask, world: World) -> None:
    nina, ada, abel = newcomer(world), Desk(app, world), Desk(app, world, "abel")
    days = {"A deputy's first day": "2026-04-07", "A deputy's last day": "2026-04-12"}
    ada.give(nina, Role.SIGNER, {"Stands in for (only for a deputy)": "Sigrid", **days})
    assert "7 April 2026 to 12 April 2026" in abel.client.get(f"/people/role-proposals/{proposal().public_id}")
    abel.confirm(proposal())
    page = abel.client.get(path(nina))
    assert "Proposed by Ada, confirmed by Abel" in page
    assert "Stands in for Sigrid" in page


def test_a_role_is_ended_at_once_and_what_was_held_stays_written(app: Flask, world: World) -> None:
    ada = Desk(app, world)
    vera = world.people["vera"]
    page = ada.client.get(f"{path(vera)}/end-role")
    answers = {"Role that ends now": f"verifier, {world.scheme.name}", "Why?": "has left", CODE: ada.code()}
    ada.client.submit(page, answers, button="End this role")
    assert roles(world, vera) == []
    world.clock.advance(days=2)
    abel = browser_of(app, world, "abel")
    assert "vera@northmoor.example" in abel.get("/people/roles", query={"on": "2026-04-07"})
    assert "vera@northmoor.example" not in abel.get("/people/roles")


def test_a_deputy_to_come_can_be_called_off_before_the_first_day(app: Flask, world: World) -> None:
    nina, ada = newcomer(world), Desk(app, world)
    days = {"A deputy's first day": "2026-04-10", "A deputy's last day": "2026-04-12"}
    ada.give(nina, Role.VERIFIER, {"Stands in for (only for a deputy)": "Vera", **days})
    page = ada.client.get(f"{path(nina)}/end-role")
    term = f"verifier, {world.scheme.name}, for Vera from 10 April 2026"
    ada.client.submit(page, {"Role that ends now": term, "Why?": "is back", CODE: ada.code()}, button="End this role")
    world.clock.advance(days=4)
    assert roles(world, nina) == []


def test_of_a_deputys_two_terms_either_can_be_ended(app: Flask, world: World) -> None:
    nina, ada = newcomer(world), Desk(app, world)
    for first, last in (("2026-04-10", "2026-04-12"), ("2026-04-20", "2026-04-22")):
        days = {"A deputy's first day": first, "A deputy's last day": last}
        ada.give(nina, Role.VERIFIER, {"Stands in for (only for a deputy)": "Vera", **days})
    page = ada.client.get(f"{path(nina)}/end-role")
    term = f"verifier, {world.scheme.name}, for Vera from 10 April 2026"
    ada.client.submit(page, {"Role that ends now": term, "Why?": "is back", CODE: ada.code()}, button="End this role")
    world.clock.advance(days=4)
    assert roles(world, nina) == []
    world.clock.advance(days=10)
    assert roles(world, nina) == ["verifier"]


def test_the_last_administrator_stays_one(app: Flask, world: World) -> None:
    ada = Desk(app, world)
    for name, status in (("abel", 302), ("ada", 409)):
        page = ada.client.get(f"{path(world.people[name])}/end-role")
        answers = {"Role that ends now": "system administrator", "Why?": "x", CODE: ada.code()}
        ada.client.submit(page, answers, button="End this role", expect=status)
    assert roles(world, world.people["ada"]) == ["system administrator"]


def test_a_suspended_person_is_out_at_once_and_comes_back_by_a_proven_act(app: Flask, world: World) -> None:
    vera, ada = browser_of(app, world, "vera"), Desk(app, world)
    vera.get("/account")
    there = path(world.people["vera"])
    ada.client.submit(ada.client.get(f"{there}/suspend"), {"Why?": "lost a laptop"}, button="Suspend Vera")
    vera.get("/account", expect=302)
    page = ada.client.get(f"{there}/reactivate")
    ada.client.submit(page, {"Why?": "found", CODE: "000000"}, button="Let Vera in again", expect=422)
    ada.client.submit(page, {"Why?": "found", CODE: ada.code()}, button="Let Vera in again")
    vera.get("/account", expect=302)  # The old session is over for good.
    assert browser_of(app, world, "vera").get("/account").status == 200


def test_nobody_suspends_themselves(app: Flask, world: World) -> None:
    client = browser_of(app, world, "ada")
    client.get("/account")
    client.post(f"{path(world.people['ada'])}/suspend", {"reason": "x"}, expect=403)


def test_an_auditor_reads_who_held_which_role_and_no_more(app: Flask, world: World) -> None:
    with_role(world, "aude", Role.AUDITOR)
    aude = browser_of(app, world, "aude")
    assert "sigrid@northmoor.example" in aude.get("/people/roles")
    assert "No role" not in aude.get("/people/roles", query={"on": "2026-04-01"})
    assert "Nobody held a role on that day." in aude.get("/people/roles", query={"on": "2026-04-01"})
    aude.get("/people", expect=403)


def test_people_are_found_by_words_in_any_case_and_by_whose_they_are(app: Flask, world: World) -> None:
    client = browser_of(app, world, "ada")
    assert [row[0] for row in client.get("/people", query={"words": "SIGRID"}).rows] == ["Sigrid"]
    with atomic():
        session.merge(world.people["rob"]).email = "rob_roy@example.org"
    assert [row[0] for row in client.get("/people", query={"words": "B_R"}).rows] == ["Rob"]
    with atomic():
        session.merge(world.people["vera"]).active = False
    assert [row[0] for row in client.get("/people", query={"whose": "suspended"}).rows] == ["Vera"]
