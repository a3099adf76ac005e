"""Rounds: what is open with what budget over which lines, and opening another."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.audit.commands import transaction
from voucher.funding.commands import draw_on
from voucher.funding.forms import RoundForm, round_form
from voucher.funding.models import FundingLine
from voucher.funding.queries import agreements_of, rounds_of, shares_of_rounds
from voucher.funding.rules import LineKind
from voucher.funding.views.lists import ROUNDS, OpenRound
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, FileRefused, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import capital
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_pounds, spoken
from voucher.platform.money import plain_pounds
from voucher.platform.toml import Section
from voucher.platform.web import current_act, requires
from voucher.schemes.commands import add_round
from voucher.schemes.models import Round, Scheme
from voucher.schemes.queries import every_voucher_type
from voucher.schemes.workplace import working_in

blueprint = Blueprint("rounds", __name__)

P = Permission


@blueprint.get("/rounds")
@requires(P.FUNDING_LINES_READ, task=_("Rounds"))
def rounds_page() -> ResponseReturnValue:
    at = working_in(P.FUNDING_LINES_READ)
    may_open = current_act().actor.may(P.SCHEMES_SET_UP, scheme_id=at.scheme.id)
    return ROUNDS.answer(rounds_of(at.scheme.id), "funding/rounds.html", then=_with_shares, at=at, may_open=may_open)


def _with_shares(found: Sequence[Round]) -> list[OpenRound]:
    shares = shares_of_rounds([each.id for each in found])
    return [OpenRound(each, shares[each.id]) for each in found]


@blueprint.route("/rounds/new", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP, task=_("Open a round"))
def new_round_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    lines = _lines(at.scheme)
    form = round_form([translate(_("Share of %(line)s in percent"), line=name) for name, _line in lines])()
    form.voucher_type.choices = [
        SelectChoice(kind.code, f"{kind.code}: {kind.name}") for kind in every_voucher_type(at.scheme)
    ]
    if form.validate_on_submit():
        opened = _opened(act, at.scheme, form, [line for _name, line in lines])
        if opened is not None:
            flash(translate(_("Round %(code)s is set up."), code=opened.code))
            return redirect(url_for("rounds.rounds_page", **at.args))
    hints = [translate(_("%(left)s unallocated"), left=shown_pounds(line.unallocated_pence)) for _name, line in lines]
    page = render_template("funding/new_round.html", at=at, form=form, hints=hints)
    return page, 422 if form.errors else 200


def _lines(scheme: Scheme) -> list[tuple[str, FundingLine]]:
    """The lines that a round can draw on, with their names."""
    return [
        (f"{agreement.reference} {line.code} ({line.name})", line)
        for agreement in agreements_of(scheme.id)
        for line in agreement.lines
        if line.kind != LineKind.ADMINISTRATION
    ]


def _opened(act: Act, scheme: Scheme, form: RoundForm, lines: list[FundingLine]) -> Round | None:
    shares = [(line, form[f"share_{i}"].data or 0) for i, line in enumerate(lines)]
    try:
        with transaction(act.actor, act.clock):
            opened = add_round(act, scheme, _section(form))
            draw_on(act, opened, [(line, share) for line, share in shares if share])
            return opened
    except Forbidden:
        raise
    except FileRefused as refused:
        for fault in refused.faults:
            show_refusal(form, DomainError(refused.code, capital(spoken(fault.message)), fault.column))
    except DomainError as refusal:
        show_refusal(form, refusal, {"shares": "share_0"})
    return None


def _section(form: RoundForm) -> Section:
    """What was entered, as the command reads it from a set-up file, so that both are held to the same rules."""
    values: dict[str, object] = {
        name: form[name].data for name in ("code", "name", "voucher_type", "opens_on", "closes_on", "award_method")
    }
    return Section({**values, "budget": plain_pounds(form.budget.data)}, "", [])
