"""Messages name what they are about in rows of their own, and say when there was nothing to say any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# The one kind whose ``application_id`` was that of a provider's application.
OF_PROVIDERS = "provider_application_refused"
READ = {
    "postgresql": "SELECT m.id, m.kind, s.key, CAST(s.value AS BIGINT) AS value FROM outbox_message m "
    "CROSS JOIN LATERAL json_each_text(m.subject_ids) s",
    "sqlite": "SELECT m.id, m.kind, s.key, s.value FROM outbox_message m, json_each(m.subject_ids) s",
}
WRITTEN = {
    "postgresql": "json_object_agg(s.name, s.record_id)",
    "sqlite": "json_group_object(s.name, s.record_id)",
}


def upgrade() -> None:
    table = "message_subject"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("message_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_message.id"], name=op.f(f"fk_{table}_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("message_id", "kind", name=op.f(f"uq_{table}_message_id_kind")),
    )
    op.create_index(f"ix_{table}_record", table, ["kind", "record_id", "message_id"])
    op.execute(
        f"INSERT INTO {table} (message_id, kind, record_id) SELECT o.id, "
        f"CASE WHEN o.kind = '{OF_PROVIDERS}' AND o.key = 'application_id' THEN 'provider_application' "
        "ELSE substr(o.key, 1, length(o.key) - 3) END, o.value "
        f"FROM ({READ[op.get_bind().dialect.name]}) AS o ORDER BY o.id, o.key"
    )
    op.create_index("ix_outbox_message_scheme", "outbox_message", ["scheme_id", "created_at"])
    op.drop_column("outbox_message", "subject_ids")
    # Not by Alembic, which on SQLite would make the table anew for the check that goes with the column.
    op.execute(
        "ALTER TABLE outbox_message ADD COLUMN needless BOOLEAN DEFAULT false NOT NULL "
        "CONSTRAINT ck_outbox_message_needless_is_done CHECK (NOT needless OR done_at IS NOT NULL)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE outbox_message DROP COLUMN needless")
    op.drop_index("ix_outbox_message_scheme", table_name="outbox_message")
    op.add_column("outbox_message", sa.Column("subject_ids", sa.JSON(), server_default="{}", nullable=False))
    op.execute(
        f"UPDATE outbox_message SET subject_ids = (SELECT {WRITTEN[op.get_bind().dialect.name]} FROM ("
        "SELECT message_id, record_id, CASE WHEN kind = 'provider_application' THEN 'application_id' "
        "ELSE kind || '_id' END AS name FROM message_subject) s WHERE s.message_id = outbox_message.id) "
        "WHERE id IN (SELECT message_id FROM message_subject)"
    )
    op.drop_table("message_subject")
