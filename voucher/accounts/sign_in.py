"""Signing in and out: a session is a row with a keyed hash, and limits are counted from rows of failed attempts."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Select, and_, bindparam, func, select

from voucher.accounts.models import Membership, Person, SignInAttempt, SignInSession
from voucher.accounts.queries import actor_for, held_at
from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import UtcDateTime, engine, session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _

HASHER = PasswordHasher()

SESSION_LASTS = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
FAILURES_PER_EMAIL = 5
FAILURES_PER_ADDRESS = 20

# Numbers of our own for PostgreSQL's advisory locks. Everybody takes them in this order, so nobody waits in a circle.
_EMAIL_LOCK, _ADDRESS_LOCK = 7_461_011, 7_461_012

_WRONG = _("The e-mail address or the password is not right. Check both and try again.")
_LOCKED = _("Too many attempts to sign in have failed. Wait 15 minutes, then try again.")


@dataclass(frozen=True)
class Holder:
    """Whose session it is, with the roles that the person holds."""

    person: Person
    held: Sequence[Membership]


@dataclass(frozen=True)
class SignedIn:
    """A session has begun; the browser keeps the token, and nobody else does."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class SignInRefused:
    """No session: a value and not an error, because the failed attempt is kept and must commit."""

    code: str
    message: str


def sign_in(act: Act, *, email: str, password: str, address: str) -> SignedIn | SignInRefused:
    """Begins a session of 12 hours for the active person with this e-mail address and password.

    One answer for an unknown address, a wrong password, a person without a password and a suspended one. Raises
    DomainError ``locked`` after 5 failures for the e-mail address or 20 from the network address in 15 minutes.
    """
    email = email.strip().lower()
    queue_up(email, address)
    check_limits(email, address, act.now)
    person = session.scalar(select(Person).where(Person.email == email, Person.active))
    hashed = person.password_hash if person else None
    fits = _password_fits(hashed, password)
    if person is None or hashed is None or not fits:
        session.add(SignInAttempt(email=email, address=address, at=act.now))
        return SignInRefused("sign_in_wrong", _WRONG)
    if HASHER.check_needs_rehash(hashed):
        person.password_hash = HASHER.hash(password)
    return begin(act, person, address)


def hash_of(password: str) -> str:
    """What is stored of a password: argon2id with a salt of its own."""
    return HASHER.hash(password)


def password_is(person: Person, password: str) -> bool:
    """Whether this is the person's password."""
    return _password_fits(person.password_hash, password)


def holder_of(token_hash: str, now: datetime) -> Holder | None:
    """Whose session this is; None when it was ended, has run out, or the person was suspended."""
    rows = session.execute(_holder(), {"token_hash": token_hash, "now": now}).all()
    return Holder(rows[0].Person, [row.Membership for row in rows if row.Membership]) if rows else None


@cache
def _holder() -> Select[Person, Membership]:
    """One query, and made once, because every request asks it."""
    now = bindparam("now", type_=UtcDateTime())
    return (
        select(Person, Membership)
        .join(SignInSession, SignInSession.person_id == Person.id)
        .outerjoin(Membership, and_(Membership.person_id == Person.id, held_at(now)))
        .where(
            SignInSession.token_hash == bindparam("token_hash"),
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > now,
            Person.active,
        )
        .order_by(Membership.id)
    )


def sign_out(act: Act, token: str) -> None:
    """Ends the session of this token; nothing happens when it has ended already."""
    found = session.execute(
        select(SignInSession, Person)
        .join(Person, Person.id == SignInSession.person_id)
        .where(SignInSession.token_hash == act.ring.lookup_hash(token), SignInSession.ended_at.is_(None))
    ).one_or_none()
    if found:
        found.SignInSession.ended_at = act.now
        record(act.actor, "person.signed_out", found.Person, at=act.now)


def end_sessions(act: Act, person: Person) -> int:
    """Ends all of a person's sessions and says how many: one's own, or anybody's by who manages people."""
    if act.actor.person_id != person.id:
        act.require(Permission.ADMIN_PEOPLE_MANAGE)
    running = session.scalars(
        select(SignInSession).where(SignInSession.person_id == person.id, SignInSession.ended_at.is_(None))
    ).all()
    for each in running:
        each.ended_at = act.now
    record(act.actor, "person.sessions_ended", person, at=act.now, details={"sessions": len(running)})
    return len(running)


def queue_up(email: str, address: str) -> None:
    """Lets attempts come one after the other, for many at once would all find the count low.

    SQLite has one writer anyway.
    """
    if engine().dialect.name == "postgresql":
        for lock, name in ((_EMAIL_LOCK, email), (_ADDRESS_LOCK, address)):
            session.execute(select(func.pg_advisory_xact_lock(lock, func.hashtext(name))))


def check_limits(email: str, address: str, now: datetime) -> None:
    """Raises DomainError ``locked`` when too many attempts for the e-mail or network address have failed."""
    for column, value, limit in (
        (SignInAttempt.email, email, FAILURES_PER_EMAIL),
        (SignInAttempt.address, address, FAILURES_PER_ADDRESS),
    ):
        recent = select(func.count()).where(column == value, SignInAttempt.at > now - WINDOW)
        if (session.scalar(recent) or 0) >= limit:
            raise DomainError("locked", _LOCKED)


def _password_fits(hashed: str | None, password: str) -> bool:
    """Whether the password is the one behind the hash; without a hash it takes as long, so that time tells nothing."""
    if hashed is None:
        HASHER.hash(password)
        return False
    try:
        return HASHER.verify(hashed, password)
    except VerifyMismatchError:
        return False


def begin(act: Act, person: Person, address: str) -> SignedIn:
    """Begins a session of somebody who has proven who they are; whoever calls it has counted the failures."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            person_id=person.id,
            token_hash=act.ring.lookup_hash(token),
            began_at=act.now,
            expires_at=act.now + SESSION_LASTS,
            address=address,
        )
    )
    actor = actor_for(person, act.actor.channel, act.now, address)
    record(actor, "person.signed_in", person, at=act.now)
    return SignedIn(token)
