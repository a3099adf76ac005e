"""What a business enters when it checks whether it can apply, and when it applies; what officers enter about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Field, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from voucher.accounts.forms import email_field
from voucher.applications.questions import FORM_LABELS, LONG_TEXT, SHORT_TEXT
from voucher.platform.forms import DayField, Filters, Form, PoundsField, TelephoneField, WholeField, tidy


def _line(label: object) -> StringField:
    return StringField(label, filters=[tidy])


def _legal_form() -> RadioField:
    # Translated when the form is made, for the words are kept with the rules, which know no web.
    return RadioField(
        _("What kind of business is it?"),
        choices=[SelectChoice(str(form), gettext(words)) for form, words in FORM_LABELS.items()],
        validate_choice=False,
    )


def _other_funding() -> RadioField:
    return RadioField(
        _("Has the business had, or asked for, other public money for the same support?"),
        choices=[SelectChoice("yes", _("Yes")), SelectChoice("no", _("No"))],
        validate_choice=False,
    )


_MAKERS: Mapping[str, Callable[[], Field]] = {
    "legal_form": _legal_form,
    "company_number": lambda: _line(_("What is the company number?")),
    "charity_number": lambda: _line(_("What is the charity number?")),
    "vat_number": lambda: _line(_("What is the VAT number?")),
    "utr": lambda: _line(_("What is the Unique Taxpayer Reference?")),
    "name": lambda: _line(_("What is the business called?")),
    "address_line_1": lambda: _line(_("Address line 1")),
    "address_line_2": lambda: _line(_("Address line 2 (optional)")),
    "town": lambda: _line(_("Town or city")),
    "postcode": lambda: _line(_("Postcode")),
    "employees": lambda: WholeField(_("How many people does it employ?"), least=0, most=1_000_000),
    "turnover": lambda: PoundsField(_("What was its turnover in the last financial year?")),
    "trading_since": lambda: DayField(_("When did it start to trade?")),
    "sic_code": lambda: _line(_("What is the SIC code of its main activity?")),
    "phone": lambda: TelephoneField(_("On which number can we reach you?"), filters=[tidy]),
    "support": lambda: TextAreaField(_("What support do you want to use the voucher for?"), filters=[tidy]),
    "other_funding": _other_funding,
    "other_funding_details": lambda: TextAreaField(_("If yes, which money, from whom, and for what?"), filters=[tidy]),
}


def question_form(names: Sequence[str], base: type[Form] = Form) -> type[Form]:
    """The form of one page. What an answer must be is said where it is kept, so that every way in is held to it."""
    return type("QuestionForm", (base,), {name: _MAKERS[name]() for name in names})


class DeclaredFilters(Filters):
    """What narrows the list of declarations of other funding."""

    text = StringField(_("Business, or words of the declaration"), filters=[tidy])


class NoQuestion(Form):
    """A button and nothing else."""


class PhoneForm(Form):
    """For whom an officer enters an application: the person who answers, and in which round."""

    round = SelectField(_("Round"), validate_choice=True)
    name = StringField(
        _("Name of the person who speaks for the business"),
        filters=[tidy],
        validators=[
            DataRequired(_("Enter the person's name.")),
            Length(max=SHORT_TEXT, message=_("Enter at most 200 characters.")),
        ],
    )
    email = email_field()
    phone = StringField(_("Telephone"), filters=[tidy])


class HeldForm(Form):
    """What an officer found out about who applies for a business that is known here."""

    decision = RadioField(
        _("Does this person speak for the business?"),
        choices=[
            SelectChoice("yes", _("Yes: take the application for this business")),
            SelectChoice("no", _("No, or I could not find out: refuse it")),
        ],
        validators=[InputRequired(_("Say whether this person speaks for the business."))],
    )
    reason = TextAreaField(
        _("How you found out"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say how you found out.")),
            Length(max=LONG_TEXT, message=_("Enter at most 2,000 characters.")),
        ],
    )


class EndApplicationForm(Form):
    """Why a business ends its own application, if it wants to say."""

    reason = TextAreaField(
        _("Why? (optional)"),
        filters=[tidy],
        validators=[Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters."))],
    )


class AnswerForm(Form):
    """What a business answers the office before the decision."""

    answer = TextAreaField(
        _("Your answer"),
        filters=[tidy],
        validators=[
            DataRequired(_("Write the answer.")),
            Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters.")),
        ],
    )


class OwnAppealForm(Form):
    """What a business says against the decision on its application."""

    reason = TextAreaField(
        _("What was not known, or is not right?"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say what was not known or not right.")),
            Length(max=LONG_TEXT, message=_("Say it in at most 2,000 characters.")),
        ],
    )
