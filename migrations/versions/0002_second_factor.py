"""Second factors: authenticator apps, their recovery codes, and the failures that the limit is counted from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("last_step", WHOLE, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "last_step IS NULL OR confirmed_at IS NOT NULL", name=op.f("ck_second_factor_used_only_when_confirmed")
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= made_at", name=op.f("ck_second_factor_ends_after_it_was_made")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_second_factor_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
    )
    op.create_index(
        "uq_second_factor_live",
        "second_factor",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("second_factor_id", WHOLE, nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["second_factor_id"], ["second_factor.id"], name=op.f("fk_recovery_code_second_factor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    op.create_index(op.f("ix_recovery_code_second_factor_id"), "recovery_code", ["second_factor_id"], unique=False)
    op.create_table(
        "second_factor_failure",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_second_factor_failure_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor_failure")),
    )
    op.create_index(op.f("ix_second_factor_failure_person_id"), "second_factor_failure", ["person_id"], unique=False)


def downgrade() -> None:
    for table in ("second_factor_failure", "recovery_code", "second_factor"):
        op.drop_table(table)
