"""Who has taken which check of a claim, so that two people do not do the same work; what nobody has is the queue's."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from voucher.accounts.models import Person
from voucher.accounts.queries import holders_of_permissions, names_of
from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said, together
from voucher.redemptions.models import Redemption, TaskOwner
from voucher.redemptions.policy import why_not_verify
from voucher.redemptions.queries import lock_redemption, owners_now, results_in_force
from voucher.redemptions.rules import MANUAL, VERIFIABLE, Task


def take_checks(act: Act, redemption: Redemption, tasks: Collection[Task] = ()) -> list[Task]:
    """Takes checks of a claim that nobody has: those that are named, or all that are open for a person.

    Raises Conflict when somebody was faster, and Forbidden for whoever may not verify the claim.
    """
    redemption = _to_be_verified(act, redemption)
    taken = owners_now(redemption)
    wanted = _wanted(redemption, tasks)
    if not wanted:
        raise DomainError(
            "nothing_open",
            said("No check of claim %(redemption)s waits for a person.", redemption=redemption.reference),
        )
    free = [task for task in wanted if task not in taken]
    others = {taken[task].person_id for task in wanted if task in taken} - {act.person_id}
    if others and (tasks or not free):
        names = ", ".join(sorted(names_of(others).values()))
        raise Conflict(
            "task_taken",
            said(
                "%(names)s has taken checks of claim %(redemption)s already.",
                names=names,
                redemption=redemption.reference,
            ),
        )
    for task in free:
        _give(act, redemption, task, act.person_id)
    if free:
        record(act.actor, "claim.checks_taken", redemption, at=act.now, details={"tasks": [str(t) for t in free]})
    return free


def give_back_checks(act: Act, redemption: Redemption, *, reason: str = "") -> list[Task]:
    """Puts the checks that somebody has taken back into the queue: one's own, or with a reason those of all others."""
    redemption = _to_be_verified(act, redemption)
    taken = owners_now(redemption)
    own = [task for task, owner in taken.items() if owner.person_id == act.person_id]
    if not taken:
        raise DomainError(
            "nobody_has_it", said("Nobody has taken a check of claim %(redemption)s.", redemption=redemption.reference)
        )
    if not own and not reason.strip():
        raise DomainError("reason_needed", _("Say why you put back what somebody else has taken."), "reason")
    given = own or list(taken)
    for task in given:
        taken[task].given_back_at = act.now
    details = {"tasks": [str(task) for task in given]}
    record(act.actor, "claim.checks_given_back", redemption, at=act.now, reason=reason, details=details)
    session.flush()
    return given


def hand_checks(act: Act, redemption: Redemption, person: Person, *, reason: str) -> list[Task]:
    """Hands every open check of a claim that a person makes to a named verifier, whoever had them before.

    Raises DomainError when that person may not verify claims of the scheme.
    """
    redemption = _to_be_verified(act, redemption)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: the reason stands in the history."), "reason")
    if person.id not in {each.id for each in verifiers(act, redemption)}:
        raise DomainError(
            "no_verifier", said("%(person)s does not verify claims of this scheme.", person=person.name), "person"
        )
    taken = owners_now(redemption)
    wanted = _wanted(redemption, ())
    for task in wanted:
        if task in taken:
            taken[task].given_back_at = act.now
    session.flush()
    for task in wanted:
        _give(act, redemption, task, person.id)
    details = {"tasks": [str(task) for task in wanted], "to": person.name}
    record(act.actor, "claim.checks_handed_over", redemption, at=act.now, reason=reason, details=details)
    return wanted


def verifiers(act: Act, redemption: Redemption) -> Sequence[Person]:
    """Who verifies claims of the claim's scheme at the moment, by name."""
    _names, holding = holders_of_permissions(redemption.scheme_id, act.now)
    found = holding.get(Permission.CLAIMS_VERIFY, set())
    return session.scalars(select(Person).where(Person.id.in_(found)).order_by(Person.name, Person.id)).all()


def refuse_taken(act: Act, redemption: Redemption, tasks: Collection[Task]) -> None:
    """Raises Conflict when somebody else has taken one of these checks."""
    taken = owners_now(redemption)
    others = {task: taken[task].person_id for task in tasks if task in taken and taken[task].person_id != act.person_id}
    if others:
        names = names_of(others.values())
        each: list[str] = [
            said("%(person)s has taken the check “%(task)s”.", person=names[person_id], task=task)
            for task, person_id in others.items()
        ]
        raise Conflict("task_taken", together([*each, _("Ask for it to be put back first.")]))


def _to_be_verified(act: Act, redemption: Redemption) -> Redemption:
    act.require(Permission.CLAIMS_VERIFY, scheme_id=redemption.scheme_id)
    refusal = why_not_verify(act.actor, redemption)
    if refusal:
        raise Forbidden("verification_duty", refusal)
    redemption = lock_redemption(redemption.id)
    if redemption.state not in VERIFIABLE:
        raise DomainError(
            "not_to_verify",
            said(
                "Claim %(redemption)s is %(state)s: nothing is to check.",
                redemption=redemption.reference,
                state=said(redemption.state),
            ),
        )
    return redemption


def _wanted(redemption: Redemption, tasks: Collection[Task]) -> list[Task]:
    """The named checks, or those that are open for a person, in their order."""
    results = results_in_force(redemption)
    wanted = set(tasks) or {task for task in MANUAL if task not in results or not results[task].passed}
    return [task for task in Task if task in wanted & MANUAL]


def _give(act: Act, redemption: Redemption, task: Task, person_id: int) -> None:
    session.add(
        TaskOwner(
            redemption_id=redemption.id,
            task=str(task),
            person_id=person_id,
            given_by=act.person_id,
            taken_at=act.now,
        )
    )
    session.flush()
