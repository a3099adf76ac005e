"""What people enter about a scheme: its terms, voucher types, settings, who may apply, and a whole new one."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from voucher.accounts.forms import second_factor_field
from voucher.accounts.step_forms import reason_field
from voucher.platform.forms import DayField, Form, PoundsField, WholeField, tidy
from voucher.schemes.eligibility import Eligibility
from voucher.schemes.plans import DAY_SETTINGS, LEAST, MOST_DAYS, NewTerms, NewVoucherType

SHORT = Length(max=40, message=_("Enter at most 40 characters."))
LONG = Length(max=200, message=_("Enter at most 200 characters."))


class Setting(NamedTuple):
    """A setting that the rules go by: its name, what it is in words, and from when on a change of it counts."""

    name: str
    words: object
    counts: object = ""


_OFFERS = _("A change counts for offers made from then on.")
_ISSUED = _("A change counts for vouchers issued from then on.")
_AT_ONCE = _("A change counts at once.")
SETTINGS = (
    Setting("offer_days", _("Days that an offer stays open"), _OFFERS),
    Setting("notice_days", _("Days that a subsidy notice stays good"), _OFFERS),
    Setting(
        "confirmation_days",
        _("Days that a business has to answer a claim"),
        _("A change counts for claims handed in from then on."),
    ),
    Setting("late_session_days", _("Days after the last day in which work may still be recorded"), _ISSUED),
    Setting("claim_window_days", _("Days after the last day in which work may still be claimed"), _ISSUED),
    Setting("payment_days", _("Days in which a claim is to be paid"), _ISSUED),
    Setting("extension_limit", _("How often a voucher may be extended"), _AT_ONCE),
    Setting("extension_days", _("Days that an extension adds at most"), _AT_ONCE),
    Setting("reinstatement_days", _("Days that a reinstated voucher is good"), _AT_ONCE),
    Setting("match_days", _("Days after the export in which a bank line may prove a payment"), _AT_ONCE),
    Setting("exception_days", _("Days after which what has no bank line, or explains none, is an exception"), _AT_ONCE),
    Setting(
        "payee_cooling_days",
        _("Days before changed bank details can be confirmed"),
        _("The address on file is told at once and has these days to object. A change counts for details keyed later."),
    ),
    Setting("lookup_limit_person", _("Failed look-ups of one person before look-up locks"), _AT_ONCE),
    Setting("lookup_limit_provider", _("Failed look-ups of one provider before look-up locks"), _AT_ONCE),
    Setting("lookup_limit_address", _("Failed look-ups of one internet address before look-up locks"), _AT_ONCE),
)


def contact_field() -> StringField:
    """How people reach the scheme."""
    return StringField(
        _("Contact line"),
        filters=[tidy],
        description=_("How people reach you: telephone and e-mail address. It stands on vouchers and letters."),
        validators=[DataRequired(_("Enter how people reach the scheme.")), LONG],
    )


def name_field() -> StringField:
    """What the scheme is called."""
    return StringField(
        _("Name of the scheme"),
        filters=[tidy],
        validators=[DataRequired(_("Enter the name that businesses read.")), LONG],
    )


class SchemeFields(Form):
    """What a new scheme is called, whose it is and when it runs.

    An error summary names fields in the order in which they are written here, so a base stands before what follows it.
    """

    reference = StringField(
        _("Reference of the scheme"),
        filters=[tidy],
        description=_("One to six letters and digits, like NTT. Vouchers and statements begin with it."),
        validators=[DataRequired(_("Enter a reference, like NTT.")), SHORT],
    )
    name = name_field()
    owner = StringField(
        _("Owner"),
        filters=[tidy],
        description=_("The public body that runs the scheme. Its name stands on letters and vouchers."),
        validators=[DataRequired(_("Enter the name of the public body.")), LONG],
    )
    contact_line = contact_field()
    starts_on = DayField(_("First day"), validators=[InputRequired(_("Enter the first day of the scheme."))])
    ends_on = DayField(_("Last day"), validators=[InputRequired(_("Enter the last day of the scheme."))])


class ReachFields(Form):
    """What changes of a scheme beside its whole numbers."""

    name = name_field()
    contact_line = contact_field()
    ends_on = DayField(_("Last day of the scheme"), validators=[InputRequired(_("Enter the last day."))])


class TermsForm(Form):
    """A new version of the terms."""

    version = StringField(
        _("Version"),
        filters=[tidy],
        validators=[DataRequired(_("Enter the version, like 2026-2.")), SHORT],
    )
    in_force_from = DayField(_("In force from"), validators=[InputRequired(_("Enter the first day of these terms."))])
    brief = TextAreaField(
        _("The terms in brief"),
        filters=[tidy],
        description=_("One sentence a line. They stand on the voucher."),
        validators=[DataRequired(_("Enter the most important terms, one a line."))],
    )
    body = TextAreaField(_("The terms in full"), filters=[tidy], validators=[DataRequired(_("Enter the terms."))])


class CodeField(Form):
    """The code of a new voucher type."""

    code = StringField(
        _("Code of the voucher type"),
        filters=[tidy],
        description=_("Short, like TASTER. It cannot be changed later."),
        validators=[DataRequired(_("Enter a code, like TASTER.")), SHORT],
    )


class TypeFields(Form):
    """A voucher type without its code."""

    kind_name = StringField(
        _("Name of the voucher type"),
        filters=[tidy],
        validators=[DataRequired(_("Enter the name that businesses read, like Tech taster.")), LONG],
    )
    good_for = TextAreaField(
        _("What it is good for"),
        filters=[tidy],
        description=_("One use a line. They stand on the voucher."),
        validators=[DataRequired(_("Enter what the voucher pays for, one use a line."))],
    )
    rate = WholeField(
        _("Rate in percent"),
        least=1,
        most=100,
        description=_("The share of the price before VAT that the voucher pays."),
        validators=[InputRequired(_("Enter the rate, like 80."))],
    )
    face = PoundsField(
        _("Face value"),
        description=_("The most that one voucher pays in all."),
        validators=[InputRequired(_("Enter the face value, like 750.00."))],
    )
    cap = PoundsField(
        _("Most for one claim"),
        description=_("Leave it empty if one claim may take the whole voucher."),
        validators=[Optional()],
    )
    minimum_own = PoundsField(
        _("Least own contribution"),
        description=_("What the business pays of the price before VAT at least. Leave it empty for none."),
        validators=[Optional()],
    )
    validity_days = WholeField(
        _("Days that a voucher is good"),
        least=1,
        most=MOST_DAYS,
        validators=[InputRequired(_("Enter for how many days a voucher is good, like 90."))],
    )


class TypeForm(CodeField, TypeFields):
    """A new voucher type."""


class ChangeTypeForm(TypeFields):
    """What changes of a voucher type, and why."""

    reason = reason_field(_("Reason"), _("Say why the type changes."))


class DayFields(Form):
    """The settings that are whole numbers; the loop below adds one field for each."""


for _each in SETTINGS:
    setattr(
        DayFields,
        _each.name,
        WholeField(
            _each.words,
            least=LEAST.get(_each.name, 0),
            most=MOST_DAYS,
            default=DAY_SETTINGS[_each.name],
            description=_each.counts,
            validators=[InputRequired(_("Enter a whole number."))],
        ),
    )


class SettingsForm(ReachFields, DayFields):
    """A scheme's settings, and why they change."""

    reason = reason_field(_("Reason"), _("Say why the settings change."))


class SchemeForm(SchemeFields, TermsForm, TypeForm, DayFields):
    """A whole new scheme, with its first terms and its first voucher type."""


class EligibilityForm(Form):
    """Who may apply; what is left empty is not asked."""

    legal_forms = SelectMultipleField(_("Kinds of business"), description=_("Tick none if every kind may apply."))
    postcode_areas = StringField(
        _("Postcode areas or districts"),
        filters=[tidy],
        description=_("With commas between them, like HX, LS21. Leave it empty if the place does not matter."),
    )
    most_employees = WholeField(_("Most employees"), least=0, most=100_000, validators=[Optional()])
    most_turnover = PoundsField(_("Most turnover in the last financial year"), validators=[Optional()])
    least_months_trading = WholeField(_("Least months of trading"), least=0, most=600, validators=[Optional()])
    excluded_sic = StringField(
        _("Activities that are excluded"),
        filters=[tidy],
        description=_("SIC codes or their first digits with commas between them, like 64, 92000."),
    )
    reason = reason_field(_("Reason"), _("Say why the rules change."))


class LookForm(Form):
    """What the scheme's public pages look like."""

    colour = StringField(
        _("Action colour"),
        filters=[tidy],
        description=_("For buttons and links: # and six digits or letters from a to f, like #00596b."),
        validators=[DataRequired(_("Enter a colour, like #00596b."))],
    )
    logo = FileField(_("Logo"), description=_("A PNG or JPEG file of at most 300 kB. Without one the logo stays."))
    reset = BooleanField()


class WeakenForm(Form):
    """Why a duty should be weaker, with the second factor."""

    reason = reason_field(_("Reason"), _("Say why the team needs this."))
    proof = second_factor_field()


def lines_of(text: str) -> list[str]:
    """The lines that have something in them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def parts_of(text: str | None) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip().upper() for part in (text or "").split(",") if part.strip())


def terms_in(form: TermsForm) -> NewTerms:
    """The terms that were entered."""
    return NewTerms(
        version=form.version.data,
        in_force_from=form.in_force_from.data,
        brief=lines_of(form.brief.data),
        body=form.body.data,
    )


def type_in(form: TypeFields, code: str) -> NewVoucherType:
    """The voucher type that was entered."""
    return NewVoucherType(
        code=code,
        name=form.kind_name.data,
        good_for=lines_of(form.good_for.data),
        rate_bp=form.rate.data * 100,
        face_pence=form.face.data,
        cap_pence=form.face.data if form.cap.data is None else form.cap.data,
        minimum_own_pence=form.minimum_own.data or 0,
        validity_days=form.validity_days.data,
    )


def days_in(form: DayFields) -> dict[str, int]:
    """The whole numbers that were entered, by the setting's name."""
    return {name: form[name].data for name in DAY_SETTINGS}


def rules_in(form: EligibilityForm) -> Eligibility:
    """The rules that were entered."""
    return Eligibility(
        legal_forms=tuple(form.legal_forms.data or ()),
        postcode_areas=parts_of(form.postcode_areas.data),
        most_employees=form.most_employees.data,
        most_turnover_pence=form.most_turnover.data,
        least_months_trading=form.least_months_trading.data,
        excluded_sic=parts_of(form.excluded_sic.data),
    )
