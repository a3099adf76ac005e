"""Pages stay quick as a scheme grows: what they list, count and sum is in the order of an index.

SQLite says how it reads without being asked for many rows, so it is asked here; both engines have the same indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk
from voucher.funding.queries import balances, lines_of
from voucher.platform.db import engine, session
from voucher.platform.lists import Column, Listing
from voucher.redemptions.models import Redemption
from voucher.vouchers.models import Voucher
from voucher.workspace.queues import QUEUES, waiting

pytestmark = pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True)

ASKED = count(1)
SORTED = "USE TEMP B-TREE FOR ORDER BY"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@contextmanager
def plans_seen() -> Iterator[list[str]]:
    """How each statement was read that was sent meanwhile, as SQLite tells it."""
    plans: list[str] = []

    def look(_connection: Any, cursor: Any, statement: str, given: Any, *_more: object) -> None:
        if statement.startswith("SELECT"):
            asked = f"EXPLAIN QUERY PLAN {statement} -- {next(ASKED)}"  # once more: the driver keeps what it prepared
            steps = cursor.connection.execute(asked, given).fetchall()
            plans.append("\n".join(step[3] for step in steps))

    event.listen(engine(), "before_cursor_execute", look)
    try:
        yield plans
    finally:
        event.remove(engine(), "before_cursor_execute", look)


def plan_of(index: str, read: Callable[[], object]) -> str:
    """The plan of the statement that reads by this index; empty when none does."""
    with plans_seen() as plans:
        read()
    return next((plan for plan in plans if f"INDEX {index} " in plan), "")


LISTS = (
    ("shay", "/vouchers-desk", "ix_voucher_scheme_last"),
    ("shay", "/desk/vouchers/issued", "ix_voucher_scheme_day"),
    ("pat", "/sessions/mine", "ix_delivery_session_recorder"),
)


@pytest.mark.parametrize(("name", "path", "index"), LISTS)
def test_a_list_is_read_in_the_order_of_an_index(app: Flask, world: World, name: str, path: str, index: str) -> None:
    world.recorded(world.issued())
    browser = at_desk(app, world, name)
    plan = plan_of(index, lambda: browser.get(path))
    assert plan
    assert SORTED not in plan
    # The control: without the index all rows are read and put in order for one page.
    without(index)
    with plans_seen() as plans:
        browser.get(path)
    assert SORTED in "\n".join(plans)


def test_a_queue_knows_by_an_index_alone_since_when_its_rows_wait(world: World) -> None:
    queue = next(each for each in QUEUES if each.key == "verify")
    index = "ix_audit_event_state"
    plan = plan_of(index, lambda: waiting(queue.rows(world.scheme)))
    assert f"USING COVERING INDEX {index} (object_kind=? AND object_id=? AND to_state=?)" in plan
    assert "organisation" not in plan  # a name is for rows that are shown
    without(index)
    assert not plan_of(index, lambda: waiting(queue.rows(world.scheme)))


def test_what_stands_on_accounts_is_summed_in_one_pass_over_an_index(world: World) -> None:
    ids = [line.id for line in lines_of(world.scheme.id)]
    day = world.act("fred").today
    for through in (None, day):
        with plans_seen() as plans:
            balances(ids, through)
        assert len(plans) == 1
        assert "USING COVERING INDEX ix_posting_line_accounts" in plans[0]
    without("ix_posting_line_accounts")
    with plans_seen() as plans:
        balances(ids, day)
    assert "COVERING" not in plans[0]


@pytest.mark.usefixtures("world")
def test_only_what_may_be_lacking_is_put_last_by_name(app: Flask) -> None:
    columns = [Column("", str, key, by) for key, by in BY.items()]
    listing = Listing("vouchers", tuple(columns), usual="issued", tie=Voucher.id)
    query = select(Voucher).outerjoin(Redemption, Redemption.voucher_id == Voucher.id)
    for key in BY:
        with app.test_request_context(f"/?sort=-{key}"):
            words = str(listing.ordered(query))
        assert ("NULLS LAST" in words) == (key != "issued"), key


# A required column of the table that every row comes from; one that may be empty; one of a table that may have no row.
BY = {"issued": Voucher.issued_at, "released": Voucher.released_on, "claimed": Redemption.submitted_at}


def without(index: str) -> None:
    """Takes an index away."""
    session.rollback()
    with engine().begin() as connection:
        connection.exec_driver_sql(f"DROP INDEX {index}")
