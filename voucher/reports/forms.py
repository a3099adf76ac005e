"""What people enter to prepare, return, sign and move on a statement."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import FileField, HiddenField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.accounts.forms import second_factor_field
from voucher.platform.forms import MOST_PENCE, DayField, Filters, Form, ReadField, WholeField, tidy
from voucher.platform.money import parse_pounds, plain_pounds

_AT_MOST = Length(max=2000, message=_("Say it in at most 2,000 characters."))


class BalanceField(ReadField):
    """An amount that may be below zero: entered in pounds and pence, kept in pence."""

    def __init__(self, label: object, **more: object) -> None:
        wrong = _("Enter an amount in pounds and pence, like 1234.50 or -1234.50.")
        super().__init__(label, read=_balance, wrong=wrong, **more)

    def shown(self) -> str:
        """Pounds without sign and commas."""
        return plain_pounds(self.data)


class PrepareForm(Form):
    """The period of a statement, and the authority's own balance with its evidence."""

    first = DayField(_("First day"), validators=[InputRequired(_("Enter the first day of the period."))])
    last = DayField(_("Last day"), validators=[InputRequired(_("Enter the last day of the period."))])
    balance = BalanceField(
        _("Balance of the scheme's cost code on the last day"),
        validators=[InputRequired(_("Enter the balance, in pounds and pence."))],
    )
    evidence = FileField(_("Evidence of that balance"))
    explanation = TextAreaField(_("If it differs from closing cash: why?"), filters=[tidy], validators=[_AT_MOST])
    variance = TextAreaField(
        _("If spending is beyond the profile's tolerance: why?"), filters=[tidy], validators=[_AT_MOST]
    )
    reprofile = TextAreaField(
        _("What do you ask of the funder about an underspend?"), filters=[tidy], validators=[_AT_MOST]
    )


class ReplaceForm(Form):
    """Why a signed statement is replaced, and the authority's own balance with its evidence again."""

    reason = TextAreaField(
        _("Why is the signed statement replaced?"),
        filters=[tidy],
        description=_("It stands on the new statement, beside each figure that differs."),
        validators=[DataRequired(_("Say why the signed statement is replaced.")), _AT_MOST],
    )
    balance = BalanceField(
        _("Balance of the scheme's cost code on the last day"),
        validators=[InputRequired(_("Enter the balance, in pounds and pence."))],
    )
    evidence = FileField(_("Evidence of that balance"), description=_("Only where there is another than before."))
    explanation = TextAreaField(_("If it differs from closing cash: why?"), filters=[tidy], validators=[_AT_MOST])


class SeenForm(Form):
    """The hash of the figures that stand on the page, so that nobody passes on others."""

    seen = HiddenField(filters=[tidy])


class ReturnForm(SeenForm):
    """What the preparer is asked to change."""

    comments = TextAreaField(
        _("What is to be changed?"),
        filters=[tidy],
        validators=[DataRequired(_("Say what is to be changed.")), _AT_MOST],
    )


class SignForm(SeenForm):
    """The signer's second factor."""

    proof = second_factor_field()


class MoveForm(Form):
    """What came of a signed statement, and in which words."""

    reason = TextAreaField(_("Note (optional)"), filters=[tidy], validators=[_AT_MOST])


class CheckForm(Form):
    """The file that somebody wants to have checked."""

    file = FileField(_("The statement's PDF"))


class RhythmForm(Form):
    """How often an agreement reports, and by when."""

    months = SelectField(
        _("A statement covers"),
        coerce=int,
        choices=[
            SelectChoice(1, _("One month")),
            SelectChoice(3, _("Three months")),
            SelectChoice(6, _("Six months")),
            SelectChoice(12, _("Twelve months")),
        ],
    )
    due_days = WholeField(
        _("Days after the period in which it is due"),
        least=0,
        most=365,
        validators=[InputRequired(_("Enter the number of days."))],
    )
    cut_off_days = WholeField(
        _("Days before the end of the period by which claims must be through"),
        least=0,
        most=60,
        description=_("So that they are paid and seen at the bank within the period."),
        validators=[InputRequired(_("Enter the number of days."))],
    )
    remind_days = WholeField(
        _("Days before that from which people are reminded"),
        least=0,
        most=60,
        description=_(
            "Each provider, business and officer for whom something waits gets one e-mail a cut-off; 0 sends none."
        ),
        default=7,
        validators=[InputRequired(_("Enter the number of days."))],
    )


class FunderFormForm(Form):
    """A funder's own form with the cells that are filled."""

    template = FileField(_("The funder's form (XLSX)"))
    cells = FileField(
        _("Which figure goes into which cell (CSV)"),
        description=_("Two columns, cell and figure: Claim!C12 and 7, or 7@CAP, E12.to_date, header.period_from."),
    )


class StatementFilters(Filters):
    """What narrows the list of statements."""

    scheme = SelectField(_("Scheme"), default="", validate_choice=False)
    agreement = SelectField(_("Agreement"), validate_choice=False)
    state = SelectField(_("State"), validate_choice=False)


def _balance(text: str) -> int:
    pence = parse_pounds(text)
    if abs(pence) > MOST_PENCE:
        raise ValueError(text)
    return pence


class CashFilters(Filters):
    """The days whose cash is shown; without them all there is."""

    first = DayField(_("From"))
    last = DayField(_("To"))
