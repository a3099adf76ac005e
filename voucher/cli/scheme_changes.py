"""Changing a scheme that is set up: its settings, its voucher types, and the duties of a small team."""

from __future__ import annotations

from collections.abc import Mapping

import click
from sqlalchemy import select

from voucher.accounts.rules import ProposalState
from voucher.cli.common import Answer, Run, changing
from voucher.cli.options import REASON, SET_UP_FILE, GivenFile
from voucher.cli.set_up import scheme_group, voucher_type_group
from voucher.platform import toml
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.money import plain_pounds
from voucher.platform.toml import Section, refuse_faults
from voucher.reports.public_results import hide_results, show_results
from voucher.schemes.duties import confirm_weaker, end_duty_proposal, make_strict, propose_weaker
from voucher.schemes.models import DutyProposal, Scheme, VoucherType
from voucher.schemes.plans import DAY_SETTINGS, LEAST, MOST_DAYS, NewVoucherType
from voucher.schemes.queries import voucher_type_by_code
from voucher.schemes.rules import Duty
from voucher.schemes.set_up_file import read_voucher_type
from voucher.vouchers.scheme_changes import Settings, change_settings, change_voucher_type

DUTY = click.argument("duty", type=click.Choice([str(each) for each in Duty]))


@scheme_group.command("settings")
@SET_UP_FILE
@REASON
@changing
def settings(run: Run, file: GivenFile, reason: str) -> Answer:
    """Change the settings that a file's section [settings] names: name, contact, ends_on, and the whole numbers.

    What is offered, issued or handed in already keeps its days.
    """
    whole = toml.read(file.data)
    wanted = _settings(run.scheme, whole.section("settings"))
    whole.done()
    refuse_faults(whole)
    return _changed("The settings are changed", change_settings(run.act, run.scheme, wanted, reason=reason))


@scheme_group.command("show-results")
@changing
def results_shown(run: Run) -> Answer:
    """Show the scheme's results on its public page, as of each month's end."""
    show_results(run.act, run.scheme)
    return Answer("The public page shows the results.", {"scheme": run.scheme.reference, "shows_results": True})


@scheme_group.command("hide-results")
@changing
def results_hidden(run: Run) -> Answer:
    """Take the results off the scheme's public page."""
    hide_results(run.act, run.scheme)
    return Answer("The public page shows no results.", {"scheme": run.scheme.reference, "shows_results": False})


@voucher_type_group.command("change")
@click.argument("code")
@SET_UP_FILE
@REASON
@changing
def change_type(run: Run, code: str, file: GivenFile, reason: str) -> Answer:
    """Change of a voucher type what a file's section [voucher_type] names, for offers to come."""
    kind = voucher_type_by_code(run.scheme, code)
    whole = toml.read(file.data)
    wanted = _voucher_type(kind, whole.section("voucher_type"))
    whole.done()
    refuse_faults(whole)
    return _changed(f"Voucher type {kind.code} is changed", change_voucher_type(run.act, kind, wanted, reason=reason))


def _settings(scheme: Scheme, section: Section) -> Settings:
    found = Settings(
        name=section.text("name", scheme.name),
        contact_line=section.text("contact", scheme.contact_line),
        ends_on=section.day("ends_on") if section.has("ends_on") else scheme.ends_on,
        days={
            name: section.whole(name, getattr(scheme, name), least=LEAST.get(name, 0), most=MOST_DAYS)
            for name in DAY_SETTINGS
        },
    )
    section.done()
    return found


def _voucher_type(kind: VoucherType, section: Section) -> NewVoucherType:
    """What the file names of a type, on top of what the type has."""
    if section.has("code"):
        section.fault("code", "cannot be changed: add another voucher type")
    has: dict[str, object] = {
        "name": kind.name,
        "good_for": list(kind.good_for),
        "rate_percent": kind.rate_bp // 100,
        "face_value": plain_pounds(kind.face_pence),
        "cap": plain_pounds(kind.cap_pence),
        "minimum_own_contribution": plain_pounds(kind.minimum_own_pence),
        "validity_days": kind.validity_days,
    }
    return read_voucher_type(Section({**has, **section.values, "code": kind.code}, section.name, section.faults))


def _changed(words: str, changed: Mapping[str, list[str]]) -> Answer:
    told = "; ".join(f"{name} from {before} to {after}" for name, (before, after) in changed.items())
    return Answer(f"{words}: {told}.", {"changed": dict(changed)})


@click.group("duty")
def duty_group() -> None:
    """Join duties for a small team: a scheme administrator proposes, the signer confirms."""


@duty_group.command("propose")
@DUTY
@REASON
@changing
def propose(run: Run, duty: str, reason: str) -> Answer:
    """Propose to make a duty weaker."""
    propose_weaker(run.act, run.scheme, Duty(duty), reason=reason)
    return Answer(f"A weaker {duty} is proposed. It counts once the signer has confirmed it.", {"proposed": duty})


@duty_group.command("confirm")
@DUTY
@changing
def confirm(run: Run, duty: str) -> Answer:
    """Confirm, as the signer, a weaker duty that somebody else proposed."""
    confirm_weaker(run.act, _waiting(run.scheme, duty))
    return Answer(f"{duty} is weaker from now on.", {"confirmed": duty})


@duty_group.command("end")
@DUTY
@REASON
@changing
def end(run: Run, duty: str, reason: str) -> Answer:
    """Withdraw one's own proposal, or decline it as the signer."""
    proposal = _waiting(run.scheme, duty)
    end_duty_proposal(run.act, proposal, reason=reason)
    return Answer(f"The proposal is {proposal.state}. The duty stays strict.", {"proposal": proposal.state})


@duty_group.command("make-strict")
@DUTY
@REASON
@changing
def strict(run: Run, duty: str, reason: str) -> Answer:
    """Make a duty strict again from now on."""
    make_strict(run.act, run.scheme, Duty(duty), reason=reason)
    return Answer(f"{duty} is strict from now on.", {"strict": duty})


def _waiting(scheme: Scheme, duty: str) -> DutyProposal:
    found = session.scalar(
        select(DutyProposal).where(
            DutyProposal.scheme_id == scheme.id,
            DutyProposal.duty == duty,
            DutyProposal.state == str(ProposalState.PROPOSED),
        )
    )
    if found is None:
        raise NotFound("no_proposal", f"No weaker {duty} waits for the signer.", "duty")
    return found


COMMANDS = (duty_group,)
