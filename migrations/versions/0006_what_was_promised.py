"""What offers, vouchers and sent answers were made under, so that a changed setting leaves them alone; duties, looks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# The defaults are for the code before this migration, which may still be serving while it runs.
ADDED: dict[str, tuple[tuple[str, sa.types.TypeEngine[object], str], ...]] = {
    "voucher": (
        ("good_for", sa.JSON(), "[]"),
        ("late_session_days", WHOLE, "7"),
        ("claim_window_days", WHOLE, "28"),
        ("payment_days", WHOLE, "30"),
    ),
    "application": (
        ("good_for", sa.JSON(), "[]"),
        ("validity_days", WHOLE, "90"),
        ("minimum_own_pence", WHOLE, "0"),
        ("notice_days", WHOLE, "30"),
    ),
    "application_form": (("rules", sa.JSON(), "{}"),),
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind, default in columns:
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))
    _fill()
    _create_proposals()
    _create_looks()


def _fill() -> None:
    """What counted for each row until now: its voucher type's and its scheme's own settings."""
    of_type = "(SELECT {0} FROM voucher_type WHERE voucher_type.id = {1})"
    of_scheme = "(SELECT {0} FROM scheme WHERE scheme.id = {1}.scheme_id)"
    days = ", ".join(
        f"{name} = {of_scheme.format(name, 'voucher')}"
        for name in ("late_session_days", "claim_window_days", "payment_days")
    )
    op.execute(f"UPDATE voucher SET good_for = {of_type.format('good_for', 'voucher.voucher_type_id')}, {days}")
    kind = "(SELECT voucher_type_id FROM round WHERE round.id = application.round_id)"
    own = ", ".join(
        f"{name} = {of_type.format(name, kind)}" for name in ("good_for", "validity_days", "minimum_own_pence")
    )
    op.execute(f"UPDATE application SET {own}, notice_days = {of_scheme.format('notice_days', 'application')}")
    op.execute(
        f"UPDATE application_form SET rules = {of_scheme.format('eligibility', 'application_form')} "
        "WHERE sent_at IS NOT NULL"
    )


def _create_proposals() -> None:
    table = "duty_proposal"
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("proposed_by", WHOLE, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("decided_by", WHOLE, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.CheckConstraint("duty IN ('decider_may_verify', 'reviewer_needed')", name=op.f(f"ck_{table}_duty_known")),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'declined', 'withdrawn')", name=op.f(f"ck_{table}_state_known")
        ),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name=op.f(f"ck_{table}_confirmed_by_a_second_person"),
        ),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f(f"fk_{table}_scheme_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f(f"fk_{table}_proposed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f(f"fk_{table}_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id")),
    )
    waiting = sa.text("state = 'proposed'")
    op.create_index(
        f"uq_{table}_waiting",
        table,
        ["scheme_id", "duty"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _create_looks() -> None:
    op.create_table(
        "scheme_look",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("colour", sa.String(), nullable=True),
        sa.Column("logo_id", WHOLE, nullable=True),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "colour IS NULL OR (length(colour) = 7 AND colour LIKE '#%')", name=op.f("ck_scheme_look_colour_in_full")
        ),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_scheme_look_scheme_id")),
        sa.ForeignKeyConstraint(["logo_id"], ["document.id"], name=op.f("fk_scheme_look_logo_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_look")),
        sa.UniqueConstraint("scheme_id", name=op.f("uq_scheme_look_scheme_id")),
    )


def downgrade() -> None:
    op.drop_table("scheme_look")
    op.drop_table("duty_proposal")
    for table, columns in ADDED.items():
        for name, _kind, _default in columns:
            op.drop_column(table, name)
