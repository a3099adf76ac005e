"""How a scheme pays: the way in force, a proposal and the signer's confirmation, and the cost codes of its lines."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.accounts.proof import done_with_proof
from voucher.accounts.queries import names_of
from voucher.funding.models import FundingLine
from voucher.funding.queries import lines_of
from voucher.payments.cost_codes import cost_codes_of, set_cost_code
from voucher.payments.file_templates import V
from voucher.payments.rules import FileFormat
from voucher.payments.template_store import built_in, templates_of
from voucher.payments.way_forms import CostCodeForm, WayForm
from voucher.payments.way_models import PayingWay
from voucher.payments.ways import (
    NewWay,
    as_way,
    confirm_way,
    end_way_proposal,
    propose_way,
    waiting_way,
    way_in_force,
    why_not_confirm_way,
)
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.views.entering import done
from voucher.schemes.views.proposals import Proposals
from voucher.schemes.workplace import working_in

blueprint = Blueprint("ways", __name__)

P = Permission
PAIN_001 = _("ISO 20022 pain.001.001.09, XML")


@blueprint.get("/scheme/paying")
@requires(P.FUNDING_LINES_READ, task=_("How the scheme pays"))
def way_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.FUNDING_LINES_READ)
    way = way_in_force(at.scheme.id)
    found = way.paying_way
    return render_template(
        "payments/way.html",
        at=at,
        way=way,
        file=_file_name(way.template.name if way.template else PAIN_001),
        waiting=waiting_way(at.scheme.id),
        names=names_of((found.proposed_by, found.decided_by)) if found else {},
        lines=lines_of(at.scheme.id),
        codes=cost_codes_of(at.scheme.id),
        shows_codes=way.template is not None and V.COST_CODE in way.template.values,
        templates=templates_of(at.scheme.id),
        may_propose=act.actor.may(P.SCHEMES_SET_UP, scheme_id=at.scheme.id),
        may_code=act.actor.may(P.FUNDING_AGREEMENTS_MANAGE, scheme_id=at.scheme.id),
    )


@blueprint.route("/scheme/paying/propose", methods=["GET", "POST"])
@requires(P.SCHEMES_SET_UP)
def propose_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.SCHEMES_SET_UP)
    form = WayForm()
    form.file.choices = _files(at.scheme)
    status = done_with_proof(act, form, lambda act: propose_way(act, at.scheme, _new(form), reason=form.reason.data))
    if status is None:
        flash(translate(_("It is proposed. It counts once the signer has confirmed it.")))
        return redirect(url_for("ways.way_page", **at.args))
    return render_template("payments/propose_way.html", at=at, form=form), status


def _new(form: WayForm) -> NewWay:
    return NewWay(
        file=form.file.data,
        account_name=form.account_name.data or "",
        sort_code=form.sort_code.data or "",
        account_number=form.account_number.data or "",
        second_approval_pence=form.second_approval.data,
    )


def _files(scheme: Scheme) -> list[SelectChoice]:
    known = [(str(each), PAIN_001 if each is FileFormat.PAIN_001 else built_in(each).name) for each in FileFormat]
    own = [(each.code, f"{each.name} ({each.reference})") for each in templates_of(scheme.id)]
    return [SelectChoice(code, _file_name(name)) for code, name in [*known, *own]]


def _file_name(name: str) -> str:
    return str(translate(name))


def _shows(found: PayingWay) -> dict[str, object]:
    """What is proposed, and the name of its file."""
    way = as_way(found)
    return {"way": way, "file": _file_name(way.template.name if way.template else PAIN_001)}


PROPOSALS = Proposals(
    PayingWay,
    "ways.proposal_page",
    "payments/way_proposal.html",
    confirm=confirm_way,
    confirmed=_("It is confirmed. Batches that are exported from now on go this way."),
    end=end_way_proposal,
    ended=_("The proposal is ended. The scheme pays as before."),
    why_not=why_not_confirm_way,
    shows=_shows,
)


@blueprint.get("/scheme/paying/<public_id>")
@requires(P.FUNDING_LINES_READ)
def proposal_page(public_id: str) -> ResponseReturnValue:
    return PROPOSALS.page(public_id)


@blueprint.post("/scheme/paying/<public_id>/confirm")
@requires(P.STATEMENTS_SIGN)
def confirm_button(public_id: str) -> ResponseReturnValue:
    return PROPOSALS.confirmed_by_button(public_id)


@blueprint.post("/scheme/paying/<public_id>/end")
@requires(P.SCHEMES_SET_UP, P.STATEMENTS_SIGN)
def end_button(public_id: str) -> ResponseReturnValue:
    return PROPOSALS.ended_by_button(public_id)


@blueprint.route("/scheme/cost-codes", methods=["GET", "POST"])
@requires(P.FUNDING_AGREEMENTS_MANAGE, task=_("Cost codes of the funding lines"))
def cost_code_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(P.FUNDING_AGREEMENTS_MANAGE)
    lines = {_line_key(line): line for line in lines_of(at.scheme.id)}
    form = CostCodeForm()
    form.line.choices = [SelectChoice(key, f"{line.agreement.reference}, {line.name}") for key, line in lines.items()]
    if done(act, form, lambda: set_cost_code(act, lines[form.line.data], form.code.data or "")):
        flash(translate(_("The cost code is kept.")))
        return redirect(url_for("ways.cost_code_page", **at.args))
    page = render_template(
        "payments/cost_codes.html", at=at, form=form, lines=lines.values(), codes=cost_codes_of(at.scheme.id)
    )
    return page, 422 if form.errors else 200


def _line_key(line: FundingLine) -> str:
    return f"{line.agreement.reference}/{line.code}"
