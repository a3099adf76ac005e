"""The spine: every table of the scheme's main job, and the triggers that keep append-only tables so."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
# SQLite only numbers rows by itself in a column of the type INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

APPEND_ONLY = (
    "assistance",
    "audit_event",
    "audit_seal",
    "audit_seal_member",
    "bank_match",
    "claim_answer",
    "entry",
    "opening_item",
    "posting",
    "redemption_version",
    "request_key",
    "subsidy_record",
    "task_result",
    "terms",
    "vetting_result",
)
# What a signed statement says; its state, and its standing with the funder, move on beside it.
FROZEN = (
    "reference",
    "agreement_id",
    "sequence",
    "period_from",
    "period_to",
    "supersedes_id",
    "data",
    "data_hash",
    "ledger_balance_pence",
    "ledger_evidence_id",
    "ledger_explanation",
    "prepared_by",
    "prepared_at",
    "reviewed_by",
    "reviewed_at",
    "signed_by",
    "signed_at",
    "pdf_id",
)
CLOSED = (
    "SELECT 1 FROM funding_line JOIN agreement ON agreement.id = funding_line.agreement_id "
    "WHERE funding_line.id = NEW.line_id AND agreement.closed_through >= NEW.effective_on"
)


def create_triggers() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _create_postgresql_triggers()
    else:
        _create_sqlite_triggers()


def drop_triggers() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        op.execute("DROP TRIGGER posting_open_period ON posting")
        op.execute("DROP TRIGGER statement_frozen ON statement")
        op.execute("DROP TRIGGER statement_no_truncate ON statement")
        for function in ("refuse_change", "refuse_closed_period", "refuse_signed_change", "refuse_signed_truncate"):
            op.execute(f"DROP FUNCTION {function}()")
        return
    for table in APPEND_ONLY:
        for event in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER {table}_no_{event}")
    for trigger in ("posting_open_period", "statement_frozen_update", "statement_frozen_delete"):
        op.execute(f"DROP TRIGGER {trigger}")


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
    op.execute(
        f"CREATE TRIGGER posting_open_period BEFORE INSERT ON posting WHEN EXISTS ({CLOSED}) "
        "BEGIN SELECT RAISE(ABORT, 'posting in a closed period'); END"
    )
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in FROZEN)
    op.execute(
        f"CREATE TRIGGER statement_frozen_update BEFORE UPDATE ON statement "
        f"WHEN OLD.signed_at IS NOT NULL AND ({changed}) BEGIN SELECT RAISE(ABORT, 'statement is signed'); END"
    )
    op.execute(
        "CREATE TRIGGER statement_frozen_delete BEFORE DELETE ON statement "
        "WHEN OLD.signed_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'statement is signed'); END"
    )


def _create_postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
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
    op.execute(
        "CREATE FUNCTION refuse_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF EXISTS ({CLOSED}) THEN RAISE EXCEPTION 'posting in a closed period'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER posting_open_period BEFORE INSERT ON posting "
        "FOR EACH ROW EXECUTE FUNCTION refuse_closed_period()"
    )
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in FROZEN)
    op.execute(
        "CREATE FUNCTION refuse_signed_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.signed_at IS NULL THEN IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END IF; "
        "IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'statement is signed'; END IF; "
        f"IF {changed} THEN RAISE EXCEPTION 'statement is signed'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER statement_frozen BEFORE UPDATE OR DELETE ON statement "
        "FOR EACH ROW EXECUTE FUNCTION refuse_signed_change()"
    )
    op.execute(
        "CREATE FUNCTION refuse_signed_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF EXISTS (SELECT 1 FROM statement WHERE signed_at IS NOT NULL) "
        "THEN RAISE EXCEPTION 'statement is signed'; END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER statement_no_truncate BEFORE TRUNCATE ON statement "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_signed_truncate()"
    )
    for table, trigger in (
        ("posting", "posting_open_period"),
        ("statement", "statement_frozen"),
        ("statement", "statement_no_truncate"),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def upgrade() -> None:
    create_tables()
    create_triggers()
    op.bulk_insert(
        sa.table("subsidy_limit", sa.column("in_force_from", sa.Date), sa.column("pence", WHOLE), sa.column("source")),
        [{"in_force_from": date(2023, 1, 4), "pence": 31_500_000, "source": "Subsidy Control Act 2022, section 36"}],
    )


def downgrade() -> None:
    drop_triggers()
    drop_tables()


def create_tables() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.Column("member_count", WHOLE, nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("number", name=op.f("uq_audit_seal_number")),
    )
    op.create_table(
        "enterprise",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("group_name", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise")),
        sa.UniqueConstraint("group_name", name=op.f("uq_enterprise_group_name")),
    )
    op.create_table(
        "person",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_public_id")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(op.f("ix_sign_in_attempt_address"), "sign_in_attempt", ["address"], unique=False)
    op.create_index(op.f("ix_sign_in_attempt_email"), "sign_in_attempt", ["email"], unique=False)
    op.create_table(
        "subsidy_limit",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_limit")),
        sa.UniqueConstraint("in_force_from", name=op.f("uq_subsidy_limit_in_force_from")),
    )
    op.create_table(
        "imported_file",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("row_count", WHOLE, nullable=False),
        sa.Column("imported_by", WHOLE, nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["imported_by"], ["person.id"], name=op.f("fk_imported_file_imported_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_file")),
        sa.UniqueConstraint("kind", "scope", "sha256", name=op.f("uq_imported_file_kind_scope_sha256")),
    )
    op.create_table(
        "one_time_link",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("subject_id", WHOLE, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "purpose IN ('answer an offer', 'confirm a delivery', 'confirm a claim')",
            name=op.f("ck_one_time_link_purpose_known"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_one_time_link_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_one_time_link_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_link_token_hash")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("enterprise_id", WHOLE, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("legal_form", sa.String(), nullable=False),
        sa.Column("address_line_1", sa.String(), nullable=False),
        sa.Column("address_line_2", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("sic_code", sa.String(), nullable=True),
        sa.Column("employees", WHOLE, nullable=True),
        sa.Column("turnover_pence", WHOLE, nullable=True),
        sa.Column("balance_sheet_pence", WHOLE, nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_organisation_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_organisation_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_organisation_reference")),
    )
    op.create_index(op.f("ix_organisation_enterprise_id"), "organisation", ["enterprise_id"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_session_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_session_person_id"), "sign_in_session", ["person_id"], unique=False)
    op.create_table(
        "identifier",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("organisation_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_identifier_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifier")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_identifier_kind_value")),
    )
    op.create_index(op.f("ix_identifier_organisation_id"), "identifier", ["organisation_id"], unique=False)
    op.create_table(
        "scheme",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner_id", WHOLE, nullable=False),
        sa.Column("contact_line", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("offer_days", WHOLE, nullable=False),
        sa.Column("notice_days", WHOLE, nullable=False),
        sa.Column("confirmation_days", WHOLE, nullable=False),
        sa.Column("late_session_days", WHOLE, nullable=False),
        sa.Column("claim_window_days", WHOLE, nullable=False),
        sa.Column("payment_days", WHOLE, nullable=False),
        sa.Column("extension_limit", WHOLE, nullable=False),
        sa.Column("extension_days", WHOLE, nullable=False),
        sa.Column("reinstatement_days", WHOLE, nullable=False),
        sa.Column("match_days", WHOLE, nullable=False),
        sa.Column("lookup_limit_person", WHOLE, nullable=False),
        sa.Column("lookup_limit_provider", WHOLE, nullable=False),
        sa.Column("lookup_limit_address", WHOLE, nullable=False),
        sa.Column("decider_may_verify", sa.Boolean(), nullable=False),
        sa.Column("reviewer_needed", sa.Boolean(), nullable=False),
        sa.Column("vat_funded_for_unregistered", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 16777215", name=op.f("ck_scheme_number_fits_the_credential")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_scheme_starts_before_it_ends")),
        sa.ForeignKeyConstraint(["owner_id"], ["organisation.id"], name=op.f("fk_scheme_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme")),
        sa.UniqueConstraint("number", name=op.f("uq_scheme_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_scheme_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_scheme_reference")),
    )
    op.create_table(
        "agreement",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("funder_id", WHOLE, nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=True),
        sa.Column("intervention_rate_bp", WHOLE, nullable=True),
        sa.Column("recoveries_reusable", sa.Boolean(), nullable=False),
        sa.Column("signer_title", sa.String(), nullable=False),
        sa.Column("signer_statute", sa.String(), nullable=False),
        sa.Column("signer_wording", sa.Text(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_agreement_starts_before_it_ends")),
        sa.ForeignKeyConstraint(["funder_id"], ["organisation.id"], name=op.f("fk_agreement_funder_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_agreement_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("public_id", name=op.f("uq_agreement_public_id")),
        sa.UniqueConstraint("scheme_id", "reference", name=op.f("uq_agreement_scheme_id_reference")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=True),
        sa.Column("actor_id", WHOLE, nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object_kind", sa.String(), nullable=False),
        sa.Column("object_id", WHOLE, nullable=False),
        sa.Column("object_reference", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=True),
        sa.Column("override", sa.String(), nullable=True),
        sa.Column("pence", WHOLE, nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_audit_event_actor_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_audit_event_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_action"), "audit_event", ["action"], unique=False)
    op.create_index(op.f("ix_audit_event_actor_id"), "audit_event", ["actor_id"], unique=False)
    op.create_index("ix_audit_event_object", "audit_event", ["object_kind", "object_id", "id"], unique=False)
    op.create_index(op.f("ix_audit_event_override"), "audit_event", ["override"], unique=False)
    op.create_index(op.f("ix_audit_event_scheme_id"), "audit_event", ["scheme_id"], unique=False)
    op.create_table(
        "bank_line",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("open_pence", WHOLE, nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("counterparty", sa.String(), nullable=False),
        sa.Column("entered_by", WHOLE, nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.CheckConstraint("source IN ('typed', 'imported')", name=op.f("ck_bank_line_source_known")),
        sa.CheckConstraint("open_pence BETWEEN 0 AND abs(pence)", name=op.f("ck_bank_line_open_within_the_line")),
        sa.CheckConstraint("pence <> 0", name=op.f("ck_bank_line_not_nothing")),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_bank_line_entered_by")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_bank_line_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_line_public_id")),
    )
    op.create_index("ix_bank_line_scheme_day", "bank_line", ["scheme_id", "booked_on"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", WHOLE, nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("original_name", sa.String(), nullable=False),
        sa.Column("retention_class", sa.String(), nullable=False),
        sa.Column("encrypted", sa.Boolean(), nullable=False),
        sa.Column("uploaded_by", WHOLE, nullable=True),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_document_not_empty")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_document_scheme_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name=op.f("fk_document_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("public_id", name=op.f("uq_document_public_id")),
    )
    op.create_index(op.f("ix_document_sha256"), "document", ["sha256"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", WHOLE, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("reverses_id", WHOLE, nullable=True),
        sa.CheckConstraint(
            "kind IN ('agreement raised', 'agreement lowered', 'virement', 'opening', 'reserved', 'reservation released', 'issued', 'claimed', 'claim given back', 'approved', 'approval undone', 'defrayed', 'payment returned', 'released on expiry', 'released on cancellation', 'released after expiry', 'released after cancellation', 'reinstated', 'disallowed', 'disallowance undone', 'debt raised', 'debt repaid', 'debt written off', 'returned to funder', 'drawdown received')",
            name=op.f("ck_entry_kind_known"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_entry_actor_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["entry.id"], name=op.f("fk_entry_reverses_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_entry_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
    )
    op.create_table(
        "membership",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=True),
        sa.Column("organisation_id", WHOLE, nullable=True),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("granted_by", WHOLE, nullable=True),
        sa.CheckConstraint(
            "role IN ('assessor', 'auditor', 'bank-line keeper', 'business member', 'claim approver', 'funder', 'funding manager', 'payee-details keeper', 'payments approver', 'payments preparer', 'provider manager', 'provider scanner', 'provider vetter', 'scheme administrator', 'signer', 'statement preparer', 'statement reviewer', 'system administrator', 'verifier')",
            name=op.f("ck_membership_role_known"),
        ),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name=op.f("ck_membership_ends_after_it_began")),
        sa.ForeignKeyConstraint(["granted_by"], ["person.id"], name=op.f("fk_membership_granted_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_membership_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_membership_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_organisation_id"), "membership", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_membership_person_id"), "membership", ["person_id"], unique=False)
    op.create_table(
        "outbox_message",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", WHOLE, nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("subject_ids", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outbox_message_person_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_outbox_message_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
    )
    op.create_index("ix_outbox_message_due", "outbox_message", ["done_at", "due_at"], unique=False)
    op.create_table(
        "provider",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("organisation_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("applied_at", MOMENT, nullable=False),
        sa.Column("sponsor_id", WHOLE, nullable=True),
        sa.Column("approved_by", WHOLE, nullable=True),
        sa.Column("approved_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state IN ('applied', 'in vetting', 'approved', 'suspended', 'declined')",
            name=op.f("ck_provider_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'suspended') OR (approved_by IS NOT NULL AND approved_until IS NOT NULL)",
            name=op.f("ck_provider_approved_by_somebody_until_a_day"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR (sponsor_id IS NOT NULL AND approved_by <> sponsor_id)",
            name=op.f("ck_provider_approver_is_not_the_sponsor"),
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_provider_approved_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_provider_organisation_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_provider_scheme_id")),
        sa.ForeignKeyConstraint(["sponsor_id"], ["person.id"], name=op.f("fk_provider_sponsor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("public_id", name=op.f("uq_provider_public_id")),
        sa.UniqueConstraint("scheme_id", "organisation_id", name=op.f("uq_provider_scheme_id_organisation_id")),
    )
    op.create_table(
        "takeover",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("agreement_reference", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("signed_through", sa.Date(), nullable=False),
        sa.Column("proposed_by", WHOLE, nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("approved_by", WHOLE, nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)", name=op.f("ck_takeover_approved_by_somebody")
        ),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_takeover_two_people")),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_takeover_approved_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"], name=op.f("fk_takeover_proposed_by")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_takeover_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takeover")),
        sa.UniqueConstraint("scheme_id", "agreement_reference", name=op.f("uq_takeover_scheme_id_agreement_reference")),
        sa.UniqueConstraint("sha256", name=op.f("uq_takeover_sha256")),
    )
    op.create_table(
        "terms",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("brief", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_terms_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("scheme_id", "version", name=op.f("uq_terms_scheme_id_version")),
    )
    op.create_table(
        "voucher_type",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("good_for", sa.JSON(), nullable=False),
        sa.Column("rate_bp", WHOLE, nullable=False),
        sa.Column("face_pence", WHOLE, nullable=False),
        sa.Column("cap_pence", WHOLE, nullable=False),
        sa.Column("minimum_own_pence", WHOLE, nullable=False),
        sa.Column("validity_days", WHOLE, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.CheckConstraint("cap_pence > 0 AND cap_pence <= face_pence", name=op.f("ck_voucher_type_cap_within_face")),
        sa.CheckConstraint("face_pence > 0", name=op.f("ck_voucher_type_face_above_zero")),
        sa.CheckConstraint("minimum_own_pence >= 0", name=op.f("ck_voucher_type_own_contribution_not_negative")),
        sa.CheckConstraint("rate_bp BETWEEN 1 AND 10000", name=op.f("ck_voucher_type_rate_is_a_share")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_voucher_type_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_type")),
        sa.UniqueConstraint("scheme_id", "code", name=op.f("uq_voucher_type_scheme_id_code")),
    )
    op.create_table(
        "agreement_change",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("agreement_id", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('applied', 'pending')", name=op.f("ck_agreement_change_state_known")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_change_agreement_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_agreement_change_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_change")),
        sa.UniqueConstraint("agreement_id", "version", name=op.f("uq_agreement_change_agreement_id_version")),
    )
    op.create_table(
        "audit_seal_member",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("seal_id", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("event_id", WHOLE, nullable=False),
        sa.Column("leaf", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["audit_event.id"], name=op.f("fk_audit_seal_member_event_id")),
        sa.ForeignKeyConstraint(["seal_id"], ["audit_seal.id"], name=op.f("fk_audit_seal_member_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal_member")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_seal_member_event_id")),
        sa.UniqueConstraint("seal_id", "position", name=op.f("uq_audit_seal_member_seal_id_position")),
    )
    op.create_table(
        "batch",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("prepared_by", WHOLE, nullable=False),
        sa.Column("prepared_at", MOMENT, nullable=False),
        sa.Column("approved_by", WHOLE, nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("exported_at", MOMENT, nullable=True),
        sa.Column("exported_on", sa.Date(), nullable=True),
        sa.Column("exported_by", WHOLE, nullable=True),
        sa.Column("file_id", WHOLE, nullable=True),
        sa.Column("file_sha256", sa.String(), nullable=True),
        sa.Column("control_pence", WHOLE, nullable=True),
        sa.Column("recall_asked_by", WHOLE, nullable=True),
        sa.Column("recall_confirmed_by", WHOLE, nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'exported', 'settled', 'partly settled', 'recalled')",
            name=op.f("ck_batch_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'exported', 'settled', 'partly settled') OR approved_by IS NOT NULL",
            name=op.f("ck_batch_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> prepared_by", name=op.f("ck_batch_approver_is_not_the_preparer")
        ),
        sa.CheckConstraint(
            "recall_confirmed_by IS NULL OR (recall_asked_by IS NOT NULL AND recall_confirmed_by <> recall_asked_by)",
            name=op.f("ck_batch_recall_takes_two"),
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_batch_approved_by")),
        sa.ForeignKeyConstraint(["exported_by"], ["person.id"], name=op.f("fk_batch_exported_by")),
        sa.ForeignKeyConstraint(["file_id"], ["document.id"], name=op.f("fk_batch_file_id")),
        sa.ForeignKeyConstraint(["prepared_by"], ["person.id"], name=op.f("fk_batch_prepared_by")),
        sa.ForeignKeyConstraint(["recall_asked_by"], ["person.id"], name=op.f("fk_batch_recall_asked_by")),
        sa.ForeignKeyConstraint(["recall_confirmed_by"], ["person.id"], name=op.f("fk_batch_recall_confirmed_by")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_batch_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("public_id", name=op.f("uq_batch_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_batch_reference")),
    )
    op.create_table(
        "funding_line",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("agreement_id", WHOLE, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("unallocated_pence", WHOLE, nullable=False),
        sa.CheckConstraint("kind IN ('capital', 'revenue', 'administration')", name=op.f("ck_funding_line_kind_known")),
        sa.CheckConstraint("unallocated_pence >= 0", name=op.f("ck_funding_line_unallocated_not_negative")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_funding_line_agreement_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_funding_line_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_line")),
        sa.UniqueConstraint("agreement_id", "code", name=op.f("uq_funding_line_agreement_id_code")),
    )
    op.create_table(
        "package",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("voucher_type_id", WHOLE, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("net_pence", WHOLE, nullable=False),
        sa.Column("minutes", WHOLE, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_package_takes_time")),
        sa.CheckConstraint("net_pence > 0", name=op.f("ck_package_price_above_zero")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_package_provider_id")),
        sa.ForeignKeyConstraint(["voucher_type_id"], ["voucher_type.id"], name=op.f("fk_package_voucher_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package")),
        sa.UniqueConstraint("provider_id", "code", name=op.f("uq_package_provider_id_code")),
    )
    op.create_table(
        "payee_details",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("account_name_encrypted", sa.Text(), nullable=False),
        sa.Column("sort_code_encrypted", sa.Text(), nullable=False),
        sa.Column("account_number_encrypted", sa.Text(), nullable=False),
        sa.Column("last_four", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("keyed_by", WHOLE, nullable=False),
        sa.Column("keyed_at", MOMENT, nullable=False),
        sa.Column("modulus", sa.String(), nullable=False),
        sa.Column("payee_check", sa.String(), nullable=True),
        sa.Column("payee_check_note", sa.Text(), nullable=False),
        sa.Column("payee_checked_by", WHOLE, nullable=True),
        sa.Column("payee_checked_at", MOMENT, nullable=True),
        sa.Column("confirmed_by", WHOLE, nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("superseded_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "modulus IN ('passed', 'failed', 'not checkable')", name=op.f("ck_payee_details_modulus_known")
        ),
        sa.CheckConstraint(
            "payee_check IS NULL OR payee_check IN ('match', 'close match', 'no match', 'unavailable')",
            name=op.f("ck_payee_details_payee_check_known"),
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> keyed_by", name=op.f("ck_payee_details_two_people")
        ),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_payee_details_confirmed_by")),
        sa.ForeignKeyConstraint(["keyed_by"], ["person.id"], name=op.f("fk_payee_details_keyed_by")),
        sa.ForeignKeyConstraint(["payee_checked_by"], ["person.id"], name=op.f("fk_payee_details_payee_checked_by")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_payee_details_provider_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_payee_details_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_details")),
    )
    op.create_index(op.f("ix_payee_details_fingerprint"), "payee_details", ["fingerprint"], unique=False)
    op.create_index(
        "uq_payee_details_current",
        "payee_details",
        ["provider_id"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "request_key",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("result_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_request_key_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_key")),
        sa.UniqueConstraint("provider_id", "operation", "key", name=op.f("uq_request_key_provider_id_operation_key")),
    )
    op.create_table(
        "round",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("voucher_type_id", WHOLE, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("award_method", sa.String(), nullable=False),
        sa.Column("budget_pence", WHOLE, nullable=False),
        sa.Column("available_pence", WHOLE, nullable=False),
        sa.CheckConstraint("award_method IN ('first come', 'assessed')", name=op.f("ck_round_award_method_known")),
        sa.CheckConstraint(
            "available_pence >= 0 AND available_pence <= budget_pence", name=op.f("ck_round_available_within_budget")
        ),
        sa.CheckConstraint("opens_on <= closes_on", name=op.f("ck_round_opens_before_it_closes")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_round_scheme_id")),
        sa.ForeignKeyConstraint(["voucher_type_id"], ["voucher_type.id"], name=op.f("fk_round_voucher_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("scheme_id", "code", name=op.f("uq_round_scheme_id_code")),
    )
    op.create_table(
        "statement",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("agreement_id", WHOLE, nullable=False),
        sa.Column("sequence", WHOLE, nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("supersedes_id", WHOLE, nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("data_hash", sa.String(), nullable=False),
        sa.Column("ledger_balance_pence", WHOLE, nullable=False),
        sa.Column("ledger_evidence_id", WHOLE, nullable=True),
        sa.Column("ledger_explanation", sa.Text(), nullable=False),
        sa.Column("prepared_by", WHOLE, nullable=False),
        sa.Column("prepared_at", MOMENT, nullable=False),
        sa.Column("reviewed_by", WHOLE, nullable=True),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("signed_by", WHOLE, nullable=True),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("comments", sa.Text(), nullable=False),
        sa.Column("pdf_id", WHOLE, nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'prepared', 'reviewed', 'signed', 'sent', 'accepted', 'queried')",
            name=op.f("ck_statement_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('signed', 'sent', 'accepted', 'queried') OR (signed_by IS NOT NULL AND pdf_id IS NOT NULL)",
            name=op.f("ck_statement_signed_by_somebody_with_its_pdf"),
        ),
        sa.CheckConstraint("period_from <= period_to", name=op.f("ck_statement_period_has_days")),
        sa.CheckConstraint(
            "reviewed_by IS NULL OR (reviewed_by <> prepared_by AND (signed_by IS NULL OR signed_by <> reviewed_by))",
            name=op.f("ck_statement_reviewer_is_independent"),
        ),
        sa.CheckConstraint(
            "signed_by IS NULL OR signed_by <> prepared_by", name=op.f("ck_statement_signer_is_not_the_preparer")
        ),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_statement_agreement_id")),
        sa.ForeignKeyConstraint(["ledger_evidence_id"], ["document.id"], name=op.f("fk_statement_ledger_evidence_id")),
        sa.ForeignKeyConstraint(["pdf_id"], ["document.id"], name=op.f("fk_statement_pdf_id")),
        sa.ForeignKeyConstraint(["prepared_by"], ["person.id"], name=op.f("fk_statement_prepared_by")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["person.id"], name=op.f("fk_statement_reviewed_by")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_statement_scheme_id")),
        sa.ForeignKeyConstraint(["signed_by"], ["person.id"], name=op.f("fk_statement_signed_by")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["statement.id"], name=op.f("fk_statement_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("agreement_id", "sequence", name=op.f("uq_statement_agreement_id_sequence")),
        sa.UniqueConstraint("public_id", name=op.f("uq_statement_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_statement_reference")),
    )
    op.create_table(
        "vetting_result",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("check_name", sa.String(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "check_name IN ('identity', 'insurance', 'references', 'conflicts', 'bank', 'terms')",
            name=op.f("ck_vetting_result_check_known"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_vetting_result_by_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_vetting_result_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vetting_result")),
    )
    op.create_index(op.f("ix_vetting_result_provider_id"), "vetting_result", ["provider_id"], unique=False)
    op.create_table(
        "application",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("round_id", WHOLE, nullable=False),
        sa.Column("business_id", WHOLE, nullable=False),
        sa.Column("contact_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("face_pence", WHOLE, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("decided_by", WHOLE, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("offer_until", sa.Date(), nullable=True),
        sa.Column("voucher_ended", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'in review', 'information requested', 'approved', 'declined', 'waitlisted', 'accepted', 'lapsed', 'withdrawn')",
            name=op.f("ck_application_state_known"),
        ),
        sa.CheckConstraint("face_pence > 0", name=op.f("ck_application_face_above_zero")),
        sa.ForeignKeyConstraint(["business_id"], ["organisation.id"], name=op.f("fk_application_business_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["person.id"], name=op.f("fk_application_contact_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_application_decided_by")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_application_round_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_application_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("public_id", name=op.f("uq_application_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_application_reference")),
    )
    op.create_index("ix_application_round", "application", ["round_id", "state"], unique=False)
    op.create_index(
        "uq_application_live",
        "application",
        ["scheme_id", "business_id"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('declined', 'lapsed', 'withdrawn') AND NOT voucher_ended"),
        postgresql_where=sa.text("state NOT IN ('declined', 'lapsed', 'withdrawn') AND NOT voucher_ended"),
    )
    op.create_table(
        "drawdown",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("line_id", WHOLE, nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("requested_by", WHOLE, nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.CheckConstraint("pence > 0", name=op.f("ck_drawdown_pence_above_zero")),
        sa.ForeignKeyConstraint(["line_id"], ["funding_line.id"], name=op.f("fk_drawdown_line_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["person.id"], name=op.f("fk_drawdown_requested_by")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_drawdown_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drawdown")),
        sa.UniqueConstraint("reference", name=op.f("uq_drawdown_reference")),
    )
    op.create_table(
        "opening_item",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("takeover_id", WHOLE, nullable=False),
        sa.Column("line_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("old_reference", sa.String(), nullable=False),
        sa.Column("counterparty", sa.String(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.CheckConstraint("kind IN ('payment', 'drawdown')", name=op.f("ck_opening_item_kind_known")),
        sa.CheckConstraint("pence > 0", name=op.f("ck_opening_item_pence_above_zero")),
        sa.ForeignKeyConstraint(["line_id"], ["funding_line.id"], name=op.f("fk_opening_item_line_id")),
        sa.ForeignKeyConstraint(["takeover_id"], ["takeover.id"], name=op.f("fk_opening_item_takeover_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_item")),
    )
    op.create_index("ix_opening_item_line", "opening_item", ["line_id", "kind"], unique=False)
    op.create_index(
        "uq_opening_item_payment",
        "opening_item",
        ["takeover_id", "old_reference", "line_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'payment'"),
        postgresql_where=sa.text("kind = 'payment'"),
    )
    op.create_table(
        "payment",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("batch_id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("payee_details_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'taken out', 'exported', 'defrayed', 'returned', 'recalled')",
            name=op.f("ck_payment_state_known"),
        ),
        sa.CheckConstraint("pence > 0", name=op.f("ck_payment_pence_above_zero")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_payment_batch_id")),
        sa.ForeignKeyConstraint(["payee_details_id"], ["payee_details.id"], name=op.f("fk_payment_payee_details_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_payment_provider_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_payment_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_reference")),
    )
    op.create_index("ix_payment_batch", "payment", ["batch_id"], unique=False)
    op.create_index("ix_payment_scheme_state", "payment", ["scheme_id", "state"], unique=False)
    op.create_table(
        "round_line",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("round_id", WHOLE, nullable=False),
        sa.Column("line_id", WHOLE, nullable=False),
        sa.Column("share_bp", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.CheckConstraint("share_bp BETWEEN 1 AND 10000", name=op.f("ck_round_line_share_is_a_share")),
        sa.ForeignKeyConstraint(["line_id"], ["funding_line.id"], name=op.f("fk_round_line_line_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_round_line_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_line")),
        sa.UniqueConstraint("round_id", "line_id", name=op.f("uq_round_line_round_id_line_id")),
        sa.UniqueConstraint("round_id", "position", name=op.f("uq_round_line_round_id_position")),
    )
    op.create_table(
        "assistance",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("enterprise_id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("application_id", WHOLE, nullable=True),
        sa.CheckConstraint("source IN ('declared', 'system')", name=op.f("ck_assistance_source_known")),
        sa.CheckConstraint("pence >= 0", name=op.f("ck_assistance_not_negative")),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_assistance_application_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_assistance_enterprise_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_assistance_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistance")),
    )
    op.create_index("ix_assistance_enterprise", "assistance", ["enterprise_id", "given_on"], unique=False)
    op.create_table(
        "subsidy_record",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("application_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("declared_pence", WHOLE, nullable=True),
        sa.Column("wording_version", sa.String(), nullable=False),
        sa.Column("answers_id", WHOLE, nullable=True),
        sa.Column("document_id", WHOLE, nullable=True),
        sa.Column("person_id", WHOLE, nullable=True),
        sa.CheckConstraint(
            "(kind = 'reply') = (declared_pence IS NOT NULL)", name=op.f("ck_subsidy_record_a_reply_declares")
        ),
        sa.CheckConstraint("kind IN ('notice', 'reply', 'letter')", name=op.f("ck_subsidy_record_kind_known")),
        sa.ForeignKeyConstraint(["answers_id"], ["subsidy_record.id"], name=op.f("fk_subsidy_record_answers_id")),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_subsidy_record_application_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_subsidy_record_document_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_subsidy_record_person_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_subsidy_record_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_record")),
    )
    op.create_index("ix_subsidy_record_application", "subsidy_record", ["application_id", "kind"], unique=False)
    op.create_index(
        "uq_subsidy_record_letter",
        "subsidy_record",
        ["application_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'letter'"),
        postgresql_where=sa.text("kind = 'letter'"),
    )
    op.create_table(
        "voucher",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("round_id", WHOLE, nullable=False),
        sa.Column("application_id", WHOLE, nullable=False),
        sa.Column("business_id", WHOLE, nullable=False),
        sa.Column("voucher_type_id", WHOLE, nullable=False),
        sa.Column("terms_id", WHOLE, nullable=False),
        sa.Column("subsidy_reply_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("face_pence", WHOLE, nullable=False),
        sa.Column("remaining_pence", WHOLE, nullable=False),
        sa.Column("rate_bp", WHOLE, nullable=False),
        sa.Column("cap_pence", WHOLE, nullable=False),
        sa.Column("minimum_own_pence", WHOLE, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("generation", WHOLE, nullable=False),
        sa.Column("extensions", WHOLE, nullable=False),
        sa.Column("suspension_reason", sa.Text(), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("release_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "release_reason IS NULL OR release_reason IN ('expired', 'cancelled')",
            name=op.f("ck_voucher_release_reason_known"),
        ),
        sa.CheckConstraint(
            "state IN ('issued', 'spent', 'suspended', 'expired', 'cancelled')", name=op.f("ck_voucher_state_known")
        ),
        sa.CheckConstraint(
            "(released_on IS NULL) = (release_reason IS NULL)", name=op.f("ck_voucher_a_release_has_a_reason")
        ),
        sa.CheckConstraint("issued_on <= last_day", name=op.f("ck_voucher_issued_before_the_last_day")),
        sa.CheckConstraint(
            "released_on IS NULL OR remaining_pence = 0", name=op.f("ck_voucher_nothing_remains_once_released")
        ),
        sa.CheckConstraint(
            "remaining_pence >= 0 AND remaining_pence <= face_pence", name=op.f("ck_voucher_remaining_within_face")
        ),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_voucher_application_id")),
        sa.ForeignKeyConstraint(["business_id"], ["organisation.id"], name=op.f("fk_voucher_business_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_voucher_round_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_voucher_scheme_id")),
        sa.ForeignKeyConstraint(["subsidy_reply_id"], ["subsidy_record.id"], name=op.f("fk_voucher_subsidy_reply_id")),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_voucher_terms_id")),
        sa.ForeignKeyConstraint(["voucher_type_id"], ["voucher_type.id"], name=op.f("fk_voucher_voucher_type_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher")),
        sa.UniqueConstraint("application_id", name=op.f("uq_voucher_application_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_voucher_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_voucher_reference")),
    )
    op.create_index(op.f("ix_voucher_business_id"), "voucher", ["business_id"], unique=False)
    op.create_index("ix_voucher_scheme_state", "voucher", ["scheme_id", "state", "last_day"], unique=False)
    op.create_table(
        "credential",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("voucher_id", WHOLE, nullable=False),
        sa.Column("generation", WHOLE, nullable=False),
        sa.Column("key_id", WHOLE, nullable=False),
        sa.Column("nonce", WHOLE, nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_credential_scheme_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_credential_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_credential_code_hash")),
        sa.UniqueConstraint("voucher_id", "generation", name=op.f("uq_credential_voucher_id_generation")),
    )
    op.create_index(op.f("ix_credential_key_id"), "credential", ["key_id"], unique=False)
    op.create_table(
        "look_up",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("voucher_id", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_look_up_person_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_look_up_provider_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_look_up_scheme_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_look_up_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_up")),
    )
    op.create_index("ix_look_up_address", "look_up", ["address", "at"], unique=False)
    op.create_index("ix_look_up_person", "look_up", ["person_id", "at"], unique=False)
    op.create_index("ix_look_up_provider", "look_up", ["provider_id", "at"], unique=False)
    op.create_index(op.f("ix_look_up_voucher_id"), "look_up", ["voucher_id"], unique=False)
    op.create_table(
        "redemption",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("voucher_id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("material_version", WHOLE, nullable=False),
        sa.Column("invoice_number", sa.String(), nullable=False),
        sa.Column("invoice_key", sa.String(), nullable=False),
        sa.Column("invoice_on", sa.Date(), nullable=False),
        sa.Column("net_pence", WHOLE, nullable=False),
        sa.Column("vat_pence", WHOLE, nullable=False),
        sa.Column("gross_pence", WHOLE, nullable=False),
        sa.Column("vat_lines", sa.JSON(), nullable=False),
        sa.Column("claimed_pence", WHOLE, nullable=False),
        sa.Column("grant_pence", WHOLE, nullable=False),
        sa.Column("own_pence", WHOLE, nullable=False),
        sa.Column("disallowed_pence", WHOLE, nullable=False),
        sa.Column("submitted_by", WHOLE, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("verified_by", WHOLE, nullable=True),
        sa.Column("approved_by", WHOLE, nullable=True),
        sa.Column("other_evidence_by", WHOLE, nullable=True),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.Column("on_hold", sa.Boolean(), nullable=False),
        sa.Column("hold_reason", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("NOT on_hold OR hold_reason <> ''", name=op.f("ck_redemption_a_hold_has_a_reason")),
        sa.CheckConstraint(
            "state IN ('submitted', 'confirmed', 'disputed', 'unconfirmed', 'accepted on other evidence', 'verified', 'approved', 'refused', 'withdrawn', 'sent back', 'in batch', 'paid', 'returned', 'recovered')",
            name=op.f("ck_redemption_state_known"),
        ),
        sa.CheckConstraint(
            "disallowed_pence BETWEEN 0 AND grant_pence", name=op.f("ck_redemption_disallowed_within_the_grant")
        ),
        sa.CheckConstraint("grant_pence <= claimed_pence", name=op.f("ck_redemption_approved_within_the_claim")),
        sa.CheckConstraint("grant_pence >= 0", name=op.f("ck_redemption_grant_not_negative")),
        sa.CheckConstraint("gross_pence = net_pence + vat_pence", name=op.f("ck_redemption_gross_is_net_and_vat")),
        sa.CheckConstraint("net_pence > 0 AND vat_pence >= 0", name=op.f("ck_redemption_invoice_amounts")),
        sa.CheckConstraint(
            "own_pence = net_pence - claimed_pence", name=op.f("ck_redemption_own_contribution_is_the_rest")
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_redemption_approved_by")),
        sa.ForeignKeyConstraint(["other_evidence_by"], ["person.id"], name=op.f("fk_redemption_other_evidence_by")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_redemption_provider_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_redemption_scheme_id")),
        sa.ForeignKeyConstraint(["submitted_by"], ["person.id"], name=op.f("fk_redemption_submitted_by")),
        sa.ForeignKeyConstraint(["verified_by"], ["person.id"], name=op.f("fk_redemption_verified_by")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_redemption_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
        sa.UniqueConstraint("public_id", name=op.f("uq_redemption_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_redemption_reference")),
    )
    op.create_index("ix_redemption_scheme_state", "redemption", ["scheme_id", "state"], unique=False)
    op.create_index("ix_redemption_voucher", "redemption", ["voucher_id"], unique=False)
    op.create_index(
        "uq_redemption_invoice",
        "redemption",
        ["provider_id", "invoice_key"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('refused', 'withdrawn')"),
        postgresql_where=sa.text("state NOT IN ('refused', 'withdrawn')"),
    )
    op.create_table(
        "claim_answer",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("redemption_id", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("accepts", sa.Boolean(), nullable=False),
        sa.Column("paid_pence", WHOLE, nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("paid_by", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("strength", sa.String(), nullable=False),
        sa.CheckConstraint(
            "(paid_pence IS NULL) = (paid_on IS NULL)", name=op.f("ck_claim_answer_a_payment_has_a_day")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_answer_person_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_claim_answer_redemption_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_answer")),
    )
    op.create_index("ix_claim_answer_redemption", "claim_answer", ["redemption_id", "version"], unique=False)
    op.create_table(
        "debt",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("redemption_id", WHOLE, nullable=False),
        sa.Column("owed_by_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("outstanding_pence", WHOLE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raised_by", WHOLE, nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("write_off_asked_by", WHOLE, nullable=True),
        sa.Column("write_off_approved_by", WHOLE, nullable=True),
        sa.CheckConstraint(
            "state <> 'written off' OR write_off_approved_by IS NOT NULL", name=op.f("ck_debt_written_off_by_two")
        ),
        sa.CheckConstraint(
            "state IN ('raised', 'part repaid', 'repaid', 'written off')", name=op.f("ck_debt_state_known")
        ),
        sa.CheckConstraint("outstanding_pence BETWEEN 0 AND pence", name=op.f("ck_debt_outstanding_within_the_debt")),
        sa.CheckConstraint(
            "write_off_approved_by IS NULL OR (write_off_asked_by IS NOT NULL AND write_off_approved_by <> write_off_asked_by)",
            name=op.f("ck_debt_two_people"),
        ),
        sa.ForeignKeyConstraint(["owed_by_id"], ["organisation.id"], name=op.f("fk_debt_owed_by_id")),
        sa.ForeignKeyConstraint(["raised_by"], ["person.id"], name=op.f("fk_debt_raised_by")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_debt_redemption_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_debt_scheme_id")),
        sa.ForeignKeyConstraint(["write_off_approved_by"], ["person.id"], name=op.f("fk_debt_write_off_approved_by")),
        sa.ForeignKeyConstraint(["write_off_asked_by"], ["person.id"], name=op.f("fk_debt_write_off_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debt")),
        sa.UniqueConstraint("reference", name=op.f("uq_debt_reference")),
    )
    op.create_index(op.f("ix_debt_redemption_id"), "debt", ["redemption_id"], unique=False)
    op.create_table(
        "delivery_session",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("voucher_id", WHOLE, nullable=False),
        sa.Column("provider_id", WHOLE, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_by", WHOLE, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("package_id", WHOLE, nullable=True),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("minutes", WHOLE, nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("late_reason", sa.Text(), nullable=False),
        sa.Column("held_pence", WHOLE, nullable=False),
        sa.Column("recorded_by", WHOLE, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=True),
        sa.Column("redemption_id", WHOLE, nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answer_note", sa.Text(), nullable=False),
        sa.Column("answered_by", WHOLE, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answer_strength", sa.String(), nullable=True),
        sa.CheckConstraint(
            "answer IS NULL OR answer IN ('yes', 'partly', 'no')", name=op.f("ck_delivery_session_answer_known")
        ),
        sa.CheckConstraint(
            "state <> 'claimed' OR redemption_id IS NOT NULL", name=op.f("ck_delivery_session_claimed_by_a_claim")
        ),
        sa.CheckConstraint(
            "state = 'recorded' OR held_pence = 0", name=op.f("ck_delivery_session_only_recorded_sessions_hold")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'lapsed') OR (package_id IS NOT NULL AND delivered_on IS NOT NULL AND minutes > 0)",
            name=op.f("ck_delivery_session_recorded_in_full"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'recorded', 'claimed', 'lapsed', 'undone')", name=op.f("ck_delivery_session_state_known")
        ),
        sa.CheckConstraint("held_pence >= 0", name=op.f("ck_delivery_session_held_not_negative")),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_delivery_session_answered_by")),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"], name=op.f("fk_delivery_session_opened_by")),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name=op.f("fk_delivery_session_package_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_delivery_session_provider_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_delivery_session_recorded_by")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_delivery_session_redemption_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_delivery_session_scheme_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_delivery_session_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_delivery_session_public_id")),
    )
    op.create_index(op.f("ix_delivery_session_provider_id"), "delivery_session", ["provider_id"], unique=False)
    op.create_index(op.f("ix_delivery_session_redemption_id"), "delivery_session", ["redemption_id"], unique=False)
    op.create_index("ix_delivery_session_voucher", "delivery_session", ["voucher_id", "state"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("redemption_id", WHOLE, nullable=False),
        sa.Column("document_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoice', 'proof of own contribution', 'evidence of delivery')",
            name=op.f("ck_evidence_kind_known"),
        ),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_evidence_document_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_evidence_redemption_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint(
            "redemption_id", "document_id", "kind", name=op.f("uq_evidence_redemption_id_document_id_kind")
        ),
    )
    op.create_index(op.f("ix_evidence_document_id"), "evidence", ["document_id"], unique=False)
    op.create_table(
        "payment_item",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("payment_id", WHOLE, nullable=False),
        sa.Column("redemption_id", WHOLE, nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint("pence > 0", name=op.f("ck_payment_item_pence_above_zero")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_item_payment_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_payment_item_redemption_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_item")),
        sa.UniqueConstraint("payment_id", "redemption_id", name=op.f("uq_payment_item_payment_id_redemption_id")),
    )
    op.create_index(
        "uq_payment_item_live",
        "payment_item",
        ["redemption_id"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "redemption_version",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("redemption_id", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_redemption_version_by_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_redemption_version_redemption_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption_version")),
        sa.UniqueConstraint("redemption_id", "version", name=op.f("uq_redemption_version_redemption_id_version")),
    )
    op.create_table(
        "task_result",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("redemption_id", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", WHOLE, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "task IN ('invoice arithmetic', 'dates in range', 'price within the package', 'invoice not used before', 'files not used before', 'own contribution paid', 'evidence shows the support')",
            name=op.f("ck_task_result_task_known"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_task_result_by_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_task_result_redemption_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_result")),
    )
    op.create_index("ix_task_result_redemption", "task_result", ["redemption_id", "version"], unique=False)
    op.create_table(
        "bank_match",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("scheme_id", WHOLE, nullable=False),
        sa.Column("bank_line_id", WHOLE, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("payment_id", WHOLE, nullable=True),
        sa.Column("drawdown_id", WHOLE, nullable=True),
        sa.Column("debt_id", WHOLE, nullable=True),
        sa.Column("line_id", WHOLE, nullable=True),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'drawdown') = (drawdown_id IS NOT NULL)", name=op.f("ck_bank_match_drawdown_named")
        ),
        sa.CheckConstraint("(kind = 'recovery') = (debt_id IS NOT NULL)", name=op.f("ck_bank_match_debt_named")),
        sa.CheckConstraint(
            "(kind IN ('payment', 'return')) = (payment_id IS NOT NULL)", name=op.f("ck_bank_match_payment_named")
        ),
        sa.CheckConstraint(
            "kind IN ('payment', 'return', 'drawdown', 'recovery', 'repayment to the funder')",
            name=op.f("ck_bank_match_kind_known"),
        ),
        sa.CheckConstraint("pence > 0", name=op.f("ck_bank_match_pence_above_zero")),
        sa.ForeignKeyConstraint(["bank_line_id"], ["bank_line.id"], name=op.f("fk_bank_match_bank_line_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_bank_match_by_id")),
        sa.ForeignKeyConstraint(["debt_id"], ["debt.id"], name=op.f("fk_bank_match_debt_id")),
        sa.ForeignKeyConstraint(["drawdown_id"], ["drawdown.id"], name=op.f("fk_bank_match_drawdown_id")),
        sa.ForeignKeyConstraint(["line_id"], ["funding_line.id"], name=op.f("fk_bank_match_line_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_bank_match_payment_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_bank_match_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_match")),
    )
    op.create_index("ix_bank_match_line", "bank_match", ["bank_line_id"], unique=False)
    op.create_index("uq_bank_match_drawdown", "bank_match", ["drawdown_id"], unique=True)
    op.create_index("uq_bank_match_payment", "bank_match", ["payment_id", "kind"], unique=True)
    op.create_table(
        "posting",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("entry_id", WHOLE, nullable=False),
        sa.Column("line_id", WHOLE, nullable=False),
        sa.Column("from_account", sa.String(), nullable=False),
        sa.Column("to_account", sa.String(), nullable=False),
        sa.Column("pence", WHOLE, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("relates_to_on", sa.Date(), nullable=True),
        sa.Column("application_id", WHOLE, nullable=True),
        sa.Column("voucher_id", WHOLE, nullable=True),
        sa.Column("redemption_id", WHOLE, nullable=True),
        sa.Column("payment_id", WHOLE, nullable=True),
        sa.Column("debt_id", WHOLE, nullable=True),
        sa.CheckConstraint(
            "from_account IN ('award', 'unallocated', 'reserved', 'committed', 'claimed', 'approved', 'defrayed', 'disallowed', 'debt', 'receivable', 'recovered', 'repayable', 'returned to funder', 'cash', 'cash: drawdown received', 'cash: payments', 'cash: bank returns', 'cash: recoveries', 'cash: returned to funder', 'cash: borne by the authority')",
            name=op.f("ck_posting_from_account_known"),
        ),
        sa.CheckConstraint(
            "to_account IN ('award', 'unallocated', 'reserved', 'committed', 'claimed', 'approved', 'defrayed', 'disallowed', 'debt', 'receivable', 'recovered', 'repayable', 'returned to funder', 'cash', 'cash: drawdown received', 'cash: payments', 'cash: bank returns', 'cash: recoveries', 'cash: returned to funder', 'cash: borne by the authority')",
            name=op.f("ck_posting_to_account_known"),
        ),
        sa.CheckConstraint("from_account <> to_account", name=op.f("ck_posting_two_accounts")),
        sa.CheckConstraint("pence > 0", name=op.f("ck_posting_pence_above_zero")),
        sa.CheckConstraint(
            "relates_to_on IS NULL OR relates_to_on < effective_on", name=op.f("ck_posting_relates_to_an_earlier_day")
        ),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"], name=op.f("fk_posting_application_id")),
        sa.ForeignKeyConstraint(["debt_id"], ["debt.id"], name=op.f("fk_posting_debt_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_posting_entry_id")),
        sa.ForeignKeyConstraint(["line_id"], ["funding_line.id"], name=op.f("fk_posting_line_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_posting_payment_id")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_posting_redemption_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_posting_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index("ix_posting_entry", "posting", ["entry_id"], unique=False)
    op.create_index("ix_posting_line_day", "posting", ["line_id", "effective_on"], unique=False)
    op.create_index("ix_posting_redemption", "posting", ["redemption_id"], unique=False)
    op.create_index("ix_posting_voucher", "posting", ["voucher_id"], unique=False)


def drop_tables() -> None:
    op.drop_index("ix_posting_voucher", table_name="posting")
    op.drop_index("ix_posting_redemption", table_name="posting")
    op.drop_index("ix_posting_line_day", table_name="posting")
    op.drop_index("ix_posting_entry", table_name="posting")
    op.drop_table("posting")
    op.drop_index("uq_bank_match_payment", table_name="bank_match")
    op.drop_index("uq_bank_match_drawdown", table_name="bank_match")
    op.drop_index("ix_bank_match_line", table_name="bank_match")
    op.drop_table("bank_match")
    op.drop_index("ix_task_result_redemption", table_name="task_result")
    op.drop_table("task_result")
    op.drop_table("redemption_version")
    op.drop_index(
        "uq_payment_item_live",
        table_name="payment_item",
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.drop_table("payment_item")
    op.drop_index(op.f("ix_evidence_document_id"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_index("ix_delivery_session_voucher", table_name="delivery_session")
    op.drop_index(op.f("ix_delivery_session_redemption_id"), table_name="delivery_session")
    op.drop_index(op.f("ix_delivery_session_provider_id"), table_name="delivery_session")
    op.drop_table("delivery_session")
    op.drop_index(op.f("ix_debt_redemption_id"), table_name="debt")
    op.drop_table("debt")
    op.drop_index("ix_claim_answer_redemption", table_name="claim_answer")
    op.drop_table("claim_answer")
    op.drop_index(
        "uq_redemption_invoice",
        table_name="redemption",
        sqlite_where=sa.text("state NOT IN ('refused', 'withdrawn')"),
        postgresql_where=sa.text("state NOT IN ('refused', 'withdrawn')"),
    )
    op.drop_index("ix_redemption_voucher", table_name="redemption")
    op.drop_index("ix_redemption_scheme_state", table_name="redemption")
    op.drop_table("redemption")
    op.drop_index(op.f("ix_look_up_voucher_id"), table_name="look_up")
    op.drop_index("ix_look_up_provider", table_name="look_up")
    op.drop_index("ix_look_up_person", table_name="look_up")
    op.drop_index("ix_look_up_address", table_name="look_up")
    op.drop_table("look_up")
    op.drop_index(op.f("ix_credential_key_id"), table_name="credential")
    op.drop_table("credential")
    op.drop_index("ix_voucher_scheme_state", table_name="voucher")
    op.drop_index(op.f("ix_voucher_business_id"), table_name="voucher")
    op.drop_table("voucher")
    op.drop_index(
        "uq_subsidy_record_letter",
        table_name="subsidy_record",
        sqlite_where=sa.text("kind = 'letter'"),
        postgresql_where=sa.text("kind = 'letter'"),
    )
    op.drop_index("ix_subsidy_record_application", table_name="subsidy_record")
    op.drop_table("subsidy_record")
    op.drop_index("ix_assistance_enterprise", table_name="assistance")
    op.drop_table("assistance")
    op.drop_table("round_line")
    op.drop_index("ix_payment_scheme_state", table_name="payment")
    op.drop_index("ix_payment_batch", table_name="payment")
    op.drop_table("payment")
    op.drop_index(
        "uq_opening_item_payment",
        table_name="opening_item",
        sqlite_where=sa.text("kind = 'payment'"),
        postgresql_where=sa.text("kind = 'payment'"),
    )
    op.drop_index("ix_opening_item_line", table_name="opening_item")
    op.drop_table("opening_item")
    op.drop_table("drawdown")
    op.drop_index(
        "uq_application_live",
        table_name="application",
        sqlite_where=sa.text("state NOT IN ('declined', 'lapsed', 'withdrawn') AND NOT voucher_ended"),
        postgresql_where=sa.text("state NOT IN ('declined', 'lapsed', 'withdrawn') AND NOT voucher_ended"),
    )
    op.drop_index("ix_application_round", table_name="application")
    op.drop_table("application")
    op.drop_index(op.f("ix_vetting_result_provider_id"), table_name="vetting_result")
    op.drop_table("vetting_result")
    op.drop_table("statement")
    op.drop_table("round")
    op.drop_table("request_key")
    op.drop_index(
        "uq_payee_details_current",
        table_name="payee_details",
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_index(op.f("ix_payee_details_fingerprint"), table_name="payee_details")
    op.drop_table("payee_details")
    op.drop_table("package")
    op.drop_table("funding_line")
    op.drop_table("batch")
    op.drop_table("audit_seal_member")
    op.drop_table("agreement_change")
    op.drop_table("voucher_type")
    op.drop_table("terms")
    op.drop_table("takeover")
    op.drop_table("provider")
    op.drop_index("ix_outbox_message_due", table_name="outbox_message")
    op.drop_table("outbox_message")
    op.drop_index(op.f("ix_membership_person_id"), table_name="membership")
    op.drop_index(op.f("ix_membership_organisation_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_table("entry")
    op.drop_index(op.f("ix_document_sha256"), table_name="document")
    op.drop_table("document")
    op.drop_index("ix_bank_line_scheme_day", table_name="bank_line")
    op.drop_table("bank_line")
    op.drop_index(op.f("ix_audit_event_scheme_id"), table_name="audit_event")
    op.drop_index(op.f("ix_audit_event_override"), table_name="audit_event")
    op.drop_index("ix_audit_event_object", table_name="audit_event")
    op.drop_index(op.f("ix_audit_event_actor_id"), table_name="audit_event")
    op.drop_index(op.f("ix_audit_event_action"), table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("agreement")
    op.drop_table("scheme")
    op.drop_index(op.f("ix_identifier_organisation_id"), table_name="identifier")
    op.drop_table("identifier")
    op.drop_index(op.f("ix_sign_in_session_person_id"), table_name="sign_in_session")
    op.drop_table("sign_in_session")
    op.drop_index(op.f("ix_organisation_enterprise_id"), table_name="organisation")
    op.drop_table("organisation")
    op.drop_table("one_time_link")
    op.drop_table("imported_file")
    op.drop_table("subsidy_limit")
    op.drop_index(op.f("ix_sign_in_attempt_email"), table_name="sign_in_attempt")
    op.drop_index(op.f("ix_sign_in_attempt_address"), table_name="sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.drop_table("person")
    op.drop_table("enterprise")
    op.drop_table("audit_seal")
