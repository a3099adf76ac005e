"""What can happen to an application between its arrival and the decision: a question, a waiting list, an appeal."""

from __future__ import annotations

from voucher.applications.models import Application
from voucher.applications.policy import why_not_decide
from voucher.applications.queries import live_application, lock_application
from voucher.applications.rules import TRANSITIONS, ApplicationState
from voucher.audit.commands import change_state
from voucher.notifications.commands import tell
from voucher.organisations.models import Organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said

S = ApplicationState


def deciding(act: Act, application: Application) -> Application:
    """The application under lock, for somebody who may decide it; raises Forbidden for anybody else."""
    act.require(Permission.OFFERS_DECIDE, scheme_id=application.scheme_id)
    application = lock_application(application.id)
    reason = why_not_decide(act.actor, application)
    if reason:
        raise Forbidden("own_decision", reason)
    return application


def begin_review(act: Act, application: Application) -> None:
    """Takes an application that was just sent into review."""
    if application.state == S.SUBMITTED:
        change_state(act.actor, "application.review_began", application, S.IN_REVIEW, TRANSITIONS, at=act.now)


def ask_business(act: Act, application: Application, *, question: str) -> None:
    """Asks the business for what the decision needs; until it answers, nobody can decide."""
    application = deciding(act, application)
    asked = _said(question, _("Write what you need to know: the business reads it."), "question")
    begin_review(act, application)
    change_state(
        act.actor, "application.asked", application, S.INFORMATION_REQUESTED, TRANSITIONS, at=act.now, reason=asked
    )
    _tell(act, application, "application_asked")


def answer_office(act: Act, application: Application, *, answer: str) -> None:
    """The business answers what it was asked, so that somebody can decide.

    Raises Conflict when nothing is asked of it any more.
    """
    act.require(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=application.business_id)
    application = lock_application(application.id)
    if application.state != S.INFORMATION_REQUESTED:
        raise Conflict("nothing_asked", _("This was answered already, or is not asked any more."))
    said = _said(answer, _("Write the answer."), "answer")
    change_state(act.actor, "application.answered", application, S.IN_REVIEW, TRANSITIONS, at=act.now, reason=said)


def put_on_waiting_list(act: Act, application: Application, *, reason: str) -> None:
    """Keeps an application that is good until there is money for it; the business is told so, and why."""
    application = deciding(act, application)
    why = _said(reason, _("Say why: the business reads the reason."), "reason")
    begin_review(act, application)
    change_state(act.actor, "application.waitlisted", application, S.WAITLISTED, TRANSITIONS, at=act.now, reason=why)
    _tell(act, application, "application_waitlisted")


def appeal(act: Act, application: Application, *, reason: str) -> None:
    """Has a declined application looked at again, by another person than the one who declined it.

    The business asks for it itself, or an officer enters what it said. Raises Conflict when the business has another
    application or a voucher in the scheme by now (rule 45).
    """
    if not act.actor.may(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=application.business_id):
        act.require(Permission.OFFERS_DECIDE, scheme_id=application.scheme_id)
    session.get_one(Organisation, application.business_id, with_for_update=True)  # as a new application does
    application = lock_application(application.id)
    other = live_application(application.scheme_id, application.business_id)
    if other is not None and other.id != application.id:
        raise Conflict(
            "application_live",
            said(
                "There is application %(other)s by now (%(state)s). End it first, or go on with it.",
                other=other.reference,
                state=said(other.state),
            ),
        )
    why = _said(reason, _("Say what was not known or not right."), "reason")
    change_state(act.actor, "application.appealed", application, S.IN_REVIEW, TRANSITIONS, at=act.now, reason=why)
    _tell(act, application, "application_appealed")


def _said(text: str, missing: str, field: str) -> str:
    if not text.strip():
        raise DomainError(f"{field}_needed", missing, field)
    return text.strip()


def _tell(act: Act, application: Application, kind: str) -> None:
    tell(
        act,
        kind,
        email=application.contact.email,
        scheme_id=application.scheme_id,
        person_id=application.contact_id,
        application_id=application.id,
    )
