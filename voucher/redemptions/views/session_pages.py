"""Recording support, taking it back, and what waits to be claimed for."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_pounds
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.providers.models import Package
from voucher.redemptions.forms import RecordForm, UndoForm
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.provider_queries import own_session, packages_for, recorded_by, unclaimed_sessions
from voucher.redemptions.rules import OPEN_HOURS, SessionState, grant
from voucher.redemptions.sessions import record_session, undo_session
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import claimable_until

blueprint = Blueprint("sessions", __name__)

P = Permission
READERS = (P.PROVIDER_SESSIONS_RECORD, P.PROVIDER_CLAIMS_MAKE)


@blueprint.get("/sessions")
@requires(P.PROVIDER_CLAIMS_MAKE, task=_("Make a claim for recorded support"))
def unclaimed_page() -> ResponseReturnValue:
    listed = unclaimed_sessions(
        current_act().actor, request.args.get("page", 1, type=int), Permission.PROVIDER_CLAIMS_MAKE
    )
    until = {each.id: claimable_until(each.voucher.last_day, each.voucher.claim_window_days) for each in listed.rows}
    return render_template("redemptions/sessions.html", listed=listed, until=until)


@blueprint.get("/sessions/mine")
@requires(P.PROVIDER_SESSIONS_RECORD, task=_("What you have recorded"))
def recorded_page() -> ResponseReturnValue:
    listed = recorded_by(current_act().actor, request.args.get("page", 1, type=int))
    return render_template("redemptions/recorded.html", listed=listed)


@blueprint.route("/sessions/<public_id>", methods=["GET", "POST"])
@requires(*READERS)
def session_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    asked = own_session(act.actor, public_id, *READERS)
    packages = _packages(asked)
    form = _record_form(act, asked, packages)
    if not form.validate_on_submit():
        return _page(act, asked, record=form, status=422 if form.errors else 200)
    try:
        with transaction(act.actor, act.clock):
            record_session(
                act,
                asked,
                packages[form.package.data],
                delivered_on=form.delivered_on.data,
                minutes=form.minutes.data,
                description=form.description.data,
                late_reason=form.late_reason.data if "late_reason" in form else "",
            )
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _page(act, asked, record=form, status=status_of(refusal))
    words = _("Recorded. We have told %(business)s and asked whether it was delivered.")
    flash(translate(words, business=asked.voucher.business.name))
    return redirect(url_for("sessions.session_page", public_id=public_id))


@blueprint.post("/sessions/<public_id>/undo")
@requires(P.PROVIDER_SESSIONS_RECORD)
def undo_button(public_id: str) -> ResponseReturnValue:
    act = current_act()
    asked = own_session(act.actor, public_id, P.PROVIDER_SESSIONS_RECORD)
    form = UndoForm()
    if not form.validate_on_submit():
        return _page(act, asked, undo=form, status=422)
    if asked.state != SessionState.UNDONE:  # Pressing the button twice is no mistake worth a page.
        with transaction(act.actor, act.clock):
            undo_session(act, asked, reason=form.reason.data)
    flash(translate(_("Taken back. The business is told, and nothing is held on the voucher for it any more.")))
    return redirect(url_for("sessions.session_page", public_id=public_id))


def _packages(asked: DeliverySession) -> dict[str, Package]:
    return {package.code: package for package in packages_for(asked.provider_id, asked.voucher.voucher_type_id)}


def _record_form(act: Act, asked: DeliverySession, packages: dict[str, Package]) -> RecordForm:
    """The form with what is most likely answered: today, and the only package with its own minutes."""
    voucher = asked.voucher
    only = next(iter(packages.values())) if len(packages) == 1 else None
    form = RecordForm(
        delivered_on=min(act.today, voucher.last_day),
        package=only.code if only else None,
        minutes=only.minutes if only else None,
    )
    form.package.choices = [SelectChoice(code, package.name) for code, package in packages.items()]
    form.package.hints = {code: _price(voucher, package) for code, package in packages.items()}
    form.package.minutes = {code: {"data-minutes": str(package.minutes)} for code, package in packages.items()}
    if act.today <= voucher.last_day:
        del form.late_reason
    return form


def _price(voucher: Voucher, package: Package) -> str:
    """What a package costs and what would be held for it, beside its name."""
    estimate = grant(
        net_pence=package.net_pence,
        rate_bp=voucher.rate_bp,
        cap_pence=voucher.cap_pence,
        minimum_own_pence=voucher.minimum_own_pence,
        available_pence=voucher.remaining_pence,
    )
    words = _("%(price)s before VAT. %(grant)s is held on the voucher for it until the claim.")
    return str(translate(words, price=shown_pounds(package.net_pence), grant=shown_pounds(estimate)))


def _page(
    act: Act,
    asked: DeliverySession,
    *,
    record: RecordForm | None = None,
    undo: UndoForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The one page of a session, whatever became of it; a form that was refused is shown with what was entered."""
    lapsed = asked.state == SessionState.OPEN and act.now - asked.opened_at > timedelta(hours=OPEN_HOURS)
    may_undo = asked.state == SessionState.RECORDED and asked.recorded_by == act.person_id and asked.answer is None
    page = render_template(
        "redemptions/session.html",
        asked=asked,
        state=SessionState.LAPSED if lapsed else SessionState(asked.state),
        record=record or _record_form(act, asked, _packages(asked)),
        undo=(undo or UndoForm(formdata=None)) if may_undo else None,
        claim=_claim_of(act, asked),
        may_claim=_may_claim(act),
    )
    return page, status


def _claim_of(act: Act, asked: DeliverySession) -> Redemption | None:
    """The claim that a session is in, for those who may read claims."""
    if asked.redemption_id is None or not _may_claim(act):
        return None
    return session.get_one(Redemption, asked.redemption_id)


def _may_claim(act: Act) -> bool:
    return any(act.actor.may(P.PROVIDER_CLAIMS_MAKE, organisation_id=each) for each in act.actor.organisation_ids)
