"""Roles and the permissions they give: the one table. Pure."""

from __future__ import annotations

from enum import StrEnum

from voucher.platform.authz import Permission as P
from voucher.platform.states import State, transitions


class Role(StrEnum):
    """A part that a person plays in a scheme or for an organisation."""

    ASSESSOR = "assessor"
    AUDITOR = "auditor"
    BANK_LINE_KEEPER = "bank-line keeper"
    BUSINESS_MEMBER = "business member"
    CLAIM_APPROVER = "claim approver"
    FUNDER = "funder"
    FUNDING_MANAGER = "funding manager"
    PAYEE_DETAILS_KEEPER = "payee-details keeper"
    PAYMENTS_APPROVER = "payments approver"
    PAYMENTS_PREPARER = "payments preparer"
    PROVIDER_MANAGER = "provider manager"
    PROVIDER_SCANNER = "provider scanner"
    PROVIDER_VETTER = "provider vetter"
    SCHEME_ADMINISTRATOR = "scheme administrator"
    SIGNER = "signer"
    STATEMENT_PREPARER = "statement preparer"
    STATEMENT_REVIEWER = "statement reviewer"
    SYSTEM_ADMINISTRATOR = "system administrator"
    VERIFIER = "verifier"


READS = {P.CLAIMS_READ, P.FUNDING_LINES_READ, P.STATEMENTS_READ}

PERMISSIONS: dict[Role, frozenset[P]] = {
    Role.ASSESSOR: frozenset({P.OFFERS_DECIDE, P.OFFERS_EVIDENCE_ENTER, *READS}),
    Role.AUDITOR: frozenset({P.AUDIT_EVERYTHING_READ, P.AUDIT_SAMPLES_DRAW, *READS}),
    Role.BANK_LINE_KEEPER: frozenset({P.BANK_FILES_IMPORT, P.BANK_LINES_TYPE, P.BANK_LINES_MATCH, *READS}),
    Role.BUSINESS_MEMBER: frozenset(
        {
            P.BUSINESS_CLAIMS_CONFIRM,
            P.BUSINESS_DETAILS_CHANGE,
            P.BUSINESS_OFFERS_ACCEPT,
            P.BUSINESS_PEOPLE_MANAGE,
        }
    ),
    Role.CLAIM_APPROVER: frozenset({P.CLAIMS_APPROVE, *READS}),
    Role.FUNDER: frozenset({P.FUNDER_STATEMENTS_READ}),
    Role.FUNDING_MANAGER: frozenset(
        {
            P.ASSURANCE_CASES_MANAGE,
            P.BANK_CONTINUITY_OVERRIDE,
            P.FUNDING_AGREEMENTS_MANAGE,
            P.FUNDING_DEBTS_MANAGE,
            *READS,
        }
    ),
    Role.PAYEE_DETAILS_KEEPER: frozenset({P.PAYEES_KEY, P.PAYEES_CONFIRM}),
    Role.PAYMENTS_APPROVER: frozenset({P.BATCHES_APPROVE, *READS}),
    Role.PAYMENTS_PREPARER: frozenset({P.BATCHES_PREPARE, *READS}),
    Role.PROVIDER_MANAGER: frozenset(
        {
            P.PROVIDER_CLAIMS_MAKE,
            P.PROVIDER_DETAILS_CHANGE,
            P.PROVIDER_PACKAGES_LIST,
            P.PROVIDER_PAYEES_KEY,
            P.PROVIDER_PEOPLE_MANAGE,
            P.PROVIDER_SESSIONS_RECORD,
            P.PROVIDER_VOUCHERS_LOOK_UP,
        }
    ),
    Role.PROVIDER_SCANNER: frozenset({P.PROVIDER_SESSIONS_RECORD, P.PROVIDER_VOUCHERS_LOOK_UP}),
    Role.PROVIDER_VETTER: frozenset({P.PROVIDERS_APPROVE, P.PROVIDERS_SPONSOR}),
    Role.SCHEME_ADMINISTRATOR: frozenset({P.SCHEMES_SET_UP, P.VOUCHERS_MANAGE, P.PROVIDER_PACKAGES_LIST, *READS}),
    Role.SIGNER: frozenset({P.STATEMENTS_SIGN, *READS}),
    Role.STATEMENT_PREPARER: frozenset({P.OUTPUTS_RECORD, P.STATEMENTS_PREPARE, *READS}),
    Role.STATEMENT_REVIEWER: frozenset({P.STATEMENTS_REVIEW, *READS}),
    Role.SYSTEM_ADMINISTRATOR: frozenset({P.ADMIN_KEYS_MANAGE, P.ADMIN_PEOPLE_MANAGE, P.ADMIN_SYSTEM_RUN}),
    Role.VERIFIER: frozenset({P.ASSURANCE_CASES_MANAGE, P.CLAIMS_VERIFY, P.OUTPUTS_RECORD, *READS}),
}

FOR_ORGANISATIONS = frozenset({Role.BUSINESS_MEMBER, Role.PROVIDER_MANAGER, Role.PROVIDER_SCANNER, Role.FUNDER})
EVERYWHERE = frozenset({Role.SYSTEM_ADMINISTRATOR})
PROVIDER_ROLES = frozenset({Role.PROVIDER_MANAGER, Role.PROVIDER_SCANNER})
# The parts into which people of an organisation invite each other; no administrator has to give them.
INVITED_ROLES = PROVIDER_ROLES | {Role.BUSINESS_MEMBER}

# Who holds one of these can move money or let others do it: one administrator proposes, another confirms.
MONEY_ROLES = frozenset(
    {
        Role.BANK_LINE_KEEPER,
        Role.CLAIM_APPROVER,
        Role.FUNDING_MANAGER,
        Role.PAYEE_DETAILS_KEEPER,
        Role.PAYMENTS_APPROVER,
        Role.PAYMENTS_PREPARER,
        Role.SIGNER,
        Role.SYSTEM_ADMINISTRATOR,
    }
)


class ProposalState(State):
    """Where a proposed role stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


PROPOSALS = transitions(
    {ProposalState.PROPOSED: {ProposalState.CONFIRMED, ProposalState.DECLINED, ProposalState.WITHDRAWN}}
)

PASSWORD_MINIMUM = 12
LINK_DAYS = 14
INVITATION_DAYS = 14
OPEN_INVITATIONS = 20

CODE_MINUTES = 10
CODE_TRIES = 5
# How long a proven e-mail address may wait for the name of whoever registers with it.
REGISTER_MINUTES = 30


class Purpose(StrEnum):
    """What a one-time link is good for."""

    ANSWER_OFFER = "answer an offer"
    CONFIRM_DELIVERY = "confirm a delivery"
    CONFIRM_CLAIM = "confirm a claim"


class Strength(StrEnum):
    """How sure it is that an answer came from the person: recorded with it, weak ones are sampled more."""

    STRONG = "strong"
    ORDINARY = "ordinary"
    WEAK = "weak"


def roles_with(permission: P) -> list[Role]:
    """The roles that give a permission, by name."""
    return sorted(role for role, given in PERMISSIONS.items() if permission in given)
