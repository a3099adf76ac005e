"""The signature of a statement, frozen with the rest of it, and how often files were checked lately."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FROZEN = (
    "reference", "agreement_id", "sequence", "period_from", "period_to", "supersedes_id", "data", "data_hash",
    "ledger_balance_pence", "ledger_evidence_id", "ledger_explanation", "prepared_by", "prepared_at", "reviewed_by",
    "reviewed_at", "signed_by", "signed_at", "pdf_id",
)  # fmt: skip


def upgrade() -> None:
    # Not in batch mode, which on SQLite would make the table anew and lose its triggers.
    op.add_column("statement", sa.Column("signature", sa.Text(), nullable=True))
    _freeze((*FROZEN, "signature"))
    op.create_table(
        "statement_check",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_check")),
    )
    op.create_index("ix_statement_check_at", "statement_check", ["at"])


def downgrade() -> None:
    op.drop_index("ix_statement_check_at", table_name="statement_check")
    op.drop_table("statement_check")
    _freeze(FROZEN)
    op.drop_column("statement", "signature")


def _freeze(columns: tuple[str, ...]) -> None:
    """Makes the database refuse a change of these columns of a signed statement, and of no others."""
    if op.get_bind().dialect.name == "postgresql":
        changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_signed_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF OLD.signed_at IS NULL THEN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF; "
            "IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'statement is signed'; END IF; "
            f"IF {changed} THEN RAISE EXCEPTION 'statement is signed'; END IF; RETURN NEW; END $$"
        )
        return
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    op.execute("DROP TRIGGER statement_frozen_update")
    op.execute(
        f"CREATE TRIGGER statement_frozen_update BEFORE UPDATE ON statement "
        f"WHEN OLD.signed_at IS NOT NULL AND ({changed}) BEGIN SELECT RAISE(ABORT, 'statement is signed'); END"
    )
