"""The statement's data: every figure of one agreement and period, from one consistent read (rules 54 to 58)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from voucher.audit.rules import Override
from voucher.funding.models import Agreement, FundingLine, RoundLine
from voucher.funding.rules import Account
from voucher.payments.models import BankLine, BankMatch
from voucher.payments.rules import LineSource
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import on_record, said
from voucher.reports.checks import check, identities, two_sides
from voucher.reports.claims_paid import Match, match_of, paid_in
from voucher.reports.findings import RETURNED, UNEXPLAINED, UNSEEN, exceptions, ours, overrides, providers
from voucher.reports.funding_lines import FundingLines, FundingWords
from voucher.reports.irregularity_lines import IrregularitySide
from voucher.reports.ledger_side import LedgerSide, Period
from voucher.reports.lines import MoneyLines, Part, Shape, part
from voucher.reports.match_lines import counted_twice, match_parts
from voucher.reports.models import Statement
from voucher.reports.output_lines import OutputSide, SampleSide
from voucher.reports.queries import reviewer_needed
from voucher.reports.restating import earlier_periods, restated
from voucher.reports.subsidy_lines import SubsidySide
from voucher.reports.transaction_rows import transaction_rows
from voucher.schemes.models import Scheme

BASIS = "defrayed"


# What is written down as a record, and told again from it.
_ONE_TYPED = on_record("Provisional: 1 bank line typed, not imported.")
_MANY_TYPED = on_record("Provisional: %(typed)s bank lines typed, not imported.")


@dataclass(frozen=True)
class Given:
    """What a preparer enters: the balance of the authority's own cost code, its evidence, and any explanation."""

    ledger_balance_pence: int
    explanation: str
    has_evidence: bool
    words: FundingWords = field(default_factory=FundingWords)


@dataclass(frozen=True)
class Heading:
    """What identifies the statement."""

    reference: str
    sequence: int
    period: Period
    prepared_by: str
    prepared_at: datetime
    previous: Statement | None
    supersedes: Statement | None
    supersedes_reason: str = ""


class StatementReader:
    """Reads one statement's figures; everything that it needs is read when it is made."""

    def __init__(self, scheme: Scheme, agreement: Agreement, heading: Heading, given: Given) -> None:
        self.scheme, self.agreement, self.heading, self.given = scheme, agreement, heading, given
        self.funding: list[FundingLine] = list(agreement.lines)
        self.line_ids = [line.id for line in self.funding]
        self.money = MoneyLines(self.funding, LedgerSide(self.funding, heading.period))
        self.funding_lines = FundingLines(agreement, self.money, heading.period, given.words)
        self.paid = paid_in(self.line_ids, heading.period)
        self.match = match_parts(agreement, self.line_ids, heading.period, self.paid)
        self.transactions = transaction_rows(self.paid, self.line_ids)
        self.overrides = overrides(scheme, heading.period) + self._ledger_override()
        self.outputs = OutputSide(agreement, heading.period)
        self.irregularities = IrregularitySide(agreement, self.funding, heading.period)
        self.samples = SampleSide(agreement, heading.period)
        self.subsidy = SubsidySide(agreement, heading.period)
        on = london_date(heading.prepared_at)
        self.found = exceptions(scheme, heading.period, self.paid, self.line_ids, self.transactions, on)
        self.exceptions = self.found.rows

    def data(self) -> dict[str, object]:
        """The whole statement, ready for its canonical text; what replaces another says what changed, and why."""
        data = self._data()
        old = self.heading.supersedes
        return data if old is None else data | {"restated": restated(old, data, self.heading.supersedes_reason)}

    def _data(self) -> dict[str, object]:
        return {
            "schema_version": "1.0",
            "header": self._header(),
            "funding_lines": [{"code": x.code, "name": x.name, "kind": x.kind} for x in self.funding],
            "lines": self._lines(),
            "providers": providers(self.paid, self.line_ids),
            "exceptions": self.exceptions,
            "overrides": self.overrides,
            "outputs": self.outputs.rows(),
            "irregularities": self.irregularities.rows(),
            "samples": self.samples.rows(),
            "large_subsidies": self.subsidy.rows(),
            "earlier_periods": earlier_periods(self.funding, self.heading.period),
            "transactions": self.transactions,
            "checks": self._checks(),
            "totals": {
                "record_count": len(self.transactions),
                "grant": self._grants(),
                "own_contribution": sum(match.own for match in self._matches()),
            },
        }

    def _grants(self) -> int:
        return sum(ours(item, self.line_ids) for item in self.paid)

    def _matches(self) -> list[Match]:
        return [match_of(item.redemption, item.by_line, self.line_ids) for item in self.paid]

    def _ledger_override(self) -> list[dict[str, object]]:
        if not self.given.explanation:
            return []
        return [
            {
                "kind": str(Override.LEDGER_DIFFERENCE),
                "reference": self.heading.reference,
                "at": self.heading.prepared_at.isoformat(),
                "who": self.heading.prepared_by,
                "reason": self.given.explanation,
                "pence": None,
            }
        ]

    def _checks(self) -> list[dict[str, object]]:
        flow = self.money.side.flow
        paid = sum(flow(Account.APPROVED, Account.DEFRAYED).values())
        returned = sum(flow(Account.DEFRAYED, Account.APPROVED).values())
        found = identities(self.money)
        administration = sum(self.money.administration_paid().values())
        name = _("Line 7 less 15c, and the grants of the annex")
        found.append(check(name, paid - returned - administration, self._grants()))
        twice = counted_twice(self.agreement, int(str(self.match[0]["value"])), self.heading.period.last)
        found.append(check(_("Line 14: match that several agreements count"), twice, 0))
        if self.heading.previous is not None:
            opening, closing = sum(self.money.opening.values()), closing_of(self.heading.previous)
            found.append(check(_("Line 2, and line 12 of the statement before"), opening, closing))
        return found + two_sides(self.scheme, self.heading.period)

    def _header(self) -> dict[str, object]:
        heading, agreement = self.heading, self.agreement
        typed = self._typed_lines()
        words = _provisional(typed) if typed else None
        return {
            "scheme": self.scheme.name,
            "scheme_reference": self.scheme.reference,
            "owner": self.scheme.owner.name,
            "funder": agreement.funder.name,
            "agreement": agreement.reference,
            "agreement_version": agreement.version,
            "statement": heading.reference,
            "sequence": heading.sequence,
            "period_from": heading.period.first.isoformat(),
            "period_to": heading.period.last.isoformat(),
            "basis": BASIS,
            "currency": "GBP",
            "supersedes": heading.supersedes.reference if heading.supersedes else None,
            "provisional": words,
            "duty_profile": duty_profile(self.scheme, reviewer_needed(self.scheme, agreement.id)),
            "prepared_at": heading.prepared_at.isoformat(),
            "prepared_by": heading.prepared_by,
            "intervention_rate_agreed_bp": agreement.intervention_rate_bp,
        }

    def _typed_lines(self) -> int:
        """Typed bank lines that the period's cash figures rest on."""
        payments = [item.payment.id for item in self.paid]
        matched = select(BankMatch.bank_line_id).where(BankMatch.payment_id.in_(payments))
        return (
            session.scalar(
                select(func.count())
                .select_from(BankLine)
                .where(BankLine.id.in_(matched), BankLine.source == LineSource.TYPED)
            )
            or 0
        )

    def _lines(self) -> list[dict[str, object]]:
        reported = dict(self.money.lines())
        reported["13"] = self._ineligible()
        reported["14"] = self.match
        reported |= self.funding_lines.parts()
        reported["16"] = self.money.cash()
        reported["20"] = self.outputs.parts()
        reported["21"] = self.irregularities.parts()
        reported["22"] = self._unreconciled()
        reported["23"] = self.samples.parts()
        reported["24"] = self.subsidy.parts()
        reported["25"] = [
            _counted("25", _("Transaction annex"), _("Payments and returns listed."), len(self.transactions))
        ]
        reported["26"] = [part(Shape("26", _("Sign-off"), _("Stands beside the data, not in it.")), None, unit="count")]
        reported["27"] = self._tie()
        reported["28"] = [_counted("28", _("Overrides in the period"), _("Listed one by one."), len(self.overrides))]
        order = [*(str(n) for n in range(1, 26)), "27", "28", "26"]
        return [{"code": code, "parts": reported[code], "reported": True} for code in order]

    def _ineligible(self) -> list[Part]:
        matches = self._matches()
        vat = sum(match.vat for match in matches)
        over = sum(match.net - match.own for match in matches) - self._grants()
        return [
            part(Shape("13a", _("Never paid"), _("VAT of what was paid, and what was not approved.")), vat + over),
            self.money.disallowed(),
        ]

    @property
    def round_ids(self) -> Sequence[int]:
        """Rounds that draw on this agreement."""
        return session.scalars(
            select(RoundLine.round_id)
            .where(RoundLine.line_id.in_(self.line_ids))
            .distinct()
            .order_by(RoundLine.round_id)
        ).all()

    def _unreconciled(self) -> list[Part]:
        by_kind: dict[str, int] = defaultdict(int)
        for item in self.exceptions:
            by_kind[str(item["kind"])] += 1
        return [
            _counted("22a", _("Bank lines not explained"), _("Whole scheme."), by_kind[UNEXPLAINED]),
            _counted("22b", _("Payments with no bank line"), _("Exported and not seen at the bank."), by_kind[UNSEEN]),
            _counted("22c", _("Returned payments"), _("Came back in the period."), by_kind[RETURNED]),
            _counted("22d", _("Amounts that differ"), _("Of 22a: name something else's amount."), self.found.differing),
            _counted("22e", _("With a reason"), _("Of 22a to 22c: somebody said what they are."), self.found.resolved),
        ]

    def _tie(self) -> list[Part]:
        closing = sum(self.money.side.stock(Account.CASH).values())
        theirs = self.given.ledger_balance_pence
        note = self.given.explanation or None
        return [
            part(Shape("27a", _("The authority's own ledger"), _("Balance of its cost code at period end.")), theirs),
            part(Shape("27b", _("Closing cash"), _("Line 16.")), closing),
            part(Shape("27", _("Difference"), _("27a less 27b, explained.")), theirs - closing, note=note),
        ]


def duty_profile(scheme: Scheme, reviewer: bool) -> str:
    """Which separations of duties are in force, in words; the reviewer is the scheme's or the agreement's wish."""
    if not reviewer:
        return _TWO[scheme.decider_may_verify]
    return (_THREE if scheme.reviewer_needed else _THREE_AS_AGREED)[scheme.decider_may_verify]


def _provisional(typed: int) -> str:
    if typed == 1:
        return _ONE_TYPED
    return said(_MANY_TYPED, typed=typed)


# Each without and with: whoever decided an application may verify its claims.
_TWO = (
    on_record("Two people sign off, without a reviewer."),
    on_record(
        "Two people sign off, without a reviewer; whoever decided an application may verify its claims, all sampled."
    ),
)
_THREE = (
    on_record("Three people sign off."),
    on_record("Three people sign off; whoever decided an application may verify its claims, all sampled."),
)
_THREE_AS_AGREED = (
    on_record("Three people sign off, as the agreement asks."),
    on_record(
        "Three people sign off, as the agreement asks; whoever decided an application may verify its claims, all "
        "sampled."
    ),
)


def closing_of(statement: Statement) -> int:
    """Line 12 of a statement, in pence, from its frozen data."""
    for line in json.loads(statement.data)["lines"]:
        for item in line["parts"]:
            if item["code"] == "12":
                return int(item["value"])
    raise ValueError(f"statement {statement.reference} has no line 12")


def _counted(code: str, label: str, definition: str, count: int) -> Part:
    return part(Shape(code, label, definition), count, unit="count")
