"""The columns of the lists of batches, payments, bank lines, debts and drawdowns, and of what a provider was paid."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from flask_babel import gettext as translate

from voucher.funding.models import Agreement, FundingLine
from voucher.organisations.models import Organisation
from voucher.payments.bank_files.models import BankImport
from voucher.payments.matching_rules import Proposal
from voucher.payments.models import BankLine, Batch, Debt, Drawdown, Payment
from voucher.payments.rules import MatchKind, PaymentState
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_pounds
from voucher.platform.lists import Column, Kind, Listing
from voucher.providers.models import PayeeDetails

BATCHES = Listing(
    "batches",
    (
        Column(_("Batch"), lambda row: row.Batch.reference, "reference", Batch.reference),
        Column(_("State"), lambda row: row.Batch.state, "state", Batch.state, Kind.STATE),
        Column(_("Payments"), lambda row: row.payments, "payments", "payments", Kind.NUMBER),
        Column(_("Sum"), lambda row: row.pence or 0, "sum", "pence", Kind.MONEY),
        Column(_("Prepared by"), lambda row: row.preparer, "preparer", "preparer"),
        Column(_("Prepared"), lambda row: row.Batch.prepared_at, "prepared", Batch.prepared_at),
        Column(_("Approved by"), lambda row: row.approver, "approver", "approver"),
        Column(_("Exported"), lambda row: row.Batch.exported_on, "exported", Batch.exported_on),
    ),
    usual="-prepared",
    tie=Batch.id,
    dated="prepared",
)


def _why(payment: Payment) -> str:
    return "; ".join(
        translate(
            "Claim %(claim)s for %(business)s, voucher %(voucher)s: %(sum)s",
            claim=item.redemption.reference,
            business=item.redemption.voucher.business.name,
            voucher=item.redemption.voucher.reference,
            sum=shown_pounds(item.pence),
        )
        for item in payment.items
    )


class InBatch(NamedTuple):
    """A payment of a batch, and the bank's days on which it was seen."""

    payment: Payment
    days: list[date]


PAYMENTS = Listing(
    "payments",
    (
        Column(_("Payment"), lambda row: row.payment.reference, "reference", Payment.reference),
        Column(_("Provider"), lambda row: row.payment.provider.organisation.name, "provider", Organisation.name),
        Column(
            _("Paid to"),
            lambda row: translate("Account ending %(four)s", four=row.payment.payee_details.last_four),
            "account",
            PayeeDetails.last_four,
        ),
        Column(_("Why"), lambda row: _why(row.payment)),
        Column(_("State"), lambda row: row.payment.state, "state", Payment.state, Kind.STATE),
        Column(_("Amount"), lambda row: row.payment.pence, "amount", Payment.pence, Kind.MONEY),
        Column(_("Bank or action"), lambda row: ", ".join(day.isoformat() for day in row.days)),
    ),
    usual="reference",
    tie=Payment.id,
)

BANK_LINES = Listing(
    "bank-lines",
    (
        Column(_("The bank's day"), lambda row: row.BankLine.booked_on, "day", BankLine.booked_on),
        Column(_("Reference"), lambda row: row.BankLine.bank_reference, "reference", BankLine.bank_reference),
        Column(_("Other party"), lambda row: row.BankLine.counterparty, "party", BankLine.counterparty),
        Column(_("Where from"), lambda row: f"{translate(row.BankLine.source)}, {row.by}", "source", BankLine.source),
        Column(_("Amount"), lambda row: row.BankLine.pence, "amount", BankLine.pence, Kind.MONEY),
        Column(_("Unexplained"), lambda row: row.BankLine.open_pence, "open", BankLine.open_pence, Kind.MONEY),
    ),
    usual="-day",
    tie=BankLine.id,
    dated="day",
)

BANK_FILES = Listing(
    "bank-files",
    (
        Column(_("File"), lambda row: row.name, "name", "name"),
        Column(_("What it is"), lambda row: row.BankImport.kind, "kind", BankImport.kind),
        Column(_("Handed in"), lambda row: row.BankImport.handed_in_at, "handed-in", BankImport.handed_in_at),
        Column(_("By"), lambda row: row.by, "by", "by"),
        Column(_("Taken in"), lambda row: row.BankImport.taken_in_at, "taken-in", BankImport.taken_in_at),
        Column(_("New lines"), lambda row: row.lines, "lines", "lines", Kind.NUMBER),
    ),
    usual="-handed-in",
    tie=BankImport.id,
    dated="handed-in",
)

CERTAIN = Listing(
    "certain-matches",
    (
        Column(_("The bank's day"), lambda row: row.lines[0].booked_on, "day"),
        Column(_("Reference"), lambda row: "; ".join(line.text for line in row.lines), "reference"),
        Column(_("Other party"), lambda row: row.lines[0].party, "party"),
        Column(_("Kind"), lambda row: str(row.kind), "kind", kind=Kind.STATE),
        Column(_("What it is"), lambda row: ", ".join(thing.reference for thing in row.things), "what"),
        Column(_("Amount"), lambda row: signed_pence(row), "amount", kind=Kind.MONEY),
    ),
    usual="day",
    tie=None,
    dated="day",
)


def signed_pence(proposal: Proposal) -> int:
    """What the lines of a proposal come to, below zero for money out."""
    return sum(line.pence for line in proposal.lines)


EXCEPTIONS = Listing(
    "exceptions",
    (
        Column(_("Since"), lambda row: row.since, "since"),
        Column(_("Kind"), lambda row: str(row.kind), "kind", kind=Kind.STATE),
        Column(_("Reference"), lambda row: row.reference, "reference"),
        Column(_("Other party"), lambda row: row.party, "party"),
        Column(_("Detail"), lambda row: row.detail, "detail"),
        Column(_("Amount"), lambda row: row.pence, "amount", kind=Kind.MONEY),
        Column(_("Found to be"), lambda row: row.resolved.row.outcome if row.resolved else "", kind=Kind.STATE),
        Column(_("Reason"), lambda row: row.resolved.row.reason if row.resolved else ""),
    ),
    usual="since",
    tie=None,
    dated="since",
)

DEBTS = Listing(
    "debts",
    (
        Column(_("Debt"), lambda row: row.Debt.reference, "reference", Debt.reference),
        Column(_("State"), lambda row: row.Debt.state, "state", Debt.state, Kind.STATE),
        Column(_("Owed by"), lambda row: row.owed_by, "owed-by", "owed_by"),
        Column(_("Claim"), lambda row: row.claim, "claim", "claim"),
        Column(_("Raised"), lambda row: row.Debt.raised_at, "raised", Debt.raised_at),
        Column(_("Amount"), lambda row: row.Debt.pence, "amount", Debt.pence, Kind.MONEY),
        Column(_("Outstanding"), lambda row: row.Debt.outstanding_pence, "open", Debt.outstanding_pence, Kind.MONEY),
    ),
    usual="-raised",
    tie=Debt.id,
    dated="raised",
)


DRAWDOWNS = Listing(
    "drawdowns",
    (
        Column(_("Drawdown"), lambda row: row.Drawdown.reference, "reference", Drawdown.reference),
        Column(_("Agreement"), lambda row: row.agreement, "agreement", Agreement.reference),
        Column(_("Line"), lambda row: row.line, "line", FundingLine.code),
        Column(_("Asked"), lambda row: row.Drawdown.requested_on, "asked", Drawdown.requested_on),
        Column(_("By"), lambda row: row.by, "by", "by"),
        Column(_("Received"), lambda row: row.Drawdown.received_on, "received", Drawdown.received_on),
        Column(_("Amount"), lambda row: row.Drawdown.pence, "amount", Drawdown.pence, Kind.MONEY),
    ),
    usual="-asked",
    tie=Drawdown.id,
    dated="asked",
)


class Remittance(NamedTuple):
    """A payment to a provider, and the bank's own days of it."""

    payment: Payment
    days: dict[MatchKind, date]


# How a payment stands, in the words of whoever is paid. What is only planned is not shown to them.
OWN_WORDS = {
    PaymentState.PLANNED: _("being prepared"),
    PaymentState.TAKEN_OUT: _("not sent"),
    PaymentState.EXPORTED: _("sent to the bank"),
    PaymentState.DEFRAYED: _("paid"),
    PaymentState.RETURNED: _("sent back by the bank"),
    PaymentState.RECALLED: _("called back"),
}


def _claims_paid(row: Remittance) -> str:
    return "; ".join(
        f"{item.redemption.reference}, {item.redemption.invoice_number}: {shown_pounds(item.pence)}"
        for item in row.payment.items
    )


REMITTANCES = Listing(
    "payments",
    (
        Column(_("Payment"), lambda row: row.payment.reference, "reference", Payment.reference),
        Column(_("Amount"), lambda row: row.payment.pence, "amount", Payment.pence, Kind.MONEY),
        Column(_("State"), lambda row: OWN_WORDS[PaymentState(row.payment.state)], "state", Payment.state, Kind.STATE),
        Column(_("Claims and invoices"), _claims_paid),
        Column(_("Left the scheme's account"), lambda row: row.days.get(MatchKind.PAYMENT)),
        Column(_("Sent to the bank"), lambda row: row.payment.batch.exported_on, "sent", Batch.exported_on),
    ),
    usual="-sent",
    tie=Payment.id,
    dated="sent",
)
