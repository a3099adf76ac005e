"""Pure: who may decide an application, and the appeal against a decision (rule 65)."""

from __future__ import annotations

from voucher.applications.models import Application
from voucher.applications.rules import APPEALED
from voucher.platform.actor import Actor
from voucher.platform.i18n import gettext_noop as _


def why_not_decide(actor: Actor, application: Application) -> str | None:
    """Why this person cannot decide this application, or None."""
    if application.business_id in actor.organisation_ids or application.contact_id == actor.person_id:
        return _("This is your own organisation's application: another person must decide it.")
    if application.state in APPEALED and application.decided_by == actor.person_id:
        return _("You declined this application before: another person must decide the appeal.")
    return None
