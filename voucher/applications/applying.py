"""Applying: a business's answers from the first one to the application (rules 45, 47, 49).

Whoever applies under the number of a business that is known here, and does not speak for it here, gets nothing by
that: the form waits for an officer, for a stranger must not come to speak for somebody else's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from voucher.accounts.business_import import WORKS_FOR_A_PROVIDER, provider_addresses
from voucher.accounts.commands import known_or_new_person, make_member
from voucher.accounts.models import Person
from voucher.accounts.queries import roles_held
from voucher.accounts.rules import Role
from voucher.applications.commands import check_open, enter
from voucher.applications.form_queries import held_form, own_form
from voucher.applications.models import Application, ApplicationForm
from voucher.applications.questions import BY_KEY, answer, numbers_of, unanswered
from voucher.applications.rules import FORM_TRANSITIONS, OPEN_FORMS, UNSENT_FORMS, FormState
from voucher.audit.commands import begin_state, change_state, record
from voucher.notifications.commands import tell
from voucher.organisations.business_file import LegalForm
from voucher.organisations.commands import add_organisation
from voucher.organisations.identifiers import IdentifierError, email
from voucher.organisations.identifiers import phone as telephone
from voucher.organisations.matching import bearers_of, sole_trader_at
from voucher.organisations.models import Organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.turns import Turn, take_turn
from voucher.schemes.eligibility import Finding, Verdict, judge
from voucher.schemes.models import Round

F = FormState

_INCOMPLETE = _("Some questions are not answered yet. Answer them, then send the application.")
_NOT_ELIGIBLE = _("By these answers the business does not meet every rule of the scheme, so it cannot apply.")
_ANOTHER_OPEN = _("This person has an application open in this round already.")
_SEVERAL = _("The numbers belong to more than one business. Refuse it and say which number is wrong.")
_NOT_YOURS = _("This is your own organisation's application: another person must decide it.")


def begin_form(act: Act, target: Round) -> ApplicationForm:
    """The person's form in a round: the one that is open, or a new one."""
    person = session.get_one(Person, act.person_id, with_for_update=True)  # two at once begin one form
    return _open_form(person, target) or _new_form(act, person, target)


def begin_by_phone(act: Act, target: Round, *, name: str, email_text: str, phone: str) -> ApplicationForm:
    """A form that an officer fills in for a business, whose contact confirms it before it counts."""
    act.require(Permission.OFFERS_DECIDE, scheme_id=target.scheme_id)
    address = _checked(email, email_text, "email").lower()
    number = _checked(telephone, phone, "phone") if phone else ""
    person = known_or_new_person(act, name=name, email=address, phone=number)
    if person.id == act.person_id:
        raise Forbidden("own_application", _("Apply for your own business on the page for businesses."))
    session.get_one(Person, person.id, with_for_update=True)
    if _open_form(person, target):
        raise Conflict("form_open", _ANOTHER_OPEN, "email")
    form = _new_form(act, person, target)
    form.entered_by = act.person_id
    return form


def answer_question(act: Act, form: ApplicationForm, key: str, given: Mapping[str, object]) -> None:
    """Keeps the answer to one question; raises DomainError that names the field for one that cannot be right."""
    form = _unsent(act, form)
    form.answers = answer(form.eligibility, form.answers, BY_KEY[key], given)
    form.saved_at = act.now


def delete_form(act: Act, form: ApplicationForm) -> None:
    """Deletes a form that no application came of, with all its answers; that it was there stays in the audit trail."""
    form = own_form(act.actor, form.public_id, lock=True)
    if form.state not in OPEN_FORMS:
        raise DomainError("form_sent", _("This application has been decided on or sent, so it cannot be deleted."))
    record(act.actor, "application_form.deleted", form, at=act.now)
    session.delete(form)


def hand_over(act: Act, form: ApplicationForm) -> None:
    """Gives a form that was taken by phone to the business, which is asked by mail to confirm it."""
    form = _unsent(act, form)
    if form.entered_by != act.person_id:
        raise Forbidden("not_taken_by_you", _("Only the officer who took this application hands it over."))
    act.require(Permission.OFFERS_DECIDE, scheme_id=form.scheme_id)
    _check_complete(form)
    change_state(act.actor, "application_form.handed_over", form, F.TO_CONFIRM, FORM_TRANSITIONS, at=act.now)
    _tell_business(act, "application_to_confirm", form)


def send_form(act: Act, form: ApplicationForm) -> ApplicationForm:
    """Sends the answers: they become an application, or wait for an officer when they name another's business.

    Raises DomainError when something is unanswered, a rule of the scheme is not met or the round is closed.
    """
    form = _unsent(act, form)
    if form.person_id != act.person_id:
        raise Forbidden("not_the_applicant", _("Only the business itself sends its application."))
    check_open(act, form.round)
    _check_speaks_for_businesses(form.person)
    _check_complete(form)
    if any(found.verdict is Verdict.NOT_MET for found in findings_of(act, form)):
        raise DomainError("not_eligible", _NOT_ELIGIBLE)
    take_turn(Turn.IMPORT_BUSINESSES)  # two at once would both find a number that nobody bears
    known = known_businesses(form)
    form.sent_at, form.rules = act.now, dict(form.scheme.eligibility)
    own = _only_own(act, known)
    if known and own is None:
        form.business_id = known[0].id
        _move(act, form, F.NEEDS_A_PERSON, "application_form.held")
        return form
    business = own or _add_business(act, form)
    _send(act, form, enter(act, form.round, business, form.person))
    return form


def findings_of(act: Act, form: ApplicationForm) -> list[Finding]:
    """What each rule of the scheme says of a form's answers today."""
    return judge(form.eligibility, form.answers, act.today)


def findings_when_sent(form: ApplicationForm) -> list[Finding]:
    """What each rule said of the answers on the day on which they were sent; nothing before that."""
    return judge(form.eligibility, form.answers, london_date(form.sent_at)) if form.sent_at else []


def known_businesses(form: ApplicationForm) -> list[Organisation]:
    """The parties that are known here by one of the form's numbers or, without any, by name and postcode."""
    numbers = numbers_of(form.answers)
    found: Iterable[Organisation | None] = bearers_of(numbers).values()
    if not numbers:
        found = [sole_trader_at(str(form.answers["name"]), str(form.answers["postcode"]))]
    return sorted({each for each in found if each is not None}, key=lambda each: each.id)


def let_in(act: Act, form: ApplicationForm, *, reason: str) -> Application:
    """An officer has found out that the person speaks for the known business: the application is entered for it."""
    form = _deciding(act, form, reason)
    known = known_businesses(form)
    if len(known) != 1:
        raise DomainError("several_businesses", _SEVERAL, "reason")
    _check_speaks_for_businesses(form.person)
    make_member(act, form.person, known[0].id)
    application = enter(act, form.round, known[0], form.person)
    form.reason = reason.strip()
    _send(act, form, application)
    return application


def refuse_form(act: Act, form: ApplicationForm, *, reason: str) -> None:
    """An officer could not find that the person speaks for the business; the reason is what the person reads."""
    form = _deciding(act, form, reason)
    form.reason = reason.strip()
    change_state(
        act.actor, "application_form.refused", form, F.REFUSED, FORM_TRANSITIONS, at=act.now, reason=form.reason
    )
    _tell_business(act, "application_form_refused", form)


def _checked(check: Callable[[str], str], text: str, field: str) -> str:
    try:
        return check(text)
    except IdentifierError as wrong:
        raise DomainError("not_well_formed", str(wrong), field) from None


def _open_form(person: Person, target: Round) -> ApplicationForm | None:
    states = [str(state) for state in OPEN_FORMS]
    query = session.query(ApplicationForm).filter_by(person_id=person.id, round_id=target.id)
    return query.filter(ApplicationForm.state.in_(states)).one_or_none()


def _new_form(act: Act, person: Person, target: Round) -> ApplicationForm:
    check_open(act, target)
    _check_speaks_for_businesses(person)
    form = ApplicationForm(
        scheme=target.scheme,
        round=target,
        person=person,
        state=F.DRAFT,
        answers={"phone": person.phone} if person.phone else {},
        begun_at=act.now,
        saved_at=act.now,
    )
    session.add(form)
    begin_state(act.actor, "application_form.begun", form, at=act.now)
    return form


def _check_speaks_for_businesses(person: Person) -> None:
    """Nobody who works for a provider speaks for a business, for only that confirms deliveries (rule 15)."""
    if person.email in provider_addresses():
        raise DomainError("works_for_a_provider", WORKS_FOR_A_PROVIDER, "email")


def _unsent(act: Act, form: ApplicationForm) -> ApplicationForm:
    """The form under lock, as long as its answers may be changed."""
    form = own_form(act.actor, form.public_id, lock=True)
    if form.state not in UNSENT_FORMS:
        raise Conflict("form_sent", _("This application has been sent, so its answers cannot be changed."))
    return form


def _check_complete(form: ApplicationForm) -> None:
    if unanswered(form.eligibility, form.answers):
        raise DomainError("incomplete", _INCOMPLETE)


def _only_own(act: Act, known: list[Organisation]) -> Organisation | None:
    """The one known business, if the actor speaks for it."""
    roles = roles_held(act.person_id, act.now)
    own = {role.organisation_id for role in roles if role.role == Role.BUSINESS_MEMBER}
    return known[0] if len(known) == 1 and known[0].id in own else None


def _add_business(act: Act, form: ApplicationForm) -> Organisation:
    answers = form.answers
    address = [str(answers[name]) for name in ("address_line_1", "address_line_2", "town", "postcode")]
    business = add_organisation(
        act,
        name=str(answers["name"]),
        legal_form=str(LegalForm(str(answers["legal_form"]))),
        identifiers=numbers_of(answers),
        address=address,
        sic_code=str(answers.get("sic_code") or "") or None,
        employees=_number(answers.get("employees")),
        turnover_pence=_number(answers.get("turnover")),
    )
    make_member(act, form.person, business.id)
    return business


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _send(act: Act, form: ApplicationForm, application: Application) -> None:
    form.application = application
    if not form.person.phone:
        form.person.phone = str(form.answers["phone"])
    _move(act, form, F.SENT, "application_form.sent")


def _move(act: Act, form: ApplicationForm, to: FormState, action: str) -> None:
    change_state(act.actor, action, form, to, FORM_TRANSITIONS, at=act.now, reason=form.reason)
    _tell_business(act, "application_received", form)


def _tell_business(act: Act, kind: str, form: ApplicationForm) -> None:
    email_address, person_id = form.person.email, form.person_id
    tell(act, kind, email=email_address, scheme_id=form.scheme_id, person_id=person_id, form_id=form.id)


def _deciding(act: Act, form: ApplicationForm, reason: str) -> ApplicationForm:
    """The held form under lock, for an officer who may decide on it and says why."""
    act.require(Permission.OFFERS_DECIDE, scheme_id=form.scheme_id)
    form = held_form(act.actor, form.public_id, lock=True)
    if form.person_id == act.person_id or form.business_id in act.actor.organisation_ids:
        raise Forbidden("own_application", _NOT_YOURS)
    if form.state != F.NEEDS_A_PERSON:
        raise NotFound("not_held", _("Somebody has decided on this already."))
    if not reason.strip():
        raise DomainError("reason_needed", _("Say how you found out."), "reason")
    return form
