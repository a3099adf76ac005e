"""What staff can do with an application, as data, and what happens next in each state."""

from __future__ import annotations

from voucher.accounts.steps import Step
from voucher.applications.models import Application
from voucher.applications.policy import why_not_decide
from voucher.applications.rules import (
    APPROVABLE,
    DECIDABLE,
    HAS_A_CONTACT,
    TRANSITIONS,
    ApplicationState,
    has_large_subsidy,
)
from voucher.platform.authz import Permission as P
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.states import allowed

S = ApplicationState

STEPS: tuple[Step[Application], ...] = (
    Step("approve", _("Approve"), P.OFFERS_DECIDE, lambda a: a.state in APPROVABLE, why_not_decide),
    Step("decline", _("Decline"), P.OFFERS_DECIDE, lambda a: a.state in DECIDABLE, why_not_decide),
    Step("ask", _("Ask the business for more"), P.OFFERS_DECIDE, lambda a: a.state in DECIDABLE, why_not_decide),
    Step("wait", _("Put on the waiting list"), P.OFFERS_DECIDE, lambda a: a.state in DECIDABLE, why_not_decide),
    Step("appeal", _("Enter an appeal"), P.OFFERS_DECIDE, lambda a: a.state == S.DECLINED),
    Step("send-notice", _("Send the notice again"), P.OFFERS_DECIDE, lambda a: a.state == S.APPROVED),
    Step("contact", _("Change the contact"), P.OFFERS_DECIDE, lambda a: a.state in HAS_A_CONTACT, why_not_decide),
    Step(
        "database-number",
        _("Note the number in the subsidy database"),
        P.OFFERS_DECIDE,
        lambda a: has_large_subsidy(a.state, a.face_pence),
        why_not_decide,
    ),
    Step("withdraw", _("Withdraw"), P.OFFERS_DECIDE, lambda a: allowed(TRANSITIONS, a.state, S.WITHDRAWN)),
)

NEXT = {
    S.DRAFT: _("The business is still filling this in."),
    S.SUBMITTED: _("Somebody decides: approving reserves the money and sends the subsidy notice to the contact."),
    S.IN_REVIEW: _("Somebody decides: approving reserves the money and sends the subsidy notice to the contact."),
    S.INFORMATION_REQUESTED: _("The business has been asked for more. Once it answers, somebody decides."),
    S.WAITLISTED: _("It waits for money. Approving reserves the money and sends the subsidy notice to the contact."),
    S.APPROVED: _("The business answers the subsidy notice by %(day)s. When it accepts, its voucher is issued."),
    S.DECLINED: _("Nothing. The business can appeal; then another person decides."),
    S.ACCEPTED: _("The business accepted and its voucher was issued."),
    S.LAPSED: _("Nothing. The offer was not answered in time and its money went back."),
    S.WITHDRAWN: _("Nothing. The application was withdrawn and what it reserved went back."),
}
