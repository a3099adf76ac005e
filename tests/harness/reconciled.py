"""What every journey ends with."""

from __future__ import annotations

from tests.harness.world import World
from voucher.platform.db import consistent_read, session
from voucher.reports.reconcile import reconcile
from voucher.schemes.models import Scheme


def assert_reconciled(world: World) -> None:
    """Both sides of the books agree, and there was something to compare."""
    scheme_id = world.scheme.id
    with consistent_read():
        found = reconcile(session.get_one(Scheme, scheme_id))
    assert found.compared
    assert found.differences == []
