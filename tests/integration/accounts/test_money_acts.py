"""Each act that moves money, or gives the power to, asks for the second factor at the act itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.journeys.steps import prepared
from voucher.accounts.commands import end_role, grant_role
from voucher.accounts.models import Membership
from voucher.accounts.rules import Role
from voucher.audit.commands import transaction
from voucher.payments.batches import approve_batch, prepare_batch, submit_batch
from voucher.payments.models import Batch
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import Forbidden
from voucher.providers.payees import confirm_details, key_details, record_payee_check
from voucher.providers.queries import current_details
from voucher.providers.rules import PayeeCheck
from voucher.reports.commands import review_statement, sign_statement

pytestmark = pytest.mark.usefixtures("sketched")

MoneyAct = Callable[[Act], object]


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def submitted_batch(world: World) -> Batch:
    world.payable()
    batch = world.do("petra", prepare_batch, world.scheme).batch
    assert batch is not None
    world.do("petra", submit_batch, batch)
    return batch


def approving(world: World) -> tuple[str, MoneyAct]:
    batch = submitted_batch(world)
    return "paul", lambda act: approve_batch(act, batch)


def signing(world: World) -> tuple[str, MoneyAct]:
    statement = prepared(world, date(2026, 4, 1), date(2026, 4, 5))
    world.do("rob", review_statement, statement)
    return "sigrid", lambda act: sign_statement(act, statement)


def keying(world: World) -> tuple[str, MoneyAct]:
    details = {"name": "Calder", "sort_code_text": "20-00-01", "number_text": "12345678"}
    return "kit", lambda act: key_details(act, world.provider, **details)


def confirming(world: World) -> tuple[str, MoneyAct]:
    name, key = keying(world)
    with world.by(name) as act:
        key(act)
    details = current_details(world.provider.id)
    assert details is not None
    world.do("kit", record_payee_check, details, PayeeCheck.MATCH)
    return "kay", lambda act: confirm_details(act, details)


def giving_a_role(world: World) -> tuple[str, MoneyAct]:
    return "ada", lambda act: grant_role(act, world.people["rob"], Role.SIGNER, scheme_id=world.scheme.id)


def ending_a_role(world: World) -> tuple[str, MoneyAct]:
    held = session.scalars(select(Membership).where(Membership.role == str(Role.SIGNER))).one()
    return "ada", lambda act: end_role(act, held, reason="left")


@pytest.mark.parametrize("setting", [approving, signing, keying, confirming, giving_a_role, ending_a_role])
def test_a_money_act_is_refused_until_the_second_factor_proves_it(
    world: World, setting: Callable[[World], tuple[str, MoneyAct]]
) -> None:
    name, money_act = setting(world)
    unproven = replace(world.act(name), proven=False)

    def without_proof() -> None:
        with transaction(unproven.actor, world.clock):
            money_act(unproven)

    with pytest.raises(Forbidden) as refused:
        without_proof()
    assert refused.value.code == "second_factor_needed"
    with world.by(name) as proven:
        money_act(proven)
