"""Administration costs: prepared, approved by another person within the agreement's cap, paid when the bank shows it.

An approval moves unallocated money of an administration line to *approved*; a matched bank line makes it defrayed.
Beyond the cap an approval is refused, unless the funder's consent is recorded: then it is counted (rule 26).
"""

from __future__ import annotations

from datetime import date

from voucher.audit.commands import begin_state, change_state, record
from voucher.audit.rules import Override
from voucher.documents.models import Document
from voucher.funding.ledger import Move, post
from voucher.funding.models import Agreement, FundingLine
from voucher.funding.rules import Account, EntryKind, LineKind
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_policy import why_cost_line_is_no_evidence, why_not_approve_cost
from voucher.payments.cost_queries import administration_cap, lock_cost
from voucher.payments.cost_rules import COST_TRANSITIONS, CostState
from voucher.payments.models import BankLine
from voucher.payments.open_lines import note_match, open_line, take_from_line
from voucher.payments.rules import MatchKind
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount, Share
from voucher.platform.references import new_reference
from voucher.schemes.models import Scheme

C = CostState


def prepare_cost(
    act: Act, line: FundingLine, *, pence: int, description: str, incurred_on: date, document: Document | None = None
) -> AdminCost:
    """Notes a cost that an administration line is to bear, for another person to approve."""
    act.require(Permission.BATCHES_PREPARE, scheme_id=line.scheme_id)
    if line.kind != LineKind.ADMINISTRATION:
        words = said(
            "Line %(line)s is a %(kind)s line: administration is charged to an administration line.",
            line=line.code,
            kind=line.kind,
        )
        raise DomainError("not_administration", words, "line")
    if pence <= 0:
        raise DomainError("amount", _("Enter an amount above zero."), "amount")
    if not description.strip():
        raise DomainError("description", _("Say what the cost is for."), "description")
    agreement = line.agreement
    if not agreement.starts_on <= incurred_on <= min(agreement.ends_on, act.today):
        outside = _("The cost was incurred within the agreement's days, and not in the future.")
        raise DomainError("incurred_on", outside, "incurred_on")
    scheme = session.get_one(Scheme, line.scheme_id)
    cost = AdminCost(
        reference=new_reference(scheme.reference, "A"),
        scheme_id=scheme.id,
        line=line,
        state=C.PREPARED,
        pence=pence,
        description=description.strip(),
        incurred_on=incurred_on,
        document_id=document.id if document else None,
        prepared_by=act.person_id,
        prepared_at=act.now,
    )
    session.add(cost)
    begin_state(act.actor, "administration_cost.prepared", cost, at=act.now)
    return cost


def record_consent(act: Act, cost: AdminCost, document: Document, *, reason: str) -> None:
    """Notes that the funder consented to this cost beyond the agreement's cap, with its letter."""
    act.require(Permission.BATCHES_PREPARE, scheme_id=cost.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say what the funder consented to, and when."), "reason")
    cost = lock_cost(cost)
    if cost.state != C.PREPARED:
        raise DomainError(
            "not_prepared",
            said(
                "Cost %(cost)s is %(state)s: consent comes before its approval.",
                cost=cost.reference,
                state=said(cost.state),
            ),
        )
    cost.consent_document_id, cost.consent_reason, cost.consent_by = document.id, reason.strip(), act.person_id
    record(act.actor, "administration_cost.consent_recorded", cost, at=act.now, reason=reason.strip(), pence=cost.pence)


def approve_cost(act: Act, cost: AdminCost) -> None:
    """Another person approves a cost: the line's money stands as approved from now on.

    Raises Forbidden for whoever prepared it or noted the consent, and Conflict beyond the cap without the funder's
    consent or when the line has too little unallocated money.
    """
    act.require(Permission.BATCHES_APPROVE, scheme_id=cost.scheme_id)
    act.require_second_factor()
    # Costs of one agreement are approved one after the other, so that no two of them use the same room under its cap.
    session.get_one(Agreement, cost.line.agreement_id, with_for_update=True, populate_existing=True)
    cost = lock_cost(cost)
    refusal = why_not_approve_cost(act.actor, cost)
    if refusal:
        raise Forbidden("cost_duty", refusal)
    beyond = _beyond_cap(cost)
    change_state(
        act.actor,
        "administration_cost.approved",
        cost,
        C.APPROVED,
        COST_TRANSITIONS,
        at=act.now,
        reason=cost.consent_reason if beyond else "",
        override=Override.ADMINISTRATION_CAP if beyond else None,
        pence=beyond or None,
    )
    cost.approved_by, cost.approved_at, cost.beyond_pence = act.person_id, act.now, beyond
    _post(act, cost, EntryKind.ADMIN_APPROVED, [(Account.UNALLOCATED, Account.APPROVED)], cost.description, act.today)


def _beyond_cap(cost: AdminCost) -> int:
    """By how much the cost goes beyond the cap; raises Conflict when it does and the funder has not consented."""
    agreement = cost.line.agreement
    cap = administration_cap(agreement)
    beyond = cap.beyond(cost.pence)
    if beyond and cost.consent_by is None:
        raise Conflict(
            "beyond_the_cap",
            said(
                "With this cost administration would lie %(beyond)s beyond the cap of agreement "
                "%(agreement)s (%(cap)s of %(base)s). Record the funder's consent first, or withdraw the "
                "cost.",
                beyond=Amount(beyond),
                agreement=agreement.reference,
                cap=Share(cap.cap_bp or 0),
                base=Amount(cap.base(cost.pence)),
            ),
        )
    return beyond


def withdraw_cost(act: Act, cost: AdminCost, *, reason: str) -> None:
    """Takes a cost back that is not paid; an approved one gives its money back to the line."""
    act.require(Permission.BATCHES_PREPARE, scheme_id=cost.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: the reason stands in the history."), "reason")
    cost = lock_cost(cost)
    approved = cost.state == C.APPROVED
    change_state(
        act.actor, "administration_cost.withdrawn", cost, C.WITHDRAWN, COST_TRANSITIONS, at=act.now, reason=reason
    )
    if approved:
        _post(act, cost, EntryKind.ADMIN_WITHDRAWN, [(Account.APPROVED, Account.UNALLOCATED)], reason, act.today)


def match_cost(act: Act, line: BankLine, cost: AdminCost, *, reason: str = "") -> None:
    """Matches money out, wholly or in part, to an approved cost: defrayed on the bank's day.

    A line that was typed by whoever prepared or approved the cost proves nothing; one that does not carry the cost's
    reference needs a reason, and is counted.
    """
    line = open_line(act, line, out=True)
    cost = lock_cost(cost)
    if cost.state != C.APPROVED:
        raise DomainError(
            "not_approved",
            said("Cost %(cost)s is %(state)s; it cannot have been paid.", cost=cost.reference, state=said(cost.state)),
        )
    refusal = why_cost_line_is_no_evidence(line, cost)
    if refusal:
        raise Forbidden("bank_line_duty", refusal)
    if cost.pence > line.open_pence:
        words = said(
            "The line has %(open)s open; the cost is %(pence)s.", open=Amount(line.open_pence), pence=Amount(cost.pence)
        )
        raise DomainError("amounts_differ", words)
    named = cost.reference.upper().replace("-", "") in line.bank_reference.upper().replace("-", "").replace(" ", "")
    if not named and not reason.strip():
        words = said(
            "The line does not carry the reference %(cost)s. Say why it is that cost all the same.", cost=cost.reference
        )
        raise DomainError("reference_differs", words, "reason")
    take_from_line(line, cost.pence)
    routes = [(Account.APPROVED, Account.DEFRAYED), (Account.CASH, Account.CASH_PAID)]
    words = said("cost %(cost)s matched to bank line %(public_id)s", cost=cost.reference, public_id=line.public_id)
    _post(act, cost, EntryKind.ADMIN_PAID, routes, words, line.booked_on)
    change_state(
        act.actor,
        "administration_cost.paid",
        cost,
        C.PAID,
        COST_TRANSITIONS,
        at=act.now,
        reason=reason,
        override=None if named else Override.MATCH_WITHOUT_REFERENCE,
        pence=None if named else cost.pence,
    )
    note_match(act, line, MatchKind.ADMINISTRATION, cost.pence, admin_cost_id=cost.id, reason=reason)


def match_cost_return(act: Act, line: BankLine, cost: AdminCost, *, reason: str) -> None:
    """Matches money in to a paid cost that came back whole: reversed on the bank's day, approved again (rule 37)."""
    line = open_line(act, line, out=False)
    cost = lock_cost(cost)
    if cost.state != C.PAID:
        raise DomainError(
            "not_paid",
            said("Cost %(cost)s is %(state)s; it cannot have come back.", cost=cost.reference, state=said(cost.state)),
        )
    if cost.pence != line.open_pence:
        words = said(
            "The line has %(open)s open; the cost was %(pence)s.",
            open=Amount(line.open_pence),
            pence=Amount(cost.pence),
        )
        raise DomainError("amounts_differ", words)
    take_from_line(line, cost.pence)
    routes = [(Account.DEFRAYED, Account.APPROVED), (Account.CASH_BANK_RETURNS, Account.CASH)]
    why = reason or f"cost {cost.reference} returned by the bank"
    _post(act, cost, EntryKind.ADMIN_RETURNED, routes, why, line.booked_on)
    change_state(
        act.actor, "administration_cost.returned", cost, C.APPROVED, COST_TRANSITIONS, at=act.now, reason=reason
    )
    note_match(act, line, MatchKind.ADMINISTRATION_RETURN, cost.pence, admin_cost_id=cost.id, reason=reason)


def _post(
    act: Act, cost: AdminCost, kind: EntryKind, routes: list[tuple[Account, Account]], reason: str, on: date
) -> None:
    movements = [Move(cost.line_id, source, target, cost.pence) for source, target in routes]
    post(act, kind, cost.scheme_id, movements, reason=reason, happened_on=on)
