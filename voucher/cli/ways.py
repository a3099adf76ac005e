"""How a scheme pays: the way in force, templates of files, cost codes and supplier numbers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from voucher.cli.common import Answer, Run, asking, changing, reading
from voucher.cli.lists import agreement_named
from voucher.cli.options import FILE, POUNDS, REASON, GivenFile
from voucher.funding.queries import line_by_code
from voucher.payments.cost_codes import set_cost_code
from voucher.payments.rules import FileFormat
from voucher.payments.template_store import add_template, templates_of
from voucher.payments.way_models import PayingWay
from voucher.payments.ways import (
    NewWay,
    Way,
    as_way,
    confirm_way,
    end_way_proposal,
    propose_way,
    waiting_way,
    way_in_force,
)
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.money import pounds
from voucher.providers.queries import provider_by_reference
from voucher.providers.supplier_numbers import confirm_supplier_number, key_supplier_number

LINES = ("Name on the scheme's own account", "Sort code", "Account number")
REF = click.argument("reference", metavar="REF")


@click.group("paying-way")
def way_group() -> None:
    """How the scheme pays: the kind of file, the account it is paid from, and when a batch takes two approvers."""


def _facts(way: Way) -> dict[str, object]:
    found = way.paying_way
    return {
        "route": str(way.route),
        "file": way.code,
        "account_ends_in": found.last_four if found else None,
        "second_approval_pence": way.second_approval_pence,
        "state": str(found.state) if found else "confirmed",
    }


def _answer(words: str, way: Way) -> Answer:
    above = way.second_approval_pence
    level = "" if above is None else f", two approvers above {pounds(above)}"
    return Answer(f"{words}: {way.route}, {way.code}{level}.", _facts(way))


def _account(given: dict[str, Any]) -> dict[str, str]:
    """Three lines of standard input where the account is asked for, so that it stands in no list of processes."""
    if not given["with_account"]:
        return {}
    lines: list[str] = []
    for label in LINES:
        if sys.stdin.isatty():
            click.echo(f"{label}: ", nl=False, err=True)
        lines.append(sys.stdin.readline().strip())
    if not all(lines):
        raise click.UsageError(f"Give three lines on standard input: {', '.join(LINES).lower()}.")
    return {"account_name": lines[0], "sort_code": lines[1], "account_number": lines[2]}


@way_group.command("propose")
@click.option("--file", required=True, metavar="CODE", help=f"{', '.join(FileFormat)}, or a template's code.")
@click.option("--second-approval-above", type=POUNDS, help="Batches above this sum take two approvers.")
@click.option("--with-account", is_flag=True, help="Read the scheme's own account from three lines of standard input.")
@REASON
@asking("account", _account)
@changing
def propose(
    run: Run,
    file: str,
    second_approval_above: int | None,
    with_account: bool,
    reason: str,
    account: Mapping[str, str],
) -> Answer:
    """Propose another way of paying, for the scheme's signer to confirm."""
    new = NewWay(file=file, second_approval_pence=second_approval_above, **account)
    way = propose_way(run.act, run.scheme, new, reason=reason)
    return _answer("Proposed, and waits for the signer", as_way(way))


def _waiting(run: Run) -> PayingWay:
    found = waiting_way(run.scheme.id)
    if found is None:
        raise NotFound("no_proposal", "No other way of paying is proposed.")
    return found


@way_group.command("confirm")
@changing
def confirm(run: Run) -> Answer:
    """Confirm the way that is proposed, as the signer; batches that are exported from then on go this way."""
    way = _waiting(run)
    confirm_way(run.act, way)
    return _answer("Confirmed", as_way(way))


@way_group.command("end")
@REASON
@changing
def end(run: Run, reason: str) -> Answer:
    """Withdraw your own proposal, or decline it as the signer."""
    way = _waiting(run)
    end_way_proposal(run.act, way, reason=reason)
    return Answer(f"The proposal is {way.state}. The scheme pays as before.", _facts(as_way(way)))


@way_group.command("show")
@reading
def show(run: Run) -> Answer:
    """Show the way in force."""
    run.need(Permission.FUNDING_LINES_READ)
    return _answer("In force", way_in_force(run.scheme.id))


@click.group("file-template")
def template_group() -> None:
    """Templates of payment files, for a bank or a finance system that none of the known files suits."""


@template_group.command("add")
@click.argument("code")
@click.argument("file", type=FILE)
@changing
def add(run: Run, code: str, file: GivenFile) -> Answer:
    """Add a template from a TOML file, or a new version of one, for a way of paying to be proposed with."""
    kept = add_template(run.act, run.scheme, code=code, data=file.data)
    return Answer(
        f"Template {kept.reference} is kept: {kept.name}.",
        {"template": kept.code, "version": kept.version, "route": kept.route},
    )


@template_group.command("list")
@reading
def list_templates(run: Run) -> Answer:
    """List the scheme's own templates."""
    run.need(Permission.FUNDING_LINES_READ)
    found = templates_of(run.scheme.id)
    return Answer(
        "" if found else "The scheme has no template of its own.",
        [{"template": t.code, "version": t.version, "name": t.name, "route": t.route} for t in found],
    )


@click.command("cost-code")
@click.argument("line", metavar="AGREEMENT/LINE")
@click.argument("code")
@changing
def cost_code(run: Run, line: str, code: str) -> Answer:
    """Enter the code under which the finance system books what a funding line pays."""
    reference, slash, name = line.rpartition("/")
    if not slash:
        raise click.UsageError("Name the line as AGREEMENT/LINE.")
    target = line_by_code(agreement_named(run.scheme, reference), name)
    changed = set_cost_code(run.act, target, code)
    words = "is kept" if changed else "was there already"
    return Answer(f"Cost code {code} of line {target.code} {words}.", {"line": target.code, "cost_code": code})


@click.group("supplier-number")
def number_group() -> None:
    """The number by which the finance system knows a provider: one person keys it, another confirms it."""


@number_group.command("key")
@REF
@click.argument("number")
@changing
def key(run: Run, reference: str, number: str) -> Answer:
    """Key a provider's number. REF is the reference of the provider's organisation."""
    keyed = key_supplier_number(run.act, provider_by_reference(run.scheme, reference, lock=True), number=number)
    return Answer(f"The {keyed.reference} is keyed. Next: a second person confirms it.", {"number": keyed.number})


@number_group.command("confirm")
@REF
@click.argument("number")
@changing
def confirm_number(run: Run, reference: str, number: str) -> Answer:
    """Confirm a provider's number as the second person, who gives it again."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    confirmed = confirm_supplier_number(run.act, provider, again=number)
    return Answer(f"The {confirmed.reference} can be paid to.", {"number": confirmed.number})


COMMANDS = (way_group, template_group, cost_code, number_group)
