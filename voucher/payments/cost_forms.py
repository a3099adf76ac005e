"""What people enter about administration costs and the funder's consent; lines are passed in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import FileField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.accounts.step_forms import reason_field
from voucher.payments.cost_rules import CostState
from voucher.platform.forms import DayField, Filters, Form, PoundsField, choice_of, tidy

MOST_LETTERS = Length(max=500, message=_("Enter at most 500 characters."))


class CostFilters(Filters):
    """Which costs are listed."""

    state = SelectField(
        _("State"),
        choices=[
            SelectChoice("", _("Any state")),
            *(choice_of(state) for state in CostState),
        ],
    )


class CostForm(Form):
    """A cost that an administration line is to bear."""

    line = SelectField(_("Administration line"), validators=[InputRequired(_("Choose the administration line."))])
    amount = PoundsField(_("Amount"), validators=[InputRequired(_("Enter the amount."))])
    description = TextAreaField(
        _("What is it for?"), filters=[tidy], validators=[DataRequired(_("Say what the cost is for.")), MOST_LETTERS]
    )
    incurred_on = DayField(_("Incurred on"), validators=[InputRequired(_("Enter the day on which it was incurred."))])
    evidence = FileField(_("Its invoice or time sheet (optional)"))


class ConsentForm(Form):
    """The funder's consent to a cost beyond the cap."""

    letter = FileField(_("The funder's letter"))
    reason = reason_field(
        _("What did the funder consent to, and when?"),
        _("Say what the funder consented to, and when."),
        description=_("It stands in the history and on line 28 of the statement."),
    )
