"""What is concentrated in a scheme's last weeks: claims by provider, and businesses that share contact details."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, union

from voucher.accounts.models import Person
from voucher.applications.models import Application
from voucher.assurance.rules import Thresholds, is_outside_hours, share_bp
from voucher.organisations.models import Organisation
from voucher.platform.clock import LONDON
from voucher.platform.db import session
from voucher.platform.paging import Rows
from voucher.providers.models import Provider
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import ENDED
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher


@dataclass(frozen=True)
class Window:
    """The claims of a scheme that are looked at: those handed in since a moment, but for refused and withdrawn ones."""

    scheme_id: int
    since: datetime
    thresholds: Thresholds

    @property
    def of_claims(self) -> tuple[ColumnElement[bool], ...]:
        """What is true of those claims."""
        return (
            Redemption.scheme_id == self.scheme_id,
            Redemption.submitted_at > self.since,
            Redemption.state.not_in([str(state) for state in ENDED]),
        )


@dataclass(frozen=True)
class Total:
    """Claims, the vouchers that they are on, and pence of grant in a window."""

    claims: int
    vouchers: int
    pence: int


@dataclass(frozen=True)
class ProviderFigures:
    """One provider's part of the window: shares are ten-thousandths; the busiest day is one in London."""

    provider: Provider
    name: str
    claims: int
    vouchers: int
    vouchers_bp: int
    pence: int
    money_bp: int
    busiest_on: date | None
    on_busiest: int
    outside_hours: int


@dataclass(frozen=True)
class Sharing:
    """Businesses with vouchers that are reached by the same e-mail address or telephone number."""

    kind: str
    detail: str
    names: tuple[str, ...]


def window_of(scheme: Scheme, thresholds: Thresholds, now: datetime) -> Window:
    """The claims of the last so many days."""
    return Window(scheme.id, now - timedelta(days=thresholds.window_days), thresholds)


def total_of(window: Window) -> Total:
    """All of them together."""
    counted = select(
        func.count(Redemption.id),
        func.count(Redemption.voucher_id.distinct()),
        func.coalesce(func.sum(Redemption.grant_pence), 0),
    )
    claims, vouchers, pence = session.execute(counted.where(*window.of_claims)).one()
    return Total(int(claims), int(vouchers), int(pence))


def claims_by_provider(window: Window) -> Rows:
    """Claims, vouchers and pence of each provider that has claimed, in no order; for ``with_shares``."""
    return (
        select(
            Provider,
            Organisation.name.label("name"),
            func.count(Redemption.id).label("claims"),
            func.count(Redemption.voucher_id.distinct()).label("vouchers"),
            func.sum(Redemption.grant_pence).label("pence"),
        )
        .join(Organisation, Organisation.id == Provider.organisation_id)
        .join(Redemption, Redemption.provider_id == Provider.id)
        .where(*window.of_claims)
        .group_by(Provider.id, Organisation.id)
    )


def with_shares(window: Window, rows: Sequence[Any]) -> list[ProviderFigures]:
    """Those rows with their shares of all, the busiest day, and how many came outside office hours."""
    total, moments = total_of(window), _moments(window, [row.Provider.id for row in rows])
    return [_figures(row, total, moments.get(row.Provider.id, []), window.thresholds) for row in rows]


def _figures(row: Any, total: Total, moments: Sequence[datetime], thresholds: Thresholds) -> ProviderFigures:
    days = Counter(at.date() for at in moments).most_common(1)
    return ProviderFigures(
        provider=row.Provider,
        name=row.name,
        claims=row.claims,
        vouchers=row.vouchers,
        vouchers_bp=share_bp(row.vouchers, total.vouchers),
        pence=row.pence,
        money_bp=share_bp(row.pence, total.pence),
        busiest_on=days[0][0] if days else None,
        on_busiest=days[0][1] if days else 0,
        outside_hours=sum(is_outside_hours(at, thresholds) for at in moments),
    )


def _moments(window: Window, provider_ids: Collection[int]) -> dict[int, list[datetime]]:
    """When each of these providers handed its claims in, as clocks in London showed it."""
    found: dict[int, list[datetime]] = {}
    rows = session.execute(
        select(Redemption.provider_id, Redemption.submitted_at)
        .where(*window.of_claims, Redemption.provider_id.in_(provider_ids))
        .order_by(Redemption.id)
    )
    for provider_id, at in rows:
        found.setdefault(provider_id, []).append(at.astimezone(LONDON))
    return found


def sharing_contacts(scheme: Scheme, least: int) -> list[Sharing]:
    """Groups of at least so many businesses with a voucher that share an e-mail address or a telephone number."""
    told = _told(scheme.id)
    shared = (
        select(told.c.kind, told.c.detail)
        .group_by(told.c.kind, told.c.detail)
        .having(func.count(told.c.business_id.distinct()) >= least)
        .subquery()
    )
    rows = session.execute(
        select(told.c.kind, told.c.detail, Organisation.name)
        .join(shared, (shared.c.kind == told.c.kind) & (shared.c.detail == told.c.detail))
        .join(Organisation, Organisation.id == told.c.business_id)
        .order_by(told.c.kind, told.c.detail, Organisation.name, Organisation.id)
    )
    groups: dict[tuple[str, str], list[str]] = {}
    for kind, detail, name in rows:
        groups.setdefault((kind, detail), []).append(name)
    return [Sharing(kind, detail, tuple(names)) for (kind, detail), names in groups.items()]


def _told(scheme_id: int) -> Any:
    """Each business with a voucher beside each way to reach it."""
    ways = (
        ("e-mail address", Person.email),
        ("telephone number", Person.phone),
        ("telephone number", Organisation.phone),
    )
    return union(
        *(
            select(Voucher.business_id, literal(kind).label("kind"), detail.label("detail"))
            .join(Application, Application.id == Voucher.application_id)
            .join(Person, Person.id == Application.contact_id)
            .join(Organisation, Organisation.id == Voucher.business_id)
            .where(Voucher.scheme_id == scheme_id, detail != "")
            for kind, detail in ways
        )
    ).subquery()
