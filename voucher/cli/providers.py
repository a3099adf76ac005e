"""Providers: from their application to the packages they may redeem and the account they are paid to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from voucher.cli.common import Answer, Run, asking, changing, reading
from voucher.cli.lists import providers_of
from voucher.cli.options import DAY, EMAIL, FILE, NOTE, POUNDS, REASON, GivenFile, Read, one_of, one_way
from voucher.organisations.business_file import LegalForm
from voucher.organisations.commands import add_organisation
from voucher.organisations.identifiers import CHECKS, IdentifierKind, postcode
from voucher.organisations.models import Organisation
from voucher.organisations.queries import organisation_by_identifier
from voucher.platform.authz import Permission
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.money import pounds
from voucher.providers.commands import (
    apply_as_provider,
    approve_provider,
    list_package,
    record_vetting,
    reinstate_provider,
)
from voucher.providers.commands import sponsor as take_into_vetting
from voucher.providers.declining import decline_provider
from voucher.providers.models import PayeeDetails, Provider
from voucher.providers.payee_evidence import keep_evidence
from voucher.providers.payees import confirm_details, key_details, record_payee_check, why_not_usable
from voucher.providers.queries import current_details, provider_by_reference, vetting_of
from voucher.providers.rules import PayeeCheck, VettingCheck
from voucher.redemptions.suspension import suspend_provider
from voucher.schemes.queries import voucher_type_by_code

STAFF = (
    Permission.PROVIDERS_SPONSOR,
    Permission.PROVIDERS_APPROVE,
    Permission.CLAIMS_READ,
    Permission.PAYEES_KEY,
    Permission.PAYEES_CONFIRM,
)
NUMBERS = {kind: f"--{kind.value.replace('_', '-')}" for kind in IdentifierKind}
LINES = ("Name on the account", "Sort code", "Account number")


@click.group("provider")
def provider_group() -> None:
    """Providers. REF is the reference of the provider's organisation."""


def _numbers(command: Any) -> Any:
    """The options by which an organisation is known."""
    for kind, name in reversed(NUMBERS.items()):
        command = click.option(name, kind.value, type=Read("number", CHECKS[kind]), help=kind.label)(command)
    return command


@provider_group.command("apply")
@click.option("--name", required=True)
@_numbers
@click.option("--legal-form", type=one_of("legal form", LegalForm), default=LegalForm.COMPANY, show_default=True)
@click.option("--address", default="", help="First line of the address.")
@click.option("--town", default="")
@click.option("--postcode", type=Read("postcode", postcode))
@click.option("--contact-email", type=EMAIL, required=True)
@changing
def apply(run: Run, name: str, legal_form: LegalForm, contact_email: str, **given: Any) -> Answer:
    """Enter a firm's application to be a provider; a firm that is not known by a number of its own is added."""
    identifiers = [(kind, given[kind.value]) for kind in IdentifierKind if given[kind.value]]
    if not identifiers:
        raise click.UsageError(f"Give a number by which the firm is known: {', '.join(NUMBERS.values())}.")
    firm = _known_by(identifiers) or add_organisation(
        run.act,
        name=name,
        legal_form=str(legal_form),
        identifiers=identifiers,
        address=(given["address"], "", given["town"], given["postcode"] or ""),
    )
    provider = apply_as_provider(run.act, run.scheme, firm, contact_email=contact_email)
    return _answer(provider, f"{firm.name} has applied as provider {provider.reference}.")


def _known_by(identifiers: list[tuple[IdentifierKind, str]]) -> Organisation | None:
    """The organisation that bears these numbers; raises Conflict when only some of them are its own."""
    found = {kind: organisation_by_identifier(kind, value) for kind, value in identifiers}
    known = [firm for firm in found.values() if firm is not None]
    for kind, firm in found.items():
        if known and firm is not known[0]:
            raise Conflict(
                "numbers_differ",
                f"{known[0].name} ({known[0].reference}) is on file, and not by this {kind.label}. Check the numbers, "
                "or give only those it is on file by.",
                kind.value,
            )
    return known[0] if known else None


def _answer(provider: Provider, sentence: str, **more: object) -> Answer:
    data = {"provider": provider.reference, "name": provider.organisation.name, "state": str(provider.state), **more}
    return Answer(sentence, data)


@provider_group.command("sponsor")
@click.argument("reference", metavar="REF")
@changing
def sponsor(run: Run, reference: str) -> Answer:
    """Take a provider into vetting; another person must approve it."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    take_into_vetting(run.act, provider)
    return _answer(provider, f"{provider.organisation.name} is in vetting.")


@provider_group.command("vet")
@click.argument("reference", metavar="REF")
@click.option("--check", type=one_of("check", VettingCheck), required=True)
@click.option("--passed/--failed", default=None, callback=one_way)
@NOTE
@changing
def vet(run: Run, reference: str, check: VettingCheck, passed: bool, note: str) -> Answer:
    """Record what was found on one point of vetting."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    record_vetting(run.act, provider, check, passed=passed, note=note)
    words = "in order" if passed else "not in order"
    return _answer(provider, f"The check of {check} is {words}.", check=str(check), passed=passed)


@provider_group.command("approve")
@click.argument("reference", metavar="REF")
@click.option("--until", type=DAY, required=True, help="The last day of the approval.")
@changing
def approve(run: Run, reference: str, until: date) -> Answer:
    """Approve a vetted provider until a day."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    approve_provider(run.act, provider, until=until)
    words = f"{provider.organisation.name} is approved until {until.isoformat()}."
    return _answer(provider, words, approved_until=until)


@provider_group.command("decline")
@click.argument("reference", metavar="REF")
@REASON
@changing
def decline(run: Run, reference: str, reason: str) -> Answer:
    """Turn a firm down before any approval."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    decline_provider(run.act, provider, reason=reason)
    return _answer(provider, f"{provider.organisation.name} is declined.")


@provider_group.command("suspend")
@click.argument("reference", metavar="REF")
@REASON
@changing
def suspend(run: Run, reference: str, reason: str) -> Answer:
    """Stop a provider at once: no look-ups, no sessions, no claims, no payments."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    suspend_provider(run.act, provider, reason=reason)
    return _answer(provider, f"{provider.organisation.name} is suspended.")


@provider_group.command("reinstate")
@click.argument("reference", metavar="REF")
@REASON
@changing
def reinstate(run: Run, reference: str, reason: str) -> Answer:
    """End a provider's suspension."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    reinstate_provider(run.act, provider, reason=reason)
    return _answer(provider, f"{provider.organisation.name} is approved again.")


@provider_group.command("package")
@click.argument("reference", metavar="REF")
@click.option("--code", required=True)
@click.option("--name", required=True)
@click.option("--description", required=True)
@click.option("--price", "net_pence", type=POUNDS, required=True, help="Before VAT.")
@click.option("--minutes", type=click.IntRange(min=1), required=True)
@click.option("--voucher-type", "kind", required=True, metavar="CODE")
@changing
def package(run: Run, reference: str, kind: str, net_pence: int, minutes: int, **texts: Any) -> Answer:
    """List a package of a provider: what it does, for how much."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    listed = list_package(
        run.act, provider, voucher_type_by_code(run.scheme, kind), net_pence=net_pence, minutes=minutes, **texts
    )
    words = f"Package {listed.code} is listed at {pounds(net_pence)} before VAT."
    return _answer(provider, words, package=listed.code, net_pence=net_pence)


def _account(_given: dict[str, Any]) -> dict[str, str]:
    """Three lines of standard input, so that no account stands in the list of processes; asked for at a terminal."""
    lines: list[str] = []
    for label in LINES:
        if sys.stdin.isatty():
            click.echo(f"{label}: ", nl=False, err=True)
        lines.append(sys.stdin.readline().strip())
    if not all(lines):
        raise click.UsageError(f"Give three lines on standard input: {', '.join(LINES).lower()}.")
    return {"name": lines[0], "sort_code_text": lines[1], "number_text": lines[2]}


@provider_group.command("bank-details")
@click.argument("reference", metavar="REF")
@asking("account", _account)
@changing
def bank_details(run: Run, reference: str, account: Mapping[str, str]) -> Answer:
    """Key a provider's bank details, read from three lines of standard input.

    The lines are the name on the account, the sort code and the account number.
    """
    provider = provider_by_reference(run.scheme, reference, lock=True)
    details = key_details(run.act, provider, **account)
    words = f"The {details.reference} is keyed. Next: the payee check, then a second person confirms."
    return _answer(provider, words, account_ends_in=details.last_four)


def _details(provider: Provider) -> PayeeDetails:
    found = current_details(provider.id, lock=True)
    if found is None:
        raise DomainError("no_details", f"{provider.organisation.name} has no bank details yet.", "provider")
    return found


@provider_group.command("payee-check")
@click.argument("reference", metavar="REF")
@click.option("--outcome", type=one_of("outcome", PayeeCheck), required=True)
@NOTE
@click.option("--evidence", type=FILE, help="The document that shows whose account it is, when it was unavailable.")
@changing
def payee_check(run: Run, reference: str, outcome: PayeeCheck, note: str, evidence: GivenFile | None) -> Answer:
    """Record what Confirmation of Payee said about a provider's bank details."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    details = _details(provider)
    kept = keep_evidence(run.act, provider, evidence.name, evidence.data) if evidence else None
    record_payee_check(run.act, details, outcome, note=note, evidence=kept)
    return _answer(provider, f"Confirmation of Payee said “{outcome}” for the {details.reference}.", outcome=outcome)


@provider_group.command("confirm-details")
@click.argument("reference", metavar="REF")
@changing
def confirm(run: Run, reference: str) -> Answer:
    """Confirm bank details as the second person; from then on they can be paid to."""
    provider = provider_by_reference(run.scheme, reference, lock=True)
    details = _details(provider)
    confirm_details(run.act, details)
    return _answer(provider, f"The {details.reference} can be paid to.", account_ends_in=details.last_four)


@provider_group.command("show")
@click.argument("reference", metavar="REF")
@reading
def show(run: Run, reference: str) -> Answer:
    """Show a provider with its vetting, packages and whether it can be paid."""
    provider = provider_by_reference(run.scheme, reference)
    if provider.organisation_id not in run.act.actor.organisation_ids:
        run.need(*STAFF)
    return Answer(data=_facts(provider))


def _facts(provider: Provider) -> dict[str, object]:
    details = current_details(provider.id)
    found = vetting_of(provider)
    return {
        "provider": provider.reference,
        "name": provider.organisation.name,
        "state": provider.state,
        "contact_email": provider.contact_email,
        "approved_until": provider.approved_until,
        "vetting": {str(check): _passed(found.get(check)) for check in VettingCheck},
        "packages": [
            {"code": p.code, "name": p.name, "net_pence": p.net_pence, "minutes": p.minutes, "active": p.active}
            for p in provider.packages
        ],
        "account_ends_in": details.last_four if details else None,
        "modulus": details.modulus if details else None,
        "modulus_tables_on": details.modulus_tables_on if details else None,
        "payee_check": details.payee_check if details else None,
        "not_payable_because": why_not_usable(details) if details else "It has no bank details.",
    }


def _passed(result: bool | None) -> str:
    return "not looked at" if result is None else "passed" if result else "failed"


@provider_group.command("list")
@reading
def list_providers(run: Run) -> Answer:
    """List the scheme's providers."""
    run.need(*STAFF)
    return Answer(
        data=[
            {
                "provider": p.reference,
                "name": p.organisation.name,
                "state": p.state,
                "approved_until": p.approved_until,
            }
            for p in providers_of(run.scheme)
        ]
    )


COMMANDS = (provider_group,)
