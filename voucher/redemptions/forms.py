"""What a provider enters to use a voucher, and what a business answers."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from wtforms import (
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from voucher.platform.forms import DayField, Filters, Form, PoundsField, ReadField, choice_of, tidy
from voucher.redemptions.rules import Delivered, EvidenceKind, RedemptionState, to_outsiders

LONG_TEXT = 2000

# What each field of files shows, and the rates of value added tax that are in force, in ten-thousandths.
FILE_FIELDS = {
    "invoice_files": EvidenceKind.INVOICE,
    "contribution_files": EvidenceKind.CONTRIBUTION,
    "delivery_files": EvidenceKind.DELIVERY,
}
VAT_RATES = (
    SelectChoice("2000", _("20%")),
    SelectChoice("500", _("5%")),
    SelectChoice("0", _("0%, exempt, or we are not registered for VAT")),
)

PAID, NOT_YET, WRONG = "paid", "not yet", "wrong"


class WholeNumberField(ReadField):
    """A whole number of at most six digits."""

    def __init__(self, label: object, **more: object) -> None:
        super().__init__(label, read=_whole, **more)


class LookUpForm(Form):
    """A typed code or scanned address and, for a firm that works in several schemes, which of them."""

    scheme = RadioField(_("Scheme"), validators=[InputRequired(_("Choose the scheme that stands on the voucher."))])
    code = StringField(
        _("Voucher code"),
        filters=[tidy],
        validators=[
            DataRequired(_("Enter the voucher code.")),
            Length(max=500, message=_("That is too long for a voucher code. Enter its 13 letters and digits.")),
        ],
    )


class RecordForm(Form):
    """What was done under a session; the reason is asked for after the voucher's last day only."""

    package = RadioField(_("Package"), validators=[InputRequired(_("Choose the package that was delivered."))])
    delivered_on = DayField(_("Date"), validators=[InputRequired(_("Enter the day of the support."))])
    minutes = WholeNumberField(
        _("Minutes"),
        wrong=_("Enter the minutes as a whole number, like 90."),
        validators=[InputRequired(_("Enter how many minutes the support took."))],
    )
    description = TextAreaField(
        _("What was done"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say in a few words what was done.")),
            Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters.")),
        ],
    )
    late_reason = TextAreaField(
        _("Why is it recorded only now?"),
        filters=[tidy],
        validators=[
            DataRequired(_("The last day has passed: say why the work is recorded only now.")),
            Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters.")),
        ],
    )


class UndoForm(Form):
    """Why a recorded session is taken back."""

    reason = StringField(
        _("Why do you take it back?"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say why: the business reads that it was taken back.")),
            Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters.")),
        ],
    )


class WithdrawForm(Form):
    """Why a claim is taken back."""

    reason = StringField(
        _("Why do you take the claim back?"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say why you take the claim back.")),
            Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters.")),
        ],
    )


class ClaimFilters(Filters):
    """Which claims are listed."""

    state = SelectField(
        _("State"),
        default="",
        choices=[
            SelectChoice("", _("All claims")),
            *(choice_of(each, to_outsiders(each)) for each in RedemptionState),
        ],
    )
    sort = SelectField(
        _("Order"),
        choices=[
            SelectChoice("-sent", _("Newest first")),
            SelectChoice("sent", _("Oldest first")),
            SelectChoice("-pays", _("Largest first")),
            SelectChoice("pays", _("Smallest first")),
        ],
        validate_choice=False,
    )


class InvoiceForm(Form):
    """An invoice with its files. ``request_key`` is made once for the intent and kept across attempts."""

    request_key = HiddenField(
        validators=[Regexp(r"[0-9A-Za-z_-]{8,64}\Z", message=_("Go back to the list of sessions and start again."))]
    )
    invoice_number = StringField(
        _("Invoice number"),
        filters=[tidy],
        validators=[
            DataRequired(_("Enter the number of your invoice.")),
            Length(max=100, message=_("Enter an invoice number of at most 100 characters.")),
        ],
    )
    invoiced_on = DayField(_("Date of the invoice"), validators=[InputRequired(_("Enter the date of your invoice."))])
    net = PoundsField(
        _("Amount before VAT"), validators=[InputRequired(_("Enter the invoice's amount before VAT, in pounds."))]
    )
    vat = PoundsField(_("VAT"), validators=[InputRequired(_("Enter the VAT in pounds. If there is none, enter 0."))])
    vat_rate = RadioField(
        _("Rate of VAT"),
        choices=list(VAT_RATES),
        validators=[InputRequired(_("Choose the rate of VAT on the invoice."))],
    )
    invoice_files = MultipleFileField(_("Your invoice"))
    contribution_files = MultipleFileField(_("Proof that the business paid its share, if you have it"))
    delivery_files = MultipleFileField(_("Evidence of what was delivered"))


class ClaimForm(InvoiceForm):
    """An invoice for recorded sessions."""

    session = SelectMultipleField(_("What the claim is for"), validate_choice=False)


class DeliveryForm(Form):
    """The business's word on one session."""

    delivered = RadioField(
        _("Was this delivered?"),
        choices=[
            SelectChoice(str(Delivered.YES), _("Yes, all of it")),
            SelectChoice(str(Delivered.PARTLY), _("Partly")),
            SelectChoice(str(Delivered.NO), _("No, or something is wrong")),
        ],
        validators=[InputRequired(_("Say whether it was delivered."))],
    )
    note = TextAreaField(
        _("If not all was delivered: what is missing or wrong?"),
        filters=[tidy],
        validators=[Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters."))],
    )


class ClaimAnswerForm(Form):
    """The business's word on a claim: what it has paid, or what is wrong. Made by ``claim_answer_form``.

    ``version`` is that of the figures on the page, so that nobody accepts others.
    """

    version = HiddenField(filters=[tidy])
    paid = RadioField(
        _("Are these figures right, and have you paid?"),
        choices=[
            SelectChoice(PAID, _("The figures are right and we have paid")),
            SelectChoice(NOT_YET, _("The figures are right, but we have not paid yet")),
            SelectChoice(WRONG, _("Something is wrong")),
        ],
        validators=[InputRequired(_("Say whether the figures are right and whether you have paid."))],
    )
    paid_amount = PoundsField(_("How much have you paid to the provider, VAT included?"))
    paid_on = DayField(_("When did you pay?"))
    paid_by = RadioField(
        _("How did you pay?"),
        choices=[
            SelectChoice("bank transfer", _("Bank transfer")),
            SelectChoice("card", _("Card")),
            SelectChoice("cash", _("Cash")),
            SelectChoice("other", _("Another way")),
        ],
        validators=[Optional()],
    )
    note = TextAreaField(
        _("If something is wrong or missing: what?"),
        filters=[tidy],
        validators=[Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters."))],
    )

    def validate(self, extra_validators: object = None) -> bool:
        """What must be answered depends on what was answered before it."""
        fits = bool(super().validate(extra_validators))
        for name, message in self._missing():
            if not self[name].errors:
                self[name].errors = [message]
                fits = False
        return fits

    def _missing(self) -> list[tuple[str, object]]:
        found: list[tuple[str, object]] = []
        if self.paid.data == PAID:
            found += [("paid_amount", _("Enter what you have paid, in pounds."))] if not self.paid_amount.data else []
            found += [("paid_on", _("Enter the day on which you paid."))] if self.paid_on.data is None else []
            found += [("paid_by", _("Say how you paid."))] if not self.paid_by.data else []
        deliveries = [name for name in self._fields if name.startswith("delivered_")]
        if self.paid.data != WRONG:
            unanswered = [name for name in deliveries if not self[name].data]
            found += [(name, _("Say whether it was delivered.")) for name in unanswered]
        against = any(self[name].data in (Delivered.PARTLY, Delivered.NO) for name in deliveries)
        if (against or self.paid.data == WRONG) and not self.note.data:
            found.append(("note", _("Say what is wrong or was not delivered.")))
        return found


class DisputeForm(Form):
    """What the business finds wrong with a claim that it has answered."""

    reason = TextAreaField(
        _("What is wrong?"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say what is wrong: the provider and the scheme's office read it.")),
            Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters.")),
        ],
    )


class OwnDisputeForm(Form):
    """What the provider finds wrong with its own claim, or with what was said on it."""

    reason = TextAreaField(
        _("What is wrong?"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say what is wrong: the business and the scheme's office read it.")),
            Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters.")),
        ],
    )


def claim_answer_form(session_ids: Sequence[str]) -> type[ClaimAnswerForm]:
    """The form of one claim's answer, with a question on the delivery of each session that is named."""
    fields = {
        f"delivered_{public_id}": RadioField(
            _("Was this delivered?"),
            choices=[
                SelectChoice(str(Delivered.YES), _("Yes")),
                SelectChoice(str(Delivered.PARTLY), _("Partly")),
                SelectChoice(str(Delivered.NO), _("No")),
            ],
            validators=[Optional()],
        )
        for public_id in session_ids
    }
    return type("AnswerForm", (ClaimAnswerForm,), fields)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise ValueError(text)
    return int(text)
