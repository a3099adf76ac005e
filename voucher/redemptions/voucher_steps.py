"""What staff can do with a voucher, as data: who, in which state, and what else stands in the way."""

from __future__ import annotations

from voucher.accounts.steps import Step
from voucher.platform.authz import Permission as P
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.states import allowed
from voucher.vouchers.credentials import LIVE
from voucher.vouchers.models import Voucher
from voucher.vouchers.policy import why_not_manage
from voucher.vouchers.rules import TRANSITIONS, VoucherState

S = VoucherState


def _can_become(voucher: Voucher, to: VoucherState) -> bool:
    return allowed(TRANSITIONS, voucher.state, to)


VOUCHER_STEPS: tuple[Step[Voucher], ...] = (
    Step("extend", _("Extend"), P.VOUCHERS_MANAGE, lambda v: v.state in (S.ISSUED, S.SUSPENDED), why_not_manage),
    Step("suspend", _("Suspend"), P.VOUCHERS_MANAGE, lambda v: _can_become(v, S.SUSPENDED), why_not_manage),
    Step("lift", _("Lift the suspension"), P.VOUCHERS_MANAGE, lambda v: v.state == S.SUSPENDED, why_not_manage),
    Step("replace", _("Replace"), P.VOUCHERS_MANAGE, lambda v: v.state in LIVE, why_not_manage),
    Step("cancel", _("Cancel"), P.VOUCHERS_MANAGE, lambda v: _can_become(v, S.CANCELLED), why_not_manage),
)
PAPER = Step[Voucher]("paper", _("Print the voucher"), P.VOUCHERS_MANAGE, lambda v: v.state in LIVE, why_not_manage)
