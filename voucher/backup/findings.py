"""What is wrong in the books: asked when a backup is made, and again when it was restored."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from voucher.audit.queries import verify
from voucher.documents.models import Document
from voucher.platform.db import session
from voucher.platform.files import FileMissing, FileStore
from voucher.platform.keyring import KeyRing, KeyRingError
from voucher.reports.reconcile import reconcile
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Credential


def faults_of_the_books(roots: Path, ring: KeyRing) -> list[str]:
    """What does not hold, one sentence each: the audit trail (rule 64), both sides of the money, credentials' keys."""
    return [*verify(roots).faults, *_differences(), *_keys_missing(ring)]


def _differences() -> list[str]:
    schemes = session.scalars(select(Scheme).order_by(Scheme.id)).all()
    return [f"{scheme.reference}: {each}" for scheme in schemes for each in reconcile(scheme).differences]


def _keys_missing(ring: KeyRing) -> list[str]:
    faults = []
    for kid in session.scalars(select(Credential.key_id).distinct().order_by(Credential.key_id)):
        try:
            ring.voucher_key(kid)
        except KeyRingError as missing:
            faults.append(missing.message)
    return faults


def documents_missing(files: FileStore) -> list[str]:
    """Documents that the store has not, or not as their hash says, each with its name."""
    faults = []
    found = select(Document.sha256, Document.original_name).order_by(Document.sha256, Document.id)
    for sha256, name in session.execute(found):
        try:
            files.get(sha256)
        except FileMissing as missing:
            faults.append(f"{name}: {missing}")
    return faults
