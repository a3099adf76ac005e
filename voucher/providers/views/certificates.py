"""The certificate of an insurance as a form hands it in: kept on the first attempt, so that nobody chooses it twice."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.documents.commands import RETAINED_PROVIDER, keep_document, looked_at
from voucher.documents.models import Document
from voucher.platform.act import Act
from voucher.platform.errors import DomainError
from voucher.platform.forms import show_refusal, tidy
from voucher.platform.i18n import gettext_noop as _
from voucher.providers.applying import Policy
from voucher.providers.firm_queries import own_certificate
from voucher.providers.forms import InsuranceForm
from voucher.providers.rules import InsuranceKind


def certificate(act: Act, scheme_id: int, form: InsuranceForm) -> Document | None:
    """The file of this attempt or of the one before; None, with the fault at the field, when there is none."""
    file = request.files.get("certificate")
    kept = own_certificate(act, scheme_id, form.kept.data or "")
    if file is not None and file.filename:
        data = file.read()
        act = looked_at(act, [data])
        try:
            with transaction(act.actor, act.clock):
                kept = keep_document(
                    act,
                    scheme_id=scheme_id,
                    data=data,
                    name=tidy(file.filename) or "certificate",
                    retention_class=RETAINED_PROVIDER,
                )
        except DomainError as refusal:
            show_refusal(form, refusal, {"file": "certificate"})
            return None
    if kept is None:
        show_refusal(form, DomainError("file", _("Add the certificate as a PDF or a picture."), "certificate"))
    form.kept.data = kept.public_id if kept else ""
    return kept


def policy(form: InsuranceForm) -> Policy:
    """What the form says of the policy."""
    return Policy(
        kind=InsuranceKind(form.kind.data),
        insurer=form.insurer.data,
        policy_number=form.policy_number.data,
        cover_pence=form.cover.data,
        ends_on=form.ends_on.data,
    )


def kept_name(act: Act, scheme_id: int, form: InsuranceForm) -> str:
    """The name of the file that is kept already, to be shown beside the field."""
    kept = own_certificate(act, scheme_id, form.kept.data or "")
    return translate(_("We have kept %(name)s."), name=kept.original_name) if kept else ""
