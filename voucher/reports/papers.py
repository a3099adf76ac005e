"""The papers of signed statements: ordered while signing, drawn afterwards by a worker, each once.

Three kinds of short transactions, and nothing is locked in between: (1) the lease, by one conditional UPDATE; (2) how
far the drawing has come, which makes the lease last longer; (3) the document and its signature, kept only by whoever
still holds the lease. A process may die at any moment: then there is no document, and whoever comes when the lease has
run out draws the same paper from the same frozen row. What is printed and signed was settled at signing, as the row's
mandate, so that it does not matter who draws it, or when.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, select, true, update

from voucher.audit.commands import record
from voucher.documents.commands import RETAINED_STATEMENT, keep_own_document
from voucher.notifications.worker import why
from voucher.platform.act import Act
from voucher.platform.actor import WORKER
from voucher.platform.db import atomic, changed_one, consistent_read, new_public_id, session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.languages import tongue_of_papers
from voucher.platform.logs import LOG, log_fault
from voucher.reports.models import Statement, StatementPaper
from voucher.reports.paper import signed_statement_pdf
from voucher.reports.signing import check_address, signer_again, signer_for
from voucher.reports.verify.signed import Signature, Signer, SignOff, mandate, read_signature, unsigned

# Longer than the front of a statement or the longest silence of a mail server: what is drawn is told each second.
LEASE = timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
TOLD_SECONDS = 1.0

_FORSAKEN = _("The program that drew it was ended before it was done.")
_IN_THE_LOG = _("An error in the program or on its machine (%(error)s). The worker's log has more about it.")
_ELSEWHERE = _("The paper is being drawn by another process just now. Give the command again in a minute.")
_FAILED = _("The paper could not be drawn. %(why)s")


class LeaseLost(Exception):
    """Somebody else draws this paper now, or has drawn it: whatever was made here is not kept."""


@dataclass(frozen=True)
class Leased:
    """A paper that the process of this name holds."""

    paper_id: int
    holder: str


@dataclass(frozen=True)
class Order:
    """What a paper is to say, as it was settled at signing."""

    data: dict[str, Any]
    data_hash: str
    sign_off: SignOff
    signer: Signer
    check_at: str


def order_paper(act: Act, statement: Statement, sign_off: SignOff) -> StatementPaper:
    """Has the paper of a statement that is being signed drawn after the commit.

    The signer's key, the audit trail's head and the sign-off are settled now, under the key's own signature: a worker
    signs nothing that was not ordered in this way.
    """
    data = json.loads(statement.data)
    signer = signer_for(act)
    blank = unsigned(str(data["header"]["statement"]), statement.data_hash, sign_off, signer)
    paper = StatementPaper(
        scheme_id=statement.scheme_id,
        statement_id=statement.id,
        ordered_at=act.now,
        mandate=mandate(blank, signer).decode(),
        check_at=check_address(act.base_url, statement.public_id),
        lines=len(data["transactions"]),
        due_at=act.now,
    )
    session.add(paper)
    return paper


def draw_one(act: Act, meanwhile: Callable[[], object] = lambda: None) -> bool | None:
    """Draws the paper that has been due for longest: True when it is kept, False when not, None when none is due.

    ``meanwhile`` is called about once a second while it is drawn, outside of any transaction.
    """
    leased = take(act)
    return None if leased is None else _draw(act, leased, meanwhile)


def draw_now(act: Act, statement_id: int) -> None:
    """Comes back when the paper of a signed statement is drawn: here, or by the worker that draws it just now.

    Raises Conflict with the reason when it could not be drawn, or when another process takes too long.
    """
    act, end = replace(act, actor=WORKER), time.monotonic() + LEASE.total_seconds()
    while not _is_drawn(statement_id):
        leased = take(act, statement_id)
        if leased is not None:
            if not _draw(act, leased):
                with consistent_read():
                    error = session.scalar(select(StatementPaper.last_error).where(_of(statement_id))) or ""
                raise Conflict("paper_failed", said(_FAILED, why=said(error)))
        elif time.monotonic() > end:
            raise Conflict("paper_elsewhere", _ELSEWHERE)
        else:
            time.sleep(TOLD_SECONDS)


def take(act: Act, statement_id: int | None = None) -> Leased | None:
    """Leases the paper that has been due for longest, or that of a statement even while it waits for its next try.

    In a transaction of its own. None when there is none, and when another process was faster.
    """
    now, holder = act.now, f"{socket.gethostname()}:{os.getpid()}:{new_public_id()}"
    wanted = _of(statement_id) if statement_id is not None else StatementPaper.due_at <= now
    with atomic():
        paper_id = session.scalar(
            select(StatementPaper.id)
            .where(wanted, _free(act))
            .order_by(StatementPaper.due_at, StatementPaper.id)
            .limit(1)
        )
        if paper_id is None:
            return None
        change = (
            update(StatementPaper)
            .where(StatementPaper.id == paper_id, _free(act))
            .values(
                holder=holder,
                lease_until=now + LEASE,
                attempts=StatementPaper.attempts + 1,
                lines_done=0,
                last_error=case((StatementPaper.holder.is_not(None), _FORSAKEN), else_=StatementPaper.last_error),
            )
        )
        if not changed_one(session.execute(change, execution_options={"synchronize_session": False})):
            return None
    return Leased(paper_id, holder)


def _draw(act: Act, leased: Leased, meanwhile: Callable[[], object] = lambda: None) -> bool:
    try:
        order = ordered(act, leased)
        pdf, signature = signed_statement_pdf(
            order.data,
            data_hash=order.data_hash,
            sign_off=order.sign_off,
            signer=order.signer,
            check_at=order.check_at,
            told=_Progress(act, leased, meanwhile),
            tongue=tongue_of_papers(),
        )
        keep(act, leased, pdf, signature)
    except LeaseLost:
        LOG.warning("the paper of a statement was drawn by another process", paper=leased.paper_id)
        return False
    except Exception as error:  # Whatever went wrong with one paper, the worker goes on, and it is tried again.
        log_fault(error)
        put_back(act, leased, error)
        return False
    return True


def ordered(act: Act, leased: Leased) -> Order:
    """What is to be drawn. Raises DomainError unless the signer's key has signed just this."""
    act.ring.refresh()  # The key may be younger than this process.
    with consistent_read():
        paper = session.get_one(StatementPaper, leased.paper_id)
        statement = session.get_one(Statement, paper.statement_id)
        reference, data, data_hash = statement.reference, statement.data, statement.data_hash
        signed, check_at = read_signature((paper.mandate or "").encode()), paper.check_at or ""
    _check_mandate(signed, reference, data_hash)
    return Order(json.loads(data), data_hash, signed.members["sign_off"], signer_again(act, signed), check_at)


def _check_mandate(signed: Signature, reference: str, data_hash: str) -> None:
    says = (signed.members["statement"], signed.members["data_hash"])
    if says != (reference, data_hash) or not signed.verifies():
        raise DomainError(
            "not_mandated", _("What is stored is not what was signed: the database was changed. Nothing is drawn.")
        )


class _Progress:
    """Tells about once a second how far a paper has come; whoever has lost the lease in the meantime stops there."""

    def __init__(self, act: Act, leased: Leased, meanwhile: Callable[[], object]) -> None:
        self._act, self._leased, self._meanwhile = act, leased, meanwhile
        self._told = time.monotonic()

    def __call__(self, drawn: int) -> None:
        if time.monotonic() - self._told < TOLD_SECONDS:
            return
        with atomic():
            _change_held(self._leased, {"lines_done": drawn, "lease_until": self._act.now + LEASE})
        self._meanwhile()
        self._told = time.monotonic()


def keep(act: Act, leased: Leased, pdf: bytes, signature: str) -> None:
    """Keeps the document with its signature in one transaction; raises LeaseLost when the paper is somebody else's."""
    act.files.put(pdf)  # before it: writing takes a while, and a file without a row is harmless
    with atomic():
        paper = session.get_one(StatementPaper, leased.paper_id, populate_existing=True)
        statement = session.get_one(Statement, paper.statement_id)
        document = keep_own_document(
            act,
            scheme_id=statement.scheme_id,
            data=pdf,
            name=f"{statement.reference}.pdf",
            retention_class=RETAINED_STATEMENT,
            media_type="application/pdf",
        )
        result = {"document_id": document.id, "signature": signature, "drawn_at": act.now}
        _change_held(
            leased,
            result | {"holder": None, "lease_until": None, "last_error": "", "lines_done": StatementPaper.lines},
        )
        record(act.actor, "statement.paper_drawn", statement, at=act.now, details={"sha256": document.sha256})


def put_back(act: Act, leased: Leased, error: Exception) -> None:
    """Lets a paper wait before it is tried again, longer each time, without limit to the number of times."""
    try:
        with atomic():
            attempts = session.get_one(StatementPaper, leased.paper_id, populate_existing=True).attempts
            wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
            _change_held(
                leased,
                {"due_at": act.now + wait, "holder": None, "lease_until": None, "last_error": in_words(error)},
            )
    except LeaseLost:
        LOG.warning("the paper of a statement is drawn by another process", paper=leased.paper_id)


def in_words(error: Exception) -> str:
    """Why a paper was not drawn, for people: a refusal's own words, of anything else its kind and no more."""
    return error.message if isinstance(error, DomainError) else said(_IN_THE_LOG, error=why(error))


def _change_held(leased: Leased, values: Mapping[str, Any]) -> None:
    """Changes a paper that this process still holds; raises LeaseLost when it does not."""
    change = update(StatementPaper).where(_held(leased)).values(**values)
    if not changed_one(session.execute(change, execution_options={"synchronize_session": False})):
        raise LeaseLost


def _held(leased: Leased) -> ColumnElement[bool]:
    return and_(StatementPaper.id == leased.paper_id, StatementPaper.holder == leased.holder)


def _free(act: Act) -> ColumnElement[bool]:
    run_out = or_(StatementPaper.lease_until.is_(None), StatementPaper.lease_until <= act.now)
    return and_(StatementPaper.drawn_at.is_(None), run_out)


def _of(statement_id: int) -> ColumnElement[bool]:
    return StatementPaper.statement_id == statement_id


def _is_drawn(statement_id: int) -> bool:
    with consistent_read():
        return session.scalar(select(true()).where(_of(statement_id), StatementPaper.drawn_at.is_not(None))) is not None
