"""The versions of an agreement as they are kept: what moved its award, and what it says beside it."""

from __future__ import annotations

from collections.abc import Mapping

from voucher.funding.conditions import Conditions, profile_faults, profile_sums
from voucher.funding.models import Agreement, AgreementChange, AgreementConditions
from voucher.funding.rules import ChangeState
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said, together
from voucher.platform.money import Amount


def log_change(
    act: Act,
    agreement: Agreement,
    changes: Mapping[str, int],
    reason: str,
    state: ChangeState,
    *,
    proposed_by: int | None = None,
) -> AgreementChange:
    """Keeps the agreement's present version of the award; whoever calls it has raised the number."""
    change = AgreementChange(
        agreement_id=agreement.id,
        version=agreement.version,
        state=str(state),
        reason=reason,
        by_id=act.person_id,
        at=act.now,
        changes=dict(changes),
        applied_at=act.now if state == ChangeState.APPLIED else None,
        proposed_by=proposed_by,
    )
    session.add(change)
    return change


def keep_conditions(
    act: Act,
    agreement: Agreement,
    conditions: Conditions,
    awards: Mapping[str, int],
    *,
    reason: str,
    proposed_by: int | None = None,
) -> None:
    """Keeps what the agreement says from its present version on; raises DomainError for what cannot be."""
    check_conditions(agreement, conditions, awards)
    plain = conditions.plain()
    session.add(
        AgreementConditions(
            agreement_id=agreement.id,
            version=agreement.version,
            reason=reason,
            proposed_by=proposed_by,
            by_id=act.person_id,
            at=act.now,
            **plain,
        )
    )
    session.flush()


def check_conditions(agreement: Agreement, conditions: Conditions, awards: Mapping[str, int]) -> None:
    """Raises DomainError, with the field, for shares, steps or a profile that an agreement cannot have."""
    if conditions.admin_cap_bp is not None and not 0 <= conditions.admin_cap_bp <= 10_000:
        raise DomainError("admin_cap", _("The administration cap lies between 0% and 100%."), "admin_cap")
    if conditions.sign_off_steps not in (2, 3):
        raise DomainError("sign_off_steps", _("A statement is signed off in two or three steps."), "sign_off_steps")
    if conditions.tolerance_bp is not None and conditions.tolerance_bp < 0:
        raise DomainError("tolerance", _("The tolerance is not below zero."), "tolerance")
    faults = profile_faults(conditions.profile, awards, agreement.starts_on, agreement.ends_on)
    faults += [
        said(
            "The profile of line %(code)s comes to %(total)s; its award is %(award)s.",
            code=code,
            total=Amount(total),
            award=Amount(award),
        )
        for code, total, award in profile_sums(conditions.profile, awards)
        if code in awards
    ]
    if faults:
        raise DomainError("profile", together(faults), "profile")
