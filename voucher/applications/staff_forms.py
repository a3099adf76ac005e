"""What staff enter to find and decide applications."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import EmailField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from voucher.accounts.step_forms import LONGEST_REASON, reason_field
from voucher.applications.rules import ApplicationState
from voucher.platform.forms import Filters, Form, choice_of, tidy

TO_DECIDE, ANY = "to decide", "any"


class ApplicationFilters(Filters):
    """What narrows the queue of applications; without anything in the address it shows those to decide."""

    state = SelectField(
        _("State"),
        choices=[
            SelectChoice(TO_DECIDE, _("To decide")),
            SelectChoice(ANY, _("Any state")),
            *(choice_of(state) for state in ApplicationState),
        ],
        default=TO_DECIDE,
    )
    scheme = SelectField(_("Scheme"), default="")
    round = SelectField(_("Round"), default="")
    text = StringField(_("Reference or business"), filters=[tidy], validators=[Optional(), Length(max=200)])


class DeclineForm(Form):
    """Why an application is declined."""

    reason = reason_field(
        _("Why is it declined? The business reads this."), _("Say why: the business reads the reason.")
    )


class QuestionForm(Form):
    """What the business is asked before the decision."""

    question = reason_field(
        _("What do you need to know? The business reads this."),
        _("Write what you need to know: the business reads it."),
    )


class WaitingForm(Form):
    """Why an application has to wait."""

    reason = reason_field(
        _("Why does it have to wait? The business reads this."), _("Say why: the business reads the reason.")
    )


class AppealForm(Form):
    """What the business says against the decision."""

    reason = reason_field(
        _("What does the business say was not known or not right?"), _("Say what was not known or not right.")
    )


class DatabaseNumberForm(Form):
    """The number of a subsidy in the public database, and why the one before was wrong."""

    number = StringField(
        _("Number of the award in the subsidy database"),
        description=_("Digits only, as the database shows it once the award is published."),
        filters=[tidy],
        validators=[DataRequired(_("Enter the number of the award.")), Length(max=40)],
    )
    reason = TextAreaField(
        _("What was wrong with the number before (only when you correct one)"),
        filters=[tidy],
        validators=[Optional(), Length(max=LONGEST_REASON, message=_("Say it in at most 2,000 characters."))],
    )


class ContactForm(Form):
    """Who speaks for the business from now on, and why."""

    email = EmailField(
        _("E-mail address of the new contact"),
        description=_("Somebody of the business itself, who can then answer its offers and claims."),
        filters=[tidy],
        validators=[
            DataRequired(_("Enter the new contact's e-mail address.")),
            Length(max=254, message=_("Enter at most 254 characters.")),
        ],
    )
    name = StringField(
        _("Name (only for somebody who is not known here yet)"),
        filters=[tidy],
        validators=[Optional(), Length(max=200, message=_("Enter at most 200 characters."))],
    )
    reason = reason_field(_("Why is the contact changed?"), _("Say why the contact is changed."))
