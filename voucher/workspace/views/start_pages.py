"""What to do next with a scheme that has just been set up, until money can be offered."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.queries import holders
from voucher.accounts.rules import Role
from voucher.funding.queries import agreements_of
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, requires
from voucher.schemes.models import Scheme
from voucher.schemes.queries import rounds_of, scheme_by_reference

blueprint = Blueprint("scheme_start", __name__)


class Next(NamedTuple):
    """One thing that a new scheme needs: what, who does it, whether it is done, and the page where it is done."""

    what: str
    who: str
    done: bool
    href: str


@blueprint.get("/scheme/new/<reference>")
@requires(Permission.ADMIN_PEOPLE_MANAGE)
def start_page(reference: str) -> ResponseReturnValue:
    act, scheme = current_act(), scheme_by_reference(reference)
    return render_template("workspace/scheme_start.html", scheme=scheme, steps=_steps(act, scheme))


def _steps(act: Act, scheme: Scheme) -> list[Next]:
    people = (Role.SCHEME_ADMINISTRATOR, Role.FUNDING_MANAGER, Role.SIGNER)
    first = _("Give people their roles in it: a scheme administrator, a funding manager and a signer first")
    return [
        Next(
            translate(first),
            translate(_("A system administrator")),
            all(holders(role, scheme.id, act.now) for role in people),
            url_for("people.people_page"),
        ),
        Next(
            translate(_("Say who may apply")),
            translate(_("A scheme administrator")),
            bool(scheme.eligibility),
            _link(act, scheme, Permission.SCHEMES_SET_UP, "eligibility.eligibility_page"),
        ),
        Next(
            translate(_("Enter the funder's signed agreement with its lines")),
            translate(_("A funding manager")),
            bool(agreements_of(scheme.id)),
            _link(act, scheme, Permission.FUNDING_AGREEMENTS_MANAGE, "agreements.new_agreement_page"),
        ),
        Next(
            translate(_("Open a round over the lines of the agreement")),
            translate(_("A scheme administrator")),
            bool(rounds_of(scheme.id, from_day=act.today)),
            _link(act, scheme, Permission.SCHEMES_SET_UP, "rounds.new_round_page"),
        ),
    ]


def _link(act: Act, scheme: Scheme, permission: Permission, endpoint: str) -> str:
    """The page's address for whoever may open it in this scheme, else nothing."""
    if not act.actor.may(permission, scheme_id=scheme.id):
        return ""
    return url_for(endpoint, scheme=scheme.reference)
