"""Taking in the tables of the modulus check, which lie outside the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.modulus import Tables


@dataclass
class _TablesRow:
    """The tables as the audit trail knows them."""

    dated: date
    id: int = 0
    __tablename__: str = "modulus_tables"

    @property
    def reference(self) -> str:
        """They are known by the day of their issue."""
        return f"modulus tables of {self.dated.isoformat()}"


def load_tables(act: Act, *, weights: bytes, substitutes: bytes | None, dated: date) -> Tables:
    """Puts new tables in place of those before; raises DomainError, and keeps the old, when they cannot be read."""
    act.require(Permission.ADMIN_KEYS_MANAGE)
    found = act.modulus.keep(weights, substitutes, dated)
    lines = {"weights": len(found.weights), "substitutes": len(found.substitutes)}
    record(act.actor, "modulus_tables.loaded", _TablesRow(dated), at=act.now, details=lines)
    return found
