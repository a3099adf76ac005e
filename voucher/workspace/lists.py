"""The columns of the lists of providers, people, roles and messages, and of the rows behind figures."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as translate
from sqlalchemy import func

from voucher.accounts.models import Membership, Person
from voucher.notifications.models import OutboxMessage
from voucher.notifications.rules import label_of, state_of
from voucher.organisations.models import Organisation
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import Column, Kind, Listing
from voucher.providers.models import Provider
from voucher.schemes.models import Scheme
from voucher.workspace.roles import GIVER, Held

PROVIDERS = Listing(
    "providers",
    (
        Column(_("Firm"), lambda row: row.Provider.organisation.name, "firm", Organisation.name),
        Column(_("Reference"), lambda row: row.Provider.reference, "reference", Organisation.reference),
        Column(_("State"), lambda row: row.Provider.state, "state", Provider.state, Kind.STATE),
        Column(_("Applied"), lambda row: row.Provider.applied_at, "applied", Provider.applied_at),
        Column(_("Approved until"), lambda row: row.Provider.approved_until, "approved", Provider.approved_until),
        Column(_("Insured until"), lambda row: row.insured, "insured", "insured"),
    ),
    usual="firm",
    tie=Provider.id,
)


class InOffice(NamedTuple):
    """A person, and the roles that the person holds now."""

    person: Person
    roles: list[str]


PEOPLE = Listing(
    "people",
    (
        Column(_("Name"), lambda row: row.person.name, "name", Person.name),
        Column(_("E-mail address"), lambda row: row.person.email, "email", Person.email),
        Column(_("Roles now"), lambda row: ", ".join(row.roles)),
        Column(
            _("State"),
            lambda row: _("active") if row.person.active else _("suspended"),
            "state",
            Person.active,
            Kind.STATE,
        ),
    ),
    usual="name",
    tie=Person.id,
)


def place(held: Held) -> str:
    """Where a role is held: in a scheme, for an organisation, or everywhere."""
    of = held.scheme or held.organisation
    return of.name if of else str(translate(_("Everywhere")))


def given(held: Held) -> str:
    """Who gave a role, and who proposed it where that takes two."""
    if held.confirmed_by:
        words = _("Proposed by %(first)s, confirmed by %(second)s")
        return str(translate(words, first=held.confirmed_by, second=held.granted_by))
    return held.granted_by or str(translate(_("The installation")))


def deputy(held: Held) -> str:
    """For whom a role is held as a deputy; empty for a role of one's own."""
    return str(translate(_("Stands in for %(name)s"), name=held.stands_in_for)) if held.stands_in_for else ""


ROLES = Listing(
    "roles",
    (
        Column(_("Role"), lambda held: held.membership.role, "role", Membership.role, Kind.STATE),
        Column(_("Name"), lambda held: held.person.name, "name", Person.name),
        Column(_("E-mail address"), lambda held: held.person.email, "email", Person.email),
        Column(_("Where"), place, "where", func.coalesce(Scheme.name, Organisation.name, "")),
        Column(_("From"), lambda held: held.membership.began_at, "from", Membership.began_at),
        Column(_("Until"), lambda held: held.membership.ended_at, "until", Membership.ended_at),
        Column(_("Given by"), given, "given", func.coalesce(GIVER.name, "")),
        Column(_("Deputy"), deputy, "deputy", "absent"),
    ),
    usual="role",
    tie=Membership.id,
)

# Of a queue or a step of the funnel, whatever kind of record stands in it.
BEHIND = Listing(
    "rows",
    (
        Column(_("Reference"), lambda row: row.reference, "reference", "reference"),
        Column(_("About"), lambda row: row.about, "about", "about"),
        Column(_("State"), lambda row: row.state, "state", "state", Kind.STATE),
        Column(_("Since"), lambda row: row.since, "since", "since"),
        Column(_("Amount"), lambda row: row.pence, "amount", "pence", Kind.MONEY),
    ),
    usual="since",
    tie="row",
)

MESSAGES = Listing(
    "messages",
    (
        Column(_("Written"), lambda row: row.created_at, "written", OutboxMessage.created_at),
        Column(_("To"), lambda row: row.email, "to", OutboxMessage.email),
        Column(_("What"), lambda row: label_of(row.kind), "what", OutboxMessage.kind, Kind.STATE),
        Column(
            _("State"),
            lambda row: str(state_of(row.done_at, needless=row.needless, last_error=row.last_error)),
            kind=Kind.STATE,
        ),
        Column(_("Left"), lambda row: None if row.needless else row.done_at, "left", OutboxMessage.done_at),
        Column(_("Times tried"), lambda row: row.attempts, "tried", OutboxMessage.attempts, Kind.NUMBER),
        Column(_("Why not yet"), lambda row: row.last_error),
    ),
    usual="-written",
    tie=OutboxMessage.id,
    dated="written",
)
