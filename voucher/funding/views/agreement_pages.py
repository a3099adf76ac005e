"""Agreements with their lines: the list, the record, and entering a signed one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy.orm import joinedload, selectinload

from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.funding.agreement_file import GivenAgreement, funder_named, terms_of
from voucher.funding.commands import AgreementTerms, LineTerms, sign_agreement
from voucher.funding.conditions import CapBase, Conditions, Profile, YearBy
from voucher.funding.forms import MOST_LINES, AgreementForm, ConditionsFields, agreement_form
from voucher.funding.models import Agreement
from voucher.funding.queries import award_of, balances, changes_of, conditions_of, funding_lines, proposals_of
from voucher.funding.rules import Account, ChangeState, LineKind
from voucher.funding.views.lists import LINES
from voucher.funding.views.words import condition_facts, profile_table
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import visible
from voucher.schemes.workplace import working_in

blueprint = Blueprint("agreements", __name__)

P = Permission
SHOWN = (
    Account.UNALLOCATED, Account.RESERVED, Account.COMMITTED, Account.CLAIMED, Account.APPROVED, Account.DEFRAYED,
    Account.DISALLOWED, Account.RECEIVABLE, Account.REPAYABLE, Account.CASH,
)  # fmt: skip
ROWS_AT_FIRST = 3


@blueprint.get("/funding")
@requires(P.FUNDING_LINES_READ, task=_("Agreements and funding lines"))
def agreements_page() -> ResponseReturnValue:
    at = working_in(P.FUNDING_LINES_READ)
    may_sign = current_act().actor.may(P.FUNDING_AGREEMENTS_MANAGE, scheme_id=at.scheme.id)
    return LINES.answer(funding_lines(at.scheme.id), "funding/agreements.html", at=at, may_sign=may_sign)


@blueprint.get("/funding/agreements/<public_id>")
@requires(P.FUNDING_LINES_READ)
def agreement_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    parts = (selectinload(Agreement.lines), joinedload(Agreement.funder))
    agreement = visible(Agreement, act.actor, public_id, P.FUNDING_LINES_READ, load=parts)
    said = conditions_of(agreement.id)
    heads, rows = profile_table(said)
    return render_template(
        "funding/agreement.html",
        agreement=agreement,
        award_pence=award_of(agreement),
        standing=balances([line.id for line in agreement.lines]),
        award=Account.AWARD,
        shown=SHOWN,
        changes=changes_of(agreement),
        waiting=[each for each, _by in changes_of(agreement) if each.state == ChangeState.PENDING],
        events=history("agreement", agreement.id),
        conditions=condition_facts(said),
        profile_heads=heads,
        profile_rows=rows,
        proposals=proposals_of(agreement.id),
        may_change=act.actor.may(P.FUNDING_AGREEMENTS_MANAGE, scheme_id=agreement.scheme_id),
    )


@blueprint.route("/funding/agreements/new", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE, task=_("Enter a signed agreement"))
def new_agreement_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.FUNDING_AGREEMENTS_MANAGE)
    entered = request.form.get("rows", ROWS_AT_FIRST, type=int)
    wants_more = "more" in request.form
    count = min(max(entered, 1) + wants_more, MOST_LINES)
    form = agreement_form(count)()
    form.rows.data = str(count)
    if not wants_more and form.validate_on_submit():
        agreement = _signed(act, at.scheme, form, count)
        if agreement is not None:
            flash(translate(_("Agreement %(reference)s is entered."), reference=agreement.reference))
            return redirect(url_for("agreements.agreement_page", public_id=agreement.public_id))
    page = render_template("funding/new_agreement.html", at=at, form=form, count=count)
    return page, 422 if form.errors else 200


def given_conditions(form: ConditionsFields, profile: Profile) -> Conditions:
    """What was entered of an agreement beside its award, with the profile by quarter."""
    return Conditions(
        admin_cap_bp=form.admin_cap.data,
        admin_cap_of=CapBase(form.admin_cap_of.data),
        year_by=YearBy(form.year_by.data),
        sign_off_steps=int(form.sign_off_steps.data),
        tolerance_bp=form.tolerance.data,
        profile=profile,
    )


def _signed(act: Act, scheme: Scheme, form: AgreementForm, count: int) -> Agreement | None:
    lines = [line for line in (_line(form, i) for i in range(1, count + 1)) if line]
    if any(field.errors for field in form):
        return None
    terms = AgreementTerms(
        reference=form.reference.data,
        funder_id=0,  # filled in from the funder's name in the transaction
        signed_on=form.signed_on.data,
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        lines=tuple(lines),
        intervention_rate_bp=form.intervention_rate.data,
        recoveries_reusable=form.recoveries_reusable.data,
        signer_title=form.signer_title.data,
        signer_statute=form.signer_statute.data,
        signer_wording=form.signer_wording.data,
        conditions=given_conditions(form, {}),
    )
    try:
        with transaction(act.actor, act.clock):
            given = GivenAgreement(form.funder.data, funder_named(form.funder.data), terms)
            return sign_agreement(act, scheme, terms_of(act, given))
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"lines": "code_1"})
    return None


def _line(form: AgreementForm, i: int) -> LineTerms | None:
    """The line in a row; None for an empty row. A row that is half filled in is named at its field."""
    code, name, award = (form[f"{part}_{i}"] for part in ("code", "name", "award"))
    if not any((code.data, name.data, award.data is not None)):
        return None
    for field, missing in (
        (code, _("Enter the line's code, or empty its row.")),
        (name, _("Enter the line's name, or empty its row.")),
        (award, _("Enter the line's award, or empty its row.")),
    ):
        if field.data in (None, "") and not field.errors:
            field.errors = [translate(missing)]
    return LineTerms(code.data or "", name.data or "", LineKind(form[f"kind_{i}"].data), award.data or 0)
