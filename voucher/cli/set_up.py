"""Schemes, their terms and voucher types, and rounds, from set-up files."""

from __future__ import annotations

from datetime import date

import click

from voucher.cli.common import Answer, Run, changing, changing_installation, reading
from voucher.cli.lists import agreement_named, rounds_of
from voucher.cli.options import REASON, SET_UP_FILE, GivenFile
from voucher.funding.commands import draw_on
from voucher.funding.models import FundingLine
from voucher.funding.queries import line_by_code
from voucher.platform import toml
from voucher.platform.authz import Permission
from voucher.platform.errors import NotFound
from voucher.platform.money import pounds
from voucher.platform.toml import Section, refuse_faults
from voucher.schemes.commands import (
    add_round,
    add_terms,
    add_voucher_type,
    set_eligibility,
    set_up_scheme,
    set_voucher_type_open,
)
from voucher.schemes.eligibility_file import read_eligibility
from voucher.schemes.models import Round, Scheme, VoucherType
from voucher.schemes.plans import DAY_SETTINGS
from voucher.schemes.queries import every_voucher_type, terms_history, voucher_type_by_code
from voucher.schemes.set_up_file import read_terms, read_voucher_type

STAFF = (
    Permission.SCHEMES_SET_UP,
    Permission.CLAIMS_READ,
    Permission.FUNDING_LINES_READ,
    Permission.ADMIN_PEOPLE_MANAGE,
)


@click.group("scheme")
def scheme_group() -> None:
    """Set a scheme up, give it new terms, show it."""


@scheme_group.command("set-up")
@SET_UP_FILE
@changing_installation
def set_up(run: Run, file: GivenFile) -> Answer:
    """Set up a scheme with its owner, settings, terms and voucher types."""
    scheme = set_up_scheme(run.act, toml.read(file.data))
    data = {"scheme": scheme.reference, "name": scheme.name, "owner": scheme.owner.name}
    return Answer(f"Scheme {scheme.reference} ({scheme.name}) is set up. Give people their roles in it next.", data)


@scheme_group.command("terms")
@SET_UP_FILE
@changing
def terms(run: Run, file: GivenFile) -> Answer:
    """Add a new version of the terms; vouchers issued before keep theirs."""
    whole = toml.read(file.data)
    new = read_terms(whole.section("terms"))
    _end(whole)
    added = add_terms(run.act, run.scheme, new)
    data = {"terms": added.version, "in_force_from": added.in_force_from}
    return Answer(f"Terms {added.version} are in force from {added.in_force_from.isoformat()}.", data)


@scheme_group.command("eligibility")
@SET_UP_FILE
@REASON
@changing
def eligibility(run: Run, file: GivenFile, reason: str) -> Answer:
    """Replace the rules on who may apply by those of a file's section [eligibility].

    An empty section asks nothing. Applications that were sent before keep their answers and what came of them.
    """
    whole = toml.read(file.data)
    rules = read_eligibility(whole.section("eligibility"))
    _end(whole)
    set_eligibility(run.act, run.scheme, rules, reason=reason)
    return Answer("The rules on who may apply are replaced.", {"eligibility": run.scheme.eligibility})


@scheme_group.command("show")
@reading
def show_scheme(run: Run) -> Answer:
    """Show a scheme with its settings, terms, voucher types and rounds."""
    run.need(*STAFF)
    return Answer(data=scheme_facts(run.scheme))


def _end(whole: Section) -> None:
    """Refuses a file that was read, when anything in it is wrong or unknown."""
    whole.done()
    refuse_faults(whole)


def scheme_facts(scheme: Scheme) -> dict[str, object]:
    """A scheme as it is shown."""
    return {
        "scheme": scheme.reference,
        "name": scheme.name,
        "owner": scheme.owner.name,
        "contact": scheme.contact_line,
        "starts_on": scheme.starts_on,
        "ends_on": scheme.ends_on,
        "settings": {key: getattr(scheme, key) for key in DAY_SETTINGS}
        | {
            "decider_may_verify": scheme.decider_may_verify,
            "reviewer_needed": scheme.reviewer_needed,
            "vat_funded_for_unregistered": scheme.vat_funded_for_unregistered,
        },
        "terms": [{"version": each.version, "in_force_from": each.in_force_from} for each in terms_history(scheme)],
        "voucher_types": [_kind_facts(kind) for kind in every_voucher_type(scheme)],
        "rounds": [_round_facts(each) for each in rounds_of(scheme)],
    }


def _kind_facts(kind: VoucherType) -> dict[str, object]:
    return {
        "code": kind.code,
        "name": kind.name,
        "rate_bp": kind.rate_bp,
        "face_pence": kind.face_pence,
        "cap_pence": kind.cap_pence,
        "minimum_own_pence": kind.minimum_own_pence,
        "validity_days": kind.validity_days,
        "open": kind.open,
    }


def _round_facts(each: Round) -> dict[str, object]:
    return {
        "code": each.code,
        "name": each.name,
        "voucher_type": each.voucher_type.code,
        "opens_on": each.opens_on,
        "closes_on": each.closes_on,
        "award_method": each.award_method,
        "budget_pence": each.budget_pence,
        "available_pence": each.available_pence,
    }


@click.group("voucher-type")
def voucher_type_group() -> None:
    """Add, open and close voucher types."""


@voucher_type_group.command("add")
@SET_UP_FILE
@changing
def add_type(run: Run, file: GivenFile) -> Answer:
    """Add the voucher type of a file's section [voucher_type]."""
    whole = toml.read(file.data)
    new = read_voucher_type(whole.section("voucher_type"))
    _end(whole)
    kind = add_voucher_type(run.act, run.scheme, new)
    return Answer(f"Voucher type {kind.code} is added, worth {pounds(kind.face_pence)}.", _kind_facts(kind))


@voucher_type_group.command("open")
@click.argument("code")
@REASON
@changing
def open_type(run: Run, code: str, reason: str) -> Answer:
    """Let vouchers of a type be issued."""
    return _set_open(run, code, reason, is_open=True)


@voucher_type_group.command("close")
@click.argument("code")
@REASON
@changing
def close_type(run: Run, code: str, reason: str) -> Answer:
    """Stop issuing vouchers of a type; those that are out stay good."""
    return _set_open(run, code, reason, is_open=False)


def _set_open(run: Run, code: str, reason: str, *, is_open: bool) -> Answer:
    kind = voucher_type_by_code(run.scheme, code)
    set_voucher_type_open(run.act, kind, is_open=is_open, reason=reason)
    words = "open" if is_open else "closed: nothing is issued of it"
    return Answer(f"Voucher type {kind.code} is {words}.", {"voucher_type": kind.code, "open": is_open})


@click.group("round")
def round_group() -> None:
    """Open rounds."""


@round_group.command("set-up")
@SET_UP_FILE
@changing
def set_up_round(run: Run, file: GivenFile) -> Answer:
    """Open a round and say which funding lines it draws on.

    The file has a section [round] and, for each funding line, a section [[round.line]] with agreement, line and
    share_percent; the shares come to 100.
    """
    whole = toml.read(file.data)
    part = whole.section("round")
    shares = [_share(run.scheme, section) for section in part.sections("line")]
    whole.done()
    opened = add_round(run.act, run.scheme, part)
    draw_on(run.act, opened, [(line, share) for line, share in shares if line is not None])
    data = _round_facts(opened) | {
        "lines": [{"line": line.code, "share_bp": share} for line, share in shares if line is not None]
    }
    return Answer(f"Round {opened.code} {_days(opened)}, with {pounds(opened.budget_pence)}.", data)


def _share(scheme: Scheme, section: Section) -> tuple[FundingLine | None, int]:
    """A funding line and its share; a line that is not there is a fault of the file like any other."""
    agreement, code = section.text("agreement"), section.text("line")
    share = section.percent("share_percent")
    section.done()
    try:
        return line_by_code(agreement_named(scheme, agreement), code), share
    except NotFound as missing:
        section.fault(missing.field or "line", missing.message)
        return None, share


def _days(opened: Round) -> str:
    return f"takes applications from {_iso(opened.opens_on)} to {_iso(opened.closes_on)}"


def _iso(day: date) -> str:
    return day.isoformat()


COMMANDS = (scheme_group, voucher_type_group, round_group)
