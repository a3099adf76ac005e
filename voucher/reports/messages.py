"""What funders and auditors are told about statements."""

from __future__ import annotations

from sqlalchemy import select

from voucher.accounts.models import Person
from voucher.notifications.delivery import Mail, written
from voucher.notifications.models import OutboxMessage
from voucher.notifications.worker import Renderer
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.reports.models import CutOffReminder, Statement, StatementPaper
from voucher.reports.reminders import still_waiting
from voucher.reports.signing import check_address
from voucher.reports.verify.signed import read_signature
from voucher.schemes.models import Scheme

# What is behind these is as good to look up on the page; a mail of a thousand lines is read by nobody.
LISTED = 40


def statement_signed(act: Act, message: OutboxMessage) -> Mail:
    """That a statement was signed, with what its reader keeps to compare it with later."""
    statement = session.get_one(Statement, message.subject_ids["statement_id"])
    paper = session.scalars(select(StatementPaper).where(StatementPaper.statement_id == statement.id)).one()
    # What was signed is known before the paper is drawn, and does not change by it.
    signature = read_signature((paper.mandate or paper.signature or "").encode())
    return written(
        message.kind,
        person=session.get_one(Person, message.person_id).name,
        scheme=session.get_one(Scheme, statement.scheme_id),
        statement=statement,
        agreement=statement.agreement,
        key=signature.members["key_id"],
        public_key=signature.members["public_key"],
        head=signature.head,
        check_at=check_address(act.base_url, statement.public_id),
        keys_at=f"{act.base_url.rstrip('/')}/statement-keys",
    )


def cut_off(act: Act, message: OutboxMessage) -> Mail | None:
    """What still has to be done before a cut-off; None when all of it was done meanwhile."""
    reminder = session.get_one(CutOffReminder, message.subject_ids["reminder_id"])
    waiting = still_waiting(act, reminder)
    if not waiting:
        return None
    return written(
        message.kind,
        scheme=session.get_one(Scheme, reminder.scheme_id),
        cut_off_on=reminder.cut_off_on,
        waiting=waiting[:LISTED],
        more=max(len(waiting) - LISTED, 0),
        base_url=act.base_url,
    )


RENDERERS: dict[str, Renderer] = {
    "statement_signed": statement_signed,
    "cut_off_provider": cut_off,
    "cut_off_business": cut_off,
    "cut_off_office": cut_off,
}
