"""The second factor: an authenticator app (RFC 6238), recovery codes for a lost one, asked again at each money act.

A code is good once: its time step is kept, and a guarded UPDATE lets only a later one follow. A wrong code is a value
and not an error, because the failure is kept and must commit.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

import pyotp
from sqlalchemy import Select, func, or_, select, update

from voucher.accounts.models import Person, RecoveryCode, SecondFactor, SecondFactorFailure
from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import changed_one, session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _

STEP_SECONDS = 30
STEPS_LATE_OR_EARLY = 1
RECOVERY_CODES = 8
FAILURES = 5
WINDOW = timedelta(minutes=15)
_ISSUER = "Tech Taster"
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"

_WRONG = _("This code is not right. Enter the code that your app shows now; each is good once.")
_NONE = _("You have not set up your second factor. Do that on the page of your account, then come back.")
_LOCKED = _("Too many codes were wrong. Wait 15 minutes, then try again.")


@dataclass(frozen=True)
class ProofRefused:
    """The code does not prove who acts; shown at the field in which it was entered."""

    code: str
    message: str


@dataclass(frozen=True)
class Begun:
    """What an authenticator app needs: the secret to type in, and the address that a QR code carries."""

    secret: str
    address: str


def begin(act: Act, person: Person) -> Begun:
    """A new secret for the person's own app; nothing is asked for until a first code has confirmed it."""
    _only_oneself(act, person)
    live = _live(person.id)
    if live is not None and live.confirmed_at is not None:
        raise DomainError("second_factor_there", _("Your second factor is set up. End it first to set up another."))
    if live is None:
        live = SecondFactor(person_id=person.id, secret=act.ring.encrypt(pyotp.random_base32()), made_at=act.now)
        session.add(live)
    return _begun(act, live, person)


def confirm(act: Act, person: Person, code: str) -> list[str] | ProofRefused:
    """Takes the app's first code and gives the recovery codes, which are shown this once and stored as hashes."""
    _only_oneself(act, person)
    live = session.scalar(_lives(person.id).with_for_update())
    if live is None or live.confirmed_at is not None:
        raise DomainError("second_factor_not_begun", _("Start again: there is no second factor to confirm."))
    _check_limit(act, person.id)
    step = _step_of(act, live, code)
    if step is None:
        return _refuse(act, person.id)
    live.confirmed_at, live.last_step = act.now, step
    codes = [f"{_letters()}-{_letters()}" for _number in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(second_factor_id=live.id, code_hash=_hash(act, person.id, each)) for each in codes)
    record(act.actor, "person.second_factor_set_up", person, at=act.now)
    return codes


def prove(act: Act, code: str) -> Act | ProofRefused:
    """The same act, proven by the code of the actor's app or by a recovery code, for this one transaction."""
    person_id = act.person_id
    live = session.scalar(_lives(person_id).with_for_update())
    if live is None or live.confirmed_at is None:
        return ProofRefused("second_factor_missing", _NONE)
    _check_limit(act, person_id)
    if _uses_step(act, live, code) or _uses_recovery_code(act, live, code):
        return replace(act, proven=True)
    return _refuse(act, person_id)


def end(act: Act, person: Person, *, reason: str) -> None:
    """Ends a second factor: one's own by a proven act, or that of somebody who lost it by who manages people."""
    if act.actor.person_id == person.id:
        act.require_second_factor()
    else:
        act.require(Permission.ADMIN_PEOPLE_MANAGE)
        act.require_second_factor()
    live = session.scalar(_lives(person.id).with_for_update())
    if live is None:
        raise DomainError("second_factor_missing", _("There is no second factor to end."))
    live.ended_at = act.now
    record(act.actor, "person.second_factor_ended", person, at=act.now, reason=reason)


def is_set_up(person_id: int) -> bool:
    """Whether the person has a confirmed second factor."""
    live = _live(person_id)
    return live is not None and live.confirmed_at is not None


def recovery_codes_left(person_id: int) -> int:
    """How many recovery codes the person has not used."""
    found = session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .join(SecondFactor, SecondFactor.id == RecoveryCode.second_factor_id)
        .where(SecondFactor.person_id == person_id, SecondFactor.ended_at.is_(None), RecoveryCode.used_at.is_(None))
    )
    return found or 0


def being_set_up(act: Act, person: Person) -> Begun | None:
    """What was begun and waits for its first code; None when nothing was."""
    live = _live(person.id)
    return None if live is None or live.confirmed_at is not None else _begun(act, live, person)


def _letters() -> str:
    return "".join(secrets.choice(_LETTERS) for _number in range(5))


def _only_oneself(act: Act, person: Person) -> None:
    if act.person_id != person.id:
        raise DomainError("not_oneself", _("Only the person who uses it can set up a second factor."))


def _begun(act: Act, live: SecondFactor, person: Person) -> Begun:
    secret = act.ring.decrypt(live.secret)
    return Begun(secret, pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=_ISSUER))


def _lives(person_id: int) -> Select[SecondFactor]:
    return select(SecondFactor).where(SecondFactor.person_id == person_id, SecondFactor.ended_at.is_(None))


def _live(person_id: int) -> SecondFactor | None:
    return session.scalar(_lives(person_id))


def _step_of(act: Act, live: SecondFactor, code: str) -> int | None:
    """The time step whose code this is, a little late or early; None when it is no such code."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    app, now = pyotp.TOTP(act.ring.decrypt(live.secret)), int(act.now.timestamp()) // STEP_SECONDS
    steps = range(now - STEPS_LATE_OR_EARLY, now + STEPS_LATE_OR_EARLY + 1)
    return next((step for step in steps if secrets.compare_digest(app.generate_otp(step), digits)), None)


def _uses_step(act: Act, live: SecondFactor, code: str) -> bool:
    step = _step_of(act, live, code)
    if step is None:
        return False
    guarded = (
        update(SecondFactor)
        .where(SecondFactor.id == live.id, or_(SecondFactor.last_step.is_(None), SecondFactor.last_step < step))
        .values(last_step=step)
    )
    return changed_one(session.execute(guarded, execution_options={"synchronize_session": False}))


def _uses_recovery_code(act: Act, live: SecondFactor, code: str) -> bool:
    guarded = (
        update(RecoveryCode)
        .where(
            RecoveryCode.second_factor_id == live.id,
            RecoveryCode.code_hash == _hash(act, live.person_id, code.strip().lower()),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=act.now)
    )
    return changed_one(session.execute(guarded, execution_options={"synchronize_session": False}))


def _hash(act: Act, person_id: int, code: str) -> str:
    return act.ring.lookup_hash(f"recovery {person_id} {code}")


def _check_limit(act: Act, person_id: int) -> None:
    recent = select(func.count()).where(
        SecondFactorFailure.person_id == person_id, SecondFactorFailure.at > act.now - WINDOW
    )
    if (session.scalar(recent) or 0) >= FAILURES:
        raise DomainError("locked", _LOCKED)


def _refuse(act: Act, person_id: int) -> ProofRefused:
    session.add(SecondFactorFailure(person_id=person_id, at=act.now))
    return ProofRefused("second_factor_wrong", _WRONG)
