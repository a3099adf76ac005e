"""Checking claims: the register of irregularities, with how each stood from when on."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IRREGULARITY_STATES = "state IN ('open', 'proved', 'unfounded')"
APPEND_ONLY = ("irregularity_event",)


def upgrade() -> None:
    _create_irregularities()
    for table in APPEND_ONLY:
        _keep_append_only(table)


def _keys(table: str, *columns: tuple[str, str]) -> Sequence[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in columns
    ]


def _create_irregularities() -> None:
    op.create_table(
        "irregularity",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("redemption_id", WHOLE, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened_by", WHOLE, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_by", WHOLE, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('irregularity', 'suspected fraud')", name=op.f("ck_irregularity_kind_known")),
        sa.CheckConstraint(IRREGULARITY_STATES, name=op.f("ck_irregularity_state_known")),
        sa.CheckConstraint("pence >= 0", name=op.f("ck_irregularity_not_negative")),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL)",
            name=op.f("ck_irregularity_closed_by_somebody_at_some_time"),
        ),
        sa.CheckConstraint(
            "closed_by IS NULL OR closed_by <> opened_by", name=op.f("ck_irregularity_another_person_closes_it")
        ),
        *_keys(
            "irregularity", ("scheme_id", "scheme"), ("redemption_id", "redemption"), ("opened_by", "person"),
            ("closed_by", "person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_irregularity")),
        sa.UniqueConstraint("public_id", name=op.f("uq_irregularity_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_irregularity_reference")),
    )  # fmt: skip
    op.create_index("ix_irregularity_scheme_state", "irregularity", ["scheme_id", "state"])
    op.create_index(op.f("ix_irregularity_redemption_id"), "irregularity", ["redemption_id"])
    op.create_table(
        "irregularity_event",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("irregularity_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('irregularity', 'suspected fraud')", name=op.f("ck_irregularity_event_kind_known")
        ),
        sa.CheckConstraint(IRREGULARITY_STATES, name=op.f("ck_irregularity_event_state_known")),
        sa.CheckConstraint("pence >= 0", name=op.f("ck_irregularity_event_not_negative")),
        *_keys("irregularity_event", ("scheme_id", "scheme"), ("irregularity_id", "irregularity"), ("by_id", "person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_irregularity_event")),
    )
    op.create_index("ix_irregularity_event_irregularity", "irregularity_event", ["irregularity_id", "at"])


def _keep_append_only(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        # ALWAYS, so that a session that plays a replica does not get past them.
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate")
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    # INSERT OR REPLACE deletes without firing a delete trigger.
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}"
    )


def downgrade() -> None:
    op.drop_table("irregularity_event")
    op.drop_table("irregularity")
