"""Checking a statement's file, for whoever holds one: dropped here, told in words, and kept nowhere."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.platform.errors import DomainError
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyStatus
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, desk, public
from voucher.reports.checking import (
    check_apart,
    count_check,
    published_keys,
    signed_statement,
    with_what_is_known_here,
)
from voucher.reports.forms import CheckForm
from voucher.reports.models import Statement
from voucher.reports.verify.findings import AREAS, NotAStatement, Outcome, Report, Sentence
from voucher.reports.verify.paper_file import HEAD_BYTES
from voucher.reports.verify.printed import long_day
from voucher.reports.verify.published import as_published

blueprint = Blueprint("statement_checks", __name__)

# What an outcome is called, and the colour of its tag; the word says it, too.
OUTCOMES = {
    Outcome.HOLDS: (_("Holds"), "green"),
    Outcome.FAILS: (_("Does not hold"), "red"),
    Outcome.OPEN: (_("Not checked"), "grey"),
}
# What a published key is good for, in words.
MEANS = {
    KeyStatus.ACTIVE: _("Signs statements now."),
    KeyStatus.RETIRED: _("Signs none any more. Those that it signed stay good."),
    KeyStatus.COMPROMISED: _("Others know it. Its signatures prove nothing: ask for the hash of your statement."),
}


@blueprint.route("/check-statement", methods=["GET", "POST"])
@public("anybody who holds a statement may check it; nothing of the file is kept", foot=_("Check a statement"))
def check_page() -> ResponseReturnValue:
    return _page(None)


@blueprint.route("/S/<public_id>", methods=["GET", "POST"])
@public("is printed on statements, and says no more than the paper that it is printed on")
def numbered_page(public_id: str) -> ResponseReturnValue:
    return _page(signed_statement(public_id))


@blueprint.get("/statement-keys")
@public("keys are published so that anybody can compare a statement with them")
def keys_page() -> ResponseReturnValue:
    published = as_published(published_keys(current_act().ring))["keys"]
    return render_template("reports/statement_keys.html", keys=published, means=MEANS)


@blueprint.get("/statement-keys.json")
@public("keys are published so that anybody can compare a statement with them")
def keys_file() -> Response:
    return jsonify(as_published(published_keys(current_act().ring)))


def _page(asked_for: Statement | None) -> ResponseReturnValue:
    form, reference = CheckForm(), asked_for.reference if asked_for else ""
    if not form.validate_on_submit():
        return _form_page(form, reference), 422 if form.errors else 200
    try:
        report = _checked(asked_for)
    except NotAStatement as why:
        form.file.errors = [why.sentence.text(translate)]
        return _form_page(form, reference), 422
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _form_page(form, reference), status_of(refusal)
    return render_template(
        "reports/checked.html",
        report=report,
        areas=[(title, report.about(area)) for area, title in AREAS.items() if report.about(area)],
        outcomes=OUTCOMES,
        said=_said,
        day=long_day,
    )


def _form_page(form: CheckForm, reference: str) -> str:
    return render_template("reports/check.html", form=form, reference=reference)


def _checked(asked_for: Statement | None) -> Report:
    upload = request.files.get("file")
    raw = upload.read() if upload else b""
    if not raw:
        raise NotAStatement(Sentence(_("Choose the statement's PDF.")))
    if b"%PDF-" not in raw[:HEAD_BYTES]:
        raise NotAStatement(Sentence(_("This is not a PDF. Choose the file as you got it from the authority.")))
    act = current_act()
    asked_id = asked_for.public_id if asked_for else None
    with transaction(act.actor, act.clock):
        count_check(act, act.actor.address)
    report = check_apart(raw, published_keys(act.ring), folder=desk().config.data)
    return with_what_is_known_here(report, signed_statement(asked_id) if asked_id else None)


def _said(sentence: Sentence) -> str:
    return sentence.text(translate)
