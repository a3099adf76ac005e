"""Each preparation of a statement and who has read it; roles that wait for a second administrator; deputies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = (
    "'assessor', 'auditor', 'bank-line keeper', 'business member', 'claim approver', 'funder', 'funding manager', "
    "'payee-details keeper', 'payments approver', 'payments preparer', 'provider manager', 'provider scanner', "
    "'provider vetter', 'scheme administrator', 'signer', 'statement preparer', 'statement reviewer', "
    "'system administrator', 'verifier'"
)
TABLE = "statement_version"


def upgrade() -> None:
    _create_versions()
    _create_roles()
    # What was prepared before this migration is each statement's first version.
    op.execute(
        "INSERT INTO statement_version (statement_id, number, data, data_hash, prepared_by, prepared_at) "
        "SELECT id, 1, data, data_hash, prepared_by, prepared_at FROM statement"
    )
    if op.get_bind().dialect.name == "postgresql":
        _create_postgresql_triggers()
    else:
        _create_sqlite_triggers()


def _create_versions() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("statement_id", WHOLE, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("data_hash", sa.String(), nullable=False),
        sa.Column("prepared_by", WHOLE, nullable=False),
        sa.Column("prepared_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["prepared_by"], ["person.id"], name=op.f("fk_statement_version_prepared_by")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_statement_version_statement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_version")),
        sa.UniqueConstraint("statement_id", "number", name=op.f("uq_statement_version_statement_id_number")),
    )
    op.create_table(
        "statement_look",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("version_id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_statement_look_person_id")),
        sa.ForeignKeyConstraint(["version_id"], ["statement_version.id"], name=op.f("fk_statement_look_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_look")),
        sa.UniqueConstraint("version_id", "person_id", name=op.f("uq_statement_look_version_id_person_id")),
    )


def _create_roles() -> None:
    op.create_table(
        "deputy",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("membership_id", WHOLE, nullable=False),
        sa.Column("stands_in_for", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_deputy_membership_id")),
        sa.ForeignKeyConstraint(["stands_in_for"], ["person.id"], name=op.f("fk_deputy_stands_in_for")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy")),
        sa.UniqueConstraint("membership_id", name=op.f("uq_deputy_membership_id")),
    )
    op.create_table(
        "role_proposal",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=True),
        sa.Column("organisation_id", WHOLE, nullable=True),
        sa.Column("stands_in_for", WHOLE, nullable=True),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", WHOLE, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", WHOLE, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("membership_id", WHOLE, nullable=True),
        sa.CheckConstraint(f"role IN ({ROLES})", name=op.f("ck_role_proposal_role_known")),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'declined', 'withdrawn')", name=op.f("ck_role_proposal_state_known")
        ),
        sa.CheckConstraint("person_id <> proposed_by", name=op.f("ck_role_proposal_nobody_proposes_themselves")),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by "
            "AND decided_by <> person_id AND membership_id IS NOT NULL)",
            name=op.f("ck_role_proposal_confirmed_by_a_second_person"),
        ),
        sa.CheckConstraint(
            "(stands_in_for IS NULL) = (ends_on IS NULL)", name=op.f("ck_role_proposal_a_deputy_has_a_last_day")
        ),
        sa.CheckConstraint(
            "ends_on IS NULL OR (begins_on IS NOT NULL AND begins_on <= ends_on)",
            name=op.f("ck_role_proposal_begins_before_it_ends"),
        ),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_role_proposal_{column}"))
            for column, target in (
                ("person_id", "person"), ("scheme_id", "scheme"), ("organisation_id", "organisation"),
                ("stands_in_for", "person"), ("proposed_by", "person"), ("decided_by", "person"),
                ("membership_id", "membership"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_proposal")),
        sa.UniqueConstraint("public_id", name=op.f("uq_role_proposal_public_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_role_proposal_person_id"), "role_proposal", ["person_id"], unique=False)


def _create_sqlite_triggers() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
    op.execute(f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} {refuse}")
    op.execute(f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} {refuse}")
    # INSERT OR REPLACE deletes without firing a delete trigger.
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} "
        f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) {refuse}"
    )


def _create_postgresql_triggers() -> None:
    op.execute(
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    # ALWAYS, so that a session that plays a replica does not get past them.
    op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_append_only")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_no_truncate")


def downgrade() -> None:
    for table in ("role_proposal", "deputy", "statement_look", TABLE):
        op.drop_table(table)
