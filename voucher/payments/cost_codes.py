"""The codes under which the authority's finance system books what each funding line pays."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.funding.models import FundingLine
from voucher.payments.way_models import LineCostCode
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _

LONGEST = 60


def set_cost_code(act: Act, line: FundingLine, code: str) -> bool:
    """Sets a line's code; whether it is another than before. Raises DomainError for one that is empty or too long."""
    act.require(Permission.FUNDING_AGREEMENTS_MANAGE, scheme_id=line.scheme_id)
    code = " ".join(code.split())
    if not code or len(code) > LONGEST:
        raise DomainError("cost_code", _("Enter the cost code, at most 60 letters, digits and signs."), "code")
    session.get_one(FundingLine, line.id, with_for_update=True, populate_existing=True)
    found = session.scalar(select(LineCostCode).where(LineCostCode.line_id == line.id))
    before = found.code if found else ""
    if before == code:
        return False
    if found is None:
        found = LineCostCode(scheme_id=line.scheme_id, line_id=line.id)
        session.add(found)
    found.code, found.set_by, found.set_at = code, act.person_id, act.now
    session.flush()
    record(act.actor, "cost_code.set", found, at=act.now, details={"line": line.code, "before": before, "after": code})
    return True


def cost_codes_of(scheme_id: int) -> Mapping[int, str]:
    """The code of each of the scheme's lines that has one, by line."""
    found = session.scalars(select(LineCostCode).where(LineCostCode.scheme_id == scheme_id))
    return {each.line_id: each.code for each in found}
