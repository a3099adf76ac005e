"""Examples of set-up files, filled in and ready to be changed."""

from __future__ import annotations

from datetime import date

import click

from voucher.cli.imports import template_group
from voucher.demo import files
from voucher.payments.rules import FileFormat
from voucher.payments.template_store import text_of
from voucher.platform.clock import london_date, system_clock

PAYMENT_FILES = [str(each) for each in FileFormat if each is not FileFormat.PAIN_001]
GUIDE = "Change it, keep it, and give it to: voucher {}"


def _first_of_next_month() -> date:
    today = london_date(system_clock())
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def _show(text: str, command: str) -> None:
    click.echo(text.strip())
    click.echo(GUIDE.format(command), err=True)


@template_group.command("scheme")
def scheme() -> None:
    """A scheme with its settings, terms and a voucher type."""
    _show(files.scheme(_first_of_next_month()), "scheme set-up FILE")


@template_group.command("agreement")
def agreement() -> None:
    """A funder's agreement with its lines and signer."""
    _show(files.agreement(_first_of_next_month()), "agreement sign FILE")


@template_group.command("round")
def voucher_round() -> None:
    """A round with its budget and its lines' shares."""
    _show(files.voucher_round(_first_of_next_month()), "round set-up FILE")


@template_group.command("payment-file")
@click.argument("code", type=click.Choice(PAYMENT_FILES))
def payment_file(code: str) -> None:
    """A payment file that comes with the product, to write one for another bank or finance system from."""
    _show(text_of(FileFormat(code)), "file-template add CODE FILE")


COMMANDS: tuple[click.Command, ...] = ()  # they belong to the group of templates
