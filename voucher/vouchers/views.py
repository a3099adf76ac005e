"""Answering an offer by its one-time link, and the voucher that comes of it (rules 8, 9, 39, 40)."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from voucher.accounts.links import use_link
from voucher.accounts.models import OneTimeLink
from voucher.accounts.rules import Purpose
from voucher.applications.models import Application
from voucher.applications.rules import ApplicationState
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, public
from voucher.schemes.queries import terms_in_force
from voucher.subsidies.queries import latest_record, limit_in_force
from voucher.subsidies.rules import RecordKind, window_starts_on
from voucher.vouchers.commands import accept, voucher_of
from voucher.vouchers.forms import OfferForm
from voucher.vouchers.models import Voucher
from voucher.vouchers.paper import voucher_pdf
from voucher.vouchers.papers import paper_of

blueprint = Blueprint("vouchers", __name__)

# The link whose offer was accepted in this browser, and for how long it may fetch the voucher after that.
ACCEPTED = "accepted_by_link"
DOWNLOAD_LASTS = timedelta(hours=1)


def answer_offer(act: Act, link: OneTimeLink) -> ResponseReturnValue:
    """The page behind a link to an offer; ``act`` is of the person whom the link was sent to.

    What a GET shows it does not change; the POST issues the voucher and uses the link up.
    """
    application = session.get_one(Application, link.subject_id)
    if application.state != ApplicationState.APPROVED:
        return render_template("vouchers/offer_ended.html", application=application)
    form = OfferForm(terms=terms_in_force(application.scheme, act.today).version)
    if not form.validate_on_submit():
        return offer_page(act, application, form), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            use_link(act, link)
            accept(act, application, declared_pence=form.declared.data, terms_version=form.terms.data)
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, in_its_words(refusal), {"terms": "accepts"})
        return offer_page(act, application, form), status_of(refusal)
    return show_accepted(link)


def show_accepted(link: OneTimeLink) -> ResponseReturnValue:
    """Leads to the voucher that was issued through this link, and lets this browser fetch it for an hour."""
    browser[ACCEPTED] = link.public_id
    return redirect(url_for("vouchers.accepted_page"))


@blueprint.get("/offers/accepted")
@public("shows a voucher for an hour to the browser in which its offer was accepted, and to no other")
def accepted_page() -> ResponseReturnValue:
    return render_template("vouchers/accepted.html", voucher=_accepted_here(current_act()))


@blueprint.get("/offers/accepted/voucher.pdf")
@public("gives a voucher for an hour to the browser in which its offer was accepted, and to no other")
def accepted_paper() -> ResponseReturnValue:
    act = current_act()
    voucher = _accepted_here(act)
    answer = make_response(voucher_pdf(paper_of(act, voucher)))
    answer.mimetype = "application/pdf"
    answer.headers.set("Content-Disposition", "attachment", filename=f"{voucher.reference}.pdf")
    return answer


def _accepted_here(act: Act) -> Voucher:
    link = session.scalar(
        select(OneTimeLink).where(
            OneTimeLink.public_id == browser.get(ACCEPTED, ""),
            OneTimeLink.purpose == str(Purpose.ANSWER_OFFER),
            OneTimeLink.used_at > act.now - DOWNLOAD_LASTS,
        )
    )
    voucher = voucher_of(session.get_one(Application, link.subject_id)) if link else None
    if voucher is None:
        raise NotFound(
            "not_accepted_here",
            _("Your voucher was sent to you by e-mail. If it has not arrived, ask the scheme's office for it."),
        )
    return voucher


def in_its_words(refusal: DomainError) -> DomainError:
    """The refusals that are worded for officers, in words for the business."""
    words = {
        "terms_changed": _("The terms have changed since you opened this page. Read them again, then accept them."),
        "notice_too_old": _("This notice is too old to be answered. Ask the scheme's office to send it again."),
        "no_notice": _("There is no notice to answer. Ask the scheme's office to send it."),
    }
    return DomainError(refusal.code, words.get(refusal.code, refusal.message), refusal.field)


def offer_page(act: Act, application: Application, form: OfferForm, page: str = "vouchers/offer.html") -> str:
    """Notice, terms and questions on one page, which sends its answer to the address at which it was asked for.

    Raises NotFound when no notice was sent.
    """
    notice = latest_record(application.id, RecordKind.NOTICE)
    if notice is None:
        raise NotFound("no_notice", _("There is no notice to answer. Ask the scheme's office to send it."))
    told_on = london_date(notice.at)
    terms = terms_in_force(application.scheme, act.today)
    if form.terms.data != terms.version:
        form.terms.data, form.accepts.data = terms.version, False
    return render_template(
        page,
        form=form,
        here=request.path,
        application=application,
        scheme=application.scheme,
        business=application.business.name,
        kind=application.round.voucher_type,
        notice=notice,
        notice_on=told_on,
        window_from=window_starts_on(told_on),
        limit=limit_in_force(told_on),
        terms=terms,
    )
