"""A history: what people do to one scheme, in any order, with the books looked at after each step."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import select

from tests.harness.balances import digest, faults
from tests.harness.clock import FixedClock
from tests.harness.ready import Ready, opened
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, add_package
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.payments.batches import prepare_batch, submit_batch
from voucher.payments.debts import raise_debt
from voucher.platform.actor import WORKER
from voucher.platform.db import Base, session
from voucher.platform.errors import DomainError
from voucher.providers.models import Package
from voucher.redemptions.claims import Accepted, Refused
from voucher.redemptions.decisions import send_back
from voucher.redemptions.due import run_due
from voucher.schemes.models import Scheme

Row = TypeVar("Row", bound=Base)
T = TypeVar("T")

LAST_DAY = date(2027, 3, 31)
RECONCILED_EVERY = 5  # steps
# Which of the rows that qualify is meant, and whether one that does not qualify is taken on purpose.
pick = st.integers(0, 39)
per_mille = st.integers(1, 1000)


@dataclass(frozen=True)
class Step:
    """Something that happens: the name of an act, and with what."""

    name: str
    given: dict[str, object]


ACTS: list[st.SearchStrategy[Step]] = []
Act = TypeVar("Act", bound=Callable[..., None])


def act(weight: int = 1, /, **given: st.SearchStrategy[object]) -> Callable[[Act], Act]:
    """Makes a method one of the things that happen, as often as its weight says.

    They are drawn by one rule: of many rules, each history would be given only some, and few would come to a payment.
    """

    def register(method: Act) -> Act:
        name = method.__name__
        ACTS.extend([st.builds(Step, st.just(name), st.fixed_dictionaries(given))] * weight)
        return method

    return register


def furnish(world: World) -> None:
    """What each history finds: claims paid with a debt, in a batch, new, sent back; a voucher not yet used."""
    with world.by("ada") as act:
        for name, role in (("vic", Role.VERIFIER), ("pia", Role.PAYMENTS_APPROVER)):
            world.people[name] = add_person(act, name=name.title(), email=f"{name}@northmoor.example")
            grant_role(act, world.people[name], role, scheme_id=world.scheme.id)
    odd, tiny = add_package(world, world.provider, "ODD", 333_33), add_package(world, world.provider, "TINY", 51_03)
    paid = world.payable(net_pence=777_77)
    world.paid()
    owed_by = session.merge(world.provider).organisation
    world.do("fred", raise_debt, paid, owed_by=owed_by, pence=100_01, reason="not delivered")
    world.payable(net_pence=123_45)
    batch = world.do("petra", prepare_batch, world.scheme).batch
    world.do("petra", submit_batch, batch)
    voucher = world.issued()
    world.recorded(voucher, tiny)
    for net_pence in (301_01, 222_22):
        receipt = world.submit([world.recorded(voucher, odd)], net_pence)
        assert isinstance(receipt, Accepted), receipt
        if net_pence == 222_22:
            world.do("carl", send_back, receipt.redemption, reason="the invoice is wrong")
    world.issued()


class History(RuleBasedStateMachine):
    """The start of every history; what people do is in the classes that extend it."""

    def __init__(self, ready: Ready, folder: Path) -> None:
        super().__init__()
        self.steps = 0
        self.done: set[str] = set()
        self._open = ExitStack()
        self._digest: str | None = None
        self.clock = FixedClock()
        self.world: World = self._open.enter_context(opened(ready, folder, self.clock))[1]

    def teardown(self) -> None:
        try:
            assert_reconciled(self.world)
        finally:
            self._open.close()

    @property
    def today(self) -> date:
        return self.world.act("shay").today

    def one(self, table: type[Row], number: int, states: Collection[str] = ()) -> Row | None:
        """A row in one of the states; for every eighth number any row, so that refusals come about."""
        rows = session.scalars(select(table).order_by(table.id)).all()
        fitting = [row for row in rows if not states or getattr(row, "state", "") in states]
        chosen = rows if number % 8 == 7 else fitting
        return chosen[number % len(chosen)] if chosen else None

    def package(self, number: int) -> Package:
        packages = session.scalars(select(Package).order_by(Package.id)).all()
        return packages[number % len(packages)]

    def attempt(self, who: str, command: Callable[..., T], /, *args: object, **options: object) -> T | None:
        """One command by one person; what is refused leaves everything as it was, and gives None."""
        return self.attempt_all(who, command.__name__, lambda act: command(act, *args, **options))

    def attempt_all(self, who: str, what: str, work: Callable[..., T]) -> T | None:
        """Several commands by one person in one transaction."""
        before = self._digest or digest()
        try:
            with self.world.by(who) as act:
                came_to = work(act)
        except DomainError as refusal:
            self._unchanged(before, f"{self.today} {who} {what}: refused, {refusal.code}")
            return None
        if isinstance(came_to, Refused):
            self._unchanged(before, f"{self.today} {who} {what}: refused, {came_to.code}")
            return None
        note(f"{self.today} {who} {what}: done")
        self.done.add(what)
        self._digest = None
        return came_to

    def _unchanged(self, before: str, words: str) -> None:
        note(words)
        self._digest = digest()
        assert self._digest == before, f"{words}, and yet something changed"

    @act(days=st.sampled_from([1, 1, 3, 3, 10, 10, 35, 70]))
    def days_pass(self, days: int) -> None:
        """The worker does what falls due, without a fault."""
        if self.today + timedelta(days=days) > LAST_DAY:
            return
        self.clock.advance(days=days)
        self._digest = None
        act = office().act(WORKER)
        report = run_due(
            act, session.get_one(Scheme, self.world.scheme.id), each=lambda: transaction(WORKER, self.clock)
        )
        note(f"{self.today} the worker: {report}")
        assert report.failed == []
        self.done |= {f"due: {name}" for name, count in vars(report).items() if count}

    @invariant()
    def books_are_right(self) -> None:
        self.steps += 1
        assert faults() == []
        if self.steps % RECONCILED_EVERY == 0:
            assert_reconciled(self.world)
