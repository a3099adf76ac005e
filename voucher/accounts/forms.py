"""What people enter to sign in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length, Regexp


def tidy(text: str | None) -> str | None:
    """An entry without spaces around it and without NUL, which neither a page nor PostgreSQL can hold."""
    return text and text.replace("\0", "").strip()


class SignInForm(FlaskForm):  # type: ignore[misc] # the library ships no types
    """E-mail address and password, and the name of the page to go to afterwards."""

    email = EmailField(
        _("E-mail address"),
        filters=[tidy],
        validators=[
            InputRequired(_("Enter your e-mail address.")),
            Regexp(r"[^@\s]+@[^@\s]+\Z", message=_("Enter an e-mail address, like name@example.org.")),
            Length(max=254, message=_("Enter an e-mail address of at most 254 characters.")),
        ],
    )
    password = PasswordField(
        _("Password"),
        validators=[
            InputRequired(_("Enter your password.")),
            Length(max=1000, message=_("Enter a password of at most 1,000 characters.")),
        ],
    )
    next = HiddenField()
