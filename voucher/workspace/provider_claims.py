"""Applications in the name of a firm that is on file: staff find out who speaks for it, and say so (rule 47)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from wtforms import SelectChoice

from voucher.accounts.models import Person
from voucher.accounts.proof import proving
from voucher.accounts.queries import members_of
from voucher.accounts.rules import Role
from voucher.audit.commands import transaction
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.providers.applying import known_firms, link_application, refuse_application
from voucher.providers.desk_forms import LinkForm, ReasonForm
from voucher.providers.desk_queries import application_on_desk, certificate_of, waiting_applications
from voucher.providers.models import ProviderApplication
from voucher.workspace.provider_desk import download, kept_shut

blueprint = Blueprint("provider_claims", __name__)

SPONSOR = Permission.PROVIDERS_SPONSOR
HOME = "/providers-desk/applications"


@blueprint.get(HOME)
@requires(SPONSOR, task=_("Applications in the name of a firm on file"))
def waiting_page() -> ResponseReturnValue:
    listed = waiting_applications(current_act().actor, request.args.get("page", 1, type=int))
    return render_template("workspace/provider_applications.html", listed=listed)


@blueprint.route(f"{HOME}/<public_id>", methods=["GET", "POST"])
@requires(SPONSOR)
def application_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = application_on_desk(act.actor, public_id)
    form = _link_form(application)
    if not form.validate_on_submit():
        return _page(application, form), 422 if form.errors else 200
    try:
        with proving(act, form) as proven:
            if proven is not None:
                firm = next(each for each in known_firms(application) if each.reference == form.firm.data)
                provider = link_application(proven, application, firm, reason=form.reason.data)
        if proven is not None:
            flash(translate(_("The applicant is manager of the firm, which has applied. Take it into vetting next.")))
            return redirect(url_for("provider_desk.provider_page", public_id=provider.public_id))
    except Forbidden:
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _page(application, form), status_of(refusal)
    return _page(application, form), 422


@blueprint.route(f"{HOME}/<public_id>/refuse", methods=["GET", "POST"])
@requires(SPONSOR)
def refuse_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = application_on_desk(act.actor, public_id)
    form = ReasonForm()
    if not form.validate_on_submit():
        page = render_template("workspace/refuse_application.html", application=application, form=form)
        return page, 422 if form.errors else 200
    with transaction(act.actor, act.clock):
        refuse_application(act, application, reason=form.reason.data)
    flash(translate(_("The application is refused, and the applicant is told.")))
    return redirect(url_for(".waiting_page"))


@blueprint.get(f"{HOME}/<public_id>/documents/<document_id>")
@kept_shut
@requires(SPONSOR)
def document(public_id: str, document_id: str) -> ResponseReturnValue:
    act = current_act()
    return download(act, certificate_of(application_on_desk(act.actor, public_id).insurances, document_id))


def _link_form(application: ProviderApplication) -> LinkForm:
    form = LinkForm()
    form.firm.choices = [
        SelectChoice(firm.reference, f"{firm.name} ({firm.reference})") for firm in known_firms(application)
    ]
    return form


def _page(application: ProviderApplication, form: LinkForm) -> str:
    return render_template(
        "workspace/provider_application.html",
        application=application,
        applicant=session.get_one(Person, application.applicant_id),
        firms=[(firm, _managers(firm.id)) for firm in known_firms(application)],
        form=form,
    )


def _managers(organisation_id: int) -> list[str]:
    """Who manages a firm on file, so that a second one is not made without knowing of the first."""
    found = members_of(organisation_id, current_act().now, Role.PROVIDER_MANAGER)
    return [f"{person.name} <{person.email}>" for person in found]
