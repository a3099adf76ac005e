"""What a business does about an application that is being decided: answers a question, or appeals."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.applications.forms import AnswerForm, OwnAppealForm
from voucher.applications.models import Application
from voucher.applications.queries import last_words, why_declined
from voucher.applications.reviewing import answer_office, appeal
from voucher.applications.rules import ApplicationState
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import Form, show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, requires
from voucher.workspace.business_queries import own_application

blueprint = Blueprint("business_reviews", __name__)

S = ApplicationState


@blueprint.route("/business/applications/<public_id>/reply", methods=["GET", "POST"])
@requires(Permission.BUSINESS_OFFERS_ACCEPT)
def reply_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.actor, public_id)
    if application.state != S.INFORMATION_REQUESTED:  # Pressing the button twice leads to what came of the first time.
        return _back(application)
    form = AnswerForm()
    asked = last_words(application, "application.asked")
    return _said(
        act,
        form,
        lambda: answer_office(act, application, answer=form.answer.data or ""),
        _("Your answer is with the scheme's office. We write to you when it has decided."),
        lambda: render_template("workspace/business_reply.html", application=application, form=form, asked=asked),
        application,
    )


@blueprint.route("/business/applications/<public_id>/appeal", methods=["GET", "POST"])
@requires(Permission.BUSINESS_OFFERS_ACCEPT)
def appeal_page(public_id: str) -> ResponseReturnValue:
    act = current_act()
    application = own_application(act.actor, public_id)
    if application.state != S.DECLINED:
        return _back(application)
    form = OwnAppealForm()
    why = why_declined(application)
    return _said(
        act,
        form,
        lambda: appeal(act, application, reason=form.reason.data or ""),
        _("The application is looked at again, by somebody else. We write to you when it is decided."),
        lambda: render_template("workspace/business_appeal.html", application=application, form=form, why=why),
        application,
    )


def _said(
    act: Act,
    form: Form,
    command: Callable[[], None],
    done: str,
    page: Callable[[], str],
    application: Application,
) -> ResponseReturnValue:
    if not form.validate_on_submit():
        return page(), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            command()
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return page(), status_of(refusal)
    flash(translate(done))
    return _back(application)


def _back(application: Application) -> ResponseReturnValue:
    return redirect(url_for("business_offers.application_page", public_id=application.public_id))
