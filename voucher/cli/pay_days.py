"""How long claims take to be paid, and whose days were lost."""

from __future__ import annotations

from collections.abc import Mapping

import click

from voucher.cli.common import Answer, Run, reading
from voucher.cli.words import counted
from voucher.payments.pay_days import Asked, PayDays, claims_in, pay_days, summarise
from voucher.payments.rules import LIMIT_DAYS
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.redemptions.models import Redemption
from voucher.redemptions.waiting import THE_BUSINESS, THE_OFFICE, THE_PROVIDER


@click.command("days-to-pay")
@click.option("--days", type=click.IntRange(1, 3650), default=Asked.days, show_default=True, help="Paid in so many.")
@click.option("--late", "show", flag_value="late", default="", help="Only claims over the limit.")
@reading
def days_to_pay(run: Run, days: int, show: str | None) -> Answer:
    """Say how long claims take from valid to paid, and by whom days were lost on the way."""
    run.need(Permission.CLAIMS_READ)
    asked, today = Asked(days=days, show=show or ""), run.act.today
    found = summarise(run.scheme.id, asked, today)
    claims = session.scalars(claims_in(run.scheme.id, asked, today).order_by(Redemption.id)).all()
    middle = counted(found.middle_days, "day") if found.middle_days is not None else "no claim is paid yet"
    words = (
        f"{counted(found.paid, 'claim')} paid in the last {counted(days, 'day')}, middle {middle}; {found.unpaid} not "
        f"paid yet; {found.late} over {LIMIT_DAYS} days. Days lost: {found.lost[THE_PROVIDER]} by providers, "
        f"{found.lost[THE_BUSINESS]} by businesses, {found.lost[THE_OFFICE]} by the scheme."
    )
    data = {
        "limit_days": LIMIT_DAYS,
        "paid": found.paid,
        "unpaid": found.unpaid,
        "over_limit": found.late,
        "middle_days": found.middle_days,
        "longest_days": found.longest_days,
        "lost": _lost(found.lost),
        "claims": [_facts(each) for each in pay_days(claims, today)],
    }
    return Answer(words, data)


def _lost(lost: Mapping[str, int]) -> dict[str, int]:
    parties = {"provider": THE_PROVIDER, "business": THE_BUSINESS, "scheme": THE_OFFICE}
    return {name: lost[party] for name, party in parties.items()}


def _facts(each: PayDays[Redemption]) -> dict[str, object]:
    return {
        "claim": each.claim.reference,
        "provider": each.claim.provider.organisation.name,
        "state": str(each.claim.state),
        "handed_in_on": each.handed_in_on,
        "valid_since": each.valid_on,
        "paid_on": each.paid_on,
        "days": each.days,
        "over_limit": each.late,
        "lost": _lost(each.lost),
    }


COMMANDS = (days_to_pay,)
