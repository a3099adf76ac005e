"""Signing in, and registering, by a code of 6 digits that is sent by e-mail.

Whether an address is known is told to nobody who cannot read its mail: a code goes to every address, and only after it
was entered does a new person give a name. The code follows from the key ring and is made again when it is sent, so
neither the outbox nor the database holds it. It is good for 10 minutes, 5 tries and one use, in the
browser that asked for it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from voucher.accounts.commands import add_oneself
from voucher.accounts.models import Person, SignInAttempt, SignInCode
from voucher.accounts.rules import CODE_MINUTES, CODE_TRIES, REGISTER_MINUTES
from voucher.accounts.sign_in import WINDOW, SignedIn, SignInRefused, begin, check_limits, queue_up
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.db import changed_one, new_public_id, session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _

CODES_PER_EMAIL = 3
CODES_PER_ADDRESS = 20

_WRONG = _("This code is not right, or is no longer good. Check it, or ask for a new one.")
_TOO_MANY = _("Too many codes were asked for. Wait 15 minutes, then try again.")
_START_AGAIN = _("That took too long. Ask for a new code.")


@dataclass(frozen=True)
class EmailProven:
    """The code was right and nobody is known by its address: whoever entered it may register with it."""

    email: str


def ask_code(act: Act, *, email: str, address: str) -> SignInCode:
    """Sends a code to an address, known or not; only a suspended person gets none, and is not told so here.

    Raises DomainError ``locked`` after 3 codes for the e-mail address or 20 for the network address in 15 minutes.
    """
    email = email.strip().lower()
    queue_up(email, address)
    _check_asked(email, address, act.now)
    public_id = new_public_id()
    code = SignInCode(
        public_id=public_id,
        email=email,
        code_hash=_hash(act, public_id, act.ring.sign_in_code(public_id)),
        address=address,
        made_at=act.now,
        expires_at=act.now + timedelta(minutes=CODE_MINUTES),
    )
    session.add(code)
    session.flush()
    person = session.scalar(select(Person).where(Person.email == email))
    if person is None or person.active:
        person_id = person.id if person else None
        tell(act, "sign_in_code", email=email, scheme_id=None, person_id=person_id, code_id=code.id)
    return code


def enter_code(act: Act, public_id: str, code: str, *, address: str) -> SignedIn | EmailProven | SignInRefused:
    """Begins a session for the person of the code's address, or says that the address is new and proven.

    A wrong code is a value and not an error, because the failure is kept. Raises DomainError ``locked`` as signing in
    by password does, whose failures count with these.
    """
    asked = session.scalar(select(SignInCode).where(SignInCode.public_id == public_id))
    if asked is None:
        return SignInRefused("code_wrong", _WRONG)
    queue_up(asked.email, address)
    check_limits(asked.email, address, act.now)
    fits = hmac.compare_digest(_hash(act, public_id, "".join(code.split())), asked.code_hash)
    if not _takes_a_try(act, asked) or not fits:
        session.add(SignInAttempt(email=asked.email, address=address, at=act.now))
        return SignInRefused("code_wrong", _WRONG)
    asked.used_at = act.now
    person = session.scalar(select(Person).where(Person.email == asked.email))
    if person is None:
        return EmailProven(asked.email)
    if not person.active:
        return SignInRefused("code_wrong", _WRONG)
    return begin(act, person, address)


def proven_email(act: Act, public_id: str) -> str:
    """The address that a code has just proven, and nobody has registered with; raises DomainError otherwise."""
    asked = session.scalar(
        select(SignInCode).where(
            SignInCode.public_id == public_id, SignInCode.used_at > act.now - timedelta(minutes=REGISTER_MINUTES)
        )
    )
    if asked is None or session.scalar(select(Person.id).where(Person.email == asked.email)):
        raise DomainError("start_again", _START_AGAIN)
    return asked.email


def register(act: Act, public_id: str, *, name: str, address: str) -> SignedIn:
    """Adds whoever has proven an address by its code, and begins their session."""
    email = proven_email(act, public_id)
    queue_up(email, address)
    return begin(act, add_oneself(act, name=name, email=email), address)


def _takes_a_try(act: Act, asked: SignInCode) -> bool:
    """Counts one try, if the code still has one; of two at once each takes its own."""
    guarded = (
        update(SignInCode)
        .where(
            SignInCode.id == asked.id,
            SignInCode.tries < CODE_TRIES,
            SignInCode.used_at.is_(None),
            SignInCode.expires_at > act.now,
        )
        .values(tries=SignInCode.tries + 1)
    )
    taken = changed_one(session.execute(guarded, execution_options={"synchronize_session": False}))
    session.refresh(asked)
    return taken


def _check_asked(email: str, address: str, now: datetime) -> None:
    for column, value, limit in (
        (SignInCode.email, email, CODES_PER_EMAIL),
        (SignInCode.address, address, CODES_PER_ADDRESS),
    ):
        recent = select(func.count()).where(column == value, SignInCode.made_at > now - WINDOW)
        if (session.scalar(recent) or 0) >= limit:
            raise DomainError("locked", _TOO_MANY)


def _hash(act: Act, public_id: str, code: str) -> str:
    return act.ring.lookup_hash(f"sign-in code {public_id} {code}")
