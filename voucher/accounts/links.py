"""One-time links: what a mail that asks for an answer carries (rule 15).

The token follows from the key ring and the link's public id; only its keyed hash is stored, so that a reader of the
database can answer nothing. Opening a link changes nothing; the button behind it uses it.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select, update

from voucher.accounts.models import OneTimeLink, Person
from voucher.accounts.rules import LINK_DAYS, Purpose
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.db import changed_one, new_public_id, session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.keyring import KeyRing

_NOT_GOOD = _(
    "This link is not good any more: it was used, it is too old, or it was not copied in full. Ask for another."
)


def make_link(act: Act, person: Person, purpose: Purpose, subject_id: int, *, intent: str = "") -> OneTimeLink:
    """A link to one page with one purpose for one person, good for ``LINK_DAYS`` days and one answer.

    The same ``intent`` (a message that is drawn again after a failure) gets the same link again, as long as it is
    unused; without one, every call makes another.
    """
    public_id = act.ring.lookup_hash(f"link for {intent}")[:32] if intent else new_public_id()
    link = session.scalar(select(OneTimeLink).where(OneTimeLink.public_id == public_id)) or OneTimeLink(
        public_id=public_id,
        token_hash=_token_hash(act.ring, act.ring.link_token(public_id)),
        person_id=person.id,
        purpose=str(purpose),
        subject_id=subject_id,
        made_at=act.now,
    )
    link.expires_at = act.now + timedelta(days=LINK_DAYS)
    session.add(link)
    session.flush()
    return link


def link_address(ring: KeyRing, base_url: str, link: OneTimeLink) -> str:
    """The address that goes into a mail and nowhere else."""
    return f"{base_url.rstrip('/')}/L/{ring.link_token(link.public_id)}"


def mailed_link(act: Act, person: Person, purpose: Purpose, subject_id: int, *, message_id: int) -> tuple[str, date]:
    """The address that a message carries, one for each message, and the day on which it stops working."""
    link = make_link(act, person, purpose, subject_id, intent=f"message {message_id}")
    return link_address(act.ring, act.base_url, link), london_date(link.expires_at)


def open_link(act: Act, token: str) -> OneTimeLink:
    """The link behind a token; raises one and the same NotFound for an unknown, used or old one, or a person gone."""
    link = session.scalar(
        select(OneTimeLink)
        .join(Person, Person.id == OneTimeLink.person_id)
        .where(
            OneTimeLink.token_hash == _token_hash(act.ring, token.strip().upper()),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > act.now,
            Person.active,
        )
    )
    if link is None:
        raise NotFound("no_link", _NOT_GOOD)
    return link


def use_link(act: Act, link: OneTimeLink) -> None:
    """Marks the link as used, in the transaction of the answer; of two at once one gets NotFound, as ``open_link``."""
    guarded = (
        update(OneTimeLink)
        .where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > act.now)
        .values(used_at=act.now)
    )
    if not changed_one(session.execute(guarded, execution_options={"synchronize_session": False})):
        raise NotFound("no_link", _NOT_GOOD)
    session.refresh(link)


def _token_hash(ring: KeyRing, token: str) -> str:
    return ring.lookup_hash(f"link {token}")
