"""The columns of the lists of providers and people, of the rows behind the desk's figures, and of movements."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask_babel import gettext as translate

from voucher.accounts.models import Person
from voucher.funding.models import Entry, Posting
from voucher.organisations.models import Organisation
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import Column, Kind, Listing
from voucher.providers.models import Provider

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

MOVEMENTS = Listing(
    "movements",
    (
        Column(_("Counts on"), lambda row: row.Posting.effective_on, "day", Posting.effective_on),
        Column(_("What"), lambda row: str(translate(row.Entry.kind)), "what", Entry.kind),
        Column(_("From"), lambda row: row.Posting.from_account, "from", Posting.from_account, Kind.STATE),
        Column(_("To"), lambda row: row.Posting.to_account, "to", Posting.to_account, Kind.STATE),
        Column(_("About"), lambda row: about(row)),
        Column(_("Why"), lambda row: row.Entry.reason),
        Column(_("Amount"), lambda row: row.moved, "amount", "moved", Kind.MONEY),
    ),
    usual="-day",
    tie=Posting.id,
)


def about(row: Any) -> str:
    """The records that a movement is about, by reference: the application where nothing is closer to the money."""
    close = [getattr(row, name) for name in ("voucher", "claim", "payment", "debt")]
    return ", ".join(filter(None, close)) or row.application or ""
