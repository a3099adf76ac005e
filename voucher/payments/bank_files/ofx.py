"""Pure: bank statements in OFX, the old form with open tags and the XML one. Rows are counted by transactions.

A file says only how its account stands at the end; the balance at the beginning follows from the movements, so what
proves that none is missing is that it is the balance at which the statement before it ended.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import date, datetime

from voucher.payments.bank_files.reading import (
    CURRENCY,
    NOTHING_GIVEN,
    BankFile,
    Given,
    Movement,
    ReadStatement,
    Unreadable,
    day_of,
    decoded,
    in_order,
    london_day,
    of_days,
    one_line,
    plain_pence,
)
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said

_TOKEN = re.compile(r"<(/?)([A-Z0-9._]+)>([^<]*)", re.IGNORECASE)
_DEEPEST = 50
_MOMENT = re.compile(r"(\d{8})(\d{4}(?:\d\d)?)?(?:\.\d+)?(?:\[([+-]?\d{1,2})(?:\.\d+)?(?::[A-Z]*)?\])?", re.IGNORECASE)


@dataclass
class _Node:
    """An element: its name, its text and what is in it."""

    name: str
    text: str = ""
    children: list[_Node] = field(default_factory=list)

    def all(self, name: str) -> list[_Node]:
        """Every element of that name below this one."""
        found = [each for each in self.children if each.name == name]
        return found + [deeper for each in self.children for deeper in each.all(name)]

    def get(self, name: str) -> str:
        """The text of the first element of that name below this one that has one."""
        return next((each.text for each in self.all(name) if each.text), "")


def read_ofx(data: bytes, given: Given = NOTHING_GIVEN) -> BankFile:
    """The statements of an OFX file; the balance at the end may be given where the file does not say it."""
    file = BankFile()
    root = _tree(data, file)
    if root is None:
        return file
    statements = root.all("STMTRS")
    if not statements:
        _no_statement(root, file)
    first_row, read = 1, []
    for each in statements:
        read.append(_statement(each, first_row, given if len(statements) == 1 else NOTHING_GIVEN, file))
        first_row += len(_transactions(each))
    for statement in in_order([each for each in read if each is not None]):
        file.add(statement)
    pending = sum(len(each.all("STMTTRNP")) for each in statements)
    if pending:
        words = _("%(n)s entries that the bank has not booked yet are left out; they come with a later statement.")
        file.notes.append(said(words, n=pending))
    return file


def _tree(data: bytes, file: BankFile) -> _Node | None:
    try:
        text, _encoding = decoded(data)
    except Unreadable as wrong:
        file.fault(0, "", str(wrong))
        return None
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        words = _("The file declares a document type or entities, as no bank's statement does. It is not read.")
        file.fault(1, "", words)
        return None
    start = re.search(r"<OFX>", text, re.IGNORECASE)
    if not start:
        file.fault(1, "OFX", _("This is no OFX file. Choose what the file is, or get another."))
        return None
    if not re.search(r"</OFX>\s*\Z", text, re.IGNORECASE):
        words = _("The file breaks off before its end. Get the whole file from the bank again.")
        file.fault(text.count("\n") + 1, "OFX", words)
        return None
    try:
        return _grown(text[start.start() :])
    except Unreadable as wrong:
        file.fault(0, "OFX", str(wrong))
        return None


def _grown(text: str) -> _Node:
    """The tree of the elements: one with text is a leaf, whether or not its end is marked, as the old form has it.

    Raises Unreadable for one deeper than any bank's: what reads the tree goes down it step by step.
    """
    root = _Node("")
    open_nodes = [root]
    for ending, name, words in _TOKEN.findall(text):
        name, words = name.upper(), html.unescape(words.strip())
        if ending:
            names = [each.name for each in open_nodes]
            if name in names:
                del open_nodes[len(names) - 1 - names[::-1].index(name) :]
            continue
        node = _Node(name, words)
        open_nodes[-1].children.append(node)
        if not words:
            open_nodes.append(node)
        if len(open_nodes) > _DEEPEST:
            raise Unreadable(_("The file is damaged: its elements do not end. Get the file from the bank again."))
    return root


def _no_statement(root: _Node, file: BankFile) -> None:
    if root.all("CCSTMTRS"):
        words = _("This is the statement of a credit card. Import the statement of the scheme's bank account.")
    elif any(each.get("SEVERITY") == "ERROR" for each in root.all("STATUS")):
        words = _("The bank answered with an error and no statement. Get the file from the bank again.")
    else:
        words = _("The file holds no bank statement. Get the file from the bank again.")
    file.fault(0, "STMTRS", words)


def _transactions(statement: _Node) -> list[_Node]:
    return statement.all("STMTTRN")


def _statement(node: _Node, first_row: int, given: Given, file: BankFile) -> ReadStatement | None:
    before = len(file.faults)
    currency = node.get("CURDEF")
    if currency != CURRENCY:
        words = _("This is in %(currency)s. The scheme's account is in pounds: get the statement of that account.")
        file.fault(first_row, "CURDEF", words, currency=currency or "?")
    rows = enumerate(_transactions(node), start=first_row)
    found = [_movement(each, row, file) for row, each in rows]
    movements = tuple(sorted((each for each in found if each is not None and each.pence), key=lambda m: m.booked_on))
    closing, closed_on = _closing(node, first_row, given, file)
    if closing is None or len(file.faults) > before:
        return None
    opening = closing - sum(each.pence for each in movements) if given.opening is None else given.opening
    account = one_line(node.get("BANKID"), node.get("ACCTID"))
    days = [day for day in (closed_on, *(each.booked_on for each in movements)) if day is not None]
    if not days:
        file.fault(first_row, "LEDGERBAL", _("Neither the balance nor a movement has a day. Get the file again."))
        return None
    plain = ReadStatement(_("Statement"), account, opening, closing, days[0], days[0], movements, first_row)
    return of_days(plain, *days)


def _closing(node: _Node, row: int, given: Given, file: BankFile) -> tuple[int | None, date | None]:
    ledger = next(iter(node.all("LEDGERBAL")), None)
    if ledger is None or not ledger.get("BALAMT"):
        if given.closing is None:
            words = _("The file does not say how the account stands at its end: give that balance.")
            file.fault(row, "LEDGERBAL", words)
        return given.closing, None
    try:
        return _signed(ledger.get("BALAMT")), _day(ledger.get("DTASOF")) if ledger.get("DTASOF") else None
    except Unreadable as wrong:
        file.fault(row, "LEDGERBAL", str(wrong))
        return None, None


def _movement(node: _Node, row: int, file: BankFile) -> Movement | None:
    before = len(file.faults)
    values: dict[str, str] = {name: node.get(name) for name in ("DTPOSTED", "TRNAMT", "FITID")}
    for name, text in values.items():
        if not text:
            file.fault(row, name, _("This transaction lacks what it must have. Get the file from the bank again."))
    booked_on, pence = None, None
    try:
        booked_on = _day(values["DTPOSTED"]) if values["DTPOSTED"] else None
    except Unreadable as wrong:
        file.fault(row, "DTPOSTED", str(wrong))
    try:
        pence = _signed(values["TRNAMT"]) if values["TRNAMT"] else None
    except Unreadable as wrong:
        file.fault(row, "TRNAMT", str(wrong))
    if booked_on is None or pence is None or len(file.faults) > before:
        return None
    reference = one_line(node.get("REFNUM"), node.get("CHECKNUM"), node.get("MEMO"), node.get("NAME"))
    return Movement(row, booked_on, pence, reference, one_line(node.get("NAME")), values["FITID"])


def _signed(text: str) -> int:
    """Pence with their sign; OFX lets the decimals follow a comma, too."""
    plain = text.strip().replace(",", ".")
    pence = plain_pence(plain.removeprefix("-").removeprefix("+"))
    return -pence if plain.startswith("-") else pence


def _day(text: str) -> date:
    """The day in London of a moment; one without a zone is the bank's own. Raises Unreadable."""
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        raise Unreadable(said("There is no such day: %(text)s.", text=text))
    plain = day_of(found[1][:4], found[1][4:6], found[1][6:])
    if not found[2] or not found[3]:
        return plain
    clock = found[2].ljust(6, "0")
    hours = int(found[3])
    zone = f"{'-' if hours < 0 else '+'}{abs(hours):02d}:00"
    try:
        moment = datetime.fromisoformat(f"{plain.isoformat()}T{clock[:2]}:{clock[2:4]}:{clock[4:]}{zone}")
    except ValueError:
        raise Unreadable(said("There is no such day: %(text)s.", text=text)) from None
    return london_day(moment.isoformat())
