"""Pure: who may not approve an administration cost, and which bank line proves none (rules 26, 35)."""

from __future__ import annotations

from voucher.payments.cost_models import AdminCost
from voucher.payments.models import BankLine
from voucher.payments.rules import LineSource
from voucher.platform.actor import Actor
from voucher.platform.i18n import gettext_noop as _


def why_not_approve_cost(actor: Actor, cost: AdminCost) -> str | None:
    """Why this person cannot approve the cost, or None."""
    if cost.prepared_by == actor.person_id:
        return _("You prepared this cost: another person must approve it.")
    if cost.consent_by == actor.person_id:
        return _("You recorded the funder's consent: another person must approve the cost.")
    return None


def why_cost_line_is_no_evidence(line: BankLine, cost: AdminCost) -> str | None:
    """Why a typed line cannot prove that the cost was paid, or None: it takes another person to type it (rule 35)."""
    if line.source == LineSource.TYPED and line.entered_by in (cost.prepared_by, cost.approved_by):
        return _("This bank line was typed by somebody who prepared or approved the cost. Another person must type it.")
    return None
