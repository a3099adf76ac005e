"""What stands on the accounts of a line, and what moved for an application, without reading every posting."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_posting_line_from", "posting", ["line_id", "from_account", "pence"])
    op.create_index("ix_posting_line_to", "posting", ["line_id", "to_account", "pence"])
    op.create_index("ix_posting_application", "posting", ["application_id"])


def downgrade() -> None:
    op.drop_index("ix_posting_application", table_name="posting")
    op.drop_index("ix_posting_line_to", table_name="posting")
    op.drop_index("ix_posting_line_from", table_name="posting")
