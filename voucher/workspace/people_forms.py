"""What administrators enter about people and their roles."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import EmailField, PasswordField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from voucher.accounts.forms import second_factor_field
from voucher.accounts.rules import PASSWORD_MINIMUM
from voucher.platform.forms import DayField, Filters, Form, tidy

_ADDRESS = Regexp(r"[^@\s]+@[^@\s]+\Z", message=_("Enter an e-mail address, like name@example.org."))
_SHORT = Length(max=254, message=_("Enter at most 254 characters."))


def _why() -> TextAreaField:
    return TextAreaField(
        _("Why?"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say why: it stands in the audit trail.")),
            Length(max=2000, message=_("Say it in at most 2,000 characters.")),
        ],
    )


class PeopleFilters(Filters):
    """What narrows the list of people."""

    words = StringField(_("Name or e-mail address"), filters=[tidy])
    whose = SelectField(
        _("Show"),
        choices=[
            SelectChoice("staff", _("The scheme's own people")),
            SelectChoice("suspended", _("Suspended people")),
            SelectChoice("everybody", _("Everybody, firms' people too")),
        ],
        validate_choice=False,
    )


class DayFilters(Filters):
    """The day to look at."""

    on = DayField(_("On which day?"))


class PersonForm(Form):
    """A new person."""

    name = StringField(_("Name"), filters=[tidy], validators=[DataRequired(_("Enter the person's name.")), _SHORT])
    email = EmailField(
        _("E-mail address"),
        filters=[tidy],
        validators=[DataRequired(_("Enter the person's e-mail address.")), _ADDRESS, _SHORT],
    )
    phone = StringField(_("Telephone (optional)"), filters=[tidy], validators=[_SHORT])
    password = PasswordField(
        _("First password (optional)"),
        description=_(
            "At least %(least)s characters. Tell it to the person, who changes it. Without one the person can only "
            "use links that are sent.",
            least=PASSWORD_MINIMUM,
        ),
        validators=[Optional(), Length(max=1000, message=_("Enter a password of at most 1,000 characters."))],
    )


class ReasonForm(Form):
    """Why something is done."""

    reason = _why()


class ProvenReasonForm(ReasonForm):
    """Why, and the second factor."""

    proof = second_factor_field()


class RoleForm(Form):
    """A role, where it is held, and for whom and how long when it is a deputy's."""

    role = SelectField(_("Role"), validators=[InputRequired(_("Choose a role."))])
    scheme = SelectField(_("Scheme"))
    organisation = StringField(
        _("Firm or funder, by its reference (only for roles of firms and funders)"), filters=[tidy]
    )
    stands_in_for = SelectField(_("Stands in for (only for a deputy)"))
    first = DayField(_("A deputy's first day"), validators=[Optional()])
    last = DayField(_("A deputy's last day"), validators=[Optional()])
    reason = _why()
    proof = second_factor_field()


class EndRoleForm(ProvenReasonForm):
    """Which of a person's roles ends."""

    role = SelectField(_("Role that ends now"), validators=[InputRequired(_("Choose a role."))])
