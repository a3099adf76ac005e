"""What is concentrated in few hands, and the cases that it raised."""

from __future__ import annotations

from dataclasses import asdict, replace

import click

from voucher.assurance.concentration import close_case, look_for_concentration, set_thresholds, thresholds_of
from voucher.assurance.figures import (
    ProviderFigures,
    Sharing,
    claims_by_provider,
    sharing_contacts,
    window_of,
    with_shares,
)
from voucher.assurance.models import ConcentrationCase
from voucher.assurance.queries import case_by_reference, cases
from voucher.assurance.rules import CaseState
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.options import PERCENT, REASON, one_of
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.providers.models import Provider


@click.group("concentration")
def concentration_group() -> None:
    """Shares of providers, claims by day and hour, businesses that share contact details; cases of them."""


@concentration_group.command("report")
@reading
def report(run: Run) -> Answer:
    """Show each provider's share, busiest day and claims outside office hours, and who shares contact details."""
    run.need(Permission.CLAIMS_READ)
    thresholds = thresholds_of(run.scheme.id)
    window = window_of(run.scheme, thresholds, run.act.now)
    rows = session.execute(claims_by_provider(window).order_by(Provider.id)).all()
    shared = sharing_contacts(run.scheme, thresholds.sharing)
    return Answer(
        data={
            "thresholds": asdict(thresholds),
            "providers": [_figures(each) for each in with_shares(window, rows)],
            "sharing_contacts": [_shared(each) for each in shared],
        }
    )


def _figures(figures: ProviderFigures) -> dict[str, object]:
    left_out = {"provider", "name"}
    told = {name: value for name, value in vars(figures).items() if name not in left_out}
    return {"provider": figures.provider.reference, "name": figures.name, **told}


def _shared(sharing: Sharing) -> dict[str, object]:
    return {"kind": sharing.kind, "businesses": list(sharing.names)}


@concentration_group.command("look")
@changing
def look(run: Run) -> Answer:
    """Raise cases for what is concentrated now, and close those that are over; the worker does so once a day."""
    found = look_for_concentration(run.act, run.scheme)
    return Answer(f"{found.raised} raised, {found.seen} still open, {found.over} over.", asdict(found))


@concentration_group.command("cases")
@click.option("--state", type=one_of("state", CaseState), help="Any state when left out.")
@reading
def list_cases(run: Run, state: CaseState | None) -> Answer:
    """List cases, the oldest first."""
    run.need(Permission.CLAIMS_READ)
    found = session.scalars(cases(run.scheme.id, state=str(state or "")).order_by(ConcentrationCase.id))
    return Answer(data=[_case(each) for each in found])


@concentration_group.command("close")
@click.argument("reference", metavar="CASE")
@REASON
@changing
def close(run: Run, reference: str, reason: str) -> Answer:
    """Close a case with what was found; it comes back only when there is more of it."""
    case = case_by_reference(run.scheme, reference)
    close_case(run.act, case, reason=reason)
    return Answer(f"Case {case.reference} is closed.", _case(case))


def _case(case: ConcentrationCase) -> dict[str, object]:
    return {
        "case": case.reference,
        "measure": case.measure,
        "about": case.about,
        "found": case.found,
        "threshold": case.threshold,
        "state": str(case.state),
        "reason": case.reason,
        "raised_at": case.raised_at,
        "seen_at": case.seen_at,
        "closed_at": case.closed_at,
    }


@concentration_group.command("thresholds")
@click.option("--share", "share_bp", type=PERCENT, help="One provider's share of money or vouchers, in percent.")
@click.option("--least-claims", type=int, help="Claims before shares count.")
@click.option("--claims-a-day", type=int, help="Claims of one provider on one day.")
@click.option("--outside-hours", type=int, help="Claims of one provider outside office hours.")
@click.option("--opens-at", type=int, help="The hour at which the office opens.")
@click.option("--closes-at", type=int, help="The hour at which it closes.")
@click.option("--sharing", type=int, help="Businesses that share an e-mail address or a telephone number.")
@click.option("--window-days", type=int, help="How many days back claims are looked at.")
@REASON
@changing
def thresholds(run: Run, reason: str, **given: int | None) -> Answer:
    """Set from what on cases are raised; what is left out stays as it is."""
    named = {name: value for name, value in given.items() if value is not None}
    wanted = replace(thresholds_of(run.scheme.id), **named)
    set_thresholds(run.act, run.scheme, wanted, reason=reason)
    return Answer("Cases are raised so from now on.", asdict(wanted))


COMMANDS = (concentration_group,)
