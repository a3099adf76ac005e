"""What stands on each kind of record, as facts that lead on to the records beside it: from an award to a bank line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from voucher.accounts.models import Person
from voucher.applications.models import Application
from voucher.assurance.models import ConcentrationCase, Irregularity
from voucher.funding.models import Agreement, FundingLine
from voucher.organisations.models import Organisation
from voucher.payments.models import BankLine, BankMatch, Debt, Payment, PaymentItem
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day, shown_percent, shown_pounds, shown_time
from voucher.platform.telephone import telephone
from voucher.providers.models import Provider
from voucher.redemptions.models import Redemption
from voucher.reports.models import Statement
from voucher.vouchers.models import Voucher
from voucher.workspace.records import BY_TABLE, Found, Kind


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a record; with ``to`` it leads to another record."""

    label: str
    text: str
    to: tuple[str, str] | None = None


@dataclass(frozen=True)
class Beside:
    """A record that belongs to this one."""

    kind: Kind
    public_id: str
    reference: str
    state: str
    pence: int | None


@dataclass(frozen=True)
class Dossier:
    """A record's facts and the records beside it."""

    facts: list[Fact] = field(default_factory=list)
    beside: list[Beside] = field(default_factory=list)


def dossier_of(found: Found) -> Dossier:
    """Everything that the page of a record shows beside its history and its postings."""
    return _MAKERS[found.kind.name](found.row)


def _who(person_id: int | None) -> str:
    return session.get_one(Person, person_id).name if person_id else _("Nobody yet")


def _to(label: str, row: Any, text: str = "") -> Fact:
    kind = BY_TABLE[row.__tablename__]
    return Fact(label, text or row.reference, (kind.name, row.public_id))


def _beside(rows: Iterable[Any], pence: str = "pence") -> list[Beside]:
    return [
        Beside(
            kind=BY_TABLE[row.__tablename__],
            public_id=row.public_id,
            reference=row.reference,
            state=getattr(row, "state", ""),
            pence=getattr(row, pence, None),
        )
        for row in rows
    ]


def _rows(query: Any) -> list[Any]:
    return list(session.scalars(query))


def _voucher(row: Voucher) -> Dossier:
    claims = select(Redemption).where(Redemption.voucher_id == row.id).order_by(Redemption.id)
    facts = [
        _to(_("Business"), row.business, row.business.name),
        _to(_("Application"), row.application),
        Fact(_("Face value"), shown_pounds(row.face_pence)),
        Fact(_("Left"), shown_pounds(row.remaining_pence)),
        Fact(_("Rate"), shown_percent(row.rate_bp)),
        Fact(_("Issued"), shown_time(row.issued_at)),
        Fact(_("Last day"), shown_day(row.last_day)),
        Fact(_("Generation of its credential"), str(row.generation)),
        Fact(_("Extensions"), str(row.extensions)),
        Fact(_("Released"), shown_day(row.released_on) if row.released_on else _("No")),
    ]
    return Dossier(facts, _beside(_rows(claims), "grant_pence"))


def _claim(row: Redemption) -> Dossier:
    paid = select(Payment).join(PaymentItem).where(PaymentItem.redemption_id == row.id).order_by(Payment.id)
    debts = select(Debt).where(Debt.redemption_id == row.id).order_by(Debt.id)
    organisation = row.provider.organisation
    facts = [
        _to(_("Voucher"), row.voucher),
        _to(_("Business"), row.voucher.business, row.voucher.business.name),
        _to(_("Provider"), row.provider, organisation.name),
        Fact(_("Invoice"), f"{row.invoice_number}, {shown_day(row.invoice_on)}"),
        Fact(_("Net"), shown_pounds(row.net_pence)),
        Fact(_("VAT"), shown_pounds(row.vat_pence)),
        Fact(_("Claimed"), shown_pounds(row.claimed_pence)),
        Fact(_("Grant"), shown_pounds(row.grant_pence)),
        Fact(_("Own contribution"), shown_pounds(row.own_pence)),
        Fact(_("Version"), str(row.version)),
        Fact(_("Sent"), f"{shown_time(row.submitted_at)}, {_who(row.submitted_by)}"),
        Fact(_("Verified by"), _who(row.verified_by)),
        Fact(_("Approved by"), _who(row.approved_by)),
        Fact(_("Sampled"), _("Yes") if row.sampled else _("No")),
        Fact(_("On hold"), row.hold_reason if row.on_hold else _("No")),
    ]
    return Dossier(facts, [*_beside(_rows(paid)), *_beside(_rows(debts))])


def _application(row: Application) -> Dossier:
    vouchers = select(Voucher).where(Voucher.application_id == row.id)
    facts = [
        _to(_("Business"), row.business, row.business.name),
        Fact(_("Round"), row.round.name),
        Fact(_("Value"), shown_pounds(row.face_pence)),
        Fact(_("Contact"), row.contact.name),
        Fact(_("Sent"), shown_time(row.submitted_at)),
        Fact(_("Decided by"), _who(row.decided_by)),
        Fact(_("Offer good until"), shown_day(row.offer_until) if row.offer_until else _("No offer")),
    ]
    return Dossier(facts, _beside(_rows(vouchers), "face_pence"))


def _provider(row: Provider) -> Dossier:
    claims = select(Redemption).where(Redemption.provider_id == row.id).order_by(Redemption.id.desc()).limit(50)
    facts = [
        _to(_("Firm"), row.organisation, row.organisation.name),
        Fact(_("Applied"), shown_time(row.applied_at)),
        Fact(_("Contact"), row.contact_email),
        Fact(_("Sponsored by"), _who(row.sponsor_id)),
        Fact(_("Approved by"), _who(row.approved_by)),
        Fact(_("Approved until"), shown_day(row.approved_until) if row.approved_until else _("Not approved")),
    ]
    return Dossier(facts, _beside(_rows(claims), "grant_pence"))


def _business(row: Organisation) -> Dossier:
    applied = select(Application).where(Application.business_id == row.id).order_by(Application.id)
    provides = select(Provider).where(Provider.organisation_id == row.id).order_by(Provider.id)
    funds = select(Agreement).where(Agreement.funder_id == row.id).order_by(Agreement.id)
    where = [row.address_line_1, row.address_line_2, row.town, row.postcode]
    facts = [
        Fact(_("Name"), row.name),
        Fact(_("Trading name"), row.trading_name or _("The same")),
        Fact(_("Legal form"), row.legal_form),
        *(Fact(each.kind, each.value) for each in row.identifiers),
        Fact(_("Address"), ", ".join(each for each in where if each) or _("Not known")),
        Fact(_("Telephone"), telephone(row.phone) or _("Not known")),
    ]
    beside = [*_beside(_rows(applied), "face_pence"), *_beside(_rows(provides)), *_beside(_rows(funds))]
    return Dossier(facts, beside)


def _payment(row: Payment) -> Dossier:
    lines = (
        select(BankLine)
        .join(BankMatch, BankMatch.bank_line_id == BankLine.id)
        .where(BankMatch.payment_id == row.id)
        .order_by(BankLine.booked_on, BankLine.id)
    )
    facts = [
        Fact(_("Amount"), shown_pounds(row.pence)),
        _to(_("Provider"), row.provider, row.provider.organisation.name),
        _to(_("Batch"), row.batch),
        Fact(_("Paid to"), row.payee_details.reference),
        Fact(_("Bank details keyed by"), _who(row.payee_details.keyed_by)),
        Fact(_("Bank details confirmed by"), _who(row.payee_details.confirmed_by)),
    ]
    claims = [item.redemption for item in row.items]
    return Dossier(facts, [*_beside(claims, "grant_pence"), *_beside(_rows(lines))])


def _batch(row: Any) -> Dossier:
    facts = [
        Fact(_("Payments"), str(len(row.standing))),
        Fact(_("Total"), shown_pounds(sum(each.pence for each in row.standing))),
        Fact(_("Prepared by"), f"{_who(row.prepared_by)}, {shown_time(row.prepared_at)}"),
        Fact(_("Approved by"), _who(row.approved_by)),
        Fact(_("Exported"), shown_time(row.exported_at) if row.exported_at else _("No")),
        Fact(_("Hash of its file"), row.file_sha256 or _("No file yet")),
    ]
    return Dossier(facts, _beside(row.payments))


def _statement(row: Statement) -> Dossier:
    facts = [
        _to(_("Agreement"), row.agreement),
        Fact(_("Period"), f"{shown_day(row.period_from)} – {shown_day(row.period_to)}"),
        Fact(_("Prepared by"), f"{_who(row.prepared_by)}, {shown_time(row.prepared_at)}"),
        Fact(_("Reviewed by"), _who(row.reviewed_by)),
        Fact(_("Signed by"), _who(row.signed_by)),
        Fact(_("Data hash"), row.data_hash),
    ]
    return Dossier(facts)


def _bank_line(row: BankLine) -> Dossier:
    paid = (
        select(Payment)
        .join(BankMatch, BankMatch.payment_id == Payment.id)
        .where(BankMatch.bank_line_id == row.id)
        .order_by(Payment.id)
    )
    facts = [
        Fact(_("Amount"), shown_pounds(row.pence)),
        Fact(_("Not explained yet"), shown_pounds(row.open_pence)),
        Fact(_("Booked on"), shown_day(row.booked_on)),
        Fact(_("Bank's reference"), row.bank_reference),
        Fact(_("Counterparty"), row.counterparty),
        Fact(_("Source"), row.source),
        Fact(_("Entered by"), f"{_who(row.entered_by)}, {shown_time(row.entered_at)}"),
    ]
    return Dossier(facts, _beside(_rows(paid)))


def _debt(row: Debt) -> Dossier:
    debtor = session.get_one(Organisation, row.owed_by_id)
    facts = [
        _to(_("Claim"), row.redemption),
        _to(_("Owed by"), debtor, debtor.name),
        Fact(_("Amount"), shown_pounds(row.pence)),
        Fact(_("Outstanding"), shown_pounds(row.outstanding_pence)),
        Fact(_("Why"), row.reason),
        Fact(_("Raised by"), f"{_who(row.raised_by)}, {shown_time(row.raised_at)}"),
        Fact(_("Write-off asked by"), _who(row.write_off_asked_by)),
        Fact(_("Write-off agreed by"), _who(row.write_off_approved_by)),
    ]
    return Dossier(facts)


def _agreement(row: Agreement) -> Dossier:
    statements = select(Statement).where(Statement.agreement_id == row.id).order_by(Statement.sequence)
    lines = _rows(select(FundingLine).where(FundingLine.agreement_id == row.id).order_by(FundingLine.position))
    facts = [
        _to(_("Funder"), row.funder, row.funder.name),
        Fact(_("Version"), str(row.version)),
        Fact(_("Signed on"), shown_day(row.signed_on)),
        Fact(_("Period"), f"{shown_day(row.starts_on)} – {shown_day(row.ends_on)}"),
        Fact(_("Closed through"), shown_day(row.closed_through) if row.closed_through else _("No period is closed")),
        *(Fact(f"{line.code}, {line.name} ({line.kind})", shown_pounds(line.unallocated_pence)) for line in lines),
    ]
    return Dossier(facts, _beside(_rows(statements)))


def _irregularity(row: Irregularity) -> Dossier:
    facts = [
        Fact(_("Kind"), row.kind),
        Fact(_("Amount"), shown_pounds(row.pence)),
        Fact(_("What was found"), row.note),
        Fact(_("Registered by"), f"{_who(row.opened_by)}, {shown_time(row.opened_at)}"),
        Fact(_("Closed by"), _who(row.closed_by)),
    ]
    return Dossier([_to(_("Claim"), row.redemption), *facts] if row.redemption else facts)


def _case(row: ConcentrationCase) -> Dossier:
    facts = [
        Fact(_("What"), row.measure),
        Fact(_("About"), row.about),
        Fact(_("Raised"), shown_time(row.raised_at)),
        Fact(_("Why closed"), row.reason),
    ]
    return Dossier(facts)


_MAKERS: dict[str, Callable[[Any], Dossier]] = {
    "voucher": _voucher,
    "claim": _claim,
    "application": _application,
    "provider": _provider,
    "business": _business,
    "payment": _payment,
    "batch": _batch,
    "statement": _statement,
    "bank-line": _bank_line,
    "debt": _debt,
    "agreement": _agreement,
    "irregularity": _irregularity,
    "case": _case,
}
