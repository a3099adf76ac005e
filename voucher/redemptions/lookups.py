"""Looking a voucher up: a value for every outcome, a row for every attempt, limits counted from rows (rules 3, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from voucher.accounts.queries import holders
from voucher.accounts.rules import Role
from voucher.audit.commands import begin_state
from voucher.notifications.commands import tell
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.providers.models import Provider
from voucher.providers.queries import provider_of
from voucher.providers.rules import ProviderState, may_act
from voucher.redemptions.models import DeliverySession, LookUp
from voucher.redemptions.queries import counted_refusals
from voucher.redemptions.rules import (
    GOOD_OUTCOMES,
    LOCK_MINUTES,
    REFUSED_AND_COUNTED,
    VERDICTS,
    WORDS,
    Outcome,
    SessionState,
    Verdict,
)
from voucher.schemes.models import Scheme
from voucher.vouchers.models import Credential, Voucher
from voucher.vouchers.queries import credential_presented
from voucher.vouchers.rules import VoucherState, recordable_until
from voucher.vouchers.typed_code import normalise, well_formed


@dataclass(frozen=True)
class LookedUp:
    """What a look-up came to. Only a good one carries the voucher and the delivery session that it opened."""

    outcome: Outcome
    session: DeliverySession | None = None

    @property
    def sentence(self) -> str:
        """The outcome in plain words."""
        return WORDS[self.outcome].sentence

    @property
    def verdict(self) -> Verdict:
        """The outcome at a glance."""
        return VERDICTS[self.outcome]

    @property
    def next_step(self) -> str:
        """What to do next."""
        return WORDS[self.outcome].next_step


def look_up(act: Act, scheme: Scheme, presented: str) -> LookedUp:
    """Looks up a scanned address or typed code for the actor's provider; a good one opens a delivery session.

    Changes nothing about the voucher. Raises DomainError for a typed code whose check character does not fit: that is
    a slip of the finger and is neither kept nor counted.
    """
    provider = provider_of(act.actor, scheme.id)
    act.require(Permission.PROVIDER_VOUCHERS_LOOK_UP, organisation_id=provider.organisation_id)
    if _mistyped(presented):
        raise DomainError("mistyped", _("That code has a typing error. Check each letter and digit."), "code")
    since = act.now - timedelta(minutes=LOCK_MINUTES)
    credential = None
    outcome = Outcome.LOCKED if _locked(act, scheme, provider, since) else why_provider_cannot(act, provider)
    if outcome is None:
        credential = credential_presented(act.ring, scheme, presented)
        outcome = judge(act, credential)
    if credential is not None and credential.voucher.business_id in act.actor.organisation_ids:
        raise Forbidden(
            "own_voucher", _("This voucher is your own organisation's: it must be used with another provider.")
        )
    _keep(act, scheme, provider, presented, outcome, credential)
    if outcome not in GOOD_OUTCOMES or credential is None:
        return LookedUp(outcome)
    return LookedUp(outcome, _open_session(act, provider, credential.voucher))


def _mistyped(presented: str) -> bool:
    code = normalise(presented)
    return code is not None and not well_formed(code)


def why_provider_cannot(act: Act, provider: Provider) -> Outcome | None:
    """Why this provider cannot look up, record or claim at the moment, or None (rules 50, 51)."""
    if provider.state == ProviderState.SUSPENDED:
        return Outcome.PROVIDER_SUSPENDED
    if not may_act(provider.state, provider.approved_until, act.today):
        return Outcome.PROVIDER_NOT_APPROVED
    return None


def judge(act: Act, credential: Credential | None) -> Outcome:
    """The outcome for what was presented, in the fixed order of the catalogue."""
    if credential is None:
        return Outcome.NOT_RECOGNISED
    voucher = credential.voucher
    session.refresh(voucher)
    if credential.generation != voucher.generation:
        return Outcome.REPLACED
    by_state = {VoucherState.CANCELLED: Outcome.CANCELLED, VoucherState.SUSPENDED: Outcome.SUSPENDED}
    for state, outcome in by_state.items():
        if voucher.state == state:
            return outcome
    late_until = recordable_until(voucher.last_day, voucher.late_session_days)
    if voucher.state == VoucherState.EXPIRED or act.today > late_until:
        return Outcome.EXPIRED
    if voucher.remaining_pence == 0:
        return Outcome.NOTHING_LEFT
    return Outcome.GOOD if act.today <= voucher.last_day else Outcome.GOOD_LATE


def _locked(act: Act, scheme: Scheme, provider: Provider, since: datetime) -> bool:
    counts = [
        counted_refusals(LookUp.person_id, act.person_id, since) >= scheme.lookup_limit_person,
        counted_refusals(LookUp.provider_id, provider.id, since) >= scheme.lookup_limit_provider,
    ]
    if act.actor.address:
        counts.append(counted_refusals(LookUp.address, act.actor.address, since) >= scheme.lookup_limit_address)
    return any(counts)


def _keep(
    act: Act, scheme: Scheme, provider: Provider, presented: str, outcome: Outcome, credential: Credential | None
) -> None:
    counted = outcome in REFUSED_AND_COUNTED
    session.add(
        LookUp(
            scheme_id=scheme.id,
            at=act.now,
            person_id=act.person_id,
            provider_id=provider.id,
            address=act.actor.address,
            outcome=str(outcome),
            counted=counted,
            code_hash=act.ring.lookup_hash(f"presented {presented.strip().upper()}"),
            voucher_id=credential.voucher_id if credential else None,
        )
    )
    session.flush()
    if counted and _locked(act, scheme, provider, act.now - timedelta(minutes=LOCK_MINUTES)):
        _alert(act, scheme, provider)


def _alert(act: Act, scheme: Scheme, provider: Provider) -> None:
    for person in holders(Role.SCHEME_ADMINISTRATOR, scheme.id, act.now):
        tell(
            act,
            "lookups_locked",
            email=person.email,
            scheme_id=scheme.id,
            person_id=person.id,
            provider_id=provider.id,
        )


def _open_session(act: Act, provider: Provider, voucher: Voucher) -> DeliverySession:
    opened = DeliverySession(
        scheme_id=voucher.scheme_id,
        voucher=voucher,
        provider=provider,
        state=SessionState.OPEN,
        opened_by=act.person_id,
        opened_at=act.now,
    )
    session.add(opened)
    begin_state(act.actor, "session.opened", opened, at=act.now)
    return opened
