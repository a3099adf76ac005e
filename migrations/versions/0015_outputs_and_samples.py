"""Indicators of agreements and what counts towards them; auditors' samples; when statements are due, funders' forms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("indicator_set", "indicator", "audit_sample_item", "finding", "funder_form")
MEASURES = "'minutes of support', 'grant paid', 'declared with evidence', 'jobs created', 'jobs safeguarded'"
WITHDRAWN = {
    "withdrawn_for_a_reason": "withdrawn_on IS NULL OR withdrawn_reason <> ''",
    "withdrawn_after_it_counted": "withdrawn_on IS NULL OR counts_on IS NULL OR withdrawn_on >= counts_on",
}
Columns = list[sa.Column[object]]


def _whole(*names: str, nullable: bool = False) -> Columns:
    return [sa.Column(name, WHOLE, nullable=nullable) for name in names]


def _texts(*names: str) -> Columns:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _long(*names: str) -> Columns:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _days(*names: str, nullable: bool = False) -> Columns:
    return [sa.Column(name, sa.Date(), nullable=nullable) for name in names]


def _create(
    table: str,
    columns: Columns,
    *,
    keys: dict[str, str],
    unique: tuple[tuple[str, ...], ...] = (),
    checks: dict[str, str] | None = None,
) -> None:
    """A table with its foreign keys by column, its unique keys, and its CHECKs by name."""
    op.create_table(
        table,
        sa.Column("id", WHOLE, nullable=False),
        *columns,
        *(sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}")) for name, text in (checks or {}).items()),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, target in keys.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(sa.UniqueConstraint(*each, name=op.f(f"uq_{table}_{'_'.join(each)}")) for each in unique),
    )


def upgrade() -> None:
    _create_indicators()
    _create_output()
    _create_job()
    _create_sample()
    _create_findings()
    _create_reporting()
    refuse = _refuse_on_postgresql if op.get_bind().dialect.name == "postgresql" else _refuse_on_sqlite
    for table in APPEND_ONLY:
        refuse(table)


def _create_indicators() -> None:
    _create(
        "indicator_set",
        [
            *_whole("scheme_id", "agreement_id", "version", "agreement_version"),
            *_texts("name"),
            *_days("in_force_from"),
            *_long("reason"),
            *_whole("entered_by"),
            sa.Column("entered_at", MOMENT, nullable=False),
        ],
        keys={"scheme_id": "scheme", "agreement_id": "agreement", "entered_by": "person"},
        unique=(("agreement_id", "version"),),
    )
    _create(
        "indicator",
        [
            *_whole("set_id", "position"),
            *_texts("code"),
            *_long("wording"),
            *_texts("measure"),
            *_whole("threshold", nullable=True),
            *_long("evidence"),
            *_whole("target"),
        ],
        keys={"set_id": "indicator_set"},
        unique=(("set_id", "code"), ("set_id", "position")),
        checks={
            "measure_known": f"measure IN ({MEASURES})",
            "measured_to_a_threshold": "(measure IN ('minutes of support', 'grant paid')) = (threshold IS NOT NULL)",
            "threshold_above_zero": "threshold IS NULL OR threshold > 0",
            "target_not_negative": "target >= 0",
        },
    )


# What enterprises and jobs have in common.
COUNTED = {
    "scheme_id": "scheme",
    "agreement_id": "agreement",
    "indicator_id": "indicator",
    "enterprise_id": "enterprise",
    "business_id": "organisation",
    "document_id": "document",
    "recorded_by": "person",
}


def _create_output() -> None:
    _create(
        "output",
        [
            *_texts("public_id"),
            *_whole("scheme_id", "agreement_id", "indicator_id"),
            *_texts("code"),
            *_whole("enterprise_id", "business_id"),
            *_whole("amount", "document_id", nullable=True),
            *_days("counts_on", nullable=True),
            *_days("recorded_on"),
            *_whole("recorded_by"),
            *_long("note"),
            *_days("withdrawn_on", nullable=True),
            *_long("withdrawn_reason"),
        ],
        keys=COUNTED,
        unique=(("public_id",),),
        checks={
            "counts_with_evidence": "counts_on IS NULL OR amount IS NOT NULL OR document_id IS NOT NULL",
            **WITHDRAWN,
        },
    )
    _once("uq_output_standing", "output", "agreement_id", "code", "enterprise_id")
    op.create_index("ix_output_agreement", "output", ["agreement_id", "code"])


def _create_job() -> None:
    _create(
        "job",
        [
            *_texts("public_id"),
            *_whole("scheme_id", "agreement_id", "indicator_id"),
            *_texts("code"),
            *_whole("enterprise_id", "business_id"),
            *_texts("post", "post_key"),
            *_whole("fte_hundredths", "baseline_hundredths"),
            *_days("baseline_on", "begins_on"),
            sa.Column("permanent", sa.Boolean(), nullable=False),
            *_whole("document_id", nullable=True),
            *_days("counts_on", nullable=True),
            *_days("recorded_on"),
            *_whole("recorded_by"),
            *_days("withdrawn_on", nullable=True),
            *_long("withdrawn_reason"),
        ],
        keys=COUNTED,
        unique=(("public_id",),),
        checks={
            "at_most_one_post": "fte_hundredths BETWEEN 1 AND 100",
            "baseline_not_negative": "baseline_hundredths >= 0",
            "baseline_before_it_begins": "baseline_on <= begins_on",
            "counts_with_evidence": "counts_on IS NULL OR (permanent AND document_id IS NOT NULL)",
            **WITHDRAWN,
        },
    )
    _once("uq_job_post", "job", "agreement_id", "enterprise_id", "post_key")
    op.create_index("ix_job_agreement", "job", ["agreement_id", "code"])


def _once(name: str, table: str, *columns: str) -> None:
    """A unique index over what was not withdrawn."""
    standing = sa.text("withdrawn_on IS NULL")
    op.create_index(name, table, list(columns), unique=True, sqlite_where=standing, postgresql_where=standing)


def _create_sample() -> None:
    _create(
        "audit_sample",
        [
            *_texts("public_id", "reference"),
            *_whole("scheme_id", "agreement_id"),
            *_texts("side", "method"),
            *_days("period_from", "period_to"),
            *_texts("seed"),
            *_whole("population_count", "population_pence"),
            *_texts("population_hash"),
            *_whole("size"),
            *_whole("confidence_bp", "tolerable_bp", nullable=True),
            *_whole("drawn_by"),
            sa.Column("drawn_at", MOMENT, nullable=False),
            *_whole("concluded_by", nullable=True),
            sa.Column("concluded_at", MOMENT, nullable=True),
            *_days("counts_on", nullable=True),
        ],
        keys={"scheme_id": "scheme", "agreement_id": "agreement", "drawn_by": "person", "concluded_by": "person"},
        unique=(("public_id",), ("reference",)),
        checks={
            "side_known": "side IN ('bank lines', 'claims paid')",
            "method_known": "method IN ('monetary unit', 'simple random')",
            "period_has_days": "period_from <= period_to",
            "size_above_zero": "size > 0",
            "drawn_from_something": "population_count > 0 AND population_pence > 0",
            "confidence_of_a_rate": "(confidence_bp IS NULL) = (tolerable_bp IS NULL)",
            "counts_once_concluded": "(concluded_by IS NULL) = (counts_on IS NULL)",
        },
    )
    op.create_index("ix_audit_sample_agreement", "audit_sample", ["agreement_id", "counts_on"])


def _create_findings() -> None:
    _create(
        "audit_sample_item",
        [
            *_whole("sample_id", "position"),
            *_texts("reference"),
            *_whole("pence", "hits"),
            *_whole("redemption_id", "bank_line_id", nullable=True),
        ],
        keys={"sample_id": "audit_sample", "redemption_id": "redemption", "bank_line_id": "bank_line"},
        unique=(("sample_id", "position"),),
        checks={
            "a_claim_or_a_bank_line": "(redemption_id IS NULL) <> (bank_line_id IS NULL)",
            "drawn_for_an_amount": "pence > 0 AND hits > 0",
        },
    )
    _create(
        "finding",
        [
            *_whole("scheme_id", "item_id"),
            *_texts("outcome"),
            *_whole("error_pence"),
            *_long("note"),
            *_whole("by_id"),
            sa.Column("at", MOMENT, nullable=False),
        ],
        keys={"scheme_id": "scheme", "item_id": "audit_sample_item", "by_id": "person"},
        checks={
            "outcome_known": "outcome IN ('pass', 'fail')",
            "a_pass_has_no_error": "error_pence >= 0 AND (outcome = 'fail' OR error_pence = 0)",
            "a_failure_is_explained": "outcome = 'pass' OR note <> ''",
        },
    )
    op.create_index("ix_finding_item", "finding", ["item_id"])


def _create_reporting() -> None:
    _create(
        "reporting_rhythm",
        _whole("scheme_id", "agreement_id", "months", "due_days", "cut_off_days"),
        keys={"scheme_id": "scheme", "agreement_id": "agreement"},
        unique=(("agreement_id",),),
        checks={
            "months_of_a_period": "months IN (1, 3, 6, 12)",
            "days_in_reason": "due_days BETWEEN 0 AND 365 AND cut_off_days BETWEEN 0 AND 60",
        },
    )
    _create(
        "funder_form",
        [
            *_whole("scheme_id", "agreement_id", "version", "document_id"),
            sa.Column("cells", sa.JSON(), nullable=False),
            *_whole("added_by"),
            sa.Column("added_at", MOMENT, nullable=False),
        ],
        keys={"scheme_id": "scheme", "agreement_id": "agreement", "document_id": "document", "added_by": "person"},
        unique=(("agreement_id", "version"),),
    )
    op.add_column("statement", sa.Column("supersedes_reason", sa.Text(), nullable=False, server_default=""))


def _refuse_on_sqlite(table: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    # INSERT OR REPLACE deletes without firing a delete trigger.
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}"
    )


def _refuse_on_postgresql(table: str) -> None:
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


def downgrade() -> None:
    op.drop_column("statement", "supersedes_reason")
    for table in (
        "funder_form",
        "reporting_rhythm",
        "finding",
        "audit_sample_item",
        "audit_sample",
        "job",
        "output",
        "indicator",
        "indicator_set",
    ):
        op.drop_table(table)
