"""Finding vouchers, by staff's reference or through the credential that was presented."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import said
from voucher.platform.keyring import KeyRing, KeyStatus
from voucher.schemes.models import Scheme
from voucher.vouchers.credential import read_token
from voucher.vouchers.models import Credential, Voucher
from voucher.vouchers.typed_code import normalise


def voucher_by_reference(scheme: Scheme, reference: str) -> Voucher:
    """The scheme's voucher with this reference; raises NotFound. For staff: the reference opens nothing else."""
    found = session.scalar(
        select(Voucher).where(Voucher.scheme_id == scheme.id, Voucher.reference == reference.strip().upper())
    )
    if found is None:
        raise NotFound(
            "no_voucher",
            said("Scheme %(scheme)s has no voucher %(reference)s.", scheme=scheme.reference, reference=reference),
            "voucher",
        )
    return found


def lock_voucher(voucher_id: int) -> Voucher:
    """The voucher, read again under lock, with its scheme."""
    return session.scalars(_locked(), {"voucher_id": voucher_id}).one()


@cache
def _locked() -> Select[Voucher]:
    return (
        select(Voucher)
        .where(Voucher.id == bindparam("voucher_id"))
        .options(joinedload(Voucher.scheme, innerjoin=True))
        .with_for_update(of=Voucher)
        .execution_options(populate_existing=True)
    )


def current_credential(voucher: Voucher) -> Credential:
    """The credential of the voucher's present generation."""
    return session.scalars(
        select(Credential).where(Credential.voucher_id == voucher.id, Credential.generation == voucher.generation)
    ).one()


def credential_presented(ring: KeyRing, scheme: Scheme, presented: str) -> Credential | None:
    """The credential of this scheme behind a scanned address or typed code, of any generation; None for all others."""
    claims = read_token(ring, presented)
    if claims is not None:
        if claims.scheme_number != scheme.number:
            return None
        return session.scalar(
            select(Credential)
            .join(Voucher)
            .where(
                Credential.scheme_id == scheme.id,
                Voucher.public_id == claims.public_id.hex(),
                Credential.generation == claims.generation,
            )
        )
    code = normalise(presented)
    if code is None:
        return None
    found = session.scalar(
        select(Credential).where(
            Credential.scheme_id == scheme.id, Credential.code_hash == ring.lookup_hash(f"code {code}")
        )
    )
    if found is None or found.withdrawn_at is not None:
        return found  # a replaced code gets its own reason
    # A code under a compromised key opens nothing in the moment before its voucher has its new generation.
    if ring.voucher_key(found.key_id).status == KeyStatus.COMPROMISED:
        return None
    return found
