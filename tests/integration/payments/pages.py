"""What the tests of staff's pages share: browsers of staff, second factors, a second payee."""

from __future__ import annotations

from dataclasses import replace

import pyotp
from flask import Flask

from tests.harness import signed_in
from tests.harness.client import PageClient
from tests.harness.world import SCHEME, STAFF, World, add_package, add_provider
from voucher.accounts import second_factor
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.rules import Role
from voucher.payments.batches import prepare_batch, submit_batch
from voucher.payments.models import Batch
from voucher.platform.db import session
from voucher.platform.toml import read
from voucher.providers.payees import confirm_details, key_details, record_payee_check
from voucher.providers.rules import PayeeCheck
from voucher.redemptions.models import Redemption
from voucher.schemes.commands import set_up_scheme
from voucher.schemes.models import Scheme


def browser_of(app: Flask, world: World, name: str) -> PageClient:
    """The browser of somebody who has signed in, by first name."""
    return signed_in.browser_of(app, world.people[name])


def add_role(world: World, name: str, role: Role) -> None:
    world.do("ada", grant_role, world.people[name], role, scheme_id=world.scheme.id)


def authenticator(world: World, name: str) -> pyotp.TOTP:
    """The person's authenticator app, set up a minute ago, so that it shows a code that was not used yet."""
    act = replace(world.act(name), proven=False)
    with world.by(name):
        begun = second_factor.begin(act, session.merge(world.people[name]))
        app = pyotp.TOTP(begun.secret)
        second_factor.confirm(act, session.merge(world.people[name]), app.at(world.clock()))
    world.clock.advance(minutes=1)
    return app


def second_payee(world: World, keyed_by: str = "kit", net_pence: int = 25_000) -> Redemption:
    """An approved claim of a second provider, whose current bank details that person keyed."""
    other = add_provider(world, "Wharfe Systems Ltd", "09000002", "olga")
    first = world.provider, world.package, world.people["pat"]
    world.provider, world.package = other, add_package(world, other, "OWN", 1_000_00)
    world.people["pat"] = world.people["olga"]
    claim = world.payable(net_pence=net_pence)
    world.provider, world.package, world.people["pat"] = first
    if keyed_by != "kit":
        add_role(world, keyed_by, Role.PAYEE_DETAILS_KEEPER)
        account = {"name": "Wharfe", "sort_code_text": "20-00-00", "number_text": "51234567"}
        details = world.do(keyed_by, key_details, session.merge(other), **account)
        world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
        world.do("kay", confirm_details, details)
    return claim


def submitted(world: World) -> Batch:
    """A batch of all that can be paid, which waits for approval."""
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    world.do("petra", submit_batch, batch)
    return batch


def second_scheme(world: World, *names: str) -> Scheme:
    """Another scheme, in which these people hold the roles that they hold in the first."""
    text = SCHEME.replace(b'"NTT"', b'"OTH"').replace(b"Northern Tech", b"Other Tech")
    other = world.do("ada", set_up_scheme, read(text))
    with world.by("ada") as act:
        for name in names:
            grant_role(act, session.merge(world.people[name]), STAFF[name], scheme_id=other.id)
    return other


def stranger(world: World) -> None:
    """Stan, who has every part in the payments of another scheme, and none in this one."""
    other = second_scheme(world)
    with world.by("ada") as act:
        person = add_person(act, name="Stan", email="stan@other.example")
        for role in set(STAFF.values()) - {Role.SYSTEM_ADMINISTRATOR}:
            grant_role(act, person, role, scheme_id=other.id)
    world.people["stan"] = person
