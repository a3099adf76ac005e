"""Templates of payment files on pages: one is handed in, looked at with a made-up payment, and then kept."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.payments.file_templates import Template, sample_of
from voucher.payments.rules import FileFormat
from voucher.payments.template_store import add_template, look_at_template, newest_template, text_of
from voucher.payments.way_forms import KeepTemplateForm, TemplateForm
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Fault, FileRefused, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.schemes.workplace import Workplace, working_in

blueprint = Blueprint("file_templates", __name__)

P = Permission
# Those that are written as templates; pain.001 is XML of a shape that no template changes.
EXAMPLES = tuple(each for each in FileFormat if each is not FileFormat.PAIN_001)


@blueprint.route("/scheme/paying/templates/new", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP)
def new_page() -> ResponseReturnValue:
    """Takes the file and shows what it makes of a payment; nothing is kept before that was seen."""
    act, form = current_act(), TemplateForm()
    at = working_in(P.SCHEMES_SET_UP)
    if "body" in request.form:
        return _keep(act, at)
    if not form.validate_on_submit():
        return _new(at, form, []), 422 if form.errors else 200
    try:
        data = _handed_in()
        template = look_at_template(act, at.scheme, code=form.code.data, data=data)
    except Forbidden:
        raise
    except DomainError as refusal:
        faults = refusal.faults if isinstance(refusal, FileRefused) else []
        show_refusal(form, refusal)
        return _new(at, form, faults), status_of(refusal)
    keep = KeepTemplateForm(formdata=None, code=form.code.data, body=data.decode("utf-8"))
    return _look(act, at, template, keep)


def _keep(act: Act, at: Workplace) -> ResponseReturnValue:
    """Keeps what was looked at. It is read again, for what a page sends back may be anything."""
    keep = KeepTemplateForm()
    try:
        with transaction(act.actor, act.clock):
            kept = add_template(act, at.scheme, code=keep.code.data or "", data=(keep.body.data or "").encode())
    except Forbidden:
        raise
    except DomainError as refusal:
        form = TemplateForm(formdata=None, code=keep.code.data)
        show_refusal(form, refusal)
        return _new(at, form, refusal.faults if isinstance(refusal, FileRefused) else []), status_of(refusal)
    said = _("Template %(reference)s is kept. It is used once a way of paying is proposed with it and confirmed.")
    flash(translate(said, reference=kept.reference))
    return redirect(url_for("ways.way_page", **at.args))


@blueprint.get("/scheme/paying/templates/<code>.toml")
@requires(P.FUNDING_LINES_READ)
def file(code: str) -> ResponseReturnValue:
    """A template as it is written, to begin another with: one of ours, or the newest version of the scheme's own."""
    at = working_in(P.FUNDING_LINES_READ)
    known = next((each for each in EXAMPLES if each == code), None)
    own = newest_template(at.scheme.id, code) if known is None else None
    if known is None and own is None:
        raise NotFound("no_template", _("This scheme has no template of that code."))
    answer = Response(text_of(known) if known else own.body if own else "", mimetype="application/toml")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{code}.toml")
    return answer


def _handed_in() -> bytes:
    given = request.files.get("file")
    if given is None or not given.filename:
        raise DomainError("no_file", _("Choose the TOML file of the template."), "file")
    data: bytes = given.read()
    return data


def _new(at: Workplace, form: TemplateForm, faults: list[Fault]) -> str:
    return render_template("payments/new_template.html", at=at, form=form, faults=faults, examples=EXAMPLES)


def _look(act: Act, at: Workplace, template: Template, keep: KeepTemplateForm) -> str:
    content = sample_of(template, act.today).decode(template.encoding)
    rows = list(csv.reader(io.StringIO(content, newline=""), delimiter=template.delimiter))
    body = rows[1:] if template.heads else rows
    return render_template(
        "payments/look_at_template.html",
        at=at,
        template=template,
        keep=keep,
        columns=[
            (column.head, str(column.value or ""), [row[number] for row in body])
            for number, column in enumerate(template.columns)
        ],
        content=content,
    )
