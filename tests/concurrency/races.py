"""What the races share: how guards are taken away, and the jobs that compete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import pytest
from sqlalchemy import text

from tests.harness.at_once import Job
from tests.harness.world import World
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.rules import Role
from voucher.applications.commands import approve, submit
from voucher.applications.models import Application
from voucher.platform import db as database
from voucher.platform.act import Act
from voucher.platform.db import Base, read_anew, session
from voucher.providers.models import Package, Provider
from voucher.redemptions.claim_checks import Invoice
from voucher.redemptions.claims import Accepted, submit_claim, withdraw_claim
from voucher.redemptions.lookups import look_up
from voucher.redemptions.models import DeliverySession
from voucher.redemptions.sessions import record_session
from voucher.schemes.models import Round
from voucher.vouchers.models import Voucher

HELD_BACK = 0.5  # seconds for which one waits for another who cannot come before a lock is free
FREE = 30.0  # and for another whom nothing holds back: as long as a busy machine needs
LOCKED = "fault: database is locked"

Row = TypeVar("Row", bound=Base)


class Numbered(Protocol):
    id: int


class _PlainBegin:
    """Stands where the database layer knows that a transaction writes, and always says that it does not."""

    def get(self) -> bool:
        return False

    def set(self, _writing: bool) -> None:
        return None

    def reset(self, _token: None) -> None:
        return None


def plain_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite without BEGIN IMMEDIATE, which is its lock; on PostgreSQL it changes nothing."""
    monkeypatch.setattr(database, "_writing", _PlainBegin())


def unlocked(table: type[Row]) -> Callable[[object], Row]:
    """Reads a row again, as the locking queries do, without the lock."""

    def read(row: object) -> Row:
        return session.get_one(table, getattr(row, "id", row), populate_existing=True)

    return read


def unlocked_rows(table: type[Row]) -> Callable[[Iterable[int]], dict[int, Row]]:
    """Reads many rows again by their numbers, as the locking queries do, without the lock."""

    def read(ids: Iterable[int]) -> dict[int, Row]:
        return {row_id: session.get_one(table, row_id, populate_existing=True) for row_id in ids}

    return read


def sql(statement: str) -> None:
    """Takes a constraint or trigger away."""
    read_anew()
    session.execute(text(statement))
    session.commit()


def number(query: str) -> int:
    """One figure, asked of the database itself."""
    read_anew()
    return int(session.scalar(text(query)) or 0)


def colleague(world: World, name: str, role: Role) -> None:
    """A second person with a role, for one to compete with."""
    with world.by("ada") as act:
        world.people[name] = add_person(act, name=name.title(), email=f"{name}@northmoor.example")
        grant_role(act, world.people[name], role, scheme_id=world.scheme.id)


# Claims


def claim_job(world: World, item: DeliverySession, net_pence: int, *, key: str = "") -> Job:
    """A claim for one session, which says the grant in pence or why it was refused."""
    invoice, key = world.invoice(net_pence), key or f"key-{next(world.numbers)}"
    return claim_of(world, item, invoice, key, lambda receipt: str(receipt.redemption.grant_pence))


def claim_of(world: World, item: DeliverySession, invoice: Invoice, key: str, say: Callable[[Accepted], str]) -> Job:
    """A claim for one session with this invoice and request key."""
    provider_id, item_id = world.provider.id, item.id

    def work(act: Act) -> str:
        provider, chosen = session.get_one(Provider, provider_id), session.get_one(DeliverySession, item_id)
        receipt = submit_claim(act, provider, [chosen], invoice, request_key=key)
        return say(receipt) if isinstance(receipt, Accepted) else receipt.code

    return world.act("pat"), work


def holding(world: World, voucher: Voucher, package: Package, wanted: int) -> list[DeliverySession]:
    """Recorded sessions that hold their estimates: as many as wanted, or until nothing is left."""
    code, made = world.code_of(voucher), list[DeliverySession]()
    with world.by("pat") as act:
        voucher, package = session.merge(voucher), session.merge(package)
        while len(made) < wanted:
            opened = look_up(act, session.merge(world.scheme), code).session
            if opened is None:
                break
            made.append(
                record_session(act, opened, package, delivered_on=act.today, minutes=60, description="Set up a shop")
            )
    return made


def holding_nothing(world: World, voucher: Voucher, package: Package, wanted: int) -> list[DeliverySession]:
    """Recorded sessions that hold nothing, as after a claim that was withdrawn: their claims take what remains."""
    made = list[DeliverySession]()
    while len(made) < wanted:
        some = holding(world, voucher, package, wanted - len(made))
        receipt = world.submit(some, package.net_pence * len(some))
        assert isinstance(receipt, Accepted), receipt
        world.do("pat", withdraw_claim, receipt.redemption, reason="claimed one by one")
        made += some
    return made


# Applications


def submitted(world: World, rounds: Sequence[Round]) -> list[Application]:
    """A submitted application in each of these rounds, each of another business."""
    parties = [world.business() for _round in rounds]
    with world.by("asha") as act:
        return [
            submit(act, session.merge(target), session.merge(business), session.merge(person))
            for target, (business, person) in zip(rounds, parties, strict=True)
        ]


def approval(world: World, application: Application, name: str = "asha") -> Job:
    """An approval of one application."""
    application_id = application.id

    def work(act: Act) -> str:
        approve(act, session.get_one(Application, application_id))
        return "approved"

    return world.act(name), work


def doing(world: World, name: str, command: Callable[..., object], table: type[Row], row: Numbered) -> Job:
    """A command by one person about one row, which says "done"."""
    row_id = row.id

    def work(act: Act) -> str:
        command(act, session.get_one(table, row_id))
        return "done"

    return world.act(name), work
