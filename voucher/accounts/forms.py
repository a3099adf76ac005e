"""What people enter to sign in and to register."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Regexp

from voucher.accounts.second_factor import is_set_up
from voucher.platform.forms import Form, tidy
from voucher.platform.web import visitor

NONE_SET_UP = _("You have not set up a second factor yet. Do that first: choose your name above, then come back.")


class SecondFactorField(StringField):  # type: ignore[misc]
    """Asks for the second factor; whoever has none reads beforehand where to set one up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person_id = visitor().actor.person_id
        if person_id is not None and not is_set_up(person_id):
            self.description = NONE_SET_UP


def second_factor_field() -> SecondFactorField:
    """The field in which an act asks for the second factor."""
    return SecondFactorField(
        _("Code of your second factor"),
        filters=[tidy],
        description=_("The 6 digits that your authenticator app shows now, or one of your recovery codes."),
        validators=[DataRequired(_("Enter the code that your authenticator app shows now."))],
    )


class ProofForm(Form):
    """Nothing but the second factor, for an act that asks for nothing else."""

    proof = second_factor_field()


class PasswordForm(Form):
    """A new password, and the one before it where there is one."""

    old = PasswordField(_("Password that you have now"))
    new = PasswordField(
        _("New password"),
        description=_("At least 12 characters. Three words that do not belong together are good and easy to keep."),
        validators=[
            InputRequired(_("Enter a new password.")),
            Length(max=1000, message=_("Enter a password of at most 1,000 characters.")),
        ],
    )


def email_field() -> EmailField:
    """The field in which people enter their own e-mail address."""
    return EmailField(
        _("E-mail address"),
        filters=[tidy],
        validators=[
            InputRequired(_("Enter your e-mail address.")),
            Regexp(r"[^@\s]+@[^@\s]+\Z", message=_("Enter an e-mail address, like name@example.org.")),
            Length(max=254, message=_("Enter an e-mail address of at most 254 characters.")),
        ],
    )


class AskCodeForm(Form):
    """To which address a code is sent, and the name of the page to go to afterwards."""

    email = email_field()
    next = HiddenField()


class EnterCodeForm(Form):
    """The code that was sent."""

    code = StringField(
        _("Code"),
        filters=[tidy],
        validators=[
            DataRequired(_("Enter the 6 digits that we sent you.")),
            Length(max=20, message=_("Enter 6 digits.")),
        ],
    )


class RegisterForm(Form):
    """Who registers."""

    name = StringField(
        _("Your full name"),
        filters=[tidy],
        validators=[DataRequired(_("Enter your name.")), Length(max=200, message=_("Enter at most 200 characters."))],
    )


class SignInForm(Form):
    """E-mail address and password, and the name of the page to go to afterwards."""

    email = email_field()
    password = PasswordField(
        _("Password"),
        validators=[
            InputRequired(_("Enter your password.")),
            Length(max=1000, message=_("Enter a password of at most 1,000 characters.")),
        ],
    )
    next = HiddenField()


class InviteForm(Form):
    """Whom to ask to join an organisation."""

    email = EmailField(
        _("Colleague's e-mail address"),
        filters=[tidy],
        validators=[
            DataRequired(_("Enter your colleague's e-mail address.")),
            Length(max=200, message=_("Use at most 200 characters.")),
        ],
    )


class EndPartForm(Form):
    """Why a colleague's part is ended."""

    reason = StringField(
        _("Why does it end?"),
        filters=[tidy],
        validators=[
            DataRequired(_("Say why, for example: left the firm.")),
            Length(max=200, message=_("Use at most 200 characters.")),
        ],
    )


class JoinForm(Form):
    """What a person who has no account yet chooses on joining."""

    name = StringField(
        _("Your name"),
        filters=[tidy],
        validators=[
            DataRequired(_("Enter your name.")),
            Length(max=200, message=_("Use at most 200 characters.")),
        ],
    )
    password = PasswordField(
        _("Choose a password"),
        description=_("At least 12 characters. Three words that do not belong together are good and easy to keep."),
        validators=[
            InputRequired(_("Choose a password.")),
            Length(min=12, max=1000, message=_("Choose a password of at least 12 characters.")),
        ],
    )
