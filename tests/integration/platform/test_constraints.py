"""Each invariant stands in the database, too: for every constraint a write that breaks it and one that does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import CheckConstraint, Connection, Engine, Index, UniqueConstraint, create_engine, event, update
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import IntegrityError

from tests.harness.databases import Databases
from tests.integration.platform.rows import MOMENT, add
from voucher.platform.db import prepare_engine
from voucher.tables import METADATA

Values = Mapping[str, object]
DAY, LATER = date(2026, 4, 7), date(2026, 4, 8)
DROP_FOREIGN_KEYS = """
DO $$ DECLARE found record; BEGIN
FOR found IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace
LOOP EXECUTE 'ALTER TABLE ' || found.place || ' DROP CONSTRAINT ' || quote_ident(found.conname); END LOOP;
END $$
"""

# What a plain row of a table needs, so that its own checks let it in.
DEPUTY: Values = {"stands_in_for": 3, "begins_on": DAY, "ends_on": DAY}
DECIDED: Values = {"state": "confirmed", "decided_by": 2}
CONSENTED: Values = {"consent_document_id": 1, "consent_by": 1, "consent_reason": "letter of May"}
CONFIRMED: Values = {"state": "confirmed", "decided_by": 3, "membership_id": 1}
PLAIN: dict[str, Values] = {
    "file_template": {"route": "bank file"},
    "approval_level": {"state": "proposed"},
    "cut_off_reminder": {"party": "office"},
    "paying_way": {"route": "bank file", "state": "proposed", "file_format": "bank-csv"},
    "supplier_number": {"keyed_by": 1},
    "duty_proposal": {"duty": "reviewer_needed", "state": "proposed"},
    "role_proposal": {"role": "signer", "state": "proposed", "person_id": 2},
    "application": {"state": "approved"},
    "application_form": {"state": "draft"},
    "assistance": {"source": "system"},
    "admin_cost": {"state": "prepared", "prepared_by": 1, "consent_reason": "", "beyond_pence": 0},
    "audit_sample": {"side": "bank lines", "method": "simple random"},
    "audit_sample_item": {"bank_line_id": 1},
    "finding": {"outcome": "fail"},
    "indicator": {"measure": "declared with evidence"},
    "agreement_change": {"state": "applied"},
    "agreement_conditions": {"admin_cap_of": "award", "year_by": "defrayal", "sign_off_steps": 2},
    "agreement_proposal": {"kind": "award", "state": "proposed"},
    "bank_line": {"source": "typed"},
    "bank_import": {"kind": "csv", "override_reason": ""},
    "bank_match": {"kind": "repayment to the funder"},
    "batch": {"state": "draft", "prepared_by": 1, "route": "bank file"},
    "debt": {"state": "raised"},
    "claim_likeness": {"kind": "similar invoice number", "redemption_id": 2},
    "concentration_case": {"measure": "share of the money", "state": "open"},
    "concentration_rule": {"opens_at": 0, "sharing": 2},
    "delivery_session": {"state": "open", "held_pence": 0},
    "entry": {"kind": "reserved"},
    "evidence": {"kind": "invoice"},
    "exception_resolution": {
        "kind": "bank line that nobody explained",
        "bank_line_id": 1,
        "outcome": "money of others",
    },
    "funding_line": {"kind": "capital"},
    "irregularity": {"kind": "irregularity", "state": "open"},
    "irregularity_event": {"kind": "irregularity", "state": "open"},
    "membership": {"role": "auditor"},
    "one_time_link": {"purpose": "confirm a claim"},
    "opening_item": {"kind": "payment"},
    "payee_details": {"modulus": "not checkable", "keyed_by": 1},
    "payment": {"state": "planned"},
    "payment_item": {"live": True},
    "posting": {"from_account": "award", "to_account": "unallocated"},
    "insurance": {"kind": "public liability", "provider_id": 1},
    "provider": {"state": "in vetting", "sponsor_id": 1},
    "provider_application": {"state": "draft"},
    "invitation": {"role": "provider scanner"},
    "redemption": {
        "state": "submitted",
        "net_pence": 100,
        "vat_pence": 20,
        "gross_pence": 120,
        "claimed_pence": 80,
        "grant_pence": 80,
        "own_pence": 20,
        "disallowed_pence": 0,
    },
    "round": {"award_method": "first come"},
    "statement": {"state": "draft", "prepared_by": 1},
    "subsidy_record": {"kind": "notice"},
    "task_owner": {"task": "dates in range"},
    "task_result": {"task": "dates in range"},
    "vetting_result": {"check_name": "identity"},
    "voucher": {"state": "issued", "face_pence": 75_000, "remaining_pence": 75_000},
}
ACCOUNT: Values = {
    "last_four": "1234",
    "account_name_encrypted": "x",
    "sort_code_encrypted": "x",
    "account_number_encrypted": "x",
}
RECORDED: Values = {"state": "recorded", "package_id": 1, "delivered_on": DAY, "minutes": 1}
SENT: Values = {"state": "waiting", "sent_at": MOMENT, "terms_version": "x"}
OVER: Values = {"state": "closed", "closed_at": MOMENT, "reason": "looked into"}
PROVED: Values = {"state": "proved", "closed_at": MOMENT, "closed_by": 2}
COUNTS: Values = {"counts_on": DAY, "document_id": 1}
WITHDRAWN: Values = {"withdrawn_on": DAY, "document_id": 1, "permanent": True}
SIGNED: Values = {"state": "signed", "signed_by": 2}
ORDERED: Values = {"mandate": "{}", "check_at": "x"}
HELD: Values = {**ORDERED, "holder": "x", "lease_until": MOMENT}
DRAWN: Values = {**ORDERED, "drawn_at": MOMENT, "document_id": 1, "signature": "{}"}

# Table and constraint, a change that breaks it, and the nearest change that does not.
CHECKS: list[tuple[str, str, Values, Values]] = [
    ("admin_cost", "approved_by_somebody", {"state": "paid"}, {"state": "paid", "approved_by": 2}),
    ("admin_cost", "approver_is_not_the_preparer", {"approved_by": 1}, {"approved_by": 2}),
    ("admin_cost", "beyond_the_cap_with_consent", {"beyond_pence": 1}, {"beyond_pence": 1, **CONSENTED}),
    ("admin_cost", "consent_in_full", {"consent_by": 1}, CONSENTED),
    ("admin_cost", "consent_in_full", {"consent_document_id": 1, "consent_by": 1}, CONSENTED),
    ("admin_cost", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    ("agreement_change", "confirmed_by_a_second_person", {"proposed_by": 1}, {"proposed_by": 2}),
    ("agreement_conditions", "cap_is_a_share", {"admin_cap_bp": 10_001}, {"admin_cap_bp": 10_000}),
    ("agreement_conditions", "confirmed_by_a_second_person", {"proposed_by": 1}, {"proposed_by": 2}),
    ("agreement_conditions", "tolerance_not_negative", {"tolerance_bp": -1}, {"tolerance_bp": 0}),
    ("agreement_conditions", "two_or_three_sign_off", {"sign_off_steps": 1}, {"sign_off_steps": 3}),
    ("agreement_proposal", "confirmed_by_a_second_person", {**DECIDED, "decided_by": 1}, DECIDED),
    ("agreement", "starts_before_it_ends", {"ends_on": date(2026, 4, 6)}, {"ends_on": DAY}),
    ("application", "face_above_zero", {"face_pence": 0}, {"face_pence": 1}),
    (
        "application_form",
        "held_over_a_business",
        {"state": "needs a person", "sent_at": MOMENT},
        {"state": "needs a person", "sent_at": MOMENT, "business_id": 1},
    ),
    (
        "application_form",
        "held_over_a_business",
        {"state": "refused", "business_id": 1},
        {"state": "refused", "business_id": 1, "sent_at": MOMENT},
    ),
    ("audit_sample", "confidence_of_a_rate", {"confidence_bp": 1}, {"confidence_bp": 1, "tolerable_bp": 1}),
    ("audit_sample", "counts_once_concluded", {"concluded_by": 1}, {"concluded_by": 1, "counts_on": DAY}),
    ("audit_sample", "drawn_from_something", {"population_count": 0}, {"population_count": 1}),
    ("audit_sample", "drawn_from_something", {"population_pence": 0}, {"population_pence": 1}),
    ("audit_sample", "period_has_days", {"period_from": LATER}, {"period_from": DAY}),
    ("audit_sample", "size_above_zero", {"size": 0}, {"size": 1}),
    ("job", "at_most_one_post", {"fte_hundredths": 101}, {"fte_hundredths": 100}),
    ("job", "at_most_one_post", {"fte_hundredths": 0}, {"fte_hundredths": 1}),
    ("job", "baseline_before_it_begins", {"baseline_on": LATER}, {"baseline_on": DAY}),
    ("job", "baseline_not_negative", {"baseline_hundredths": -1}, {"baseline_hundredths": 0}),
    ("job", "counts_with_evidence", {"counts_on": DAY, "permanent": True}, {**COUNTS, "permanent": True}),
    ("job", "counts_with_evidence", COUNTS, {**COUNTS, "permanent": True}),
    ("job", "withdrawn_after_it_counted", {**WITHDRAWN, "counts_on": LATER}, {**WITHDRAWN, "counts_on": DAY}),
    ("job", "withdrawn_for_a_reason", {"withdrawn_on": DAY, "withdrawn_reason": ""}, {"withdrawn_on": DAY}),
    ("output", "counts_with_evidence", {"counts_on": DAY}, COUNTS),
    ("output", "counts_with_evidence", {"counts_on": DAY}, {"counts_on": DAY, "amount": 720}),
    (
        "output",
        "withdrawn_after_it_counted",
        {"withdrawn_on": DAY, "counts_on": LATER, "amount": 1},
        {"withdrawn_on": DAY, "counts_on": DAY, "amount": 1},
    ),
    ("output", "withdrawn_for_a_reason", {"withdrawn_on": DAY, "withdrawn_reason": ""}, {"withdrawn_on": DAY}),
    ("application_form", "sent_is_an_application", {"state": "sent"}, {"state": "sent", "application_id": 1}),
    ("application_form", "sent_is_an_application", {"application_id": 1}, {"state": "sent", "application_id": 1}),
    ("assistance", "not_negative", {"pence": -1}, {"pence": 0}),
    ("bank_line", "not_nothing", {"pence": 0, "open_pence": 0}, {"pence": -1, "open_pence": 0}),
    ("bank_line", "open_within_the_line", {"pence": -5, "open_pence": 6}, {"pence": -5, "open_pence": 5}),
    ("bank_line", "open_within_the_line", {"open_pence": -1}, {"open_pence": 0}),
    (
        "bank_line",
        "imported_from_a_statement",
        {"source": "imported"},
        {"source": "imported", "statement_id": 1, "identity": "x"},
    ),
    (
        "bank_line",
        "identity_with_the_statement",
        {"source": "imported", "statement_id": 1},
        {"source": "imported", "statement_id": 1, "identity": "x"},
    ),
    ("bank_import", "taken_in_by_somebody", {"taken_in_at": MOMENT}, {"taken_in_at": MOMENT, "taken_in_by": 1}),
    (
        "bank_import",
        "override_with_the_act",
        {"override_reason": "lost"},
        {"override_reason": "lost", "taken_in_at": MOMENT, "taken_in_by": 1},
    ),
    ("bank_statement", "begins_before_it_ends", {"first_on": LATER}, {"last_on": LATER}),
    (
        "bank_statement",
        "opening_of_an_account",
        {"account_id": 1, "closing_pence": 1},
        {"account_id": 1, "opening_pence": 1, "closing_pence": 1},
    ),
    (
        "bank_statement",
        "closing_of_an_account",
        {"account_id": 1, "opening_pence": 1},
        {"account_id": 1, "opening_pence": 1, "closing_pence": 1},
    ),
    ("bank_statement", "lines_not_negative", {"known_lines": -1}, {"known_lines": 0}),
    ("bank_match", "administration_named", {"kind": "administration"}, {"kind": "administration", "admin_cost_id": 1}),
    ("bank_match", "administration_named", {"admin_cost_id": 1}, {"kind": "administration", "admin_cost_id": 1}),
    ("bank_match", "debt_named", {"kind": "recovery"}, {"kind": "recovery", "debt_id": 1}),
    ("bank_match", "debt_named", {"debt_id": 1}, {"kind": "recovery", "debt_id": 1}),
    ("bank_match", "drawdown_named", {"kind": "drawdown"}, {"kind": "drawdown", "drawdown_id": 1}),
    ("bank_match", "payment_named", {"kind": "payment"}, {"kind": "payment", "payment_id": 1}),
    ("bank_match", "payment_named", {"kind": "return"}, {"kind": "return", "payment_id": 1}),
    ("bank_match", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    ("batch", "approved_by_somebody", {"state": "exported"}, {"state": "exported", "approved_by": 2}),
    ("batch", "first_approver_is_another", {"first_approved_by": 1}, {"first_approved_by": 2}),
    (
        "batch",
        "first_approver_is_another",
        {"first_approved_by": 2, "approved_by": 2},
        {"first_approved_by": 2, "approved_by": 3},
    ),
    ("batch", "approver_is_not_the_preparer", {"approved_by": 1}, {"approved_by": 2}),
    (
        "batch",
        "recall_takes_two",
        {"recall_asked_by": 3, "recall_confirmed_by": 3},
        {"recall_asked_by": 3, "recall_confirmed_by": 1},
    ),
    ("claim_likeness", "the_later_claim_first", {"other_id": 2}, {"other_id": 1}),
    ("concentration_case", "closed_at_some_time", {"state": "closed"}, OVER),
    ("concentration_case", "closed_at_some_time", {"closed_at": MOMENT}, OVER),
    ("concentration_case", "closed_for_a_reason", {**OVER, "reason": ""}, OVER),
    ("concentration_case", "found_at_the_threshold", {"found": 1, "threshold": 2}, {"found": 2, "threshold": 2}),
    ("debt", "outstanding_within_the_debt", {"outstanding_pence": 2}, {"outstanding_pence": 0}),
    ("debt", "outstanding_within_the_debt", {"outstanding_pence": -1}, {"outstanding_pence": 1}),
    (
        "debt",
        "two_people",
        {"write_off_asked_by": 1, "write_off_approved_by": 1},
        {"write_off_asked_by": 1, "write_off_approved_by": 2},
    ),
    (
        "debt",
        "written_off_by_two",
        {"state": "written off"},
        {"state": "written off", "write_off_asked_by": 1, "write_off_approved_by": 2},
    ),
    ("delivery_session", "claimed_by_a_claim", {"state": "claimed"}, {"state": "lapsed"}),
    ("delivery_session", "held_not_negative", {**RECORDED, "held_pence": -1}, {**RECORDED, "held_pence": 1}),
    ("delivery_session", "only_recorded_sessions_hold", {"held_pence": 1}, {"held_pence": 0}),
    (
        "delivery_session",
        "recorded_in_full",
        {**RECORDED, "minutes": 0},
        RECORDED,
    ),
    ("document", "not_empty", {"size": 0}, {"size": 1}),
    ("drawdown", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    ("exception_resolution", "a_reason_is_given", {"reason": " "}, {"reason": "a typing error"}),
    (
        "exception_resolution",
        "a_line_for_its_kinds",
        {"kind": "payment without a bank line", "outcome": "put right elsewhere"},
        {"kind": "payment that came back", "payment_id": 1, "bank_line_id": None},
    ),
    ("exception_resolution", "about_one_thing", {"payment_id": 1}, {"payment_id": None}),
    ("exception_resolution", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    (
        "exception_resolution",
        "what_waits_has_a_day",
        {"outcome": "waits for the bank"},
        {"outcome": "waits for the bank", "again_on": DAY},
    ),
    ("exception_resolution", "what_waits_has_a_day", {"again_on": DAY}, {"again_on": None}),
    ("funding_line", "unallocated_not_negative", {"unallocated_pence": -1}, {"unallocated_pence": 0}),
    ("membership", "ends_after_it_began", {"ended_at": MOMENT.replace(hour=8)}, {"ended_at": MOMENT}),
    ("opening_item", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    ("outbox_message", "needless_is_done", {"needless": True}, {"needless": True, "done_at": MOMENT}),
    ("line_cost_code", "code_given", {"code": ""}, {"code": "x"}),
    ("package", "price_above_zero", {"net_pence": 0}, {"net_pence": 1}),
    ("package", "takes_time", {"minutes": 0}, {"minutes": 1}),
    ("payee_details", "two_people", {"confirmed_by": 1}, {"confirmed_by": 2}),
    (
        "payee_details",
        "has_cooled",
        {"confirmed_by": 2, "confirmed_at": MOMENT.replace(hour=8), "cooling_ends_at": MOMENT},
        {"confirmed_by": 2, "confirmed_at": MOMENT, "cooling_ends_at": MOMENT},
    ),
    ("approval_level", "confirmed_by_a_second_person", {**DECIDED, "decided_by": 1}, DECIDED),
    ("approval_level", "level_above_zero", {"up_to_pence": 0}, {"up_to_pence": 1}),
    ("approval_level", "nobody_sets_their_own", {"person_id": 1}, {"person_id": 3}),
    ("approval_level", "nobody_sets_their_own", {**DECIDED, "person_id": 2}, {**DECIDED, "person_id": 3}),
    ("paying_way", "account_whole", {"last_four": "1234"}, ACCOUNT),
    ("paying_way", "account_whole", {**ACCOUNT, "sort_code_encrypted": None}, ACCOUNT),
    ("paying_way", "confirmed_by_a_second_person", {**DECIDED, "decided_by": 1}, DECIDED),
    ("paying_way", "one_kind_of_file", {"template_id": 1}, {"template_id": 1, "file_format": None}),
    ("paying_way", "one_kind_of_file", {"file_format": None}, {"file_format": "pain.001"}),
    ("paying_way", "second_approval_not_negative", {"second_approval_pence": -1}, {"second_approval_pence": 0}),
    ("supplier_number", "number_given", {"number": ""}, {"number": "x"}),
    ("supplier_number", "two_people", {"confirmed_by": 1}, {"confirmed_by": 2}),
    ("payment", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    ("payment_item", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    (
        "provider",
        "approved_by_somebody_until_a_day",
        {"state": "approved", "approved_by": 2},
        {"state": "approved", "approved_by": 2, "approved_until": DAY},
    ),
    ("provider", "approver_is_not_the_sponsor", {"approved_by": 1}, {"approved_by": 2}),
    ("insurance", "cover_above_zero", {"cover_pence": 0}, {"cover_pence": 1}),
    ("insurance", "of_somebody", {"provider_id": None}, {"provider_id": None, "application_id": 1}),
    ("irregularity", "not_negative", {"pence": -1}, {"pence": 0}),
    ("irregularity", "closed_by_somebody_at_some_time", {"state": "proved"}, PROVED),
    ("irregularity", "closed_by_somebody_at_some_time", {"closed_at": MOMENT, "closed_by": 2}, PROVED),
    ("irregularity", "closed_by_somebody_at_some_time", {"state": "proved", "closed_at": MOMENT}, PROVED),
    ("irregularity", "another_person_closes_it", {**PROVED, "closed_by": 1}, PROVED),
    ("provider_application", "sent_with_the_terms", {"state": "waiting"}, SENT),
    ("provider_application", "sent_with_the_terms", {**SENT, "terms_version": None}, SENT),
    ("provider_application", "settled_by_somebody_else", {"settled_by": 1}, {"settled_by": 2}),
    (
        "provider_application",
        "taken_up_as_a_provider",
        {**SENT, "state": "taken up"},
        {**SENT, "state": "taken up", "provider_id": 1},
    ),
    ("provider_application", "taken_up_as_a_provider", {**SENT, "provider_id": 1}, SENT),
    (
        "invitation",
        "used_or_withdrawn",
        {"used_at": MOMENT, "withdrawn_at": MOMENT},
        {"used_at": MOMENT},
    ),
    ("redemption", "a_hold_has_a_reason", {"on_hold": True, "hold_reason": ""}, {"on_hold": True}),
    ("redemption", "approved_within_the_claim", {"grant_pence": 81}, {"grant_pence": 79}),
    ("redemption", "disallowed_within_the_grant", {"disallowed_pence": 81}, {"disallowed_pence": 80}),
    ("redemption", "grant_not_negative", {"grant_pence": -1}, {"grant_pence": 0}),
    ("redemption", "gross_is_net_and_vat", {"gross_pence": 121}, {"gross_pence": 121, "vat_pence": 21}),
    (
        "redemption",
        "invoice_amounts",
        {"vat_pence": -1, "gross_pence": 99},
        {"vat_pence": 0, "gross_pence": 100},
    ),
    ("redemption", "own_contribution_is_the_rest", {"own_pence": 19}, {"own_pence": 20}),
    ("duty_proposal", "confirmed_by_a_second_person", {**DECIDED, "decided_by": 1}, DECIDED),
    ("scheme_look", "colour_in_full", {"colour": "red"}, {"colour": "#00596b"}),
    ("role_proposal", "a_deputy_has_a_last_day", {"stands_in_for": 3}, DEPUTY),
    ("role_proposal", "begins_before_it_ends", {**DEPUTY, "begins_on": LATER}, DEPUTY),
    ("role_proposal", "confirmed_by_a_second_person", {**CONFIRMED, "decided_by": 1}, CONFIRMED),
    ("role_proposal", "confirmed_by_a_second_person", {**CONFIRMED, "decided_by": 2}, CONFIRMED),
    ("role_proposal", "nobody_proposes_themselves", {"proposed_by": 2}, {"proposed_by": 1}),
    ("round", "available_within_budget", {"available_pence": -1}, {"available_pence": 0}),
    ("round", "available_within_budget", {"available_pence": 2}, {"available_pence": 2, "budget_pence": 2}),
    ("round", "opens_before_it_closes", {"opens_on": LATER}, {"opens_on": DAY}),
    ("round_line", "share_is_a_share", {"share_bp": 10_001}, {"share_bp": 10_000}),
    ("round_line", "share_is_a_share", {"share_bp": 0}, {"share_bp": 1}),
    ("scheme", "number_fits_the_credential", {"number": 1 << 24}, {"number": (1 << 24) - 1}),
    ("scheme", "starts_before_it_ends", {"starts_on": LATER}, {"starts_on": DAY}),
    ("reporting_rhythm", "days_in_reason", {"due_days": 366}, {"due_days": 365}),
    ("reporting_rhythm", "days_in_reason", {"cut_off_days": 61}, {"cut_off_days": 60}),
    ("reporting_rhythm", "months_of_a_period", {"months": 2}, {"months": 3}),
    ("reporting_rhythm", "reminds_in_reason", {"remind_days": 61}, {"remind_days": 60}),
    ("second_factor", "ends_after_it_was_made", {"ended_at": MOMENT.replace(hour=8)}, {"ended_at": MOMENT}),
    ("second_factor", "used_only_when_confirmed", {"last_step": 1}, {"last_step": 1, "confirmed_at": MOMENT}),
    ("sign_in_code", "five_tries", {"tries": 6}, {"tries": 5}),
    ("sign_in_code", "five_tries", {"tries": -1}, {"tries": 0}),
    ("statement", "period_has_days", {"period_from": LATER}, {"period_from": DAY}),
    ("statement", "reviewer_is_independent", {"reviewed_by": 1}, {"reviewed_by": 2}),
    ("statement", "reviewer_is_independent", {**SIGNED, "reviewed_by": 2}, {**SIGNED, "reviewed_by": 3}),
    ("statement", "signed_by_somebody", {"state": "signed"}, SIGNED),
    ("statement", "signer_is_not_the_preparer", {**SIGNED, "signed_by": 1}, SIGNED),
    ("takeover", "approved_by_somebody", {"approved_by": 2}, {"approved_by": 2, "approved_at": MOMENT}),
    (
        "takeover",
        "two_people",
        {"approved_by": 1, "approved_at": MOMENT},
        {"approved_by": 2, "approved_at": MOMENT},
    ),
    ("voucher", "a_release_has_a_reason", {"release_reason": "expired"}, {"release_reason": None}),
    ("voucher", "issued_before_the_last_day", {"last_day": date(2026, 4, 6)}, {"last_day": DAY}),
    (
        "voucher",
        "nothing_remains_once_released",
        {"released_on": DAY, "release_reason": "expired", "remaining_pence": 1},
        {"released_on": DAY, "release_reason": "expired", "remaining_pence": 0},
    ),
    ("voucher", "remaining_within_face", {"remaining_pence": -1}, {"remaining_pence": 0}),
    ("voucher", "remaining_within_face", {"remaining_pence": 75_001}, {"remaining_pence": 75_000}),
    ("voucher_type", "cap_within_face", {"cap_pence": 2}, {"cap_pence": 2, "face_pence": 2}),
    ("voucher_type", "cap_within_face", {"cap_pence": 0}, {"cap_pence": 1}),
    ("voucher_type", "face_above_zero", {"face_pence": 0}, {"face_pence": 1}),
    ("voucher_type", "own_contribution_not_negative", {"minimum_own_pence": -1}, {"minimum_own_pence": 0}),
    ("voucher_type", "rate_is_a_share", {"rate_bp": 10_001}, {"rate_bp": 10_000}),
    ("voucher_type", "rate_is_a_share", {"rate_bp": 0}, {"rate_bp": 1}),
]
# Rows of append-only tables are judged when they are written, for they are never changed; so are papers, whose order
# is not.
WRITTEN_CHECKS: list[tuple[str, str, Values, Values]] = [
    ("statement_paper", "drawn_with_its_document", {**DRAWN, "document_id": None}, DRAWN),
    ("statement_paper", "drawn_with_its_document", {**ORDERED, "document_id": 1}, ORDERED),
    ("statement_paper", "held_until_a_moment", {**HELD, "lease_until": None}, HELD),
    ("statement_paper", "held_until_a_moment", {**HELD, "holder": None}, HELD),
    ("statement_paper", "no_more_lines_than_there_are", {**ORDERED, "lines_done": 2}, {**ORDERED, "lines_done": 1}),
    ("statement_paper", "no_more_lines_than_there_are", {**ORDERED, "lines_done": -1}, {**ORDERED, "lines_done": 0}),
    ("statement_paper", "nobody_holds_what_is_drawn", {**HELD, **DRAWN}, DRAWN),
    ("statement_paper", "ordered_by_its_signer", {**ORDERED, "mandate": None}, ORDERED),
    ("statement_paper", "ordered_by_its_signer", {**ORDERED, "check_at": None}, ORDERED),
    ("statement_paper", "signed_when_it_is_drawn", {**DRAWN, "signature": None}, DRAWN),
    ("statement_paper", "signed_when_it_is_drawn", {**ORDERED, "signature": "{}"}, ORDERED),
    ("irregularity_event", "not_negative", {"pence": -1}, {"pence": 0}),
    ("subsidy_publication", "number_given", {"number": ""}, {"number": "1234567"}),
    ("other_match", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    ("admin_cost", "approved_by_somebody", {"state": "paid"}, {"state": "paid", "approved_by": 2}),
    ("admin_cost", "approver_is_not_the_preparer", {"approved_by": 1}, {"approved_by": 2}),
    ("admin_cost", "beyond_the_cap_with_consent", {"beyond_pence": 1}, {"beyond_pence": 1, **CONSENTED}),
    ("admin_cost", "consent_in_full", {"consent_by": 1}, CONSENTED),
    ("admin_cost", "consent_in_full", {"consent_document_id": 1, "consent_by": 1}, CONSENTED),
    ("admin_cost", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    ("agreement_change", "confirmed_by_a_second_person", {"proposed_by": 1}, {"proposed_by": 2}),
    ("agreement_conditions", "cap_is_a_share", {"admin_cap_bp": 10_001}, {"admin_cap_bp": 10_000}),
    ("agreement_conditions", "confirmed_by_a_second_person", {"proposed_by": 1}, {"proposed_by": 2}),
    ("agreement_conditions", "tolerance_not_negative", {"tolerance_bp": -1}, {"tolerance_bp": 0}),
    ("agreement_conditions", "two_or_three_sign_off", {"sign_off_steps": 1}, {"sign_off_steps": 3}),
    ("agreement_proposal", "confirmed_by_a_second_person", {**DECIDED, "decided_by": 1}, DECIDED),
    ("audit_sample_item", "a_claim_or_a_bank_line", {"redemption_id": 1}, {"redemption_id": 1, "bank_line_id": None}),
    ("audit_sample_item", "a_claim_or_a_bank_line", {"bank_line_id": None}, {"bank_line_id": 1}),
    ("audit_sample_item", "drawn_for_an_amount", {"pence": 0}, {"pence": 1}),
    ("audit_sample_item", "drawn_for_an_amount", {"hits": 0}, {"hits": 1, "position": 2}),
    ("finding", "a_failure_is_explained", {"note": ""}, {"outcome": "pass", "error_pence": 0, "note": ""}),
    ("finding", "a_pass_has_no_error", {"outcome": "pass"}, {"outcome": "pass", "error_pence": 0}),
    ("indicator", "measured_to_a_threshold", {"threshold": 1}, {"threshold": None}),
    ("indicator", "measured_to_a_threshold", {"measure": "grant paid"}, {"measure": "grant paid", "threshold": 1}),
    ("indicator", "target_not_negative", {"target": -1}, {"target": 0}),
    (
        "indicator",
        "threshold_above_zero",
        {"measure": "grant paid", "threshold": 0},
        {"measure": "grant paid", "threshold": 1},
    ),
    (
        "claim_answer",
        "a_payment_has_a_day",
        {"paid_pence": 1, "paid_on": None},
        {"paid_pence": 1, "paid_on": DAY},
    ),
    ("posting", "pence_above_zero", {"pence": 0}, {"pence": 1}),
    ("posting", "pence_above_zero", {"pence": -1}, {"pence": 1}),
    ("posting", "two_accounts", {"to_account": "award"}, {"to_account": "reserved"}),
    ("posting", "relates_to_an_earlier_day", {"relates_to_on": DAY}, {"relates_to_on": date(2026, 4, 6)}),
    ("concentration_rule", "a_share", {"share_bp": 0}, {"share_bp": 1}),
    ("concentration_rule", "hours_of_a_day", {"opens_at": 7, "closes_at": 7}, {"opens_at": 7, "closes_at": 8}),
    ("concentration_rule", "hours_of_a_day", {"closes_at": 25}, {"closes_at": 24}),
    ("concentration_rule", "numbers_above_zero", {"sharing": 1}, {"sharing": 2}),
    ("concentration_rule", "numbers_above_zero", {"window_days": 0}, {"window_days": 1}),
    ("sampling_rule", "a_rate", {"rate_bp": -1}, {"rate_bp": 0}),
    ("sampling_rule", "weak_ones_no_less", {"rate_bp": 2, "weak_rate_bp": 1}, {"rate_bp": 2, "weak_rate_bp": 2}),
    ("sampling_rule", "weak_ones_no_less", {"weak_rate_bp": 10_001}, {"weak_rate_bp": 10_000}),
    ("sampling_rule", "seeded", {"seed": ""}, {"seed": "x"}),
    ("subsidy_record", "a_reply_declares", {"kind": "reply"}, {"kind": "reply", "declared_pence": 0}),
    ("subsidy_record", "a_reply_declares", {"declared_pence": 0}, {"kind": "reply", "declared_pence": 0}),
]
# What breaks the one breaks the other, too, and the engine names whichever it looks at first.
IMPLIED = {"grant_not_negative": "disallowed_within_the_grant", "face_above_zero": "cap_within_face"}
APPEND_ONLY = {
    "agreement_conditions", "assistance", "audit_sample_item", "bank_match", "bank_statement", "claim_answer",
    "exception_resolution", "file_template", "finding", "indicator", "opening_item", "other_match", "posting",
    "subsidy_record",
}  # fmt: skip


class Alone:
    """A database whose rows need no other rows behind them; what a test writes there is undone after it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Something that is done wholly or not at all."""
        with self._connection.begin_nested():
            yield self._connection


@pytest.fixture(scope="module")
def freed() -> Iterator[dict[Databases, Engine]]:
    """The database without foreign keys on each engine that was asked for: every check and unique key is in force."""
    made: dict[Databases, Engine] = {}
    yield made
    for databases, engine in made.items():
        engine.dispose()
        databases.drop(engine.url.render_as_string(hide_password=False))


@pytest.fixture
def alone(databases: Databases, freed: dict[Databases, Engine]) -> Iterator[Alone]:
    if databases not in freed:
        freed[databases] = _without_foreign_keys(databases.migrated())
    with freed[databases].connect() as connection:
        everything = connection.begin()
        yield Alone(connection)
        everything.rollback()


def _without_foreign_keys(url: str) -> Engine:
    prepare_engine(engine := create_engine(url))
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql(DROP_FOREIGN_KEYS)
        return engine

    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _entry: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.close()

    return engine


def write(connection: Connection, table: str, values: Values) -> None:
    add(connection, table, **{**PLAIN.get(table, {}), **values})


def change(connection: Connection, table: str, values: Values) -> None:
    found = METADATA.tables[table]
    assert connection.execute(update(found).values(dict(values))).rowcount == 1


@pytest.mark.rule(10, 17, 19, 20, 23, 29, 50, 57)
@pytest.mark.parametrize(("table", "name", "bad", "good"), [each for each in CHECKS if each[0] not in APPEND_ONLY])
def test_a_change_that_breaks_an_invariant_is_refused(
    alone: Alone, table: str, name: str, bad: Values, good: Values
) -> None:
    with alone.begin() as connection:
        write(connection, table, {})
    named = f"ck_{table}_({name}|{IMPLIED.get(name, name)})"
    with pytest.raises(IntegrityError, match=named), alone.begin() as connection:
        change(connection, table, bad)
    with alone.begin() as connection:
        change(connection, table, good)


@pytest.mark.rule(17, 24, 40)
@pytest.mark.parametrize(
    ("table", "name", "bad", "good"), [*WRITTEN_CHECKS, *(each for each in CHECKS if each[0] in APPEND_ONLY)]
)
def test_a_row_that_breaks_an_invariant_is_not_written(
    alone: Alone, table: str, name: str, bad: Values, good: Values
) -> None:
    with pytest.raises(IntegrityError, match=f"ck_{table}_{name}"), alone.begin() as connection:
        write(connection, table, bad)
    with alone.begin() as connection:
        write(connection, table, good)


KNOWN = sorted(
    (table.name, str(check.name).removeprefix(f"ck_{table.name}_"))
    for table in METADATA.sorted_tables
    for check in table.constraints
    if isinstance(check, CheckConstraint) and str(check.name).endswith("_known")
)


@pytest.mark.rule(7)
@pytest.mark.parametrize(("table", "name"), KNOWN)
def test_a_word_that_nobody_knows_is_not_written(alone: Alone, table: str, name: str) -> None:
    columns = {"check_known": "check_name"}
    column = columns.get(name, name.removesuffix("_known"))
    with pytest.raises(IntegrityError, match=f"ck_{table}_"), alone.begin() as connection:
        write(connection, table, {column: "nonsense"})
    with alone.begin() as connection:
        write(connection, table, {})


@pytest.mark.rule(17, 23)
def test_no_check_of_the_schema_is_left_out_here() -> None:
    checked = {(table, name) for table, name, _bad, _good in CHECKS + WRITTEN_CHECKS} | set(KNOWN)
    there = {
        (table.name, str(check.name).removeprefix(f"ck_{table.name}_"))
        for table in METADATA.sorted_tables
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    assert checked == there


def different(table: str) -> dict[str, object]:
    """Another value for every column of the table that has to be unique."""
    found = METADATA.tables[table]
    keys = [list(each.columns) for each in found.constraints if isinstance(each, UniqueConstraint)]
    keys += [list(each.columns) for each in found.indexes if isinstance(each, Index) and each.unique]
    others: dict[type, object] = {int: 9, str: "y", date: LATER}
    columns = {column for key in keys for column in key if not column.nullable}
    return {column.name: others.get(column.type.python_type, MOMENT) for column in columns}


# Table, the columns that two rows may not share, and what lets them share it after all.
SHARED: list[tuple[str, tuple[str, ...], Values, Values]] = [
    ("application", ("scheme_id", "business_id"), {"state": "approved"}, {"voucher_ended": True}),
    ("application", ("scheme_id", "business_id"), {"state": "approved"}, {"state": "lapsed"}),
    ("application_form", ("person_id", "round_id"), {"state": "draft"}, {"round_id": 2}),
    (
        "application_form",
        ("person_id", "round_id"),
        {"state": "to confirm"},
        {"state": "refused", "business_id": 1, "sent_at": MOMENT},
    ),
    ("credential", ("voucher_id", "generation"), {}, {"generation": 2}),
    ("message_subject", ("message_id", "kind"), {}, {"kind": "z"}),
    ("audit_sample", ("reference",), {}, {"reference": "z"}),
    ("audit_sample_item", ("sample_id", "position"), {}, {"position": 2}),
    ("funder_form", ("agreement_id", "version"), {}, {"version": 2}),
    ("indicator", ("set_id", "code"), {}, {"code": "z"}),
    ("indicator_set", ("agreement_id", "version"), {}, {"version": 2}),
    ("job", ("agreement_id", "enterprise_id", "post_key"), {}, {"withdrawn_on": DAY}),
    ("job", ("agreement_id", "enterprise_id", "post_key"), {}, {"post_key": "z"}),
    ("output", ("agreement_id", "code", "enterprise_id"), {}, {"withdrawn_on": DAY}),
    ("output", ("agreement_id", "code", "enterprise_id"), {}, {"code": "z"}),
    ("credential", ("code_hash",), {}, {"code_hash": "z"}),
    ("opening_item", ("takeover_id", "old_reference", "line_id"), {"kind": "payment"}, {"kind": "drawdown"}),
    ("opening_item", ("takeover_id", "old_reference", "line_id"), {"kind": "payment"}, {"line_id": 2}),
    ("takeover", ("sha256",), {}, {"sha256": "z"}),
    ("takeover", ("scheme_id", "agreement_reference"), {}, {"agreement_reference": "z"}),
    ("redemption", ("provider_id", "invoice_key"), {"state": "paid"}, {"state": "refused"}),
    ("redemption", ("provider_id", "invoice_key"), {"state": "paid"}, {"state": "withdrawn"}),
    ("payee_details", ("provider_id",), {}, {"superseded_at": MOMENT}),
    ("supplier_number", ("provider_id",), {}, {"superseded_at": MOMENT}),
    ("approval_level", ("scheme_id",), {}, DECIDED),
    ("paying_way", ("scheme_id",), {}, DECIDED),
    ("file_template", ("scheme_id", "code", "version"), {}, {"version": 2}),
    ("line_cost_code", ("line_id",), {}, {"line_id": 2}),
    (
        "provider_application",
        ("scheme_id", "applicant_id"),
        {},
        {"state": "refused", "sent_at": MOMENT, "terms_version": "x"},
    ),
    ("invitation", ("organisation_id", "email"), {}, {"used_at": MOMENT}),
    ("invitation", ("organisation_id", "email"), {}, {"withdrawn_at": MOMENT}),
    ("invitation", ("token_hash",), {}, {"token_hash": "z"}),
    ("payment_item", ("redemption_id",), {"live": True}, {"live": False}),
    (
        "bank_match",
        ("payment_id", "kind", "bank_line_id"),
        {"kind": "payment", "payment_id": 1},
        {"kind": "return"},
    ),
    ("bank_match", ("drawdown_id",), {"kind": "drawdown", "drawdown_id": 1}, {"drawdown_id": 2}),
    ("request_key", ("provider_id", "operation", "key"), {}, {"operation": "resubmit"}),
    ("statement", ("agreement_id", "sequence"), {}, {"sequence": 2}),
    ("subsidy_record", ("application_id",), {"kind": "letter", "application_id": 1}, {"kind": "notice"}),
    ("voucher", ("application_id",), {}, {"application_id": 2}),
    ("concentration_case", ("scheme_id", "measure", "subject"), {}, OVER),
    ("concentration_run", ("scheme_id", "on_day"), {}, {"scheme_id": 2}),
    ("public_result", ("scheme_id", "as_of"), {}, {"scheme_id": 2}),
    ("cut_off_reminder", ("scheme_id", "cut_off_on", "party", "email"), {}, {"email": "z"}),
    ("task_owner", ("redemption_id", "task"), {}, {"given_back_at": MOMENT}),
    ("claim_likeness", ("redemption_id", "other_id", "kind"), {}, {"withdrawn_at": MOMENT}),
    ("evidence", ("redemption_id", "document_id", "kind"), {}, {"kind": "evidence of delivery"}),
    ("identifier", ("kind", "value"), {}, {"value": "z"}),
    ("provider", ("scheme_id", "organisation_id"), {}, {"scheme_id": 2}),
    ("round_line", ("round_id", "line_id"), {}, {"round_id": 2}),
    ("terms", ("scheme_id", "version"), {}, {"version": "z"}),
    ("agreement_proposal", ("agreement_id", "kind"), {}, {"kind": "virement"}),
    ("agreement_proposal", ("agreement_id", "kind"), {}, {"state": "withdrawn"}),
    ("agreement_conditions", ("agreement_id", "version"), {}, {"version": 2}),
    ("imported_file", ("kind", "scope", "sha256"), {}, {"scope": "z"}),
    ("bank_account", ("scheme_id", "name"), {}, {"name": "z"}),
    ("bank_account", ("scheme_id", "fingerprint"), {}, {"fingerprint": "z"}),
    ("bank_import", ("scheme_id", "sha256"), {}, {"sha256": "z"}),
    (
        "bank_line",
        ("scheme_id", "identity"),
        {"source": "imported", "statement_id": 1, "identity": "x"},
        {"identity": "z"},
    ),
    ("file_layout", ("scheme_id", "name"), {}, {"scheme_id": 2}),
    ("redemption_version", ("redemption_id", "version"), {}, {"version": 2}),
]


@pytest.mark.rule(8, 9, 22, 33, 35, 37, 40, 45)
@pytest.mark.parametrize(("table", "columns", "first", "apart"), SHARED)
def test_two_rows_do_not_share_what_one_of_them_owns(
    alone: Alone, table: str, columns: tuple[str, ...], first: Values, apart: Values
) -> None:
    others = {key: value for key, value in different(table).items() if key not in columns and key not in first}
    with alone.begin() as connection:
        write(connection, table, first)
    with pytest.raises(IntegrityError, match=r"(?i)unique"), alone.begin() as connection:
        write(connection, table, {**first, **others})
    with alone.begin() as connection:
        write(connection, table, {**first, **others, **apart})


@pytest.mark.rule(17)
def test_no_column_holds_a_number_that_is_not_whole() -> None:
    kinds = {column.type.python_type for table in METADATA.sorted_tables for column in table.columns}
    assert float not in kinds
    pence = [column for table in METADATA.sorted_tables for column in table.columns if column.name.endswith("pence")]
    assert len(pence) > 30
    assert {column.type.python_type for column in pence} == {int}


HOLES: list[tuple[str, Values]] = [
    ("batch", {"state": "recalled", "approved_by": 2, "recall_asked_by": None, "recall_confirmed_by": 3}),
    ("debt", {"state": "written off", "write_off_asked_by": None, "write_off_approved_by": 2}),
]


@pytest.mark.rule(29)
@pytest.mark.parametrize(("table", "values"), HOLES)
def test_what_takes_two_people_is_not_written_with_one(alone: Alone, table: str, values: Values) -> None:
    with pytest.raises(IntegrityError), alone.begin() as connection:
        write(connection, table, values)
