"""Letters: every kind of message, for whom and when, how many left, wait or failed; and the messages themselves.

Never what they say, for that may carry a link that answers in somebody's name.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_babel import lazy_gettext
from wtforms import SelectChoice, SelectField, StringField

from voucher.notifications.queries import Numbers, Schemes, messages, numbers_by_kind
from voucher.notifications.rules import LETTERS, OF_NO_SCHEME, MessageState, label_of, state_of
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.clock import end_of_london_day
from voucher.platform.forms import Filters, tidy
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.workplace import working_in
from voucher.workspace.lists import MESSAGES

blueprint = Blueprint("letters", __name__)

P = Permission
# Whoever may read every record of a scheme, on which its messages stand, and whoever looks after the mail server.
READERS = (P.CLAIMS_READ, P.AUDIT_EVERYTHING_READ, P.ADMIN_PEOPLE_MANAGE)
LATELY = timedelta(days=30)


class MessageFilters(Filters):
    """What narrows the list of messages."""

    kind = SelectField(lazy_gettext("Kind of letter"), validate_choice=False)
    state = SelectField(lazy_gettext("State"), validate_choice=False)
    words = StringField(lazy_gettext("E-mail address"), filters=[tidy])


@blueprint.get("/settings/letters")
@requires(*READERS, task=_("Letters, and whether they left"))
def letters_page() -> ResponseReturnValue:
    act, at = current_act(), working_in(*READERS)
    since, schemes = act.today - LATELY, _schemes(act.actor, at.scheme)
    numbers = numbers_by_kind(schemes, end_of_london_day(since - timedelta(days=1)))
    kinds = [kind for kind in LETTERS if kind not in OF_NO_SCHEME or None in schemes]
    return render_template(
        "workspace/letters.html",
        at=at,
        numbers=[(kind, LETTERS[kind], numbers.get(kind, Numbers(0, 0, 0))) for kind in kinds],
        sent_since=lambda kind: _address(at.args, kind, MessageState.SENT, first=since.isoformat()),
        in_state=lambda kind, state: _address(at.args, kind, MessageState[state]),
        days=LATELY.days,
    )


@blueprint.get("/settings/letters/messages")
@requires(*READERS)
def messages_page() -> ResponseReturnValue:
    act, at = current_act(), working_in(*READERS)
    form = MessageFilters(request.args)
    kinds = sorted((str(translate(letter.label)), kind) for kind, letter in LETTERS.items())
    form.kind.choices = [SelectChoice("", translate(_("Any"))), *(SelectChoice(kind, name) for name, kind in kinds)]
    states = [SelectChoice(each.name, translate(str(each)).capitalize()) for each in MessageState]
    form.state.choices = [SelectChoice("", translate(_("Any"))), *states]
    found = messages(
        _schemes(act.actor, at.scheme),
        kind=form.kind.data or "",
        state=form.state.data or "",
        words=form.words.data or "",
    )
    return MESSAGES.answer(found, "workspace/messages.html", at=at, form=form, label_of=label_of, state_of=state_of)


def _schemes(actor: Actor, scheme: Scheme) -> Schemes:
    """The scheme, and for whoever manages people what is sent in no scheme's name."""
    return [scheme.id, None] if actor.may(P.ADMIN_PEOPLE_MANAGE) else [scheme.id]


def _address(args: dict[str, Any], kind: str, state: MessageState, **more: Any) -> str:
    return url_for("letters.messages_page", kind=kind, state=state.name, **args, **more)
