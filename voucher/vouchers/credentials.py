"""Making credentials: the first generation, replacements, and new ones for a compromised key."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.keyring import KeyRing
from voucher.vouchers.credential import QrClaims, qr_address, token_for, typed_code_for
from voucher.vouchers.models import Credential, Voucher
from voucher.vouchers.queries import current_credential, lock_voucher
from voucher.vouchers.rules import VoucherState
from voucher.vouchers.typed_code import display

LIVE = (VoucherState.ISSUED, VoucherState.SPENT, VoucherState.SUSPENDED)


@dataclass(frozen=True)
class Shown:
    """A voucher's two secrets as its holder sees them; drawn on demand and stored nowhere."""

    qr_text: str
    typed_code: str


def make_credential(act: Act, voucher: Voucher) -> Credential:
    """The credential of the voucher's present generation, under the active key."""
    key, nonce = act.ring.active, 0
    while True:
        code = typed_code_for(key, bytes.fromhex(voucher.public_id), voucher.generation, nonce)
        code_hash = act.ring.lookup_hash(f"code {code}")
        if session.scalar(select(Credential.id).where(Credential.code_hash == code_hash)) is None:
            break
        nonce += 1
    credential = Credential(
        scheme_id=voucher.scheme_id,
        voucher_id=voucher.id,
        generation=voucher.generation,
        key_id=key.kid,
        nonce=nonce,
        code_hash=code_hash,
        made_at=act.now,
    )
    session.add(credential)
    return credential


def show(ring: KeyRing, base_url: str, voucher: Voucher) -> Shown:
    """The QR address and typed code of the present generation."""
    credential = current_credential(voucher)
    key, public_id = ring.voucher_key(credential.key_id), bytes.fromhex(voucher.public_id)
    claims = QrClaims(key.kid, voucher.scheme.number, public_id, voucher.generation, voucher.last_day)
    code = typed_code_for(key, public_id, voucher.generation, credential.nonce)
    return Shown(qr_address(base_url, token_for(key, claims)), display(code))


def replace(act: Act, voucher: Voucher, *, reason: str) -> None:
    """Makes a new generation for a lost or copied voucher; the old paper is refused as replaced."""
    act.require(Permission.VOUCHERS_MANAGE, scheme_id=voucher.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", "Say why the voucher is replaced.", "reason")
    if voucher.business_id in act.actor.organisation_ids:
        raise Forbidden("own_voucher", "This is your own organisation's voucher: another person must replace it.")
    voucher = lock_voucher(voucher.id)
    if voucher.state not in LIVE:
        raise DomainError("voucher_ended", f"Voucher {voucher.reference} is {voucher.state}; it cannot be replaced.")
    _renew(act, voucher, reason)


def replace_under_key(act: Act, key_id: int) -> int:
    """New generations for every living voucher whose credential a compromised key made; gives their number."""
    act.require(Permission.ADMIN_KEYS_MANAGE)
    affected = session.scalars(
        select(Voucher)
        .join(Credential, (Credential.voucher_id == Voucher.id) & (Credential.generation == Voucher.generation))
        .where(Credential.key_id == key_id, Voucher.state.in_([str(state) for state in LIVE]))
        .order_by(Voucher.id)
        .with_for_update(of=Voucher)
    ).all()
    for voucher in affected:
        _renew(act, voucher, f"key {key_id} was compromised")
    return len(affected)


def _renew(act: Act, voucher: Voucher, reason: str) -> None:
    current_credential(voucher).withdrawn_at = act.now
    voucher.generation += 1
    make_credential(act, voucher)
    record(
        act.actor,
        "voucher.replaced",
        voucher,
        at=act.now,
        reason=reason,
        details={"generation": voucher.generation},
    )
    tell(
        act,
        "voucher_replaced",
        email=voucher.application.contact.email,
        scheme_id=voucher.scheme_id,
        person_id=voucher.application.contact_id,
        voucher_id=voucher.id,
    )
