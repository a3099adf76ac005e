"""Making a claim, its receipt, and the list of a firm's claims.

For scripts, ``/claims/new`` has a twin in JSON, chosen by the header ``Accept: application/json``. The body is that of
the form all the same (multipart or urlencoded): ``session`` (a public id; again for each further session),
``request_key``, ``invoice_number``, ``invoiced_on`` (2026-04-07), ``net`` and ``vat`` (pounds), ``vat_rate`` (2000, 500
or 0) and files as ``invoice_files`` (one at least), ``contribution_files`` and ``delivery_files``. Whoever sends it is
signed in by cookie, as in a browser. ``GET /claims/new?session=…`` with the same header answers
``{"csrf_token", "request_key", "sessions"}``; the token goes into the header ``X-CSRFToken`` of each POST and is good
for as long as the cookie. A POST answers ``{"claim", "address", "grant_pence", "state"}`` with 201, and the same with
200 when the same key was accepted before. A refusal is ``{"code", "message", "field"}``: 409 where something else was
first (the same invoice, file, session or money; or the key, with other figures), 422 where what was sent is wrong.
What stands in the way of asking at all (401, 403, 404, a missing token) is a problem document, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from flask_wtf.csrf import generate_csrf

from voucher.accounts.forms import tidy
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import long_date
from voucher.platform.db import new_public_id
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import wants_json
from voucher.platform.web import current_act, requires
from voucher.redemptions.claim_checks import Attached, Invoice
from voucher.redemptions.claims import Accepted, Refused, submit_claim
from voucher.redemptions.forms import FILE_FIELDS, ClaimForm
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.provider_queries import own_claim, own_claims, own_sessions, sessions_beside
from voucher.redemptions.queries import sessions_of
from voucher.redemptions.rules import EvidenceKind, RedemptionState, SessionState
from voucher.redemptions.uploads import HandedIn, Upload, hand_in, kept_as
from voucher.redemptions.waiting import WAITING
from voucher.vouchers.forms import show_refusal

blueprint = Blueprint("claims", __name__)

P = Permission

# Refusals that the same request might not have met a moment earlier.
SOMETHING_WAS_FIRST = frozenset({"file_used", "invoice_used", "key_reused", "nothing_left", "session_not_recorded"})
FIELD_OF = {kind: name for name, kind in FILE_FIELDS.items()}


@dataclass
class Attempt:
    """One try at a claim: its form, the files that are kept, and what came of it, if it was handed in."""

    form: ClaimForm
    chosen: list[DeliverySession]
    files: HandedIn = field(default_factory=HandedIn)
    outcome: Accepted | Refused | None = None


@blueprint.get("/claims")
@requires(P.PROVIDER_CLAIMS_MAKE, task=_("Claims"))
def claims_page() -> ResponseReturnValue:
    listed = own_claims(current_act().actor, request.args.get("page", 1, type=int))
    return render_template("redemptions/claims.html", listed=listed, waiting=_waiting)


@blueprint.get("/claims/<public_id>")
@requires(P.PROVIDER_CLAIMS_MAKE)
def claim_page(public_id: str) -> ResponseReturnValue:
    claim = own_claim(current_act().actor, public_id)
    if wants_json():
        return jsonify(_receipt(claim))
    turn = _waiting(claim)
    return render_template("redemptions/claim.html", claim=claim, sessions=sessions_of(claim), turn=turn)


@blueprint.get("/claims/new")
@requires(P.PROVIDER_CLAIMS_MAKE)
def new_claim_page() -> ResponseReturnValue:
    act = current_act()
    chosen = own_sessions(act.actor, request.args.getlist("session"), P.PROVIDER_CLAIMS_MAKE)
    form = ClaimForm(formdata=None, request_key=new_public_id(), session=[each.public_id for each in chosen])
    if wants_json():
        return jsonify(csrf_token=generate_csrf(), request_key=form.request_key.data, sessions=form.session.data)
    if not chosen:
        flash(translate(_("Choose the session that you claim for.")))
        return redirect(url_for("sessions.unclaimed_page"))
    for each in chosen:
        if each.state != SessionState.RECORDED:
            return redirect(url_for("sessions.session_page", public_id=each.public_id))
    return _form_page(Attempt(form, chosen))


@blueprint.post("/claims/new")
@requires(P.PROVIDER_CLAIMS_MAKE)
def make_claim() -> ResponseReturnValue:
    act = current_act()
    chosen = own_sessions(act.actor, request.form.getlist("session"), P.PROVIDER_CLAIMS_MAKE)
    form = ClaimForm()
    fits = form.validate()
    if not chosen:
        raise DomainError("no_sessions", _("Choose the sessions that you claim for."), "session")
    attempt = Attempt(form, chosen)
    uploads = _uploads()
    _try(act, attempt, uploads, hand_in_claim=fits)
    outcome = attempt.outcome
    if isinstance(outcome, Accepted):
        return _accepted(outcome)
    if outcome is not None:
        show_refusal(form, DomainError(*_refusal(outcome)))
    return _refused(attempt)


def _try(act: Act, attempt: Attempt, uploads: Sequence[Upload], *, hand_in_claim: bool) -> None:
    """Keeps the files whatever else is wrong, and hands the claim in when nothing is: all in one transaction."""
    form, chosen = attempt.form, attempt.chosen
    with transaction(act.actor, act.clock):
        attempt.files = files = hand_in(act, chosen[0].scheme_id, request.form.getlist("kept"), uploads)
        if hand_in_claim and not files.faults and files.shows(EvidenceKind.INVOICE):
            attempt.outcome = submit_claim(
                act, chosen[0].provider, chosen, _invoice(form), files.attached, request_key=form.request_key.data
            )


def _uploads() -> list[Upload]:
    return [
        Upload(kind, tidy(file.filename) or str(kind), file.read())
        for name, kind in FILE_FIELDS.items()
        for file in request.files.getlist(name)
        if file.filename
    ]


def _invoice(form: ClaimForm) -> Invoice:
    net, vat = form.net.data, form.vat.data
    return Invoice(
        number=form.invoice_number.data,
        invoiced_on=form.invoiced_on.data,
        net_pence=net,
        vat_pence=vat,
        gross_pence=net + vat,
        vat_lines=((net, int(form.vat_rate.data)),),
    )


def _refusal(refused: Refused) -> tuple[str, str, str | None]:
    """Code, message and field of a refusal, the field by the form's name for it."""
    names = {"sessions": "session", "files": "invoice_files"}
    return refused.code, refused.message, names.get(refused.field or "", refused.field)


def _accepted(outcome: Accepted) -> ResponseReturnValue:
    claim = outcome.redemption
    if wants_json():
        return jsonify(_receipt(claim)), 200 if outcome.repeated else 201
    return redirect(url_for("claims.claim_page", public_id=claim.public_id))


def _refused(attempt: Attempt) -> ResponseReturnValue:
    """The same form with what is wrong at each field, and everything that was entered or handed in kept."""
    form, files, outcome = attempt.form, attempt.files, attempt.outcome
    for fault in files.faults:
        show_refusal(form, DomainError("file", fault.message, FIELD_OF[fault.kind]))
    if not files.shows(EvidenceKind.INVOICE) and not form.invoice_files.errors:
        show_refusal(form, DomainError("invoice_file", _("Add your invoice as a PDF or a picture."), "invoice_files"))
    status = 409 if outcome is not None and _code(outcome) in SOMETHING_WAS_FIRST else 422
    if not wants_json():
        return _form_page(attempt), status
    if isinstance(outcome, Refused):
        code, message, name = _refusal(outcome)
        return jsonify(code=code, message=translate(message), field=name), status
    name, messages = next(iter(form.errors.items()))
    return jsonify(code="invalid", message=str(messages[0]), field=name), status


def _code(outcome: Accepted | Refused) -> str:
    return outcome.code if isinstance(outcome, Refused) else ""


def _form_page(attempt: Attempt) -> str:
    first = attempt.chosen[0]
    beside = {each.public_id: each for each in (*attempt.chosen, *sessions_beside(first))}
    kept: list[tuple[str, Attached]] = [(kept_as(item), item) for item in attempt.files.attached]
    held = sum(each.held_pence for each in attempt.chosen)
    return render_template(
        "redemptions/new_claim.html",
        form=attempt.form,
        voucher=first.voucher,
        available=held + first.voucher.remaining_pence,
        offered=list(beside.values()),
        chosen={each.public_id for each in attempt.chosen},
        kept=kept,
    )


def _waiting(claim: Redemption) -> tuple[str, str]:
    """Whose turn it is with a claim, and what happens next, in words."""
    turn = WAITING[RedemptionState(claim.state)]
    return translate(turn.whose_turn), translate(turn.next_step, day=long_date(claim.answer_by))


def _receipt(claim: Redemption) -> dict[str, object]:
    return {
        "claim": claim.reference,
        "address": url_for("claims.claim_page", public_id=claim.public_id),
        "grant_pence": claim.grant_pence,
        "state": claim.state,
    }
