"""Who speaks for a business about its application and its voucher: an officer alone changes that."""

from __future__ import annotations

from sqlalchemy import or_, select

from voucher.accounts.business_import import WORKS_FOR_A_PROVIDER, provider_addresses
from voucher.accounts.commands import contact_person
from voucher.accounts.models import Membership, Person
from voucher.applications.models import Application
from voucher.applications.policy import why_not_decide
from voucher.applications.queries import lock_application
from voucher.applications.rules import HAS_A_CONTACT
from voucher.audit.commands import record
from voucher.notifications.commands import tell
from voucher.organisations.identifiers import IdentifierError
from voucher.organisations.identifiers import email as well_formed
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _

_WORKS_HERE = _("The person at this address works for a scheme. Enter somebody of the business itself.")
_SUSPENDED = _("The account of this person is suspended. Enter somebody else.")
_NEW = _("Nobody is known at this address yet. Enter the person's name, too.")


def change_contact(act: Act, application: Application, *, email_text: str, name: str = "", reason: str) -> Person:
    """From now on somebody else of the business is asked and told; the one before is told so, and why is noted.

    Whoever is not known at the address is added under ``name`` and acts for the business from then on. Nobody who
    works for a provider or a scheme can speak for a business (rule 15). What was sent before stays with whom it went
    to: send the notice of an open offer again.
    """
    act.require(Permission.OFFERS_DECIDE, scheme_id=application.scheme_id)
    application = lock_application(application.id)
    refusal = why_not_decide(act.actor, application)
    if refusal:
        raise Forbidden("own_application", refusal)
    if application.state not in HAS_A_CONTACT:
        raise Conflict("application_over", _("This application is over, so nothing is sent about it any more."))
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why the contact is changed."), "reason")
    before, after = application.contact, _speaker(act, application, email_text, name.strip())
    application.contact = after
    session.flush()
    details = {"contact": [before.email, after.email]}
    record(act.actor, "application.contact_changed", application, at=act.now, reason=reason, details=details)
    for kind, person in (("contact_changed", before), ("contact_named", after)):
        tell(
            act,
            kind,
            email=person.email,
            scheme_id=application.scheme_id,
            person_id=person.id,
            application_id=application.id,
        )
    return after


def _speaker(act: Act, application: Application, email_text: str, name: str) -> Person:
    """The person at the address, who can speak for the business; made, and let in, when that is new."""
    try:
        address = well_formed(email_text).lower()
    except IdentifierError as wrong:
        raise DomainError("contact", str(wrong), "email") from wrong
    if address in provider_addresses():
        raise DomainError("contact", WORKS_FOR_A_PROVIDER, "email")
    known = session.scalar(select(Person).where(Person.email == address))
    if known is None and not name:
        raise DomainError("name_needed", _NEW, "name")
    if known is not None:
        _check(act, application, known)
    return contact_person(
        act, name=known.name if known else name, email=address, phone="", organisation_id=application.business_id
    )


def _check(act: Act, application: Application, known: Person) -> None:
    if known.id == application.contact_id:
        raise DomainError("contact", _("This person is the contact already."), "email")
    if not known.active:
        raise DomainError("contact", _SUSPENDED, "email")
    in_office = select(Membership.id).where(
        Membership.person_id == known.id,
        Membership.organisation_id.is_(None),
        or_(Membership.ended_at.is_(None), Membership.ended_at > act.now),
    )
    if session.scalar(in_office.limit(1)) is not None:
        raise DomainError("contact", _WORKS_HERE, "email")
