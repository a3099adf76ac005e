"""People and their roles."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import click

from voucher.accounts.commands import add_person, create_first_administrator, end_role, grant_role, set_password
from voucher.accounts.models import Membership, Person
from voucher.accounts.queries import person_by_email, roles_held
from voucher.accounts.rules import EVERYWHERE, FOR_ORGANISATIONS, Role
from voucher.cli.common import Answer, Run, asking, changing, changing_installation, founding, reading
from voucher.cli.options import DAY, EMAIL, PHONE, REASON, one_of
from voucher.organisations.queries import organisation_by_reference
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date, long_date
from voucher.platform.errors import NotFound
from voucher.workspace.roles import Held, roles_on

PASSWORD_STDIN = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
ROLE = click.argument("role", type=one_of("role", Role))
ORGANISATION = click.option("--organisation", metavar="REF", help="For roles that are held for an organisation.")


def _password(given: dict[str, Any]) -> str:
    return _password_if_told(given) or str(
        click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    )


def _password_if_told(given: dict[str, Any]) -> str | None:
    if not given.pop("password_stdin"):
        return None
    text = sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise click.UsageError("Nothing came on standard input: send the password, on one line.")
    return text


@click.command("create-admin")
@click.option("--name", required=True)
@click.option("--email", type=EMAIL, required=True)
@PASSWORD_STDIN
@asking("password", _password)
@founding
def create_admin(run: Run, name: str, email: str, password: str) -> Answer:
    """Add the first person of an installation, who may add everybody else."""
    person = create_first_administrator(run.act, name=name, email=email, password=password)
    return Answer(f"{person.name} is the system administrator. Use: --as {person.email}", _person(person))


@click.group("person")
def person_group() -> None:
    """Add people and set their passwords."""


@person_group.command("add")
@click.option("--name", required=True)
@click.option("--email", type=EMAIL, required=True)
@click.option("--phone", type=PHONE)
@PASSWORD_STDIN
@asking("password", _password_if_told)
@changing_installation
def add(run: Run, name: str, email: str, phone: str | None, password: str | None) -> Answer:
    """Add a person; without a password they can only use links that are sent to them."""
    person = add_person(run.act, name=name, email=email, password=password, phone=phone or "")
    return Answer(f"{person.name} is known by {person.email} now. Give them a role next.", _person(person))


@person_group.command("password")
@click.argument("email", type=EMAIL)
@PASSWORD_STDIN
@asking("password", _password)
@changing_installation
def set_new_password(run: Run, email: str, password: str) -> Answer:
    """Set a person's password and end their sessions."""
    person = person_by_email(email)
    set_password(run.act, person, password)
    return Answer(f"{person.name} has a new password and is signed out everywhere.", _person(person))


def _person(person: Person, **more: object) -> dict[str, object]:
    return {"email": person.email, "name": person.name, **more}


@click.group("role")
def role_group() -> None:
    """Give and end roles; list who held them."""


@role_group.command("grant")
@click.argument("email", type=EMAIL)
@ROLE
@ORGANISATION
@changing
def grant(run: Run, email: str, role: Role, organisation: str | None) -> Answer:
    """Give a person a role from now on."""
    person = person_by_email(email)
    scheme_id, organisation_id = _place(run, role, organisation)
    membership = grant_role(run.act, person, role, scheme_id=scheme_id, organisation_id=organisation_id)
    data = _person(person, role=str(role), began_at=membership.began_at)
    return Answer(f"{person.name} is {role} from now on.", data)


def _place(run: Run, role: Role, organisation: str | None) -> tuple[int | None, int | None]:
    """The scheme and the organisation that a role is held in: one of them, or neither."""
    if role in FOR_ORGANISATIONS:
        return None, organisation_by_reference(organisation).id if organisation else None
    if organisation:
        raise click.UsageError(f"Nobody is {role} for an organisation: leave out --organisation.")
    return None if role in EVERYWHERE else run.scheme.id, None


@role_group.command("end")
@click.argument("email", type=EMAIL)
@ROLE
@ORGANISATION
@REASON
@changing
def end(run: Run, email: str, role: Role, organisation: str | None, reason: str) -> Answer:
    """End a person's role now; what was done under it stays done."""
    person = person_by_email(email)
    held = _held(run, person, role, organisation)
    for membership in held:
        end_role(run.act, membership, reason=reason)
    data = _person(person, role=str(role), ended_at=run.act.now)
    return Answer(f"{person.name} is {role} no longer.", data)


def _held(run: Run, person: Person, role: Role, organisation: str | None) -> list[Membership]:
    place = _place(run, role, organisation)
    every = [m for m in roles_held(person.id, run.act.now) if m.role == role]
    found = [m for m in every if (m.scheme_id, m.organisation_id) == place]
    if not found:
        hint = " Say for which organisation." if every and role in FOR_ORGANISATIONS else ""
        raise NotFound("role_not_held", f"{person.name} is not {role}.{hint}", "role")
    return found


@role_group.command("list")
@click.option("--on", "day", type=DAY, help="The day to look at; today when left out.")
@reading
def list_roles(run: Run, day: date | None) -> Answer:
    """List who held which role on a day."""
    scheme_id = _scheme_if_any(run)
    if not run.act.actor.may(Permission.AUDIT_EVERYTHING_READ, scheme_id=scheme_id):
        run.act.require(Permission.ADMIN_PEOPLE_MANAGE)
    found = roles_on(day or run.act.today, scheme_id)
    nobody = f"Nobody held a role on {long_date(day or run.act.today)}."
    return Answer("" if found else nobody, [_row(held) for held in found])


def _scheme_if_any(run: Run) -> int | None:
    """The scheme that was named or is the only one; None while there is none, or there are several."""
    try:
        return run.scheme.id
    except NotFound:
        if run.scheme_reference:
            raise
        return None


def _row(held: Held) -> dict[str, object]:
    ended_at = held.membership.ended_at
    return {
        "role": held.membership.role,
        "name": held.person.name,
        "email": held.person.email,
        "scheme": held.scheme.reference if held.scheme else None,
        "organisation": held.organisation.reference if held.organisation else None,
        "organisation_name": held.organisation.name if held.organisation else None,
        "from": london_date(held.membership.began_at),
        "ended": london_date(ended_at) if ended_at else None,
        "stands_in_for": held.stands_in_for,
    }


COMMANDS = (create_admin, person_group, role_group)
