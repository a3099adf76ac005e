"""What the tests of ways of paying share: a way in force, supplier numbers, cost codes."""

from __future__ import annotations

from sqlalchemy import select

from tests.harness.world import World
from voucher.payments.batches import export_batch
from voucher.payments.cost_codes import set_cost_code
from voucher.payments.models import Batch
from voucher.payments.payment_files import MadeFile
from voucher.payments.way_models import PayingWay
from voucher.payments.ways import NewWay, confirm_way, propose_way
from voucher.platform.db import session
from voucher.providers.models import Provider
from voucher.providers.supplier_numbers import confirm_supplier_number, key_supplier_number

ACCOUNT = {"account_name": "Northmoor CA", "sort_code": "20-00-00", "account_number": "12345678"}


def pays_by(world: World, file: str, *, above: int | None = None, account: bool = True) -> PayingWay:
    """The way that the scheme administrator proposed and the signer confirmed."""
    new = NewWay(file, **(ACCOUNT if account else {}), second_approval_pence=above)
    way = world.do("shay", propose_way, world.scheme, new, reason="as the bank asks")
    world.do("sigrid", confirm_way, way)
    return way


def numbered(world: World, codes: str = "R40") -> None:
    """Each provider has a supplier number, and each line its cost code if there is a beginning for one."""
    for number, provider in enumerate(session.scalars(select(Provider).order_by(Provider.id)).all(), start=1):
        world.do("kit", key_supplier_number, provider, number=f"s-{number}")
        world.do("kay", confirm_supplier_number, provider)
    for number, line in enumerate(world.agreement.lines if codes else (), start=1):
        world.do("fred", set_cost_code, line, f"{codes}{number}")


def exported_again(world: World, batch: Batch) -> MadeFile:
    """The file of a batch that was exported, as it is given again."""
    made: MadeFile = world.do("petra", export_batch, batch)
    return made
