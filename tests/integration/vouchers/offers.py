"""What tests of offers by file share."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import func, select

from tests.harness.world import World
from voucher.applications.models import Application
from voucher.documents.models import Document
from voucher.notifications.models import OutboxMessage
from voucher.platform.db import session
from voucher.platform.errors import Fault, FileRefused
from voucher.schemes.models import Round
from voucher.subsidies.models import SubsidyRecord
from voucher.vouchers.bulk_offer import BulkOffer, offer_in_bulk
from voucher.vouchers.models import Voucher

FACE = 750_00
COLUMNS = ("business_reference", "contact_name", "contact_email")
CONFIRMED = ("business_reference", "confirmed_on", "terms_version", "subsidy_received", "confirmation_document")
TODAY = "07/04/2026"  # The day of the test's clock.
PDF = b"%PDF-1.7\n% a confirmation\n%%EOF\n"
SCANS = {"a.pdf": PDF, "b.pdf": PDF, "notes.txt": b"no picture"}


def file_of(*rows: str, columns: tuple[str, ...] = COLUMNS) -> bytes:
    return "\n".join([",".join(columns), *rows]).encode()


def businesses(world: World, number: int) -> list[str]:
    """So many new businesses with a contact each, by reference."""
    return [world.business()[0].reference for _ in range(number)]


def send(
    world: World,
    *rows: str,
    columns: tuple[str, ...] = COLUMNS,
    documents: Mapping[str, bytes] = SCANS,
    target: Round | None = None,
) -> BulkOffer:
    data = file_of(*rows, columns=columns)
    return world.do("asha", offer_in_bulk, target or world.round, data, "offers.csv", documents)


def refused(world: World, *rows: str, columns: tuple[str, ...] = COLUMNS) -> list[Fault]:
    with pytest.raises(FileRefused) as refusal:
        send(world, *rows, columns=columns)
    return refusal.value.faults


def places(faults: list[Fault]) -> list[tuple[int, str]]:
    return [(fault.row, fault.column) for fault in faults]


def kinds_of_mail() -> list[str]:
    return list(session.scalars(select(OutboxMessage.kind).order_by(OutboxMessage.id)))


def count_of(table: type[Application] | type[Voucher] | type[Document] | type[SubsidyRecord]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0
