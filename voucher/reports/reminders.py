"""Reminders before a cut-off: whoever something waits for is told by e-mail, once for each cut-off.

What a message lists is looked up when it is sent, so that nobody is reminded of what was done meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from voucher.accounts.models import Person
from voucher.accounts.queries import holders_of_permissions
from voucher.applications.models import Application
from voucher.audit.commands import record
from voucher.funding.models import Agreement
from voucher.notifications.commands import tell
from voucher.payments.models import Batch, Payment, PaymentItem
from voucher.payments.rules import BatchState
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.db import insert_unless_there, session
from voucher.platform.i18n import gettext_noop as _
from voucher.providers.models import Provider
from voucher.providers.rules import ProviderState
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import RedemptionState
from voucher.reports.due import claims_to_pay, rhythm_of, sessions_to_claim
from voucher.reports.models import CutOffReminder, ReportingRhythm
from voucher.reports.periods import periods
from voucher.reports.rules import Party
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher

T = TypeVar("T")
P, R = Permission, RedemptionState
KINDS = {Party.PROVIDER: "cut_off_provider", Party.BUSINESS: "cut_off_business", Party.OFFICE: "cut_off_office"}

# Whose turn it is with a claim before it is paid, and what is to be done: a side, or a duty of the office.
OF_THE_SIDES: Mapping[str, tuple[Party, str]] = {
    R.SENT_BACK: (Party.PROVIDER, _("correct the claim and send it again")),
    R.DISPUTED: (Party.PROVIDER, _("settle with the business what is disputed")),
    R.SUBMITTED: (Party.BUSINESS, _("say whether the support was delivered and what you paid")),
    R.UNCONFIRMED: (Party.BUSINESS, _("say whether the support was delivered and what you paid")),
}
OF_THE_OFFICE: Mapping[str, tuple[Permission, str]] = {
    R.CONFIRMED: (P.CLAIMS_VERIFY, _("check the claim")),
    R.OTHER_EVIDENCE: (P.CLAIMS_VERIFY, _("check the claim")),
    R.VERIFIED: (P.CLAIMS_APPROVE, _("approve the claim")),
    R.APPROVED: (P.BATCHES_PREPARE, _("put the claim into a batch of payments")),
    R.RETURNED: (P.BATCHES_PREPARE, _("pay the claim again, which the bank returned")),
}
OF_BATCHES: Mapping[str, tuple[Permission, str]] = {
    BatchState.DRAFT: (P.BATCHES_PREPARE, _("submit the batch of payments that the claim is in")),
    BatchState.SUBMITTED: (P.BATCHES_APPROVE, _("approve the batch of payments that the claim is in")),
    BatchState.APPROVED: (P.BATCHES_PREPARE, _("export the batch of payments that the claim is in")),
}
AT_THE_BANK = (P.BANK_LINES_MATCH, _("match the payment of the claim to its line of the bank statement"))
ON_HOLD = (P.CLAIMS_VERIFY, _("lift the hold of the claim, or refuse it"))
SUSPENDED = (P.PROVIDERS_APPROVE, _("say what becomes of the claims of the suspended provider"))

DUTIES = [*OF_THE_OFFICE.values(), *OF_BATCHES.values(), AT_THE_BANK, ON_HOLD, SUSPENDED]


@dataclass(frozen=True)
class Waits:
    """Something that has to be done before a cut-off: what, with which claim or voucher, since when, in pence."""

    todo: str
    claim: str
    voucher: str
    business: str
    provider: str
    since: date
    pence: int


def remind(act: Act, scheme: Scheme) -> int:
    """Tells whoever was not told yet of a cut-off that is near; the number of people. It looks once on each day.

    Of two workers at once the second waits for the row of the rhythm and finds that its day was done.
    """
    rows = session.scalars(
        select(ReportingRhythm)
        .where(
            ReportingRhythm.scheme_id == scheme.id,
            ReportingRhythm.remind_days > 0,
            or_(ReportingRhythm.looked_on.is_(None), ReportingRhythm.looked_on < act.today),
        )
        .order_by(ReportingRhythm.id)
        .with_for_update()
    ).all()
    told = 0
    for cut_off_on, agreements in sorted(_near(rows, act.today).items()):
        people = sum(_remind_of(act, scheme, cut_off_on, party, email) for party, email in _whom(act, agreements))
        told += people
        if people:
            details = {"cut_off_on": cut_off_on.isoformat(), "people": people}
            record(act.actor, "scheme.cut_off_reminded", scheme, at=act.now, details=details)
    for row in rows:
        row.looked_on = act.today
    session.flush()
    return told


def reminded(scheme_id: int, cut_off_on: date) -> Sequence[CutOffReminder]:
    """Who was told of a cut-off, in the order in which they were."""
    query = select(CutOffReminder).where(CutOffReminder.scheme_id == scheme_id, CutOffReminder.cut_off_on == cut_off_on)
    return session.scalars(query.order_by(CutOffReminder.id)).all()


def still_waiting(act: Act, reminder: CutOffReminder) -> list[Waits]:
    """What waits for the one who is reminded now, the oldest first; nothing once the cut-off is over or was moved."""
    rows = session.scalars(select(ReportingRhythm).where(ReportingRhythm.scheme_id == reminder.scheme_id)).all()
    agreements = _near(rows, act.today).get(reminder.cut_off_on, [])
    party = Party(reminder.party)
    found = [
        waits
        for of, email, waits in _waiting(act, agreements, party, reminder.email)
        if (of, email) == (party, reminder.email)
    ]
    return sorted(found, key=lambda each: (each.since, each.claim, each.voucher))


def _near(rows: Iterable[ReportingRhythm], today: date) -> dict[date, list[Agreement]]:
    """The cut-offs of which people are reminded on a day, each with its agreements: who reports to two is told once."""
    found: dict[date, list[Agreement]] = {}
    for row in rows:
        agreement = session.get_one(Agreement, row.agreement_id)
        every = periods(agreement.starts_on, agreement.ends_on, rhythm_of(row))
        near = next((each for each in every if each.is_near(today)), None)
        if near is not None:
            found.setdefault(near.cut_off_on, []).append(agreement)
    return found


def _whom(act: Act, agreements: Sequence[Agreement]) -> list[tuple[Party, str]]:
    return sorted({(party, email) for party, email, _waits in _waiting(act, agreements)})


def _remind_of(act: Act, scheme: Scheme, cut_off_on: date, party: Party, email: str) -> bool:
    """Tells somebody unless it was done, also by somebody else in this moment."""
    given = {"scheme_id": scheme.id, "cut_off_on": cut_off_on, "party": str(party), "email": email, "at": act.now}
    noted = session.scalar(insert_unless_there(CutOffReminder).values(given).returning(CutOffReminder.id))
    if noted is None:
        return False
    tell(act, KINDS[party], email=email, scheme_id=scheme.id, reminder_id=noted)
    return True


def _waiting(
    act: Act, agreements: Sequence[Agreement], party: Party | None = None, email: str = ""
) -> Iterator[tuple[Party, str, Waits]]:
    """What waits for whom, by the address at which it is told; for one of the sides only what may be its own is read.

    What came today is left out: whoever it waits for has just been told of it.
    """
    ids = [each.id for each in agreements]
    if not ids:
        return
    if party in (None, Party.PROVIDER):
        for done in session.scalars(_of_provider(sessions_to_claim(ids), DeliverySession, email)):
            if london_date(done.opened_at) < act.today and done.provider.state != ProviderState.SUSPENDED:
                yield Party.PROVIDER, done.provider.contact_email, _session_waits(done)
    claims = claims_to_pay(ids).options(joinedload(Redemption.voucher, Voucher.application, Application.contact))
    if party == Party.PROVIDER:
        claims = _of_provider(claims, Redemption, email)
    elif party == Party.BUSINESS:
        claims = claims.join(Application, Application.id == Voucher.application_id).join(
            Person, Person.id == Application.contact_id
        )
        claims = claims.where(Person.email == email)
    waiting = [claim for claim in session.scalars(claims).unique() if london_date(claim.submitted_at) < act.today]
    yield from _claims_wait(act, agreements[0].scheme_id, waiting, _batches(ids))


def _of_provider(query: Select[T], table: type[DeliverySession] | type[Redemption], email: str) -> Select[T]:
    if not email:
        return query
    return query.join(Provider, Provider.id == table.provider_id).where(Provider.contact_email == email)


def _batches(agreement_ids: Sequence[int]) -> dict[int, str]:
    """The state of the batch that each claim is in which is on its way to the bank."""
    claims = claims_to_pay(agreement_ids).with_only_columns(Redemption.id).order_by(None)
    rows = session.execute(
        select(PaymentItem.redemption_id, Batch.state)
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .join(Batch, Batch.id == Payment.batch_id)
        .where(PaymentItem.live, PaymentItem.redemption_id.in_(claims))
    )
    return {claim_id: state for claim_id, state in rows}  # noqa: C416 - rows are no pairs to a checker


def _claims_wait(
    act: Act, scheme_id: int, claims: Iterable[Redemption], batches: Mapping[int, str]
) -> Iterator[tuple[Party, str, Waits]]:
    _names, holders = holders_of_permissions(scheme_id, act.now)
    people = set[int]().union(*(holders.get(permission, ()) for permission, _todo in DUTIES))
    rows = session.execute(select(Person.id, Person.email).where(Person.id.in_(sorted(people))))
    emails = {person_id: email for person_id, email in rows}  # noqa: C416 - rows are no pairs to a checker
    for claim in claims:
        duty = _duty(claim, batches)
        if duty is None:
            party, todo = OF_THE_SIDES[claim.state]
            yield party, _address(claim, party), _claim_waits(claim, todo)
            continue
        permission, todo = duty
        for person_id in sorted(holders.get(permission, ())):
            yield Party.OFFICE, emails[person_id], _claim_waits(claim, todo)


def _duty(claim: Redemption, batches: Mapping[int, str]) -> tuple[Permission, str] | None:
    """Which duty of the office a claim waits for and what is to be done; None where one of the sides has its turn."""
    if claim.provider.state == ProviderState.SUSPENDED:
        return SUSPENDED
    if claim.on_hold:
        return ON_HOLD
    if claim.state == R.IN_BATCH:
        return OF_BATCHES.get(batches.get(claim.id, ""), AT_THE_BANK)
    return OF_THE_OFFICE.get(claim.state)


def _address(claim: Redemption, party: Party) -> str:
    return claim.provider.contact_email if party == Party.PROVIDER else claim.voucher.application.contact.email


def _claim_waits(claim: Redemption, todo: str) -> Waits:
    business, provider = claim.voucher.business.name, claim.provider.organisation.name
    since = london_date(claim.submitted_at)
    return Waits(todo, claim.reference, claim.voucher.reference, business, provider, since, claim.grant_pence)


def _session_waits(done: DeliverySession) -> Waits:
    business, provider = done.voucher.business.name, done.provider.organisation.name
    since = done.delivered_on or london_date(done.opened_at)
    return Waits(_("claim for the support"), "", done.voucher.reference, business, provider, since, done.held_pence)
