"""Bank files: accounts, layouts of CSV files, imports, the statements taken in, and what an imported line is known by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = "kind IN ('csv', 'camt.053', 'mt940', 'ofx', 'payment run', 'ledger extract')"
LINE_CHECKS = {
    "ck_bank_line_imported_from_a_statement": "(source = 'imported') = (statement_id IS NOT NULL)",
    "ck_bank_line_identity_with_the_statement": "(statement_id IS NULL) = (identity IS NULL)",
}


def upgrade() -> None:
    _create_account()
    _create_layout()
    _create_import()
    _create_statement()
    _guard_statements()
    _extend_lines()


def _keys(table: str, **others: str) -> list[sa.Constraint]:
    """The primary key, and a foreign key for each column and the table that it names."""
    foreign = [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in others.items()
    ]
    return [*foreign, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def _create_account() -> None:
    op.create_table(
        "bank_account",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("number_fingerprint", sa.String(), nullable=False),
        sa.Column("last_four", sa.String(), nullable=False),
        sa.Column("added_by", WHOLE, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_account_public_id")),
        sa.UniqueConstraint("scheme_id", "name", name=op.f("uq_bank_account_scheme_id_name")),
        sa.UniqueConstraint("scheme_id", "fingerprint", name=op.f("uq_bank_account_scheme_id_fingerprint")),
        *_keys("bank_account", scheme_id="scheme", added_by="person"),
    )


def _create_layout() -> None:
    op.create_table(
        "file_layout",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("saved_by", WHOLE, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.UniqueConstraint("scheme_id", "name", name=op.f("uq_file_layout_scheme_id_name")),
        *_keys("file_layout", scheme_id="scheme", saved_by="person"),
    )


def _create_import() -> None:
    op.create_table(
        "bank_import",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("document_id", WHOLE, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("account_id", WHOLE, nullable=True),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("opening_given", WHOLE, nullable=True),
        sa.Column("closing_given", WHOLE, nullable=True),
        sa.Column("handed_in_by", WHOLE, nullable=False),
        sa.Column("handed_in_at", MOMENT, nullable=False),
        sa.Column("taken_in_by", WHOLE, nullable=True),
        sa.Column("taken_in_at", MOMENT, nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_bank_import_kind_known")),
        sa.CheckConstraint(
            "(taken_in_by IS NULL) = (taken_in_at IS NULL)", name=op.f("ck_bank_import_taken_in_by_somebody")
        ),
        sa.CheckConstraint(
            "override_reason = '' OR taken_in_by IS NOT NULL", name=op.f("ck_bank_import_override_with_the_act")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_import_public_id")),
        sa.UniqueConstraint("scheme_id", "sha256", name=op.f("uq_bank_import_scheme_id_sha256")),
        *_keys(
            "bank_import",
            scheme_id="scheme",
            document_id="document",
            account_id="bank_account",
            handed_in_by="person",
            taken_in_by="person",
        ),
    )


def _create_statement() -> None:
    table = "bank_statement"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("import_id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("account_id", WHOLE, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("opening_pence", WHOLE, nullable=True),
        sa.Column("closing_pence", WHOLE, nullable=True),
        sa.Column("new_lines", WHOLE, nullable=False),
        sa.Column("known_lines", WHOLE, nullable=False),
        sa.Column("continues", sa.Boolean(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f(f"ck_{table}_begins_before_it_ends")),
        sa.CheckConstraint(
            "(opening_pence IS NULL) = (account_id IS NULL)", name=op.f(f"ck_{table}_opening_of_an_account")
        ),
        sa.CheckConstraint(
            "(closing_pence IS NULL) = (account_id IS NULL)", name=op.f(f"ck_{table}_closing_of_an_account")
        ),
        sa.CheckConstraint("new_lines >= 0 AND known_lines >= 0", name=op.f(f"ck_{table}_lines_not_negative")),
        *_keys(table, import_id="bank_import", scheme_id="scheme", account_id="bank_account"),
    )
    op.create_index("ix_bank_statement_import_id", table, ["import_id"])
    op.create_index("ix_bank_statement_account_id", table, ["account_id"])


def _guard_statements() -> None:
    """What a bank said does not change: the triggers of the other append-only tables."""
    table = "bank_statement"
    if op.get_bind().dialect.name == "postgresql":
        events = {"append_only": ("UPDATE OR DELETE", "ROW"), "no_truncate": ("TRUNCATE", "STATEMENT")}
        for name, (event, each) in events.items():
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}"
    )


def _extend_lines() -> None:
    """SQLite takes a constraint with a new column and at no other time."""
    first, second = (f"CONSTRAINT {name} CHECK ({words})" for name, words in LINE_CHECKS.items())
    points = "CONSTRAINT fk_bank_line_statement_id REFERENCES bank_statement (id)"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE bank_line ADD COLUMN statement_id INTEGER {points} {first}")
        op.execute(f"ALTER TABLE bank_line ADD COLUMN identity VARCHAR {second}")
    else:
        op.execute(f"ALTER TABLE bank_line ADD COLUMN statement_id BIGINT {points}, ADD COLUMN identity VARCHAR")
        op.execute(f"ALTER TABLE bank_line ADD {first}, ADD {second}")
    op.create_index("ix_bank_line_statement", "bank_line", ["statement_id"])
    op.create_index("uq_bank_line_identity", "bank_line", ["scheme_id", "identity"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_bank_line_identity", table_name="bank_line")
    op.drop_index("ix_bank_line_statement", table_name="bank_line")
    if op.get_bind().dialect.name == "postgresql":
        for name in LINE_CHECKS:
            op.execute(f"ALTER TABLE bank_line DROP CONSTRAINT IF EXISTS {name}")
    # In this order: on SQLite a column goes with its own CHECK and not with that of another.
    op.drop_column("bank_line", "identity")
    op.drop_column("bank_line", "statement_id")
    op.drop_table("bank_statement")
    op.drop_table("bank_import")
    op.drop_table("file_layout")
    op.drop_table("bank_account")
