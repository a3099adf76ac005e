"""Can this team work? Each step with who may do it now, which pairs exclude each other, and what an absence stops."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from voucher.accounts.duties import AT_TIMES, Pair, Step, pairs_in_force, split, stands_still, steps_in_force
from voucher.accounts.queries import holders_of_permissions
from voucher.payments.levels import levels_on
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.workspace.roles import schemes

blueprint = Blueprint("team", __name__)
PAY = "pay"  # the step whose people may have a limit in money


@dataclass(frozen=True)
class Away:
    """What an absence stops: steps, the keeping apart of duties, payments above an amount that others approve."""

    name: str
    still: list[str]
    works: bool
    pays_up_to: int | None


@dataclass(frozen=True)
class Team:
    """One scheme's people as the page shows them; amounts are pence, and None is no limit."""

    scheme: Scheme
    steps: list[tuple[Step, list[tuple[str, int | None]]]]
    pairs: tuple[Pair, ...]
    still: list[str]
    at_times: list[str]
    works: bool
    pays_up_to: int | None
    away: list[Away]


@blueprint.get("/team")
@requires(
    Permission.ADMIN_PEOPLE_MANAGE,
    Permission.SCHEMES_SET_UP,
    Permission.STATEMENTS_SIGN,
    Permission.AUDIT_EVERYTHING_READ,
    task=_("Can this team work?"),
)
def team_page() -> ResponseReturnValue:
    act = current_act()
    seen = (Permission.SCHEMES_SET_UP, Permission.STATEMENTS_SIGN, Permission.AUDIT_EVERYTHING_READ)
    everywhere = act.actor.may(Permission.ADMIN_PEOPLE_MANAGE)
    shown = [each for each in schemes() if everywhere or any(act.actor.may(p, scheme_id=each.id) for p in seen)]
    return render_template("workspace/team.html", teams=[_team(act, each) for each in shown])


def _team(act: Act, scheme: Scheme) -> Team:
    steps = steps_in_force(reviewer_needed=scheme.reviewer_needed)
    pairs = pairs_in_force(decider_may_verify=scheme.decider_may_verify, reviewer_needed=scheme.reviewer_needed)
    names, by_permission = holders_of_permissions(scheme.id, act.now)
    holders = {step.code: by_permission.get(step.permission, set()) for step in steps}
    called = {step.code: step.name for step in steps}
    involved = sorted({each for people in holders.values() for each in people}, key=lambda each: (names[each], each))
    still, levels = stands_still(holders, pairs), levels_on(scheme.id, act.today)
    limits = {(PAY, each): levels.of(each) for each in holders[PAY]}
    return Team(
        scheme=scheme,
        steps=[
            (step, sorted(((names[each], limits.get((step.code, each))) for each in holders[step.code]), key=_by_name))
            for step in steps
        ],
        pairs=pairs,
        still=[called[code] for code in still if code not in AT_TIMES],
        at_times=[called[code] for code in still if code in AT_TIMES],
        works=split(holders, pairs) is not None,
        pays_up_to=levels.most(holders[PAY]),
        away=[
            Away(
                names[each],
                [called[code] for code in stands_still(holders, pairs, without=each) if code not in still],
                split(holders, pairs, without=each) is not None,
                levels.most(holders[PAY] - {each}),
            )
            for each in involved
        ],
    )


def _by_name(named: tuple[str, int | None]) -> str:
    return named[0]
