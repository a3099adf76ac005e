"""What the contact of a business is told about its voucher; the paper itself is drawn when it is sent."""

from __future__ import annotations

from functools import partial

from voucher.accounts.models import Person
from voucher.notifications.delivery import Attachment, Mail, written
from voucher.notifications.models import OutboxMessage
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import said
from voucher.subsidies.queries import latest_record
from voucher.subsidies.rules import RecordKind
from voucher.vouchers.credentials import LIVE
from voucher.vouchers.models import Voucher
from voucher.vouchers.paper import voucher_pdf
from voucher.vouchers.papers import paper_of


def issued(act: Act, message: OutboxMessage) -> Mail:
    """The voucher with the letter that confirms the subsidy (rule 40)."""
    voucher = _voucher(message)
    letter, reply = (latest_record(voucher.application_id, kind) for kind in (RecordKind.LETTER, RecordKind.REPLY))
    if letter is None or reply is None:
        raise DomainError(
            "no_letter",
            said("Voucher %(voucher)s lacks its subsidy letter or the reply before it.", voucher=voucher.reference),
        )
    papers = _papers(act, voucher)
    more = {"letter": letter, "reply": reply, "given_on": london_date(letter.at), "attached": bool(papers)}
    return written(message.kind, papers, **_common(message, voucher), **more)


def with_paper(act: Act, message: OutboxMessage) -> Mail:
    """The voucher's paper: a new one for one that was lost, the same for whoever asked for it, one with a later day."""
    voucher = _voucher(message)
    papers = _papers(act, voucher)
    return written(message.kind, papers, **_common(message, voucher), attached=bool(papers))


def told(_act: Act, message: OutboxMessage) -> Mail:
    """That something was done to the voucher; why is said to those who ask, for it may be about somebody else."""
    return written(message.kind, **_common(message, _voucher(message)))


def _voucher(message: OutboxMessage) -> Voucher:
    return session.get_one(Voucher, message.subject_ids["voucher_id"])


def _common(message: OutboxMessage, voucher: Voucher) -> dict[str, object]:
    person = session.get_one(Person, message.person_id) if message.person_id else voucher.application.contact
    return {
        "scheme": voucher.scheme,
        "voucher": voucher,
        "business": voucher.business.name,
        "person": person.name,
    }


def _papers(act: Act, voucher: Voucher) -> list[Attachment]:
    """The paper to print, drawn later; none for a voucher that has ended while its message waited."""
    if voucher.state not in LIVE:
        return []
    return [Attachment(f"{voucher.reference}.pdf", "application/pdf", partial(voucher_pdf, paper_of(act, voucher)))]


RENDERERS = {
    "voucher_issued": issued,
    "voucher_replaced": with_paper,
    "voucher_copy": with_paper,
    "voucher_extended": with_paper,
    "voucher_suspended": told,
    "voucher_resumed": told,
    "voucher_cancelled": told,
}
