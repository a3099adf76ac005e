"""Businesses, offers and vouchers by file: each file is one transaction, all or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from scripts.benchmarks.figures import table
from scripts.benchmarks.place import durability, place, town
from tests.harness.world import PDF, World
from voucher.accounts.business_import import import_businesses
from voucher.platform.db import session
from voucher.vouchers.bulk_offer import BulkOffer, offer_in_bulk

BUSINESS = "name,company_number,address_line_1,town,postcode,employees,contact_name,contact_email,subsidy_received"
CONFIRMED = "company_number,confirmed_on,terms_version,subsidy_received,confirmation_document"


def measure(engine: str, rows: int) -> None:
    """Takes that many businesses in, offers to them all, and issues to them all on their confirmations on paper."""
    with place(engine) as here:
        config = here.new()
        with town(config, rows) as world:
            steps = _steps(world, rows)
            timed = [(name, _seconds(step)) for name, step in steps]
        print(f"\n{durability(config.database_url)}: {rows:,} rows a file\n")
    print(table(("file", "seconds", "rows/s"), [(name, f"{took:.1f}", f"{rows / took:.0f}") for name, took in timed]))


def _steps(world: World, rows: int) -> list[tuple[str, Callable[[], object]]]:
    numbers = [f"{number:08d}" for number in range(10_000_000, 10_000_000 + rows)]
    businesses = [
        f"Bench Joinery {number} Ltd,{number},1 Mill Lane,Otley,LS21 1AA,6,Owner {number},o{number}@example.org,0.00"
        for number in numbers
    ]
    day = world.act("asha").today.isoformat()
    confirmed = [f"{number},{day},2026-1,0.00,{number}.pdf" for number in numbers]
    papers = {f"{number}.pdf": PDF.format(number).encode() for number in numbers}
    first, second = _file(BUSINESS, businesses), _file(CONFIRMED, confirmed)

    def offer(data: bytes, name: str, documents: dict[str, bytes]) -> BulkOffer:
        return world.do("asha", offer_in_bulk, session.merge(world.round), data, name, documents)

    def take_in() -> object:
        return world.do("asha", import_businesses, session.merge(world.scheme), first, "firms.csv")

    return [
        ("businesses taken in", take_in),
        ("vouchers offered", lambda: offer(first, "firms.csv", {})),
        ("vouchers issued", lambda: offer(second, "answers.csv", papers)),
    ]


def _file(header: str, lines: list[str]) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def _seconds(step: Callable[[], object]) -> float:
    session.remove()
    begun = time.monotonic()
    step()
    return time.monotonic() - begun
