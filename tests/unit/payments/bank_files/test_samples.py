"""Files that others wrote, read beside the facts that stand in their index: nothing of ours wrote them.

They are not part of the project; where the folder beside the checkout is absent, this says that it is skipped. Hardly
one is in pounds, so what is compared are the same files with the currency's name changed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from voucher.payments.bank_files.layouts import DayForm, Delimiter, Layout
from voucher.payments.bank_files.readers import read_bank_file
from voucher.payments.bank_files.reading import BankFile, FileKind, Given, plain_pence

SAMPLES = Path(__file__).resolve().parents[5] / "shared" / "samples"
KINDS = {"camt053": FileKind.CAMT, "mt940": FileKind.MT940, "ofx": FileKind.OFX}
_ENTRY = re.compile(r"^- \*\*(?P<path>(?:camt053|mt940|ofx)/\S+)\*\*.*?^  - facts: (?P<facts>[^\n]*)$", re.M | re.S)
_CAMT = re.compile(
    r"\[\d\] acct=(\S+) bal\((?:OPBD|PRCD) (-?[\d.]+) (\w+).*?CLBD (-?[\d.]+) (\w+).*?entries=(\d+) "
    r"credits=([\d.]+) debits=([\d.]+)"
)
_MT940 = re.compile(
    r"\[\d+\] acct=(.+?) open=(-?[\d,]+) (\w+) \w close=(-?[\d,]+) \w+ \w :61: lines=(\d+) credits=([\d.]+) "
    r"debits=([\d.]+) opening\+net(==|!=)closing"
)
# The day in this one is 30 February; its facts speak of the balances alone.
IMPOSSIBLE_DAY = "mt940/self-provided-transaction_details_wrapped.sta"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample files is not beside the checkout")


class Sample(NamedTuple):
    """A file and its facts."""

    path: str
    facts: str

    def read(self, *, pounds: bool) -> BankFile:
        """The file as it is, or with the name of every currency changed into that of pounds."""
        data = (SAMPLES / self.path).read_bytes()
        if pounds:
            data = re.sub(rb"(?<![A-Z])(EUR|USD|SEK|CHF|PLN|CAD|JPY)(?![A-Z])", b"GBP", data)
        return read_bank_file(KINDS[self.path.partition("/")[0]], data)


def samples() -> list[Sample]:
    index = SAMPLES / "INDEX.md"
    text = index.read_text(encoding="utf-8") if index.exists() else ""
    return [Sample(found["path"], found["facts"]) for found in _ENTRY.finditer(text)]


def pence(text: str) -> int:
    """Pence of a fact, with a point or a comma."""
    plain = plain_pence(text.replace(",", ".").removeprefix("-"))
    return -plain if text.startswith("-") else plain


@pytest.mark.parametrize("sample", samples(), ids=lambda each: each.path)
def test_every_sample_is_read_or_refused_in_words(sample: Sample) -> None:
    file = sample.read(pounds=False)
    assert bool(file.faults) != bool(file.statements and not file.faults)
    foreign = set(re.findall(r"\b(?:EUR|USD|SEK|CHF|PLN|CAD)\b", sample.facts))
    if foreign and file.faults and "acct=" in sample.facts and "ns=camt.054" not in sample.facts:
        assert any(f"in {each}" in str(fault) for each in foreign for fault in file.faults), file.faults


@pytest.mark.rule(36)
@pytest.mark.parametrize(
    "sample",
    [each for each in samples() if each.path.startswith("camt053") and "opening+net==closing" in each.facts],
    ids=lambda each: each.path,
)
def test_a_camt_sample_in_pounds_has_the_balances_and_sums_of_its_facts(sample: Sample) -> None:
    file = sample.read(pounds=True)
    found = _CAMT.findall(sample.facts)
    assert file.faults == []
    assert len(file.statements) == len(found)
    told = {(account, pence(opening), pence(closing)) for account, opening, _c, closing, _d, *_more in found}
    assert {(each.account, each.opening, each.closing) for each in file.statements} == told
    sums = sorted((pence(credits), -pence(debits)) for *_more, credits, debits in found)
    assert sums == sorted(
        (
            sum(each.pence for each in statement.movements if each.pence > 0),
            sum(each.pence for each in statement.movements if each.pence < 0),
        )
        for statement in file.statements
    )


@pytest.mark.rule(36)
@pytest.mark.parametrize(
    "sample", [each for each in samples() if each.path.startswith("mt940")], ids=lambda each: each.path
)
def test_an_mt940_sample_in_pounds_has_the_balances_of_its_facts_or_is_refused(sample: Sample) -> None:
    file = sample.read(pounds=True)
    found = _MT940.findall(sample.facts)
    if not found or sample.path == IMPOSSIBLE_DAY:
        assert file.faults
        return
    assert bool(file.faults) == any(holds == "!=" for *_more, holds in found), file.faults
    read = {(each.account, each.opening, each.closing) for each in file.statements}
    for account, opening, _currency, closing, _lines, _credits, _debits, holds in found:
        if holds == "==":
            assert (" ".join(account.split()), pence(opening), pence(closing)) in read


def test_an_ofx_sample_in_pounds_has_the_account_the_sum_and_the_balance_of_its_facts() -> None:
    sample = next(each for each in samples() if each.path.endswith("bank_medium.ofx"))
    (statement,) = sample.read(pounds=True).statements
    assert statement.account.endswith("12300 000012345678")
    assert (statement.closing, statement.moved) == (38_234, -34_527)
    sample = next(each for each in samples() if each.path.endswith("date_missing.ofx"))
    assert {fault.column for fault in sample.read(pounds=True).faults} == {"DTPOSTED"}


BARCLAYS = Layout("Date", money_out="Money Out", money_in="Money In", balance="Balance", reference="Description")
LAYOUTS = {
    "barclays-sample": BARCLAYS,
    "barclays-quoted-fields": BARCLAYS,
    "hsbc-sample": Layout("Date", money_out="Paid Out", money_in="Paid In", balance="Balance", reference="Description"),
    "lloyds-sample": Layout(
        "Transaction Date", money_out="Debit", money_in="Credit", balance="Balance", reference="Description"
    ),
    "starling-sample": Layout(
        "Date", amount="Amount (GBP)", balance="Balance (GBP)", reference="Reference", counterparty="Counter Party"
    ),
}


@pytest.mark.rule(36)
@pytest.mark.parametrize("name", LAYOUTS)
def test_the_csv_layouts_of_uk_banks_are_read_and_add_up(name: str) -> None:
    data = (SAMPLES / "bankcsv" / f"selfemploy-{name}.csv").read_bytes()
    file = read_bank_file(FileKind.CSV, data, LAYOUTS[name])
    (statement,) = file.statements
    assert (file.faults, len(statement.movements)) == ([], len(data.splitlines()) - 1)


def test_csv_samples_without_balances_are_read_with_those_that_are_given() -> None:
    monzo = Layout("Date", amount="Amount", reference="Notes", own_id="Transaction ID", currency="Currency")
    data = (SAMPLES / "bankcsv" / "selfemploy-monzo-sample.csv").read_bytes()
    file = read_bank_file(FileKind.CSV, data, monzo, Given(0, 499_970))
    assert (file.faults, len(file.statements[0].movements)) == ([], 6)
    european = Layout("Buchungstag", amount="Betrag", reference="Ref", decimal_comma=True, currency="CCY")
    european = replace(european, delimiter=Delimiter.SEMICOLON, day_form=DayForm.YEAR_FIRST)
    data = (SAMPLES / "bankcsv" / "bsp-csv_european_decimals.csv").read_bytes()
    foreign = read_bank_file(FileKind.CSV, data, european, Given(0, 0))
    assert {fault.column for fault in foreign.faults} == {"CCY"}
    file = read_bank_file(FileKind.CSV, data.replace(b"EUR;", b"GBP;"), european, Given(0, 226_094))
    assert file.faults == []


def test_empty_csv_samples_and_one_whose_balances_do_not_follow_are_refused() -> None:
    layout = BARCLAYS
    empty = (SAMPLES / "bankcsv" / "selfemploy-empty.csv").read_bytes()
    assert "holds no movement" in str(read_bank_file(FileKind.CSV, empty, layout).faults[0])
    boi = Layout("Date", money_out="Debit", money_in="Credit", balance="Balance", reference="Details")
    edited = (SAMPLES / "bankcsv" / "bank2ynab-test_BOI_TransactionExport.csv").read_bytes()
    assert all("does not follow" in str(fault) for fault in read_bank_file(FileKind.CSV, edited, boi).faults)
