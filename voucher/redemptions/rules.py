"""Pure: states of sessions and claims, look-up reasons, amounts (rules 7, 14, 16, 19 to 22)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from voucher.platform.i18n import Said, on_record, said
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import share
from voucher.platform.states import State, transitions

# What is written down as a record, and told again from it.
_GROSS_DIFFERS = on_record("Net and VAT do not add up to the gross amount.")
_NET_DIFFERS = on_record("The invoice's lines do not add up to its net amount.")
_VAT_DIFFERS = on_record("The VAT is not its rate times the net amount.")


class SessionState(State):
    """Where a delivery session stands."""

    OPEN = "open"
    RECORDED = "recorded"
    CLAIMED = "claimed"
    LAPSED = "lapsed"
    UNDONE = "undone"


D = SessionState
SESSION_TRANSITIONS = transitions(
    {
        D.OPEN: {D.RECORDED, D.LAPSED},
        D.RECORDED: {D.CLAIMED, D.LAPSED, D.UNDONE},
        D.CLAIMED: {D.RECORDED, D.LAPSED},
    }
)
OPEN_HOURS = 24


class RedemptionState(State):
    """Where a claim stands."""

    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    UNCONFIRMED = "unconfirmed"
    OTHER_EVIDENCE = "accepted on other evidence"
    VERIFIED = "verified"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SENT_BACK = "sent back"
    IN_BATCH = "in batch"
    PAID = "paid"
    RETURNED = "returned"
    RECOVERED = "recovered"


R = RedemptionState
REDEMPTION_TRANSITIONS = transitions(
    {
        R.SUBMITTED: {R.CONFIRMED, R.DISPUTED, R.UNCONFIRMED, R.WITHDRAWN, R.SENT_BACK},
        R.DISPUTED: {R.CONFIRMED, R.REFUSED, R.WITHDRAWN, R.SENT_BACK},
        R.UNCONFIRMED: {R.CONFIRMED, R.REFUSED, R.WITHDRAWN, R.SENT_BACK, R.OTHER_EVIDENCE, R.DISPUTED},
        R.OTHER_EVIDENCE: {R.VERIFIED, R.REFUSED, R.DISPUTED, R.SENT_BACK},
        R.CONFIRMED: {R.VERIFIED, R.REFUSED, R.DISPUTED, R.SENT_BACK},
        R.VERIFIED: {R.APPROVED, R.REFUSED, R.DISPUTED, R.SENT_BACK},
        R.APPROVED: {R.DISPUTED, R.SENT_BACK, R.IN_BATCH},
        R.SENT_BACK: {R.SUBMITTED, R.CONFIRMED, R.WITHDRAWN, R.REFUSED},
        R.IN_BATCH: {R.PAID, R.APPROVED},
        R.PAID: {R.RETURNED, R.RECOVERED},
        R.RETURNED: {R.APPROVED},
        R.RECOVERED: {R.PAID},
    }
)
UNDER_CHECK = frozenset(
    {R.SUBMITTED, R.CONFIRMED, R.DISPUTED, R.UNCONFIRMED, R.OTHER_EVIDENCE, R.VERIFIED, R.SENT_BACK}
)
VERIFIABLE = frozenset({R.CONFIRMED, R.OTHER_EVIDENCE})
AWAITING_PAYMENT = frozenset({R.APPROVED, R.IN_BATCH, R.RETURNED})
DEFRAYED = frozenset({R.PAID, R.RECOVERED})
ENDED = frozenset({R.REFUSED, R.WITHDRAWN})
# What providers and businesses read where the office's own word says nothing to them.
_TO_OUTSIDERS = {R.IN_BATCH: _("being paid")}


def to_outsiders(state: str) -> str:
    """How a claim stands, in the words of those who are outside the office."""
    return _TO_OUTSIDERS.get(R(state), state)


WITHDRAWABLE = frozenset(state for state, following in REDEMPTION_TRANSITIONS.items() if R.WITHDRAWN in following)
DISPUTABLE = frozenset(state for state, following in REDEMPTION_TRANSITIONS.items() if R.DISPUTED in following)
# On its way to being paid, with nothing in the way that somebody has named.
ON_ITS_WAY = frozenset({R.SUBMITTED, R.CONFIRMED, R.OTHER_EVIDENCE, R.VERIFIED, R.APPROVED, R.IN_BATCH})


class Delivered(StrEnum):
    """The business's answer about one session."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class EvidenceKind(StrEnum):
    """What a document handed in with a claim shows."""

    INVOICE = "invoice"
    CONTRIBUTION = "proof of own contribution"
    DELIVERY = "evidence of delivery"


class Task(StrEnum):
    """The named checks of a claim; automatic ones pass or fail by themselves."""

    INVOICE_ARITHMETIC = "invoice arithmetic"
    DATES = "dates in range"
    PRICE = "price within the package"
    DUPLICATE_INVOICE = "invoice not used before"
    DUPLICATE_FILE = "files not used before"
    PAYEE = "payee can be paid"
    CONTRIBUTION = "own contribution paid"
    EVIDENCE = "evidence shows the support"


# What a person may find where nothing by itself decides it; all else is as the records have it.
MANUAL = frozenset({Task.PAYEE, Task.CONTRIBUTION, Task.EVIDENCE})


class ContributionProof(StrEnum):
    """What shows that a business paid its contribution and the VAT, beside its own word (rule 21)."""

    BUSINESS_BANK = "bank or card statement of the business"
    PROVIDER_BANK = "bank statement of the provider"
    RECEIPT = "receipt of the provider"


# A provider's receipt alone is the provider's word for it.
SOUND_PROOFS = frozenset({ContributionProof.BUSINESS_BANK, ContributionProof.PROVIDER_BANK})


class Likeness(StrEnum):
    """In what two claims are alike without sharing an invoice or a file (rule 22)."""

    NUMBER = "similar invoice number"
    AMOUNT_AND_DAY = "same amount on the same day"
    BUSINESS = "same amount for the same business"


class Outcome(StrEnum):
    """The fixed catalogue of look-up results, in the order in which they are checked."""

    LOCKED = "locked"
    PROVIDER_NOT_APPROVED = "provider_not_approved"
    PROVIDER_SUSPENDED = "provider_suspended"
    NOT_RECOGNISED = "not_recognised"
    REPLACED = "replaced"
    CANCELLED = "cancelled"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    NOTHING_LEFT = "nothing_left"
    GOOD = "good"
    GOOD_LATE = "good_late"


@dataclass(frozen=True)
class Words:
    """A plain sentence and what to do next."""

    sentence: str
    next_step: str


WORDS: dict[Outcome, Words] = {
    Outcome.LOCKED: Words(
        _("Too many codes were refused. Looking up is locked for the next hour."),
        _("Wait an hour, or ask the scheme's office to unlock it."),
    ),
    Outcome.PROVIDER_NOT_APPROVED: Words(
        _("Your firm is not an approved provider of this scheme at the moment."),
        _("Ask the scheme's office about your approval before you do any work."),
    ),
    Outcome.PROVIDER_SUSPENDED: Words(
        _("Your firm is suspended in this scheme. Nothing new can be recorded or claimed."),
        _("Contact the scheme's office; work already recorded is kept."),
    ),
    Outcome.NOT_RECOGNISED: Words(
        _("This is not a voucher of this scheme."),
        _("Check the code with the business, or scan the voucher again."),
    ),
    Outcome.REPLACED: Words(
        _("This copy of the voucher was replaced by a newer one."),
        _("Ask the business for the newer voucher; the old paper no longer works."),
    ),
    Outcome.CANCELLED: Words(
        _("This voucher was cancelled."),
        _("Do no work on it. The business can ask the scheme's office why."),
    ),
    Outcome.SUSPENDED: Words(
        _("This voucher is suspended while the scheme looks into something."),
        _("Do no new work on it. The business can ask the scheme's office."),
    ),
    Outcome.EXPIRED: Words(
        _("The last day of this voucher has passed."),
        _("Do no work on it. The business can ask the scheme's office about another voucher."),
    ),
    Outcome.NOTHING_LEFT: Words(
        _("Nothing is left on this voucher."),
        _("Further work is paid by the business in full."),
    ),
    Outcome.GOOD: Words(_("This voucher is good."), _("Record the support within 24 hours.")),
    Outcome.GOOD_LATE: Words(
        _("This voucher is good only for work done by its last day."),
        _("Record that work now and say why it is late."),
    ),
}


def refusal_in_words(cannot: Outcome) -> Said:
    """Why a voucher or a provider is refused, and what to do next."""
    words = WORDS[cannot]
    return said("%(sentence)s %(next_step)s", sentence=said(words.sentence), next_step=said(words.next_step))


class Verdict(StrEnum):
    """What a look-up comes to at a glance. Where nothing was looked at, it never says that the voucher is bad."""

    GOOD = "Good"
    GOOD_FOR_PAST_WORK = "Good for earlier work only"
    NOT_CHECKED = "Not checked"
    NOT_GOOD = "Not good"


V = Verdict
VERDICTS: dict[Outcome, Verdict] = {
    Outcome.LOCKED: V.NOT_CHECKED,
    Outcome.PROVIDER_NOT_APPROVED: V.NOT_CHECKED,
    Outcome.PROVIDER_SUSPENDED: V.NOT_CHECKED,
    Outcome.NOT_RECOGNISED: V.NOT_GOOD,
    Outcome.REPLACED: V.NOT_GOOD,
    Outcome.CANCELLED: V.NOT_GOOD,
    Outcome.SUSPENDED: V.NOT_GOOD,
    Outcome.EXPIRED: V.NOT_GOOD,
    Outcome.NOTHING_LEFT: V.NOT_GOOD,
    Outcome.GOOD: V.GOOD,
    Outcome.GOOD_LATE: V.GOOD_FOR_PAST_WORK,
}
REFUSED_AND_COUNTED = frozenset({Outcome.NOT_RECOGNISED})
GOOD_OUTCOMES = frozenset({Outcome.GOOD, Outcome.GOOD_LATE})
LOCK_MINUTES = 60


def paid_by(state: str, handed_in_on: date, payment_days: int) -> date | None:
    """The day by which a claim is paid when all goes well: so many days after its present version was handed in.

    None for a claim that something stands in the way of, for then nobody can say.
    """
    return handed_in_on + timedelta(days=payment_days) if state in ON_ITS_WAY else None


def half_over(asked_on: date, answer_by: date, today: date) -> bool:
    """Whether half of the days that a business was given for its answer have passed (rule 14)."""
    return today + timedelta(days=(answer_by - asked_on).days // 2) >= answer_by


def normalise_invoice_number(text: str) -> str:
    """The number without case, spaces and punctuation, so that ``INV-001`` and ``inv 001`` are one (rule 22)."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def grant(*, net_pence: int, rate_bp: int, cap_pence: int, minimum_own_pence: int, available_pence: int) -> int:
    """What the voucher pays: at most the rate, the cap, what is available, and net less the minimum (rule 19)."""
    return max(0, min(share(net_pence, rate_bp), cap_pence, net_pence - minimum_own_pence, available_pence))


def invoice_fault(
    net_pence: int, vat_pence: int, gross_pence: int, vat_rates_bp: tuple[tuple[int, int], ...]
) -> str | None:
    """What is wrong with the invoice's arithmetic, or None (rule 20).

    ``vat_rates_bp`` holds a pair of net pence and VAT rate for each line: each line's VAT is within a penny of rate
    times net, so the invoice's is within a penny a line.
    """
    if net_pence + vat_pence != gross_pence:
        return _GROSS_DIFFERS
    if sum(net for net, _rate in vat_rates_bp) != net_pence:
        return _NET_DIFFERS
    expected = sum((net * rate + 5_000) // 10_000 for net, rate in vat_rates_bp)
    if abs(expected - vat_pence) > len(vat_rates_bp):
        return _VAT_DIFFERS
    return None
