"""What the tests of applying share: people who are signed in at once, a set of answers, a scheme with rules."""

from __future__ import annotations

from collections.abc import Mapping

from tests.harness.signed_in import browser_of as browser_of
from tests.harness.world import World
from voucher.accounts.commands import add_oneself
from voucher.accounts.models import Person
from voucher.app import office
from voucher.applications.applying import answer_question, begin_form, send_form
from voucher.applications.models import ApplicationForm
from voucher.audit.commands import transaction
from voucher.platform.actor import Actor, Channel
from voucher.platform.db import atomic, session
from voucher.schemes.models import Scheme

COMPANY: Mapping[str, Mapping[str, object]] = {
    "legal-form": {"legal_form": "company"},
    "company-number": {"company_number": "08000001"},
    "vat-number": {"vat_number": ""},
    "name": {"name": "Wharfe Bakery Ltd"},
    "address": {"address_line_1": "1 Mill Lane", "address_line_2": "", "town": "Otley", "postcode": "ls211aa"},
    "phone": {"phone": "0113 496 0001"},
    "support": {"support": "A first web shop."},
    "other-funding": {"other_funding": "no", "other_funding_details": ""},
}


def newcomer(world: World, name: str = "nia") -> Person:
    """Somebody who has registered, known in the world by first name."""
    act = office().act(Actor(None, "nobody", Channel.WEB))
    with transaction(act.actor, act.clock):
        person = add_oneself(act, name=name.title(), email=f"{name}@baker.example")
    world.people[name] = person
    return person


def begun(world: World, name: str = "nia") -> ApplicationForm:
    """A form without answers, of somebody who registered for it."""
    if name not in world.people:
        newcomer(world, name)
    return world.do(name, begin_form, session.merge(world.round))


def filled(
    world: World, name: str = "nia", changes: Mapping[str, Mapping[str, object]] | None = None
) -> ApplicationForm:
    """A form with an answer to everything."""
    form = begun(world, name)
    for key, given in {**COMPANY, **(changes or {})}.items():
        world.do(name, answer_question, form, key, given)
    return form


def sent(world: World, name: str = "nia", changes: Mapping[str, Mapping[str, object]] | None = None) -> ApplicationForm:
    """A form that was sent."""
    return world.do(name, send_form, filled(world, name, changes))


def with_rules(world: World, **rules: object) -> None:
    """Gives the scheme these rules on who may apply."""
    with atomic():
        session.get_one(Scheme, world.scheme.id).eligibility = dict(rules)
