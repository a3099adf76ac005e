"""What the tests of matching begin with: three payments at the bank, two of them in one batch."""

from __future__ import annotations

from sqlalchemy import select

from tests.harness.world import World
from tests.integration.payments.pages import second_payee
from voucher.payments.models import Payment
from voucher.platform.db import session


def three_payments(world: World) -> None:
    """£240.00 and £200.00 in one batch, to two firms, and £240.00 in another."""
    world.payable()
    second_payee(world)
    world.exported()
    world.payable()
    world.exported()


def payments() -> list[Payment]:
    """All payments there are, in the order in which they were made."""
    return list(session.scalars(select(Payment).order_by(Payment.id)))


def states() -> list[str]:
    """Where each of them stands, read again."""
    session.expire_all()
    return [str(payment.state) for payment in payments()]
