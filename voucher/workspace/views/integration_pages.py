"""Integrations: how this installation is joined to mail, the bank and the world around it, for whoever runs it."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import current_act, desk, requires
from voucher.schemes.models import Scheme
from voucher.workspace.installation import standings

blueprint = Blueprint("integrations", __name__)


@blueprint.get("/settings/integrations")
@requires(Permission.ADMIN_PEOPLE_MANAGE, task=_("Integrations: mail, bank files, malware scanning and more"))
def integrations_page() -> ResponseReturnValue:
    schemes = session.scalars(select(Scheme).order_by(Scheme.id)).all()
    found = standings(current_act(), desk().config, schemes)
    return render_template("workspace/integrations.html", standings=found)
