"""Matching what is certain: the list is shown first, and what was shown is matched in one act."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, make_response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.payments.forms import CertainForm
from voucher.payments.matching import fingerprint, match_certain
from voucher.payments.matching_queries import look_at
from voucher.payments.matching_rules import booked_within
from voucher.payments.views.lists import CERTAIN, signed_pence
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.workplace import working_in

blueprint = Blueprint("certain", __name__)

P = Permission
LIKELY_SHOWN = 50


@blueprint.route("/bank-lines/certain", methods=["GET", "POST"])
@requires(P.BANK_LINES_MATCH, task=_("Match what is certain"))
def certain_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.BANK_LINES_MATCH)
    form = CertainForm()
    if form.validate_on_submit() and _matched(act, at.scheme, form):
        return redirect(url_for("matching.matching_page", **at.args))
    found = look_at(at.scheme, act.ring)
    certain = booked_within(found.certain, *_days())
    form.seen.data = fingerprint(certain)
    by_id = {line.id: line for line in found.left}
    likely = [(by_id[line_id], thing) for line_id, thing in found.likely.items()]
    page = CERTAIN.answer_read(
        certain,
        "payments/certain.html",
        at=at,
        form=form,
        certain=certain,
        on_other_days=len(found.certain) - len(certain),
        signed_pence=signed_pence,
        likely=likely[:LIKELY_SHOWN],
        more=len(likely) - LIKELY_SHOWN,
        left=len(found.left),
    )
    return make_response(page, 422) if form.errors else page


def _days() -> tuple[date | None, date | None]:
    """The bank's days that the address keeps the list to: what is matched is what is shown."""
    between = CERTAIN.between()
    return between.days if between else (None, None)


def _matched(act: Act, scheme: Scheme, form: CertainForm) -> bool:
    try:
        with transaction(act.actor, act.clock):
            first, last = _days()
            done = match_certain(act, scheme, seen=form.seen.data or "", first=first, last=last)
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return False
    words = _("Bank lines matched: %(number)s. Left for a person: %(left)s.")
    flash(translate(words, number=f"{done.lines:,}", left=f"{done.left:,}"))
    return True
