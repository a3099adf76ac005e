"""What the pages of a new claim and of a corrected one share: reading the form, its files, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import request

from voucher.platform.errors import DomainError
from voucher.platform.forms import show_refusal, tidy
from voucher.platform.i18n import gettext_noop as _
from voucher.redemptions.claim_checks import Invoice
from voucher.redemptions.claims import Accepted, Refused
from voucher.redemptions.forms import FILE_FIELDS, InvoiceForm
from voucher.redemptions.rules import grant
from voucher.redemptions.uploads import HandedIn, Upload
from voucher.vouchers.models import Voucher

# Refusals that the same request might not have met a moment earlier.
SOMETHING_WAS_FIRST = frozenset(
    {"file_used", "invoice_used", "key_reused", "not_sent_back", "nothing_left", "session_not_recorded"}
)
FIELD_OF = {kind: name for name, kind in FILE_FIELDS.items()}


@dataclass
class Attempt:
    """One try at handing in: its form, the files that are kept, and what came of it, if it was handed in."""

    form: InvoiceForm
    files: HandedIn = field(default_factory=HandedIn)
    outcome: Accepted | Refused | None = None

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows what was wrong."""
        return 409 if isinstance(self.outcome, Refused) and self.outcome.code in SOMETHING_WAS_FIRST else 422

    def show_faults(self, *, invoice_needed: bool) -> None:
        """Puts everything that was wrong at its field."""
        if isinstance(self.outcome, Refused):
            show_refusal(self.form, DomainError(*refusal_of(self.outcome)))
        for fault in self.files.faults:
            show_refusal(self.form, DomainError("file", fault.message, FIELD_OF[fault.kind]))
        if invoice_needed and not self.form.invoice_files.errors:
            words = _("Add your invoice as a PDF or a picture.")
            show_refusal(self.form, DomainError("invoice_file", words, "invoice_files"))


@dataclass(frozen=True)
class Sum:
    """What a claim's voucher would pay, and what decides it; ``available`` leaves out what chosen sessions hold."""

    rate_bp: int
    cap_pence: int
    minimum_own_pence: int
    available_pence: int

    def grant(self, net_pence: int, held_pence: int = 0) -> int:
        """What the voucher pays of a price before VAT."""
        return grant(
            net_pence=net_pence,
            rate_bp=self.rate_bp,
            cap_pence=self.cap_pence,
            minimum_own_pence=self.minimum_own_pence,
            available_pence=self.available_pence + held_pence,
        )


def sum_on(voucher: Voucher, *, beside_pence: int = 0) -> Sum:
    """How claims on this voucher are worked out, with what the claim itself has taken already."""
    available = voucher.remaining_pence + beside_pence
    return Sum(voucher.rate_bp, voucher.cap_pence, voucher.minimum_own_pence, available)


def sent_files() -> list[Upload]:
    """The files that came with the request."""
    return [
        Upload(kind, tidy(file.filename) or str(kind), file.read())
        for name, kind in FILE_FIELDS.items()
        for file in request.files.getlist(name)
        if file.filename
    ]


def invoice_of(form: InvoiceForm) -> Invoice:
    """The invoice that a valid form describes."""
    net, vat = form.net.data, form.vat.data
    return Invoice(
        number=form.invoice_number.data,
        invoiced_on=form.invoiced_on.data,
        net_pence=net,
        vat_pence=vat,
        gross_pence=net + vat,
        vat_lines=((net, int(form.vat_rate.data)),),
    )


def refusal_of(refused: Refused) -> tuple[str, str, str | None]:
    """Code, message and field of a refusal, the field by the form's name for it."""
    names = {"sessions": "session", "files": "invoice_files"}
    return refused.code, refused.message, names.get(refused.field or "", refused.field)
