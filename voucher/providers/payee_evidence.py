"""The document that stands in for an unavailable Confirmation of Payee (rule 31)."""

from __future__ import annotations

from sqlalchemy import select

from voucher.documents.commands import RETAINED_PAYMENT, keep_document
from voucher.documents.models import Document
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.forms import tidy
from voucher.providers.models import PayeeDetails, Provider


def keep_evidence(act: Act, provider: Provider, name: str, data: bytes) -> Document:
    """Keeps the document; raises DomainError at the field for a file that is not taken. The act has looked at it."""
    try:
        return keep_document(
            act,
            scheme_id=provider.scheme_id,
            data=data,
            name=tidy(name) or "evidence",
            retention_class=RETAINED_PAYMENT,
        )
    except DomainError as refusal:
        raise DomainError(refusal.code, refusal.message, "evidence") from refusal


def evidence_of(provider: Provider, public_id: str) -> Document | None:
    """A document that was handed in about the provider's account, the present one or an earlier one."""
    return session.scalar(
        select(Document)
        .join(PayeeDetails, PayeeDetails.evidence_id == Document.id)
        .where(PayeeDetails.provider_id == provider.id, Document.public_id == public_id)
    )
