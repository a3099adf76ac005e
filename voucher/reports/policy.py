"""Pure: who may not review or sign a statement, and what keeps it from being signed (rules 56, 57)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from voucher.platform.actor import Actor
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.reports.models import Statement, StatementPaper
from voucher.reports.rules import StatementState


def why_not_review(actor: Actor, statement: Statement) -> str | None:
    """Why this person cannot review the statement, or None."""
    if statement.prepared_by == actor.person_id:
        return _("You prepared this statement: another person must review it.")
    return None


def why_not_sign(actor: Actor, statement: Statement, *, reviewer_needed: bool) -> str | None:
    """Why this person cannot sign the statement now, or None (rule 57)."""
    if statement.prepared_by == actor.person_id:
        return _("You prepared this statement: the signer must be another person.")
    if statement.reviewed_by == actor.person_id:
        return _("You reviewed this statement: the signer must be another person.")
    if reviewer_needed and statement.state == StatementState.PREPARED:
        return _("This statement has not been reviewed, and the scheme's duties ask for a reviewer.")
    return None


def why_not_send(paper: StatementPaper | None) -> str | None:
    """Why a signed statement cannot be noted as sent yet, or None: there must be a paper that could be sent."""
    if paper is None or paper.drawn_at is None:
        return _("Its PDF is still being drawn: note that the statement was sent when you can download it.")
    return None


def differences(data: Mapping[str, object]) -> list[str]:
    """Each check of the statement that does not hold, with both figures (rule 56)."""
    checks = cast(Sequence[Mapping[str, object]], data["checks"])
    return [
        said(
            "%(check)s: %(left)s and %(right)s",
            check=said(str(check["name"])),
            left=Amount(int(str(check["left"]))),
            right=Amount(int(str(check["right"]))),
        )
        for check in checks
        if not check["holds"]
    ]
