"""Pure: bank statements in ISO 20022 camt.053, versions 02 to 08; what else a bank sends is told by its name.

Rows are counted by entries: row 3 is the third ``Ntry`` of the file. An entry is one movement, whatever its details.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from xml.etree.ElementTree import Element

from voucher.payments.bank_files.reading import (
    CURRENCY,
    BankFile,
    Movement,
    ReadStatement,
    Unreadable,
    in_order,
    london_day,
    of_days,
    one_line,
    plain_pence,
)
from voucher.payments.bank_files.xml import all_at, name_of, namespace_of, read_xml, text_at
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said

VERSIONS = range(2, 9)
OTHERS = {
    "camt.052": _("This is a camt.052, a report within the day, which may still change. Import the camt.053."),
    "camt.054": _("This is a camt.054, a notice of single movements without balances. Import the camt.053 statement."),
    "pain.001": _("This is a pain.001, payments on their way to the bank. Import the camt.053 that came back."),
    "pain.002": _("This is a pain.002, the bank's answer to a payment file. Import the camt.053 statement."),
}
BOOKED = "BOOK"
NO_REFERENCE = frozenset({"NOTPROVIDED", "NONREF"})


class _Balance(NamedTuple):
    pence: int
    on: date


@dataclass
class _Counter:
    """Where in the file the reading stands."""

    entries: int = 0
    not_booked: int = 0


def read_camt(data: bytes) -> BankFile:
    """The statements of a camt.053, in the order in which they follow each other."""
    file = BankFile()
    root = read_xml(data, file)
    if root is None or not _is_statement(root, file):
        return file
    counter = _Counter()
    statements = all_at(root, "BkToCstmrStmt/Stmt")
    if not statements:
        file.fault(0, "Stmt", _("The file holds no statement. Get it from the bank again."))
    read = [_statement(each, counter, file) for each in statements]
    for statement in in_order([each for each in read if each is not None]):
        file.add(statement)
    if counter.not_booked:
        words = _("%(n)s entries that the bank has not booked yet are left out; they come with a later statement.")
        file.notes.append(said(words, n=counter.not_booked))
    return file


def _is_statement(root: Element, file: BankFile) -> bool:
    kind = re.search(r"((?:camt|pain)\.\d{3})\.001\.(\d\d)", namespace_of(root))
    if kind and kind[1] != "camt.053":
        words = OTHERS.get(kind[1], _("This is a %(kind)s and no camt.053 statement."))
        file.fault(0, "Document", words, kind=kind[1])
    elif kind and int(kind[2]) not in VERSIONS:
        words = _("This is version %(version)s of camt.053; versions 02 to 08 are read. Ask the bank for one of them.")
        file.fault(0, "Document", words, version=kind[2])
    elif name_of(root) != "Document" or not all_at(root, "BkToCstmrStmt"):
        file.fault(0, name_of(root), _("This is no camt.053 statement. Choose what the file is, or get another."))
    return not file.faults


def _statement(stmt: Element, counter: _Counter, file: BankFile) -> ReadStatement | None:
    """A statement; None, with faults, where it lacks what it must have."""
    before, row = len(file.faults), counter.entries + 1
    opening = _balance(stmt, ("OPBD", "PRCD"), row, file)
    closing = _balance(stmt, ("CLBD",), row, file)
    currency = text_at(stmt, "Acct/Ccy")
    if currency not in ("", CURRENCY) and len(file.faults) == before:
        _other_currency(file, row, "Acct/Ccy", currency)
    movements = tuple(_movements(stmt, counter, file))
    if opening is None or closing is None or len(file.faults) > before:
        return None
    identity = text_at(stmt, "Acct/Id/IBAN") or text_at(stmt, "Acct/Id/Othr/Id")
    title = said("Statement %(id)s", id=text_at(stmt, "Id") or text_at(stmt, "ElctrncSeqNb"))
    plain = ReadStatement(title, identity, opening.pence, closing.pence, closing.on, closing.on, movements, row)
    return of_days(plain, closing.on)


def _balance(stmt: Element, codes: tuple[str, ...], row: int, file: BankFile) -> _Balance | None:
    """The first balance with one of the codes; a statement has to have it, in pounds."""
    found = [each for each in all_at(stmt, "Bal") if text_at(each, "Tp/CdOrPrtry/Cd") in codes]
    column = f"Bal {codes[0]}"
    if not found:
        file.fault(row, column, _("The statement lacks this balance, without which nothing says that it is whole."))
        return None
    pence = _signed(found[0], row, f"{column} Amt", file)
    on = _day(found[0], ("Dt",), row, f"{column} Dt", file)
    return None if pence is None or on is None else _Balance(pence, on)


def _movements(stmt: Element, counter: _Counter, file: BankFile) -> Iterator[Movement]:
    for entry in all_at(stmt, "Ntry"):
        counter.entries += 1
        row = counter.entries
        if text_at(entry, "Sts/Cd", "Sts") != BOOKED:
            counter.not_booked += 1
            continue
        # A reversal says which way it went itself: CRDT with RvslInd is money that came back in.
        pence = _signed(entry, row, "Amt", file)
        on = _day(entry, ("BookgDt", "ValDt"), row, "BookgDt", file)
        if pence and on is not None:
            own_id = text_at(entry, "AcctSvcrRef", "NtryDtls/TxDtls/Refs/AcctSvcrRef")
            yield Movement(row, on, pence, _reference(entry), _counterparty(entry, pence), own_id)


def _signed(element: Element, row: int, column: str, file: BankFile) -> int | None:
    """Pence of an amount, below zero for a debit; None, with its fault, where it cannot be read."""
    found = next(iter(all_at(element, "Amt")), None)
    way = text_at(element, "CdtDbtInd")
    if found is None or way not in ("CRDT", "DBIT"):
        file.fault(row, "CdtDbtInd" if found is not None else column, _("This is missing. Get the file again."))
        return None
    currency = found.get("Ccy", "")
    if currency != CURRENCY:
        _other_currency(file, row, column, currency)
        return None
    try:
        pence = plain_pence((found.text or "").strip())
    except Unreadable as wrong:
        file.fault(row, column, str(wrong))
        return None
    return pence if way == "CRDT" else -pence


def _other_currency(file: BankFile, row: int, column: str, currency: str) -> None:
    words = _("This is in %(currency)s. The scheme's account is in pounds: get the statement of that account.")
    file.fault(row, column, words, currency=currency or "?")


def _day(element: Element, names: tuple[str, ...], row: int, column: str, file: BankFile) -> date | None:
    text = text_at(element, *(f"{name}/{kind}" for name in names for kind in ("Dt", "DtTm")))
    if not text:
        file.fault(row, column, _("This day is missing. Get the file from the bank again."))
        return None
    try:
        return london_day(text)
    except Unreadable as wrong:
        file.fault(row, column, str(wrong))
        return None


def _reference(entry: Element) -> str:
    """What payments are found by: the references of the payer, those of a batch, and what was written to the payee."""
    details = all_at(entry, "NtryDtls/TxDtls")
    batches = all_at(entry, "NtryDtls/Btch")
    found = [text_at(each, name) for each in batches for name in ("MsgId", "PmtInfId")]
    for each in details:
        found += [text_at(each, "Refs/EndToEndId"), text_at(each, "Refs/PmtInfId")]
        found += [(words.text or "") for words in all_at(each, "RmtInf/Ustrd")]
        found.append(text_at(each, "RmtInf/Strd/CdtrRefInf/Ref"))
    said = one_line(*(text for text in found if text not in NO_REFERENCE))
    return said or one_line(text_at(entry, "AddtlNtryInf"), text_at(entry, "NtryRef"))


def _counterparty(entry: Element, pence: int) -> str:
    """Who paid or was paid; of a returned payment the bank still names both sides."""
    party = "Dbtr" if pence > 0 else "Cdtr"
    paths = (f"RltdPties/{party}/Nm", f"RltdPties/{party}/Pty/Nm", f"RltdPties/Ultmt{party}/Nm")
    names = [text_at(each, *paths) for each in all_at(entry, "NtryDtls/TxDtls")]
    return names[0] if len(names) == 1 else ""
