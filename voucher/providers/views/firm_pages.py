"""A firm's own page for its managers: where it stands, its insurance, and the account that it is paid to."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.proof import proving
from voucher.audit.commands import transaction
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.providers.applying import show_insurance
from voucher.providers.details import PublicDetails, change_public_details
from voucher.providers.firm_queries import insurances_of, own_firm, own_firms
from voucher.providers.forms import BankForm, InsuranceForm, PublicDetailsForm
from voucher.providers.payees import key_details, why_not_usable
from voucher.providers.queries import current_details, lock_provider, vetting_of
from voucher.providers.rules import VettingCheck, ends_soon
from voucher.providers.views.certificates import certificate, kept_name, policy
from voucher.schemes.models import Scheme

blueprint = Blueprint("firm", __name__)

P = Permission


@blueprint.get("/firm")
@requires(P.PROVIDER_PEOPLE_MANAGE, task=_("Your firm"))
def firms_page() -> ResponseReturnValue:
    firms = own_firms(current_act().actor, P.PROVIDER_PEOPLE_MANAGE)
    if len(firms) == 1:
        return redirect(url_for(".firm_page", public_id=firms[0].public_id))
    return render_template(
        "providers/firms.html", firms=[(each, session.get_one(Scheme, each.scheme_id)) for each in firms]
    )


@blueprint.get("/firm/<public_id>")
@requires(P.PROVIDER_PEOPLE_MANAGE)
def firm_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, P.PROVIDER_PEOPLE_MANAGE)
    found, details = vetting_of(provider), current_details(provider.id)
    return render_template(
        "providers/firm.html",
        provider=provider,
        scheme=session.get_one(Scheme, provider.scheme_id),
        open_checks=[str(check) for check in VettingCheck if not found.get(check)],
        insurances=insurances_of(provider.id),
        details=details,
        unusable=why_not_usable(details) if details else None,
        soon=lambda day: ends_soon(day, act.today),
        today=act.today,
    )


@blueprint.route("/firm/<public_id>/details", methods=["GET", "POST"])
@requires(P.PROVIDER_DETAILS_CHANGE)
def details_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, P.PROVIDER_DETAILS_CHANGE)
    form, status = PublicDetailsForm(obj=provider, trading_name=provider.organisation.trading_name), 200
    if form.validate_on_submit():
        details = PublicDetails(**{name: form[name].data or "" for name in PublicDetails.__dataclass_fields__})
        try:
            with transaction(act.actor, act.clock):
                is_other = change_public_details(act, provider, details)
            flash(translate(_("It is changed.") if is_other else _("Nothing was other than before.")))
            return redirect(url_for(".firm_page", public_id=public_id))
        except Forbidden:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
            status = status_of(refusal)
    page = render_template("providers/public_details.html", form=form, provider=provider)
    return page, status if status != 200 else 422 if form.errors else 200


@blueprint.route("/firm/<public_id>/insurance", methods=["GET", "POST"])
@requires(P.PROVIDER_PEOPLE_MANAGE)
def insurance_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, P.PROVIDER_PEOPLE_MANAGE)
    form, status = InsuranceForm(), 200
    if form.is_submitted():
        fits = form.validate()
        document = certificate(act, provider.scheme_id, form)
        status = 422
        if fits and document is not None:
            try:
                with transaction(act.actor, act.clock):
                    show_insurance(act, provider, policy(form), document)
                flash(translate(_("The insurance is on file. The scheme's office looks at it.")))
                return redirect(url_for(".firm_page", public_id=public_id))
            except DomainError as refusal:
                show_refusal(form, refusal)
                status = status_of(refusal)
    kept, back_to = kept_name(act, provider.scheme_id, form), url_for(".firm_page", public_id=public_id)
    return render_template("providers/insurance.html", form=form, kept=kept, back_to=back_to), status


@blueprint.route("/firm/<public_id>/bank-details", methods=["GET", "POST"])
@requires(P.PROVIDER_PAYEES_KEY)
def bank_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = own_firm(act.actor, public_id, P.PROVIDER_PAYEES_KEY)
    form, status = BankForm(), 200
    if form.validate_on_submit():
        try:
            with proving(act, form) as proven:
                if proven is not None:
                    key_details(
                        proven,
                        lock_provider(provider),
                        name=form.account_name.data,
                        sort_code_text=form.sort_code.data,
                        number_text=form.account_number.data,
                    )
            if proven is not None:
                flash(translate(_("The bank details are kept. They can be paid to once we have checked them.")))
                return redirect(url_for(".firm_page", public_id=public_id))
        except Forbidden:
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
            status = status_of(refusal)
    page = render_template(
        "providers/bank_details.html", form=form, details=current_details(provider.id), provider=provider
    )
    return page, status if status != 200 else 422 if form.errors else 200
