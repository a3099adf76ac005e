"""What happens to payments, debts, agreements and statements in a history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from hypothesis import strategies as st
from sqlalchemy import select

from tests.properties.claim_acts import ClaimActs
from tests.properties.history import act, per_mille, pick
from voucher.funding.changes import confirm_change, end_proposal, propose_award, propose_virement
from voucher.funding.models import Agreement, AgreementProposal
from voucher.payments.bank import match_drawdown, match_payments, match_return, request_drawdown
from voucher.payments.batches import (
    approve_batch,
    export_batch,
    prepare_batch,
    recall_batch,
    reject_batch,
    submit_batch,
    take_out,
)
from voucher.payments.debts import disallow_claim, match_recovery, raise_debt, write_off
from voucher.payments.models import BankLine, Batch, Debt, Drawdown, Payment
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.redemptions.models import Redemption
from voucher.reports.commands import LedgerTie, prepare_statement, return_statement, review_statement, sign_statement
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement


class MoneyActs(ClaimActs):
    """Money is paid, comes back, is owed, is moved; periods are closed."""

    STEPS: tuple[tuple[str, Callable[..., object]], ...] = (
        ("petra", submit_batch),
        ("paul", approve_batch),
        ("petra", export_batch),
    )

    @act(2, until=st.sampled_from(["draft", "submitted", "approved", "exported", "matched", "matched"]))
    def pay(self, until: str) -> None:
        """Everything payable goes into a batch, which goes as far as is said."""
        prepared = self.attempt("petra", prepare_batch, self.world.scheme)
        if prepared is None or prepared.batch is None:
            return
        batch, states = prepared.batch, ["draft", "submitted", "approved", "exported"]
        for state, (name, command) in zip(states, self.STEPS, strict=False):
            if state == until:
                return
            self.attempt(name, command, batch)
        if until == "exported":
            return
        for payment in list(batch.payments):
            self._matched(payment, 0)

    @act(number=pick)
    def batch_goes_on(self, number: int) -> None:
        batch = self.one(Batch, number, ["draft", "submitted", "approved"])
        if batch is not None:
            states = ["draft", "submitted", "approved"]
            name, command = self.STEPS[states.index(batch.state) if batch.state in states else number % 3]
            self.attempt(name, command, batch)

    @act(number=pick, how=st.sampled_from(["rejected", "taken out", "recalled", "recall asked"]))
    def batch_goes_back(self, number: int, how: str) -> None:
        batch = self.one(Batch, number, ["exported"] if "recall" in how else ["draft", "submitted", "approved"])
        if batch is None:
            return
        if how == "rejected":
            self.attempt("paul", reject_batch, batch, reason="look again")
        elif how == "taken out":
            for payment in list(batch.payments)[:1]:
                self.attempt("petra", take_out, payment, reason="look again")
        else:
            self.attempt("petra", recall_batch, batch, reason="not sent")
            if how == "recalled":
                self.attempt("paul", recall_batch, batch, reason="not sent")

    @act(number=pick, days_ago=st.integers(0, 20))
    def match(self, number: int, days_ago: int) -> None:
        payment = self.one(Payment, number, ["exported"])
        if payment is not None:
            self._matched(payment, days_ago)

    def _matched(self, payment: Payment, days_ago: int) -> None:
        line = self._line(-payment.pence, payment.reference, days_ago)
        self.attempt("bina", match_payments, line, [payment])

    def _line(self, pence: int, reference: str, days_ago: int) -> BankLine:
        self._digest = None
        return self.world.bank_line(pence, reference, self.today - timedelta(days=days_ago))

    @act(number=pick, days_ago=st.integers(0, 40))
    def bank_returns(self, number: int, days_ago: int) -> None:
        payment = self.one(Payment, number, ["defrayed"])
        if payment is not None:
            line = self._line(payment.pence, "RETURNED", days_ago)
            self.attempt("bina", match_return, line, payment, reason="account closed")

    @act(number=pick, part=per_mille, by_business=st.booleans())
    def raise_debt(self, number: int, part: int, by_business: bool) -> None:
        claim = self.one(Redemption, number, ["paid", "recovered"])
        if claim is not None:
            owed_by = claim.voucher.business if by_business else claim.provider.organisation
            pence = max(1, claim.grant_pence * part // 1000)
            self.attempt("fred", raise_debt, claim, owed_by=owed_by, pence=pence, reason="not delivered")

    @act(number=pick, part=per_mille, days_ago=st.integers(0, 20))
    def recover(self, number: int, part: int, days_ago: int) -> None:
        debt = self.one(Debt, number, ["raised", "part repaid"])
        if debt is not None:
            line = self._line(max(1, debt.outstanding_pence * part // 999), "BACK", days_ago)
            self.attempt("bina", match_recovery, line, debt)

    @act(number=pick)
    def write_off(self, number: int) -> None:
        debt = self.one(Debt, number, ["raised", "part repaid"])
        if debt is not None:
            self.attempt("fred", write_off, debt, reason="the firm is gone")
            self.attempt("fay", write_off, debt, reason="the firm is gone")

    @act(number=pick, part=per_mille)
    def disallow(self, number: int, part: int) -> None:
        claim = self.one(Redemption, number, ["paid", "recovered"])
        if claim is not None:
            pence = max(1, claim.grant_pence * part // 1000)
            self.attempt("fred", disallow_claim, claim, pence=pence, reason="the funder's audit")

    @act(number=pick, part=per_mille, received=st.booleans())
    def draw_down(self, number: int, part: int, received: bool) -> None:
        lines = self._agreement().lines
        drawdown = self.attempt("fred", request_drawdown, lines[number % len(lines)], part * 123)
        if drawdown is not None and received:
            self.attempt("bina", match_drawdown, self._line(drawdown.pence, "GRANT", 0), drawdown)

    @act(number=pick)
    def drawdown_arrives(self, number: int) -> None:
        drawdown = self.one(Drawdown, number)
        if drawdown is not None:
            self.attempt("bina", match_drawdown, self._line(drawdown.pence, "GRANT", 0), drawdown)

    def _agreement(self) -> Agreement:
        return session.get_one(Agreement, self.world.agreement.id)

    @act(number=pick, part=per_mille)
    def virement(self, number: int, part: int) -> None:
        source, target = (f"L{1 + (number + step) % 3}" for step in (0, 1 + number % 2))
        given = {"source": source, "target": target, "pence": part * 97, "reason": "need"}
        self._confirmed(self.attempt("fred", propose_virement, self._agreement(), **given))

    @act(number=pick, thousands=st.integers(-4, 4))
    def award_changes(self, number: int, thousands: int) -> None:
        changes = {f"L{1 + number % 3}": thousands * 1_000_01, f"L{1 + (number + 1) % 3}": 7}
        self._confirmed(self.attempt("fred", propose_award, self._agreement(), changes, reason="the funder's letter"))

    def _confirmed(self, proposal: AgreementProposal | None) -> None:
        """A second person confirms what was proposed; what cannot be carried out is withdrawn."""
        if proposal is not None and self.attempt("fay", confirm_change, proposal) is None:
            self.attempt("fred", end_proposal, proposal, reason="it cannot be done")

    def _next_period(self) -> Period | None:
        agreement = self._agreement()
        first = agreement.closed_through + timedelta(days=1) if agreement.closed_through else agreement.starts_on
        last = self.today - timedelta(days=1)
        return Period(first, last) if first <= last else None

    @act()
    def prepare_only(self) -> None:
        period = self._next_period()
        if period is not None:
            self._prepare(period)

    def _prepare(self, period: Period) -> Statement | None:
        def work(act: Act) -> Statement:
            tie = LedgerTie(0, self.world.new_document(act), "timing differences")
            return prepare_statement(act, self._agreement(), period, tie)

        return self.attempt_all("stella", "prepare_statement", work)

    @act()
    def sign_what_waits(self) -> None:
        """What was prepared some time ago is signed if its figures are the same, and else goes back."""
        waiting = session.scalar(select(Statement).where(Statement.state.in_(["prepared", "reviewed"])))
        if waiting is None:
            return
        if waiting.state == "prepared":
            self.attempt("rob", review_statement, waiting)
        if self.attempt("sigrid", sign_statement, waiting) is None:
            self.attempt("rob", return_statement, waiting, comments="the figures have changed")

    @act()
    def close_the_period(self) -> None:
        """Prepared, reviewed and signed at once: nothing may keep the books from being signed."""
        period = self._next_period()
        waiting = session.scalar(select(Statement.id).where(Statement.state.in_(["prepared", "reviewed"])))
        if period is None or waiting is not None:
            return
        statement = self._prepare(period)
        assert statement is not None
        self.attempt("rob", review_statement, statement)
        with self.world.by("sigrid") as act:
            sign_statement(act, statement)
        self._digest = None
        self.done.add("sign_statement")
        assert self._agreement().closed_through == period.last

    @act(day=st.integers(1, 28))
    def a_month_ends(self, day: int) -> None:
        """The clock moves to a day of the next month, and the period before it is closed."""
        first = (self.today.replace(day=1) + timedelta(days=32)).replace(day=1)
        self.days_pass(days=(date(first.year, first.month, day) - self.today).days)
        self.close_the_period()
