"""Agreements: signing one, and opening a round over its lines; ``changes`` has what changes a signed one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.funding.conditions import Conditions
from voucher.funding.ledger import Move, post
from voucher.funding.models import Agreement, FundingLine, RoundLine
from voucher.funding.queries import line_by_code
from voucher.funding.rules import Account, ChangeState, EntryKind, LineKind, last_day_fits
from voucher.funding.versions import keep_conditions, log_change
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.schemes.models import Round, Scheme


@dataclass(frozen=True)
class LineTerms:
    """A line as an agreement gives it: its code, name, kind and award in pence."""

    code: str
    name: str
    kind: LineKind
    pence: int


@dataclass(frozen=True)
class AgreementTerms:
    """What a funder's agreement says."""

    reference: str
    funder_id: int
    signed_on: date
    starts_on: date
    ends_on: date
    lines: tuple[LineTerms, ...]
    intervention_rate_bp: int | None
    recoveries_reusable: bool
    signer_title: str
    signer_statute: str
    signer_wording: str
    conditions: Conditions = field(default_factory=Conditions)


def sign_agreement(act: Act, scheme: Scheme, terms: AgreementTerms, *, closed_through: date | None = None) -> Agreement:
    """Enters a funder's signed agreement: its award becomes unallocated money of its lines.

    ``closed_through`` is given when a scheme is taken over with figures already signed elsewhere.
    """
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=scheme.id)
    if terms.starts_on > terms.ends_on:
        raise DomainError("dates", _("The agreement ends before it starts."), "ends_on")
    if not terms.lines:
        raise DomainError("no_lines", _("An agreement has at least one funding line."), "lines")
    codes = [line.code for line in terms.lines]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise DomainError(
            "line_twice", said("Line %(twice)s is there twice: give each line a code of its own.", twice=twice), "lines"
        )
    if session.scalar(
        select(Agreement.id).where(Agreement.scheme_id == scheme.id, Agreement.reference == terms.reference)
    ):
        raise DomainError(
            "agreement_exists", said("Agreement %(terms)s is there already.", terms=terms.reference), "reference"
        )
    agreement = Agreement(
        scheme_id=scheme.id,
        funder_id=terms.funder_id,
        reference=terms.reference,
        version=1,
        signed_on=terms.signed_on,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        closed_through=closed_through,
        intervention_rate_bp=terms.intervention_rate_bp,
        recoveries_reusable=terms.recoveries_reusable,
        signer_title=terms.signer_title,
        signer_statute=terms.signer_statute,
        signer_wording=terms.signer_wording,
    )
    session.add(agreement)
    session.flush()
    _add_lines(act, agreement, terms.lines)
    awards = {line.code: line.pence for line in terms.lines}
    keep_conditions(act, agreement, terms.conditions, awards, reason="agreement signed")
    record(act.actor, "agreement.signed", agreement, at=act.now, pence=sum(line.pence for line in terms.lines))
    return agreement


def _add_lines(act: Act, agreement: Agreement, lines: Sequence[LineTerms]) -> None:
    for position, line in enumerate(lines, start=1):
        if line.pence < 0:
            raise DomainError(
                "negative_award", said("Line %(line)s: an award is not below zero.", line=line.code), "pence"
            )
        session.add(
            FundingLine(
                scheme_id=agreement.scheme_id,
                agreement_id=agreement.id,
                code=line.code,
                name=line.name,
                kind=str(line.kind),
                position=position,
            )
        )
    session.flush()
    session.refresh(agreement, ["lines"])
    awards = {line_by_code(agreement, line.code).id: line.pence for line in lines}
    given = {line.code: line.pence for line in lines}
    log_change(act, agreement, given, "agreement signed", ChangeState.APPLIED)
    raised = [Move(i, Account.AWARD, Account.UNALLOCATED, pence) for i, pence in awards.items() if pence]
    if raised:
        post(
            act,
            EntryKind.AGREEMENT_RAISED,
            agreement.scheme_id,
            raised,
            reason=f"agreement {agreement.reference} signed",
            happened_on=agreement.signed_on,
        )


def draw_on(act: Act, target: Round, shares: Sequence[tuple[FundingLine, int]]) -> None:
    """Says which lines a round draws on, and with which fixed shares in ten-thousandths that sum to 10,000.

    Raises DomainError when the round has no budget, when a line has less unallocated than the round would draw from it,
    and when a voucher issued on the round's last day could not be claimed and paid before an agreement ends (rule 25).
    """
    if sum(share for _line, share in shares) != 10_000:
        raise DomainError("shares", _("The lines' shares must come to 100%."), "shares")
    if target.budget_pence <= 0:
        raise DomainError("no_budget", _("A round cannot open without a budget."), "budget")
    for position, (line, share_bp) in enumerate(shares, start=1):
        needed = target.budget_pence * share_bp // 10_000
        if line.kind == LineKind.ADMINISTRATION:
            raise DomainError(
                "administration_line", said("Line %(line)s is for administration only.", line=line.code), "shares"
            )
        if needed > line.unallocated_pence:
            raise DomainError(
                "budget_beyond_line",
                said(
                    "The round would draw %(needed)s from line %(line)s, which has %(unallocated)s unallocated.",
                    needed=Amount(needed),
                    line=line.code,
                    unallocated=Amount(line.unallocated_pence),
                ),
                "budget",
            )
        late = _late_last_day(target, line.agreement)
        if late:
            raise DomainError("too_late", late, "closes_on")
        session.add(RoundLine(round_id=target.id, line_id=line.id, share_bp=share_bp, position=position))
    session.flush()


def check_rounds_end_in_time(act: Act, scheme: Scheme) -> None:
    """Raises DomainError when settings let a voucher of a round that has not closed outlast what may be paid for it."""
    rounds = select(RoundLine, Round).join(Round, Round.id == RoundLine.round_id)
    still_open = rounds.where(Round.scheme_id == scheme.id, Round.closes_on >= act.today)
    for drawn, target in session.execute(still_open.order_by(Round.id, RoundLine.position)).all():
        late = _late_last_day(target, drawn.line.agreement)
        if late:
            raise DomainError("too_late", said("Round %(target)s: %(late)s", target=target.code, late=late))


def _late_last_day(target: Round, agreement: Agreement) -> str | None:
    """What to say of a round whose last voucher would leave no time to claim and pay; None for one in time."""
    scheme = target.scheme
    last_day = date.fromordinal(target.closes_on.toordinal() + scheme.offer_days + target.voucher_type.validity_days)
    last_day = min(last_day, scheme.ends_on)
    if last_day_fits(
        last_day,
        claim_window_days=scheme.claim_window_days,
        payment_days=scheme.payment_days,
        agreement_ends_on=agreement.ends_on,
    ):
        return None
    return said(
        "A voucher of this round could run to %(last_day)s; %(days)s days to claim and %(payment_days)s to pay go "
        "beyond the end of agreement %(agreement)s.",
        last_day=last_day,
        days=scheme.claim_window_days,
        payment_days=scheme.payment_days,
        agreement=agreement.reference,
    )
