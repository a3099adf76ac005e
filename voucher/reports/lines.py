"""The lines of a statement: what each is called, how it is defined, and its figures by funding line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from voucher.funding.rules import Account as A
from voucher.funding.rules import EntryKind as K
from voucher.funding.rules import LineKind
from voucher.platform.i18n import gettext_noop as _
from voucher.reports.ledger_side import ByLine, add, less

Part = dict[str, object]


@dataclass(frozen=True)
class Shape:
    """How one part of a line reads."""

    code: str
    label: str
    definition: str


def part(
    shape: Shape,
    value: int | None,
    by_line: dict[str, int] | None = None,
    *,
    unit: str = "pence",
    note: str | None = None,
) -> Part:
    """One part of a line as the statement's data hold it."""
    return {
        "code": shape.code,
        "label": shape.label,
        "definition": shape.definition,
        "unit": unit,
        "value": value,
        "by_funding_line": by_line,
        "note": note,
    }


class Pot(Protocol):
    """What of a funding line its figures depend on."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def code(self) -> str:
        """Its code within the agreement."""

    @property
    def kind(self) -> str:
        """Capital, revenue or administration."""


class Side(Protocol):
    """What moved on some lines, up to the end of a period and within it."""

    def stock(self, *accounts: A, opening: bool = False) -> ByLine:
        """What stood on these accounts at the end of the period, or before it began."""

    def flow(self, source: A, target: A, *kinds: K) -> ByLine:
        """What moved between two accounts in the period, by these kinds of entry or by any."""

    def ever(self, source: A, target: A, *kinds: K) -> ByLine:
        """The same since the ledger began."""


class MoneyLines:
    """Lines 1 to 12 and 16, and what of 13 and 15 is a sum of postings, too.

    Each figure is the sum of what every single posting adds to it, so that its rows can be told
    (``voucher.reports.behind``): no figure here may multiply, divide or compare amounts.
    """

    def __init__(self, lines: Sequence[Pot], side: Side) -> None:
        self.codes = {line.id: line.code for line in lines}
        self.kinds = {line.id: LineKind(line.kind) for line in lines}
        self.side = side
        self.award = {i: -pence for i, pence in side.stock(A.AWARD).items()}
        self.opening = side.stock(A.UNALLOCATED, opening=True)
        self.reusable = side.flow(A.RECOVERED, A.UNALLOCATED)
        self.closing = self._roll_forward()

    def _roll_forward(self) -> ByLine:
        flow = self.side.flow
        raised = add(flow(A.AWARD, A.UNALLOCATED), flow(A.RESERVED, A.UNALLOCATED), self.reusable)
        raised = add(raised, flow(A.APPROVED, A.UNALLOCATED))  # administration that was withdrawn
        released = add(flow(A.COMMITTED, A.UNALLOCATED), flow(A.CLAIMED, A.UNALLOCATED))
        taken = add(flow(A.UNALLOCATED, A.AWARD), flow(A.UNALLOCATED, A.RESERVED), flow(A.UNALLOCATED, A.COMMITTED))
        taken = add(taken, flow(A.UNALLOCATED, A.APPROVED))  # administration
        return less(add(self.opening, raised, released), taken)

    def other_side_of_closing(self) -> ByLine:
        """Line 12 from the award: what is neither spoken for nor spent, with re-usable recoveries to date."""
        stock = self.side.stock
        spoken_for = stock(A.RESERVED, A.COMMITTED, A.CLAIMED, A.APPROVED, A.DEFRAYED, A.DISALLOWED)
        return add(less(self.award, spoken_for), self.kept_recoveries())

    def kept_recoveries(self) -> ByLine:
        """Recoveries to date that can be offered again."""
        stock = self.side.stock
        returned = add(stock(A.RECOVERED), stock(A.REPAYABLE), stock(A.RETURNED))  # recovered runs negative
        return {line_id: -pence for line_id, pence in returned.items()}

    def part(self, code: str, label: str, definition: str, values: ByLine, note: str | None = None) -> Part:
        """A part with its amount by funding line."""
        named = {self.codes[i]: pence for i, pence in values.items()}
        return part(Shape(code, label, definition), sum(values.values()), named, note=note)

    def only(self, kind: LineKind) -> ByLine:
        """The award of lines of one kind."""
        return {i: pence if self.kinds[i] == kind else 0 for i, pence in self.award.items()}

    def lines(self) -> list[tuple[str, list[Part]]]:
        """Lines 1 to 12."""
        return [*self._standing(), *self._moving()]

    def _standing(self) -> list[tuple[str, list[Part]]]:
        p, stock = self.part, self.side.stock
        return [
            (
                "1",
                [
                    p("1", _("Award"), _("The agreement's award with its approved changes."), self.award),
                    p("1a", _("of which capital"), _("Award of capital lines."), self.only(LineKind.CAPITAL)),
                    p("1b", _("of which revenue"), _("Award of revenue lines."), self.only(LineKind.REVENUE)),
                    p(
                        "1c",
                        _("of which administration"),
                        _("Award of administration lines."),
                        self.only(LineKind.ADMINISTRATION),
                    ),
                ],
            ),
            ("2", [p("2", _("Opening unallocated"), _("Line 12 of the statement before."), self.opening)]),
            ("3", [p("3", _("Reserved"), _("Offered and not yet accepted."), stock(A.RESERVED))]),
            (
                "4",
                [
                    p(
                        "4",
                        _("Committed"),
                        _("Left on vouchers, with what recorded support holds on them."),
                        stock(A.COMMITTED),
                    )
                ],
            ),
            ("5", [p("5", _("Claimed, under check"), _("Claims not yet approved."), stock(A.CLAIMED))]),
            (
                "6",
                [p("6", _("Approved, unpaid"), _("Approved and not yet seen at the bank."), stock(A.APPROVED))],
            ),
        ]

    def _moving(self) -> list[tuple[str, list[Part]]]:
        return [
            ("7", self._defrayed()),
            ("8", self._to_date()),
            ("9", self._expired()),
            ("10", self._cancelled()),
            ("11", self._recovered()),
            ("12", self._closing()),
        ]

    def _to_date(self) -> list[Part]:
        p, stock = self.part, self.side.stock
        before = stock(A.DEFRAYED, A.DISALLOWED, opening=True)
        return [
            p("8", _("Defrayed to date"), _("Since the award began: 8a and 7."), stock(A.DEFRAYED, A.DISALLOWED)),
            p("8a", _("Defrayed before the period"), _("Line 8 of the statement before."), before),
        ]

    def _closing(self) -> list[Part]:
        """Line 12 with what its two identities need and no other line has, so that both can be worked out again."""
        p, flow = self.part, self.side.flow
        changed = less(flow(A.AWARD, A.UNALLOCATED), flow(A.UNALLOCATED, A.AWARD))
        made = _("2 + 12a − 12b + 12c + 9 + 10 − 12d − 12f + 11a; and 1 − (3 + 4 + 5 + 6 + 8) + 12e.")
        administration = less(flow(A.UNALLOCATED, A.APPROVED), flow(A.APPROVED, A.UNALLOCATED))
        direct = _("Vouchers reinstated, or taken over from elsewhere.")
        return [
            p("12", _("Closing unallocated"), made, self.closing),
            p("12a", _("Award raised or lowered"), _("Changes of the award in the period."), changed),
            p(
                "12b",
                _("Newly reserved"),
                _("For applications approved in the period."),
                flow(A.UNALLOCATED, A.RESERVED),
            ),
            p("12c", _("Reservations released"), _("Declined, lapsed or withdrawn."), flow(A.RESERVED, A.UNALLOCATED)),
            p("12d", _("Committed again"), direct, flow(A.UNALLOCATED, A.COMMITTED)),
            p("12e", _("Re-usable recoveries to date"), _("11a since the award began."), self.kept_recoveries()),
            p("12f", _("Administration approved"), _("In the period, less what was withdrawn."), administration),
        ]

    def _defrayed(self) -> list[Part]:
        p, flow = self.part, self.side.flow
        paid, returned = flow(A.APPROVED, A.DEFRAYED), flow(A.DEFRAYED, A.APPROVED)
        matched = _("Matched to a line of bank evidence dated in the period.")
        return [
            p("7", _("Defrayed this period"), _("7a less 7b."), less(paid, returned)),
            p("7a", _("Cleared at the bank"), matched, paid),
            p("7b", _("Returned by the bank"), _("Payments that came back in the period."), returned),
        ]

    def _expired(self) -> list[Part]:
        p, released = self.part, self._released
        at_once = _("What nothing held when vouchers expired.")
        later = _("Sessions lapsed, claims not paid in full.")
        return [
            p("9a", _("Released on expiry"), at_once, released(K.RELEASED_EXPIRED)),
            p("9b", _("Released after expiry"), later, released(K.RELEASED_LATER_EXPIRED)),
        ]

    def _cancelled(self) -> list[Part]:
        p, released = self.part, self._released
        at_once = _("What nothing held when vouchers were cancelled.")
        later = _("As 9b, of cancelled vouchers.")
        return [
            p("10a", _("Released on cancellation"), at_once, released(K.RELEASED_CANCELLED)),
            p("10b", _("Released after cancellation"), later, released(K.RELEASED_LATER_CANCELLED)),
        ]

    def _recovered(self) -> list[Part]:
        p, side = self.part, self.side
        repayable = _("Got back in cash and owed to the funder.")
        return [
            p("11a", _("Recovered, re-usable"), _("Got back in cash and offered again."), self.reusable),
            p("11b", _("Recovered, repayable"), repayable, side.flow(A.RECOVERED, A.REPAYABLE)),
            p("11c", _("Debts outstanding"), _("Raised and not yet repaid."), side.stock(A.RECEIVABLE)),
        ]

    def _released(self, kind: K) -> ByLine:
        return add(self.side.flow(A.COMMITTED, A.UNALLOCATED, kind), self.side.flow(A.CLAIMED, A.UNALLOCATED, kind))

    def disallowed(self) -> Part:
        """Line 13b."""
        after = _("After payment; borne by the authority.")
        return self.part("13b", _("Disallowed by the funder"), after, self.side.flow(A.DEFRAYED, A.DISALLOWED))

    def administration_to_date(self) -> ByLine:
        """Line 15: administration that was approved and not withdrawn."""
        ever = self.side.ever
        return less(ever(A.UNALLOCATED, A.APPROVED, K.ADMIN_APPROVED), ever(A.APPROVED, A.UNALLOCATED))

    def administration_paid_to_date(self) -> ByLine:
        """Line 15a: administration that the bank showed, less what came back."""
        ever = self.side.ever
        return less(ever(A.APPROVED, A.DEFRAYED, K.ADMIN_PAID), ever(A.DEFRAYED, A.APPROVED, K.ADMIN_RETURNED))

    def administration_paid(self) -> ByLine:
        """Line 15c: the same in the period."""
        paid = self.side.flow(A.APPROVED, A.DEFRAYED, K.ADMIN_PAID)
        return less(paid, self.administration_returned())

    def administration_returned(self) -> ByLine:
        """Line 15g: administration that the bank sent back in the period."""
        return self.side.flow(A.DEFRAYED, A.APPROVED, K.ADMIN_RETURNED)

    def administration(self) -> list[Part]:
        """Line 15 but for its shares: approved, paid, not yet paid, paid in the period and come back in it."""
        p, approved, paid = self.part, self.administration_to_date(), self.administration_paid_to_date()
        came_back = self.administration_returned()
        return [
            p("15", _("Management and administration"), _("Approved and paid to date."), approved),
            p("15a", _("of which paid"), _("Seen at the bank, to date."), paid),
            p("15b", _("of which not yet paid"), _("Approved and not yet seen at the bank."), less(approved, paid)),
            p("15c", _("Paid this period"), _("Part of line 7; less what came back."), self.administration_paid()),
            p("15g", _("Came back this period"), _("Part of line 7b."), came_back),
        ]

    def cash(self) -> list[Part]:
        """Line 16: the cash identity, to the penny."""
        p, flow = self.part, self.side.flow
        closing = self.side.stock(A.CASH)
        owed = _("Owed by the funder.") if sum(closing.values()) < 0 else None
        return [
            p(
                "16a",
                _("Opening cash"),
                _("Closing cash of the statement before."),
                self.side.stock(A.CASH, opening=True),
            ),
            p("16b", _("Drawdown received"), _("Received from the funder."), flow(A.CASH_DRAWN, A.CASH)),
            p("16c", _("Payments"), _("Left the bank."), flow(A.CASH, A.CASH_PAID)),
            p("16d", _("Bank returns"), _("Payments that came back."), flow(A.CASH_BANK_RETURNS, A.CASH)),
            p("16e", _("Recoveries"), _("Debts repaid."), flow(A.CASH_RECOVERED, A.CASH)),
            p("16f", _("Returned to the funder"), _("Recovered money repaid."), flow(A.CASH, A.CASH_RETURNED)),
            p("16g", _("Borne by the authority"), _("Disallowed after payment."), self._borne()),
            p("16", _("Closing cash"), _("16a + 16b − 16c + 16d + 16e − 16f + 16g."), closing, owed),
        ]

    def _borne(self) -> ByLine:
        """What the authority bore, less what it did not have to bear because the payment came back."""
        return less(self.side.flow(A.CASH_BORNE, A.CASH), self.side.flow(A.CASH, A.CASH_BORNE))

    def cash_by_identity(self) -> int:
        """Closing cash worked out from its parts."""
        flow = self.side.flow
        total = add(
            self.side.stock(A.CASH, opening=True),
            flow(A.CASH_DRAWN, A.CASH),
            flow(A.CASH_BANK_RETURNS, A.CASH),
            flow(A.CASH_RECOVERED, A.CASH),
            self._borne(),
        )
        return sum(less(total, add(flow(A.CASH, A.CASH_PAID), flow(A.CASH, A.CASH_RETURNED))).values())
