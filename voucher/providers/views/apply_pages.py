"""Becoming a provider: what it takes, the application as a list of tasks, and sending it (rules 47, 50)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy import select
from wtforms import SelectChoice

from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, public, signed_in, visitor
from voucher.providers.applying import (
    FirmFacts,
    add_policy,
    begin_application,
    change_application,
    remove_policy,
    send_application,
)
from voucher.providers.firm_queries import own_application, own_applications
from voucher.providers.forms import FirmForm, InsuranceForm, SendForm
from voucher.providers.models import Provider, ProviderApplication
from voucher.providers.rules import PROVIDER_TERMS, PROVIDER_TERMS_VERSION, ApplicationState
from voucher.providers.views.certificates import certificate, kept_name, policy
from voucher.schemes.models import Scheme

blueprint = Blueprint("provider_applications", __name__)

FACTS = tuple(FirmFacts.__dataclass_fields__)


@blueprint.get("/providers/apply")
@public("says what a firm needs to become a provider, the same to everybody", foot=_("Become a provider"))
def apply_page() -> ResponseReturnValue:
    person_id = visitor().actor.person_id
    mine = own_applications(person_id) if person_id is not None else []
    return render_template("providers/apply.html", mine=mine, terms=PROVIDER_TERMS)


@blueprint.route("/providers/apply/firm", methods=["GET", "POST"])
@signed_in(resumes=True)
def new_page() -> ResponseReturnValue:
    act = current_act()
    schemes = {each.public_id: each for each in session.scalars(select(Scheme).order_by(Scheme.name, Scheme.id))}
    if not schemes:
        raise NotFound("no_scheme", _("There is no scheme to apply to yet."))
    form = FirmForm()
    form.scheme.choices = [SelectChoice(public_id, each.name) for public_id, each in schemes.items()]
    if len(schemes) == 1:
        del form.scheme
    if not form.validate_on_submit():
        return _firm_page(form, None), 422 if form.errors else 200
    scheme = schemes[form.scheme.data] if "scheme" in form else next(iter(schemes.values()))
    try:
        with transaction(act.actor, act.clock):
            application = begin_application(act, scheme, _facts(form))
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _firm_page(form, None), status_of(refusal)
    return redirect(url_for(".application_page", public_id=application.public_id))


@blueprint.route("/providers/applications/<public_id>/firm", methods=["GET", "POST"])
@signed_in()
def firm_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.person_id, public_id)
    before = {name: getattr(application, name) for name in FACTS}
    form = FirmForm(data={**before, "has_conflicts": "yes" if application.conflicts else "no"})
    del form.scheme
    if not form.validate_on_submit():
        return _firm_page(form, application), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            change_application(act, application, _facts(form))
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _firm_page(form, application), status_of(refusal)
    return redirect(url_for(".application_page", public_id=public_id))


@blueprint.get("/providers/applications/<public_id>")
@signed_in()
def application_page(public_id: str) -> ResponseReturnValue:
    application = own_application(current_act().person_id, public_id)
    return _application_page(application, SendForm(formdata=None, terms=PROVIDER_TERMS_VERSION))


@blueprint.post("/providers/applications/<public_id>/send")
@signed_in()
def send_button(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.person_id, public_id)
    form = SendForm()
    if not form.validate():
        return _application_page(application, form), 422
    try:
        with transaction(act.actor, act.clock):
            send_application(act, application, terms_version=form.terms.data or "")
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        form.terms.data = PROVIDER_TERMS_VERSION
        return _application_page(application, form), status_of(refusal)
    flash(translate(_("Your application is sent.")))
    return redirect(url_for(".application_page", public_id=public_id))


@blueprint.route("/providers/applications/<public_id>/insurance", methods=["GET", "POST"])
@signed_in()
def insurance_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.person_id, public_id)
    form = InsuranceForm()
    if not form.is_submitted():
        return _insurance_page(act, application, form)
    fits = form.validate()
    document = certificate(act, application.scheme_id, form)
    if not fits or document is None:
        return _insurance_page(act, application, form), 422
    try:
        with transaction(act.actor, act.clock):
            add_policy(act, application, policy(form), document)
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _insurance_page(act, application, form), status_of(refusal)
    return redirect(url_for(".application_page", public_id=public_id))


@blueprint.post("/providers/applications/<public_id>/insurance/<insurance_id>/remove")
@signed_in()
def remove_button(public_id: str, insurance_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.person_id, public_id)
    found = next((each for each in application.insurances if each.public_id == insurance_id), None)
    if found is not None:  # Pressing the button twice is no mistake worth a page.
        with transaction(act.actor, act.clock):
            remove_policy(act, application, found)
    return redirect(url_for(".application_page", public_id=public_id))


def _facts(form: FirmForm) -> FirmFacts:
    values = {name: form[name].data or "" for name in FACTS}
    return FirmFacts(**{**values, "conflicts": values["conflicts"] if form.has_conflicts.data == "yes" else ""})


def _firm_page(form: FirmForm, application: ProviderApplication | None) -> str:
    return render_template("providers/apply_firm.html", form=form, application=application)


def _insurance_page(act: Act, application: ProviderApplication, form: InsuranceForm) -> str:
    return render_template(
        "providers/insurance.html",
        form=form,
        kept=kept_name(act, application.scheme_id, form),
        back_to=url_for(".application_page", public_id=application.public_id),
    )


def _application_page(application: ProviderApplication, form: SendForm) -> str:
    provider = session.get(Provider, application.provider_id) if application.provider_id else None
    return render_template(
        "providers/application.html",
        application=application,
        scheme=session.get_one(Scheme, application.scheme_id),
        provider=provider,
        draft=application.state == ApplicationState.DRAFT,
        form=form,
        terms=PROVIDER_TERMS,
    )
