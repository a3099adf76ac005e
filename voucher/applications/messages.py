"""What a business that applies reads: what became of its answers, and the offer with its subsidy notice and terms."""

from __future__ import annotations

from voucher.accounts.links import mailed_link
from voucher.accounts.models import Person
from voucher.accounts.rules import Purpose
from voucher.applications.models import Application, ApplicationForm
from voucher.applications.queries import last_words, why_declined, withdrawal_of
from voucher.applications.rules import ApplicationState
from voucher.notifications.delivery import Mail, written
from voucher.notifications.models import OutboxMessage
from voucher.notifications.worker import Renderer
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import said
from voucher.schemes.queries import terms_in_force
from voucher.subsidies.queries import latest_record, limit_in_force
from voucher.subsidies.rules import RecordKind, window_starts_on

REVIEW_EVENTS = {
    "application_asked": "application.asked",
    "application_waitlisted": "application.waitlisted",
    "application_appealed": "application.appealed",
}


def page_of(act: Act, application: Application) -> str:
    """Where the business sees its application."""
    return f"{act.base_url.rstrip('/')}/business/applications/{application.public_id}"


def offer(act: Act, message: OutboxMessage) -> Mail:
    """Asks for the answer as long as there is one to give; what was answered on paper is told without a link."""
    application = session.get_one(Application, message.subject_ids["application_id"])
    notice = latest_record(application.id, RecordKind.NOTICE)
    if notice is None:
        raise DomainError(
            "no_notice",
            said("No subsidy notice was sent for application %(application)s.", application=application.reference),
        )
    told_on = london_date(notice.at)
    is_open = application.state == ApplicationState.APPROVED and act.today <= (application.offer_until or act.today)
    link, link_until = (
        mailed_link(act, application.contact, Purpose.ANSWER_OFFER, application.id, message_id=message.id)
        if is_open
        else (None, None)
    )
    return written(
        "offer",
        scheme=application.scheme,
        application=application,
        business=application.business.name,
        person=application.contact.name,
        kind=application.round.voucher_type,
        notice=notice,
        notice_on=told_on,
        window_from=window_starts_on(told_on),
        limit=limit_in_force(told_on),
        terms=terms_in_force(application.scheme, act.today),
        offer_until=application.offer_until,
        link=link,
        link_until=link_until,
    )


def about_form(act: Act, message: OutboxMessage) -> Mail:
    """What became of the answers of a business that applies, and what it has to do, if anything."""
    form = session.get(ApplicationForm, message.subject_ids["form_id"])
    if form is None or form.person_id != message.person_id:  # deleted; its row's number may be another's by now
        return written("application_deleted", base_url=act.base_url)
    return written(
        message.kind,
        scheme=form.scheme,
        form=form,
        person=form.person.name,
        business=form.answers.get("name") or form.person.name,
        round=form.round,
        page=f"{act.base_url.rstrip('/')}/apply/{form.public_id}",
    )


def declined(act: Act, message: OutboxMessage) -> Mail:
    """That the application was declined, with the reason that was given."""
    application = session.get_one(Application, message.subject_ids["application_id"])
    return written(
        "application_declined",
        scheme=application.scheme,
        application=application,
        business=application.business.name,
        person=application.contact.name,
        reason=why_declined(application),
        page=page_of(act, application),
    )


def under_review(act: Act, message: OutboxMessage) -> Mail:
    """That a question is asked, that it has to wait, or that it is looked at again, with what was said."""
    application = session.get_one(Application, message.subject_ids["application_id"])
    return written(
        message.kind,
        scheme=application.scheme,
        application=application,
        business=application.business.name,
        person=application.contact.name,
        said=last_words(application, REVIEW_EVENTS[message.kind]),
        page=page_of(act, application),
    )


def withdrawn(_act: Act, message: OutboxMessage) -> Mail:
    """That the application has ended by somebody's word, so that nobody ends it for a business unseen."""
    application = session.get_one(Application, message.subject_ids["application_id"])
    event = withdrawal_of(application)
    return written(
        "application_withdrawn",
        scheme=application.scheme,
        application=application,
        business=application.business.name,
        person=application.contact.name,
        at=event.at if event else message.created_at,
        reason=event.reason if event else "",
    )


def contact(act: Act, message: OutboxMessage) -> Mail:
    """That somebody is the contact now or no longer, told to both of them, so that no contact changes unseen."""
    application = session.get_one(Application, message.subject_ids["application_id"])
    return written(
        message.kind,
        scheme=application.scheme,
        application=application,
        business=application.business.name,
        person=session.get_one(Person, message.person_id).name,
        contact=application.contact.name,
        at=message.created_at,
        page=f"{act.base_url.rstrip('/')}/business",
    )


RENDERERS: dict[str, Renderer] = {
    "offer": offer,
    "application_declined": declined,
    "application_withdrawn": withdrawn,
    "application_asked": under_review,
    "application_waitlisted": under_review,
    "application_appealed": under_review,
    "contact_changed": contact,
    "contact_named": contact,
    "application_received": about_form,
    "application_to_confirm": about_form,
    "application_form_refused": about_form,
}
