"""Indexes in the order in which pages of a large scheme list, count and sum its rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

REACHED = sa.text("to_state IS NOT NULL")
NEW = (
    ("ix_application_business", "application", ["business_id", "submitted_at"]),
    ("ix_application_scheme_day", "application", ["scheme_id", "submitted_at", "id"]),
    ("ix_delivery_session_provider", "delivery_session", ["provider_id", "state", "delivered_on", "id"]),
    ("ix_delivery_session_recorder", "delivery_session", ["recorded_by", "recorded_at", "id"]),
    ("ix_membership_role", "membership", ["role"]),
    ("ix_posting_line_accounts", "posting", ["line_id", "from_account", "to_account", "effective_on", "pence"]),
    ("ix_redemption_provider_state", "redemption", ["provider_id", "state", "grant_pence"]),
    ("ix_redemption_scheme_day", "redemption", ["scheme_id", "submitted_at", "id"]),
    ("ix_voucher_scheme_day", "voucher", ["scheme_id", "issued_at", "id"]),
    ("ix_voucher_scheme_last", "voucher", ["scheme_id", "last_day", "id"]),
)
# What the new ones begin with, and nothing asks for alone.
GONE = (
    ("ix_delivery_session_provider_id", "delivery_session", ["provider_id"]),
    ("ix_posting_line_from", "posting", ["line_id", "from_account", "pence"]),
)


def upgrade() -> None:
    for name, table, columns in NEW:
        op.create_index(name, table, columns)
    op.create_index(
        "ix_audit_event_state",
        "audit_event",
        ["object_kind", "object_id", "to_state", "at"],
        sqlite_where=REACHED,
        postgresql_where=REACHED,
    )
    for name, table, _columns in GONE:
        op.drop_index(name, table_name=table)


def downgrade() -> None:
    for name, table, columns in GONE:
        op.create_index(name, table, columns)
    op.drop_index("ix_audit_event_state", table_name="audit_event")
    for name, table, _columns in reversed(NEW):
        op.drop_index(name, table_name=table)
