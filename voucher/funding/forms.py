"""What people enter about agreements and rounds; how many lines there are is passed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, Field, HiddenField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from voucher.funding.conditions import CapBase, YearBy
from voucher.funding.rules import LineKind
from voucher.platform.forms import DayField, Form, PercentField, PoundsField, ReadField, choice_of, tidy
from voucher.platform.money import parse_pounds, plain_pounds
from voucher.schemes.rules import AwardMethod

MOST_LINES = 30
SHORT = Length(max=40, message=_("Enter at most 40 characters."))
KINDS = [choice_of(kind) for kind in LineKind]


class ChangeField(ReadField):
    """By how much an amount changes: pence, below zero when it is lowered."""

    def __init__(self, label: object, **more: object) -> None:
        wrong = _("Enter an amount in pounds and pence, like 500.00, or -500.00 to lower the award.")
        super().__init__(label, read=_change, wrong=wrong, **more)

    def shown(self) -> str:
        """Pounds without sign and commas."""
        return plain_pounds(self.data)


def _change(text: str) -> int:
    return parse_pounds(text.removeprefix("+"))


def _reason_field() -> TextAreaField:
    return TextAreaField(
        _("Reason"),
        filters=[tidy],
        description=_("It stands in the agreement's history, where auditors read it."),
        validators=[DataRequired(_("Say why."))],
    )


class ConditionsFields(Form):
    """What an agreement says beside its award, but for its profile by quarter."""

    admin_cap = PercentField(
        _("Administration cap in percent"),
        description=_(
            "The most that administration may be of the award or of spending. Leave it empty if there is none."
        ),
    )
    admin_cap_of = SelectField(
        _("The cap is a share of"),
        choices=[
            SelectChoice(str(CapBase.AWARD), _("The award")),
            SelectChoice(str(CapBase.SPEND), _("All spending, administration with it")),
        ],
    )
    year_by = SelectField(
        _("The financial year of a payment is that of"),
        choices=[
            SelectChoice(str(YearBy.DEFRAYAL), _("The day on which it left the bank")),
            SelectChoice(str(YearBy.DELIVERY), _("The day on which the support was delivered")),
        ],
    )
    sign_off_steps = SelectField(
        _("Statements are signed off by"),
        choices=[
            SelectChoice("2", _("Two people, or three where the scheme's duties ask for a reviewer")),
            SelectChoice("3", _("Three people in any case")),
        ],
    )
    tolerance = PercentField(
        _("Tolerance of the profile in percent"),
        description=_("Further off, a statement needs an explanation. Leave it empty if the agreement has none."),
    )


class ConditionsForm(ConditionsFields):
    """The same, and why it changes; ``conditions_form`` adds the profile."""

    reason = _reason_field()


def conditions_form(lines: Sequence[str], quarters: Sequence[tuple[date, str]]) -> type[ConditionsForm]:
    """The form with a field for each quarter of each line; ``quarters`` are first days with their names."""
    fields: dict[str, object] = {
        profile_field(code, first): PoundsField(_("%(code)s, quarter from %(day)s", code=code, day=name))
        for code in lines
        for first, name in quarters
    }
    return type("ConditionsFormWithProfile", (ConditionsForm,), fields)


def profile_field(code: str, first: date) -> str:
    """The name of the field of one quarter of a line."""
    return f"profile_{code}_{first.isoformat()}"


class AgreementForm(ConditionsFields):
    """A funder's signed agreement, without its lines; ``agreement_form`` adds them."""

    rows = HiddenField()
    reference = StringField(
        _("Reference of the agreement"),
        filters=[tidy],
        validators=[DataRequired(_("Enter the agreement's reference.")), SHORT],
    )
    funder = StringField(
        _("Funder"),
        filters=[tidy],
        description=_("The name or reference of an organisation that is known here. A new name adds one."),
        validators=[DataRequired(_("Enter the name of the funder."))],
    )
    signed_on = DayField(_("Signed on"), validators=[InputRequired(_("Enter the day of the signature."))])
    starts_on = DayField(_("First day"), validators=[InputRequired(_("Enter the agreement's first day."))])
    ends_on = DayField(_("Last day"), validators=[InputRequired(_("Enter the agreement's last day."))])
    intervention_rate = PercentField(
        _("Intervention rate in percent"),
        description=_("The most that the grant may be of grant and match together. Leave it empty if there is none."),
    )
    recoveries_reusable = BooleanField(_("Recovered money may be offered again"))
    signer_title = StringField(
        _("Title of the officer who signs statements"),
        filters=[tidy],
        validators=[DataRequired(_("Enter the officer's title."))],
    )
    signer_statute = StringField(
        _("Statute under which the officer signs"), filters=[tidy], validators=[DataRequired(_("Enter the statute."))]
    )
    signer_wording = TextAreaField(
        _("What the officer certifies"),
        filters=[tidy],
        validators=[DataRequired(_("Enter the words that stand above the signature."))],
    )


def agreement_form(count: int) -> type[AgreementForm]:
    """The form with so many rows for funding lines; an empty row is no line."""
    fields: dict[str, object] = {}
    for i in range(1, count + 1):
        fields[f"code_{i}"] = StringField(_("Code of line %(i)s", i=i), filters=[tidy], validators=[SHORT])
        fields[f"name_{i}"] = StringField(_("Name of line %(i)s", i=i), filters=[tidy])
        fields[f"kind_{i}"] = SelectField(_("Kind of line %(i)s", i=i), choices=KINDS)
        fields[f"award_{i}"] = PoundsField(_("Award of line %(i)s", i=i))
    return type("AgreementFormWithLines", (AgreementForm,), fields)


class AwardForm(Form):
    """By how much the award of each line changes; ``award_form`` adds a field for each line."""

    reason = _reason_field()


def award_form(labels: Sequence[str]) -> type[AwardForm]:
    """The form with a field for each line, in their order."""
    fields = {f"change_{i}": ChangeField(label) for i, label in enumerate(labels)}
    return type("AwardFormWithLines", (AwardForm,), fields)


class VirementForm(Form):
    """Unallocated money that goes from one line to another."""

    source = SelectField(_("From line"))
    target = SelectField(_("To line"))
    amount = PoundsField(_("Amount"), validators=[InputRequired(_("Enter the amount."))])
    reason = _reason_field()


class RoundForm(Form):
    """A new round, without its lines; ``round_form`` adds a share for each."""

    code = StringField(_("Code"), filters=[tidy], validators=[DataRequired(_("Enter a short code.")), SHORT])
    name = StringField(_("Name"), filters=[tidy], validators=[DataRequired(_("Enter a name."))])
    voucher_type = SelectField(_("Voucher type"), validators=[InputRequired(_("Choose the voucher type."))])
    opens_on = DayField(_("First day"), validators=[InputRequired(_("Enter the first day for applications."))])
    closes_on = DayField(_("Last day"), validators=[InputRequired(_("Enter the last day for applications."))])
    award_method = SelectField(_("How vouchers are awarded"), choices=[choice_of(each) for each in AwardMethod])
    budget = PoundsField(_("Budget"), validators=[InputRequired(_("Enter the budget."))])

    def validate_closes_on(self, field: Field) -> None:
        """Says in words of this page what the set-up file's reader would say in its own."""
        if field.data and self.opens_on.data and field.data < self.opens_on.data:
            raise ValidationError(_("The last day lies before the first day."))


def round_form(labels: Sequence[str]) -> type[RoundForm]:
    """The form with a share for each funding line, in their order; an empty one is not drawn on."""
    fields = {f"share_{i}": PercentField(label) for i, label in enumerate(labels)}
    return type("RoundFormWithLines", (RoundForm,), fields)
