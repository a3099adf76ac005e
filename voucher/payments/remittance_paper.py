"""The remittance advice as a letter: one payment with the claims in it, for the provider's books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from voucher.payments.models import Payment
from voucher.payments.rules import MatchKind, PaymentState, Route
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.pdf import TEMPLATES, fill, render_pdf
from voucher.schemes.models import Scheme


@dataclass(frozen=True)
class AdvisedClaim:
    """One claim of the payment; pence paid, and the provider's own invoice."""

    reference: str
    business: str
    invoice_number: str
    invoice_on: str
    pence: int


@dataclass(frozen=True)
class RemittancePaper:
    """Everything that stands on the letter; days as 2026-04-07, empty where there is none yet."""

    scheme: str
    owner: str
    contact_line: str
    provider: str
    address: tuple[str, ...]
    payment: str
    pence: int
    paid_to: str
    standing: str
    sent_on: str
    left_on: str
    returned_on: str
    claims: tuple[AdvisedClaim, ...]


STANDING = {
    PaymentState.EXPORTED: _("The payment is on its way. It counts as made once it is seen at the bank."),
    PaymentState.DEFRAYED: _("The payment has left the scheme's account."),
    PaymentState.RETURNED: _("The bank sent this payment back. Its claims go into another payment."),
}


def paper_of_payment(payment: Payment, days: Mapping[MatchKind, date], scheme: Scheme) -> RemittancePaper:
    """The letter of a payment that was sent; ``days`` are the bank's own."""
    firm = payment.provider.organisation
    return RemittancePaper(
        scheme=scheme.name,
        owner=scheme.owner.name,
        contact_line=scheme.contact_line,
        provider=firm.name,
        address=tuple(part for part in (firm.address_line_1, firm.address_line_2, firm.town, firm.postcode) if part),
        payment=payment.reference,
        pence=payment.pence,
        paid_to=_paid_to(payment),
        standing=STANDING[PaymentState(payment.state)],
        sent_on=_iso(payment.batch.exported_on),
        left_on=_iso(days.get(MatchKind.PAYMENT)),
        returned_on=_iso(days.get(MatchKind.RETURN)),
        claims=tuple(
            AdvisedClaim(
                item.redemption.reference,
                item.redemption.voucher.business.name,
                item.redemption.invoice_number,
                item.redemption.invoice_on.isoformat(),
                item.pence,
            )
            for item in payment.items
        ),
    )


def _paid_to(payment: Payment) -> str:
    """The account by its last digits, or the number by which the finance system pays it."""
    if payment.batch.route == Route.ACCOUNTS_PAYABLE and payment.supplier_number is not None:
        return said("supplier %(number)s of the finance system", number=payment.supplier_number.number)
    return said("account ending %(account)s", account=payment.payee_details.last_four)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def remittance_pdf(paper: RemittancePaper) -> bytes:
    """The letter as a tagged PDF; the same paper always makes the same bytes.

    Raises voucher.platform.pdf.PdfError when the typefaces are missing.
    """
    return render_pdf(fill("payments/remittance_pdf.html", paper=paper, _=_), base=TEMPLATES)
