"""The bank of the demo: what it booked on the scheme's account, and the files in which it tells of it.

The files are written as a bank writes them: a camt.053, or the CSV that its pages let one download.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from xml.sax.saxutils import escape

from voucher.platform.money import plain_pounds

ACCOUNT, SORT_CODE, NUMBER = "Tech tasters", "20-00-00", "73158820"
BANK_CODE = "NMBK"  # the bank is as made up as the authority
LAYOUT = "Download from the bank's pages"
COLUMNS = (
    "--date", "Date", "--money-out", "Money out", "--money-in", "Money in", "--balance", "Balance", "--reference",
    "Description", "--counterparty", "Name", "--own-id", "Transaction",
)  # fmt: skip
SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def iban() -> str:
    """The account's number with its two check digits (ISO 13616: modulus 97)."""
    body = f"{BANK_CODE}{SORT_CODE.replace('-', '')}{NUMBER}"
    digits = "".join(str(int(each, 36)) for each in f"{body}GB00")
    return f"GB{98 - int(digits) % 97:02d}{body}"


@dataclass(frozen=True)
class Booked:
    """One movement: pence are below zero for money out; ``own_id`` is the bank's own number of it."""

    on: date
    pence: int
    reference: str
    party: str
    own_id: str


@dataclass
class Bank:
    """The account: its balance in pence, and what was booked and told in no file yet."""

    balance: int
    told_until: int = field(init=False)
    untold: list[Booked] = field(default_factory=list)
    entries: int = 0
    files: int = 0

    def __post_init__(self) -> None:
        self.told_until = self.balance

    def book(self, on: date, pence: int, reference: str, party: str) -> None:
        """Books a movement."""
        self.entries += 1
        self.balance += pence
        self.untold.append(Booked(on, pence, reference, party, f"NB{on:%y%m%d}{self.entries:05d}"))

    def book_untold(self, on: date, pence: int, reference: str, party: str) -> None:
        """Books a movement whose file nobody can read: the next one begins where this has left the balance."""
        self.book(on, pence, reference, party)
        self.untold.pop()
        self.told_until += pence

    def camt(self, at: datetime) -> bytes:
        """A camt.053 of what was not told yet."""
        opening, moved = self._tell()
        self.files += 1
        said = [
            f"<Id>NMBK-{self.files:04d}</Id><ElctrncSeqNb>{self.files}</ElctrncSeqNb>",
            f"<CreDtTm>{at.isoformat(timespec='seconds')}</CreDtTm>",
            f"<Acct><Id><IBAN>{iban()}</IBAN></Id><Ccy>GBP</Ccy></Acct>",
            _balance("OPBD", opening, moved[0].on),
            _balance("CLBD", self.told_until, moved[-1].on),
            *map(_entry, moved),
        ]
        group = f"<MsgId>NMBK{at:%Y%m%d%H%M}</MsgId><CreDtTm>{at.isoformat(timespec='seconds')}</CreDtTm>"
        inner = "\n".join(said)
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{SPACE}">\n<BkToCstmrStmt>\n'
            f"<GrpHdr>{group}</GrpHdr>\n<Stmt>\n{inner}\n</Stmt>\n</BkToCstmrStmt>\n</Document>\n"
        ).encode()

    def csv(self) -> bytes:
        """The same as a CSV file, oldest first."""
        balance, moved = self._tell()
        rows = ["Date,Transaction,Description,Name,Money out,Money in,Balance"]
        for each in moved:
            balance += each.pence
            out, came = (plain_pounds(-each.pence), "") if each.pence < 0 else ("", plain_pounds(each.pence))
            rows.append(
                f'{each.on:%d/%m/%Y},{each.own_id},{each.reference},"{each.party}",{out},{came},{plain_pounds(balance)}'
            )
        return "\r\n".join([*rows, ""]).encode()

    def _tell(self) -> tuple[int, list[Booked]]:
        opening, moved = self.told_until, self.untold
        self.told_until, self.untold = self.balance, []
        return opening, moved


def _amount(pence: int) -> str:
    way = "DBIT" if pence < 0 else "CRDT"
    return f'<Amt Ccy="GBP">{plain_pounds(abs(pence))}</Amt><CdtDbtInd>{way}</CdtDbtInd>'


def _balance(code: str, pence: int, on: date) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(pence)}<Dt><Dt>{on}</Dt></Dt></Bal>"


def _entry(each: Booked) -> str:
    """Money out carries the reference that its payer gave it, money in the words that came with it."""
    reference, side = escape(each.reference), "Cdtr" if each.pence < 0 else "Dbtr"
    end_to_end = reference if each.pence < 0 else "NOTPROVIDED"
    words = "" if each.pence < 0 else f"<RmtInf><Ustrd>{reference}</Ustrd></RmtInf>"
    return (
        f"<Ntry>{_amount(each.pence)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{each.on}</Dt></BookgDt>"
        f"<AcctSvcrRef>{each.own_id}</AcctSvcrRef><NtryDtls><TxDtls>"
        f"<Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>"
        f"<RltdPties><{side}><Pty><Nm>{escape(each.party.upper())}</Nm></Pty></{side}></RltdPties>{words}"
        "</TxDtls></NtryDtls></Ntry>"
    )
