"""From a record as an auditor finds it to the page on which the work with it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app, url_for

from voucher.platform.actor import Actor
from voucher.platform.web import guard_of
from voucher.workspace.records import Found

# The endpoint of each kind's own page, and the parts of its address. A party has none: it has applications and claims.
OWN_PAGES: Mapping[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "voucher": ("voucher_desk.record_page", lambda row: {"reference": row.reference}),
    "claim": ("claim_desk.record_page", lambda row: {"public_id": row.public_id}),
    "application": ("application_desk.record_page", lambda row: {"public_id": row.public_id}),
    "provider": ("provider_desk.provider_page", lambda row: {"public_id": row.public_id}),
    "payment": ("batches.batch_page", lambda row: {"public_id": row.batch.public_id}),
    "batch": ("batches.batch_page", lambda row: {"public_id": row.public_id}),
    "statement": ("statements.statement_page", lambda row: {"public_id": row.public_id}),
    "bank-line": ("bank.line_page", lambda row: {"public_id": row.public_id}),
    "debt": ("debts.debt_page", lambda row: {"public_id": row.public_id}),
    "agreement": ("agreements.agreement_page", lambda row: {"public_id": row.public_id}),
    "irregularity": ("irregularities.record_page", lambda row: {"public_id": row.public_id}),
    "case": ("concentration.case_page", lambda row: {"public_id": row.public_id}),
}


def own_page(actor: Actor, found: Found) -> str | None:
    """The address of the record's own page, for whoever may open it; that page looks again."""
    if found.kind.name not in OWN_PAGES:
        return None
    endpoint, parts = OWN_PAGES[found.kind.name]
    permissions = guard_of(current_app.view_functions[endpoint]).permissions
    if not any(actor.may(permission, scheme_id=found.row.scheme_id) for permission in permissions):
        return None
    return url_for(endpoint, **parts(found.row))
