"""What people enter about indicators, enterprises and jobs; choices are passed in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, FileField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.outputs.rules import in_fte, parse_baseline, parse_fte
from voucher.platform.forms import DayField, Filters, Form, ReadField, tidy

SHORT = Length(max=120, message=_("Enter at most 120 characters."))
LONG = Length(max=2000, message=_("Say it in at most 2,000 characters."))


class FteField(ReadField):
    """A post's full-time equivalent, kept in hundredths."""

    def __init__(self, label: object, **more: object) -> None:
        wrong = _("Enter a full-time equivalent above 0 and at most 1, like 0.6 or 1.")
        super().__init__(label, read=parse_fte, wrong=wrong, **more)

    def shown(self) -> str:
        """With two decimals."""
        return in_fte(self.data)


class BaselineField(ReadField):
    """All posts of an enterprise in full-time equivalents, kept in hundredths."""

    def __init__(self, label: object, **more: object) -> None:
        wrong = _("Enter full-time equivalents with at most two decimals, like 4 or 4.5.")
        super().__init__(label, read=parse_baseline, wrong=wrong, **more)

    def shown(self) -> str:
        """With two decimals."""
        return in_fte(self.data)


class IndicatorsForm(Form):
    """A file with the agreement's indicators, and why they change."""

    file = FileField(_("File with the indicators (TOML)"))
    reason = TextAreaField(
        _("Reason"),
        filters=[tidy],
        description=_("Needed when the agreement has indicators already. It stands in the agreement's history."),
        validators=[LONG],
    )


def _business() -> StringField:
    return StringField(
        _("Business"),
        filters=[tidy],
        description=_("Its reference or its exact name."),
        validators=[DataRequired(_("Enter the business.")), SHORT],
    )


class OutputForm(Form):
    """An enterprise that counts towards an indicator because somebody declares it."""

    indicator = SelectField(_("Indicator"), validators=[InputRequired(_("Choose the indicator."))])
    business = _business()
    note = TextAreaField(_("What was done (optional)"), filters=[tidy], validators=[LONG])
    evidence = FileField(_("Evidence"), description=_("A PDF or a picture. Without it nothing counts yet."))


class JobForm(Form):
    """A post that was created or safeguarded."""

    indicator = SelectField(_("Indicator"), validators=[InputRequired(_("Choose the indicator."))])
    business = _business()
    post = StringField(
        _("Post"),
        filters=[tidy],
        description=_("What the post is called, like Web editor, Otley. Do not enter anybody's name."),
        validators=[DataRequired(_("Enter what the post is called.")), SHORT],
    )
    fte = FteField(
        _("Full-time equivalent of the post"),
        description=_("By the employer's own full-time hours, like 0.6 or 1."),
        validators=[InputRequired(_("Enter the full-time equivalent."))],
    )
    baseline = BaselineField(
        _("Full-time equivalents before the support"),
        description=_("All posts of the enterprise together."),
        validators=[InputRequired(_("Enter the baseline."))],
    )
    baseline_on = DayField(_("Day of that baseline"), validators=[InputRequired(_("Enter the day of the baseline."))])
    begins_on = DayField(_("The post began, or was kept, on"), validators=[InputRequired(_("Enter the day."))])
    permanent = BooleanField(_("It is paid and to last twelve months or longer"))
    evidence = FileField(_("Evidence"), description=_("A PDF or a picture. Without it nothing counts yet."))


class EvidenceForm(Form):
    """The evidence of what was recorded without it."""

    evidence = FileField(_("Evidence"), description=_("A PDF or a picture."))


class OutputFilters(Filters):
    """What narrows the lists of enterprises and jobs."""

    agreement = SelectField(_("Agreement"), validate_choice=False)
    code = StringField(_("Indicator"), filters=[tidy])
