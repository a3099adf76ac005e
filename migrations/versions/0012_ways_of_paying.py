"""How a scheme pays: routes, templates, cost codes and supplier numbers; checks of payees; a second approval."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROUTES = "'bank file', 'accounts payable'"
COOLED = "confirmed_at IS NULL OR cooling_ends_at IS NULL OR confirmed_at >= cooling_ends_at"
FIRST_APPROVER = "CONSTRAINT fk_batch_first_approved_by REFERENCES person (id)"
ANOTHER = (
    "first_approved_by IS NULL OR (first_approved_by <> prepared_by "
    "AND (approved_by IS NULL OR first_approved_by <> approved_by))"
)
APPEND_ONLY = "file_template"
# Columns with a check or a key of their own, which neither engine takes in two steps: name, type, and the rest.
CONSTRAINED = {
    "payee_details": (
        (
            "cooling_ends_at",
            "MOMENT",
            f"CONSTRAINT ck_payee_details_has_cooled CHECK ({COOLED})",
        ),
        ("evidence_id", "WHOLE", "CONSTRAINT fk_payee_details_evidence_id REFERENCES document (id)"),
    ),
    "batch": (
        (
            "route",
            "TEXT",
            f"DEFAULT 'bank file' NOT NULL CONSTRAINT ck_batch_route_known CHECK (route IN ({ROUTES}))",
        ),
        (
            "first_approved_by",
            "WHOLE",
            f"{FIRST_APPROVER} CONSTRAINT ck_batch_first_approver_is_another CHECK ({ANOTHER})",
        ),
    ),
    "payment": (
        (
            "supplier_number_id",
            "WHOLE",
            "CONSTRAINT fk_payment_supplier_number_id REFERENCES supplier_number (id)",
        ),
    ),
}
TYPES = {
    "postgresql": {"MOMENT": "TIMESTAMP WITH TIME ZONE", "WHOLE": "BIGINT", "TEXT": "VARCHAR"},
    "sqlite": {"MOMENT": "DATETIME", "WHOLE": "INTEGER", "TEXT": "VARCHAR"},
}


def upgrade() -> None:
    op.add_column("scheme", sa.Column("payee_cooling_days", WHOLE, server_default="2", nullable=False))
    op.add_column("payee_details", sa.Column("modulus_tables_on", sa.Date(), nullable=True))
    op.add_column("payee_details", sa.Column("contact_email", sa.String(), nullable=True))
    op.add_column("batch", sa.Column("first_approved_at", MOMENT, nullable=True))
    _create_supplier_numbers()
    _create_templates()
    _create_ways()
    _create_cost_codes()
    types = TYPES[op.get_bind().dialect.name]
    for table, columns in CONSTRAINED.items():
        for name, kind, rest in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {types[kind]} {rest}")
    if op.get_bind().dialect.name == "postgresql":
        _create_postgresql_triggers()
    else:
        _create_sqlite_triggers()


def _create_sqlite_triggers() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY} is append-only'); END"
    op.execute(f"CREATE TRIGGER {APPEND_ONLY}_no_update BEFORE UPDATE ON {APPEND_ONLY} {refuse}")
    op.execute(f"CREATE TRIGGER {APPEND_ONLY}_no_delete BEFORE DELETE ON {APPEND_ONLY} {refuse}")
    # INSERT OR REPLACE deletes without firing a delete trigger.
    op.execute(
        f"CREATE TRIGGER {APPEND_ONLY}_no_replace BEFORE INSERT ON {APPEND_ONLY} "
        f"WHEN EXISTS (SELECT 1 FROM {APPEND_ONLY} WHERE id = NEW.id) {refuse}"
    )


def _create_postgresql_triggers() -> None:
    op.execute(
        f"CREATE TRIGGER {APPEND_ONLY}_append_only BEFORE UPDATE OR DELETE ON {APPEND_ONLY} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {APPEND_ONLY}_no_truncate BEFORE TRUNCATE ON {APPEND_ONLY} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    # ALWAYS, so that a session that plays a replica does not get past them.
    op.execute(f"ALTER TABLE {APPEND_ONLY} ENABLE ALWAYS TRIGGER {APPEND_ONLY}_append_only")
    op.execute(f"ALTER TABLE {APPEND_ONLY} ENABLE ALWAYS TRIGGER {APPEND_ONLY}_no_truncate")


def _keys(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in columns.items()
    ]


def _create_supplier_numbers() -> None:
    table = "supplier_number"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("keyed_by", WHOLE, nullable=False),
        sa.Column("keyed_at", MOMENT, nullable=False),
        sa.Column("confirmed_by", WHOLE, nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("superseded_at", MOMENT, nullable=True),
        sa.CheckConstraint("number <> ''", name=op.f(f"ck_{table}_number_given")),
        sa.CheckConstraint("confirmed_by IS NULL OR confirmed_by <> keyed_by", name=op.f(f"ck_{table}_two_people")),
        *_keys(table, scheme_id="scheme", provider_id="provider", keyed_by="person", confirmed_by="person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    _unique_where(f"uq_{table}_current", table, ["provider_id"], "superseded_at IS NULL")


def _unique_where(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _create_templates() -> None:
    table = "file_template"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("added_by", WHOLE, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint(f"route IN ({ROUTES})", name=op.f(f"ck_{table}_route_known")),
        *_keys(table, scheme_id="scheme", added_by="person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("scheme_id", "code", "version", name=op.f(f"uq_{table}_scheme_id_code_version")),
    )


def _create_ways() -> None:
    table = "paying_way"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("file_format", sa.String(), nullable=True),
        sa.Column("template_id", WHOLE, nullable=True),
        sa.Column("account_name_encrypted", sa.Text(), nullable=True),
        sa.Column("sort_code_encrypted", sa.Text(), nullable=True),
        sa.Column("account_number_encrypted", sa.Text(), nullable=True),
        sa.Column("last_four", sa.String(), nullable=True),
        sa.Column("second_approval_pence", WHOLE, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", WHOLE, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", WHOLE, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in WAY_RULES.items()),
        *_keys(table, scheme_id="scheme", template_id="file_template", proposed_by="person", decided_by="person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id")),
    )
    _unique_where(f"uq_{table}_waiting", table, ["scheme_id"], "state = 'proposed'")


WAY_RULES = {
    "route_known": f"route IN ({ROUTES})",
    "state_known": "state IN ('proposed', 'confirmed', 'declined', 'withdrawn')",
    "one_kind_of_file": "(file_format IS NULL) <> (template_id IS NULL)",
    "file_format_known": "file_format IS NULL OR file_format IN ('bank-csv', 'bacs-csv', 'pain.001', 'finance-csv')",
    "account_whole": "(last_four IS NULL) = (account_number_encrypted IS NULL) "
    "AND (last_four IS NULL) = (sort_code_encrypted IS NULL) AND (last_four IS NULL) = (account_name_encrypted IS NULL)",
    "second_approval_not_negative": "second_approval_pence IS NULL OR second_approval_pence >= 0",
    "confirmed_by_a_second_person": "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
}


def _create_cost_codes() -> None:
    table = "line_cost_code"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("line_id", WHOLE, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("set_by", WHOLE, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.CheckConstraint("code <> ''", name=op.f(f"ck_{table}_code_given")),
        *_keys(table, scheme_id="scheme", line_id="funding_line", set_by="person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("line_id", name=op.f(f"uq_{table}_line_id")),
    )


def downgrade() -> None:
    for table, columns in reversed(CONSTRAINED.items()):
        for name, _kind, _rest in reversed(columns):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    for table in ("line_cost_code", "paying_way", "file_template", "supplier_number"):
        op.drop_table(table)
    op.drop_column("batch", "first_approved_at")
    for name in ("contact_email", "modulus_tables_on"):
        op.drop_column("payee_details", name)
    op.drop_column("scheme", "payee_cooling_days")
