"""Checks that need nobody: what each comes to for a claim as it stands (rules 11, 20 to 22, 30, 31, 53)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.i18n import on_record, said
from voucher.providers.models import PayeeDetails
from voucher.providers.payees import why_not_usable
from voucher.providers.queries import current_details, others_with_the_account
from voucher.providers.rules import PayeeCheck
from voucher.redemptions.models import DeliverySession, Redemption, TaskResult
from voucher.redemptions.queries import (
    answer_in_force,
    automatic_results,
    claim_with_file,
    claim_with_invoice,
    results_in_force,
    sessions_of,
)
from voucher.redemptions.rules import ContributionProof, Task, invoice_fault
from voucher.vouchers.rules import delivered_in_date

# What is written down as a record, and told again from it.
_PAID_LESS = on_record("The business says that it paid less than its contribution and the VAT.")
_NO_MATCH = on_record("Confirmation of Payee found no match for the provider's account.")
_PAYMENT_WAITS = on_record("A payment waits for the account ending %(account)s: %(missing)s")
_PAYS_ITSELF = on_record("The business is paid to the same account.")
_SAMPLED_AFTER_ALL = on_record("It is in the sample now: somebody has to look at it.")
_PAID = on_record("The business says that it paid its contribution and the VAT.")
_NO_DETAILS = on_record("The provider has no bank details yet: a payment waits for them.")
_PAYABLE = on_record("The account ending %(account)s can be paid to.")
_SHARED_ACCOUNT = on_record("Another provider is paid to the same account: %(names)s.")
_OUT_OF_DATE = on_record("A session lies outside the voucher's days.")
_IN_DATE = on_record("All work is in date.")
_WITHIN_PRICES = on_record("Within the packages' prices.")
_ABOVE_PRICES = on_record("Above the packages' prices.")
_AGREES = on_record("Net, VAT and gross agree.")


@dataclass(frozen=True)
class Finding:
    """What a check came to, and why; for the contribution, what a person saw that shows it paid."""

    passed: bool
    note: str
    proof: ContributionProof | None = None


def automatic_findings(redemption: Redemption) -> dict[Task, Finding]:
    """What the checks that need nobody come to.

    The contribution passes by itself on the business's own word only, the evidence where the claim was not drawn.
    """
    sessions = sessions_of(redemption)
    lines = tuple((int(net), int(rate)) for net, rate in redemption.vat_lines)
    fault = invoice_fault(redemption.net_pence, redemption.vat_pence, redemption.gross_pence, lines)
    hashes = [item.document.sha256 for item in redemption.evidence]
    same_invoice = claim_with_invoice(redemption.provider_id, redemption.invoice_key, redemption.id)
    same_file = claim_with_file(redemption.scheme_id, hashes, redemption.id) if hashes else None
    findings = {
        Task.INVOICE_ARITHMETIC: Finding(fault is None, fault or _AGREES),
        Task.DATES: _dates(redemption, sessions),
        Task.PRICE: _price(redemption, sessions),
        Task.DUPLICATE_INVOICE: _no_other(same_invoice, *_INVOICE),
        Task.DUPLICATE_FILE: _no_other(same_file, *_FILE),
        Task.PAYEE: _payee(redemption),
    }
    paid = contribution_on_the_business_word(redemption)
    if paid is not None:
        findings[Task.CONTRIBUTION] = paid
    if redemption.sample_reason and not redemption.sampled:
        findings[Task.EVIDENCE] = Finding(True, redemption.sample_reason)
    return findings


def run_automatic(act: Act, redemption: Redemption) -> None:
    """Records what the automatic checks come to now, where that is not what they came to before for this version.

    So a person's finding stands until the facts below it change. One that passed because the claim was not drawn is
    open again once the claim is in the sample after all.
    """
    findings, latest = automatic_findings(redemption), results_in_force(redemption)
    evidence = latest.get(Task.EVIDENCE)
    if redemption.sampled and evidence is not None and evidence.automatic and evidence.passed:
        findings[Task.EVIDENCE] = Finding(False, _SAMPLED_AFTER_ALL)
    before = automatic_results(redemption)
    for task, finding in findings.items():
        known = before.get(task)
        if known is None or (known.passed, known.note) != (finding.passed, finding.note):
            note_result(act, redemption, task, finding, by_id=None)
    session.flush()


def note_result(act: Act, redemption: Redemption, task: Task, finding: Finding, *, by_id: int | None) -> None:
    """Writes one result of one check of the claim's present version; ``by_id`` is None for an automatic one."""
    session.add(
        TaskResult(
            redemption_id=redemption.id,
            version=redemption.version,
            task=str(task),
            passed=finding.passed,
            automatic=by_id is None,
            note=finding.note,
            proof=str(finding.proof) if finding.proof else None,
            by_id=by_id,
            at=act.now,
        )
    )


def contribution_on_the_business_word(redemption: Redemption) -> Finding | None:
    """Whether the business said that it paid its contribution and all VAT; None when it has not said (rule 21)."""
    answer = answer_in_force(redemption)
    if answer is None or answer.paid_pence is None:
        return None
    if answer.paid_pence >= redemption.business_pence:
        return Finding(True, _PAID)
    return Finding(False, _PAID_LESS)


def why_nobody_can_be_paid(redemption: Redemption) -> str | None:
    """What of the provider's bank details no finding of a person puts right, or None (rule 31)."""
    details = current_details(redemption.provider_id)
    if details is not None and details.payee_check == PayeeCheck.NO_MATCH:
        return _NO_MATCH
    return None


def _payee(redemption: Redemption) -> Finding:
    """Fails where something is wrong with the account; what is only not there yet holds the payment up, no claim."""
    hindrance = why_nobody_can_be_paid(redemption)
    if hindrance:
        return Finding(False, hindrance)
    details = current_details(redemption.provider_id)
    if details is None:
        return Finding(True, _NO_DETAILS)
    shared = _shared(redemption, details)
    if shared:
        return Finding(False, shared)
    missing = why_not_usable(details)
    if missing:
        return Finding(True, said(_PAYMENT_WAITS, account=details.last_four, missing=said(missing)))
    return Finding(True, said(_PAYABLE, account=details.last_four))


def _shared(redemption: Redemption, details: PayeeDetails) -> str | None:
    """Who else is paid to the same account: the business itself, before all, or another provider (rule 46)."""
    others = others_with_the_account(details)
    if redemption.voucher.business_id in {other.organisation_id for other in others}:
        return _PAYS_ITSELF
    if others:
        names = sorted({other.organisation.name for other in others})
        return said(_SHARED_ACCOUNT, names=names)
    return None


def _dates(redemption: Redemption, sessions: Sequence[DeliverySession]) -> Finding:
    voucher = redemption.voucher
    outside = [
        s
        for s in sessions
        if s.delivered_on is None or not delivered_in_date(s.delivered_on, voucher.issued_on, voucher.last_day)
    ]
    return Finding(
        not outside,
        _OUT_OF_DATE if outside else _IN_DATE,
    )


def _price(redemption: Redemption, sessions: Sequence[DeliverySession]) -> Finding:
    listed = sum(s.package.net_pence for s in sessions if s.package)
    fits = redemption.net_pence <= listed
    return Finding(fits, _WITHIN_PRICES if fits else _ABOVE_PRICES)


# What is said of no other claim with the same, and of one.
_INVOICE = (
    on_record("No other claim uses this invoice number."),
    on_record("Claim %(claim)s uses the same invoice number."),
)
_FILE = (on_record("No other claim uses this file."), on_record("Claim %(claim)s uses the same file."))


def _no_other(other: Redemption | None, none: str, one: str) -> Finding:
    if other is None:
        return Finding(True, none)
    return Finding(False, said(one, claim=other.reference))
