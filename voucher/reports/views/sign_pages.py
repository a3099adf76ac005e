"""Signing: one page on which the signer sees why she may, what she certifies, and proves that it is she who signs."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.proof import proving
from voucher.accounts.queries import names_of
from voucher.accounts.second_factor import is_set_up
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.reports.breaches import breaches
from voucher.reports.commands import data_of, sign_statement, why_unsignable
from voucher.reports.comparing import parts_of
from voucher.reports.forms import SignForm
from voucher.reports.models import Statement
from voucher.reports.queries import reviewer_needed, visible_statement
from voucher.reports.rules import FROZEN, StatementState
from voucher.reports.statement_data import duty_profile
from voucher.reports.views.shown import compared_with
from voucher.schemes.models import Scheme

blueprint = Blueprint("statement_signing", __name__)

HEADLINES = ("7", "8", "12", "16")


@dataclass(frozen=True)
class Condition:
    """One thing that must hold before somebody may sign: in words, and whether it does."""

    words: str
    holds: bool


@blueprint.route("/statements/<public_id>/sign", methods=["GET", "POST"])
@requires(Permission.STATEMENTS_SIGN)
def sign_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    statement = visible_statement(act.actor, public_id)
    act.require(Permission.STATEMENTS_SIGN, scheme_id=statement.scheme_id)
    if statement.state in FROZEN:
        return redirect(url_for("statements.statement_page", public_id=public_id))
    form = SignForm(seen=statement.data_hash)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            with proving(act, form) as proven:
                if proven is not None:
                    sign_statement(proven, visible_statement(act.actor, public_id), seen=form.seen.data or "")
            if proven is not None:
                flash(translate(_("You have signed. The period is closed, and the figures are kept as signed.")))
                return redirect(url_for("statements.statement_page", public_id=public_id))
        except Forbidden:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
            status = status_of(refusal)
    return _page(act, public_id, form), status


def _page(act: Act, public_id: str, form: SignForm) -> str:
    statement = visible_statement(act.actor, public_id)
    scheme = session.get_one(Scheme, statement.scheme_id)
    form.seen.data = statement.data_hash
    found = conditions(act, statement, scheme)
    parts = {str(part["code"]): part for part in parts_of(data_of(statement))}
    return render_template(
        "reports/sign.html",
        form=form,
        statement=statement,
        scheme=scheme,
        conditions=found,
        may_sign=all(each.holds for each in found),
        headlines=[parts[code] for code in HEADLINES],
        differences=why_unsignable(statement),
        compared=compared_with(act, statement),
        header=data_of(statement)["header"],
        breaches=breaches(data_of(statement)),
    )


def conditions(act: Act, statement: Statement, scheme: Scheme) -> list[Condition]:
    """Why this person may sign this statement, or what stands against it, in the order in which the command asks."""
    names = names_of([statement.prepared_by, statement.reviewed_by])
    checks = data_of(statement)["checks"]
    count = len(checks) if isinstance(checks, list) else 0
    unsignable = why_unsignable(statement)
    preparer = names[statement.prepared_by]
    found = [
        Condition(
            translate(_("You hold the role of signer in %(scheme)s."), scheme=scheme.name),
            act.actor.may(Permission.STATEMENTS_SIGN, scheme_id=scheme.id),
        ),
        Condition(
            translate(_("Somebody else prepared it: %(name)s."), name=preparer),
            statement.prepared_by != act.person_id,
        ),
        _review(act, statement, scheme, names.get(statement.reviewed_by or 0)),
        Condition(
            translate(_("All %(count)s checks hold, and the authority's ledger agrees or its difference is explained."),
                      count=count),
            not unsignable,
        ),
        Condition(translate(_("Your second factor is set up.")), is_set_up(act.person_id)),
    ]  # fmt: skip
    return found


def _review(act: Act, statement: Statement, scheme: Scheme, reviewer: str | None) -> Condition:
    state = statement.state
    if reviewer is not None:
        words = translate(_("Another person reviewed it: %(name)s."), name=reviewer)
        return Condition(words, state == StatementState.REVIEWED and statement.reviewed_by != act.person_id)
    needed = reviewer_needed(scheme, statement.agreement_id)
    profile = duty_profile(scheme, needed)
    if needed:
        words = translate(_("An independent reviewer has passed it on. %(profile)s"), profile=profile)
        return Condition(words, False)
    words = translate(_("It is prepared. %(profile)s"), profile=profile)
    return Condition(words, state == StatementState.PREPARED)
