"""Batches of payments out, and what the bank's lines prove."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.lists import bank_lines_of
from voucher.cli.options import DAY, OUT, POUNDS, REASON
from voucher.cli.words import counted
from voucher.payments import bank, batches
from voucher.payments.models import BankLine, Batch, Payment
from voucher.payments.queries import bank_days, by_reference
from voucher.payments.remittance_paper import paper_of_payment, remittance_pdf
from voucher.payments.rules import SENT_TO_THE_BANK, BatchState
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError
from voucher.platform.money import pounds

BATCH = click.argument("reference", metavar="BATCH")
STAFF = (Permission.CLAIMS_READ, Permission.BATCHES_PREPARE, Permission.BATCHES_APPROVE)


@click.group("batch")
def batch_group() -> None:
    """Batches: one person prepares, another approves."""


def batch_facts(batch: Batch) -> dict[str, object]:
    """A batch with its payments; no account is in it."""
    return {
        "batch": batch.reference,
        "state": str(batch.state),
        "total_pence": sum(payment.pence for payment in batch.standing),
        "first_approval": batch.first_approved_by is not None,
        "route": batch.route,
        "exported_on": batch.exported_on,
        "file_sha256": batch.file_sha256,
        "control_pence": batch.control_pence,
        "recall_asked": batch.recall_asked_by is not None,
        "payments": [
            {
                "payment": payment.reference,
                "state": str(payment.state),
                "provider": payment.provider.organisation.name,
                "amount_pence": payment.pence,
                "claims": ", ".join(item.redemption.reference for item in payment.items),
            }
            for payment in batch.payments
        ],
    }


def _batch(run: Run, reference: str) -> Batch:
    return by_reference(Batch, run.scheme, reference)


@batch_group.command("prepare")
@changing
def prepare(run: Run) -> Answer:
    """Gather approved claims into payments; claims that cannot be paid are named with the reason."""
    made = batches.prepare_batch(run.act, run.scheme)
    left_out = [{"claim": each.redemption.reference, "reason": each.reason} for each in made.left_out]
    lines = [f"Left out: claim {each['claim']}. {each['reason']}" for each in left_out]
    if made.batch is None:
        words = "No batch was made: nothing can be paid at the moment."
        return Answer("\n".join([words, *lines]), {"batch": None, "payments": [], "left_out": left_out})
    facts = batch_facts(made.batch)
    total = pounds(sum(payment.pence for payment in made.batch.payments))
    words = f"Batch {made.batch.reference} has {counted(len(made.batch.payments), 'payment')}, {total} in all."
    return Answer("\n".join([words, *lines]), {**facts, "left_out": left_out})


@batch_group.command("submit")
@BATCH
@changing
def submit(run: Run, reference: str) -> Answer:
    """Hand a batch over for approval."""
    batch = _batch(run, reference)
    batches.submit_batch(run.act, batch)
    return _stands(batch)


def _stands(batch: Batch) -> Answer:
    return Answer(f"Batch {batch.reference} is {batch.state}.", batch_facts(batch))


@batch_group.command("approve")
@BATCH
@changing
def approve(run: Run, reference: str) -> Answer:
    """Approve a batch. Payments that you may not approve are split off for somebody else."""
    batch = _batch(run, reference)
    other = batches.approve_batch(run.act, batch)
    data = {**batch_facts(batch), "split_off": other.reference if other else None}
    words = f"Batch {batch.reference} is approved."
    if batch.state != BatchState.APPROVED:
        words = f"Batch {batch.reference} has its first approval. Its sum takes a second person."
    if other:
        several = counted(len(other.payments), "payment")
        words += f" What you may not approve is split off: {several} in batch {other.reference}."
    return Answer(words, data)


@batch_group.command("reject")
@BATCH
@REASON
@changing
def reject(run: Run, reference: str, reason: str) -> Answer:
    """Send a batch back to whoever prepared it."""
    batch = _batch(run, reference)
    batches.reject_batch(run.act, batch, reason=reason)
    return _stands(batch)


@batch_group.command("export")
@BATCH
@OUT
@changing
def export(run: Run, reference: str, out: Path) -> Answer:
    """Write the file of an approved batch; again, it is the same byte for byte."""
    batch = _batch(run, reference)
    made = batches.export_batch(run.act, batch)
    control = f"{pounds(batch.control_pence or 0)}, SHA-256 {batch.file_sha256}"
    words = f"The file of batch {batch.reference} is in {out}: {control}. Delete it once it is handed in."
    return Answer(words, {**batch_facts(batch), "file": str(out)}, out=(out, lambda: made.content))


@batch_group.command("take-out")
@click.argument("reference", metavar="PAYMENT")
@REASON
@changing
def take_out(run: Run, reference: str, reason: str) -> Answer:
    """Take a payment out of its batch before the export; its claims can be paid later."""
    payment = by_reference(Payment, run.scheme, reference)
    batches.take_out(run.act, payment, reason=reason)
    return Answer(f"Payment {payment.reference} is taken out.", batch_facts(payment.batch))


@batch_group.command("recall")
@BATCH
@REASON
@changing
def recall(run: Run, reference: str, reason: str) -> Answer:
    """Recall an exported file that was not sent to the bank; it takes two people."""
    batch = _batch(run, reference)
    if batches.recall_batch(run.act, batch, reason=reason):
        return _stands(batch)
    words = f"The recall of batch {batch.reference} is asked for: a second person must give the same command."
    return Answer(words, batch_facts(batch))


@batch_group.command("show")
@BATCH
@reading
def show(run: Run, reference: str) -> Answer:
    """Show a batch with its payments."""
    run.need(*STAFF)
    return Answer(data=batch_facts(_batch(run, reference)))


@click.command("remittance")
@click.argument("reference", metavar="PAYMENT")
@OUT
@reading
def remittance(run: Run, reference: str, out: Path) -> Answer:
    """Write the remittance advice of a payment that was sent, as PDF for its provider."""
    run.need(*STAFF)
    payment = by_reference(Payment, run.scheme, reference)
    if payment.state not in SENT_TO_THE_BANK:
        words = f"Payment {payment.reference} is {payment.state}: there is no advice of what was not sent."
        raise DomainError("no_advice", words, "payment")
    paper = paper_of_payment(payment, bank_days([payment])[payment.id], run.scheme)
    data = {"payment": payment.reference, "file": str(out)}
    words = f"The advice of payment {payment.reference} is in {out}."
    return Answer(words, data, out=(out, lambda: remittance_pdf(paper)))


def line_facts(line: BankLine) -> dict[str, object]:
    """A bank line as it is shown."""
    return {
        "line": line.public_id,
        "booked_on": line.booked_on,
        "amount_pence": line.pence,
        "open_pence": line.open_pence,
        "reference": line.bank_reference,
        "counterparty": line.counterparty,
        "source": line.source,
    }


@click.command("bank-line")
@click.option("--on", "booked_on", type=DAY, required=True, help="The bank's own day.")
@click.option("--amount", "pence", type=POUNDS, required=True, help="With a minus for money out.")
@click.option("--reference", "bank_reference", required=True)
@click.option("--counterparty", required=True)
@changing
def bank_line(run: Run, **given: Any) -> Answer:
    """Type a line of the bank's statement; counted as typed on the funder's statement."""
    line = bank.type_bank_line(run.act, run.scheme, **given)
    return Answer(f"Bank line {line.public_id}: {pounds(line.pence)}.", line_facts(line))


@click.command("bank-lines")
@click.option("--days", type=click.IntRange(1, 3650), help="All lines of the last so many days, explained ones too.")
@reading
def bank_lines(run: Run, days: int | None) -> Answer:
    """List the bank lines with something unexplained."""
    run.need(Permission.CLAIMS_READ, Permission.BANK_LINES_MATCH)
    found = bank_lines_of(run.scheme, days=days, today=run.act.today)
    return Answer("" if found else "No bank line is open.", [line_facts(line) for line in found])


COMMANDS = (batch_group, remittance, bank_line, bank_lines)
