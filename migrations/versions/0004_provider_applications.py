"""Firms' own applications to be a provider, the insurances that they show, and the colleagues whom they invite."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _unique(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    _applications()
    _insurances()
    _invitations()


def _applications() -> None:
    table = "provider_application"
    texts = ("name", "legal_form", "company_number", "charity_number", "vat_number", "utr")
    address = ("address_line_1", "town", "postcode", "contact_email")
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("applicant_id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in (*texts, *address)),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("referees", sa.Text(), nullable=False),
        sa.Column("conflicts", sa.Text(), nullable=False),
        sa.Column("terms_version", sa.String(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("settled_by", WHOLE, nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'waiting', 'taken up', 'refused')", name=op.f("ck_provider_application_state_known")
        ),
        sa.CheckConstraint(
            "state = 'draft' OR (sent_at IS NOT NULL AND terms_version IS NOT NULL)",
            name=op.f("ck_provider_application_sent_with_the_terms"),
        ),
        sa.CheckConstraint(
            "(state = 'taken up') = (provider_id IS NOT NULL)",
            name=op.f("ck_provider_application_taken_up_as_a_provider"),
        ),
        sa.CheckConstraint(
            "settled_by IS NULL OR settled_by <> applicant_id",
            name=op.f("ck_provider_application_settled_by_somebody_else"),
        ),
        _key(table, "scheme_id", "scheme"),
        _key(table, "applicant_id", "person"),
        _key(table, "provider_id", "provider"),
        _key(table, "settled_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_application")),
        sa.UniqueConstraint("public_id", name=op.f("uq_provider_application_public_id")),
    )
    op.create_index(op.f("ix_provider_application_provider_id"), table, ["provider_id"], unique=False)
    _unique("uq_provider_application_open", table, ["scheme_id", "applicant_id"], "state IN ('draft', 'waiting')")


def _insurances() -> None:
    table = "insurance"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=True),
        sa.Column("application_id", WHOLE, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("insurer", sa.String(), nullable=False),
        sa.Column("policy_number", sa.String(), nullable=False),
        sa.Column("cover_pence", WHOLE, nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("document_id", WHOLE, nullable=False),
        sa.Column("added_by", WHOLE, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('public liability', 'professional indemnity', 'employers liability', 'cyber')",
            name=op.f("ck_insurance_kind_known"),
        ),
        sa.CheckConstraint("cover_pence > 0", name=op.f("ck_insurance_cover_above_zero")),
        sa.CheckConstraint(
            "provider_id IS NOT NULL OR application_id IS NOT NULL", name=op.f("ck_insurance_of_somebody")
        ),
        _key(table, "scheme_id", "scheme"),
        _key(table, "provider_id", "provider"),
        _key(table, "application_id", "provider_application"),
        _key(table, "document_id", "document"),
        _key(table, "added_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insurance")),
        sa.UniqueConstraint("public_id", name=op.f("uq_insurance_public_id")),
    )
    op.create_index(op.f("ix_insurance_provider_id"), table, ["provider_id"], unique=False)
    op.create_index(op.f("ix_insurance_application_id"), table, ["application_id"], unique=False)


def _invitations() -> None:
    table = "provider_invitation"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("invited_by", WHOLE, nullable=False),
        sa.Column("invited_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "role IN ('provider manager', 'provider scanner')", name=op.f("ck_provider_invitation_role_known")
        ),
        sa.CheckConstraint(
            "used_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_provider_invitation_used_or_withdrawn")
        ),
        _key(table, "scheme_id", "scheme"),
        _key(table, "provider_id", "provider"),
        _key(table, "invited_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_provider_invitation_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_provider_invitation_token_hash")),
    )
    op.create_index(op.f("ix_provider_invitation_provider_id"), table, ["provider_id"], unique=False)
    _unique("uq_provider_invitation_open", table, ["provider_id", "email"], "used_at IS NULL AND withdrawn_at IS NULL")


def downgrade() -> None:
    for table in ("provider_invitation", "insurance", "provider_application"):
        op.drop_table(table)
