"""Notice, reply and letter of Minimal Financial Assistance (rules 39 to 41)."""

from __future__ import annotations

from voucher.organisations.models import Enterprise
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.subsidies.models import Assistance, SubsidyRecord
from voucher.subsidies.queries import given_by_us, latest_record, limit_in_force
from voucher.subsidies.rules import WORDING_VERSION, RecordKind, Source, within_limit


def send_notice(act: Act, *, scheme_id: int, application_id: int, pence: int) -> SubsidyRecord:
    """Records that the business was told: what is proposed, its gross value, and what it is asked to confirm."""
    return _add(act, RecordKind.NOTICE, scheme_id=scheme_id, application_id=application_id, pence=pence)


def receive_reply(
    act: Act,
    notice: SubsidyRecord,
    *,
    enterprise_id: int,
    declared_pence: int,
    document_id: int | None = None,
) -> SubsidyRecord:
    """Records the business's written confirmation with the total that it declares for its whole enterprise.

    Raises DomainError when that total, with what we gave since and what is proposed, exceeds the limit (rule 39);
    exactly the limit is allowed.
    """
    if declared_pence < 0:
        raise DomainError("declared", _("The assistance received so far cannot be below zero."), "declared")
    session.get_one(Enterprise, enterprise_id, with_for_update=True)  # its total is read by one acceptance at a time
    limit, ours = limit_in_force(act.today), given_by_us(enterprise_id, act.today)
    if not within_limit(declared_pence + ours, notice.pence, limit):
        raise DomainError(
            "subsidy_limit",
            said(
                "With %(declared)s declared, %(ours)s given by us and %(pence)s proposed, the enterprise "
                "would exceed the limit of %(limit)s. The voucher cannot be issued.",
                declared=Amount(declared_pence),
                ours=Amount(ours),
                pence=Amount(notice.pence),
                limit=Amount(limit),
            ),
            "declared",
        )
    session.add(
        Assistance(
            enterprise_id=enterprise_id,
            scheme_id=notice.scheme_id,
            source=Source.DECLARED,
            pence=declared_pence,
            given_on=act.today,
            application_id=notice.application_id,
        )
    )
    return _add(
        act,
        RecordKind.REPLY,
        scheme_id=notice.scheme_id,
        application_id=notice.application_id,
        pence=notice.pence,
        declared_pence=declared_pence,
        answers_id=notice.id,
        document_id=document_id,
    )


def send_letter(act: Act, *, scheme_id: int, application_id: int, enterprise_id: int, pence: int) -> SubsidyRecord:
    """Records the letter that follows issue, and the assistance now given; refused without a reply (rule 40)."""
    reply = latest_record(application_id, RecordKind.REPLY)
    if reply is None:
        raise DomainError("no_reply", _("The business has not confirmed the subsidy notice."))
    give_assistance(act, scheme_id=scheme_id, application_id=application_id, enterprise_id=enterprise_id, pence=pence)
    return _add(
        act,
        RecordKind.LETTER,
        scheme_id=scheme_id,
        application_id=application_id,
        pence=pence,
        answers_id=reply.id,
    )


def give_assistance(act: Act, *, scheme_id: int, application_id: int, enterprise_id: int, pence: int) -> None:
    """Counts an amount that we gave towards the enterprise's limit, from today on."""
    session.add(
        Assistance(
            enterprise_id=enterprise_id,
            scheme_id=scheme_id,
            source=Source.SYSTEM,
            pence=pence,
            given_on=act.today,
            application_id=application_id,
        )
    )


def _add(
    act: Act,
    kind: RecordKind,
    *,
    scheme_id: int,
    application_id: int,
    pence: int,
    declared_pence: int | None = None,
    answers_id: int | None = None,
    document_id: int | None = None,
) -> SubsidyRecord:
    row = SubsidyRecord(
        scheme_id=scheme_id,
        application_id=application_id,
        kind=str(kind),
        at=act.now,
        pence=pence,
        declared_pence=declared_pence,
        wording_version=WORDING_VERSION,
        answers_id=answers_id,
        document_id=document_id,
        person_id=act.actor.person_id,
    )
    session.add(row)
    session.flush()
    return row
