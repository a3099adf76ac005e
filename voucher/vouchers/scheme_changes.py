"""Changing a scheme's settings and voucher types while it runs: what is offered or issued keeps what it was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from voucher.applications.models import Application
from voucher.audit.commands import record
from voucher.funding.commands import check_rounds_end_in_time
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import Number, said
from voucher.platform.i18n import gettext_noop as _
from voucher.schemes.models import Round, Scheme, VoucherType
from voucher.schemes.plans import LEAST, MOST_DAYS, NewVoucherType, wrong_with_type
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import VoucherState

MONEY = ("rate_bp", "face_pence", "cap_pence")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What may change of a scheme; ``days`` holds those of ``DAY_SETTINGS`` that change or stay."""

    name: str
    contact_line: str
    ends_on: date
    days: Mapping[str, int]


def change_settings(act: Act, scheme: Scheme, wanted: Settings, *, reason: str) -> dict[str, list[str]]:
    """Changes settings from now on; gives what changed, each with its value before and after.

    Raises DomainError that names the field: for a value out of bounds, and for a last day before that of a voucher or
    before an open round closes; and one without a field when a round's vouchers would outlast its agreement.
    """
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    _need_reason(reason)
    scheme = session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)
    _check_days(wanted.days)
    if wanted.ends_on != scheme.ends_on:
        _check_last_day(act, scheme, wanted.ends_on)
    name, contact_line = wanted.name.strip(), wanted.contact_line.strip()
    if not name:
        raise DomainError("name_needed", _("Enter the name that businesses read."), "name")
    if not contact_line:
        raise DomainError("contact_needed", _("Enter how people reach the scheme."), "contact_line")
    values = {"name": name, "contact_line": contact_line, "ends_on": wanted.ends_on, **wanted.days}
    changed = _changed(scheme, values)
    for name in changed:
        setattr(scheme, name, values[name])
    session.flush()
    check_rounds_end_in_time(act, scheme)
    record(act.actor, "scheme.settings_changed", scheme, at=act.now, reason=reason.strip(), details=changed)
    return changed


def change_voucher_type(act: Act, kind: VoucherType, wanted: NewVoucherType, *, reason: str) -> dict[str, list[str]]:
    """Changes a voucher type for offers to come; its code stays. Gives what changed, with before and after.

    Raises DomainError that names the field: rate, face value and the most for one claim do not change any more once
    somebody has applied for the type, because its rounds and offers count on them.
    """
    act.require(Permission.SCHEMES_SET_UP, scheme_id=kind.scheme_id)
    _need_reason(reason)
    kind = session.get_one(VoucherType, kind.id, with_for_update=True, populate_existing=True)
    for wrong in wrong_with_type(wanted):
        raise DomainError("cannot_be_set_up", wrong.on_page, wrong.field)
    values = {name: value for name, value in vars(wanted).items() if name not in ("code", "open")}
    changed = _changed(kind, values)
    for name in MONEY:
        if name in changed and is_applied_for(kind):
            raise DomainError("applied_for", MONEY_IS_FIXED, name)
    for name in changed:
        setattr(kind, name, values[name])
    session.flush()
    check_rounds_end_in_time(act, session.get_one(Scheme, kind.scheme_id))
    record(act.actor, "voucher_type.changed", kind, at=act.now, reason=reason.strip(), details=changed)
    return changed


MONEY_IS_FIXED = _(
    "Businesses have applied for this type, so its rate, face value and the most for one claim stay. Add a new type "
    "instead and close this one."
)


def is_applied_for(kind: VoucherType) -> bool:
    """Whether a business has ever applied in a round of the type, or was offered a voucher of it."""
    made = select(Application.id).join(Round, Round.id == Application.round_id)
    return session.scalar(made.where(Round.voucher_type_id == kind.id).limit(1)) is not None


def _changed(thing: Scheme | VoucherType, values: Mapping[str, object]) -> dict[str, list[str]]:
    """What differs, before and after in words; raises DomainError when nothing does."""
    found = {
        name: [_words(getattr(thing, name)), _words(value)]
        for name, value in values.items()
        if getattr(thing, name) != value
    }
    if not found:
        raise DomainError("no_change", _("Nothing was changed: these are the values that hold already."))
    return found


def _words(value: object) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value)


def _check_days(days: Mapping[str, int]) -> None:
    for name, value in days.items():
        least = LEAST.get(name, 0)
        if not least <= value <= MOST_DAYS:
            raise DomainError(
                "out_of_bounds",
                said("Enter a whole number from %(least)s to %(most_days)s.", least=least, most_days=Number(MOST_DAYS)),
                name,
            )


def _check_last_day(act: Act, scheme: Scheme, ends_on: date) -> None:
    if ends_on < scheme.starts_on:
        raise DomainError("before_the_first", _("The last day must not be before the first."), "ends_on")
    out = select(func.max(Voucher.last_day)).where(Voucher.state != str(VoucherState.CANCELLED))
    last_voucher = session.scalar(out.where(Voucher.scheme_id == scheme.id))
    if last_voucher is not None and ends_on < last_voucher:
        words = said(
            "A voucher is good until %(last_voucher)s: the scheme cannot end before that.",
            last_voucher=last_voucher,
        )
        raise DomainError("before_a_voucher", words, "ends_on")
    still_open = select(func.max(Round.closes_on)).where(Round.closes_on >= act.today)
    last_round = session.scalar(still_open.where(Round.scheme_id == scheme.id))
    if last_round is not None and ends_on < last_round:
        words = said("A round is open until %(last_round)s: the scheme cannot end before that.", last_round=last_round)
        raise DomainError("before_a_round", words, "ends_on")


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why."), "reason")
