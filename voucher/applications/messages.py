"""The offer as its contact reads it: the subsidy notice that the law wants, the terms in brief, and one link."""

from __future__ import annotations

from voucher.accounts.links import mailed_link
from voucher.accounts.rules import Purpose
from voucher.applications.models import Application
from voucher.applications.rules import ApplicationState
from voucher.notifications.delivery import Mail, written
from voucher.notifications.models import OutboxMessage
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.schemes.queries import terms_in_force
from voucher.subsidies.queries import latest_record, limit_in_force
from voucher.subsidies.rules import RecordKind, window_starts_on


def offer(act: Act, message: OutboxMessage) -> Mail:
    """Asks for the answer as long as there is one to give; what was answered on paper is told without a link."""
    application = session.get_one(Application, message.subject_ids["application_id"])
    notice = latest_record(application.id, RecordKind.NOTICE)
    if notice is None:
        raise DomainError("no_notice", f"No subsidy notice was sent for application {application.reference}.")
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


RENDERERS = {"offer": offer}
