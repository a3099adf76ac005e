"""The outbox of the demo: every message with its links, so that one person can play all the parts.

Links answer in somebody's name, so on a real installation there is no such page: it answers as an address that does not
exist unless the demo is served.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from voucher.notifications.outbox_files import letter, letter_names
from voucher.platform.paging import Listed
from voucher.platform.web import desk, public

blueprint = Blueprint("outbox", __name__)

PAGE = 20


@blueprint.get("/outbox")
@public("exists in the demo only, whose people are made up; elsewhere it is not found")
def outbox_page() -> ResponseReturnValue:
    config = desk().config
    if not config.demo:
        raise NotFound
    names = letter_names(config.mail)
    number = max(request.args.get("page", 1, type=int), 1)
    shown = names[(number - 1) * PAGE : number * PAGE]
    listed = Listed([letter(config.mail, name) for name in shown], number, len(names) > number * PAGE)
    return render_template("outbox.html", listed=listed)
