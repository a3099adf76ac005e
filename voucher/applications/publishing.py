"""The number of a large subsidy in the public database: noted by an officer, corrected with a reason."""

from __future__ import annotations

from voucher.applications.models import Application
from voucher.applications.policy import why_not_decide
from voucher.applications.queries import lock_application
from voucher.applications.rules import has_large_subsidy
from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.subsidies.models import SubsidyPublication
from voucher.subsidies.queries import application_with_number, numbers_entered
from voucher.subsidies.rules import award_number


def note_database_number(act: Act, application: Application, *, number: str, reason: str = "") -> SubsidyPublication:
    """Notes where the subsidy of an application was entered (rule 42); a number there is replaced with a reason.

    Raises Conflict where no entry is needed: nothing was given, or no more than need be published.
    """
    act.require(Permission.OFFERS_DECIDE, scheme_id=application.scheme_id)
    application = lock_application(application.id)
    refusal = why_not_decide(act.actor, application)
    if refusal:
        raise Forbidden("own_application", refusal)
    if not has_large_subsidy(application.state, application.face_pence):
        raise Conflict("not_published", _("Only a subsidy above £100,000 that was given is entered in the database."))
    entered = award_number(number)
    if entered is None:
        words = _("Enter the award's number as the database shows it: digits only. SC and digits name a scheme.")
        raise DomainError("award_number", words, "number")
    before = numbers_entered([application.id]).get(application.id)
    _refuse_unchanged(application, entered, before, reason)
    noted = SubsidyPublication(
        scheme_id=application.scheme_id,
        application_id=application.id,
        number=entered,
        reason=reason.strip(),
        by_id=act.person_id,
        at=act.now,
    )
    session.add(noted)
    details = {"number": [before, entered]}
    record(act.actor, "application.subsidy_published", application, at=act.now, reason=noted.reason, details=details)
    session.flush()
    return noted


def _refuse_unchanged(application: Application, entered: str, before: str | None, reason: str) -> None:
    other = application_with_number(entered)
    if other == application.id:
        raise DomainError("award_number", _("This number is noted already."), "number")
    if other is not None:
        raise DomainError("award_number", _("This number is noted for another application."), "number")
    if before is not None and not reason.strip():
        raise DomainError("reason_needed", _("Say what was wrong with the number before."), "reason")
