"""What a firm enters about itself: its application, insurance, bank details, packages and people."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, ValidationError

from voucher.accounts.forms import EndPartForm, InviteForm, second_factor_field
from voucher.accounts.rules import Role
from voucher.organisations.business_file import LegalForm
from voucher.platform.forms import DayField, Form, PoundsField, TelephoneField, WholeField, tidy
from voucher.providers.rules import InsuranceKind

LONG = Length(max=2000, message=_("Say it in at most 2,000 characters."))
SHOWN_TO_EVERYBODY = _(
    "Once your firm is approved, everybody can read this address in the list of providers. "
    "Use one of the firm, not one of your own."
)
SHORT = Length(max=200, message=_("Use at most 200 characters."))
FORMS = (
    SelectChoice(LegalForm.COMPANY.value, _("Company or limited liability partnership")),
    SelectChoice(LegalForm.CHARITY.value, _("Charity")),
    SelectChoice(LegalForm.SOLE_TRADER.value, _("Sole trader")),
    SelectChoice(LegalForm.PARTNERSHIP.value, _("Partnership")),
    SelectChoice(LegalForm.OTHER.value, _("Something else, such as a college or council")),
)
INSURANCES = (
    SelectChoice(InsuranceKind.PUBLIC_LIABILITY.value, _("Public liability")),
    SelectChoice(InsuranceKind.PROFESSIONAL_INDEMNITY.value, _("Professional indemnity")),
    SelectChoice(InsuranceKind.EMPLOYERS_LIABILITY.value, _("Employers liability")),
    SelectChoice(InsuranceKind.CYBER.value, _("Cyber")),
)
PARTS = (
    SelectChoice(Role.PROVIDER_SCANNER.value, _("Scanner: looks vouchers up and records support")),
    SelectChoice(Role.PROVIDER_MANAGER.value, _("Manager: also claims, and looks after packages, people and bank")),
)


def _text(label: object, missing: object, **more: object) -> StringField:
    return StringField(label, filters=[tidy], validators=[DataRequired(missing), SHORT], **more)


def _long(label: object, missing: object, **more: object) -> TextAreaField:
    return TextAreaField(label, filters=[tidy], validators=[DataRequired(missing), LONG], **more)


def _number(label: object, hint: object) -> StringField:
    return StringField(label, filters=[tidy], validators=[Optional(), SHORT], description=hint)


class FirmForm(Form):
    """A firm's application; numbers are checked where they are kept, and faults come back to their fields."""

    scheme = RadioField(_("Scheme"), validators=[InputRequired(_("Choose the scheme that you apply to."))])
    name = _text(_("Name of the firm"), _("Enter the firm's name as its register has it."))
    legal_form = RadioField(
        _("What kind of firm is it?"), choices=FORMS, validators=[InputRequired(_("Choose what kind of firm it is."))]
    )
    company_number = _number(_("Company number"), _("From Companies House, like 01234567. Sole traders have none."))
    charity_number = _number(_("Charity number"), _("Like 1234567, SC012345 or NIC100012."))
    vat_number = _number(_("VAT number"), _("If you are registered, like GB 831 4958 16."))
    utr = _number(_("Unique Taxpayer Reference"), _("10 digits. If you are a sole trader or a partnership."))
    address_line_1 = _text(_("Address"), _("Enter the first line of the firm's address."))
    town = _text(_("Town or city"), _("Enter the town or city."))
    postcode = _text(_("Postcode"), _("Enter the postcode, like LS1 4AP."))
    contact_email = EmailField(
        _("E-mail address for the scheme's messages"),
        filters=[tidy],
        description=SHOWN_TO_EVERYBODY,
        validators=[DataRequired(_("Enter an e-mail address, like name@example.org.")), SHORT],
    )
    services = _long(
        _("What do you offer small businesses?"),
        _("Describe the support that you offer."),
        description=_("Once your firm is approved, everybody can read this in the list of providers."),
    )
    referees = _long(
        _("Two clients whom we may ask about you"), _("Name two clients, each with an e-mail address or telephone.")
    )
    has_conflicts = RadioField(
        _("Is there a conflict of interest?"),
        choices=[SelectChoice("no", _("No")), SelectChoice("yes", _("Yes"))],
        validators=[InputRequired(_("Say whether there is a conflict of interest."))],
    )
    conflicts = TextAreaField(
        _("What is the conflict of interest?"),
        filters=[tidy],
        validators=[LONG],
        description=_("Only if you said yes: who, with whom, and how you deal with it."),
    )

    def validate_conflicts(self, field: TextAreaField) -> None:
        """A conflict that there is must be described, and one that is described must be one."""
        if self.has_conflicts.data == "yes" and not field.data:
            raise ValidationError(_("Describe the conflict of interest."))
        if self.has_conflicts.data == "no" and field.data:
            raise ValidationError(_("You said that there is none. Choose yes above, or take this text away."))


class PublicDetailsForm(Form):
    """What everybody reads of an approved provider."""

    trading_name = StringField(
        _("Trading name (optional)"),
        filters=[tidy],
        validators=[SHORT],
        description=_("If customers know you by another name. It is shown beside the registered one."),
    )
    services = _long(
        _("What do you offer small businesses?"),
        _("Describe the support that you offer."),
        description=_("Everybody can read this in the list of providers."),
    )
    contact_email = EmailField(
        _("E-mail address"),
        filters=[tidy],
        description=_(
            "Everybody can read it in the list of providers, and the scheme's messages go to it. "
            "When you change it, we tell the address that you have now."
        ),
        validators=[DataRequired(_("Enter an e-mail address, like name@example.org.")), SHORT],
    )
    phone = TelephoneField(
        _("Telephone (optional)"),
        filters=[tidy],
        validators=[SHORT],
        description=_("Everybody can read it in the list of providers. A UK number, like 0113 234 5678."),
    )


class InsuranceForm(Form):
    """A policy with its certificate; ``kept`` names the file of an attempt before, so that it is chosen once."""

    kind = SelectField(_("Kind of insurance"), choices=INSURANCES)
    insurer = _text(_("Insurer"), _("Enter the name of the insurer."))
    policy_number = _text(_("Policy number"), _("Enter the number of the policy."))
    cover = PoundsField(_("Sum insured"), validators=[InputRequired(_("Enter the sum insured in pounds."))])
    ends_on = DayField(_("Last day of cover"), validators=[InputRequired(_("Enter the last day of cover."))])
    certificate = FileField(_("Certificate"), description=_("A PDF or a picture, at most 20 MB."))
    kept = HiddenField()


class SendForm(Form):
    """The terms that a provider accepts; ``terms`` is the version that was read."""

    terms = HiddenField()
    accepts = BooleanField(
        _("Terms for providers"), validators=[DataRequired(_("Accept the terms, or do not send the application."))]
    )


class BankForm(Form):
    """An account to be paid to, with the second factor of who keys it."""

    account_name = _text(_("Name on the account"), _("Enter the name on the account."))
    sort_code = _text(_("Sort code"), _("Enter the sort code, like 12-34-56."))
    account_number = _text(_("Account number"), _("Enter the account number of 8 digits."))
    proof = second_factor_field()


class PriceForm(Form):
    """A new price and length under a code of its own."""

    code = StringField(
        _("Code"),
        filters=[tidy, lambda text: text and text.upper()],
        description=_("Short, like WEB-1. It stands on claims and cannot be used again."),
        validators=[
            DataRequired(_("Enter a short code for the package.")),
            Regexp(r"[0-9A-Z][0-9A-Z-]{0,19}\Z", message=_("Use up to 20 letters, digits and hyphens.")),
        ],
    )
    price = PoundsField(_("Price before VAT"), validators=[InputRequired(_("Enter the price before VAT in pounds."))])
    minutes = WholeField(
        _("Minutes"),
        least=1,
        most=100_000,
        validators=[InputRequired(_("Enter how many minutes the support takes."))],
    )


class PackageForm(PriceForm):
    """A new package: what a business gets, for how much."""

    kind = RadioField(_("Voucher type"), validators=[InputRequired(_("Choose the voucher type."))])
    name = _text(_("Name of the package"), _("Enter a name that businesses understand."))
    description = _long(_("What does the business get?"), _("Describe what the business gets."))


class FirmInviteForm(InviteForm):
    """Whom to ask to join the firm, and as what, with the second factor of who asks."""

    role = RadioField(
        _("What may your colleague do?"), choices=PARTS, validators=[InputRequired(_("Choose scanner or manager."))]
    )
    proof = second_factor_field()


class FirmEndPartForm(EndPartForm):
    """Why a colleague's part in the firm is ended, with the second factor of who ends it."""

    proof = second_factor_field()
