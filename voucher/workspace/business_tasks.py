"""What a business must do, by when, and what it waits for others to do, since when: its one list of tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

from flask_babel import gettext as translate

from voucher.applications.models import Application
from voucher.applications.rules import ApplicationState
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day, shown_pounds
from voucher.redemptions.answer_views import ASKED_ABOUT
from voucher.redemptions.models import ClaimAnswer, DeliverySession, Redemption
from voucher.redemptions.rules import RedemptionState
from voucher.redemptions.waiting import FOR_THE_BUSINESS, THE_OFFICE, THE_PROVIDER, YOU
from voucher.vouchers.rules import claimable_until
from voucher.workspace.business_queries import (
    answers_in_force,
    applications_under_way,
    claims_under_way,
    last_changes,
    unclaimed_deliveries,
)

R = RedemptionState
S = ApplicationState

# Claims that wait for the business's word, or on which it may still say something else.
OPEN_TO_AN_ANSWER = frozenset({R.SUBMITTED, R.UNCONFIRMED, R.DISPUTED})


class Todo(NamedTuple):
    """One line of the list: what is to be done about what, where, whose turn it is, until and since when."""

    words: str
    about: str
    business: str
    endpoint: str
    address: Mapping[str, str]
    whose_turn: str
    by: date | None
    since: date


class Work(NamedTuple):
    """What the business itself must do, the most urgent first, and what others are doing, the oldest first."""

    mine: list[Todo]
    others: list[Todo]


class Turn(NamedTuple):
    """Whose turn it is with a claim, marked for translation, and what happens next, in words."""

    whose: str
    next_step: str


def work_of(act: Act) -> Work:
    """Everything that is under way at the person's businesses."""
    found = [*_offers(act), *_deliveries(act), *_claims(act)]
    mine = [todo for todo in found if todo.whose_turn == YOU]
    others = [todo for todo in found if todo.whose_turn != YOU]
    mine.sort(key=lambda todo: (todo.by or date.max, todo.since, todo.words))
    others.sort(key=lambda todo: (todo.since, todo.words))
    return Work(mine, others)


def must_answer(claim: Redemption, answer: ClaimAnswer | None) -> bool:
    """Whether the claim waits for the business's word: on its figures, or on one of its deliveries."""
    unsaid = answer is None or any(item.answer is None for item in claim.sessions)
    return claim.state in OPEN_TO_AN_ANSWER and unsaid


def must_say_paid(claim: Redemption, answer: ClaimAnswer | None) -> bool:
    """Whether the business has accepted the figures and not said yet that it has paid all of its part."""
    accepted = answer is not None and answer.accepts and (answer.paid_pence or 0) < claim.business_pence
    return claim.state in ASKED_ABOUT and accepted


def takes_answer(claim: Redemption, answer: ClaimAnswer | None) -> bool:
    """Whether the claim's page asks for the business's word, the first or another one."""
    return claim.state in OPEN_TO_AN_ANSWER or must_say_paid(claim, answer)


def turn_of(claim: Redemption, answer: ClaimAnswer | None) -> Turn:
    """Whose turn it is with a claim as its business reads it."""
    usual = FOR_THE_BUSINESS[R(claim.state)]
    if must_answer(claim, answer):
        words = translate(usual.next_step, day=shown_day(claim.answer_by))
        return Turn(YOU, str(words))
    if claim.state != R.DISPUTED and must_say_paid(claim, answer):
        return Turn(YOU, _still_to_pay(claim, answer))
    return Turn(usual.whose_turn, str(translate(usual.next_step, day=shown_day(claim.answer_by))))


def _still_to_pay(claim: Redemption, answer: ClaimAnswer | None) -> str:
    owed, paid = claim.business_pence, (answer.paid_pence if answer else None) or 0
    if not paid:
        words = _("You have said that you have not paid yet. Tell us once you have paid %(amount)s: until then the "
                  "claim lacks what shows it.")  # fmt: skip
        return str(translate(words, amount=shown_pounds(owed)))
    words = _("You have said that you paid %(paid)s. Your part is %(amount)s, so %(missing)s is missing. Answer again "
              "with all that you have paid: until then the claim lacks what shows it.")  # fmt: skip
    figures = {"paid": paid, "amount": owed, "missing": owed - paid}
    return str(translate(words, **{name: shown_pounds(pence) for name, pence in figures.items()}))


def _offers(act: Act) -> Iterator[Todo]:
    under_way = applications_under_way(act.actor)
    changes = last_changes("application", [each.id for each in under_way])
    for application in under_way:
        since = changes[application.id].at if application.id in changes else application.submitted_at
        if application.state != S.APPROVED:
            mine = application.state == S.INFORMATION_REQUESTED
            words = _("Send what the scheme's office has asked for") if mine else _("The application is being decided")
            yield _about_application(application, str(translate(words)), YOU if mine else THE_OFFICE, None, since)
        elif application.offer_until is None or act.today <= application.offer_until:
            words = translate(_("Answer the offer of %(value)s"), value=shown_pounds(application.face_pence))
            yield _about_application(application, str(words), YOU, application.offer_until, since)


def _about_application(application: Application, words: str, whose_turn: str, by: date | None, since: datetime) -> Todo:
    return Todo(
        words,
        str(translate(_("Application %(reference)s, %(scheme)s"), reference=application.reference,
                      scheme=application.scheme.name)),
        application.business.name,
        "business_offers.application_page",
        {"public_id": application.public_id},
        whose_turn,
        by,
        london_date(since),
    )  # fmt: skip


def _deliveries(act: Act) -> Iterator[Todo]:
    for each in unclaimed_deliveries(act.actor):
        asked = each.answer is None
        words = _("Say whether this was delivered: %(what)s") if asked else _("The claim for %(what)s is to be made")
        last_claim = claimable_until(each.voucher.last_day, each.voucher.claim_window_days)
        recorded_at = each.recorded_at or each.opened_at
        yield Todo(
            str(translate(words, what=each.package.name if each.package else each.description)),
            _by_provider_on(each),
            each.voucher.business.name,
            "business_answers.delivery_page",
            {"public_id": each.public_id},
            YOU if asked else THE_PROVIDER,
            None if asked else last_claim,
            london_date(recorded_at if asked else each.answered_at or recorded_at),
        )


def _by_provider_on(delivery: DeliverySession) -> str:
    words = _("%(provider)s, %(day)s")
    day = shown_day(delivery.delivered_on) if delivery.delivered_on else ""
    return str(translate(words, provider=delivery.provider.organisation.name, day=day))


def _claims(act: Act) -> Iterator[Todo]:
    under_way = claims_under_way(act.actor)
    answers = answers_in_force(under_way)
    changes = last_changes("redemption", [each.id for each in under_way])
    for claim in under_way:
        answer = answers.get(claim.id)
        since = changes[claim.id].at if claim.id in changes else claim.submitted_at
        yield Todo(
            _what_to_do(claim, answer),
            str(translate(_("Claim %(reference)s of %(provider)s"), reference=claim.reference,
                          provider=claim.provider.organisation.name)),
            claim.voucher.business.name,
            "business_answers.claim_page",
            {"public_id": claim.public_id},
            turn_of(claim, answer).whose,
            claim.answer_by if must_answer(claim, answer) else None,
            london_date(since),
        )  # fmt: skip


def _what_to_do(claim: Redemption, answer: ClaimAnswer | None) -> str:
    """The claim's next step as a short line."""
    if must_answer(claim, answer):
        words = _("Check the claim for %(amount)s and say what you have paid")
        return str(translate(words, amount=shown_pounds(claim.claimed_pence)))
    if claim.state != R.DISPUTED and must_say_paid(claim, answer):
        words = _("Tell us once you have paid %(amount)s to the provider")
        return str(translate(words, amount=shown_pounds(claim.business_pence)))
    return str(translate(_("The claim for %(amount)s is %(state)s"), amount=shown_pounds(claim.claimed_pence),
                         state=translate(claim.state)))  # fmt: skip
