"""A firm's own application: written as a draft, sent with the terms, taken up as a provider (rules 47, 50).

Naming the number of a firm that is on file gives no power over it: such an application waits until staff have found
out, outside this system, that the applicant speaks for the firm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select, update

from voucher.accounts.commands import admit
from voucher.accounts.models import Person
from voucher.accounts.rules import Role
from voucher.audit.commands import begin_state, change_state, record
from voucher.documents.models import Document
from voucher.notifications.commands import tell
from voucher.organisations.commands import add_organisation
from voucher.organisations.identifiers import CHECKS, IdentifierError, IdentifierKind, email, postcode
from voucher.organisations.models import Organisation
from voucher.organisations.queries import organisation_by_identifier
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.turns import Turn, take_turn
from voucher.providers.commands import enter_provider
from voucher.providers.models import Insurance, Provider, ProviderApplication
from voucher.providers.queries import applications_since, lock_application, open_application
from voucher.providers.rules import (
    APPLICATION_TRANSITIONS,
    APPLICATIONS_A_DAY,
    PROVIDER_TERMS_VERSION,
    ApplicationState,
    InsuranceKind,
    why_not_known,
)
from voucher.schemes.models import Scheme

S = ApplicationState


@dataclass(frozen=True)
class FirmFacts:
    """What a firm says of itself; an empty text is no answer, and empty conflicts are none."""

    name: str
    legal_form: str
    company_number: str
    charity_number: str
    vat_number: str
    utr: str
    address_line_1: str
    town: str
    postcode: str
    contact_email: str
    services: str
    referees: str
    conflicts: str


@dataclass(frozen=True)
class Policy:
    """An insurance as its certificate says."""

    kind: InsuranceKind
    insurer: str
    policy_number: str
    cover_pence: int
    ends_on: date


def begin_application(act: Act, scheme: Scheme, facts: FirmFacts) -> ProviderApplication:
    """A draft of the person who acts; raises DomainError at the field for what is not well-formed (rule 47)."""
    if open_application(act.person_id, scheme.id) is not None:
        raise Conflict("application_open", _("You have an application to this scheme already. Go on with that one."))
    if applications_since(act.person_id, act.now - timedelta(days=1)) >= APPLICATIONS_A_DAY:
        raise DomainError("too_many_applications", _("You have begun five applications today. Go on tomorrow."))
    application = ProviderApplication(
        scheme_id=scheme.id,
        state=str(S.DRAFT),
        applicant_id=act.person_id,
        made_at=act.now,
        **asdict(_well_formed(facts)),
    )
    session.add(application)
    begin_state(act.actor, "provider_application.begun", application, at=act.now)
    return application


def change_application(act: Act, application: ProviderApplication, facts: FirmFacts) -> None:
    """Other answers in a draft; raises DomainError at the field for what is not well-formed (rule 47)."""
    application = _own_draft(act, application)
    for name, value in asdict(_well_formed(facts)).items():
        setattr(application, name, value)
    record(act.actor, "provider_application.changed", application, at=act.now)


def add_policy(act: Act, application: ProviderApplication, policy: Policy, document: Document) -> Insurance:
    """Shows an insurance with a draft."""
    application = _own_draft(act, application)
    insurance = _insured(act, policy, document)
    insurance.scheme_id, insurance.application = application.scheme_id, application
    session.add(insurance)
    session.flush()
    record(act.actor, "insurance.added", insurance, at=act.now, pence=policy.cover_pence)
    return insurance


def remove_policy(act: Act, application: ProviderApplication, insurance: Insurance) -> None:
    """Takes an insurance out of a draft."""
    application = _own_draft(act, application)
    record(act.actor, "insurance.removed", insurance, at=act.now)
    application.insurances.remove(insurance)
    session.delete(insurance)


def show_insurance(act: Act, provider: Provider, policy: Policy, document: Document) -> Insurance:
    """A provider shows a new or renewed insurance; what it showed before stays on file."""
    act.require(Permission.PROVIDER_PEOPLE_MANAGE, organisation_id=provider.organisation_id)
    insurance = _insured(act, policy, document)
    insurance.scheme_id, insurance.provider_id = provider.scheme_id, provider.id
    session.add(insurance)
    session.flush()
    record(act.actor, "insurance.added", insurance, at=act.now, pence=policy.cover_pence)
    record(act.actor, "provider.insurance_shown", provider, at=act.now, details={"insurance": insurance.reference})
    return insurance


def send_application(act: Act, application: ProviderApplication, *, terms_version: str) -> None:
    """Sends a draft. A firm that nobody knows becomes a provider in its first state with the applicant as manager.

    One that is on file under any of the numbers waits for staff, unless the applicant is its manager already.
    """
    application = _own_draft(act, application)
    if terms_version != PROVIDER_TERMS_VERSION:
        raise DomainError("terms_changed", _("The terms have changed. Read them again, then accept them."), "accepts")
    if not any(each.ends_on >= act.today for each in application.insurances):
        raise DomainError("insurance_needed", _("Add an insurance that is in force before you send the application."))
    application.terms_version, application.sent_at = terms_version, act.now
    take_turn(Turn.IMPORT_BUSINESSES)  # two at once would both find a number that nobody bears
    known = known_firms(application)
    if not known:
        _take_up(act, application, _new_firm(act, application))
    elif len(known) == 1 and _manages(act, known[0]):
        _take_up(act, application, known[0])
    else:
        change_state(
            act.actor, "provider_application.waiting", application, S.WAITING, APPLICATION_TRANSITIONS, at=act.now
        )


def link_application(act: Act, application: ProviderApplication, firm: Organisation, *, reason: str) -> Provider:
    """Staff say that the applicant speaks for a firm on file, and how they know; it gives the applicant its manager's
    role, so it takes the second factor."""
    application = _waiting(act, application, reason)
    act.require_second_factor()
    if firm.id in act.actor.organisation_ids:
        raise Forbidden("own_organisation", _("You belong to this firm, so you cannot say who speaks for it."))
    if firm not in known_firms(application):
        raise DomainError("another_firm", _("The application names no number of this firm."), "firm")
    application.settled_by = act.person_id
    return _take_up(act, application, firm, reason=reason)


def refuse_application(act: Act, application: ProviderApplication, *, reason: str) -> None:
    """Staff find that the applicant does not speak for the firm on file, or that it is a provider already."""
    application = _waiting(act, application, reason)
    application.settled_by = act.person_id
    change_state(
        act.actor,
        "provider_application.refused",
        application,
        S.REFUSED,
        APPLICATION_TRANSITIONS,
        at=act.now,
        reason=reason,
    )
    tell(
        act,
        "provider_application_refused",
        email=application.contact_email,
        scheme_id=application.scheme_id,
        provider_application_id=application.id,
    )


def known_firms(application: ProviderApplication) -> Sequence[Organisation]:
    """The parties on file under one of the application's numbers, each once."""
    found = [organisation_by_identifier(kind, value) for kind, value in _numbers(application)]
    return list(dict.fromkeys(firm for firm in found if firm is not None))


def _own_draft(act: Act, application: ProviderApplication) -> ProviderApplication:
    application = lock_application(application)
    if application.applicant_id != act.person_id:
        raise Forbidden("not_the_applicant", _("Somebody else has begun this application."))
    if application.state != S.DRAFT:
        raise Conflict("application_sent", _("This application was sent. It cannot be changed any more."))
    return application


def _waiting(act: Act, application: ProviderApplication, reason: str) -> ProviderApplication:
    act.require(Permission.PROVIDERS_SPONSOR, scheme_id=application.scheme_id)
    application = lock_application(application)
    if application.applicant_id == act.person_id:
        raise Forbidden("own_application", _("This is your own application: another person must settle it."))
    if application.state != S.WAITING:
        raise Conflict("application_settled", _("This application was settled meanwhile."))
    if not reason.strip():
        raise DomainError("reason_needed", _("Write down how you found this out."), "reason")
    return application


def _well_formed(facts: FirmFacts) -> FirmFacts:
    """The facts with every number normalised; raises DomainError at the first field that is not well-formed."""
    checks = {**{kind.value: check for kind, check in CHECKS.items()}, "postcode": postcode, "contact_email": email}
    found = {}
    for name, check in checks.items():
        text = getattr(facts, name).strip()
        try:
            found[name] = check(text) if text or name in ("postcode", "contact_email") else ""
        except IdentifierError as wrong:
            raise DomainError("not_well_formed", str(wrong), name) from wrong
    missing = why_not_known(facts.legal_form, found)
    if missing:
        field, sentence = missing
        raise DomainError("number_needed", sentence, field)
    return replace(facts, **found)


def _insured(act: Act, policy: Policy, document: Document) -> Insurance:
    if policy.cover_pence <= 0:
        raise DomainError("insurance_cover", _("Enter the sum insured in pounds, above zero."), "cover")
    if policy.ends_on < act.today:
        raise DomainError("insurance_ended", _("This insurance has ended. Add the one that is in force."), "ends_on")
    if document.uploaded_by != act.person_id:
        raise Forbidden("not_your_file", _("Somebody else has handed this file in."))
    return Insurance(
        kind=str(policy.kind),
        insurer=policy.insurer,
        policy_number=policy.policy_number,
        cover_pence=policy.cover_pence,
        ends_on=policy.ends_on,
        document=document,
        added_by=act.person_id,
        added_at=act.now,
    )


def _numbers(application: ProviderApplication) -> list[tuple[IdentifierKind, str]]:
    return [(kind, getattr(application, kind.value)) for kind in IdentifierKind if getattr(application, kind.value)]


def _manages(act: Act, firm: Organisation) -> bool:
    return act.actor.may(Permission.PROVIDER_PEOPLE_MANAGE, organisation_id=firm.id)


def _new_firm(act: Act, application: ProviderApplication) -> Organisation:
    return add_organisation(
        act,
        name=application.name,
        legal_form=application.legal_form,
        identifiers=_numbers(application),
        address=(application.address_line_1, "", application.town, application.postcode),
    )


def _take_up(act: Act, application: ProviderApplication, firm: Organisation, *, reason: str = "") -> Provider:
    provider = enter_provider(act, application.scheme_id, firm, contact_email=application.contact_email)
    application.provider_id, provider.services = provider.id, application.services
    change_state(
        act.actor,
        "provider_application.taken_up",
        application,
        S.TAKEN_UP,
        APPLICATION_TRANSITIONS,
        at=act.now,
        reason=reason,
        details={"provider": provider.reference},
    )
    session.execute(update(Insurance).where(Insurance.application_id == application.id).values(provider_id=provider.id))
    applicant = session.scalars(select(Person).where(Person.id == application.applicant_id)).one()
    admit(
        act,
        applicant,
        Role.PROVIDER_MANAGER,
        organisation_id=firm.id,
        reason=reason or "applied as this firm",
    )
    return provider
