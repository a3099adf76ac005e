"""A business's application: the decision with its reasons, the offer and its answer, and the letters (rules 9, 40)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.models import Person
from voucher.applications.commands import turn_down, withdraw_application
from voucher.applications.forms import EndApplicationForm
from voucher.applications.models import Application
from voucher.applications.rules import TO_DECIDE, WITHDRAWN_BY_BUSINESS, ApplicationState
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.schemes.queries import terms_in_force
from voucher.subsidies.models import SubsidyRecord
from voucher.subsidies.queries import limit_in_force
from voucher.subsidies.rules import window_starts_on
from voucher.vouchers.commands import accept, voucher_of
from voucher.vouchers.forms import OfferForm
from voucher.vouchers.views import in_its_words, offer_page
from voucher.workspace.business_queries import MEMBER, last_changes, letters_of, own_application
from voucher.workspace.correspondence import messages_to_business
from voucher.workspace.relative_days import how_far

blueprint = Blueprint("business_offers", __name__)

S = ApplicationState


@blueprint.get("/business/applications/<public_id>")
@requires(*MEMBER)
def application_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.actor, public_id)
    return render_template(
        "workspace/business_application.html",
        application=application,
        voucher=voucher_of(application),
        change=last_changes("application", [application.id]).get(application.id),
        may_answer=_is_open(act, application),
        may_withdraw=application.state in TO_DECIDE,
        may_answer_office=act.actor.may(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=application.business_id),
        letters=letters_of(application),
        messages=messages_to_business(application),
        how_far=partial(how_far, today=act.today),
    )


@blueprint.route("/business/applications/<public_id>/answer", methods=["GET", "POST"])
@requires(Permission.BUSINESS_OFFERS_ACCEPT)
def answer_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.actor, public_id)
    if not _is_open(act, application):  # Pressing the button twice leads to what came of the first time.
        return _where_it_led(application)
    form = OfferForm(terms=terms_in_force(application.scheme, act.today).version)
    page = partial(offer_page, act, application, form, "workspace/business_offer.html")
    if not form.validate_on_submit():
        return page(), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            accept(act, application, declared_pence=form.declared.data, terms_version=form.terms.data)
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, in_its_words(refusal), {"terms": "accepts"})
        return page(), status_of(refusal)
    flash(translate(_("Your voucher is issued. We send it by e-mail as well, with the letter that confirms it.")))
    return _where_it_led(application)


@blueprint.route("/business/applications/<public_id>/turn-down", methods=["GET", "POST"])
@requires(Permission.BUSINESS_OFFERS_ACCEPT)
def turn_down_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.actor, public_id)
    if application.state != S.APPROVED:  # Pressing the button twice leads to what came of the first time.
        return _where_it_led(application)
    form = EndApplicationForm()
    if not form.validate_on_submit():
        return _end_page(application, form)
    with transaction(act.actor, act.clock):
        turn_down(act, application, reason=form.reason.data or "")
    flash(translate(_("You have turned the offer down. Its money goes to another business.")))
    return _where_it_led(application)


@blueprint.route("/business/applications/<public_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.BUSINESS_OFFERS_ACCEPT)
def withdraw_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.actor, public_id)
    if application.state not in TO_DECIDE:
        return _where_it_led(application)
    form = EndApplicationForm()
    if not form.validate_on_submit():
        return _end_page(application, form)
    with transaction(act.actor, act.clock):
        withdraw_application(act, application, reason=form.reason.data or WITHDRAWN_BY_BUSINESS)
    flash(translate(_("The application is withdrawn.")))
    return _where_it_led(application)


def _end_page(application: Application, form: EndApplicationForm) -> ResponseReturnValue:
    offered = application.state == S.APPROVED
    page = render_template(
        "workspace/business_end_application.html", application=application, form=form, offered=offered
    )
    return page, 422 if form.errors else 200


@blueprint.get("/business/applications/<public_id>/letters/<int:number>")
@requires(*MEMBER)
def letter_page(public_id: str, number: int) -> ResponseReturnValue:
    application = own_application(current_act().actor, public_id)
    letters = letters_of(application)
    if not 1 <= number <= len(letters):
        raise NotFound("no_letter", _("There is no such letter. Look for it on the page of the application."))
    letter = letters[number - 1]
    return render_template(
        "workspace/business_letter.html",
        application=application,
        letter=letter,
        before=_answered(letters, letter),
        writer=session.get(Person, letter.person_id) if letter.person_id else None,
        voucher=voucher_of(application),
        given_on=london_date(letter.at),
        **_words_of_notice(application, _answered(letters, letter) or letter),
    )


def _is_open(act: Act, application: Application) -> bool:
    in_time = application.offer_until is None or act.today <= application.offer_until
    return application.state == S.APPROVED and in_time


def _where_it_led(application: Application) -> ResponseReturnValue:
    voucher = voucher_of(application)
    if voucher is None:
        return redirect(url_for("business_offers.application_page", public_id=application.public_id))
    return redirect(url_for("business_vouchers.voucher_page", reference=voucher.reference))


def _answered(letters: Sequence[SubsidyRecord], letter: SubsidyRecord) -> SubsidyRecord | None:
    """The record that this one follows: the notice of a reply, the reply of a letter."""
    return next((each for each in letters if each.id == letter.answers_id), None)


def _words_of_notice(application: Application, notice: SubsidyRecord) -> dict[str, object]:
    """What the notice's wording is filled with, by the law of the day on which it was sent."""
    told_on = london_date(notice.at)
    return {
        "scheme": application.scheme,
        "business": application.business.name,
        "notice": notice,
        "notice_on": told_on,
        "window_from": window_starts_on(told_on),
        "limit": limit_in_force(told_on),
    }
