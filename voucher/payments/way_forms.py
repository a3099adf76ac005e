"""What people enter about how a scheme pays; choices are passed in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from voucher.accounts.forms import second_factor_field
from voucher.accounts.step_forms import reason_field
from voucher.platform.forms import Form, PoundsField, tidy

MOST_LETTERS = Length(max=200, message=_("Enter at most 200 characters."))


class WayForm(Form):
    """Another way of paying, for the signer to confirm."""

    file = RadioField(
        _("What file does a batch become?"), validators=[InputRequired(_("Choose what file a batch becomes."))]
    )
    account_name = StringField(
        _("Name on the scheme's own account"),
        filters=[tidy],
        description=_("Needed where the file names the account that is paid from. It is kept encrypted."),
        validators=[MOST_LETTERS],
    )
    sort_code = StringField(_("Sort code"), filters=[tidy], validators=[MOST_LETTERS])
    account_number = StringField(_("Account number"), filters=[tidy], validators=[MOST_LETTERS])
    second_approval = PoundsField(
        _("Batches above this sum take a second approver"),
        description=_("Leave it empty for one approver whatever the sum."),
        validators=[Optional()],
    )
    reason = reason_field(_("Why"), _("Say why: the signer reads it."))
    proof = second_factor_field()


class CostCodeForm(Form):
    """The finance system's code of one funding line."""

    line = SelectField(_("Funding line"), validators=[InputRequired(_("Choose the funding line."))])
    code = StringField(
        _("Cost code"),
        filters=[tidy],
        description=_("As the finance system writes it."),
        validators=[DataRequired(_("Enter the cost code.")), MOST_LETTERS],
    )
