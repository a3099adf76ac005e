"""For auditors: any record by its reference, read only. For staff: the history of any record."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from wtforms import StringField

from voucher.audit.queries import history
from voucher.platform.authz import Permission
from voucher.platform.forms import Filters, tidy
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.workspace.correspondence import messages_of
from voucher.workspace.dossiers import dossier_of
from voucher.workspace.own_pages import own_page
from voucher.workspace.records import KINDS, postings_of, record_of, search

blueprint = Blueprint("records", __name__)

EVERYTHING = Permission.AUDIT_EVERYTHING_READ


class FindForm(Filters):
    """What to look for."""

    q = StringField(lazy_gettext("Reference, invoice number, official number or exact name"), filters=[tidy])


@blueprint.get("/find")
@requires(EVERYTHING, task=_("Find any record"))
def find_page() -> ResponseReturnValue:
    form = FindForm(request.args)
    wanted = form.q.data or ""
    actor = current_act().actor
    found = [(each, own_page(actor, each)) for each in search(actor, wanted)]
    return render_template("workspace/find.html", form=form, wanted=wanted, found=found, kinds=KINDS)


@blueprint.get("/records/<kind>/<public_id>")
@requires(EVERYTHING)
def record_page(kind: str, public_id: str) -> ResponseReturnValue:
    actor = current_act().actor
    found = record_of(actor, kind, public_id, EVERYTHING)
    return render_template(
        "workspace/record.html",
        found=found,
        row=found.row,
        own_page=own_page(actor, found),
        dossier=dossier_of(found),
        postings=postings_of(found),
        messages=messages_of(actor, found, EVERYTHING),
        events=history(found.row.__tablename__, found.row.id),
    )


@blueprint.get("/history/<kind>/<path:address>")
@requires(Permission.CLAIMS_READ, EVERYTHING)
def history_page(kind: str, address: str) -> ResponseReturnValue:
    act = current_act()
    found = record_of(act.actor, kind, address, Permission.CLAIMS_READ, EVERYTHING)
    events = history(found.row.__tablename__, found.row.id)
    messages = messages_of(act.actor, found, Permission.CLAIMS_READ, EVERYTHING)
    return render_template("workspace/history.html", found=found, row=found.row, messages=messages, events=events)
