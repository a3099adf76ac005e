"""What firms say of themselves, invitations to any organisation, and whether a file was scanned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = "used_at IS NULL AND withdrawn_at IS NULL"
KEPT = "id, public_id, token_hash, scheme_id, email, role, invited_by, invited_at, expires_at, used_at"


def upgrade() -> None:
    op.add_column("organisation", sa.Column("trading_name", sa.String(), server_default="", nullable=False))
    op.add_column("organisation", sa.Column("phone", sa.String(), server_default="", nullable=False))
    op.add_column("provider", sa.Column("phone", sa.String(), server_default="", nullable=False))
    op.add_column("provider", sa.Column("services", sa.Text(), server_default="", nullable=False))
    op.add_column("document", sa.Column("scanned_at", MOMENT, nullable=True))
    # What a firm said of its services when it applied is what the list of providers shows of them at first.
    op.execute(
        "UPDATE provider SET services = COALESCE((SELECT services FROM provider_application "
        "WHERE provider_id = provider.id ORDER BY id DESC LIMIT 1), '')"
    )
    _create_invitations("invitation", "organisation", "'business member', 'provider manager', 'provider scanner'")
    # Of two that one firm sent to one address in two schemes only the later one stays open.
    op.execute(
        f"INSERT INTO invitation ({KEPT}, organisation_id, withdrawn_at) "
        f"SELECT {', '.join(f'i.{name}' for name in KEPT.split(', '))}, p.organisation_id, "
        "CASE WHEN i.used_at IS NULL AND i.withdrawn_at IS NULL THEN (SELECT MAX(o.invited_at) "
        "FROM provider_invitation o JOIN provider q ON q.id = o.provider_id WHERE o.email = i.email "
        "AND q.organisation_id = p.organisation_id AND o.id > i.id AND o.used_at IS NULL AND o.withdrawn_at IS NULL) "
        "ELSE i.withdrawn_at END FROM provider_invitation i JOIN provider p ON p.id = i.provider_id"
    )
    _count_on("invitation")
    op.execute("UPDATE outbox_message SET kind = 'invited' WHERE kind = 'provider_invited'")
    op.drop_table("provider_invitation")


def _create_invitations(table: str, owner: str, roles: str) -> None:
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column(f"{owner}_id", WHOLE, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("invited_by", WHOLE, nullable=False),
        sa.Column("invited_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.CheckConstraint(f"role IN ({roles})", name=op.f(f"ck_{table}_role_known")),
        sa.CheckConstraint("used_at IS NULL OR withdrawn_at IS NULL", name=op.f(f"ck_{table}_used_or_withdrawn")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, other in (("scheme_id", "scheme"), (f"{owner}_id", owner), ("invited_by", "person"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{table}_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{table}_token_hash")),
    )
    op.create_index(op.f(f"ix_{table}_{owner}_id"), table, [f"{owner}_id"], unique=False)
    op.create_index(
        f"uq_{table}_open",
        table,
        [f"{owner}_id", "email"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )


def _count_on(table: str) -> None:
    """Rows keep their numbers, which waiting messages name; the next row gets the number after them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
            f"COALESCE((SELECT MAX(id) FROM {table}), 1), EXISTS (SELECT 1 FROM {table}))"
        )


def downgrade() -> None:
    _create_invitations("provider_invitation", "provider", "'provider manager', 'provider scanner'")
    op.execute(
        f"INSERT INTO provider_invitation ({KEPT}, withdrawn_at, provider_id) "
        f"SELECT {', '.join(f'i.{name}' for name in KEPT.split(', '))}, i.withdrawn_at, p.id FROM invitation i "
        "JOIN provider p ON p.organisation_id = i.organisation_id AND p.scheme_id = i.scheme_id "
        "WHERE i.role <> 'business member'"
    )
    _count_on("provider_invitation")
    op.execute("UPDATE outbox_message SET kind = 'provider_invited' WHERE kind = 'invited'")
    op.drop_table("invitation")
    op.drop_column("document", "scanned_at")
    for name in ("services", "phone"):
        op.drop_column("provider", name)
    for name in ("phone", "trading_name"):
        op.drop_column("organisation", name)
