"""Bank lines from files: reading, comparing and writing them, against raw SQL that writes the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

from scripts.benchmarks.figures import table
from scripts.benchmarks.place import durability, place, town
from tests.harness.bank_statements import Moved, camt, csv_statement, mt940, ofx
from tests.harness.world import World
from tests.integration.payments.bank_imports import handed_in, ready_for_files
from voucher.payments.bank_files.importing import take_in
from voucher.payments.bank_files.reading import FileKind
from voucher.payments.models import BankLine
from voucher.platform.db import engine, session

WRITERS: dict[FileKind, Callable[..., bytes]] = {
    FileKind.CSV: csv_statement,
    FileKind.CAMT: camt,
    FileKind.MT940: mt940,
    FileKind.OFX: ofx,
}


def measure(engine_name: str, lines: int) -> None:
    """Takes a file of that many lines in, of each kind, each in a new scheme; raw SQL writes its rows beside it."""
    rows = []
    with place(engine_name) as here:
        for kind in WRITERS:
            config = here.new()
            with town(config, 1) as world:
                took, raw = _taken(world, kind, lines)
            rows.append((str(kind), f"{took:.2f}", f"{lines / took:.0f}", f"{raw:.2f}", f"{took / raw:.1f}"))
        print(f"\n{durability(config.database_url)}: {lines:,} lines a file\n")
    print(table(("kind", "CPU s", "lines/CPU s", "raw CPU s", "times raw SQL"), rows))


def _taken(world: World, kind: FileKind, lines: int) -> tuple[float, float]:
    """CPU seconds of taking the file in, and of writing the same rows by raw SQL in one statement."""
    ready_for_files(world)
    first = world.clock().date()
    moved = [
        Moved(-(100 + i % 40_000), f"NTT-P-{i:06d}", on=first + timedelta(days=i * 28 // lines), own_id=f"B{i:09d}")
        for i in range(lines)
    ]
    world.clock.set(world.clock() + timedelta(days=60))
    found = handed_in(world, WRITERS[kind](moved, 10**9), kind)
    session.remove()
    begun = time.process_time()
    world.do("bina", take_in, session.merge(found))
    return time.process_time() - begun, _written_again(lines)


def _written_again(lines: int) -> float:
    """CPU seconds in which the driver alone writes the same rows once more, under other names."""
    names = [column.name for column in BankLine.__table__.columns if column.name != "id"]
    listed = ", ".join(names)
    with engine().connect() as connection:
        found = connection.exec_driver_sql(f"SELECT {listed} FROM bank_line LIMIT {lines}").mappings()
        rows = [tuple({**row, **_renamed(row["identity"])}[name] for name in names) for row in found]
        sign = "?" if connection.dialect.name == "sqlite" else "%s"
    driver = engine().raw_connection()
    begun = time.process_time()
    with closing(driver.cursor()) as cursor:
        cursor.executemany(f"INSERT INTO bank_line ({listed}) VALUES ({', '.join([sign] * len(names))})", rows)
    driver.commit()
    took = time.process_time() - begun
    driver.close()
    return took


def _renamed(identity: str) -> dict[str, str]:
    """Other values for the columns that no two rows share."""
    return {"identity": f"{identity} again", "public_id": identity[:15]}
