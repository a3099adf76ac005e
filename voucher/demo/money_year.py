"""The office's year in the demo: batches every two weeks, money asked of funders, a statement for each quarter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from voucher.demo import papers
from voucher.demo.deeds import Deeds
from voucher.demo.diary import Life
from voucher.demo.firms import CALDER
from voucher.demo.funders import COST_CODES, FUNDERS, GRANT, OWN, OWNER, profile_after
from voucher.demo.lives import Lives
from voucher.platform.clock import LONDON, london_date
from voucher.platform.money import plain_pounds, pounds

SLOWER = "Vouchers are paid two to four months after they are offered: spending follows the offers, not the profile."
MOVED = 250  # pounds, from the grant's capital to its revenue line


def morning(day: date) -> datetime:
    """Nine o'clock in London."""
    return datetime.combine(day, time(9), LONDON)


@dataclass
class MoneyYear:
    """Plays what the office does with money, beside the lives of the vouchers. ``ends`` are the quarters' last days."""

    lives: Lives
    starts_on: date
    ends: list[date]
    budget: int
    drawn: dict[tuple[str, str], int] = field(default_factory=dict)
    balances: dict[tuple[str, date], int] = field(default_factory=dict)
    asked: list[tuple[str, int, str]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    typed: bool = False
    unseen: str = ""

    @property
    def deeds(self) -> Deeds:
        """What people do."""
        return self.lives.deeds

    def payments(self) -> Life:
        """A batch every two weeks, exported the day after, at the bank two days later; the last ones are ``ends``."""
        last = self.lives.ago(22)
        while (self.deeds.player.moment or last) < last:
            following = self.lives.later(14)
            batch = self.deeds.prepare_batch()
            if batch["batch"]:
                self.deeds.submit_batch(batch)
                self.deeds.approve_batch(batch)
                yield self.lives.later(1)
                self.deeds.export_batch(batch)
                yield self.lives.later(2)
                yield from self._paid(batch["payments"])
            yield following

    def _paid(self, payments: list[dict[str, Any]]) -> Life:
        """Once, in the second quarter, a file cannot be read, and its line is typed: that statement is provisional."""
        typed = not self.typed and london_date(self.lives.later(0)) > self.ends[0]
        if not typed:
            self.deeds.pay(payments)
            return
        self.typed = True
        self.deeds.pay_typed(payments[0])
        if payments[1:]:
            yield self.lives.later(1)
            self.deeds.pay(payments[1:])

    def last_batches(self) -> Life:
        """The batches of these weeks, each as far as it has come."""
        do = self.deeds.player.do
        yield self.lives.ago(16)
        partly = self.deeds.prepare_batch()
        self.deeds.submit_batch(partly)
        do("paul", "batch", "reject", partly["batch"], "--reason", "Please leave one payment for the next batch.")
        self.deeds.submit_batch(partly)
        self.deeds.approve_batch(partly)
        self.deeds.export_batch(partly)
        yield self.lives.ago(13)
        self.deeds.pay(partly["payments"][:1])
        self.unseen = partly["payments"][-1]["payment"]
        yield self.lives.ago(10)
        recalled = self.deeds.prepare_batch()
        self.deeds.submit_batch(recalled)
        self.deeds.approve_batch(recalled)
        self.deeds.export_batch(recalled)
        reason = "The file was made for the wrong bank day; it was never sent."
        for who in ("petra", "paul"):
            do(who, "batch", "recall", recalled["batch"], "--reason", reason)
        yield self.lives.ago(7)
        self._batch(self.deeds.submit_batch, self.deeds.approve_batch, self.deeds.export_batch)
        yield self.lives.ago(4)
        self._batch(self._take_one_out, self.deeds.submit_batch, self.deeds.approve_batch)
        yield self.lives.ago(2)
        self._batch(self.deeds.submit_batch)
        yield self.lives.ago(1) + timedelta(hours=5)
        self._batch()

    def _batch(self, *steps: Callable[[dict[str, Any]], None]) -> None:
        batch = self.deeds.prepare_batch()
        for step in steps:
            step(batch)

    def _take_one_out(self, batch: dict[str, Any]) -> None:
        reason = "The provider asks to be paid next week, when its new account is open."
        self.deeds.player.do("petra", "batch", "take-out", batch["payments"][0]["payment"], "--reason", reason)

    def suspension(self, provider: str) -> Life:
        """A provider is suspended, three weeks ago."""
        yield self.lives.ago(20)
        reason = "Its insurance has ended, and two businesses say that tills were not set up."
        self.deeds.player.do("val", "provider", "suspend", provider, "--reason", reason)

    def agreements(self) -> Life:
        """In the second quarter a virement, in the third more money from one funder and a cut that has to wait."""
        do = self.deeds.player.do
        yield morning(self.ends[0] + timedelta(days=40))
        moved = ("--from", "CAP", "--to", "REV", "--amount", f"{MOVED}.00", "--agreement", GRANT)
        proposed = do("fred", "agreement", "virement", *moved, "--reason", "Fewer tills, more training.")
        do("fay", "agreement", "confirm", proposed["proposal"])
        profile = self.deeds.player.file("profile.toml", profile_after(MOVED, self.budget, self.starts_on))
        reason = "The profile follows the money that was moved."
        proposed = do("fred", "agreement", "conditions", profile, "--agreement", GRANT, "--reason", reason)
        do("fay", "agreement", "confirm", proposed["proposal"])
        yield morning(self.ends[1] + timedelta(days=35))
        raised = ("--line", "SKL=+1500.00", "--agreement", OWN)
        proposed = do("fred", "agreement", "change", *raised, "--reason", "Cabinet decision of the spring.")
        do("fay", "agreement", "confirm", proposed["proposal"])

    def worker(self) -> Life:
        """Sends what is written and does what falls due."""
        while True:
            self.deeds.player.work()
            yield self.lives.later(7)

    def quarter(self, number: int) -> Life:
        """The end of a quarter: the balance is printed, then the statement of each agreement goes its way."""
        first = self.ends[number - 1] + timedelta(days=1) if number else self.starts_on
        last = self.ends[number]
        for agreement in FUNDERS:
            self.balances[agreement, last] = sum(line["cash_pence"] for line in self._lines(agreement))
        made = {}
        yield min(morning(last + timedelta(days=8)), self.lives.now)
        for agreement in FUNDERS:
            made[agreement] = self._prepare(agreement, first, last)
        self.statements += made.values()
        yield min(morning(last + timedelta(days=10)), self.lives.now)
        yield from self._decide(number, made)

    def _decide(self, number: int, made: dict[str, str]) -> Life:
        do = self.deeds.player.do
        grant, own = made[GRANT], made[OWN]
        do("rob", "statement", "review", grant)
        if number == len(self.ends) - 1:
            comments = "The print is of the wrong cost code. Please add that of NTT002."
            do("rob", "statement", "return", own, "--comments", comments)
            return
        do("rob", "statement", "review", own)
        yield self.lives.later(4)
        for each in made.values():
            do("sigrid", "statement", "sign", each)
        self.deeds.player.work()  # draws the papers
        yield self.lives.later(1)
        self.deeds.player.rest()
        do("stella", "statement", "send", grant)
        if number < 2:
            do("stella", "statement", "send", own)
        self._ask_for_money()
        yield self.lives.later(16)
        self._receive_money(downloaded=number == 0)
        if number == 0:
            do("stella", "statement", "accepted", grant)
            do("stella", "statement", "queried", own, "--reason", "Which firms were paid in December?")
            yield self.lives.later(5)
            do("stella", "statement", "send", own, "--reason", "The annex with the payments was sent along.")

    def _prepare(self, agreement: str, first: date, last: date) -> str:
        balance = self.balances[agreement, last]
        drawn = papers.ledger_print(OWNER, COST_CODES[agreement], last, balance)
        path = self.deeds.player.file(f"balance-{agreement}-{last.isoformat()}.pdf", drawn)
        prepared = self.deeds.player.do(
            "stella", "statement", "prepare", "--agreement", agreement, "--from", first.isoformat(), "--to",
            last.isoformat(), f"--ledger-balance={plain_pounds(balance)}", "--ledger-evidence", path,
            "--variance-explanation", SLOWER if agreement == GRANT else "",
        )  # fmt: skip
        if prepared["differences"]:
            raise RuntimeError(f"{prepared['statement']}: {pounds(balance)}; {prepared['differences']}")
        return str(prepared["statement"])

    def _lines(self, agreement: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.deeds.player.do("fred", "agreement", "show", "--agreement", agreement)[0][
            "lines"
        ]
        return found

    def _ask_for_money(self) -> None:
        self.asked = []
        for agreement, funder in FUNDERS.items():
            for line in self._lines(agreement):
                key = (agreement, line["line"])
                owed = line["defrayed_pence"] - self.drawn.get(key, 0)
                if owed > 0:
                    given = ("--agreement", agreement, "--line", line["line"], "--amount", plain_pounds(owed))
                    drawdown = self.deeds.player.do("fred", "drawdown", "request", *given)["drawdown"]
                    self.drawn[key] = self.drawn.get(key, 0) + owed
                    self.asked.append((drawdown, owed, funder))

    def _receive_money(self, *, downloaded: bool) -> None:
        for drawdown, pence, funder in self.asked:
            self.deeds.book(pence, f"GRANT {drawdown}", funder)
        if downloaded:
            self.deeds.take_in_download()
        else:
            self.deeds.take_in()

    def unexplained(self) -> Life:
        """A payment that the bank has not shown, and why; and a line of its file that nobody has explained yet."""
        yield self.lives.ago(4)
        reason = "The bank says that it stopped the payment for a check and pays it this week."
        again_on = (self.deeds.today + timedelta(days=14)).isoformat()
        self.deeds.player.do(
            "bina", "resolve-exception", "--payment", self.unseen, "--as-what", "waits for the bank", "--again-on",
            again_on, "--reason", reason,
        )  # fmt: skip
        yield self.lives.ago(3)
        self.deeds.book(-12_900, "DD SUNDRY 4471", CALDER.name)
        self.deeds.take_in()
