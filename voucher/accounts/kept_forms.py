"""What somebody sent after the session had ended: kept for that person, so that nothing typed is lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from voucher.accounts.models import KeptForm, SignInSession
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.keyring import KeyRing

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class PageAddress:
    """A page by its endpoint, the parts of its path and its query."""

    endpoint: str
    parts: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Kept:
    """What was entered, in the order in which the browser sent it, and the page whose form it belongs to."""

    public_id: str
    page: PageAddress
    fields: tuple[tuple[str, str], ...]


def held_by(token_hash: str) -> int | None:
    """Whose session this is or was: a person's id, also when the session has ended."""
    return session.scalar(select(SignInSession.person_id).where(SignInSession.token_hash == token_hash))


def keep_form(act: Act, person_id: int, page: PageAddress, fields: Iterable[tuple[str, str]]) -> str:
    """Keeps a person's entries for a day, instead of what was kept before, and gives the id to find them by.

    The caller leaves secrets out.
    """
    session.execute(delete(KeptForm).where(KeptForm.person_id == person_id))
    kept = KeptForm(
        person_id=person_id,
        address=act.ring.encrypt(json.dumps([page.endpoint, dict(page.parts), dict(page.query)])),
        fields=act.ring.encrypt(json.dumps([*fields])),
        kept_at=act.now,
    )
    session.add(kept)
    session.flush()
    return kept.public_id


def forget_kept(now: datetime) -> None:
    """Takes away whatever was kept for a day."""
    session.execute(delete(KeptForm).where(KeptForm.kept_at < now - KEPT_FOR))


def find_kept(ring: KeyRing, public_id: str, person_id: int | None, now: datetime) -> Kept | None:
    """What was kept under this id, for its own person only and for a day."""
    found = session.scalar(
        select(KeptForm).where(
            KeptForm.public_id == public_id, KeptForm.person_id == person_id, KeptForm.kept_at >= now - KEPT_FOR
        )
    )
    if found is None:
        return None
    endpoint, parts, query = json.loads(ring.decrypt(found.address))
    fields = tuple((name, value) for name, value in json.loads(ring.decrypt(found.fields)))
    return Kept(public_id, PageAddress(endpoint, parts, query), fields)
