"""What every form stands on: fields that are drawn with the Design System's components, and texts made tidy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from govuk_frontend_wtf import wtforms_widgets as govuk
from markupsafe import Markup
from wtforms import Field, SelectChoice, StringField
from wtforms.widgets import DateInput, TextInput

from voucher.platform.errors import DomainError
from voucher.platform.govuk import widget
from voucher.platform.i18n import capital
from voucher.platform.languages import spoken
from voucher.platform.money import basis_points, parse_pounds, percent, plain_pounds
from voucher.platform.telephone import telephone

# More than anybody's invoice, and well within what a column holds.
MOST_PENCE = 10**12
# A day of any other year was not meant, and the days before and after the calendar's ends cannot be told.
YEARS = range(1900, 3000)
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d %B %Y", "%d %b %Y")


def tidy(text: str | None) -> str | None:
    """An entry without spaces around it and without NUL, which neither a page nor PostgreSQL can hold."""
    return text and text.replace("\0", "").strip()


class _Drawn:
    """A widget of the library that draws in the components' environment and says ``required`` nowhere.

    The server says at the field what is missing, in our words; on a group of choices the attribute is no valid HTML.
    """

    template: str

    def render(self, params: dict[str, Any]) -> Markup:
        """The field as HTML."""
        attributes = params.get("attributes", {})
        attributes.pop("required", None)
        # What a component has a parameter for would be written twice as an attribute.
        for name in _PARAMETERS & attributes.keys():
            value = attributes.pop(name)
            params[name] = value != "false" if name == "spellcheck" else value
        if params.get("errorMessage"):
            params["errorMessage"]["visuallyHiddenText"] = gettext("Error")
        hint = params.get("hint")
        if hint is not None and not (hint.get("text") or hint.get("html")):
            params["hint"] = None
        return widget(self.template, params)


class _Text(_Drawn, govuk.GovTextInput):  # type: ignore[misc] # the library ships no types
    pass


class _Password(_Drawn, govuk.GovPasswordInput):  # type: ignore[misc]
    def render(self, params: dict[str, Any]) -> Markup:
        """The field with its button in the page's language."""
        words = {
            "showPasswordText": gettext("Show"),
            "hidePasswordText": gettext("Hide"),
            "showPasswordAriaLabelText": gettext("Show password"),
            "hidePasswordAriaLabelText": gettext("Hide password"),
            "passwordShownAnnouncementText": gettext("Your password is visible"),
            "passwordHiddenAnnouncementText": gettext("Your password is hidden"),
        }
        return super().render({**params, **words})


class _TextArea(_Drawn, govuk.GovTextArea):  # type: ignore[misc]
    pass


class _File(_Drawn, govuk.GovFileInput):  # type: ignore[misc]
    pass


class _Select(_Drawn, govuk.GovSelect):  # type: ignore[misc]
    pass


class _Radios(_Drawn, govuk.GovRadioInput):  # type: ignore[misc]
    pass


class _Checkboxes(_Drawn, govuk.GovCheckboxesInput):  # type: ignore[misc]
    pass


class _Checkbox(_Drawn, govuk.GovCheckboxInput):  # type: ignore[misc]
    pass


_WIDGETS: Mapping[str, Callable[[], Any]] = {
    "PasswordField": _Password,
    "TextAreaField": _TextArea,
    "FileField": _File,
    "MultipleFileField": lambda: _File(multiple=True),
    "SelectField": _Select,
    "RadioField": _Radios,
    "SelectMultipleField": _Checkboxes,
    "BooleanField": _Checkbox,
}
# What a browser leaves out where nothing is ticked or chosen, and what nobody is shown again.
_SENT_SOMETIMES = frozenset({"BooleanField", "FileField", "MultipleFileField", "RadioField", "SelectMultipleField"})
SECRETS = frozenset({"csrf_token", "new", "old", "password", "proof"})
_PARAMETERS = frozenset({"autocomplete", "inputmode", "rows", "spellcheck"})
_PLAIN = frozenset({"HiddenField", "CSRFTokenField"})


class Form(FlaskForm):  # type: ignore[misc]
    """A form with a CSRF token. ``{{ form.name(params={…}) }}`` draws the whole field: label, hint, error, control."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Which widget draws which field, and what a field holds before anything is entered."""

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """What was sent; or what this form was sent when the session had ended, to be shown and sent again."""
            sent = super().wrap_formdata(form, formdata)
            kept = g.get("kept_fields")
            return kept if sent is None and kept is not None and _belongs(kept, form) else sent

        def render_field(self, field: Field, render_kw: dict[str, Any]) -> Markup:
            """The field as HTML."""
            if field.type in _PLAIN:
                return Markup(field.widget(field, **render_kw))  # noqa: S704 # the library escapes what it is given
            made = _WIDGETS.get(field.type, _Text)()
            kind = getattr(field.widget, "input_type", None)
            if kind and isinstance(made, _Text):
                render_kw.setdefault("type", kind)
            return Markup(made(field, **render_kw))  # noqa: S704


def _belongs(kept: Mapping[str, str], form: FlaskForm) -> bool:
    """Whether these are entries of this form: it asks for all of them, or they answer all that it always asks."""
    shown = {field.name: field.type for field in form if field.name not in SECRETS}
    always = {name for name, kind in shown.items() if kind not in _SENT_SOMETIMES}
    return bool(shown.keys() & kept.keys()) and (kept.keys() <= shown.keys() or always <= kept.keys())


class Filters(Form):
    """What narrows a list: made of the address's own query, ``FilterForm(request.args)``, and sent by GET."""

    class Meta(Form.Meta):
        """Looking changes nothing, so nothing has to prove who asks."""

        csrf = False


class ReadField(Field):  # type: ignore[misc]
    """A text that is read into a value; one that cannot be read is named at the field and shown as it was entered.

    ``read`` raises ValueError for what it cannot read, and ``wrong`` says what to enter instead.
    """

    data: Any  # As in every field, for the library ships no types.
    raw_data: list[object]
    widget = TextInput()

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

    def __init__(self, label: object, **more: object) -> None:
        wrong = _("Enter an amount in pounds and pence, like 1234.50.")
        super().__init__(label, read=_pence, wrong=wrong, **more)

    def shown(self) -> str:
        """Pounds without sign and commas."""
        return plain_pounds(self.data)


class DayField(ReadField):
    """A calendar day; a browser sends 2026-04-07, and a person may also type 7/4/2026 or 7 April 2026."""

    widget = DateInput()

    def __init__(self, label: object, **more: object) -> None:
        super().__init__(label, read=_day, wrong=_("Enter a date, like 7 April 2026."), **more)


class TelephoneField(StringField):  # type: ignore[misc] # the library ships no types
    """A telephone number: one that is on file is shown in its groups, and anything else as it was typed."""

    def _value(self) -> str:
        return telephone(self.data or "")


class WholeField(ReadField):
    """A whole number between two bounds, both allowed."""

    def __init__(self, label: object, *, least: int, most: int, **more: object) -> None:
        def read(text: str) -> int:
            number = int(text.replace(",", ""))
            if not least <= number <= most:
                raise ValueError(text)
            return number

        wrong = _("Enter a whole number from %(least)s to %(most)s.", least=f"{least:,}", most=f"{most:,}")
        super().__init__(label, read=read, wrong=wrong, **more)


class PercentField(ReadField):
    """A percentage up to 100 with at most two decimals, kept in ten-thousandths; ``like`` are examples of one."""

    def __init__(self, label: object, *, like: str = "20 or 33.33", **more: object) -> None:
        wrong = _("Enter a percentage with at most two decimals, like %(like)s.", like=like)
        super().__init__(label, read=_share, wrong=wrong, **more)

    def shown(self) -> str:
        """The percentage without its sign."""
        return percent(self.data).removesuffix("%")


def choice_of(word: str, words: str = "") -> SelectChoice:
    """The word of an enumeration to choose, shown in the page's language; ``words`` says it otherwise than the word."""
    return SelectChoice(str(word), LazyString(_as_shown, words or str(word)))


def _as_shown(words: str) -> str:
    return capital(gettext(words))


def show_refusal(form: FlaskForm, refusal: DomainError, fields: Mapping[str, str] | None = None) -> None:
    """Puts a refusal's sentence at the field that it names, or at the head of the form when that has no such field.

    ``fields`` says what the form calls a field that the refusal names otherwise.
    """
    name = (fields or {}).get(refusal.field or "", refusal.field)
    if name in form:
        form[name].errors = [*form[name].errors, spoken(refusal.message)]
    else:
        form.form_errors.append(spoken(refusal.message))


def _share(text: str) -> int:
    found = basis_points(text)
    if found > 10_000:
        raise ValueError(text)
    return found


def _pence(text: str) -> int:
    pence = parse_pounds(text)
    if not 0 <= pence <= MOST_PENCE:
        raise ValueError(text)
    return pence


def _day(text: str) -> date:
    for shape in DAYS:
        try:
            found = datetime.strptime(text, shape).date()  # noqa: DTZ007 # a calendar day has no zone
        except ValueError:
            continue
        if found.year in YEARS:
            return found
    raise ValueError(text)
