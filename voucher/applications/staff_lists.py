"""The columns of staff's list of applications."""

from __future__ import annotations

from voucher.applications.models import Application
from voucher.organisations.models import Organisation
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.lists import Column, Kind, Listing
from voucher.schemes.models import Round

APPLICATIONS = Listing(
    "applications",
    (
        Column(_("Application"), lambda each: each.reference, "reference", Application.reference),
        Column(_("Business"), lambda each: each.business.name, "business", Organisation.name),
        Column(_("Round"), lambda each: each.round.name, "round", Round.name),
        Column(_("State"), lambda each: each.state, "state", Application.state, Kind.STATE),
        Column(_("Sent"), lambda each: each.submitted_at, "sent", Application.submitted_at),
        Column(_("Amount"), lambda each: each.face_pence, "amount", Application.face_pence, Kind.MONEY),
    ),
    usual="sent",
    tie=Application.id,
    dated="sent",
)
