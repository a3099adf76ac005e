"""A business's voucher: on the screen, as PDF, by e-mail, and a new one for one that was lost (rules 6, 9)."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import NamedTuple

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRingError
from voucher.platform.qr import data_uri, qr_svg
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.redemptions.queries import claimed_on, held_on
from voucher.vouchers.credentials import LIVE, replace_own, send_copy, show
from voucher.vouchers.forms import ReplaceForm
from voucher.vouchers.models import Voucher
from voucher.vouchers.paper import QR_MM, typing_address, voucher_pdf
from voucher.vouchers.papers import paper_of
from voucher.vouchers.rules import claimable_until, recordable_until
from voucher.workspace.business_queries import answers_in_force, claims_on, deliveries_on, own_voucher
from voucher.workspace.business_tasks import turn_of
from voucher.workspace.relative_days import how_far

blueprint = Blueprint("business_vouchers", __name__)

P = Permission


class OnScreen(NamedTuple):
    """A voucher's two secrets as the page shows them: the QR code as a picture, the code, and where it is typed in."""

    picture: str
    code: str
    typed_at: str


@blueprint.get("/business/vouchers/<reference>")
@requires(P.BUSINESS_OFFERS_ACCEPT)
def voucher_page(reference: str) -> ResponseReturnValue:
    act = current_act()
    voucher = own_voucher(act.actor, reference)
    number = request.args.get("page", 1, type=int)
    claims = claims_on(act.actor, voucher, number)
    answers = answers_in_force(claims.rows)
    return render_template(
        "workspace/business_voucher.html",
        voucher=voucher,
        shown=_on_screen(act, voucher),
        is_live=voucher.state in LIVE,
        is_late=act.today > voucher.last_day,
        held_pence=held_on(voucher.id),
        claimed_pence=claimed_on(voucher.id),
        recordable=_recordable(voucher),
        claimable=claimable_until(voucher.last_day, voucher.claim_window_days),
        deliveries=deliveries_on(act.actor, voucher, number),
        claims=claims,
        turns={claim.id: turn_of(claim, answers.get(claim.id)) for claim in claims.rows},
        how_far=partial(how_far, today=act.today),
    )


@blueprint.get("/business/vouchers/<reference>/voucher.pdf")
@requires(P.BUSINESS_OFFERS_ACCEPT)
def paper(reference: str) -> ResponseReturnValue:
    act = current_act()
    voucher = own_voucher(act.actor, reference)
    if _on_screen(act, voucher) is None:
        raise NotFound("no_paper", _("This voucher has no paper at the moment. Its page says why."))
    answer = make_response(voucher_pdf(paper_of(act, voucher)))
    answer.mimetype = "application/pdf"
    answer.headers.set("Content-Disposition", "attachment", filename=f"{voucher.reference}.pdf")
    return answer


@blueprint.post("/business/vouchers/<reference>/copy")
@requires(P.BUSINESS_OFFERS_ACCEPT)
def copy_button(reference: str) -> ResponseReturnValue:
    act = current_act()
    voucher = own_voucher(act.actor, reference)
    with transaction(act.actor, act.clock):
        send_copy(act, voucher)
    flash(translate(_("We send the voucher to your e-mail address. It should be there in a few minutes.")))
    return redirect(url_for("business_vouchers.voucher_page", reference=reference))


@blueprint.route("/business/vouchers/<reference>/replace", methods=["GET", "POST"])
@requires(P.BUSINESS_OFFERS_ACCEPT)
def replace_page(reference: str) -> ResponseReturnValue:
    act = current_act()
    voucher = own_voucher(act.actor, reference)
    form = ReplaceForm(generation=str(voucher.generation))
    page = partial(render_template, "workspace/business_replace.html", voucher=voucher, form=form)
    if voucher.state not in LIVE:
        return redirect(url_for("business_vouchers.voucher_page", reference=reference))
    if not form.validate_on_submit():
        return page(), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            generation = int(form.generation.data) if str(form.generation.data).isdecimal() else 0
            replace_own(act, voucher, generation=generation, reason=form.reason.data)
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return page(), status_of(refusal)
    flash(translate(_("This is your new voucher. Every earlier copy of it is refused from now on: throw them away.")))
    return redirect(url_for("business_vouchers.voucher_page", reference=reference))


def _on_screen(act: Act, voucher: Voucher) -> OnScreen | None:
    """What is shown to a provider; None for a voucher that has ended, or whose key waits to be replaced."""
    if voucher.state not in LIVE:
        return None
    try:
        shown = show(act.ring, act.base_url, voucher)
    except KeyRingError:
        return None
    return OnScreen(data_uri(qr_svg(shown.qr_text, size_mm=QR_MM)), shown.typed_code, typing_address(shown.qr_text))


def _recordable(voucher: Voucher) -> date:
    return recordable_until(voucher.last_day, voucher.late_session_days)
