"""What agreements say beside their awards; changes by two people; administration costs; match declared elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("agreement_conditions", "other_match")
WORDS = ("variance_explanation", "reprofile_request")
# Words that a CHECK knows from now on, beside those that it knew before.
NEW_WORDS = {
    "entry": (
        "administration approved", "administration withdrawn", "administration paid", "administration returned",
    ),
    "bank_match": ("administration", "administration returned"),
}  # fmt: skip
COST_NAMED = "(kind IN ('administration', 'administration returned')) = (admin_cost_id IS NOT NULL)"
# Columns that point at another row are added in SQL: SQLite takes a constraint only together with its column.
POINTING = (
    ("agreement_change", "proposed_by", "person", "confirmed_by_a_second_person", "proposed_by <> by_id"),
    ("bank_match", "admin_cost_id", "admin_cost", "administration_named", COST_NAMED),
)


def upgrade() -> None:
    _create_conditions()
    _create_proposals()
    _create_costs()
    _create_other_match()
    for table, words in NEW_WORDS.items():
        _set_words(table, lambda known, words=words: [*known, *(each for each in words if each not in known)])
    for table, column, target, check, condition in POINTING:
        _add_pointer(table, column, target, check, condition)
    op.create_index("ix_bank_match_admin_cost", "bank_match", ["admin_cost_id"])
    for column in WORDS:
        op.add_column("statement", sa.Column(column, sa.Text(), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        _create_postgresql_triggers()
    else:
        _create_sqlite_triggers()


def _points(table: str, *columns: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in columns
    ]


def _checks(table: str, **conditions: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(words, name=op.f(f"ck_{table}_{name}")) for name, words in conditions.items()]


def _create_conditions() -> None:
    table = "agreement_conditions"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("agreement_id", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("admin_cap_bp", WHOLE, nullable=True),
        sa.Column("admin_cap_of", sa.String(), nullable=False),
        sa.Column("year_by", sa.String(), nullable=False),
        sa.Column("sign_off_steps", WHOLE, nullable=False),
        sa.Column("tolerance_bp", WHOLE, nullable=True),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", WHOLE, nullable=True),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *_checks(
            table,
            cap_is_a_share="admin_cap_bp BETWEEN 0 AND 10000",
            admin_cap_of_known="admin_cap_of IN ('award', 'spend')",
            year_by_known="year_by IN ('delivery', 'defrayal')",
            two_or_three_sign_off="sign_off_steps BETWEEN 2 AND 3",
            tolerance_not_negative="tolerance_bp >= 0",
            confirmed_by_a_second_person="proposed_by <> by_id",
        ),
        *_points(table, ("agreement_id", "agreement"), ("proposed_by", "person"), ("by_id", "person")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("agreement_id", "version", name=op.f(f"uq_{table}_agreement_id_version")),
    )


def _create_proposals() -> None:
    table = "agreement_proposal"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("agreement_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", WHOLE, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", WHOLE, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        *_checks(
            table,
            kind_known="kind IN ('award', 'virement', 'conditions')",
            state_known="state IN ('proposed', 'confirmed', 'declined', 'withdrawn')",
            confirmed_by_a_second_person=(
                "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)"
            ),
        ),
        *_points(
            table,
            ("scheme_id", "scheme"),
            ("agreement_id", "agreement"),
            ("proposed_by", "person"),
            ("decided_by", "person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id")),
    )
    waiting = sa.text("state = 'proposed'")
    op.create_index(
        f"uq_{table}_waiting",
        table,
        ["agreement_id", "kind"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _create_costs() -> None:
    table = "admin_cost"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("line_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("incurred_on", sa.Date(), nullable=False),
        sa.Column("document_id", WHOLE, nullable=True),
        sa.Column("prepared_by", WHOLE, nullable=False),
        sa.Column("prepared_at", MOMENT, nullable=False),
        sa.Column("approved_by", WHOLE, nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("consent_document_id", WHOLE, nullable=True),
        sa.Column("consent_reason", sa.Text(), nullable=False),
        sa.Column("consent_by", WHOLE, nullable=True),
        sa.Column("beyond_pence", WHOLE, nullable=False),
        *_checks(
            table,
            state_known="state IN ('prepared', 'approved', 'paid', 'withdrawn')",
            pence_above_zero="pence > 0",
            approver_is_not_the_preparer=(
                "approved_by IS NULL OR (prepared_by IS NOT NULL AND approved_by <> prepared_by)"
            ),
            approved_by_somebody="state NOT IN ('approved', 'paid') OR approved_by IS NOT NULL",
            consent_in_full=(
                "(consent_document_id IS NULL) = (consent_by IS NULL) AND (consent_by IS NULL) = (consent_reason = '')"
            ),
            beyond_the_cap_with_consent="beyond_pence = 0 OR (beyond_pence > 0 AND consent_by IS NOT NULL)",
        ),
        *_points(
            table,
            ("scheme_id", "scheme"),
            ("line_id", "funding_line"),
            ("document_id", "document"),
            ("prepared_by", "person"),
            ("approved_by", "person"),
            ("consent_document_id", "document"),
            ("consent_by", "person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id")),
        sa.UniqueConstraint("reference", name=op.f(f"uq_{table}_reference")),
    )
    op.create_index(f"ix_{table}_scheme_state", table, ["scheme_id", "state"])
    op.create_index(f"ix_{table}_line", table, ["line_id"])


def _create_other_match() -> None:
    table = "other_match"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("redemption_id", WHOLE, nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *_checks(table, pence_above_zero="pence > 0"),
        *_points(table, ("scheme_id", "scheme"), ("redemption_id", "redemption"), ("by_id", "person")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_redemption_id"), table, ["redemption_id"])


def _set_words(table: str, choose: Callable[[list[str]], list[str]]) -> None:
    """Writes the CHECK on a table's kinds anew: from the words that it knows, those that ``choose`` gives."""
    name, bind = f"ck_{table}_kind_known", op.get_bind()
    if bind.dialect.name == "postgresql":
        definition = bind.execute(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": name}
        ).scalar()
        if definition is None:  # nothing is checked, so that there is nothing to let pass
            return
        words = ", ".join(f"'{each}'" for each in choose(re.findall(r"'([^']*)'", definition)))
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, f"kind IN ({words})")
        return
    # The batch mode would copy the table and lose its triggers: SQLite lets a CHECK's own text be written instead.
    sql = bind.execute(
        sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name"), {"name": table}
    ).scalar_one()
    found = re.search(rf"CONSTRAINT {name} CHECK \(kind IN \(([^)]*)\)\)", sql)
    if found is None:
        raise RuntimeError(f"{table} has no {name}")
    words = ", ".join(f"'{each}'" for each in choose(re.findall(r"'([^']*)'", found[1])))
    changed = sql.replace(found[0], f"CONSTRAINT {name} CHECK (kind IN ({words}))")
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.execute(
        sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": changed, "name": table},
    )
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")


def _add_pointer(table: str, column: str, target: str, check: str, condition: str) -> None:
    kind = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} {kind} "
        f"CONSTRAINT fk_{table}_{column} REFERENCES {target} (id) CONSTRAINT ck_{table}_{check} CHECK ({condition})"
    )


def _create_sqlite_triggers() -> None:
    for table in APPEND_ONLY:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        # INSERT OR REPLACE deletes without firing a delete trigger.
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}"
        )
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in WORDS)
    op.execute(
        f"CREATE TRIGGER statement_words_frozen BEFORE UPDATE ON statement "
        f"WHEN OLD.signed_at IS NOT NULL AND ({changed}) BEGIN SELECT RAISE(ABORT, 'statement is signed'); END"
    )


def _create_postgresql_triggers() -> None:
    for table in APPEND_ONLY:
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
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in WORDS)
    op.execute(
        "CREATE FUNCTION refuse_signed_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF OLD.signed_at IS NOT NULL AND ({changed}) THEN RAISE EXCEPTION 'statement is signed'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER statement_words_frozen BEFORE UPDATE ON statement "
        "FOR EACH ROW EXECUTE FUNCTION refuse_signed_words()"
    )
    op.execute("ALTER TABLE statement ENABLE ALWAYS TRIGGER statement_words_frozen")


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute("DROP TRIGGER statement_words_frozen" + (" ON statement" if postgresql else ""))
    if postgresql:
        op.execute("DROP FUNCTION refuse_signed_words()")
    for column in WORDS:
        op.drop_column("statement", column)
    op.drop_index("ix_bank_match_admin_cost", table_name="bank_match")
    for table, column, _target, _check, _condition in POINTING:
        op.drop_column(table, column)
    for table, words in NEW_WORDS.items():
        _set_words(table, lambda known, words=words: [each for each in known if each not in words])
    for table in ("other_match", "admin_cost", "agreement_proposal", "agreement_conditions"):
        op.drop_table(table)
