"""Pure: who may not manage a voucher (rule 65)."""

from __future__ import annotations

from voucher.platform.actor import Actor
from voucher.platform.i18n import gettext_noop as _
from voucher.vouchers.models import Voucher


def why_not_manage(actor: Actor, voucher: Voucher) -> str | None:
    """Why this person cannot suspend, extend, cancel, replace or print the voucher as staff, or None."""
    if voucher.business_id in actor.organisation_ids:
        return _("This is your own organisation's voucher: another person must do this.")
    return None
