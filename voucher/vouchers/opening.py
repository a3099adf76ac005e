"""Taking over an agreement that runs elsewhere: two people, one file, and everything of it marked *opening*.

The first person gives the file: it is worked through whole, undone to a savepoint, and proposed. A second person gives
the very same file: it is worked through again and stays. The opening figures count on the last day signed elsewhere,
so that they lie before the first period that is signed here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import TypeVar

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.funding.agreement_file import terms_of
from voucher.funding.commands import draw_on, sign_agreement
from voucher.funding.ledger import moves, post
from voucher.funding.models import Agreement, OpeningItem, Takeover
from voucher.funding.policy import why_not_carry_out
from voucher.funding.queries import balances, line_by_code
from voucher.funding.rules import Account, EntryKind, OpeningKind
from voucher.platform import toml
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import long_date
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, FileRefused, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.toml import Section
from voucher.platform.turns import Turn, take_turn
from voucher.schemes.commands import open_round
from voucher.schemes.models import Round, Scheme
from voucher.vouchers.opening_checks import check, name_rows, unsound
from voucher.vouchers.opening_file import Opening, OpeningMovement, read_opening
from voucher.vouchers.opening_vouchers import OpeningVouchers

A = Account
T = TypeVar("T")
# Where a command names its field otherwise than the file names its key.
_KEYS = {"shares": "line", "lines": "line", "pence": "line", "declared_pence": "declared"}


class Standing(StrEnum):
    """How far a file with opening figures has come."""

    TRIED = "tried"
    PROPOSED = "proposed"
    CARRIED_OUT = "carried out"


@dataclass(frozen=True)
class TakenOver:
    """What a file comes to, in pence as the ledger has it on the last day signed elsewhere."""

    standing: Standing
    agreement: str
    signed_through: date
    award_pence: int
    vouchers: int
    vouchers_pence: int
    payments: int
    payments_pence: int
    drawdowns: int
    drawdowns_pence: int
    unallocated_pence: int
    cash_pence: int


@dataclass(frozen=True)
class _Sitting:
    """One file in one person's hands; ``unread`` are its tables that could not be read in full."""

    act: Act
    scheme: Scheme
    file: Section
    sha256: str
    opening: Opening
    unread: frozenset[str]


def try_opening(act: Act, scheme: Scheme, data: bytes) -> TakenOver:
    """Works a file through and undoes it all: what it would come to. Raises FileRefused with every fault."""
    sitting = _begin(act, scheme, data)
    same = _same_file(sitting)
    return _tried(sitting, same or _same_agreement(sitting), Standing.TRIED)


def commit_opening(act: Act, scheme: Scheme, data: bytes) -> TakenOver:
    """Proposes a file, or carries it out when another person has proposed the very same one.

    Raises FileRefused with every fault by its key, Forbidden for the person who proposed it, and Conflict for a file
    that was carried out, or while another person's proposal for the agreement waits.
    """
    sitting = _begin(act, scheme, data)
    same = _same_file(sitting)
    if same is not None:
        return _carried_out(sitting, same)
    before = _same_agreement(sitting)
    if before is not None and before.approved_at is None and before.proposed_by != act.person_id:
        raise Conflict(
            "another_proposal",
            said(
                "Another person proposed other opening figures for agreement %(agreement_reference)s on "
                "%(proposed)s. Give that file, or let that person propose this one.",
                agreement_reference=before.agreement_reference,
                proposed=before.proposed_at,
            ),
            "file",
        )
    found = _tried(sitting, before, Standing.PROPOSED)
    _propose(sitting, before)
    return found


def _begin(act: Act, scheme: Scheme, data: bytes) -> _Sitting:
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=scheme.id)
    take_turn(Turn.TAKE_OVER, of=scheme.id)
    file = toml.read(data)
    opening = read_opening(scheme, file)
    unread = frozenset(unsound(file.faults))
    check(scheme, file, opening, act.today)
    return _Sitting(act, scheme, file, hashlib.sha256(data).hexdigest(), opening, unread)


def _same_file(sitting: _Sitting) -> Takeover | None:
    """The proposal of this very file, under lock; raises Conflict for one that was carried out."""
    same = session.scalar(select(Takeover).where(Takeover.sha256 == sitting.sha256).with_for_update())
    if same is None:
        return None
    if same.scheme_id != sitting.scheme.id:
        raise Conflict("file_seen", _("The same file was proposed for another scheme. Nothing was done."), "file")
    if same.approved_at is not None:
        raise Conflict(
            "file_seen",
            said("This file was carried out on %(approved)s.", approved=same.approved_at),
            "file",
        )
    return same


def _same_agreement(sitting: _Sitting) -> Takeover | None:
    return session.scalar(
        select(Takeover)
        .where(
            Takeover.scheme_id == sitting.scheme.id,
            Takeover.agreement_reference == sitting.opening.agreement.terms.reference,
        )
        .with_for_update()
    )


def _tried(sitting: _Sitting, takeover: Takeover | None, standing: Standing) -> TakenOver:
    """What the file comes to, with nothing of it left behind."""
    trial = session.begin_nested()
    found = _worked_through(sitting, takeover or _takeover(sitting), standing)
    trial.rollback()  # A file with a fault never comes here: the edge undoes all that it began.
    return found


def _propose(sitting: _Sitting, before: Takeover | None) -> None:
    takeover = before or _takeover(sitting)
    if before is not None:
        before.sha256, before.signed_through = sitting.sha256, sitting.opening.figures.signed_through
        before.proposed_at = sitting.act.now
    _note(sitting, takeover, "takeover.proposed_anew" if before else "takeover.proposed")


def _carried_out(sitting: _Sitting, takeover: Takeover) -> TakenOver:
    refusal = why_not_carry_out(sitting.act.actor, takeover)
    if refusal:
        raise Forbidden("two_people", refusal)
    found = _worked_through(sitting, takeover, Standing.CARRIED_OUT)
    takeover.approved_by, takeover.approved_at = sitting.act.person_id, sitting.act.now
    session.flush()
    _note(sitting, takeover, "takeover.carried_out", pence=found.award_pence)
    return found


def _takeover(sitting: _Sitting) -> Takeover:
    takeover = Takeover(
        scheme_id=sitting.scheme.id,
        agreement_reference=sitting.opening.agreement.terms.reference,
        sha256=sitting.sha256,
        signed_through=sitting.opening.figures.signed_through,
        proposed_by=sitting.act.person_id,
        proposed_at=sitting.act.now,
    )
    session.add(takeover)
    session.flush()
    return takeover


def _note(sitting: _Sitting, takeover: Takeover, action: str, pence: int | None = None) -> None:
    details = {"sha256": sitting.sha256, "signed_through": takeover.signed_through.isoformat()}
    record(sitting.act.actor, action, takeover, at=sitting.act.now, pence=pence, details=details)


def _worked_through(sitting: _Sitting, takeover: Takeover, standing: Standing) -> TakenOver:
    """Does all that the file says, as far as it can be read; raises FileRefused when anything was found wrong."""
    agreement = _agreement(sitting)
    if agreement is not None:
        checked = unsound(sitting.file.faults)
        for movement in (*sitting.opening.payments, *sitting.opening.drawdowns):
            if movement.section.name not in checked:
                _attempt(movement.section, "amounts", partial(_post, sitting, takeover, agreement, movement))
        target = _round(sitting, agreement)
        if target is not None:
            vouchers = OpeningVouchers(sitting.act, target, sitting.opening)
            for voucher in sitting.opening.vouchers:
                if voucher.section.name not in checked:
                    _attempt(voucher.section, "value", partial(vouchers.take_over, voucher))
    if agreement is None or sitting.file.faults:
        raise FileRefused(name_rows(sitting.opening, sitting.file.faults))
    session.flush()  # Every posting is written before the period closes: the database refuses one that comes after.
    agreement.closed_through = sitting.opening.figures.signed_through
    session.flush()
    return _totals(sitting.opening, agreement, standing)


def _attempt(section: Section, key: str, step: Callable[[], T]) -> T | None:
    """Does one step; what a command refuses undoes it and becomes a fault, under this key if no better one is named."""
    try:
        with session.begin_nested():
            return step()
    except DomainError as refusal:
        section.fault(_KEYS.get(refusal.field or "", refusal.field or key), refusal.message)
        return None


def _agreement(sitting: _Sitting) -> Agreement | None:
    if sitting.unread & {"opening", "agreement"}:
        return None

    def signed() -> Agreement:
        return sign_agreement(sitting.act, sitting.scheme, terms_of(sitting.act, sitting.opening.agreement))

    return _attempt(sitting.file.section("agreement"), "reference", signed)


def _round(sitting: _Sitting, agreement: Agreement) -> Round | None:
    """The round over the agreement's lines, opened when the payments have left them: it promises only what is there."""
    if "round" in unsound(sitting.file.faults):
        return None

    def opened() -> Round:
        target = open_round(sitting.act, sitting.scheme, sitting.opening.round)
        for line in agreement.lines:
            session.refresh(line)  # The ledger has moved their guards since they were read.
        draw_on(sitting.act, target, [(line_by_code(agreement, x.line), x.share_bp) for x in sitting.opening.shares])
        return target

    return _attempt(sitting.opening.round_section, "line", opened)


def _post(sitting: _Sitting, takeover: Takeover, agreement: Agreement, movement: OpeningMovement) -> None:
    parts = {line_by_code(agreement, code).id: pence for code, pence in movement.amounts.items()}
    session.add_all(
        OpeningItem(
            takeover_id=takeover.id,
            line_id=line_id,
            kind=str(movement.kind),
            old_reference=movement.old_reference,
            counterparty=movement.counterparty,
            pence=pence,
            happened_on=movement.happened_on,
        )
        for line_id, pence in parts.items()
    )
    if movement.kind is OpeningKind.PAYMENT:
        movements = [*moves(parts, A.UNALLOCATED, A.DEFRAYED), *moves(parts, A.CASH, A.CASH_PAID)]
    else:
        movements = moves(parts, A.CASH_DRAWN, A.CASH)
    what = " ".join(["opening:", movement.kind, movement.old_reference]).rstrip()
    post(
        sitting.act,
        EntryKind.OPENING,
        agreement.scheme_id,
        movements,
        reason=f"{what} of {long_date(movement.happened_on)}",
        happened_on=sitting.opening.figures.signed_through,
    )


def _totals(opening: Opening, agreement: Agreement, standing: Standing) -> TakenOver:
    at = balances([line.id for line in agreement.lines], opening.figures.signed_through).values()

    def total(account: Account) -> int:
        return sum(line[account] for line in at)

    return TakenOver(
        standing=standing,
        agreement=agreement.reference,
        signed_through=opening.figures.signed_through,
        award_pence=-total(A.AWARD),
        vouchers=len(opening.vouchers),
        vouchers_pence=total(A.COMMITTED),
        payments=len(opening.payments),
        payments_pence=total(A.DEFRAYED),
        drawdowns=len(opening.drawdowns),
        drawdowns_pence=-total(A.CASH_DRAWN),
        unallocated_pence=total(A.UNALLOCATED),
        cash_pence=total(A.CASH),
    )
