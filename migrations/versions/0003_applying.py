"""Applying: what a scheme asks of a business, the answers of those who apply, and codes to sign in by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = "'draft', 'to confirm', 'needs a person', 'sent', 'refused'"
OPEN = "state IN ('draft', 'to confirm', 'needs a person')"


def upgrade() -> None:
    op.add_column("scheme", sa.Column("eligibility", sa.JSON(), server_default=sa.text("'{}'"), nullable=False))
    op.create_table(
        "sign_in_code",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_sign_in_code_five_tries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sign_in_code_public_id")),
    )
    op.create_index(op.f("ix_sign_in_code_email"), "sign_in_code", ["email"], unique=False)
    op.create_index(op.f("ix_sign_in_code_address"), "sign_in_code", ["address"], unique=False)
    op.create_table(
        "application_form",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("round_id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("entered_by", WHOLE, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("business_id", WHOLE, nullable=True),
        sa.Column("application_id", WHOLE, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_application_form_state_known")),
        sa.CheckConstraint(
            "(state = 'sent') = (application_id IS NOT NULL)", name=op.f("ck_application_form_sent_is_an_application")
        ),
        sa.CheckConstraint(
            "state NOT IN ('needs a person', 'refused') OR (business_id IS NOT NULL AND sent_at IS NOT NULL)",
            name=op.f("ck_application_form_held_over_a_business"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_application_form_application_id")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["organisation.id"], name=op.f("fk_application_form_business_id")),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_application_form_entered_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_application_form_person_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_application_form_round_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_application_form_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_form")),
        sa.UniqueConstraint("public_id", name=op.f("uq_application_form_public_id")),
        sa.UniqueConstraint("application_id", name=op.f("uq_application_form_application_id")),
    )
    op.create_index(
        "uq_application_form_open",
        "application_form",
        ["person_id", "round_id"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    op.create_index("ix_application_form_queue", "application_form", ["scheme_id", "state"], unique=False)


def downgrade() -> None:
    op.drop_table("application_form")
    op.drop_table("sign_in_code")
    op.drop_column("scheme", "eligibility")
