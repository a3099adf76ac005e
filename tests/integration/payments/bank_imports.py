"""What the tests of bank imports share: an account, the layout of its files, and files handed in and taken in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from tests.harness.bank_statements import BARCLAYS, NUMBER, SORT_CODE
from tests.harness.world import World
from voucher.documents.commands import looked_at
from voucher.payments.bank_files.importing import HandedIn, TakenIn, hand_in, take_in
from voucher.payments.bank_files.keeping import add_account, save_layout
from voucher.payments.bank_files.models import BankImport
from voucher.payments.bank_files.queries import layout_by_name
from voucher.payments.bank_files.reading import NOTHING_GIVEN, WITH_LAYOUT, FileKind, Given
from voucher.payments.models import BankLine
from voucher.platform.db import session


def ready_for_files(world: World) -> None:
    """The scheme's account and a layout are known."""
    world.do("bina", add_account, world.scheme, name="Main", sort_code=SORT_CODE, number=NUMBER)
    world.do("bina", save_layout, world.scheme, "barclays", BARCLAYS)


def handed_in(
    world: World,
    data: bytes,
    kind: FileKind = FileKind.CSV,
    *,
    by: str = "bina",
    given: Given = NOTHING_GIVEN,
    layout: str = "barclays",
) -> BankImport:
    """The file as that person hands it in."""
    chosen = layout_by_name(world.scheme, layout) if kind in WITH_LAYOUT else None
    with world.by(by) as act:
        return hand_in(looked_at(act, [data]), world.scheme, HandedIn(data, "bank.csv", kind, chosen, given=given))


def taken_in(
    world: World,
    data: bytes,
    kind: FileKind = FileKind.CSV,
    *,
    by: str = "bina",
    override: str = "",
    given: Given = NOTHING_GIVEN,
    layout: str = "barclays",
) -> TakenIn:
    """The file handed in and taken in."""
    found = handed_in(world, data, kind, given=given, layout=layout)
    return world.do(by, take_in, found, override=override)


def lines() -> Sequence[tuple[int, str]]:
    """What stands in bank lines: pence and reference, in the order in which they came."""
    rows = session.execute(select(BankLine.pence, BankLine.bank_reference).order_by(BankLine.id))
    return [(pence, reference) for pence, reference in rows]
