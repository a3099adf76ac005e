"""Staff's list of providers and the record of one: its state, vetting, packages, people, account and history."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_talisman import Talisman

from voucher.audit.models import AuditEvent
from voucher.documents.models import Document
from voucher.notifications.queries import messages_about
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import View, current_act, requires
from voucher.providers.desk_forms import DeskFilters
from voucher.providers.desk_queries import (
    READERS,
    Narrowed,
    application_of,
    certificates_of_provider,
    desk_schemes,
    events_of,
    findings,
    parts_ever,
    people_named,
    provider_on_desk,
    providers_on_desk,
    subjects_of_provider,
    waiting_applications,
)
from voucher.providers.firm_queries import insurances_of
from voucher.providers.payee_evidence import evidence_of
from voucher.providers.payees import why_not_usable, why_still_cooling
from voucher.providers.queries import current_details
from voucher.providers.rules import VettingCheck, ends_soon
from voucher.providers.supplier_numbers import current_number
from voucher.schemes.models import Scheme
from voucher.schemes.queries import schemes_with
from voucher.schemes.workplace import narrowed as in_chosen
from voucher.schemes.workplace import offer_schemes
from voucher.workspace.lists import PROVIDERS
from voucher.workspace.provider_choices import choices_for

blueprint = Blueprint("provider_desk", __name__)

HISTORY = 100

# A file of somebody else's can do nothing in our name, should a browser show it all the same.
kept_shut: Callable[[View], View] = Talisman()(content_security_policy={"default-src": "'none'", "sandbox": ""})


@blueprint.get("/providers-desk")
@requires(*READERS, task=_("Providers"))
def desk_page() -> ResponseReturnValue:
    act = current_act()
    schemes = schemes_with(act.actor, *READERS)
    form = DeskFilters(request.args)
    offer_schemes(form, schemes)
    narrowed = Narrowed(form.state.data or "", form.words.data or "", form.ends.data == "soon")
    vets = bool(desk_schemes(act.actor, Permission.PROVIDERS_SPONSOR))
    return PROVIDERS.answer(
        providers_on_desk(in_chosen(form, schemes), narrowed, today=act.today),
        "workspace/provider_desk.html",
        form=form,
        waiting=waiting_applications(act.actor, 1) if vets else None,
        soon=lambda day: ends_soon(day, act.today),
        today=act.today,
    )


@blueprint.get("/providers-desk/<public_id>")
@requires(*READERS)
def provider_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = provider_on_desk(act.actor, public_id)
    application, details, found = application_of(provider), current_details(provider.id), findings(provider)
    events, number = events_of(provider, application), current_number(provider.id)
    return render_template(
        "workspace/provider_record.html",
        provider=provider,
        scheme=session.get_one(Scheme, provider.scheme_id),
        application=application,
        insurances=insurances_of(provider.id),
        checks=[(str(check), found.get(check)) for check in VettingCheck],
        number=number,
        choices=choices_for(
            act, provider, details, number, {check: each.result.passed for check, each in found.items()}
        ),
        details=details,
        unusable=why_not_usable(details) if details else None,
        cooling=why_still_cooling(details, act.now) if details and not details.confirmed_by else None,
        names=people_named(
            provider.sponsor_id,
            provider.approved_by,
            *([details.keyed_by, details.payee_checked_by, details.confirmed_by] if details else []),
            *([number.keyed_by, number.confirmed_by] if number else []),
        ),
        people=parts_ever(provider),
        messages=messages_about(subjects_of_provider(provider)),
        events=events[-HISTORY:],
        suspended_why=_last_reason(events),
        soon=lambda day: ends_soon(day, act.today),
        today=act.today,
    )


@blueprint.get("/providers-desk/<public_id>/documents/<document_id>")
@kept_shut
@requires(*READERS)
def document(public_id: str, document_id: str) -> ResponseReturnValue:
    act = current_act()
    provider = provider_on_desk(act.actor, public_id)
    kept = evidence_of(provider, document_id) or certificates_of_provider(provider, document_id)
    return download(act, kept)


def download(act: Act, kept: Document) -> Response:
    """A file that somebody handed in, to be saved and never shown as a page of ours."""
    answer = make_response(act.files.get(kept.sha256))
    answer.mimetype = kept.media_type
    answer.headers.set("Content-Disposition", "attachment", filename=kept.original_name)
    return answer


def _last_reason(events: Sequence[AuditEvent]) -> str:
    return next((each.reason for each in reversed(events) if each.action == "provider.suspended"), "")
