"""An agreement with indicators of every measure, and support by the minute."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from tests.harness.world import World, add_package
from voucher.organisations.models import Organisation
from voucher.outputs.commands import IndicatorTerms, SetTerms, set_indicators
from voucher.outputs.jobs import JobTerms, record_job
from voucher.outputs.models import IndicatorSet, Job
from voucher.outputs.rules import Measure
from voucher.platform.db import session
from voucher.providers.models import Package
from voucher.redemptions.claims import Accepted
from voucher.redemptions.models import Redemption
from voucher.redemptions.sessions import record_session
from voucher.vouchers.models import Voucher

HOURS = IndicatorTerms("E12", "Enterprises given non-financial support", Measure.MINUTES, 720, "Confirmed sessions", 40)
GRANT = IndicatorTerms("E10", "Enterprises given grants", Measure.GRANT, 24_000, "The payment", 60)
ADOPTED = IndicatorTerms("E30", "Enterprises adopting technology", Measure.DECLARED, None, "A statement", 25)
CREATED = IndicatorTerms("E22", "Jobs created", Measure.JOBS_CREATED, None, "A pay record", 1250)
KEPT = IndicatorTerms("E23", "Jobs safeguarded", Measure.JOBS_SAFEGUARDED, None, "A pay record", 2000)
ALL = (HOURS, GRANT, ADOPTED, CREATED, KEPT)


def furnished(world: World) -> None:
    """The agreement asks for every kind of indicator, and the provider has a package that leaves room for others."""
    asked(world)
    add_package(world, world.provider, "SMALL", 30_000)


def asked(world: World, *indicators: IndicatorTerms, reason: str = "", first: date | None = None) -> IndicatorSet:
    """The world's agreement asks for these indicators, for all when none is named."""
    terms = SetTerms("Local growth, version 3", first, indicators or ALL)
    return world.do("fred", set_indicators, world.agreement, terms, reason=reason)


def supported(world: World, *minutes: int, voucher: Voucher | None = None) -> Redemption:
    """A claim for sessions of so many minutes, which nobody has confirmed."""
    voucher = voucher or world.issued()
    package = session.scalars(select(Package).where(Package.code == "SMALL")).one()
    sessions = []
    for each in minutes:
        opened = world.opened(voucher)
        sessions.append(
            world.do(
                "pat",
                record_session,
                opened,
                package,
                delivered_on=world.act("pat").today,
                minutes=each,
                description="Stock control",
                late_reason="",
            )
        )
    receipt = world.submit(sessions, 30_000)
    assert isinstance(receipt, Accepted), receipt
    return receipt.redemption


def business_of(claim: Redemption) -> Organisation:
    return session.merge(claim).voucher.business


def post(world: World, business: Organisation, **changes: object) -> Job:
    """A post that was created, with its evidence unless another document is named."""
    given: dict[str, object] = {
        "code": "E22",
        "post": "Web editor",
        "fte_hundredths": 60,
        "baseline_hundredths": 450,
        "baseline_on": date(2026, 3, 1),
        "begins_on": date(2026, 4, 1),
        "permanent": True,
    }
    with world.by("stella") as act:
        document_id = changes.pop("document_id", 0)
        if document_id == 0:
            document_id = world.new_document(act)
        terms = JobTerms(**{**given, **changes})  # type: ignore[arg-type]
        return record_job(act, world.agreement, session.merge(business), terms, document_id=document_id)  # type: ignore[arg-type]
