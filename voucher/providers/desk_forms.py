"""What staff enter about providers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.accounts.forms import second_factor_field
from voucher.platform.forms import DayField, Filters, Form, choice_of, tidy
from voucher.providers.rules import PayeeCheck, ProviderState, VettingCheck

LONG = Length(max=2000, message=_("Say it in at most 2,000 characters."))


class DeskFilters(Filters):
    """What narrows the list of providers."""

    state = SelectField(
        _("State"),
        choices=[SelectChoice("", _("Any")), *(choice_of(each) for each in ProviderState)],
    )
    scheme = SelectField(_("Scheme"), default="", validate_choice=False)
    ends = SelectField(
        _("Approval or insurance"),
        choices=[SelectChoice("", _("Any")), SelectChoice("soon", _("Ends within 30 days"))],
    )
    words = StringField(_("Name or reference"), filters=[tidy])


class ReasonForm(Form):
    """Why something is done; the reason is kept in the history."""

    reason = TextAreaField(
        _("Reason"), filters=[tidy], validators=[DataRequired(_("Say why: it is kept in the history.")), LONG]
    )


class UntilForm(Form):
    """The last day of an approval."""

    until = DayField(_("Approved until"), validators=[InputRequired(_("Enter the last day of the approval."))])


class VetForm(Form):
    """What was found on one point of vetting."""

    check = RadioField(
        _("What did you check?"),
        choices=[choice_of(each) for each in VettingCheck],
        validators=[InputRequired(_("Choose what you checked."))],
    )
    result = RadioField(
        _("What did you find?"),
        choices=[SelectChoice("pass", _("In order")), SelectChoice("fail", _("Not in order"))],
        validators=[InputRequired(_("Choose what you found."))],
    )
    note = TextAreaField(
        _("What have you seen?"),
        filters=[tidy],
        validators=[DataRequired(_("Write down on what evidence, so that another person can follow it.")), LONG],
    )


class PayeeCheckForm(Form):
    """What Confirmation of Payee said of the account."""

    outcome = RadioField(
        _("What did Confirmation of Payee say?"),
        choices=[choice_of(each) for each in PayeeCheck],
        validators=[InputRequired(_("Choose what Confirmation of Payee said."))],
    )
    note = TextAreaField(
        _("Note"),
        filters=[tidy],
        validators=[LONG],
        description=_("For anything but a match: why these details are right all the same."),
    )
    evidence = FileField(
        _("Document that shows whose account it is"),
        description=_("Only when the check was unavailable: a statement or a letter of the bank, PDF or picture."),
    )
    proof = second_factor_field()


class SupplierNumberForm(Form):
    """The number by which the finance system knows a provider."""

    number = StringField(
        _("Supplier number"),
        filters=[tidy],
        description=_("As the authority's finance system writes it."),
        validators=[DataRequired(_("Enter the supplier number.")), LONG],
    )
    proof = second_factor_field()


class LinkForm(Form):
    """Which firm on file an applicant speaks for, and how that is known."""

    firm = RadioField(_("Which firm is it?"), validators=[InputRequired(_("Choose the firm."))])
    reason = TextAreaField(
        _("How do you know that this person speaks for the firm?"),
        filters=[tidy],
        validators=[
            DataRequired(_("Write down how you know, for example whom you called on which number.")),
            LONG,
        ],
    )
    proof = second_factor_field()
