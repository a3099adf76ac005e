"""The keys that sign vouchers: what each is good for, a new one, and one that others know."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.keyring import KeyStatus, VoucherKey
from voucher.vouchers.credentials import LIVE, replace_under_key
from voucher.vouchers.models import Credential, Voucher


@dataclass
class KeyRow:
    """A key of the ring as the audit trail knows it; the ring itself lies outside the database."""

    id: int
    __tablename__: str = "voucher_key"

    @property
    def reference(self) -> str:
        """A key is known by its number."""
        return f"voucher key {self.id}"


@dataclass(frozen=True)
class Compromised:
    """What came of a key that others know: how many vouchers have new papers, and which key signs now."""

    replaced: int
    active: int


def living_by_key() -> dict[int, int]:
    """How many vouchers that can still be used each key signed, by its number; a key that signed none is missing."""
    rows = session.execute(
        select(Credential.key_id, func.count())
        .join(Voucher, (Credential.voucher_id == Voucher.id) & (Credential.generation == Voucher.generation))
        .where(Voucher.state.in_([str(state) for state in LIVE]))
        .group_by(Credential.key_id)
    )
    return {key_id: number for key_id, number in rows}  # noqa: C416 - rows are no pairs to a checker


def rotate_key(act: Act, *, reason: str) -> VoucherKey:
    """Signs new vouchers with a new key from now on; vouchers of the old one stay good (rule 1)."""
    act.require(Permission.ADMIN_KEYS_MANAGE)
    act.require_second_factor()
    key = act.ring.rotate(act.now)
    record(act.actor, "key.rotated", KeyRow(key.kid), at=act.now, reason=reason)
    return key


def compromise_key(act: Act, kid: int, *, reason: str) -> Compromised:
    """Refuses all that a key signed and makes new papers for its living vouchers.

    The ring changes first: should anything fail after that, do it again. Raises KeyRingError for an unknown key.
    """
    act.require(Permission.ADMIN_KEYS_MANAGE)
    act.require_second_factor()
    if act.ring.voucher_key(kid).status is not KeyStatus.COMPROMISED:
        act.ring.compromise(kid, act.now)
    found = Compromised(replace_under_key(act, kid), act.ring.active.kid)
    record(act.actor, "key.compromised", KeyRow(kid), at=act.now, reason=reason, details=vars(found))
    return found
