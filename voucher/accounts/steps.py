"""What staff may do next with a record, and why one may not: data that record pages show and step pages follow.

A step decides nothing by itself: the command behind it asks the same policy again, under lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar, cast

from flask_babel import gettext as translate

from voucher.accounts.rules import roles_with
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.errors import Conflict, Forbidden, NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import spoken


class OfScheme(Protocol):
    """A record that belongs to a scheme."""

    scheme_id: int


T = TypeVar("T")


def nothing_more(_actor: Actor, _thing: object) -> str | None:
    """The policy of a step that everybody with its permission may take."""
    return None


@dataclass(frozen=True)
class Step(Generic[T]):
    """One thing that can be done with a record: who may, when it is possible, and what else may stand in the way."""

    name: str
    label: str
    permission: Permission
    possible: Callable[[T], bool]
    why_not: Callable[[Actor, T], str | None] = nothing_more


class Offered(NamedTuple):
    """A step that is possible now; ``why_not`` is empty for who may take it."""

    name: str
    label: str
    why_not: str


def offered(steps: Sequence[Step[T]], actor: Actor, thing: T) -> list[Offered]:
    """The steps that the record's state allows, each with the reason why this person may not take it, if any."""
    return [
        Offered(step.name, translate(step.label), _hindrance(step, actor, thing) or "")
        for step in steps
        if step.possible(thing)
    ]


def step_for(steps: Sequence[Step[T]], name: str, actor: Actor, thing: T) -> Step[T]:
    """The step of that name, for its page; raises NotFound, Forbidden with the reason, or Conflict when it is over."""
    step = next((each for each in steps if each.name == name), None)
    if step is None:
        raise NotFound("no_step", _("Go back to the record and choose what to do from there."))
    hindrance = _hindrance(step, actor, thing)
    if hindrance:
        raise Forbidden("step_barred", hindrance)
    if not step.possible(thing):
        raise Conflict("step_over", _("This cannot be done any more. Go back to the record to see how it stands."))
    return step


def _hindrance(step: Step[T], actor: Actor, thing: T) -> str | None:
    if not actor.may(step.permission, scheme_id=cast(OfScheme, thing).scheme_id):
        roles = ", ".join(translate(role) for role in roles_with(step.permission))
        return str(translate(_("Only people with this role may do this: %(roles)s."), roles=roles))
    reason = step.why_not(actor, thing)
    return spoken(reason) if reason else None
