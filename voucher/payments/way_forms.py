"""What people enter about how a scheme pays; choices are passed in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import FileField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from voucher.accounts.forms import second_factor_field
from voucher.accounts.step_forms import reason_field
from voucher.platform.forms import DayField, Form, PoundsField, tidy

EVERYBODY = "everybody"
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


class LevelForm(Form):
    """Up to what amount somebody may approve a payment, for the signer to confirm."""

    person = RadioField(_("Whose level is it?"), validators=[InputRequired(_("Choose whose level it is."))])
    up_to = PoundsField(
        _("May approve a payment of up to"),
        description=_("Leave it empty to lift the limit."),
        validators=[Optional()],
    )
    from_on = DayField(_("From which day on"), validators=[InputRequired(_("Enter the day from which it counts."))])
    reason = reason_field(_("Why"), _("Say why: the signer reads it."))
    proof = second_factor_field()


class TemplateForm(Form):
    """A template of payment files in a TOML file, under a code of the scheme's own."""

    code = StringField(
        _("Code of the template"),
        filters=[tidy],
        description=_("Letters, digits and hyphens, like northmoor-ledger. A code that is there gets a new version."),
        validators=[DataRequired(_("Enter a code for the template.")), MOST_LETTERS],
    )
    file = FileField(_("The template (TOML)"))


class KeepTemplateForm(Form):
    """What was looked at before it is kept: the same code and text again."""

    code = HiddenField()
    body = HiddenField()


class CostCodeForm(Form):
    """The finance system's code of one funding line."""

    line = SelectField(_("Funding line"), validators=[InputRequired(_("Choose the funding line."))])
    code = StringField(
        _("Cost code"),
        filters=[tidy],
        description=_("As the finance system writes it."),
        validators=[DataRequired(_("Enter the cost code.")), MOST_LETTERS],
    )
