"""Work done one after the other, whoever does it: two at once would each find the other's not yet done."""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import func, select

from voucher.platform.db import engine, session


class Turn(IntEnum):
    """What is queued up for; the numbers are our own for PostgreSQL's advisory locks."""

    IMPORT_BUSINESSES = 7_461_021
    OFFER_BY_FILE = 7_461_022
    TAKE_OVER = 7_461_023
    IMPORT_BANK_FILE = 7_461_024


def take_turn(turn: Turn, *, of: int = 0) -> None:
    """Waits until nobody else has this turn (of that thing) and keeps it until the transaction ends.

    SQLite has one writer anyway.
    """
    if engine().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(int(turn), of)))
