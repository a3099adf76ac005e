"""Pure: a file of any kind, read by the reader of its kind."""

from __future__ import annotations

from voucher.payments.bank_files.camt import read_camt
from voucher.payments.bank_files.csv_files import read_csv
from voucher.payments.bank_files.layouts import Layout
from voucher.payments.bank_files.mt940 import read_mt940
from voucher.payments.bank_files.ofx import read_ofx
from voucher.payments.bank_files.reading import NOTHING_GIVEN, STATEMENTS, WITH_LAYOUT, BankFile, FileKind, Given


def read_bank_file(kind: FileKind, data: bytes, layout: Layout | None = None, given: Given = NOTHING_GIVEN) -> BankFile:
    """What the file comes to; every fault of it in one pass. Raises ValueError for a CSV file without its layout."""
    if kind in WITH_LAYOUT:
        if layout is None:
            raise ValueError(f"a {kind} is read by a layout")
        return read_csv(data, layout, given, balances=kind in STATEMENTS)
    if kind is FileKind.OFX:
        return read_ofx(data, given)
    return read_camt(data) if kind is FileKind.CAMT else read_mt940(data)
