"""What staff enter to find, check and decide claims, and to look after vouchers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from voucher.accounts.step_forms import LONGEST_REASON, reason_field
from voucher.platform.forms import DayField, Filters, Form, PercentField, PoundsField, WholeField, choice_of, tidy
from voucher.redemptions.rules import ContributionProof, RedemptionState, Task
from voucher.redemptions.waiting import PARTIES
from voucher.vouchers.rules import CancelReason, VoucherState

PASSES, FAILS, LATER = "passes", "fails", "later"
ANY, IN_WORK, TO_VERIFY = "any", "in work", "to verify"
MINE, NOBODYS = "mine", "nobody's"
EXPIRING_DAYS = (7, 14, 30, 60)


class ClaimFilters(Filters):
    """What narrows the queue of claims; without anything in the address it shows all that is still to be paid."""

    state = SelectField(
        _("State"),
        choices=[
            SelectChoice(IN_WORK, _("Not paid yet")),
            SelectChoice(TO_VERIFY, _("To verify")),
            SelectChoice(ANY, _("Any state")),
            *(choice_of(state) for state in RedemptionState),
        ],
        default=IN_WORK,
    )
    waits = SelectField(
        _("Waits for"),
        choices=[
            SelectChoice("", _("Anybody")),
            *(choice_of(words) for words in PARTIES.values()),
        ],
        default="",
    )
    checks = SelectField(
        _("Checks"),
        choices=[
            SelectChoice("", _("Whoever has them")),
            SelectChoice(MINE, _("Taken by me")),
            SelectChoice(NOBODYS, _("Taken by nobody")),
        ],
        default="",
    )
    scheme = SelectField(_("Scheme"), default="")
    provider = SelectField(_("Provider"), default="")
    text = StringField(
        _("Claim, invoice, voucher or business"), filters=[tidy], validators=[Optional(), Length(max=200)]
    )


class OtherMatchForm(Form):
    """Match behind a claim that another programme counts, too."""

    amount = PoundsField(
        _("How much of the business's own contribution counts elsewhere"),
        validators=[InputRequired(_("Enter the amount."))],
    )
    programme = StringField(
        _("Which programme counts it"),
        filters=[tidy],
        validators=[
            InputRequired(_("Enter the programme that counts this match.")),
            Length(max=200, message=_("Enter at most 200 characters.")),
        ],
    )
    reason = reason_field(_("How did this become known?"), _("Say how this became known."))


class VoucherFilters(Filters):
    """What narrows the queue of vouchers."""

    state = SelectField(
        _("State"),
        choices=[SelectChoice("", _("Any state")), *(choice_of(state) for state in VoucherState)],
        default="",
    )
    expiring = SelectField(
        _("Last day"),
        choices=[
            SelectChoice("", _("Any day")),
            *(SelectChoice(str(days), _("Within %(days)s days", days=days)) for days in EXPIRING_DAYS),
        ],
        default="",
    )
    scheme = SelectField(_("Scheme"), default="")
    text = StringField(_("Voucher or business"), filters=[tidy], validators=[Optional(), Length(max=200)])


class ApproveForm(Form):
    """Approves a claim as it stood on the page: ``pence`` is the grant that the button names."""

    pence = HiddenField()


class ApprovePartForm(Form):
    """Approves part of a claim."""

    amount = PoundsField(_("Amount to approve"), validators=[InputRequired(_("Enter the amount, in pounds."))])
    reason = reason_field(
        _("Why is the rest not approved?"), _("Say why only part of the claim is approved: both sides read the reason.")
    )


class ToBothForm(Form):
    """A reason that both sides of a claim read."""

    reason = reason_field(_("Why? Both sides read this."), _("Say why: both sides read the reason."))


class EvidenceReasonForm(Form):
    """What was done to reach a business that did not confirm, and what stands in for its word."""

    reason = reason_field(
        _("Which reminders and calls were made, when, and what evidence is there instead?"),
        _("Write down the reminders, the call and the evidence."),
    )


class ExtendForm(Form):
    """A later last day for a voucher."""

    last_day = DayField(_("New last day"), validators=[InputRequired(_("Enter the new last day."))])
    reason = reason_field(_("Why"), _("Say why."))


class ExtendEachForm(Form):
    """By how many days the last days of several vouchers move, for the same reason."""

    days = WholeField(
        _("By how many days"), least=1, most=3650, validators=[InputRequired(_("Enter the number of days."))]
    )
    reason = reason_field(_("Why"), _("Say why: the reason stands in each voucher's history."))


class CancelForm(Form):
    """The cause by which cancellations are counted, and the reason in words."""

    code = RadioField(
        _("What is the cause?"),
        choices=[choice_of(code) for code in CancelReason],
        validators=[InputRequired(_("Choose the cause that fits best."))],
    )
    reason = reason_field(_("Why"), _("Say why."))


class HandOverForm(Form):
    """To whom the checks of a claim go, and why. The people are given by whoever makes the form."""

    person = RadioField(_("Who makes the checks?"), validators=[InputRequired(_("Choose who makes the checks."))])
    reason = reason_field(_("Why"), _("Say why."))


class PutBackForm(Form):
    """Why checks go back into the queue; who puts back their own may leave it open."""

    reason = TextAreaField(
        _("Why"),
        filters=[tidy],
        description=_("Needed for checks that somebody else has taken."),
        validators=[Length(max=LONGEST_REASON, message=_("Say it in at most 2,000 characters."))],
    )


class SamplingForm(Form):
    """How many claims are drawn, of all and of those that were confirmed weakly."""

    rate = PercentField(_("Claims to look at"), validators=[InputRequired(_("Enter a percentage from 0 to 100."))])
    weak_rate = PercentField(
        _("Weak confirmations to look at"), validators=[InputRequired(_("Enter a percentage from 0 to 100."))]
    )
    seed = StringField(_("Seed"), filters=[tidy], validators=[Optional(), Length(max=64)])
    reason = reason_field(_("Why"), _("Say why: auditors read it."))


class Found(NamedTuple):
    """What a verifier says of a check: whether it passes, what was seen, and what shows the contribution paid."""

    passes: bool
    note: str
    proof: ContributionProof | None


class VerifyForm(Form):
    """The findings of a verifier. Made by ``verify_form``; ``version`` is that of the figures on the page."""

    version = HiddenField(filters=[tidy])

    def found(self) -> dict[Task, Found]:
        """What was said of each check; one that is left for later is not there."""
        return {
            task: Found(self[task.name].data == PASSES, self[note_of(task)].data or "", self._proof(task))
            for task in Task
            if task.name in self and self[task.name].data in (PASSES, FAILS)
        }

    def _proof(self, task: Task) -> ContributionProof | None:
        chosen = self[PROOF].data if task == Task.CONTRIBUTION and PROOF in self else None
        return ContributionProof(chosen) if chosen else None

    def validate(self, extra_validators: object = None) -> bool:
        """Asks for a note on each finding."""
        fits = bool(super().validate(extra_validators))
        for task, found in self.found().items():
            if not found.note:
                field = self[note_of(task)]
                field.errors = [*field.errors, str(_("Write down what was seen."))]
                fits = False
        return fits


QUESTIONS = {
    Task.PAYEE: _("May the provider be paid to this account all the same?"),
    Task.CONTRIBUTION: _("Is it shown that the business paid its contribution and the VAT?"),
    Task.EVIDENCE: _("Does the evidence show the support that is claimed for?"),
}
PROOF = "proof"


def note_of(task: Task) -> str:
    """The name of the field for what was seen at a check."""
    return f"{task.name}_NOTE"


def verify_form(tasks: Iterable[Task]) -> type[VerifyForm]:
    """The form for the checks that a person makes."""
    fields: dict[str, object] = {}
    for task in tasks:
        fields[task.name] = RadioField(
            QUESTIONS[task],
            choices=[
                SelectChoice(PASSES, _("Yes, it passes")),
                SelectChoice(FAILS, _("No, it fails")),
                SelectChoice(LATER, _("I cannot say yet")),
            ],
            validators=[InputRequired(_("Say what you found, or that you cannot say yet."))],
        )
        if task == Task.CONTRIBUTION:
            fields[PROOF] = RadioField(
                _("What shows it?"),
                choices=[choice_of(each) for each in ContributionProof],
                validators=[Optional()],
                description=_("A receipt of the provider alone is not enough."),
            )
        fields[note_of(task)] = TextAreaField(
            _("What was seen"),
            filters=[tidy],
            validators=[Length(max=LONGEST_REASON, message=_("Say it in at most 2,000 characters."))],
        )
    return type("ChecksForm", (VerifyForm,), fields)
