"""Permissions: plain names of what can be done. Which role holds which is said in one table, in accounts."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that a role may do, named area:thing:action, in alphabetical order."""

    ADMIN_KEYS_MANAGE = "admin:keys:manage"
    ADMIN_PEOPLE_MANAGE = "admin:people:manage"
    ADMIN_SYSTEM_RUN = "admin:system:run"
    AUDIT_EVERYTHING_READ = "audit:everything:read"
    BANK_LINES_MATCH = "bank:lines:match"
    BANK_LINES_TYPE = "bank:lines:type"
    BATCHES_APPROVE = "batches:batch:approve"
    BATCHES_PREPARE = "batches:batch:prepare"
    BUSINESS_CLAIMS_CONFIRM = "business:claims:confirm"
    BUSINESS_OFFERS_ACCEPT = "business:offers:accept"
    CLAIMS_APPROVE = "claims:claim:approve"
    CLAIMS_READ = "claims:claim:read"
    CLAIMS_VERIFY = "claims:claim:verify"
    FUNDING_AGREEMENTS_MANAGE = "funding:agreements:manage"
    FUNDING_DEBTS_MANAGE = "funding:debts:manage"
    FUNDING_LINES_READ = "funding:lines:read"
    OFFERS_DECIDE = "offers:application:decide"
    OFFERS_EVIDENCE_ENTER = "offers:evidence:enter"
    PAYEES_CONFIRM = "payees:details:confirm"
    PAYEES_KEY = "payees:details:key"
    PROVIDERS_APPROVE = "providers:provider:approve"
    PROVIDERS_SPONSOR = "providers:provider:sponsor"
    PROVIDER_CLAIMS_MAKE = "provider:claims:make"
    PROVIDER_PACKAGES_LIST = "provider:packages:list"
    PROVIDER_SESSIONS_RECORD = "provider:sessions:record"
    PROVIDER_VOUCHERS_LOOK_UP = "provider:vouchers:look-up"
    SCHEMES_SET_UP = "schemes:scheme:set-up"
    STATEMENTS_PREPARE = "statements:statement:prepare"
    STATEMENTS_READ = "statements:statement:read"
    STATEMENTS_REVIEW = "statements:statement:review"
    STATEMENTS_SIGN = "statements:statement:sign"
    VOUCHERS_MANAGE = "vouchers:voucher:manage"
