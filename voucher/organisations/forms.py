"""What a business enters about itself."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.platform.forms import Form, TelephoneField, tidy

SHORT = Length(max=200, message=_("Use at most 200 characters."))


def _needed(label: object, missing: object) -> StringField:
    return StringField(label, filters=[tidy], validators=[DataRequired(missing), SHORT])


def _optional(label: object, hint: object = "") -> StringField:
    return StringField(label, filters=[tidy], validators=[SHORT], description=hint)


class DetailsForm(Form):
    """What a business may change by itself; numbers are checked where they are kept."""

    trading_name = _optional(
        _("Trading name (optional)"), _("If customers know you by another name than the registered one.")
    )
    address_line_1 = _needed(_("Address line 1"), _("Enter the first line of the address."))
    address_line_2 = _optional(_("Address line 2 (optional)"))
    town = _needed(_("Town or city"), _("Enter the town or city."))
    postcode = _needed(_("Postcode"), _("Enter the postcode, like LS1 4AP."))
    phone = TelephoneField(
        _("Telephone of the business (optional)"),
        filters=[tidy],
        validators=[SHORT],
        description=_("A UK number, like 0113 234 5678."),
    )
    language = RadioField(
        _("Language of our letters"),
        choices=[SelectChoice("en", _("English")), SelectChoice("cy", _("Welsh"))],
        validators=[InputRequired(_("Choose English or Welsh."))],
    )
