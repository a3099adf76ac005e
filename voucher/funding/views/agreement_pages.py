"""Agreements with their lines: the list, the record, signing one, changing the award, virement."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy.orm import joinedload, selectinload
from wtforms import SelectChoice

from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.funding.agreement_file import GivenAgreement, funder_named, terms_of
from voucher.funding.commands import (
    AgreementTerms,
    LineTerms,
    award_of,
    change_award,
    move_between_lines,
    shortfall,
    sign_agreement,
)
from voucher.funding.forms import MOST_LINES, AgreementForm, AwardForm, VirementForm, agreement_form, award_form
from voucher.funding.models import Agreement
from voucher.funding.queries import balances, changes_of, funding_lines
from voucher.funding.rules import Account, ChangeState, LineKind
from voucher.funding.views.lists import LINES
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import pounds
from voucher.platform.web import NOTICE, current_act, requires
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


def _changeable(act: Act, public_id: str) -> Agreement:
    return visible(Agreement, act.actor, public_id, P.FUNDING_AGREEMENTS_MANAGE, load=(selectinload(Agreement.lines),))


@blueprint.route("/funding/agreements/<public_id>/award", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def award_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    agreement = _changeable(act, public_id)
    labels = [translate(_("Change of line %(code)s"), code=line.code) for line in agreement.lines]
    form = award_form(labels)()
    if form.validate_on_submit() and _changed(act, agreement, form):
        return redirect(url_for("agreements.agreement_page", public_id=public_id))
    standing = balances([line.id for line in agreement.lines])
    hints = [
        translate(
            _("%(name)s: award %(award)s, of which %(left)s is unallocated"),
            name=line.name,
            award=pounds(-standing[line.id][Account.AWARD]),
            left=pounds(standing[line.id][Account.UNALLOCATED]),
        )
        for line in agreement.lines
    ]
    page = render_template("funding/award.html", agreement=agreement, form=form, hints=hints)
    return page, 422 if form.errors else 200


def _changed(act: Act, agreement: Agreement, form: AwardForm) -> bool:
    changes = {line.code: form[f"change_{i}"].data or 0 for i, line in enumerate(agreement.lines)}
    changes = {code: pence for code, pence in changes.items() if pence}
    try:
        with transaction(act.actor, act.clock):
            made = change_award(act, agreement, changes, reason=form.reason.data)
            missing = shortfall(agreement, changes) if made.state == ChangeState.PENDING else 0
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"changes": "change_0", "": "change_0"})
        return False
    if missing:
        waits = _("The change waits: %(missing)s more must be released on the lines before they can be cut.")
        flash(translate(waits, missing=pounds(missing)), NOTICE)
    else:
        flash(translate(_("The award is changed.")))
    return True


@blueprint.route("/funding/agreements/<public_id>/virement", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE)
def virement_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    agreement = _changeable(act, public_id)
    form = VirementForm()
    words = _("%(code)s: %(name)s, %(left)s unallocated")
    form.source.choices = form.target.choices = [
        SelectChoice(line.code, translate(words, code=line.code, name=line.name, left=pounds(line.unallocated_pence)))
        for line in agreement.lines
    ]
    if form.validate_on_submit() and _moved(act, agreement, form):
        flash(translate(_("The money is moved.")))
        return redirect(url_for("agreements.agreement_page", public_id=public_id))
    return render_template("funding/virement.html", agreement=agreement, form=form), 422 if form.errors else 200


def _moved(act: Act, agreement: Agreement, form: VirementForm) -> bool:
    try:
        with transaction(act.actor, act.clock):
            move_between_lines(
                act,
                agreement,
                source=form.source.data,
                target=form.target.data,
                pence=form.amount.data,
                reason=form.reason.data,
            )
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"": "amount"})
        return False
    return True
