"""The facts of a dossier, section by section: from the application to the bank line, with the whole history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from voucher.accounts.models import Person
from voucher.applications.models import Application
from voucher.audit.queries import history
from voucher.funding.queries import movements_of_redemption
from voucher.payments.models import BankLine, BankMatch, Payment
from voucher.payments.queries import payments_of_claim
from voucher.platform.clock import long_date, long_time
from voucher.platform.db import session
from voucher.platform.money import percent, pounds
from voucher.redemptions.models import Redemption, TaskResult
from voucher.redemptions.queries import sessions_of
from voucher.redemptions.staff_queries import answers_of
from voucher.subsidies.queries import records_of
from voucher.vouchers.models import Voucher

Cell = str | int


@dataclass(frozen=True)
class Section:
    """A table of the index; without heads its rows are pairs of a name and what it is."""

    title: str
    heads: list[str]
    rows: Sequence[Sequence[Cell]]


def claim_sections(claim: Redemption) -> list[Section]:
    """Everything about a claim and what came before it and after it."""
    voucher = claim.voucher
    name = claim.reference
    return [
        _application(name, voucher.application),
        _notices(name, voucher.application_id),
        _voucher(name, voucher),
        _sessions(name, claim),
        _answers(name, claim),
        _invoice(name, claim),
        _checks(name, claim),
        *_payments(name, claim),
        _money(name, claim),
        _history(name, claim),
    ]


def bank_sections(line: BankLine) -> list[Section]:
    """A bank line and what it was found to be."""
    rows: list[list[Cell]] = [
        ["Booked on", long_date(line.booked_on)],
        ["Amount", pounds(line.pence)],
        ["Not explained", pounds(line.open_pence)],
        ["Bank's reference", line.bank_reference],
        ["Counterparty", line.counterparty],
        ["Source", line.source],
        ["Entered", f"{long_time(line.entered_at)}, {_who(line.entered_by)}"],
    ]
    matches = session.execute(
        select(BankMatch, Payment)
        .outerjoin(Payment, Payment.id == BankMatch.payment_id)
        .where(BankMatch.bank_line_id == line.id)
        .order_by(BankMatch.id)
    )
    found = [
        [match.kind, payment.reference if payment else "", pounds(match.pence), _who(match.by_id), match.reason]
        for match, payment in matches
    ]
    heads = ["What", "Payment", "Amount", "By", "Why"]
    return [
        Section(f"Bank line {line.public_id}", [], rows),
        Section(f"Bank line {line.public_id}: what it was found to be", heads, found),
    ]


def _who(person_id: int | None) -> str:
    return session.get_one(Person, person_id).name if person_id else "nobody"


def _application(name: str, row: Application) -> Section:
    return Section(
        f"{name}: application {row.reference}",
        [],
        [
            ["Business", row.business.name],
            ["Reference of the business", row.business.reference],
            ["Round", row.round.name],
            ["State", row.state],
            ["Sent", long_time(row.submitted_at)],
            ["Value", pounds(row.face_pence)],
            ["Decided", f"{long_time(row.decided_at)}, {_who(row.decided_by)}" if row.decided_at else "not yet"],
        ],
    )


def _notices(name: str, application_id: int) -> Section:
    rows = [
        [
            each.kind,
            long_time(each.at),
            pounds(each.pence),
            "" if each.declared_pence is None else pounds(each.declared_pence),
            each.wording_version,
        ]
        for each in records_of(application_id)
    ]
    heads = ["What", "When", "Amount", "Declared by the business", "Wording"]
    return Section(f"{name}: subsidy notice, reply and letter", heads, rows)


def _voucher(name: str, row: Voucher) -> Section:
    return Section(
        f"{name}: voucher {row.reference}",
        [],
        [
            ["State", row.state],
            ["Face value", pounds(row.face_pence)],
            ["Rate", percent(row.rate_bp)],
            ["Issued", long_time(row.issued_at)],
            ["Last day", long_date(row.last_day)],
            ["Terms", row.terms.version],
            ["Good for", "; ".join(row.good_for)],
            ["Generation of its credential", row.generation],
        ],
    )


def _sessions(name: str, claim: Redemption) -> Section:
    rows: list[list[Cell]] = [
        [
            long_date(each.delivered_on) if each.delivered_on else "",
            each.package.name if each.package else "",
            each.minutes or 0,
            each.description,
            _who(each.recorded_by),
            each.answer or "no answer",
            f"{long_time(each.answered_at)}, {_who(each.answered_by)}" if each.answered_at else "",
            each.answer_strength or "",
        ]
        for each in sessions_of(claim)
    ]
    heads = ["Day", "Package", "Minutes", "What was done", "Recorded by", "The business says", "When, who", "How sure"]
    return Section(f"{name}: support and the business's word", heads, rows)


def _answers(name: str, claim: Redemption) -> Section:
    rows = [
        [
            each.version,
            "accepted" if each.accepts else "not accepted",
            "" if each.paid_pence is None else pounds(each.paid_pence),
            long_date(each.paid_on) if each.paid_on else "",
            each.paid_by,
            f"{long_time(each.at)}, {_who(each.person_id)}",
            each.strength,
            each.note,
        ]
        for each in answers_of(claim)
    ]
    heads = ["Version", "Figures", "Paid by the business", "On", "How", "When, who", "How sure", "Note"]
    return Section(f"{name}: confirmation of the claim", heads, rows)


def _invoice(name: str, claim: Redemption) -> Section:
    return Section(
        f"{name}: invoice {claim.invoice_number}",
        [],
        [
            ["Provider", claim.provider.organisation.name],
            ["Day", long_date(claim.invoice_on)],
            ["Net", pounds(claim.net_pence)],
            ["VAT", pounds(claim.vat_pence)],
            ["Gross", pounds(claim.gross_pence)],
            ["Grant claimed", pounds(claim.claimed_pence)],
            ["Grant", pounds(claim.grant_pence)],
            ["Own contribution", pounds(claim.own_pence)],
            ["Version", claim.version],
            ["State", claim.state],
            ["Sent", f"{long_time(claim.submitted_at)}, {_who(claim.submitted_by)}"],
            ["Verified by", _who(claim.verified_by)],
            ["Approved by", _who(claim.approved_by)],
        ],
    )


def _checks(name: str, claim: Redemption) -> Section:
    results = session.scalars(select(TaskResult).where(TaskResult.redemption_id == claim.id).order_by(TaskResult.id))
    rows = [
        [
            each.task,
            each.version,
            "passed" if each.passed else "failed",
            "by itself" if each.automatic else _who(each.by_id),
            long_time(each.at),
            each.note,
        ]
        for each in results
    ]
    return Section(f"{name}: checks", ["Check", "Version", "Outcome", "By", "When", "Note"], rows)


def _payments(name: str, claim: Redemption) -> list[Section]:
    found: list[Section] = []
    for item in payments_of_claim(claim.id):
        payment = item.payment
        batch = payment.batch
        rows: list[list[Cell]] = [
            ["State", payment.state],
            ["Amount", pounds(payment.pence)],
            ["Of this claim", pounds(item.pence)],
            ["Batch", batch.reference],
            ["Prepared by", _who(batch.prepared_by)],
            ["Approved by", _who(batch.approved_by)],
            ["Hash of the bank file", batch.file_sha256 or "no file yet"],
            ["Bank details keyed by", _who(payment.payee_details.keyed_by)],
            ["Bank details confirmed by", _who(payment.payee_details.confirmed_by)],
        ]
        found.append(Section(f"{name}: payment {payment.reference}", [], rows))
        lines = session.scalars(
            select(BankLine)
            .join(BankMatch, BankMatch.bank_line_id == BankLine.id)
            .where(BankMatch.payment_id == payment.id)
            .order_by(BankLine.id)
        )
        for line in lines:
            found += bank_sections(line)
    return found


def _money(name: str, claim: Redemption) -> Section:
    rows = [
        [
            long_date(each.on),
            each.kind,
            each.agreement,
            each.line,
            each.from_account,
            each.to_account,
            pounds(each.pence),
        ]
        for each in movements_of_redemption(claim.id)
    ]
    heads = ["Counts on", "What", "Agreement", "Line", "From", "To", "Amount"]
    return Section(f"{name}: money", heads, rows)


def _history(name: str, claim: Redemption) -> Section:
    things = [("application", claim.voucher.application_id), ("voucher", claim.voucher_id), ("redemption", claim.id)]
    things += [("payment", item.payment_id) for item in payments_of_claim(claim.id)]
    events = sorted((event for kind, row_id in things for event in history(kind, row_id)), key=lambda each: each.id)
    rows = [
        [
            long_time(event.at),
            event.actor_name,
            event.channel,
            event.action,
            event.object_reference,
            f"{event.from_state or ''} to {event.to_state}" if event.to_state else "",
            event.reason,
        ]
        for event in events
    ]
    heads = ["When", "Who", "Where", "What", "Of", "State", "Why"]
    return Section(f"{name}: history", heads, rows)
