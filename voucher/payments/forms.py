"""What people enter about batches, bank lines, drawdowns and debts; choices are passed in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.accounts.forms import second_factor_field
from voucher.payments.rules import BatchState
from voucher.platform.forms import DayField, Filters, Form, PoundsField, WholeField, choice_of, tidy

MOST_LETTERS = Length(max=200, message=_("Enter at most 200 characters."))


class BatchFilters(Filters):
    """Which batches are listed."""

    state = SelectField(
        _("State"),
        choices=[
            SelectChoice("", _("Any state")),
            *(choice_of(state) for state in BatchState),
        ],
    )


class ApproveForm(Form):
    """The code that proves who approves; ``seen`` is the sum in pence that the page showed."""

    seen = HiddenField()
    proof = second_factor_field()


class BankLineFilters(Filters):
    """Which bank lines are listed."""

    what = SelectField(
        _("Lines"), choices=[SelectChoice("", _("All")), SelectChoice("open", _("With something unexplained"))]
    )
    way = SelectField(
        _("Direction"),
        choices=[
            SelectChoice("", _("In and out")),
            SelectChoice("out", _("Money out")),
            SelectChoice("in", _("Money in")),
        ],
    )
    words = StringField(_("Reference or other party"), filters=[tidy])


class BankLineForm(Form):
    """One line of the bank's own statement."""

    booked_on = DayField(_("The bank's day"), validators=[InputRequired(_("Enter the day that the bank gives."))])
    way = RadioField(
        _("Direction"),
        choices=[SelectChoice("out", _("Money out")), SelectChoice("in", _("Money in"))],
        validators=[InputRequired(_("Say whether the money went out or came in."))],
    )
    amount = PoundsField(_("Amount"), validators=[InputRequired(_("Enter the amount."))])
    bank_reference = StringField(
        _("The bank's reference"),
        filters=[tidy],
        description=_("As it stands on the statement: a payment's own reference in it is what proves the payment."),
        validators=[DataRequired(_("Enter the reference as the bank gives it.")), MOST_LETTERS],
    )
    counterparty = StringField(
        _("Other party"),
        filters=[tidy],
        validators=[DataRequired(_("Enter who paid or was paid.")), MOST_LETTERS],
    )


class FindForm(Filters):
    """Narrows the candidates for a bank line."""

    find = StringField(_("Payment reference or provider"), filters=[tidy])


class MoneyOutForm(Form):
    """What money out was: payments, or one repayment to a funder."""

    what = SelectMultipleField(_("This line paid"), validators=[DataRequired(_("Choose what the line paid."))])
    also = SelectMultipleField(
        _("Together with these lines"),
        description=_("Only for one payment that left in several lines: together they must come to it, to the penny."),
    )
    leaves_rest = BooleanField(_("The line is more than this"))
    reason = TextAreaField(
        _("Reason"),
        filters=[tidy],
        description=_("Needed where a line does not carry the payment's reference, or is more than the payments."),
    )


class MoneyInForm(Form):
    """What money in was: a payment that came back, a drawdown, or money for a debt."""

    what = RadioField(_("This line brought"), validators=[InputRequired(_("Choose what the line brought."))])
    reason = TextAreaField(
        _("Reason"), filters=[tidy], description=_("For a payment that came back: what the bank says about it.")
    )


class CertainForm(Form):
    """``seen`` is the fingerprint of the list that the page showed."""

    seen = HiddenField()


class ExceptionFilters(Filters):
    """Which exceptions are listed, and after how many days something counts as one."""

    kind = SelectField(
        _("Kind"),
        choices=[
            SelectChoice("", _("Any kind")),
            SelectChoice("LINE_UNEXPLAINED", _("Bank lines that nobody explained")),
            SelectChoice("AMOUNT_DIFFERS", _("Amounts that differ from what the line names")),
            SelectChoice("PAYMENT_UNSEEN", _("Payments without a bank line")),
            SelectChoice("PAYMENT_RETURNED", _("Payments that came back")),
        ],
    )
    show = SelectField(
        _("Show"),
        choices=[
            SelectChoice("", _("Those to be looked at")),
            SelectChoice("resolved", _("Those with a reason")),
            SelectChoice("all", _("All")),
        ],
    )
    days = WholeField(_("Older than so many days"), least=0, most=3650)


class ResolutionForm(Form):
    """What an exception was found to be."""

    outcome = RadioField(_("What it is"), validators=[InputRequired(_("Say what it is."))])
    again_on = DayField(
        _("Look at it again on"),
        description=_("Needed for what waits for the bank."),
    )
    reason = TextAreaField(
        _("Reason"),
        filters=[tidy],
        description=_("It stands on the funder's statement beside the exception."),
        validators=[DataRequired(_("Say why."))],
    )


class DaysFilters(Filters):
    """Which claims are shown with their days to payment."""

    show = SelectField(
        _("Claims"),
        choices=[
            SelectChoice("", _("Paid and not paid yet")),
            SelectChoice("late", _("Over 30 days")),
            SelectChoice("unpaid", _("Not paid yet")),
        ],
    )
    days = WholeField(_("Paid in the last so many days"), least=1, most=3650)


class DrawdownForm(Form):
    """Money asked of a funder for one line."""

    line = SelectField(_("Funding line"), validators=[InputRequired(_("Choose the funding line."))])
    amount = PoundsField(_("Amount"), validators=[InputRequired(_("Enter the amount."))])


class DebtFilters(Filters):
    """Which debts are listed."""

    what = SelectField(
        _("Debts"), choices=[SelectChoice("", _("All")), SelectChoice("open", _("With something outstanding"))]
    )


class _ClaimForm(Form):
    """A sum of what was paid on a claim, and why."""

    claim = StringField(
        _("Claim"),
        filters=[tidy],
        description=_("The reference of the paid claim."),
        validators=[DataRequired(_("Enter the reference of the claim."))],
    )
    amount = PoundsField(_("Amount"), validators=[InputRequired(_("Enter the amount."))])
    reason = TextAreaField(
        _("Reason"),
        filters=[tidy],
        description=_("It stands in the history, where auditors read it."),
        validators=[DataRequired(_("Say why."))],
    )


class DisallowForm(_ClaimForm):
    """What the funder disallowed of a paid claim."""


class DebtForm(_ClaimForm):
    """Money to be got back that was paid on a claim."""

    owed_by = RadioField(
        _("Who owes it"),
        choices=[SelectChoice("provider", _("The provider")), SelectChoice("business", _("The business"))],
        validators=[InputRequired(_("Say who owes it."))],
    )
