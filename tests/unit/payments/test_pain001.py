"""pain.001 in pounds: what stands in it, and that a file which does not hold what it should is not given out."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from voucher.payments import pain001
from voucher.payments.pain001 import Pain001Wrong, Party, Transfer, check_file, write
from voucher.platform.xml_schema import XmlRefused, check

PAYER = Party("Northmoor Combined Authority", "200000", "12345678")
PAID = [
    Transfer("NTT-P-7K2M9", 44_000, Party("Calder & Söhne Ltd", "309634", "00000012")),
    Transfer("NTT-P-7K2MA", 1, Party("Wharfe Systems Ltd", "089999", "66374958")),
]
ISO = Path(str(files("sepaxml") / "schemas" / "pain.001.001.09.xsd"))


def made() -> bytes:
    return write("NTT-B-1", PAYER, PAID, at=datetime(2026, 4, 7, 9, tzinfo=UTC), on=date(2026, 4, 8))


@pytest.mark.rule(32, 34)
def test_the_file_counts_sums_and_names_sort_codes_under_gbdsc() -> None:
    text = made().decode()
    assert text.count("<NbOfTxs>2</NbOfTxs>") == text.count("<CtrlSum>440.01</CtrlSum>") == 2
    assert set(re.findall(r'Ccy="(\w+)"', text)) == {"GBP"}
    assert text.count("<ClrSysId><Cd>GBDSC</Cd></ClrSysId>") == 3
    assert re.findall(r"<EndToEndId>(.*?)</EndToEndId>", text) == ["NTT-P-7K2M9", "NTT-P-7K2MA"]
    assert "<Nm>CALDER &amp; S HNE LTD</Nm>" in text
    assert made() == made()


@pytest.mark.rule(34)
def test_what_our_schema_lets_pass_is_valid_by_the_one_of_iso() -> None:
    check(made(), pain001.SCHEMA)
    check(made(), ISO)


WRONG = {
    "another number": (b"<NbOfTxs>2<", b"<NbOfTxs>3<", "NbOfTxs"),
    "another sum": (b"<CtrlSum>440.01<", b"<CtrlSum>440.02<", "CtrlSum"),
    "another amount": (b">0.01<", b">0.02<", "CtrlSum"),
    "another currency": (b'"GBP"', b'"EUR"', "schema"),
    "another clearing system": (b">GBDSC<", b">DEBLZ<", "schema"),
    "a short sort code": (b">309634<", b">30963<", "schema"),
    "a reference of 36": (b">NTT-P-7K2M9</End", b">" + b"A" * 36 + b"</End", "schema"),
    "a reference twice": (b">NTT-P-7K2MA</End", b">NTT-P-7K2M9</End", "occurs twice"),
    "another payee": (b">66374958<", b">66374959<", "payments of the batch"),
    "a lower-case name": (b">WHARFE", b">Wharfe", "schema"),
    "nothing at all": (b"<Document", b"<Dokument", "no XML"),
}


@pytest.mark.rule(34)
@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_does_not_hold_what_it_should_is_refused(name: str) -> None:
    good, bad, words = WRONG[name]
    assert good in made()
    with pytest.raises(Pain001Wrong, match=words):
        check_file(made().replace(good, bad), PAID)


@pytest.mark.rule(34)
@pytest.mark.parametrize("name", ["another number", "another sum", "a reference twice", "another payee"])
def test_control_the_schema_alone_would_let_these_pass(name: str) -> None:
    good, bad, _words = WRONG[name]
    check(made().replace(good, bad), pain001.SCHEMA)


@pytest.mark.rule(34)
@pytest.mark.parametrize("name", ["another currency", "another clearing system", "a lower-case name"])
def test_ours_refuses_more_than_the_schema_of_iso(name: str) -> None:
    good, bad, _words = WRONG[name]
    check(made().replace(good, bad), ISO)


def test_entities_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "NTT">]>' + made().partition(b"?>\n")[2].replace(b"NTT-B-1", b"&a;")
    with pytest.raises(XmlRefused):
        check(bomb, pain001.SCHEMA)
