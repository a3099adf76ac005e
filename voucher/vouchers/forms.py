"""What a business enters to answer an offer or to replace its voucher, and an administrator about the keys."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, HiddenField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.accounts.forms import second_factor_field
from voucher.accounts.step_forms import reason_field
from voucher.platform.forms import Form, PoundsField, tidy


class OfferForm(Form):
    """The business's reply to the subsidy notice and its acceptance of the terms (rules 8 and 9).

    ``terms`` is the version that was on the page, so that nobody accepts one that they have not seen.
    """

    terms = HiddenField(filters=[tidy])
    declared = PoundsField(
        _("Assistance that your enterprise has received"),
        validators=[InputRequired(_("Enter the total in pounds. If there was none, enter 0."))],
    )
    confirms = BooleanField(
        validators=[InputRequired(_("Confirm that the limit is kept. If it is not, the voucher cannot be issued."))]
    )
    accepts = BooleanField(validators=[InputRequired(_("Accept the terms. Without that the voucher is not issued."))])


class KeyForm(Form):
    """Why something is done with the keys, with the second factor."""

    reason = reason_field(
        _("Reason"), _("Say why."), description=_("It stands in the history, where auditors read it.")
    )
    proof = second_factor_field()


class ReplaceForm(Form):
    """What happened to a voucher that its business replaces; ``generation`` is that of the paper on the page."""

    generation = HiddenField(filters=[tidy])
    reason = TextAreaField(
        _("What happened to the voucher?"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say what happened to the voucher.")),
            Length(max=2000, message=_("Say it in at most 2,000 characters.")),
        ],
    )
