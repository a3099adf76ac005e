"""What people enter about a scheme's terms."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.platform.forms import DayField, Form, tidy


class TermsForm(Form):
    """A new version of the terms."""

    version = StringField(
        _("Version"),
        filters=[tidy],
        validators=[
            DataRequired(_("Enter the version, like 2026-2.")),
            Length(max=40, message=_("Enter at most 40 characters.")),
        ],
    )
    in_force_from = DayField(_("In force from"), validators=[InputRequired(_("Enter the first day of these terms."))])
    brief = TextAreaField(
        _("The terms in brief"),
        filters=[tidy],
        description=_("One sentence a line. They stand on the voucher."),
        validators=[DataRequired(_("Enter the most important terms, one a line."))],
    )
    body = TextAreaField(_("The terms in full"), filters=[tidy], validators=[DataRequired(_("Enter the terms."))])
