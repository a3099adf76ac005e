"""Where scheme staff arrive: what waits for them, where the money is, how far the vouchers have come."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from voucher.funding.models import Agreement, FundingLine
from voucher.funding.queries import agreements_of, balances
from voucher.funding.rules import MEANINGS, Account
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.clock import london_date
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.paging import Rows
from voucher.platform.web import current_act, requires, tasks
from voucher.reports.money_bar import MoneyBar, money_bar
from voucher.schemes.models import Scheme
from voucher.schemes.workplace import Workplace, working_in
from voucher.workspace.desk_tasks import in_groups
from voucher.workspace.funnel import STAGES, Stage
from voucher.workspace.lists import BEHIND
from voucher.workspace.queues import QUEUES, Queue, Waiting, how_many, waiting

blueprint = Blueprint("desk", __name__)

P = Permission

# Whoever works for a scheme, by what at least one of the roles permits.
STAFF = (
    P.CLAIMS_READ, P.FUNDING_LINES_READ, P.PAYEES_KEY, P.PAYEES_CONFIRM, P.PROVIDERS_SPONSOR, P.PROVIDERS_APPROVE,
)  # fmt: skip

# The stages of a pound with the lines of the statement that the bar knows them by, from free to paid.
STAGES_OF_MONEY = (
    (Account.UNALLOCATED, "12"), (Account.RESERVED, "3"), (Account.COMMITTED, "4"), (Account.CLAIMED, "5"),
    (Account.APPROVED, "6"), (Account.DEFRAYED, "8"),
)  # fmt: skip


class LineMoney(NamedTuple):
    """Where the money of one funding line is, and the bar that draws it."""

    agreement: Agreement
    line: FundingLine
    figures: list[tuple[Account, int]]
    bar: MoneyBar


class Step(NamedTuple):
    """A step of the funnel with how many came so far."""

    key: str
    label: str
    reached: int


@blueprint.get("/desk")
@requires(*STAFF, home=True)
def desk_page() -> ResponseReturnValue:
    act = current_act()
    at = working_in(*STAFF)
    reads_money = act.actor.may(P.FUNDING_LINES_READ, scheme_id=at.scheme.id)
    reads_claims = act.actor.may(P.CLAIMS_READ, scheme_id=at.scheme.id)
    return render_template(
        "workspace/desk.html",
        at=at,
        mine=[_waiting(queue, at.scheme) for queue in _queues_of(act, at.scheme)],
        age=lambda moment: _age(act.today, london_date(moment)),
        money=_money(at.scheme) if reads_money else [],
        accounts=[account for account, _line in STAGES_OF_MONEY],
        funnel=_funnel(at.scheme) if reads_claims else [],
        groups=in_groups(tasks(act.actor)),
    )


def _queues_of(act: Act, scheme: Scheme) -> list[Queue]:
    """The queues that wait for this person in the scheme."""
    return [queue for queue in QUEUES if any(act.actor.may(each, scheme_id=scheme.id) for each in queue.permissions)]


def _waiting(queue: Queue, scheme: Scheme) -> Waiting:
    count, oldest = waiting(queue.rows(scheme))
    return Waiting(queue, count, oldest)


def _funnel(scheme: Scheme) -> list[Step]:
    return [Step(each.key, each.label, how_many(each.rows(scheme))) for each in STAGES]


def _age(today: date, since: date) -> int:
    return (today - since).days


def _money(scheme: Scheme) -> list[LineMoney]:
    agreements = agreements_of(scheme.id)
    standing = balances([line.id for agreement in agreements for line in agreement.lines])
    found = []
    for agreement in agreements:
        for line in agreement.lines:
            figures = [(account, standing[line.id][account]) for account, _line in STAGES_OF_MONEY]
            by_line = {number: standing[line.id][account] for account, number in STAGES_OF_MONEY}
            bar = money_bar(f"{agreement.reference} {line.code}", by_line)
            found.append(LineMoney(agreement, line, figures, bar))
    return found


@blueprint.get("/desk/figures")
@requires(*STAFF)
def figures_page() -> ResponseReturnValue:
    return render_template("workspace/figures.html", at=working_in(*STAFF), meanings=MEANINGS, stages=STAGES)


@blueprint.get("/desk/queues/<key>")
@requires(*STAFF)
def queue_page(key: str) -> ResponseReturnValue:
    act = current_act()
    at = working_in(*STAFF)
    for queue in _queues_of(act, at.scheme):
        if queue.key == key:
            return _listed(at, queue, queue.rows(at.scheme))
    raise NotFound("no_queue", _("You have no such queue."))


@blueprint.get("/desk/vouchers/<key>")
@requires(P.CLAIMS_READ)
def stage_page(key: str) -> ResponseReturnValue:
    at = working_in(P.CLAIMS_READ)
    for stage in STAGES:
        if stage.key == key:
            return _listed(at, stage, stage.rows(at.scheme))
    raise NotFound("no_stage", _("There is no such step."))


def _listed(at: Workplace, what: Queue | Stage, rows: Rows) -> ResponseReturnValue:
    return BEHIND.answer(
        rows,
        "workspace/rows.html",
        name=what.key,
        at=at,
        heading=translate(what.label),
        total=how_many(rows),
        desk=address_if_there(what.desk),
        address=lambda row: address_if_there(f"{what.desk}/{row.address}"),
    )


def address_if_there(path: str) -> str | None:
    """The address when the app has a page there that can be looked at."""
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return path
