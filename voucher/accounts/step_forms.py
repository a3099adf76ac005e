"""What staff enter to take a step that asks for nothing but the reason."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from voucher.platform.forms import Form, tidy

LONGEST_REASON = 2000


def reason_field(label: object, missing: object, *, description: object = "") -> TextAreaField:
    """A reason in somebody's own words, which stands in the record's history."""
    return TextAreaField(
        label,
        filters=[tidy],
        description=description,
        validators=[
            DataRequired(missing),
            Length(max=LONGEST_REASON, message=_("Say it in at most 2,000 characters.")),
        ],
    )


class ReasonForm(Form):
    """Why the step is taken."""

    reason = reason_field(_("Why"), _("Say why."))
