"""What people enter about bank files, accounts and layouts; choices are passed in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.accounts.forms import second_factor_field
from voucher.payments.bank_files.layouts import DayForm, Delimiter, Encoding
from voucher.payments.bank_files.reading import FileKind
from voucher.platform.forms import Filters, Form, ReadField, WholeField, tidy
from voucher.platform.money import parse_pounds, plain_pounds

KINDS = {
    FileKind.CSV: _("Bank statement in CSV"),
    FileKind.CAMT: _("Bank statement in camt.053 (XML)"),
    FileKind.MT940: _("Bank statement in MT940"),
    FileKind.OFX: _("Bank statement in OFX"),
    FileKind.PAYMENT_RUN: _("Payment-run report of the finance system, in CSV"),
    FileKind.LEDGER: _("Extract of the authority's ledger, in CSV"),
}
MOST_LETTERS = Length(max=200, message=_("Enter at most 200 characters."))


class BalanceField(ReadField):
    """A balance: pounds and pence, with a minus for an overdrawn account."""

    def __init__(self, label: object, **more: object) -> None:
        wrong = _("Enter a balance in pounds and pence, like 1234.50 or -20.00.")
        super().__init__(label, read=parse_pounds, wrong=wrong, **more)

    def shown(self) -> str:
        """Pounds without commas."""
        return plain_pounds(self.data)


class ImportForm(Form):
    """A file, what it is, and what it does not say itself."""

    file = FileField(_("File"), description=_("As the bank or the finance system gave it, at most 20 MB."))
    kind = RadioField(
        _("What it is"),
        choices=[SelectChoice(str(kind), words) for kind, words in KINDS.items()],
        validators=[InputRequired(_("Say what the file is."))],
    )
    layout = SelectField(_("Layout of a CSV file"), description=_("Which of its columns holds what."))
    account = SelectField(_("Account"), description=_("Needed where the file does not say whose statement it is."))
    opening = BalanceField(_("Balance before the file"), description=_("Only for a file without balances."))
    closing = BalanceField(_("Balance after the file"), description=_("Only for a file without balances."))


class FileFilters(Filters):
    """Which files are listed."""

    what = SelectField(
        _("Files"),
        choices=[SelectChoice("", _("All")), SelectChoice("waiting", _("Not taken in yet"))],
    )


class TakeInForm(Form):
    """Takes a file in that adds up and goes on where the others stand."""


class OverrideForm(Form):
    """Takes a file in although it does not go on where the others stand."""

    override = TextAreaField(
        _("Reason"),
        filters=[tidy],
        description=_("It is counted and listed on the funder's statement."),
        validators=[DataRequired(_("Say why the statement is taken in all the same."))],
    )
    proof = second_factor_field()


class AccountForm(Form):
    """A bank account of the scheme."""

    name = StringField(
        _("Name"), filters=[tidy], validators=[DataRequired(_("Enter a name by which it is chosen.")), MOST_LETTERS]
    )
    sort_code = StringField(
        _("Sort code"), filters=[tidy], validators=[DataRequired(_("Enter the sort code, like 20-00-00."))]
    )
    number = StringField(
        _("Account number"), filters=[tidy], validators=[DataRequired(_("Enter the account number of 8 digits."))]
    )


def _column(label: object, description: object = "") -> StringField:
    return StringField(label, filters=[tidy, lambda text: text or ""], description=description)


class LayoutForm(Form):
    """Which column of a CSV file holds what."""

    name = StringField(
        _("Name of the layout"),
        filters=[tidy],
        description=_("Like the bank's name. A layout of that name is replaced."),
        validators=[DataRequired(_("Enter a name by which the layout is chosen.")), MOST_LETTERS],
    )
    date = _column(_("Column of the day"))
    day_form = SelectField(
        _("The last day of March 2026 is written"), choices=[SelectChoice(str(each), str(each)) for each in DayForm]
    )
    amount = _column(_("Column of amounts with a sign"), _("Or the next two."))
    money_out = _column(_("Column of money out"))
    money_in = _column(_("Column of money in"))
    balance = _column(_("Column of balances"), _("Without it the balances are asked for with each file."))
    reference = _column(_("Column of the reference"), _("Payments are found by it."))
    more_reference = _column(_("Another column of it"))
    counterparty = _column(_("Column of the other party"))
    own_id = _column(_("Column of the bank's own number"))
    account = _column(_("Column of the account"), _("Sort code and number, or the number."))
    currency = _column(_("Column of the currency"))
    delimiter = SelectField(
        _("Between two cells stands a"),
        choices=[
            SelectChoice(str(Delimiter.COMMA), _("comma")),
            SelectChoice(str(Delimiter.SEMICOLON), _("semicolon")),
            SelectChoice(str(Delimiter.TAB), _("tab")),
            SelectChoice(str(Delimiter.BAR), _("vertical bar")),
        ],
    )
    encoding = SelectField(
        _("Letters are written in"),
        choices=[
            SelectChoice(str(Encoding.UTF_8), str(Encoding.UTF_8)),
            SelectChoice(str(Encoding.WINDOWS), str(Encoding.WINDOWS)),
        ],
    )
    decimal_comma = BooleanField(_("Amounts"))
    out_is_plain = BooleanField(_("Signs"))
    has_header = BooleanField(_("Names of the columns"), default=True)
    skip_rows = WholeField(_("Rows above the names"), least=0, most=100)
