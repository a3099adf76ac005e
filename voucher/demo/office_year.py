"""More of the office's year in the demo: what the scheme costs to run, what it achieved, and what an auditor saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from voucher.demo import funders, papers
from voucher.demo.deeds import Deeds, Held
from voucher.demo.diary import Life
from voucher.demo.funders import GRANT, OWNER
from voucher.demo.lives import Lives
from voucher.demo.money_year import morning
from voucher.platform.money import plain_pounds

AUDITED, SEED, DRAWN = 2, "northmoor-internal-audit-1", 4


@dataclass
class OfficeYear:
    """Plays it. ``starts`` are the quarters' first days, ``ends`` the last days of those that are over."""

    lives: Lives
    starts: list[date]
    ends: list[date]
    budget: int

    @property
    def deeds(self) -> Deeds:
        """What people do."""
        return self.lives.deeds

    def administration(self) -> Life:
        """In each quarter an officer's time, prepared, approved and seen at the bank; the last waits for approval."""
        do = self.deeds.player.do
        award = next(
            float(award) for code, _name, _kind, award in funders.lines_of(GRANT, self.budget) if code == "ADM"
        )
        pence = round(award * 100 / len(self.starts))
        for first in self.starts:
            yield min(morning(first + timedelta(days=12)), self.lives.now - timedelta(hours=2))
            on = max(first, self.deeds.today - timedelta(days=1))
            what = f"Scheme officer's hours, time sheet of {on:%-d %B %Y}"
            sheet = self.deeds.player.file(f"time-sheet-{on}.pdf", papers.note(OWNER, what, on, pence))
            cost = do(
                "petra", "admin-cost", "prepare", "--agreement", GRANT, "--line", "ADM", "--amount",
                plain_pounds(pence), "--for", what, "--on", on.isoformat(), "--evidence", sheet,
            )["cost"]  # fmt: skip
            if first == self.starts[-1]:
                return
            yield self.lives.later(1)
            do("paul", "admin-cost", "approve", cost)
            yield self.lives.later(3)
            self.deeds.book(-pence, cost, f"{OWNER} payroll")
            self.deeds.take_in()
            do("bina", "admin-cost", "match", self.deeds.open_line(cost), "--cost", cost)

    def achieved(self) -> Life:
        """Businesses that took up something new, and jobs: one of each with its evidence, one still without."""
        yield morning(self.ends[1] + timedelta(days=20))
        first, second, third, fourth = self._paid()[:4]
        self._adopted(first, "Takes bookings and payments on its own page now, and has since April.", evidence=True)
        self._adopted(second, "Till and accounts are joined.", evidence=False)
        self._job("E22", third, "Web shop assistant", "0.6", "4", evidence=True)
        self._job("E23", fourth, "Workshop hand", "1", "3", evidence=False)

    def _paid(self) -> list[Held]:
        return [each for each in self.deeds.held.values() if each.claim in self.deeds.paid]

    def _adopted(self, held: Held, what: str, *, evidence: bool) -> None:
        self.deeds.player.do(
            "stella", "output", "record", "--agreement", GRANT, "--indicator", "E30", "--business", held.business,
            "--note", what, *self._evidence(held, what, evidence),
        )  # fmt: skip

    def _job(self, code: str, held: Held, post: str, fte: str, baseline: str, *, evidence: bool) -> None:
        begins_on = self.deeds.today - timedelta(days=30)
        self.deeds.player.do(
            "stella", "job", "record", "--agreement", GRANT, "--indicator", code, "--business", held.business,
            "--post", post, "--fte", fte, "--baseline", baseline, "--baseline-on", self.starts[0].isoformat(),
            "--begins-on", begins_on.isoformat(), "--permanent",
            *self._evidence(held, f"{post}, {fte} of a full-time post from {begins_on:%-d %B %Y}", evidence),
        )  # fmt: skip

    def _evidence(self, held: Held, what: str, wanted: bool) -> tuple[str, ...]:
        if not wanted:
            return ()
        name = f"statement-{held.contact.partition('@')[0]}.pdf"
        return "--evidence", self.deeds.player.file(name, papers.note(held.business, what, self.deeds.today))

    def audit(self) -> Life:
        """An auditor draws a sample of the third quarter's payments; one item has an amount in error."""
        do, folder = self.deeds.player.do, self.deeds.player.folder
        last = self.ends[AUDITED]
        yield morning(last + timedelta(days=2))
        sample = do(
            "aude", "sample", "draw", "--agreement", GRANT, "--side", "bank", "--from",
            self.starts[AUDITED].isoformat(), "--to", last.isoformat(), "--size", str(DRAWN), "--seed", SEED,
        )  # fmt: skip
        yield self.lives.later(2)
        name, items = sample["sample"], sample["items"]
        do("aude", "sample", "dossier", name, "1", "--out", str(folder / "dossier.zip"))
        wrong = "Invoice, session and confirmation agree; the evidence shows an hour less than was invoiced."
        do("aude", "sample", "finding", name, "1", "--outcome", "fail", "--error", "24.00", "--note", wrong)
        for item in items[1:]:
            note = "Traced from the bank line to the application."
            do("aude", "sample", "finding", name, str(item["item"]), "--outcome", "pass", "--note", note)
        do("aude", "sample", "conclude", name)
