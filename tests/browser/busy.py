"""A scheme in which something waits at every step of a voucher's life."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

from tests.harness.databases import Databases
from tests.harness.once import made_once
from tests.harness.ready import Ready, grow
from tests.harness.world import World
from tests.journeys import steps
from tests.journeys.steps import prepared
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.invitations import invite
from voucher.accounts.models import Person
from voucher.accounts.rules import Role
from voucher.applications.commands import decline, submit
from voucher.applications.models import Application
from voucher.applications.reviewing import ask_business
from voucher.assurance.concentration import look_for_concentration, set_thresholds
from voucher.assurance.irregularities import register_irregularity
from voucher.assurance.rules import IrregularityKind, Thresholds
from voucher.payments.batches import prepare_batch, submit_batch
from voucher.redemptions.answers import answer_session
from voucher.redemptions.decisions import send_back
from voucher.redemptions.models import Redemption
from voucher.redemptions.owners import take_checks
from voucher.redemptions.rules import Delivered
from voucher.vouchers.commands import suspend
from voucher.vouchers.models import Voucher
from voucher.workspace.business_team import team_of

ANYBODY = ""
PEOPLE = (
    ANYBODY, "offered", "holder", "waiting", "asked", "paid", "pat", "scott", "shay", "asha", "vera", "carl", "petra",
    "paul", "bina", "fred", "kit", "sam", "stella", "rob", "sigrid", "fiona", "aud", "ada",
)  # fmt: skip

# E-mail addresses by the part that a person plays.
Names = dict[str, str]


def busy_scheme(shared: Path, databases: Databases, folder: Path) -> tuple[Ready, Names]:
    """The busy scheme on SQLite, built once for all processes of a run in the folder that they share."""

    def make(kept: Path) -> None:
        names: Names = {}
        grow(databases, folder, lambda world: names.update(make_busy(world))).keep(kept)
        (kept / "names.json").write_text(json.dumps(names))

    kept = made_once(shared, "busy", make)
    return Ready.kept(databases, kept), json.loads((kept / "names.json").read_text())


def make_busy(world: World) -> Names:
    """Fills the scheme; gives everybody's address."""
    _people(world)
    steps.sent(world, date(2026, 4, 1), date(2026, 4, 2))
    owners = {"offered": world.owner_of(world.offered())}
    opened = world.issued()
    world.opened(opened)
    recorded = world.recorded(world.issued()).voucher
    asked = world.claimed(world.issued())
    world.do(world.owner_of(asked.voucher), answer_session, asked.sessions[0], Delivered.YES)
    _colleagues(world, recorded)
    sent = world.do("asha", submit, world.round, *world.business())
    _under_review(world, sent)
    owners |= {
        "holder": world.owner_of(recorded),
        "waiting": world.owner_of(sent),
        "asked": world.owner_of(asked.voucher),
    }
    world.do("carl", send_back, world.claimed(world.issued()), reason="The invoice is not readable")
    _watched(world, world.confirmed(world.claimed(world.issued())))
    world.verified(world.confirmed(world.claimed(world.issued())))
    world.do("shay", suspend, world.issued(), reason="A question about the business")
    owners["paid"] = world.owner_of(world.payable().voucher)
    world.paid()
    world.payable()
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    world.do("petra", submit_batch, batch)
    world.payable()
    world.bank_line(-12_345, "UNKNOWN", world.act("bina").today - timedelta(days=1))
    prepared(world, date(2026, 4, 3), date(2026, 4, 5))
    people = {name: person.email for name, person in world.people.items()}
    return people | {part: world.people[owner].email for part, owner in owners.items()}


def _under_review(world: World, sent: Application) -> None:
    """Two more applications with the same contact: one that the office has a question about, one that is declined."""
    questioned, declined = (_with_contact(world, sent.contact) for _ in range(2))
    world.do("asha", ask_business, questioned, question="Which of your shops is it for?")
    world.do("asha", decline, declined, reason="The shop lies outside the area")


def _with_contact(world: World, contact: Person) -> Application:
    business, _owner = world.business()
    with world.by("ada") as act:
        grant_role(act, contact, Role.BUSINESS_MEMBER, organisation_id=business.id)
    return world.do("asha", submit, world.round, business, contact)


def _watched(world: World, claim: Redemption) -> None:
    """A claim whose checks are taken and about which something is odd; a case, for all claims are of one day."""
    world.do("vera", take_checks, claim)
    kind = IrregularityKind.IRREGULARITY
    world.do("vera", register_irregularity, world.scheme, kind=kind, pence=0, note="The dates are odd", claim=claim)
    world.do("shay", set_thresholds, world.scheme, Thresholds(claims_a_day=2), reason="A small scheme")
    world.do("vera", look_for_concentration, world.scheme)


def _colleagues(world: World, voucher: Voucher) -> None:
    """Somebody else who acts for the voucher's business, and somebody who was asked to."""
    team = team_of(voucher.business)
    with world.by("ada") as act:
        person = add_person(act, name="Mel", email="mel@people.example")
        grant_role(act, person, Role.BUSINESS_MEMBER, organisation_id=voucher.business_id)
    world.do(world.owner_of(voucher), invite, team, email="cole@people.example", role=Role.BUSINESS_MEMBER)


def _people(world: World) -> None:
    """Those whom the small scheme does without: a scanner, an auditor, and somebody of the funder."""
    with world.by("ada") as act:
        for name, role, organisation_id in (
            ("scott", Role.PROVIDER_SCANNER, world.provider.organisation_id),
            ("aud", Role.AUDITOR, None),
            ("fiona", Role.FUNDER, world.agreement.funder_id),
        ):
            person = add_person(act, name=name.title(), email=f"{name}@people.example")
            scheme_id = None if organisation_id else world.scheme.id
            grant_role(act, person, role, scheme_id=scheme_id, organisation_id=organisation_id)
            world.people[name] = person
