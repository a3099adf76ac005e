"""What the bank's lines are: matched one by one or all that is certain, and what does not fit."""

from __future__ import annotations

from datetime import date

import click

from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.lists import agreement_named
from voucher.cli.options import DAY, PERHAPS_REASON, REASON, one_of
from voucher.cli.payments import line_facts
from voucher.cli.words import counted
from voucher.funding.queries import line_by_code
from voucher.payments import bank
from voucher.payments.exception_queries import Unfitting, exceptions_of
from voucher.payments.exceptions import resolve_exception as resolve
from voucher.payments.matching import match_certain
from voucher.payments.matching_queries import look_at
from voucher.payments.matching_rules import Proposal
from voucher.payments.models import BankLine, Drawdown, Payment
from voucher.payments.queries import bank_line_by_public_id, by_reference
from voucher.payments.rules import ExceptionKind, Outcome
from voucher.platform.authz import Permission
from voucher.platform.money import pounds

LINE = click.argument("line_id", metavar="LINE")


@click.command("match")
@click.argument("line_id", metavar="LINE", required=False)
@click.option("--payment", "payments", multiple=True, metavar="REF", help="Each payment that the line paid.")
@click.option("--also", multiple=True, metavar="LINE", help="Each other line that is a part of the same payment.")
@click.option("--leave-rest", is_flag=True, help="The line is more than the payments: what is over stays open.")
@click.option("--drawdown", metavar="REF", help="The drawdown that the line brought.")
@click.option("--repayment", metavar="AGREEMENT/LINE", help="Recovered money that went back to the funder of a line.")
@click.option("--auto", is_flag=True, help="Without LINE: everything that carries its reference and its amount.")
@click.option("--commit", is_flag=True, help="With --auto: match what would otherwise only be listed.")
@PERHAPS_REASON
@changing
def match(
    run: Run,
    line_id: str | None,
    payments: tuple[str, ...],
    also: tuple[str, ...],
    leave_rest: bool,
    drawdown: str | None,
    repayment: str | None,
    auto: bool,
    commit: bool,
    reason: str,
) -> Answer:
    """Say what a bank line is. Only this makes a payment defrayed."""
    one = [each for each in (payments, drawdown, repayment) if each]
    if auto:
        if line_id or one or also or leave_rest or reason:
            raise click.UsageError("--auto looks at every line: give nothing beside it but --commit.")
        return _auto(run, commit=commit)
    if line_id is None or commit:
        raise click.UsageError("Give the LINE, or --auto.")
    if len(one) != 1:
        raise click.UsageError("Give one of --payment, --drawdown and --repayment.")
    if (also or leave_rest) and (not payments or (also and leave_rest)):
        raise click.UsageError("--also and --leave-rest say more about --payment; give one of them.")
    if drawdown and reason:
        raise click.UsageError("A drawdown takes no --reason.")
    line = bank_line_by_public_id(run.scheme, line_id)
    if payments:
        _match_payments(run, line, payments, also, leave_rest, reason)
    elif drawdown:
        bank.match_drawdown(run.act, line, by_reference(Drawdown, run.scheme, drawdown))
    else:
        _match_repayment(run, line, repayment or "", reason)
    return _explained(line, [*payments, *filter(None, (drawdown, repayment))])


def _match_payments(
    run: Run, line: BankLine, names: tuple[str, ...], also: tuple[str, ...], leave_rest: bool, reason: str
) -> None:
    paid = [by_reference(Payment, run.scheme, each) for each in names]
    if also:
        if len(paid) > 1:
            raise click.UsageError("Several lines can be parts of one payment: give --payment once.")
        lines = [line, *(bank_line_by_public_id(run.scheme, each) for each in also)]
        bank.match_parts_of_payment(run.act, lines, paid[0], reason=reason)
    elif leave_rest:
        bank.match_part(run.act, line, paid, reason=reason)
    else:
        bank.match_payments(run.act, line, paid, reason=reason)


def _auto(run: Run, *, commit: bool) -> Answer:
    run.need(Permission.BANK_LINES_MATCH)
    if commit:
        done = match_certain(run.act, run.scheme)
        certain, left, said = done.proposals, done.left, "Matched"
    else:
        found = look_at(run.scheme, run.act.ring)
        certain, left, said = found.certain, len(found.left), "Certain"
    rows = [_certain_facts(proposal) for proposal in certain]
    lines = [
        f"{row['lines']}: {row['kind']} {row['what']}, {pounds(proposal.pence)}"
        for row, proposal in zip(rows, certain, strict=True)
    ]
    number = counted(sum(len(proposal.lines) for proposal in certain), "bank line")
    end = "" if commit or not certain else " Nothing was written: add --commit."
    words = f"{said}: {number}. {counted(left, 'other')} wait{'s' if left == 1 else ''} for a person.{end}"
    return Answer("\n".join([*lines, words]), {"matched": rows, "committed": commit, "left": left})


def _certain_facts(proposal: Proposal) -> dict[str, object]:
    return {
        "kind": str(proposal.kind),
        "lines": ", ".join(line.public_id for line in proposal.lines),
        "what": ", ".join(thing.reference for thing in proposal.things),
        "amount_pence": sum(line.pence for line in proposal.lines),
    }


def _match_repayment(run: Run, line: BankLine, text: str, reason: str) -> None:
    reference, slash, code = text.rpartition("/")
    if not slash:
        raise click.UsageError("Give --repayment as AGREEMENT/LINE.")
    target = line_by_code(agreement_named(run.scheme, reference), code)
    bank.match_funder_repayment(run.act, line, target, reason=reason)


def _explained(line: BankLine, what: list[str]) -> Answer:
    words = f"Bank line {line.public_id} is {', '.join(what)}."
    return Answer(words, {**line_facts(line), "matched": what})


@click.command("return")
@LINE
@click.option("--payment", "payments", multiple=True, required=True, metavar="REF", help="Each payment that came back.")
@REASON
@changing
def match_return(run: Run, line_id: str, payments: tuple[str, ...], reason: str) -> Answer:
    """Say that a bank line is payments that came back; their claims can be paid again."""
    line = bank_line_by_public_id(run.scheme, line_id)
    bank.match_returns(run.act, line, [by_reference(Payment, run.scheme, each) for each in payments], reason=reason)
    return _explained(line, [f"the return of {payment}" for payment in payments])


@click.command("exceptions")
@click.option("--kind", type=one_of("kind", ExceptionKind), help="Only those of this kind.")
@click.option("--days", type=click.IntRange(0, 3650), help="How old they must be; the scheme says, otherwise.")
@click.option("--resolved", is_flag=True, help="Those with a reason instead of those that wait for one.")
@reading
def exceptions(run: Run, kind: ExceptionKind | None, days: int | None, resolved: bool) -> Answer:
    """List what does not fit between the payments and the bank."""
    run.need(Permission.CLAIMS_READ, Permission.BANK_LINES_MATCH)
    found = [
        each
        for each in exceptions_of(run.scheme, run.act.today, days=days)
        if (kind is None or each.kind == kind) and (each.resolved is not None) == resolved
    ]
    return Answer("" if found else "There is no such exception.", [_exception_facts(each) for each in found])


def _exception_facts(each: Unfitting) -> dict[str, object]:
    row = each.resolved.row if each.resolved else None
    return {
        "kind": str(each.kind),
        "what": each.subject if each.of_line else each.reference,
        "since": each.since,
        "amount_pence": each.pence,
        "reference": each.reference,
        "other_party": each.party,
        "detail": each.detail,
        "outcome": row.outcome if row else None,
        "reason": row.reason if row else None,
        "again_on": row.again_on if row else None,
        "by": each.resolved.by if each.resolved else None,
    }


@click.command("resolve-exception")
@click.option("--line", "line_id", metavar="LINE", help="The bank line that it is about.")
@click.option("--payment", metavar="REF", help="Or the payment.")
@click.option("--as-what", "outcome", type=one_of("outcome", Outcome), required=True, help="What it is.")
@click.option("--again-on", type=DAY, help="For what waits for the bank: when it is looked at again.")
@REASON
@changing
def resolve_exception(
    run: Run, line_id: str | None, payment: str | None, outcome: Outcome, again_on: date | None, reason: str
) -> Answer:
    """Say what an exception is. This moves no money; it holds while the amount stays as it is."""
    if (line_id is None) == (payment is None):
        raise click.UsageError("Give one of --line and --payment.")
    thing: BankLine | Payment = (
        bank_line_by_public_id(run.scheme, line_id)
        if line_id is not None
        else by_reference(Payment, run.scheme, payment or "")
    )
    made = resolve(run.act, thing, outcome, reason=reason, again_on=again_on)
    facts = {"kind": made.kind, "outcome": made.outcome, "amount_pence": made.pence, "again_on": made.again_on}
    return Answer(f"{thing.reference}: {made.outcome}.", {"what": thing.reference, **facts, "reason": made.reason})


COMMANDS = (match, match_return, exceptions, resolve_exception)
