"""From a figure to the postings that make it up."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from voucher.funding.models import Agreement
from voucher.funding.queries import balances, line_by_code
from voucher.funding.rules import MEANINGS, Account
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Rows
from voucher.platform.web import current_act, requires
from voucher.reports.postings import about, postings_behind
from voucher.reports.views.lists import MOVEMENTS
from voucher.schemes.queries import visible

blueprint = Blueprint("ledger", __name__)

P = Permission


@blueprint.get("/funding/lines/<agreement_id>/<code>/<account>")
@requires(P.FUNDING_LINES_READ)
def account_page(agreement_id: str, code: str, account: str) -> ResponseReturnValue:
    agreement = visible(Agreement, current_act().actor, agreement_id, P.FUNDING_LINES_READ)
    line = line_by_code(agreement, code)
    known = _account(account)
    behind = postings_behind(line, known)
    return MOVEMENTS.answer(
        behind,
        "workspace/account.html",
        name=f"{agreement.reference}-{line.code}-{account}",
        agreement=agreement,
        line=line,
        account=known,
        meaning=MEANINGS[known],
        total=balances([line.id])[line.id][known],
        moved=_moved(behind) if MOVEMENTS.narrowed else None,
        about=about,
    )


def _moved(behind: Rows) -> int:
    """By how much the account changed in the days of the address."""
    within = MOVEMENTS.within(behind).subquery()
    return session.scalar(select(func.sum(within.c.moved))) or 0


def _account(name: str) -> Account:
    """The account by its name in addresses: ``cash_paid`` for the payments of the cash ledger."""
    for account in Account:
        if account.name.lower() == name:
            return account
    raise NotFound("no_account", _("A funding line has no such account."))
