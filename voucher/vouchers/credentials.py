"""Making credentials: the first generation, replacements, and new ones for a compromised key."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from voucher.accounts.models import Person
from voucher.audit.commands import record
from voucher.notifications.commands import tell
from voucher.notifications.queries import is_on_its_way
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.keyring import KeyRing
from voucher.vouchers.credential import QrClaims, qr_address, token_for, typed_code_for
from voucher.vouchers.models import Credential, Voucher
from voucher.vouchers.policy import why_not_manage
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
        raise DomainError("reason_needed", _("Say why the voucher is replaced."), "reason")
    refusal = why_not_manage(act.actor, voucher)
    if refusal:
        raise Forbidden("own_voucher", refusal)
    _renew(act, _lock_living(voucher), reason)


def replace_own(act: Act, voucher: Voucher, *, generation: int, reason: str) -> None:
    """The business replaces the paper that it has lost, without the scheme: it gets a new paper and nothing else.

    ``generation`` is the one that is replaced, so that a button pressed twice replaces once.
    """
    act.require(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=voucher.business_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say what happened to the voucher."), "reason")
    voucher = _lock_living(voucher)
    if voucher.generation == generation:
        _renew(act, voucher, reason.strip())


def send_copy(act: Act, voucher: Voucher) -> None:
    """Sends the paper once more to the person of the business who asks; it is drawn when it is sent.

    Asking again while one is still on its way adds no second one.
    """
    act.require(Permission.BUSINESS_OFFERS_ACCEPT, organisation_id=voucher.business_id)
    voucher = _lock_living(voucher)
    person = session.get_one(Person, act.person_id)
    if is_on_its_way("voucher_copy", person_id=person.id, voucher_id=voucher.id):
        return
    details = {"generation": voucher.generation, "person": person.email}
    record(act.actor, "voucher.copy_asked_for", voucher, at=act.now, details=details)
    tell(
        act, "voucher_copy", email=person.email, scheme_id=voucher.scheme_id, person_id=person.id, voucher_id=voucher.id
    )


def _lock_living(voucher: Voucher) -> Voucher:
    """The voucher under lock; raises DomainError when it has ended, for an ended one needs no paper."""
    voucher = lock_voucher(voucher.id)
    if voucher.state not in LIVE:
        raise DomainError(
            "voucher_ended",
            said(
                "Voucher %(voucher)s is %(state)s; it has no paper any more.",
                voucher=voucher.reference,
                state=said(voucher.state),
            ),
        )
    return voucher


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
