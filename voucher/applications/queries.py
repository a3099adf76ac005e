"""Finding applications."""

from __future__ import annotations

from datetime import date
from functools import cache

from sqlalchemy import Select, bindparam, select

from voucher.accounts.models import Person
from voucher.applications.models import Application, ApplicationForm
from voucher.applications.rules import LIVE, has_large_subsidy
from voucher.audit.models import AuditEvent
from voucher.audit.queries import history
from voucher.notifications.queries import Subjects
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import said
from voucher.schemes.models import Scheme
from voucher.subsidies.rules import publish_by


def application_by_reference(scheme: Scheme, reference: str) -> Application:
    """The scheme's application with this reference; raises NotFound."""
    found = session.scalar(
        select(Application).where(
            Application.scheme_id == scheme.id, Application.reference == reference.strip().upper()
        )
    )
    if found is None:
        raise NotFound(
            "no_application",
            said("Scheme %(scheme)s has no application %(reference)s.", scheme=scheme.reference, reference=reference),
            "application",
        )
    return found


def last_words(application: Application, action: str) -> str:
    """What was said when the application was last declined, asked about and so on; empty when it never was."""
    events = [each for each in history("application", application.id) if each.action == action]
    return events[-1].reason if events else ""


def why_declined(application: Application) -> str:
    """The reason of the newest decision against the application, as the business reads it; empty without one."""
    return last_words(application, "application.declined")


def publication_due_on(application: Application) -> date | None:
    """By when its subsidy has to be entered in the public database; None for one that need not be (rule 42)."""
    if application.decided_at is None or not has_large_subsidy(application.state, application.face_pence):
        return None
    return publish_by(london_date(application.decided_at))


def withdrawal_of(application: Application) -> AuditEvent | None:
    """When and why the application was withdrawn or its offer turned down; None for one that was not."""
    ending = ("application.withdrawn", "application.turned_down")
    return next((each for each in reversed(history("application", application.id)) if each.action in ending), None)


def lock_application(application_id: int) -> Application:
    """The application, read again under lock."""
    return session.get_one(Application, application_id, with_for_update=True, populate_existing=True)


def contact_of(application_id: int) -> Person:
    """The contact that there was when the application was decided."""
    return session.scalars(_contact(), {"application_id": application_id}).one()


@cache
def _contact() -> Select[Person]:
    contact = Application.contact_id == Person.id
    return select(Person).join(Application, contact).where(Application.id == bindparam("application_id"))


def live_application(scheme_id: int, business_id: int) -> Application | None:
    """The application or voucher that stands in the way of another one in the same scheme (rule 45)."""
    return session.scalar(
        select(Application).where(
            Application.scheme_id == scheme_id,
            Application.business_id == business_id,
            Application.state.in_([str(state) for state in LIVE]),
            ~Application.voucher_ended,
        )
    )


def subjects_of_application(application_id: int) -> Subjects:
    """By what the messages about an application are found: its own, and those about the answers that it came of."""
    forms = select(ApplicationForm.id).where(ApplicationForm.application_id == application_id)
    return {"application": [application_id], "form": forms}
