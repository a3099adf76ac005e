"""Where the people of a business arrive: what to do, what others are doing, the vouchers and the applications."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires, tasks
from voucher.workspace.business_queries import (
    MEMBER,
    last_changes,
    own_applications,
    own_businesses,
    own_vouchers,
)
from voucher.workspace.business_tasks import work_of
from voucher.workspace.relative_days import how_far

blueprint = Blueprint("business", __name__)


@blueprint.get("/business")
@requires(*MEMBER, task=_("Your business's vouchers and tasks"), home=True)
def home_page() -> ResponseReturnValue:
    act = current_act()
    applications = own_applications(act.actor, 1)
    return render_template(
        "workspace/business_home.html",
        businesses=own_businesses(act.actor),
        work=work_of(act),
        vouchers=own_vouchers(act.actor, 1),
        applications=applications,
        changes=last_changes("application", [each.id for each in applications.rows]),
        how_far=partial(how_far, today=act.today),
        starts=[task for task in tasks(act.actor) if task.endpoint != request.endpoint],
    )


@blueprint.get("/business/vouchers")
@requires(*MEMBER)
def vouchers_page() -> ResponseReturnValue:
    act = current_act()
    return render_template(
        "workspace/business_vouchers.html",
        listed=own_vouchers(act.actor, request.args.get("page", 1, type=int)),
        how_far=partial(how_far, today=act.today),
    )


@blueprint.get("/business/applications")
@requires(*MEMBER)
def applications_page() -> ResponseReturnValue:
    listed = own_applications(current_act().actor, request.args.get("page", 1, type=int))
    changes = last_changes("application", [each.id for each in listed.rows])
    return render_template("workspace/business_applications.html", listed=listed, changes=changes)
