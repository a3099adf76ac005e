"""Up to what amount people may approve payments: proposed by the scheme's administrator, confirmed by its signer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from voucher.accounts.models import Person
from voucher.accounts.queries import holders
from voucher.accounts.rules import PROPOSALS, roles_with
from voucher.accounts.rules import ProposalState as S
from voucher.audit.commands import begin_state, change_state
from voucher.payments.level_models import ApprovalLevel
from voucher.payments.rules import Levels
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.schemes.models import Scheme


def levels_on(scheme_id: int, day: date) -> Levels:
    """The levels that count on a day."""
    rows = session.execute(
        select(ApprovalLevel.person_id, ApprovalLevel.up_to_pence)
        .where(
            ApprovalLevel.scheme_id == scheme_id,
            ApprovalLevel.state == str(S.CONFIRMED),
            ApprovalLevel.from_on <= day,
        )
        .order_by(ApprovalLevel.from_on, ApprovalLevel.decided_at, ApprovalLevel.id)
    )
    # The newest comes last and stays.
    newest = {person_id: up_to for person_id, up_to in rows}  # noqa: C416 - rows are no pairs to a checker
    of_the_role = newest.pop(None, None)
    return Levels(of_the_role, {each: up_to for each, up_to in newest.items() if each is not None})


def levels_of(scheme_id: int) -> Sequence[ApprovalLevel]:
    """Every level that was ever confirmed, the one from the latest day first."""
    return session.scalars(
        select(ApprovalLevel)
        .where(ApprovalLevel.scheme_id == scheme_id, ApprovalLevel.state == str(S.CONFIRMED))
        .options(joinedload(ApprovalLevel.person))
        .order_by(ApprovalLevel.from_on.desc(), ApprovalLevel.id.desc())
    ).all()


def waiting_level(scheme_id: int) -> ApprovalLevel | None:
    """The level that waits for the signer, if any."""
    return session.scalar(
        select(ApprovalLevel).where(ApprovalLevel.scheme_id == scheme_id, ApprovalLevel.state == str(S.PROPOSED))
    )


def approvers_of(act: Act, scheme_id: int) -> list[Person]:
    """Everybody who may approve payments of the scheme now, by name."""
    roles = roles_with(Permission.BATCHES_APPROVE)
    people = {person for role in roles for person in holders(role, scheme_id, act.now)}
    return sorted(people, key=lambda each: (each.name, each.id))


def propose_level(
    act: Act, scheme: Scheme, *, person: Person | None, up_to_pence: int | None, from_on: date, reason: str
) -> ApprovalLevel:
    """Proposes up to what a person, or everybody without a level of their own, may approve; the signer confirms it.

    Without an amount the limit is lifted. Raises DomainError, at the field, for what is wrong.
    """
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    act.require_second_factor()
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why."), "reason")
    if person is not None and person.id == act.person_id:
        raise Forbidden("own_level", _("This is your own level: others propose and confirm it."))
    if person is not None and person.id not in {each.id for each in approvers_of(act, scheme.id)}:
        raise DomainError("no_approver", _("Choose somebody who may approve payments."), "person")
    if up_to_pence is not None and up_to_pence <= 0:
        words = _("Enter an amount above £0.00. Whoever is to approve nothing gives up the role.")
        raise DomainError("level", words, "up_to")
    if from_on < act.today:
        raise DomainError("level_day", _("A level counts from today at the earliest."), "from_on")
    session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)
    if waiting_level(scheme.id) is not None:
        raise Conflict("proposed_already", _("Another level is proposed already and waits for the signer."))
    level = ApprovalLevel(
        scheme_id=scheme.id,
        person_id=person.id if person else None,
        up_to_pence=up_to_pence,
        from_on=from_on,
        state=S.PROPOSED,
        reason=reason.strip(),
        proposed_by=act.person_id,
        proposed_at=act.now,
    )
    session.add(level)
    told = {"person": level.person_id, "up_to_pence": up_to_pence, "from_on": from_on.isoformat()}
    begin_state(act.actor, "approval_level.proposed", level, at=act.now, reason=level.reason, **told)
    return level


def why_not_confirm_level(act: Act, level: ApprovalLevel) -> str | None:
    """Why this person cannot confirm the level, or None."""
    if level.proposed_by == act.actor.person_id:
        return _("You proposed this: the signer must confirm it, and must be somebody else.")
    if level.person_id == act.actor.person_id:
        return _("This is your own level: others propose and confirm it.")
    if not act.actor.may(Permission.STATEMENTS_SIGN, scheme_id=level.scheme_id):
        return _("Only the signer of the scheme confirms this.")
    return None


def confirm_level(act: Act, level: ApprovalLevel) -> None:
    """The signer confirms, and approvals from its day on are held to it; raises Forbidden for the proposer."""
    act.require(Permission.STATEMENTS_SIGN, scheme_id=level.scheme_id)
    act.require_second_factor()
    level = _locked(level)
    refusal = why_not_confirm_level(act, level)
    if refusal:
        raise Forbidden("level_duty", refusal)
    level.decided_by, level.decided_at = act.person_id, act.now
    change_state(act.actor, "approval_level.confirmed", level, S.CONFIRMED, PROPOSALS, at=act.now, reason=level.reason)


def end_level_proposal(act: Act, level: ApprovalLevel, *, reason: str) -> None:
    """Whoever proposed it withdraws it, or the signer declines it, with a reason."""
    own = level.proposed_by == act.actor.person_id
    act.require(Permission.SCHEMES_SET_UP if own else Permission.STATEMENTS_SIGN, scheme_id=level.scheme_id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why."), "reason")
    level = _locked(level)
    to = S.WITHDRAWN if own else S.DECLINED
    level.decided_by, level.decided_at = act.person_id, act.now
    change_state(act.actor, f"approval_level.{to}", level, to, PROPOSALS, at=act.now, reason=reason.strip())


def _locked(level: ApprovalLevel) -> ApprovalLevel:
    return session.get_one(ApprovalLevel, level.id, with_for_update=True, populate_existing=True)
