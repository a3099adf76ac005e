"""What an auditor enters: the sample that is wanted, and what was found about an item."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from voucher.platform.forms import DayField, Form, PercentField, PoundsField, WholeField, choice_of, tidy
from voucher.samples.commands import MOST_ITEMS
from voucher.samples.rules import METHODS, SIDES, Outcome


class DrawForm(Form):
    """A sample of a stated size, or of the size that a confidence needs."""

    agreement = SelectField(_("Agreement"), validators=[InputRequired(_("Choose the agreement."))])
    side = RadioField(
        _("Where to begin"),
        choices=[choice_of(key, words) for key, words in SIDES.items()],
        validators=[InputRequired(_("Choose where to begin."))],
    )
    method = RadioField(
        _("How to choose"),
        choices=[choice_of(key, words) for key, words in METHODS.items()],
        validators=[InputRequired(_("Choose how items are chosen."))],
    )
    first = DayField(_("First day"), validators=[InputRequired(_("Enter the first day of the period."))])
    last = DayField(_("Last day"), validators=[InputRequired(_("Enter the last day of the period."))])
    size = WholeField(
        _("Number of draws"), least=1, most=MOST_ITEMS, description=_("Or leave it empty and enter a confidence.")
    )
    confidence = PercentField(_("Confidence in percent"), like="95 or 2.5", description=_("Like 95."))
    tolerable = PercentField(
        _("Error rate that can be tolerated, in percent"), like="95 or 2.5", description=_("Like 5.")
    )
    seed = StringField(
        _("Seed (optional)"),
        filters=[tidy],
        description=_("Only to draw a sample again. Without one a seed is made and kept."),
        validators=[Length(max=64, message=_("Enter at most 64 characters."))],
    )


class FindingForm(Form):
    """What was found about an item."""

    outcome = RadioField(
        _("What did you find?"),
        choices=[
            SelectChoice(str(Outcome.PASS), _("Passes: it is what the books say")),
            SelectChoice(str(Outcome.FAIL), _("Fails")),
        ],
        validators=[InputRequired(_("Say whether the item passes."))],
    )
    error = PoundsField(
        _("By how much it is wrong"), description=_("Leave it empty when the whole amount is in error.")
    )
    note = TextAreaField(
        _("Note"),
        filters=[tidy],
        description=_("What was seen. A failure needs one."),
        validators=[Length(max=2000, message=_("Say it in at most 2,000 characters."))],
    )
