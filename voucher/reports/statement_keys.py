"""The keys that sign statements: a new one, and one that others know."""

from __future__ import annotations

from dataclasses import dataclass

from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.keyring import StatementKey


@dataclass
class KeyRow:
    """A key of the ring as the audit trail knows it; the ring itself lies outside the database."""

    id: int
    __tablename__: str = "statement_key"

    @property
    def reference(self) -> str:
        """A key is known by its number."""
        return f"statement key {self.id}"


def rotate_statement_key(act: Act, *, reason: str) -> StatementKey:
    """Signs statements with a new key from now on; what the old one signed stays good."""
    act.require(Permission.ADMIN_KEYS_MANAGE)
    act.require_second_factor()
    key = act.ring.rotate_statement_key(act.now)
    record(act.actor, "key.rotated", KeyRow(key.kid), at=act.now, reason=reason)
    return key


def compromise_statement_key(act: Act, kid: int, *, reason: str) -> StatementKey:
    """Publishes that others know a key, so that its signatures prove nothing any more; gives the key that signs now.

    Raises KeyRingError for an unknown key. The ring changes first: should anything fail after that, do it again.
    """
    act.require(Permission.ADMIN_KEYS_MANAGE)
    act.require_second_factor()
    signer = act.ring.compromise_statement_key(kid, act.now)
    record(act.actor, "key.compromised", KeyRow(kid), at=act.now, reason=reason, details={"active": signer.kid})
    return signer
