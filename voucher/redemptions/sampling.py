"""Which claims a person looks at: all of them until a scheme says otherwise, drawn by a recorded seed (rule 62)."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import select

from voucher.accounts.rules import Strength
from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import on_record, said
from voucher.platform.money import Share
from voucher.redemptions.models import Redemption, SamplingRule
from voucher.redemptions.queries import answer_in_force, sessions_of
from voucher.schemes.models import Scheme
from voucher.schemes.queries import held_still

ALL = 10_000


# What is written down as a record, and told again from it.
_EVERY_CLAIM = on_record("Every claim is looked at.")


def is_drawn(seed: str, public_id: str, rate_bp: int) -> bool:
    """Whether a claim falls into the sample: the same claim, seed and rate always give the same answer (rule 62).

    A claim that is drawn at one rate is drawn at every higher one. The rate is in ten-thousandths.
    """
    place = int.from_bytes(hashlib.sha256(f"{seed}:{public_id}".encode()).digest()[:8])
    return place * 10_000 < rate_bp << 64


def sampling_rules(scheme_id: int) -> list[SamplingRule]:
    """How many claims were looked at from when on, the newest rule first; none while all of them are."""
    return list(
        session.scalars(
            select(SamplingRule).where(SamplingRule.scheme_id == scheme_id).order_by(SamplingRule.id.desc())
        )
    )


def set_sampling(act: Act, scheme: Scheme, *, rate_bp: int, weak_rate_bp: int, reason: str, seed: str = "") -> None:
    """Sets how many claims are drawn from now on, in ten-thousandths; a seed is made where none is given.

    Claims that were drawn or passed over before stay as they are. Raises DomainError for rates that are none, or with
    which weak confirmations would be looked at less than others.
    """
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    for name, rate in (("rate", rate_bp), ("weak_rate", weak_rate_bp)):
        if not 0 <= rate <= ALL:
            raise DomainError("rate", _("Enter a percentage from 0 to 100."), name)
    if weak_rate_bp < rate_bp:
        words = _("Weak confirmations are sampled at least as much as the others: enter the same percentage or more.")
        raise DomainError("weak_rate", words, "weak_rate")
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: auditors read it."), "reason")
    scheme = held_still(scheme)
    new = SamplingRule(
        scheme_id=scheme.id,
        rate_bp=rate_bp,
        weak_rate_bp=weak_rate_bp,
        seed=seed.strip() or secrets.token_hex(8),
        reason=reason.strip(),
        by_id=act.person_id,
        at=act.now,
    )
    session.add(new)
    record(
        act.actor,
        "scheme.sampling_set",
        scheme,
        at=act.now,
        reason=new.reason,
        details={"rate_bp": rate_bp, "weak_rate_bp": weak_rate_bp, "seed": new.seed},
    )


def draw(redemption: Redemption) -> None:
    """Decides whether a person looks at a claim that was just confirmed, and keeps the reason.

    A claim in the sample stays in it; one that was passed over is drawn anew when a later version is confirmed, for
    the business may have given its word in a weaker way.
    """
    if redemption.sampled and redemption.sample_reason:
        return
    drawn, why = _drawn(redemption)
    redemption.sampled, redemption.sample_reason = redemption.sampled or drawn, why


def draw_always(redemption: Redemption, why: str) -> None:
    """Puts a claim into the sample whatever the rate; the first such reason stays with it."""
    if not redemption.sampled or not redemption.sample_reason:
        redemption.sampled, redemption.sample_reason = True, why


# Whether the claim was drawn, and whether it was confirmed in a weak way.
_WORDS = {
    (True, False): on_record("Drawn: %(rate)s of claims are looked at, by the seed %(seed)s."),
    (True, True): on_record("Drawn: %(rate)s of weak confirmations are looked at, by the seed %(seed)s."),
    (False, False): on_record("Not drawn: %(rate)s of claims are looked at, by the seed %(seed)s."),
    (False, True): on_record("Not drawn: %(rate)s of weak confirmations are looked at, by the seed %(seed)s."),
}


def _drawn(redemption: Redemption) -> tuple[bool, str]:
    rule = next(iter(sampling_rules(redemption.scheme_id)), None)
    if rule is None:
        return True, _EVERY_CLAIM
    weak = _is_weak(redemption)
    rate = rule.weak_rate_bp if weak else rule.rate_bp
    drawn = is_drawn(rule.seed, redemption.public_id, rate)
    return drawn, said(_WORDS[drawn, weak], rate=Share(rate), seed=rule.seed)


def _is_weak(redemption: Redemption) -> bool:
    """Whether any part of the business's word came by a link alone or was entered for it."""
    answer = answer_in_force(redemption)
    strengths = [each.answer_strength for each in sessions_of(redemption)]
    return Strength.WEAK in [*strengths, answer.strength if answer else None]
