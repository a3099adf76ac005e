"""What a business enters to answer an offer, and the fields that forms of redemptions share with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField
from wtforms.validators import InputRequired
from wtforms.widgets import DateInput, TextInput

from voucher.accounts.forms import tidy
from voucher.platform.errors import DomainError
from voucher.platform.money import parse_pounds, plain_pounds

# More than anybody's invoice, and well within what a column holds.
MOST_PENCE = 10**12


class ReadField(Field):  # type: ignore[misc] # the library ships no types
    """A text that is read into a value; one that cannot be read is named at the field and shown as it was entered.

    ``read`` raises ValueError for what it cannot read, and ``wrong`` says what to enter instead.
    """

    data: Any  # As in every field, for the library ships no types.
    raw_data: list[object]

    def __init__(self, label: object, *, read: Callable[[str], object], wrong: object, **more: object) -> None:
        super().__init__(label, **more)
        self._read, self._wrong = read, wrong

    def _value(self) -> str:
        if self.raw_data:
            return tidy(str(self.raw_data[0])) or ""
        return "" if self.data is None else self.shown()

    def shown(self) -> str:
        """The value as it would be entered."""
        return str(self.data)

    def process_formdata(self, valuelist: list[object]) -> None:
        """Reads what was sent; nothing, or nothing but spaces, is None and counts as not entered."""
        entered = tidy(str(valuelist[0])) if valuelist else ""
        self.data = None
        if not entered:
            self.raw_data = []
            return
        try:
            self.data = self._read(entered)
        except ValueError:
            raise ValueError(str(self._wrong)) from None


class PoundsField(ReadField):
    """An amount that is not below zero: entered in pounds and pence, kept in pence."""

    widget = TextInput()

    def __init__(self, label: object, **more: object) -> None:
        wrong = _("Enter an amount in pounds and pence, like 1234.50.")
        super().__init__(label, read=_pence, wrong=wrong, **more)

    def shown(self) -> str:
        """Pounds without sign and commas."""
        return plain_pounds(self.data)


class DayField(ReadField):
    """A calendar day; a browser sends it as 2026-04-07."""

    widget = DateInput()

    def __init__(self, label: object, **more: object) -> None:
        super().__init__(label, read=date.fromisoformat, wrong=_("Enter a date, like 2026-04-07."), **more)


class OfferForm(FlaskForm):  # type: ignore[misc]
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


def show_refusal(form: FlaskForm, refusal: DomainError, fields: Mapping[str, str] | None = None) -> None:
    """Puts a refusal's sentence at the field that it names, or at the head of the form when that has no such field.

    ``fields`` says what the form calls a field that the refusal names otherwise.
    """
    name = (fields or {}).get(refusal.field or "", refusal.field)
    if name in form:
        form[name].errors = [*form[name].errors, gettext(refusal.message)]
    else:
        form.form_errors.append(gettext(refusal.message))


def _pence(text: str) -> int:
    pence = parse_pounds(text)
    if not 0 <= pence <= MOST_PENCE:
        raise ValueError(text)
    return pence
