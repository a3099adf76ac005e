"""The remittance advice as a letter: read back as a screen reader would, over several pages, the same each time."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import pikepdf
import pypdfium2

from voucher.payments.remittance_paper import AdvisedClaim, RemittancePaper, remittance_pdf

PAPER = RemittancePaper(
    scheme="North Tyne Tech Taster",
    owner="North Tyne Combined Authority",
    contact_line="vouchers@northtyne.example, 0191 496 0842",
    provider="Calder Digital Ltd",
    address=("Unit 4, Canal Mill", "Todmorden", "OL14 5AA"),
    payment="NTT-P-7K2M9",
    pence=44_000,
    paid_to="account ending 4567",
    standing="The payment has left the scheme's account.",
    sent_on="2026-04-07",
    left_on="2026-04-08",
    returned_on="",
    claims=(
        AdvisedClaim("NTT-R-1", "Aire Valley Bakery", "INV-17", "2026-04-02", 24_000),
        AdvisedClaim("NTT-R-2", "Caffi Tŷ Gŵyr a Łucja Cyf", "INV-18", "2026-04-03", 20_000),
    ),
)


@cache
def letter() -> bytes:
    return remittance_pdf(PAPER)


def words(document: bytes) -> str:
    pages = pypdfium2.PdfDocument(document)
    return " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in pages)


def test_the_letter_says_what_was_paid_for_which_invoices() -> None:
    text = words(letter())
    for said in (
        "Calder Digital Ltd Unit 4, Canal Mill Todmorden OL14 5AA",
        "North Tyne Combined Authority pays you £440.00. The payment has left the scheme's account.",
        "Reference at your bank NTT-P-7K2M9",
        "Left the account 8 April 2026",
        "NTT-R-2 Caffi Tŷ Gŵyr a Łucja Cyf INV-18 3 Apr 2026 £200.00",
        "Total £440.00",
        "This advice is not a VAT invoice.",
        "Page 1 of 1",
    ):
        assert said in text, said
    assert "Sent back by the bank" not in text


def test_the_letter_is_tagged_titled_and_the_same_each_time() -> None:
    with pikepdf.open(io.BytesIO(letter())) as found:
        assert str(found.Root.Lang) == "en-GB"
        assert found.Root.MarkInfo.Marked
        assert found.docinfo["/Title"] == "Remittance advice NTT-P-7K2M9 for Calder Digital Ltd"
    assert remittance_pdf(PAPER) == letter()


def test_a_payment_of_many_claims_goes_over_pages_with_its_head_on_each() -> None:
    many = tuple(replace(PAPER.claims[0], reference=f"NTT-R-{number}") for number in range(60))
    text = words(remittance_pdf(replace(PAPER, claims=many)))
    assert all(f"NTT-R-{number} " in text for number in range(60))
    assert text.count("Your invoice") > 1
    assert "Page 2 of " in text
