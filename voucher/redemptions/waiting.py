"""Pure: who is waiting for whom with a claim, and what happens next, as its provider reads it."""

from __future__ import annotations

from typing import NamedTuple

from voucher.platform.i18n import gettext_noop as _
from voucher.redemptions.rules import RedemptionState as R


class Waiting(NamedTuple):
    """Whose turn it is, and what happens next; ``%(day)s`` is the last day of the business's time to answer."""

    whose_turn: str
    next_step: str


THE_BUSINESS, THE_OFFICE, YOU, NOBODY = _("the business"), _("the scheme's office"), _("you"), _("nobody")

WAITING: dict[R, Waiting] = {
    R.SUBMITTED: Waiting(
        THE_BUSINESS,
        _("We have asked the business whether the support was delivered and what it paid. It has until %(day)s."),
    ),
    R.CONFIRMED: Waiting(
        THE_OFFICE, _("The business has confirmed. The scheme's office checks the invoice and the evidence.")
    ),
    R.DISPUTED: Waiting(
        YOU, _("Something is disputed and nothing is paid meanwhile. Speak with the business, then with the office.")
    ),
    R.UNCONFIRMED: Waiting(
        THE_BUSINESS,
        _("The business has not answered in time. Ask it to answer; the scheme's office calls it as well."),
    ),
    R.OTHER_EVIDENCE: Waiting(THE_OFFICE, _("The scheme's office accepts other evidence and checks the invoice.")),
    R.VERIFIED: Waiting(THE_OFFICE, _("Everything is checked. The claim is approved next.")),
    R.APPROVED: Waiting(THE_OFFICE, _("The claim is approved and goes into the next payment.")),
    R.IN_BATCH: Waiting(THE_OFFICE, _("The payment is on its way to your bank account.")),
    R.PAID: Waiting(NOBODY, _("The claim is paid. There is nothing left to do.")),
    R.RETURNED: Waiting(
        THE_OFFICE, _("Your bank sent the payment back. Check your bank details with the scheme's office.")
    ),
    R.RECOVERED: Waiting(NOBODY, _("The payment was got back. Ask the scheme's office if you do not know why.")),
    R.REFUSED: Waiting(NOBODY, _("The claim was refused and nothing is paid. If that is wrong, tell the office.")),
    R.WITHDRAWN: Waiting(NOBODY, _("You took the claim back. Its sessions can be claimed for again.")),
    R.SENT_BACK: Waiting(
        YOU, _("The claim must be corrected before it goes on. Send the correction to the scheme's office.")
    ),
}
