"""Bank statements of every kind, written by the tests themselves: one account, in pounds, with these movements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voucher.payments.bank_files.layouts import Layout

SORT_CODE, NUMBER = "602091", "10203040"
IBAN = f"GB33BUKB{SORT_CODE}{NUMBER}"
DAY = date(2026, 4, 7)


@dataclass(frozen=True)
class Moved:
    """One movement of a statement."""

    pence: int
    reference: str
    on: date = DAY
    party: str = "CALDER DIGITAL LTD"
    own_id: str = ""


OUT, IN = Moved(-24_000, "NTT-P-1"), Moved(100_000, "GRANT NTT-D-1", party="HOPE FUND")
BARCLAYS = Layout(
    date="Date",
    money_out="Money Out",
    money_in="Money In",
    balance="Balance",
    reference="Description",
    counterparty="Who",
)


def pounds(pence: int, point: str = ".") -> str:
    """An amount without its sign."""
    return f"{abs(pence) // 100}{point}{abs(pence) % 100:02d}"


def csv_statement(moved: Sequence[Moved], opening: int = 0) -> bytes:
    """A CSV file for the layout ``BARCLAYS``, oldest first."""
    rows, balance = ["Date,Description,Who,Money Out,Money In,Balance"], opening
    for each in moved:
        balance += each.pence
        out, came = (pounds(each.pence), "") if each.pence < 0 else ("", pounds(each.pence))
        signed = f"{'-' if balance < 0 else ''}{pounds(balance)}"
        rows.append(f"{each.on:%d/%m/%Y},{each.reference},{each.party},{out},{came},{signed}")
    return "\r\n".join([*rows, ""]).encode()


def camt(
    moved: Sequence[Moved],
    opening: int = 0,
    *,
    version: str = "08",
    title: str = "S-1",
    iban: str = IBAN,
    on: date = DAY,
) -> bytes:
    """A camt.053 with one statement."""
    return camt_of([camt_stmt(moved, opening, title=title, iban=iban, on=on)], version=version)


def camt_of(statements: Sequence[str], *, version: str = "08", kind: str = "camt.053", head: str = "") -> bytes:
    """A document of these statements."""
    space = f"urn:iso:std:iso:20022:tech:xsd:{kind}.001.{version}"
    body = "".join(statements)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<Document xmlns="{space}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-04-08T05:00:00+01:00</CreDtTm></GrpHdr>{body}</BkToCstmrStmt></Document>"
    ).encode()


def camt_stmt(moved: Sequence[Moved], opening: int = 0, *, title: str = "S-1", iban: str = IBAN, on: date = DAY) -> str:
    """One statement with the balances of its movements."""
    closing = opening + sum(each.pence for each in moved)
    balances = _camt_balance("OPBD", opening, on) + _camt_balance("CLBD", closing, on)
    entries = "".join(camt_entry(each) for each in moved)
    return f"<Stmt><Id>{title}</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{balances}{entries}</Stmt>"


def _camt_balance(code: str, pence: int, on: date) -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f"<Bal>{kind}{_camt_amount(pence)}<Dt><Dt>{on}</Dt></Dt></Bal>"


def _camt_amount(pence: int) -> str:
    way = "CRDT" if pence >= 0 else "DBIT"
    return f'<Amt Ccy="GBP">{pounds(pence)}</Amt><CdtDbtInd>{way}</CdtDbtInd>'


def camt_entry(each: Moved, *, status: str = "BOOK", more: str = "") -> str:
    """One entry; ``more`` stands before its status."""
    party = "Dbtr" if each.pence > 0 else "Cdtr"
    own = f"<AcctSvcrRef>{each.own_id}</AcctSvcrRef>" if each.own_id else ""
    details = (
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{each.reference}</EndToEndId></Refs>"
        f"<RltdPties><{party}><Nm>{each.party}</Nm></{party}></RltdPties></TxDtls></NtryDtls>"
    )
    return (
        f"<Ntry>{_camt_amount(each.pence)}{more}<Sts>{status}</Sts><BookgDt><Dt>{each.on}</Dt></BookgDt>"
        f"{own}{details}</Ntry>"
    )


def mt940(
    moved: Sequence[Moved], opening: int = 0, *, number: str = "1/1", account: str = f"{SORT_CODE}/{NUMBER}"
) -> bytes:
    """An MT940 with one statement."""
    closing = opening + sum(each.pence for each in moved)
    last = max([each.on for each in moved], default=DAY)
    lines = [":20:STMT", f":25:{account}", f":28C:{number}", f":60F:{_mt_balance(opening, last)}"]
    for each in moved:
        mark = "C" if each.pence >= 0 else "D"
        lines.append(f":61:{each.on:%y%m%d}{each.on:%m%d}{mark}{pounds(each.pence, ',')}NTRFNONREF//{each.own_id}")
        lines.append(f":86:{each.reference} /NAME/{each.party}/")
    return "\r\n".join([*lines, f":62F:{_mt_balance(closing, last)}", "-", ""]).encode()


def _mt_balance(pence: int, on: date) -> str:
    return f"{'C' if pence >= 0 else 'D'}{on:%y%m%d}GBP{pounds(pence, ',')}"


def ofx(moved: Sequence[Moved], opening: int = 0) -> bytes:
    """An OFX file of the old form, as it is downloaded."""
    closing = opening + sum(each.pence for each in moved)
    last = max([each.on for each in moved], default=DAY)
    rows = "".join(
        f"<STMTTRN>\n<TRNTYPE>OTHER\n<DTPOSTED>{each.on:%Y%m%d}\n<TRNAMT>{_ofx_signed(each.pence)}\n"
        f"<FITID>{each.own_id or i}\n<NAME>{each.party}\n<MEMO>{each.reference}\n</STMTTRN>\n"
        for i, each in enumerate(moved, start=1)
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
        "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>\n<CURDEF>GBP\n"
        f"<BANKACCTFROM><BANKID>{SORT_CODE}\n<ACCTID>{NUMBER}\n<ACCTTYPE>CHECKING\n</BANKACCTFROM>\n"
        f"<BANKTRANLIST>\n{rows}</BANKTRANLIST>\n<LEDGERBAL><BALAMT>{_ofx_signed(closing)}\n<DTASOF>{last:%Y%m%d}\n"
        "</LEDGERBAL>\n</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    ).encode()


def _ofx_signed(pence: int) -> str:
    return f"{'-' if pence < 0 else ''}{pounds(pence)}"


# A CSV file in the layout of these tests with a fault in each row but one.
TWELVE_FAULTS = (
    "Date,Description,Who,Money Out,Money In,Balance\n"
    "31/02/2026,A,X,1.00,,99.00\n"  # 1 a day that does not exist
    ",B,X,1.00,,98.00\n"  # 2 no day
    "yesterday,C,X,1.00,,97.00\n"  # 3 no day at all
    "07/04/2026,D,X,one,,96.00\n"  # 4 no amount
    "07/04/2026,E,X,1.00,1.00,96.00\n"  # 5 out and in
    "07/04/2026,F,X,,,96.00\n"  # 6 neither
    "07/04/2026,G,X,1.00,,ninety\n"  # 7 a balance that is none
    "07/04/2026,H,X\n"  # 8 too short
    "07/04/2026,I,X,1.00,,95.00,extra\n"  # 9 too long
    "07/04/2026,J,X,1.00,,94.00\n"
    "07/04/2026,K,X,1.00,,95.00\n"  # 10 the wrong way round
    "07/04/2026,L,X,1.00,,90.00\n"  # 11 a balance that does not follow
    "07/04/2026,M,X,1.005,,89.00\n"  # 12 a tenth of a penny
)
