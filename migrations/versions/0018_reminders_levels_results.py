"""Reminders before a cut-off; where a large subsidy was published; levels of approving payments; results shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("subsidy_publication",)
WHOLE_NUMBER = {"postgresql": "BIGINT", "sqlite": "INTEGER"}


def upgrade() -> None:
    _create_reminders()
    _create_publications()
    _create_levels()
    _create_results()
    for table in APPEND_ONLY:
        _keep_as_written(table)


def downgrade() -> None:
    op.drop_table("public_result")
    op.drop_column("scheme", "shows_results")
    op.drop_table("approval_level")
    op.drop_table("subsidy_publication")
    op.drop_table("cut_off_reminder")
    op.drop_column("reporting_rhythm", "looked_on")
    # Not by Alembic, which on SQLite would make the table anew for the check that goes with the column.
    op.execute("ALTER TABLE reporting_rhythm DROP COLUMN remind_days")


def _keys(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in columns.items()
    ]


def _keep_as_written(table: str) -> None:
    """Makes the database refuse a change of the rows of an append-only table."""
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


def _create_publications() -> None:
    table = "subsidy_publication"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("application_id", WHOLE, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("number <> ''", name=op.f(f"ck_{table}_number_given")),
        *_keys(table, scheme_id="scheme", application_id="application", by_id="person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_application", table, ["application_id"])


def _create_results() -> None:
    op.add_column("scheme", sa.Column("shows_results", sa.Boolean(), server_default=sa.false(), nullable=False))
    table = "public_result"
    counted = ("vouchers", "issued_to", "sessions", "minutes", "supported", "paid_pence", "paid_for")
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        *(sa.Column(name, WHOLE, nullable=False) for name in counted),
        sa.Column("taken_at", MOMENT, nullable=False),
        *_keys(table, scheme_id="scheme"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("scheme_id", "as_of", name=op.f(f"uq_{table}_scheme_id_as_of")),
    )


def _create_levels() -> None:
    table = "approval_level"
    checks = {
        "state_known": "state IN ('proposed', 'confirmed', 'declined', 'withdrawn')",
        "level_above_zero": "up_to_pence IS NULL OR up_to_pence > 0",
        "confirmed_by_a_second_person": (
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)"
        ),
        "nobody_sets_their_own": (
            "person_id IS NULL OR (proposed_by <> person_id AND (state <> 'confirmed' OR decided_by <> person_id))"
        ),
    }
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, nullable=True),
        sa.Column("up_to_pence", WHOLE, nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", WHOLE, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", WHOLE, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in checks.items()),
        *_keys(table, scheme_id="scheme", person_id="person", proposed_by="person", decided_by="person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id")),
    )
    waiting = sa.text("state = 'proposed'")
    op.create_index(
        f"uq_{table}_waiting", table, ["scheme_id"], unique=True, sqlite_where=waiting, postgresql_where=waiting
    )


def _create_reminders() -> None:
    whole = WHOLE_NUMBER[op.get_bind().dialect.name]
    op.execute(
        f"ALTER TABLE reporting_rhythm ADD COLUMN remind_days {whole} DEFAULT 7 NOT NULL "
        "CONSTRAINT ck_reporting_rhythm_reminds_in_reason CHECK (remind_days BETWEEN 0 AND 60)"
    )
    op.add_column("reporting_rhythm", sa.Column("looked_on", sa.Date(), nullable=True))
    table, told_once = "cut_off_reminder", ("scheme_id", "cut_off_on", "party", "email")
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("cut_off_on", sa.Date(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("party IN ('provider', 'business', 'office')", name=op.f(f"ck_{table}_party_known")),
        *_keys(table, scheme_id="scheme"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*told_once, name=op.f(f"uq_{table}_{'_'.join(told_once)}")),
    )
