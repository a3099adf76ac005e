"""Whoever holds a statement's PDF can check it: the untouched one holds, and each way of tampering is found."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner, Result

from tests.documents.signed_papers import (
    FORGER,
    Papers,
    attach,
    data_of,
    forged,
    make_papers,
    overlaid,
    parts,
    saved,
    with_data,
)
from tests.documents.tamperings import IDENTITIES, TAMPERINGS, csv_of, more_paid
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.databases import Databases
from tests.harness.page import Page
from tests.harness.ready import opened
from voucher.app import office
from voucher.cli.main import Root
from voucher.cli.verifying import COMMANDS
from voucher.platform.db import read_anew
from voucher.reports.verify.annex import row_findings
from voucher.reports.verify.check import check_statement
from voucher.reports.verify.findings import NotAStatement, Outcome, packed, unpacked
from voucher.reports.verify.identities import line_findings
from voucher.reports.verify.paper_file import SIGNATURE, TRANSACTIONS
from voucher.reports.verify.published import NoKeys, as_published, read_published


@pytest.fixture(scope="module")
def papers(sqlite_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(sqlite_databases, tmp_path_factory.mktemp("papers"))


@pytest.mark.rule(54, 55, 56)
def test_an_untouched_statement_holds_in_every_respect(papers: Papers) -> None:
    for raw in (papers.april, papers.may):
        report = check_statement(raw, papers.keys)
        assert report.failed == set(), [found for found in report.findings if found.outcome is Outcome.FAILS]
        assert report.holds
        opened = {found.code for found in report.findings if found.outcome is Outcome.OPEN}
        assert opened <= {"transactions_csv"}
        assert report.limits
    assert len(data_of(papers.april)["transactions"]) == 4
    assert parts(data_of(papers.april))["12e"]["value"] == 2_500


@pytest.mark.rule(54)
@pytest.mark.parametrize("how", TAMPERINGS)
def test_every_way_of_tampering_is_found_and_named(papers: Papers, how: str) -> None:
    tamper, expected = TAMPERINGS[how]
    report = check_statement(tamper(papers), papers.keys)
    without_signature = "signature_there" in expected
    assert expected | (set() if without_signature else {"file"}) <= report.failed
    assert not report.holds
    assert all(found.sentence.text() and all(d.text() for d in found.details) for found in report.findings)


def test_there_are_more_than_twenty_ways() -> None:
    assert len(TAMPERINGS) > 20


def test_a_file_that_was_only_saved_anew_says_that_its_data_and_figures_are_as_signed(papers: Papers) -> None:
    assert check_statement(saved(papers.april), papers.keys).failed == {"file"}
    overlay = check_statement(overlaid(papers.april, "nothing"), papers.keys)
    [found] = [found for found in overlay.findings if found.code == "file"]
    assert "Something was added to it after it was made." in [detail.text() for detail in found.details]


def test_without_the_published_keys_a_forged_key_is_not_seen_and_the_report_says_that_nobody_looked(
    papers: Papers,
) -> None:
    forgery = saved(papers.april, attach(SIGNATURE, forged(papers.april)))
    blind = check_statement(forgery)
    assert "published_key" not in blind.failed
    [found] = [found for found in blind.findings if found.code == "published_key"]
    assert found.outcome is Outcome.OPEN
    assert "published_key" in check_statement(forgery, papers.keys).failed


def test_the_attached_table_is_compared_when_it_is_there(papers: Papers) -> None:
    report = check_statement(saved(papers.april, attach(TRANSACTIONS, csv_of(data_of(papers.april)))), papers.keys)
    assert [found.outcome for found in report.findings if found.code == "transactions_csv"] == [Outcome.HOLDS]


@pytest.mark.rule(54, 55, 56)
@pytest.mark.parametrize("which", IDENTITIES)
def test_every_identity_is_worked_out_again(papers: Papers, which: str) -> None:
    edit, code = IDENTITIES[which]
    data = data_of(papers.april)
    assert not [found for found in [*line_findings(data), *row_findings(data)] if found.outcome is Outcome.FAILS]
    edit(data)
    failed = {found.code for found in [*line_findings(data), *row_findings(data)] if found.outcome is Outcome.FAILS}
    assert code in failed


def test_what_is_no_statement_is_told_apart_from_one_that_was_tampered_with(papers: Papers) -> None:
    for raw in (b"", b"name,amount\n", b"%PDF-1.7\n%%EOF\n", b"PK\x03\x04" + papers.april[8:]):
        with pytest.raises(NotAStatement):
            check_statement(raw)
    blank = pikepdf.new()
    blank.add_blank_page()
    with pytest.raises(NotAStatement, match="No statement's data"):
        check_statement(saved(_bytes(blank)))


def _bytes(document: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return bytes(out.getvalue())


def test_a_report_is_the_same_after_it_was_handed_over(papers: Papers) -> None:
    report = check_statement(with_data(papers.april, more_paid), papers.keys)
    assert unpacked(json.loads(json.dumps(packed(report)))) == report


def test_published_keys_are_read_in_every_form(papers: Papers) -> None:
    [key] = papers.keys
    assert read_published(json.dumps(as_published(papers.keys)).encode()) == papers.keys
    plain = as_published(papers.keys)["keys"][0]["public_key"]
    assert [found.public for found in read_published(plain.encode())] == [key.public]
    for wrong in (b"", b"{}", b'{"keys": []}', b"not base64!", b"-----BEGIN PUBLIC KEY-----\n", plain[:-8].encode()):
        with pytest.raises(NoKeys):
            read_published(wrong)
    assert FORGER.public_key().public_bytes_raw() != key.public


# The page, in the installation that signed.


@pytest.mark.rule(54)
def test_the_page_says_the_same_and_knows_what_was_signed_here(papers: Papers, tmp_path: Path) -> None:
    with opened(papers.ready, tmp_path, FixedClock()) as (app, _world):
        nobody = PageClient(app)
        whole = dropped(nobody, papers.april, f"/S/{papers.april_id.upper()}")
        assert whole.heading == "Everything that can be checked holds"
        assert "This installation has signed a statement with exactly these data." in whole
        assert "Does not hold" not in whole
        other = dropped(nobody, papers.may, f"/S/{papers.april_id}")
        assert other.heading == "Something does not hold"
        assert "The file is the statement to which the code on the cover leads." in other
        tampered = dropped(nobody, with_data(papers.april, more_paid, signed_again=True), "/check-statement")
        assert "It is none of them: somebody else signed this file." in tampered
        read_anew()
        assert not list(office().config.documents.rglob("*.part"))


def test_the_code_on_the_cover_leads_to_the_page_for_that_statement(papers: Papers) -> None:
    cover = pypdfium2.PdfDocument(papers.april)[0].render(scale=150 / 72).to_pil()
    (code,) = zxingcpp.read_barcodes(cover)
    assert code.text.endswith(f"/S/{papers.april_id.upper()}")


def dropped(client: PageClient, raw: bytes, path: str) -> Page:
    return client.submit(
        client.get(path), {"The statement's PDF": (io.BytesIO(raw), "s.pdf")}, button="Check it", expect=200
    )


# The command, on a machine that has nothing but the file.


def verify(folder: Path, raw: bytes, *words: str | Path) -> Result:
    (folder / "s.pdf").write_bytes(raw)
    nowhere = {"VOUCHER_DATA": str(folder / "none"), "DATABASE_URL": f"sqlite:///{folder}/none/x.sqlite3"}
    result = CliRunner().invoke(
        Root("voucher", COMMANDS), ["verify-statement", str(folder / "s.pdf"), *map(str, words)], env=nowhere
    )
    assert not (folder / "none").exists()
    return result


@pytest.mark.rule(54)
def test_the_command_says_in_words_what_holds_and_what_it_cannot_prove(papers: Papers, tmp_path: Path) -> None:
    keys = tmp_path / "statement-keys.json"
    keys.write_text(json.dumps(as_published(papers.keys)))
    whole = verify(tmp_path, papers.april, "--public-key", keys)
    assert whole.exit_code == 0, whole.stdout
    assert "[holds] The key is one that the authority publishes." in whole.stdout
    assert "That the support was given" in whole.stdout
    assert whole.stdout.endswith("Everything that was checked holds.\n")
    broken = verify(tmp_path, with_data(papers.april, more_paid), "--public-key", keys)
    assert broken.exit_code == 1
    assert "[DOES NOT HOLD] The attached data are those that were signed." in broken.stdout
    assert broken.stdout.endswith("Something does not hold.\n")


def test_the_command_answers_scripts_and_knows_what_is_no_statement(papers: Papers, tmp_path: Path) -> None:
    found = json.loads(verify(tmp_path, papers.april, "--json").stdout)
    assert (found["holds"], found["statement"]["statement"]) == (True, data_of(papers.april)["header"]["statement"])
    assert {each["code"]: each["outcome"] for each in found["findings"]}["published_key"] == "not checked"
    nothing = verify(tmp_path, b"hello", "--json")
    assert (nothing.exit_code, json.loads(nothing.stdout)["error"]["code"]) == (2, "not_a_statement")
    assert verify(tmp_path, b"hello").stderr == "This is not a PDF.\n"
    bad = tmp_path / "bad"
    bad.write_text("no key")
    assert verify(tmp_path, papers.april, "--public-key", bad).exit_code == 2
