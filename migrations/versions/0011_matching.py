"""Several lines for one payment, within its sum; what exceptions were found to be; when something becomes one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "exception_resolution"
KINDS = (
    "bank line that nobody explained", "amount that differs from what the line names", "payment without a bank line",
    "payment that came back",
)  # fmt: skip
OF_LINES = ("amount that differs from what the line names", "bank line that nobody explained")
OUTCOMES = (
    "waits for the bank", "put right elsewhere", "bank charge, borne by the authority", "money of others",
)  # fmt: skip
OPEN = sa.text("open_pence > 0")
# Until now one line was one payment. Now the sum is held, for each way that the money may go.
BEYOND = (
    "(SELECT COALESCE(SUM(pence), 0) FROM bank_match WHERE payment_id = NEW.payment_id AND kind = NEW.kind) "
    "+ NEW.pence > (SELECT pence FROM payment WHERE id = NEW.payment_id)"
)
REFUSAL = "a payment is matched beyond its sum"


def upgrade() -> None:
    op.add_column("scheme", sa.Column("exception_days", WHOLE, nullable=False, server_default="3"))
    op.create_index(
        "ix_bank_line_open", "bank_line", ["scheme_id", "booked_on"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    _hold_payments_within_their_sum()
    op.drop_index("uq_bank_match_payment", table_name="bank_match")
    op.create_index("uq_bank_match_payment", "bank_match", ["payment_id", "kind", "bank_line_id"], unique=True)
    _create_resolutions()
    _refuse_changes()


def _hold_payments_within_their_sum() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER bank_match_within_the_payment BEFORE INSERT ON bank_match WHEN {BEYOND} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    # The payment is locked first, so that two who match it at once cannot both see too little.
    op.execute(
        "CREATE FUNCTION refuse_match_beyond_payment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM 1 FROM payment WHERE id = NEW.payment_id FOR UPDATE; "
        f"IF {BEYOND} THEN RAISE EXCEPTION '{REFUSAL}'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER bank_match_within_the_payment BEFORE INSERT ON bank_match "
        "FOR EACH ROW EXECUTE FUNCTION refuse_match_beyond_payment()"
    )
    op.execute("ALTER TABLE bank_match ENABLE ALWAYS TRIGGER bank_match_within_the_payment")


def _create_resolutions() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("bank_line_id", WHOLE, nullable=True),
        sa.Column("payment_id", WHOLE, nullable=True),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("again_on", sa.Date(), nullable=True),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(_one_of("kind", KINDS), name=op.f(f"ck_{TABLE}_kind_known")),
        sa.CheckConstraint(_one_of("outcome", OUTCOMES), name=op.f(f"ck_{TABLE}_outcome_known")),
        sa.CheckConstraint("pence > 0", name=op.f(f"ck_{TABLE}_pence_above_zero")),
        sa.CheckConstraint("length(trim(reason)) > 0", name=op.f(f"ck_{TABLE}_a_reason_is_given")),
        sa.CheckConstraint(
            f"({_one_of('kind', OF_LINES)}) = (bank_line_id IS NOT NULL)", name=op.f(f"ck_{TABLE}_a_line_for_its_kinds")
        ),
        sa.CheckConstraint("(bank_line_id IS NULL) <> (payment_id IS NULL)", name=op.f(f"ck_{TABLE}_about_one_thing")),
        sa.CheckConstraint(
            "(outcome = 'waits for the bank') = (again_on IS NOT NULL)", name=op.f(f"ck_{TABLE}_what_waits_has_a_day")
        ),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f(f"fk_{TABLE}_scheme_id")),
        sa.ForeignKeyConstraint(["bank_line_id"], ["bank_line.id"], name=op.f(f"fk_{TABLE}_bank_line_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f(f"fk_{TABLE}_payment_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f(f"fk_{TABLE}_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(f"ix_{TABLE}_line", TABLE, ["bank_line_id"])
    op.create_index(f"ix_{TABLE}_payment", TABLE, ["payment_id"])


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        op.execute(f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} {refuse}")
        op.execute(f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} {refuse}")
        # INSERT OR REPLACE deletes without firing a delete trigger.
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} "
            f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) {refuse}"
        )
        return
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
    """Lines that together were one payment cannot be told apart again: the index then refuses, and says so."""
    op.drop_table(TABLE)
    op.drop_index("uq_bank_match_payment", table_name="bank_match")
    op.create_index("uq_bank_match_payment", "bank_match", ["payment_id", "kind"], unique=True)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER bank_match_within_the_payment")
    else:
        op.execute("DROP TRIGGER bank_match_within_the_payment ON bank_match")
        op.execute("DROP FUNCTION refuse_match_beyond_payment()")
    op.drop_index("ix_bank_line_open", table_name="bank_line")
    op.drop_column("scheme", "exception_days")
