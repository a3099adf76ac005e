"""The pages that one-time links land on, where a business answers as itself (rule 15).

A link opens one page for one person. Looking at it changes nothing, so that a mail scanner that follows links answers
nothing; the button answers, and uses the link up. A link that is used, too old, unknown, or somebody else's gets one
answer of one shape. “Not yet paid” leaves the link good, so that the business can come back to it once it has paid.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from sqlalchemy import select

from voucher.accounts.links import open_link, use_link
from voucher.accounts.models import OneTimeLink, Person
from voucher.accounts.queries import actor_for
from voucher.accounts.rules import Purpose
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.actor import Channel
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden, NotFound
from voucher.platform.forms import show_refusal
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day, shown_pounds
from voucher.platform.refusals import status_of
from voucher.platform.web import current_act, desk, public, visitor
from voucher.providers.models import Provider
from voucher.redemptions.answers import answer_claim, answer_session
from voucher.redemptions.forms import NOT_YET, WRONG, ClaimAnswerForm, DeliveryForm, claim_answer_form
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.policy import why_not_answer
from voucher.redemptions.queries import answer_in_force, lock_redemption, sessions_of
from voucher.redemptions.rules import Delivered, RedemptionState, SessionState
from voucher.vouchers.models import Voucher
from voucher.vouchers.views import answer_offer, show_accepted

blueprint = Blueprint("answers", __name__)

R = RedemptionState

# Claims on which the business's word still does something. One that was sent back is asked about when it comes again.
ASKED_ABOUT = frozenset({R.SUBMITTED, R.DISPUTED, R.UNCONFIRMED, R.CONFIRMED, R.VERIFIED, R.APPROVED})
# A delivery is spoken of also where other evidence was taken for the business's word: it may say that there was none.
SPOKEN_OF = ASKED_ABOUT | {R.OTHER_EVIDENCE}

# The link that this browser has opened while it was good.
OPENED = "opened_link"


@blueprint.route("/L/<token>", methods=["GET", "POST"])
@public("the link is the key: it is sent to one person, for one answer, for some days")
def link_page(token: str) -> ResponseReturnValue:
    try:
        link = _link_of_visitor(current_act(), token)
        browser[OPENED] = link.public_id
        return PAGES[Purpose(link.purpose)](_act_of(link), link)
    except NotFound:
        used = _pressed_again(token) if request.method == "POST" else None
        if used is None:
            raise
        return show_accepted(used) if used.purpose == Purpose.ANSWER_OFFER else _thanks(used)


@blueprint.get("/answered")
@public("thanks for an answer and shows nothing of it but to the browser that gave it")
def answered_page() -> ResponseReturnValue:
    return render_template("redemptions/answered.html")


def _link_of_visitor(act: Act, token: str) -> OneTimeLink:
    """The link behind a token; raises NotFound, always the same, also when somebody else is signed in (rule 15)."""
    link = open_link(act, token)
    if visitor().is_authenticated and act.actor.person_id != link.person_id:
        return open_link(act, "")
    return link


def _act_of(link: OneTimeLink) -> Act:
    """An act of the person to whom the link was sent, through a link, which is recorded as weak."""
    person = session.get_one(Person, link.person_id)
    return desk().act(actor_for(person, Channel.LINK, desk().clock(), request.remote_addr or ""))


def _pressed_again(token: str) -> OneTimeLink | None:
    """The used link of a button that was pressed twice: in the browser that had opened the link when it was good."""
    opened = browser.get(OPENED, "")
    if desk().ring.link_token(opened) != token.strip().upper():
        return None
    return session.scalar(select(OneTimeLink).where(OneTimeLink.public_id == opened, OneTimeLink.used_at.is_not(None)))


def _confirm_delivery(act: Act, link: OneTimeLink) -> ResponseReturnValue:
    asked = session.get_one(DeliverySession, link.subject_id)
    _check_person(act, asked.voucher, asked.provider)
    if not may_be_answered(asked):
        return render_template("redemptions/nothing_to_answer.html", voucher=asked.voucher)
    form = DeliveryForm()
    if not form.validate_on_submit():
        return _delivery_page(asked, form), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            use_link(act, link)
            answer_session(act, asked, Delivered(form.delivered.data), note=form.note.data or "")
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, refusal)
        return _delivery_page(asked, form), status_of(refusal)
    return _thanks(link)


def may_be_answered(asked: DeliverySession) -> bool:
    """Whether the business's word on a delivery still does something: not once its claim is decided or paid."""
    if asked.state == SessionState.RECORDED:
        return True
    claim = session.get(Redemption, asked.redemption_id) if asked.redemption_id else None
    return asked.state == SessionState.CLAIMED and claim is not None and claim.state in SPOKEN_OF


def _delivery_page(asked: DeliverySession, form: DeliveryForm) -> str:
    claim = session.get_one(Redemption, asked.redemption_id) if asked.redemption_id else None
    return render_template("redemptions/confirm_delivery.html", form=form, asked=asked, claim=claim, here=request.path)


def _confirm_claim(act: Act, link: OneTimeLink) -> ResponseReturnValue:
    claim = session.get_one(Redemption, link.subject_id)
    _check_person(act, claim.voucher, claim.provider)
    if claim.state not in ASKED_ABOUT:
        return render_template("redemptions/nothing_to_answer.html", voucher=claim.voucher)
    asked = still_asked(claim)
    form = claim_answer_form([item.public_id for item in asked])(version=str(claim.version))
    if not form.validate_on_submit():
        return _claim_page(link, claim, form), 422 if form.errors else 200
    try:
        with transaction(act.actor, act.clock):
            if form.paid.data != NOT_YET:
                use_link(act, link)
            keep_answer(act, claim, asked, form)
    except (NotFound, Forbidden):
        raise
    except DomainError as refusal:
        show_refusal(form, refusal, {"paid": "paid_amount"})
        if refusal.code == "claim_changed":  # Nobody accepts the new figures by an answer to the old ones.
            form.version.data, form.paid.data = str(claim.version), None
        return _claim_page(link, claim, form), status_of(refusal)
    return _thanks(link)


def _claim_page(link: OneTimeLink, claim: Redemption, form: ClaimAnswerForm) -> str:
    return render_template(
        "redemptions/confirm_claim.html",
        form=form,
        claim=claim,
        sessions=sessions_of(claim),
        link_until=london_date(link.expires_at),
        here=request.path,
    )


def _check_person(act: Act, voucher: Voucher, provider: Provider) -> None:
    """Raises NotFound, as for an unknown link, when the person no longer speaks for the business (rule 15)."""
    if why_not_answer(act.actor, voucher, provider.organisation_id):
        open_link(act, "")


def still_asked(claim: Redemption) -> list[DeliverySession]:
    """The deliveries to ask about with a claim: what the business has said yes to stands."""
    return [item for item in sessions_of(claim) if item.answer != Delivered.YES]


def keep_answer(act: Act, claim: Redemption, asked: list[DeliverySession], form: ClaimAnswerForm) -> None:
    """Keeps what was answered; raises Conflict when the claim is not the one that was on the page any more."""
    if str(lock_redemption(claim.id).version) != form.version.data:
        raise Conflict("claim_changed", _("The provider has changed the claim. Look at the figures again."))
    note = form.note.data or ""
    for item in asked:
        delivered = form[f"delivered_{item.public_id}"].data
        if delivered:
            answer_session(act, item, Delivered(delivered), note="" if delivered == Delivered.YES else note)
    has_paid = form.paid.data not in (NOT_YET, WRONG)
    answer_claim(
        act,
        claim,
        accepts=form.paid.data != WRONG,
        paid_pence=form.paid_amount.data if has_paid else None,
        paid_on=form.paid_on.data if has_paid else None,
        paid_by=form.paid_by.data if has_paid else "",
        note=note,
    )


def _thanks(link: OneTimeLink) -> ResponseReturnValue:
    """Says what is kept of the answer, which for a button that was pressed twice is what came first."""
    if link.purpose == Purpose.CONFIRM_DELIVERY:
        said = said_of_delivery(session.get_one(DeliverySession, link.subject_id))
    else:
        said = _said_of_claim(session.get_one(Redemption, link.subject_id))
    flash(said)
    return redirect(url_for("answers.answered_page"))


def said_of_delivery(answered: DeliverySession) -> str:
    """Thanks for the answer on a delivery, in words that say what is kept of it."""
    words = {
        str(Delivered.YES): _("Thank you. We have kept that all of it was delivered."),
        str(Delivered.PARTLY): _("Thank you. We have kept that it was delivered in part, and what you wrote."),
        str(Delivered.NO): _("Thank you. We have kept that it was not delivered, and what you wrote."),
    }
    return str(translate(words[str(answered.answer)]))


def _said_of_claim(claim: Redemption) -> str:
    answer = answer_in_force(claim)
    if answer is None or not answer.accepts:
        words = _("Thank you. We have kept that something is wrong. The claim is not paid meanwhile.")
    elif answer.paid_pence is None or answer.paid_on is None:
        words = _("Thank you. We have kept that you have not paid yet. Open the same link once you have.")
    else:
        missing = claim.business_pence - answer.paid_pence
        words = _("Thank you. We have kept that you paid %(amount)s on %(day)s.")
        if missing > 0:
            words = _(
                "Thank you. We have kept that you paid %(amount)s on %(day)s. Of your part, %(missing)s is missing."
            )
        figures = {"amount": shown_pounds(answer.paid_pence), "missing": shown_pounds(max(missing, 0))}
        return str(translate(words, day=shown_day(answer.paid_on), **figures))
    return str(translate(words))


PAGES: dict[Purpose, Callable[[Act, OneTimeLink], ResponseReturnValue]] = {
    Purpose.ANSWER_OFFER: answer_offer,
    Purpose.CONFIRM_DELIVERY: _confirm_delivery,
    Purpose.CONFIRM_CLAIM: _confirm_claim,
}
