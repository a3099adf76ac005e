"""How far a scheme's vouchers have come: from the offer to the payment, each step counted and listed by one query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from voucher.applications.models import Application
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Rows
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import DEFRAYED, ENDED, SessionState
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Voucher
from voucher.workspace.queues import name_of


@dataclass(frozen=True)
class Stage:
    """One step, and the address that begins those of the things that came so far."""

    key: str
    label: str
    desk: str
    meaning: str
    rows: Callable[[Scheme], Rows]


def _offered(scheme: Scheme) -> Rows:
    return (
        select(
            Application.reference.label("reference"),
            name_of(Application.business_id).label("about"),
            Application.state.label("state"),
            Application.submitted_at.label("since"),
            Application.face_pence.label("pence"),
            Application.public_id.label("address"),
            Application.id.label("row"),
        )
        .where(Application.scheme_id == scheme.id, Application.offer_until.is_not(None))
        .order_by(Application.submitted_at, Application.id)
    )


def _vouchers(*conditions: ColumnElement[bool]) -> Callable[[Scheme], Rows]:
    def rows(scheme: Scheme) -> Rows:
        return (
            select(
                Voucher.reference.label("reference"),
                name_of(Voucher.business_id).label("about"),
                Voucher.state.label("state"),
                Voucher.issued_at.label("since"),
                Voucher.face_pence.label("pence"),
                Voucher.reference.label("address"),
                Voucher.id.label("row"),
            )
            .where(Voucher.scheme_id == scheme.id, *conditions)
            .order_by(Voucher.issued_at, Voucher.id)
        )

    return rows


def _with_claim(*states: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Redemption.id).where(Redemption.voucher_id == Voucher.id, *states).exists()


USED = (
    select(DeliverySession.id)
    .where(
        DeliverySession.voucher_id == Voucher.id,
        DeliverySession.state.in_([str(SessionState.RECORDED), str(SessionState.CLAIMED)]),
    )
    .exists()
)
CLAIMED = _with_claim(Redemption.state.not_in([str(state) for state in ENDED]))
PAID = _with_claim(Redemption.state.in_([str(state) for state in DEFRAYED]))

STAGES = (
    Stage(
        "offered",
        _("Vouchers offered"),
        "/applications",
        _("Applications that were ever approved, also those whose offer was turned down or has ended."),
        _offered,
    ),
    Stage(
        "issued",
        _("Vouchers issued"),
        "/vouchers-desk",
        _("Vouchers that a business has accepted, also those that have expired or were cancelled."),
        _vouchers(),
    ),
    Stage(
        "used",
        _("Vouchers with support recorded"),
        "/vouchers-desk",
        _("Vouchers on which a provider has recorded support that was neither undone nor has lapsed."),
        _vouchers(USED),
    ),
    Stage(
        "claimed",
        _("Vouchers with a claim"),
        "/vouchers-desk",
        _("Vouchers with a claim that was neither refused nor withdrawn."),
        _vouchers(CLAIMED),
    ),
    Stage(
        "paid",
        _("Vouchers with a payment through the bank"),
        "/vouchers-desk",
        _("Vouchers with a claim whose payment is matched to a line of payment evidence and was not returned."),
        _vouchers(PAID),
    ),
)
