"""What waits for whom on a scheme's desk, and how far its vouchers have come: each counted and listed by one query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, literal, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from voucher.accounts.models import Person
from voucher.applications.models import Application
from voucher.applications.rules import ApplicationState
from voucher.assurance.models import ConcentrationCase, Irregularity
from voucher.assurance.rules import CaseState, IrregularityState
from voucher.audit.models import AuditEvent
from voucher.funding.models import Agreement
from voucher.funding.queries import asks_for_reviewer
from voucher.organisations.models import Organisation
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_rules import CostState
from voucher.payments.models import BankLine, Batch, ExceptionResolution, Payment
from voucher.payments.queries import claims_to_pay
from voucher.payments.rules import NO_LONGER_IN, SETS_ASIDE, BatchState
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import on_record
from voucher.platform.paging import Rows
from voucher.providers.models import PayeeDetails, Provider
from voucher.providers.rules import ProviderState
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import RedemptionState
from voucher.reports.models import Statement
from voucher.reports.rules import StatementState
from voucher.schemes.models import Scheme
from voucher.subsidies.models import SubsidyPublication
from voucher.subsidies.rules import PUBLISHED_ABOVE_PENCE
from voucher.vouchers.models import Voucher

P = Permission
_PREPARED_BY = on_record("Prepared by %(name)s")

# What each row of a queue shows: reference, what it is about, state, since when, pence (or none), address part. Its
# number in the table tells it from all others.
RowsOf = Callable[[Scheme], Rows]


@dataclass(frozen=True)
class Queue:
    """Things of one kind that wait for holders of the permissions.

    ``desk`` is the address of the list on which that work is done, and what begins each record's own address.
    """

    key: str
    label: str
    permissions: frozenset[Permission]
    desk: str
    rows: RowsOf


@dataclass(frozen=True)
class Waiting:
    """How many wait in a queue, and since when the oldest does; None when nothing waits."""

    queue: Queue
    count: int
    oldest: datetime | None


def _since(kind: str, row_id: InstrumentedAttribute[int], state: InstrumentedAttribute[str]) -> Any:
    """When the thing came to the state that it is in."""
    return (
        select(func.max(AuditEvent.at))
        .where(AuditEvent.object_kind == kind, AuditEvent.object_id == row_id, AuditEvent.to_state == state)
        .scalar_subquery()
        .label("since")
    )


def name_of(organisation_id: Any) -> Any:
    """The name of an organisation, read for the rows that are shown and for none that are only counted."""
    return select(Organisation.name).where(Organisation.id == organisation_id).scalar_subquery()


def _applications(*states: ApplicationState) -> RowsOf:
    def rows(scheme: Scheme) -> Rows:
        since = Application.submitted_at.label("since")
        return (
            select(*_named(Application, name_of(Application.business_id), since, Application.face_pence))
            .where(Application.scheme_id == scheme.id, Application.state.in_([str(state) for state in states]))
            .order_by(since, Application.id)
        )

    return rows


def _to_publish(scheme: Scheme) -> Rows:
    since = Application.decided_at.label("since")
    entered = select(SubsidyPublication.id).where(SubsidyPublication.application_id == Application.id)
    return (
        select(*_named(Application, name_of(Application.business_id), since, Application.face_pence))
        .where(
            Application.scheme_id == scheme.id,
            Application.state == str(ApplicationState.ACCEPTED),
            Application.face_pence > PUBLISHED_ABOVE_PENCE,
            ~entered.exists(),
        )
        .order_by(since, Application.id)
    )


def _claims(*states: RedemptionState) -> RowsOf:
    def rows(scheme: Scheme) -> Rows:
        since = _since("redemption", Redemption.id, Redemption.state)
        return (
            select(*_named(Redemption, _claimed_for(), since, Redemption.grant_pence))
            .select_from(Redemption)
            .where(Redemption.scheme_id == scheme.id, Redemption.state.in_([str(state) for state in states]))
            .where(~Redemption.on_hold)
            .order_by(since, Redemption.id)
        )

    return rows


def _claimed_for() -> Any:
    """The name of the business that a claim is for."""
    business = select(Organisation.name).join(Voucher, Voucher.business_id == Organisation.id)
    return business.where(Voucher.id == Redemption.voucher_id).scalar_subquery()


def _payable(scheme: Scheme) -> Rows:
    since = _since("redemption", Redemption.id, Redemption.state)
    shown = _named(Redemption, _claimed_for(), since, Redemption.grant_pence)
    query = claims_to_pay(scheme.id).with_only_columns(*shown)
    return query.order_by(None).order_by(since, Redemption.id)


def _batches(state: BatchState) -> RowsOf:
    def rows(scheme: Scheme) -> Rows:
        since = _since("batch", Batch.id, Batch.state)
        pence = select(func.sum(Payment.pence)).where(Payment.batch_id == Batch.id, Payment.state.not_in(NO_LONGER_IN))
        return (
            select(*_named(Batch, _prepared_by(), since, pence.correlate(Batch).scalar_subquery()))
            .where(Batch.scheme_id == scheme.id, Batch.state == str(state))
            .order_by(since, Batch.id)
        )

    return rows


def _prepared_by() -> Any:
    """Who put a batch together: somebody else approves it."""
    name = select(Person.name).where(Person.id == Batch.prepared_by).scalar_subquery()
    return literal(_PREPARED_BY.partition("%")[0]) + name


def _bank_lines(scheme: Scheme) -> Rows:
    """Lines with money that is open, but for what was set aside and is as it was then."""
    found, later = aliased(ExceptionResolution), aliased(ExceptionResolution)
    aside = exists().where(
        found.bank_line_id == BankLine.id,
        found.outcome.in_(sorted(SETS_ASIDE)),
        found.pence == BankLine.open_pence,
        ~exists().where(later.bank_line_id == BankLine.id, later.id > found.id),
    )
    since = BankLine.entered_at.label("since")
    return (
        select(
            BankLine.bank_reference.label("reference"),
            BankLine.counterparty.label("about"),
            literal("").label("state"),
            since,
            BankLine.open_pence.label("pence"),
            BankLine.public_id.label("address"),
            BankLine.id.label("row"),
        )
        .where(BankLine.scheme_id == scheme.id, BankLine.open_pence > 0, ~aside)
        .order_by(since, BankLine.id)
    )


def _providers(scheme: Scheme) -> Rows:
    since = Provider.applied_at.label("since")
    return (
        select(
            Organisation.reference.label("reference"),
            Organisation.name.label("about"),
            Provider.state.label("state"),
            since,
            null().label("pence"),
            Provider.public_id.label("address"),
            Provider.id.label("row"),
        )
        .join(Organisation, Organisation.id == Provider.organisation_id)
        .where(
            Provider.scheme_id == scheme.id,
            Provider.state.in_([str(ProviderState.APPLIED), str(ProviderState.IN_VETTING)]),
        )
        .order_by(since, Provider.id)
    )


def _details(scheme: Scheme) -> Rows:
    since = PayeeDetails.keyed_at.label("since")
    return (
        select(
            Organisation.reference.label("reference"),
            Organisation.name.label("about"),
            literal("").label("state"),
            since,
            null().label("pence"),
            Provider.public_id.label("address"),
            PayeeDetails.id.label("row"),
        )
        .select_from(PayeeDetails)
        .join(Provider, Provider.id == PayeeDetails.provider_id)
        .join(Organisation, Organisation.id == Provider.organisation_id)
        .where(
            PayeeDetails.scheme_id == scheme.id,
            PayeeDetails.confirmed_by.is_(None),
            PayeeDetails.superseded_at.is_(None),
        )
        .order_by(since, PayeeDetails.id)
    )


def _cases(scheme: Scheme) -> Rows:
    since = ConcentrationCase.raised_at.label("since")
    return (
        select(*_named(ConcentrationCase, ConcentrationCase.about, since, null()))
        .where(ConcentrationCase.scheme_id == scheme.id, ConcentrationCase.state == str(CaseState.OPEN))
        .order_by(since, ConcentrationCase.id)
    )


def _irregularities(scheme: Scheme) -> Rows:
    since = Irregularity.opened_at.label("since")
    return (
        select(*_named(Irregularity, Irregularity.kind, since, Irregularity.pence))
        .where(Irregularity.scheme_id == scheme.id, Irregularity.state == str(IrregularityState.OPEN))
        .order_by(since, Irregularity.id)
    )


def _statements(scheme: Scheme, *states: StatementState) -> Rows:
    since = _since("statement", Statement.id, Statement.state)
    return (
        select(*_named(Statement, Agreement.reference, since, null()))
        .join(Agreement, Agreement.id == Statement.agreement_id)
        .where(Statement.scheme_id == scheme.id, Statement.state.in_([str(state) for state in states]))
        .order_by(since, Statement.id)
    )


def _to_sign(scheme: Scheme) -> Rows:
    if scheme.reviewer_needed:
        return _statements(scheme, StatementState.REVIEWED)
    both = _statements(scheme, StatementState.REVIEWED, StatementState.PREPARED)
    return both.where(or_(Statement.state == str(StatementState.REVIEWED), ~asks_for_reviewer(Statement.agreement_id)))


def _to_send(scheme: Scheme) -> Rows:
    """Signed and not sent; what another statement replaces is sent no more."""
    later = aliased(Statement)
    replaced = exists().where(later.supersedes_id == Statement.id)
    return _statements(scheme, StatementState.SIGNED).where(~replaced)


def _costs(scheme: Scheme) -> Rows:
    since = AdminCost.prepared_at.label("since")
    return (
        select(*_named(AdminCost, AdminCost.description, since, AdminCost.pence))
        .where(AdminCost.scheme_id == scheme.id, AdminCost.state == str(CostState.PREPARED))
        .order_by(since, AdminCost.id)
    )


def _named(table: Any, about: Any, since: Any, pence: Any) -> Sequence[Any]:
    """The columns of a queue for a table with reference, state and public id."""
    return (
        table.reference.label("reference"),
        about.label("about"),
        table.state.label("state"),
        since,
        pence.label("pence"),
        table.public_id.label("address"),
        table.id.label("row"),
    )


A, B, R = ApplicationState, BatchState, RedemptionState
S = StatementState


def _queue(key: str, label: str, desk: str, rows: RowsOf, *permissions: Permission) -> Queue:
    return Queue(key, label, frozenset(permissions), desk, rows)


QUEUES = (
    _queue(
        "applications", _("Applications to decide"), "/applications", _applications(A.SUBMITTED, A.IN_REVIEW),
        P.OFFERS_DECIDE,
    ),
    _queue("publish", _("Subsidies to enter in the database"), "/applications", _to_publish, P.OFFERS_DECIDE),
    _queue("vetting", _("Providers to vet"), "/providers-desk", _providers, P.PROVIDERS_SPONSOR, P.PROVIDERS_APPROVE),
    _queue("details", _("Bank details to check and confirm"), "/providers-desk", _details, P.PAYEES_CONFIRM),
    _queue(
        "verify", _("Claims to verify"), "/claims-desk", _claims(R.CONFIRMED, R.OTHER_EVIDENCE), P.CLAIMS_VERIFY
    ),
    _queue(
        "disputed", _("Claims disputed or not answered"), "/claims-desk", _claims(R.DISPUTED, R.UNCONFIRMED),
        P.CLAIMS_VERIFY,
    ),
    _queue("cases", _("Concentration to look into"), "/concentration/cases", _cases, P.ASSURANCE_CASES_MANAGE),
    _queue(
        "irregularities", _("Irregularities to look into"), "/irregularities", _irregularities,
        P.ASSURANCE_CASES_MANAGE,
    ),
    _queue("approve", _("Claims to approve"), "/claims-desk", _claims(R.VERIFIED), P.CLAIMS_APPROVE),
    _queue("pay", _("Approved claims to put in a batch"), "/claims-desk", _payable, P.BATCHES_PREPARE),
    _queue("batches-draft", _("Batches to hand over"), "/batches", _batches(B.DRAFT), P.BATCHES_PREPARE),
    _queue("batches-approve", _("Batches to approve"), "/batches", _batches(B.SUBMITTED), P.BATCHES_APPROVE),
    _queue("costs", _("Administration costs to approve"), "/administration-costs", _costs, P.BATCHES_APPROVE),
    _queue("batches-export", _("Batches to take to the bank"), "/batches", _batches(B.APPROVED), P.BATCHES_PREPARE),
    _queue("bank-lines", _("Bank lines to match"), "/bank-lines", _bank_lines, P.BANK_LINES_MATCH),
    _queue(
        "statements-draft", _("Statements that came back with comments"), "/statements",
        lambda scheme: _statements(scheme, S.DRAFT), P.STATEMENTS_PREPARE,
    ),
    _queue("statements-send", _("Signed statements to send"), "/statements", _to_send, P.STATEMENTS_PREPARE),
    _queue(
        "statements-review", _("Statements to review"), "/statements",
        lambda scheme: _statements(scheme, S.PREPARED), P.STATEMENTS_REVIEW,
    ),
    _queue("statements-sign", _("Statements to sign"), "/statements", _to_sign, P.STATEMENTS_SIGN),
)  # fmt: skip


def how_many(rows: Rows) -> int:
    """How many rows there are."""
    all_rows = rows.order_by(None).subquery()
    return session.execute(select(func.count()).select_from(all_rows)).scalar_one()


def waiting(rows: Rows) -> tuple[int, datetime | None]:
    """How many rows there are, and since when the oldest waits."""
    all_rows = rows.order_by(None).subquery()
    count, oldest = session.execute(select(func.count(), func.min(all_rows.c.since)).select_from(all_rows)).one()
    return int(count), oldest
