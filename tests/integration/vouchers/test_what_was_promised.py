"""The migration that gives vouchers, offers and answers what counted for them until then."""

from __future__ import annotations

from alembic import command
from flask import Flask
from sqlalchemy import NullPool, create_engine, text

from tests.harness.clock import FixedClock
from tests.harness.world import build_world
from tests.integration.applications.people import sent, with_rules
from voucher.platform import schema
from voucher.platform.db import atomic, engine, session
from voucher.schemes.models import Scheme, VoucherType


def test_what_was_issued_before_the_columns_were_there_is_filled_in(
    app: Flask, clock: FixedClock, database_url: str
) -> None:
    world = build_world(clock)
    with_rules(world, postcode_areas=["LS"])
    with atomic():
        scheme = session.get_one(Scheme, world.scheme.id)
        scheme.late_session_days, scheme.claim_window_days, scheme.payment_days, scheme.notice_days = 3, 20, 25, 11
        session.query(VoucherType).update({"validity_days": 60, "minimum_own_pence": 1_234})
    world.issued()
    sent(world)
    session.remove()
    engine().dispose()
    command.downgrade(schema._config(database_url), "0005")  # nothing but a test stops half way
    schema.upgrade(database_url)
    rows = read(database_url)
    assert rows["voucher"] == [(3, 20, 25, '["A first website", "Stock control"]')]
    assert rows["application"] == [(60, 1_234, 11, '["A first website", "Stock control"]')] * 2
    assert rows["application_form"] == [('{"postcode_areas": ["LS"]}',)]


def read(url: str) -> dict[str, list[tuple[object, ...]]]:
    columns = {
        "voucher": "late_session_days, claim_window_days, payment_days, CAST(good_for AS TEXT)",
        "application": "validity_days, minimum_own_pence, notice_days, CAST(good_for AS TEXT)",
        "application_form": "CAST(rules AS TEXT)",
    }
    made = create_engine(url, poolclass=NullPool)
    with made.connect() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT {names} FROM {table} ORDER BY id"))]
            for table, names in columns.items()
        }
