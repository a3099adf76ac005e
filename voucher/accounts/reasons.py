"""A page that asks for nothing but a reason, and does one thing with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from voucher.accounts.step_forms import reason_field
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import Form, show_refusal


class ReasonForm(Form):
    """Why somebody does something."""

    reason = reason_field(
        _("Reason"), _("Say why."), description=_("It stands in the history, where auditors read it.")
    )


@dataclass(frozen=True)
class Asked:
    """What the page says: its heading, what will happen, the words on its button, and where it leads back to."""

    heading: str
    text: str
    button: str
    back: str


def with_reason(act: Act, asked: Asked, do: Callable[[str], object]) -> ResponseReturnValue | None:
    """The page that asks for the reason; None once it was given and the thing was done.

    What the person may not do at all is raised; any other refusal is named on the page.
    """
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with transaction(act.actor, act.clock):
                do(form.reason.data)
        except Forbidden:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            return None
    return render_template("reason.html", form=form, asked=asked), 422 if form.errors else 200
