"""ISO 20022 pain.001.001.09 for payments in pounds within the United Kingdom (rule 34).

The file holds one instruction block with a credit transfer for each payment. Sort codes stand as members of the
clearing system GBDSC, account numbers under ``Othr``. It is checked twice before it leaves: by a schema of exactly
this subset (``pain001.xsd``), and by counting what the written bytes hold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

from voucher.payments.rules import bank_text
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import parse_pounds, plain_pounds
from voucher.platform.xml_schema import XmlRefused, check

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
SCHEMA = Path(__file__).with_name("pain001.xsd")
CURRENCY, CLEARING = "GBP", "GBDSC"
NAME_LENGTH, REFERENCE_LENGTH = 35, 35
_IN = {"p": NAMESPACE}


class Pain001Wrong(ValueError):
    """A file that must not be sent; the message says what is wrong with it."""


@dataclass(frozen=True)
class Party:
    """One side of a transfer: its name and its British account."""

    name: str
    sort_code: str
    number: str


@dataclass(frozen=True)
class Transfer:
    """One payment; ``reference`` comes back on the bank's statement."""

    reference: str
    pence: int
    payee: Party


def write(batch: str, payer: Party, transfers: Sequence[Transfer], *, at: datetime, on: date) -> bytes:
    """The file of a batch, to be paid on that day; raises Pain001Wrong when it does not hold what it should."""
    root = ElementTree.Element("Document", xmlns=NAMESPACE)
    start = ElementTree.SubElement(root, "CstmrCdtTrfInitn")
    total = plain_pounds(sum(each.pence for each in transfers))
    counted = [("NbOfTxs", str(len(transfers))), ("CtrlSum", total)]
    head = ElementTree.SubElement(start, "GrpHdr")
    _texts(head, [("MsgId", batch), ("CreDtTm", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")), *counted])
    _texts(ElementTree.SubElement(head, "InitgPty"), [("Nm", _name(payer))])
    block = ElementTree.SubElement(start, "PmtInf")
    _texts(block, [("PmtInfId", batch), ("PmtMtd", "TRF"), *counted])
    _texts(_inside(block, "PmtTpInf", "SvcLvl"), [("Cd", "NURG")])
    _texts(ElementTree.SubElement(block, "ReqdExctnDt"), [("Dt", on.isoformat())])
    _texts(ElementTree.SubElement(block, "Dbtr"), [("Nm", _name(payer))])
    _account(block, "DbtrAcct", payer)
    _bank(block, "DbtrAgt", payer)
    _texts(block, [("ChrgBr", "SLEV")])
    for each in transfers:
        _transfer(block, each)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True, short_empty_elements=False)
    check_file(content, transfers)
    return content


def _transfer(block: ElementTree.Element, each: Transfer) -> None:
    found = ElementTree.SubElement(block, "CdtTrfTxInf")
    _texts(ElementTree.SubElement(found, "PmtId"), [("EndToEndId", each.reference)])
    amount = ElementTree.SubElement(ElementTree.SubElement(found, "Amt"), "InstdAmt", Ccy=CURRENCY)
    amount.text = plain_pounds(each.pence)
    _bank(found, "CdtrAgt", each.payee)
    _texts(ElementTree.SubElement(found, "Cdtr"), [("Nm", _name(each.payee))])
    _account(found, "CdtrAcct", each.payee)
    _texts(ElementTree.SubElement(found, "RmtInf"), [("Ustrd", bank_text(each.reference))])


def _name(party: Party) -> str:
    return bank_text(party.name, NAME_LENGTH)


def _account(parent: ElementTree.Element, tag: str, party: Party) -> None:
    _texts(_inside(parent, tag, "Id", "Othr"), [("Id", party.number)])


def _bank(parent: ElementTree.Element, tag: str, party: Party) -> None:
    member = _inside(parent, tag, "FinInstnId", "ClrSysMmbId")
    _texts(ElementTree.SubElement(member, "ClrSysId"), [("Cd", CLEARING)])
    _texts(member, [("MmbId", party.sort_code)])


def _inside(parent: ElementTree.Element, *tags: str) -> ElementTree.Element:
    for tag in tags:
        parent = ElementTree.SubElement(parent, tag)
    return parent


def _texts(parent: ElementTree.Element, pairs: Sequence[tuple[str, str]]) -> None:
    for tag, text in pairs:
        ElementTree.SubElement(parent, tag).text = text


def check_file(content: bytes, transfers: Sequence[Transfer]) -> None:
    """Raises Pain001Wrong unless the bytes are valid and hold these transfers and nothing else."""
    try:
        check(content, SCHEMA)
    except XmlRefused as wrong:
        raise Pain001Wrong(said("The file breaks the schema. %(wrong)s", wrong=wrong)) from wrong
    root = ElementTree.fromstring(content)  # noqa: S314 - our own bytes, which the schema has just let pass
    faults = [*_wrong_counts(root), *_wrong_references(root), *_wrong_codes(root)]
    held = [
        (_text(each, "p:PmtId/p:EndToEndId"), parse_pounds(_text(each, "p:Amt/p:InstdAmt")), *_payee(each))
        for each in root.iterfind(".//p:CdtTrfTxInf", _IN)
    ]
    meant = [(each.reference, each.pence, each.payee.sort_code, each.payee.number) for each in transfers]
    if held != meant:
        faults.append(_("It does not hold the payments of the batch."))
    if faults:
        raise Pain001Wrong(" ".join(faults))


def _wrong_counts(root: ElementTree.Element) -> list[str]:
    amounts = [parse_pounds(each.text or "") for each in root.iterfind(".//p:InstdAmt", _IN)]
    found = []
    for part in (".//p:GrpHdr", ".//p:PmtInf"):
        if int(_text(root, f"{part}/p:NbOfTxs")) != len(amounts):
            found.append(_("NbOfTxs is not the number of its payments."))
        if parse_pounds(_text(root, f"{part}/p:CtrlSum")) != sum(amounts):
            found.append(_("CtrlSum is not the sum of its payments."))
    return found


def _wrong_references(root: ElementTree.Element) -> list[str]:
    references = [each.text or "" for each in root.iterfind(".//p:EndToEndId", _IN)]
    found = []
    if len(set(references)) != len(references):
        found.append(_("An EndToEndId occurs twice."))
    if any(not 1 <= len(each) <= REFERENCE_LENGTH for each in references):
        found.append(said("An EndToEndId has not 1 to %(most)s characters.", most=REFERENCE_LENGTH))
    return found


def _wrong_codes(root: ElementTree.Element) -> list[str]:
    found = []
    if any(each.get("Ccy") != CURRENCY for each in root.iterfind(".//p:InstdAmt", _IN)):
        found.append(_("An amount is not in pounds."))
    members = list(root.iterfind(".//p:ClrSysMmbId", _IN))
    if any(_text(each, "p:ClrSysId/p:Cd") != CLEARING for each in members):
        found.append(_("A sort code does not stand under GBDSC."))
    if not all(re.fullmatch(r"[0-9]{6}", _text(each, "p:MmbId")) for each in members):
        found.append(_("A sort code has not six digits."))
    return found


def _payee(each: ElementTree.Element) -> tuple[str, str]:
    code = _text(each, "p:CdtrAgt/p:FinInstnId/p:ClrSysMmbId/p:MmbId")
    return code, _text(each, "p:CdtrAcct/p:Id/p:Othr/p:Id")


def _text(parent: ElementTree.Element, path: str) -> str:
    return parent.findtext(path, "", _IN)
