"""The papers of signed statements in rows of their own: jobs that a worker does, and their results, which are frozen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STATEMENT_FROZEN = (
    "reference", "agreement_id", "sequence", "period_from", "period_to", "supersedes_id", "data", "data_hash",
    "ledger_balance_pence", "ledger_evidence_id", "ledger_explanation", "prepared_by", "prepared_at", "reviewed_by",
    "reviewed_at", "signed_by", "signed_at",
)  # fmt: skip
MOVED = ("pdf_id", "signature")
ORDERED = ("scheme_id", "statement_id", "ordered_at", "mandate", "check_at", "lines")
SIGNED_STATES = "state NOT IN ('signed', 'sent', 'accepted', 'queried')"
WITH_PDF = (
    "ck_statement_signed_by_somebody_with_its_pdf",
    f"{SIGNED_STATES} OR (signed_by IS NOT NULL AND pdf_id IS NOT NULL)",
)
SIGNED_BY = "ck_statement_signed_by_somebody", f"{SIGNED_STATES} OR signed_by IS NOT NULL"
PDF_POINTS = "CONSTRAINT fk_statement_pdf_id FOREIGN KEY(pdf_id) REFERENCES document (id)"
CHANGED = "a paper that is drawn, and what it was ordered to say, never changes"
KEPT = "a signed statement keeps its paper"


def upgrade() -> None:
    _create_papers()
    op.execute(
        "INSERT INTO statement_paper (scheme_id, statement_id, ordered_at, lines, lines_done, due_at, attempts, "
        "last_error, document_id, signature, drawn_at) "
        "SELECT scheme_id, id, signed_at, 0, 0, signed_at, 1, '', pdf_id, signature, signed_at "
        "FROM statement WHERE signed_at IS NOT NULL AND pdf_id IS NOT NULL"
    )
    _freeze_papers()
    _freeze_statements(STATEMENT_FROZEN)
    _replace_check(WITH_PDF, SIGNED_BY)
    for column in MOVED:
        op.drop_column("statement", column)


def downgrade() -> None:
    waiting = op.get_bind().execute(sa.text("SELECT COUNT(*) FROM statement_paper WHERE drawn_at IS NULL")).scalar_one()
    if waiting:
        raise RuntimeError(f"{waiting} papers of signed statements are not drawn yet: let the worker draw them first")
    kind = "BIGINT" if _on_postgresql() else "INTEGER"
    op.execute(
        f"ALTER TABLE statement ADD COLUMN pdf_id {kind} CONSTRAINT fk_statement_pdf_id REFERENCES document (id)"
    )
    op.add_column("statement", sa.Column("signature", sa.Text(), nullable=True))
    for column, kept in (("pdf_id", "document_id"), ("signature", "signature")):
        op.execute(
            f"UPDATE statement SET {column} = (SELECT {kept} FROM statement_paper WHERE statement_id = statement.id) "
            "WHERE signed_at IS NOT NULL"
        )
    _freeze_statements((*STATEMENT_FROZEN, *MOVED))
    _replace_check(SIGNED_BY, WITH_PDF)
    op.drop_table("statement_paper")
    if _on_postgresql():
        op.execute("DROP FUNCTION refuse_paper_change()")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _create_papers() -> None:
    table = "statement_paper"
    checks = {
        "held_until_a_moment": "(holder IS NULL) = (lease_until IS NULL)",
        "no_more_lines_than_there_are": "lines_done BETWEEN 0 AND lines",
        "drawn_with_its_document": "(drawn_at IS NULL) = (document_id IS NULL)",
        "nobody_holds_what_is_drawn": "drawn_at IS NULL OR holder IS NULL",
        "ordered_by_its_signer": "drawn_at IS NOT NULL OR (mandate IS NOT NULL AND check_at IS NOT NULL)",
        "signed_when_it_is_drawn": "CASE WHEN drawn_at IS NULL THEN signature IS NULL "
        "ELSE mandate IS NULL OR signature IS NOT NULL END",
    }
    points = {"scheme_id": "scheme", "statement_id": "statement", "document_id": "document"}
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("statement_id", WHOLE, nullable=False),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.Column("mandate", sa.Text(), nullable=True),
        sa.Column("check_at", sa.String(), nullable=True),
        sa.Column("lines", WHOLE, nullable=False),
        sa.Column("lines_done", WHOLE, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("document_id", WHOLE, nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("drawn_at", MOMENT, nullable=True),
        *(sa.CheckConstraint(words, name=op.f(f"ck_{table}_{name}")) for name, words in checks.items()),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, target in points.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("statement_id", name=op.f(f"uq_{table}_statement_id")),
    )


def _freeze_papers() -> None:
    """Makes the database refuse a change of a drawn paper, and of what any paper was ordered to say."""
    if _on_postgresql():
        changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in ORDERED)
        op.execute(
            "CREATE FUNCTION refuse_paper_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION '{KEPT}'; END IF; "
            f"IF OLD.drawn_at IS NOT NULL OR {changed} THEN RAISE EXCEPTION '{CHANGED}'; END IF; RETURN NEW; END $$"
        )
        for name, event, each in (("frozen", "UPDATE OR DELETE", "ROW"), ("no_truncate", "TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER statement_paper_{name} BEFORE {event} ON statement_paper "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_paper_change()"
            )
            # ALWAYS, so that a session that plays a replica does not get past it.
            op.execute(f"ALTER TABLE statement_paper ENABLE ALWAYS TRIGGER statement_paper_{name}")
        return
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in ORDERED)
    op.execute(
        f"CREATE TRIGGER statement_paper_frozen_update BEFORE UPDATE ON statement_paper "
        f"WHEN OLD.drawn_at IS NOT NULL OR {changed} BEGIN SELECT RAISE(ABORT, '{CHANGED}'); END"
    )
    op.execute(
        f"CREATE TRIGGER statement_paper_frozen_delete BEFORE DELETE ON statement_paper "
        f"BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
    )


def _freeze_statements(columns: tuple[str, ...]) -> None:
    """Makes the database refuse a change of these columns of a signed statement, and of no others."""
    if _on_postgresql():
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


def _replace_check(old: tuple[str, str], new: tuple[str, str]) -> None:
    """Puts one check in the place of another, and on SQLite takes away where the PDF's column points to.

    The batch mode would copy the table and lose its triggers: SQLite lets the table's own text be written instead.
    """
    bind = op.get_bind()
    if _on_postgresql():
        op.execute(f"ALTER TABLE statement DROP CONSTRAINT IF EXISTS {old[0]}")
        op.create_check_constraint(op.f(new[0]), "statement", new[1])
        return
    query = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'statement'")
    sql = bind.execute(query).scalar_one()
    changed = sql.replace(f"CONSTRAINT {old[0]} CHECK ({old[1]})", f"CONSTRAINT {new[0]} CHECK ({new[1]})")
    if changed == sql:
        raise RuntimeError(f"statement has no {old[0]}")
    changed = changed.replace(f"{PDF_POINTS}, ", "").replace(f"\t{PDF_POINTS}, \n", "")
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.execute(
        sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = 'statement'"), {"sql": changed}
    )
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = RESET")
