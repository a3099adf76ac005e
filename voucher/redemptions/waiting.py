"""Pure: who is waiting for whom with a claim, and what happens next, as its provider and its business read it."""

from __future__ import annotations

from typing import NamedTuple

from voucher.platform.i18n import gettext_noop as _
from voucher.providers.rules import ProviderState
from voucher.redemptions.rules import AWAITING_PAYMENT, UNDER_CHECK
from voucher.redemptions.rules import RedemptionState as R


class Waiting(NamedTuple):
    """Whose turn it is, and what happens next; ``%(day)s`` is the last day of the business's time to answer.

    ``stopped``: nothing goes on until somebody lifts what stands in the way.
    """

    whose_turn: str
    next_step: str
    stopped: bool = False


THE_BUSINESS, THE_OFFICE, YOU, NOBODY = _("the business"), _("the scheme's office"), _("you"), _("nobody")
THE_PROVIDER = _("the provider")

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
    R.IN_BATCH: Waiting(
        THE_OFFICE, _("The claim is in a payment. It goes to your bank account once that is approved and sent.")
    ),
    R.PAID: Waiting(NOBODY, _("The claim is paid. There is nothing left to do.")),
    R.RETURNED: Waiting(
        THE_OFFICE, _("Your bank sent the payment back. Check your bank details with the scheme's office.")
    ),
    R.RECOVERED: Waiting(NOBODY, _("The payment was got back. Ask the scheme's office if you do not know why.")),
    R.REFUSED: Waiting(NOBODY, _("The claim was refused and nothing is paid. If that is wrong, tell the office.")),
    R.WITHDRAWN: Waiting(NOBODY, _("You took the claim back. Its sessions can be claimed for again.")),
    R.SENT_BACK: Waiting(YOU, _("The claim must be corrected before it goes on. Correct it here and send it again.")),
}

# The same for the business whose voucher the claim is on.
FOR_THE_BUSINESS: dict[R, Waiting] = {
    R.SUBMITTED: Waiting(
        YOU,
        _("Say by %(day)s whether the support was delivered and what you paid. The provider is not paid before that."),
    ),
    R.CONFIRMED: Waiting(
        THE_OFFICE, _("You have confirmed the claim. The scheme's office checks the invoice and the evidence.")
    ),
    R.DISPUTED: Waiting(
        THE_PROVIDER,
        _("Something is disputed and nothing is paid meanwhile. Speak with the provider, and answer again below once "
          "it is put right. The scheme's office decides if you cannot agree."),
    ),
    R.UNCONFIRMED: Waiting(
        YOU,
        _("You had until %(day)s to answer, so the claim stands as not confirmed and nothing is paid. Answer now."),
    ),
    R.OTHER_EVIDENCE: Waiting(
        THE_OFFICE,
        _("You did not answer by %(day)s. The scheme's office has accepted other evidence and checks the invoice. "
          "Tell it at once if something is wrong."),
    ),
    R.VERIFIED: Waiting(THE_OFFICE, _("Everything is checked. The scheme's office approves the claim next.")),
    R.APPROVED: Waiting(THE_OFFICE, _("The claim is approved. The provider gets the money with the next payment.")),
    R.IN_BATCH: Waiting(
        THE_OFFICE, _("The claim is in a payment. It goes to the provider once that is approved and sent.")
    ),
    R.PAID: Waiting(NOBODY, _("The provider is paid. There is nothing left to do.")),
    R.RETURNED: Waiting(
        THE_OFFICE, _("The provider's bank sent the payment back. The scheme's office puts that right with it.")
    ),
    R.RECOVERED: Waiting(
        NOBODY, _("The payment was got back from the provider. Ask the scheme's office if you do not know why.")
    ),
    R.REFUSED: Waiting(
        NOBODY, _("The claim was refused and the voucher pays nothing for it. Ask the scheme's office what that means.")
    ),
    R.WITHDRAWN: Waiting(NOBODY, _("The provider took the claim back. You do not have to do anything.")),
    R.SENT_BACK: Waiting(
        THE_PROVIDER, _("The provider corrects the claim. We ask you again only if its figures change.")
    ),
}  # fmt: skip

ON_HOLD = Waiting(
    THE_OFFICE, _("The scheme's office has put the claim on hold. It goes on when the office lifts the hold."), True
)
FROZEN = Waiting(
    THE_OFFICE,
    _("Your firm is suspended in this scheme, so its claims stand still. Speak with the scheme's office."),
    True,
)


def turn(state: str, *, on_hold: bool, provider_state: str) -> Waiting:
    """Whose turn it is with a claim; a hold or a suspended provider stops one that is not paid yet (rule 51)."""
    if state in UNDER_CHECK | AWAITING_PAYMENT:
        if provider_state == ProviderState.SUSPENDED:
            return FROZEN
        if on_hold:
            return ON_HOLD
    return WAITING[R(state)]


# The same for the scheme's staff: whom a claim waits for, as a queue's filter names them, and what they do about it.
PARTIES = {THE_OFFICE: THE_OFFICE, THE_BUSINESS: THE_BUSINESS, YOU: _("the provider"), NOBODY: NOBODY}

FOR_STAFF: dict[R, str] = {
    R.SUBMITTED: _("The business was asked whether the support was delivered and what it paid. It has until %(day)s."),
    R.CONFIRMED: _("The business has confirmed. A verifier looks at the invoice and the evidence."),
    R.DISPUTED: _(
        "Nothing is paid meanwhile. Speak with both sides. The claim goes on when the business says that all is right; "
        "otherwise send it back to be corrected, or refuse it."
    ),
    R.UNCONFIRMED: _(
        "The business has not answered in time. Remind it and call the number in its application. If it cannot answer, "
        "a person other than the verifier may accept other evidence."
    ),
    R.OTHER_EVIDENCE: _("Other evidence was accepted. A verifier, who is another person, checks the claim."),
    R.VERIFIED: _("Everything is checked. Somebody approves the claim, wholly or in part."),
    R.APPROVED: _("The claim goes into the next payment batch."),
    R.IN_BATCH: _(
        "The claim is in a payment. Once that is approved and sent, it counts as paid when a bank line matches it."
    ),
    R.PAID: _("Nothing. The claim is paid and matched at the bank."),
    R.RETURNED: _("The bank sent the payment back. The provider's bank details are looked at before it is paid again."),
    R.RECOVERED: _("Nothing. The payment was got back."),
    R.REFUSED: _("Nothing. Its money went back to the voucher, or to the funding lines once the voucher had ended."),
    R.WITHDRAWN: _("Nothing. The provider took the claim back; its sessions can be claimed for again."),
    R.SENT_BACK: _("The provider corrects the claim and sends it again."),
}


def waits_for(state: str) -> str:
    """Whom a claim in this state waits for, as staff say it."""
    return PARTIES[WAITING[R(state)].whose_turn]


def states_waiting_for(party: str) -> list[str]:
    """The states in which a claim waits for a party, named as staff say it."""
    return [str(state) for state in R if waits_for(state) == party]
