"""Many vouchers extended at once: by the same days, for one reason, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from voucher.platform.act import Act
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.vouchers.commands import extend
from voucher.vouchers.models import Voucher
from voucher.vouchers.queries import lock_voucher


class NotExtended(NamedTuple):
    """A voucher that cannot be extended so, by reference, and why."""

    reference: str
    reason: str


class NotAllExtended(DomainError):
    """Some of the vouchers cannot be extended, so none is; ``refused`` names each of them with its reason."""

    def __init__(self, refused: Sequence[NotExtended]) -> None:
        words = _("Some of these vouchers cannot be extended so, and none was. Leave them out, or choose fewer days.")
        super().__init__("not_all_extended", words)
        self.refused = refused


def extend_each(act: Act, vouchers: Sequence[Voucher], *, days: int, reason: str) -> None:
    """Moves the last day of every one of the vouchers by so many days (rule 13), as extending each alone would.

    Raises NotAllExtended when one of them cannot be, and Forbidden when one is not the actor's to extend: the caller's
    transaction then keeps nothing.
    """
    refused = []
    for each in sorted(vouchers, key=lambda voucher: voucher.id):  # Two people at once lock them in one order.
        voucher = lock_voucher(each.id)
        try:
            extend(act, voucher, last_day=voucher.last_day + timedelta(days=days), reason=reason)
        except Forbidden:
            raise
        except DomainError as refusal:
            if refusal.field == "reason":
                raise
            refused.append(NotExtended(voucher.reference, refusal.message))
    if refused:
        raise NotAllExtended(refused)
