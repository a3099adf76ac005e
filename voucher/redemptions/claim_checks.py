"""What a claim is made of, and what is checked before it is taken in (rules 11, 19, 20, 22, 53)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voucher.documents.models import Document
from voucher.platform.act import Act
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.providers.models import Provider
from voucher.redemptions.lookups import why_provider_cannot
from voucher.redemptions.models import DeliverySession
from voucher.redemptions.queries import claim_with_file, claim_with_invoice
from voucher.redemptions.rules import (
    EvidenceKind,
    SessionState,
    grant,
    invoice_fault,
    normalise_invoice_number,
    refusal_in_words,
)
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import claimable_until, delivered_in_date


@dataclass(frozen=True)
class Invoice:
    """What the provider billed the business: pence before VAT, VAT, and the VAT rate of each line."""

    number: str
    invoiced_on: date
    net_pence: int
    vat_pence: int
    gross_pence: int
    vat_lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Attached:
    """A document with what it shows."""

    document: Document
    kind: EvidenceKind


def check_sessions(act: Act, provider: Provider, voucher: Voucher, sessions: Sequence[DeliverySession]) -> None:
    """Raises DomainError unless all are the provider's recorded sessions on this voucher, in date and in time."""
    cannot = why_provider_cannot(act, provider)
    if cannot is not None:
        raise DomainError(str(cannot), refusal_in_words(cannot))
    for item in sessions:
        if item.provider_id != provider.id or item.voucher_id != voucher.id:
            raise DomainError("sessions", _("A claim is for your own sessions on one voucher."), "sessions")
        if item.state != SessionState.RECORDED:
            raise DomainError(
                "session_not_recorded",
                said("A session of this claim is %(state)s.", state=said(item.state)),
                "sessions",
            )
        if item.delivered_on is None or not delivered_in_date(item.delivered_on, voucher.issued_on, voucher.last_day):
            raise DomainError("out_of_date", _("A session's day lies outside the voucher's days."), "sessions")
    until = claimable_until(voucher.last_day, voucher.claim_window_days)
    if act.today > until:
        raise DomainError("claim_window", said("Claims on this voucher could be made until %(until)s.", until=until))


def check_invoice(
    act: Act,
    provider: Provider,
    voucher: Voucher,
    sessions: Sequence[DeliverySession],
    invoice: Invoice,
    evidence: Sequence[Attached],
    *,
    other_than: int | None,
) -> None:
    """Raises DomainError, with the field, for an invoice that cannot support the claim (rules 11, 20, 22, 53)."""
    key = normalise_invoice_number(invoice.number)
    if not key:
        raise DomainError("invoice_number", _("Enter the number of your invoice."), "invoice_number")
    if invoice.net_pence <= 0 or invoice.vat_pence < 0:
        raise DomainError("invoice_net", _("Enter the invoice's amount before VAT, above zero."), "net")
    fault = invoice_fault(invoice.net_pence, invoice.vat_pence, invoice.gross_pence, invoice.vat_lines)
    if fault:
        raise DomainError("invoice_arithmetic", fault, "vat")
    if not voucher.issued_on <= invoice.invoiced_on <= act.today:
        raise DomainError(
            "invoice_date",
            said(
                "The invoice's date must lie between %(issued)s, when the voucher was issued, and today.",
                issued=voucher.issued_on,
            ),
            "invoiced_on",
        )
    listed = sum(s.package.net_pence for s in sessions if s.package)
    if invoice.net_pence > listed:
        raise DomainError("above_package_price", _("The invoice is above the price of the packages listed."), "net")
    if claim_with_invoice(provider.id, key, other_than):
        raise DomainError(
            "invoice_used",
            said("Invoice %(invoice)s supports another claim already.", invoice=invoice.number),
            "invoice_number",
        )
    _refuse_used_files(voucher.scheme_id, evidence, other_than)


def _refuse_used_files(scheme_id: int, evidence: Sequence[Attached], other_than: int | None) -> None:
    """Asks once for all files; only when one of them is used, which (rule 22)."""
    given = [item.document for item in evidence]
    if not given or not claim_with_file(scheme_id, [each.sha256 for each in given], other_than):
        return
    used = next(each for each in given if claim_with_file(scheme_id, [each.sha256], other_than))
    raise DomainError(
        "file_used",
        said(
            "The file %(name)s supports another claim already. Untick it or choose another one.",
            name=used.original_name,
        ),
        "files",
    )


def worked_out_grant(voucher: Voucher, invoice: Invoice, available: int) -> int:
    """The grant in pence; raises DomainError when it comes to nothing."""
    granted = grant(
        net_pence=invoice.net_pence,
        rate_bp=voucher.rate_bp,
        cap_pence=voucher.cap_pence,
        minimum_own_pence=voucher.minimum_own_pence,
        available_pence=available,
    )
    if not granted:
        raise DomainError("nothing_left", _("The voucher pays nothing towards this invoice: nothing is left on it."))
    return granted
