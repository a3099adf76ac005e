"""What people of the demo do, each deed one command or a few, as the story's day has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from voucher.demo import files, papers
from voucher.demo.bank import LAYOUT, Bank
from voucher.demo.firms import Firm
from voucher.demo.player import Player
from voucher.platform.clock import LONDON, london_date
from voucher.platform.money import plain_pounds


@dataclass
class Held:
    """A voucher with its business, and what became of it so far."""

    reference: str
    application: str
    business: str
    contact: str
    last_day: date
    claim: str = ""
    session: str = ""
    own_pence: int = 0
    vat_pence: int = 0


@dataclass
class Deeds:
    """The deeds, given to one player.

    ``held`` are the vouchers by their businesses' e-mail; ``paid`` the claims that were matched at the bank, by these
    ``payments``; ``matched`` the references of all that was. ``gap`` says why the bank's next file will not go on where
    its last one ended.
    """

    player: Player
    bank: Bank
    held: dict[str, Held] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    payments: list[dict[str, Any]] = field(default_factory=list)
    matched: set[str] = field(default_factory=set)
    gap: str = ""
    invoices: int = 0

    @property
    def today(self) -> date:
        """The story's day."""
        if self.player.moment is None:
            raise RuntimeError("the story has no day")
        return london_date(self.player.moment)

    def offer(self, name: str, rows: Iterable[tuple[str, ...]]) -> list[dict[str, Any]]:
        """Imports businesses and offers each a voucher; gives the applications in the order of the rows."""
        do, rows = self.player.do, list(rows)
        path = self.player.file(f"{name}.csv", files.businesses(rows))
        do("asha", "import", "businesses", path, "--commit")
        made = do("asha", "offer", "--round", "R1", "--businesses", path, "--commit")["applications"]
        return [
            {"application": reference, "business": row[0], "contact": f"{row[6]}@example.org"}
            for reference, row in zip(made, rows, strict=True)
        ]

    def accept(self, application: dict[str, Any]) -> Held:
        """The business itself accepts."""
        arguments = ("--declared", "0.00", "--terms", "1")
        issued = self.player.do(application["contact"], "accept", application["application"], *arguments)
        last_day = date.fromisoformat(issued["last_day"])
        held = self.held[application["contact"]] = Held(
            issued["voucher"], application["application"], application["business"], application["contact"], last_day
        )
        return held

    def look_up(self, held: Held, firm: Firm) -> str:
        """The provider looks the voucher up by the code on its paper; gives the session that it opens."""
        code = self.player.do(held.contact, "voucher-code", held.reference)["code"]
        return str(self.player.do(firm.email, "look-up", "-", stdin=f"{code}\n")["session"])

    def record(self, held: Held, firm: Firm, package: int = 0, *, late_reason: str = "") -> None:
        """The provider looks the voucher up and records what was done; on an earlier day when it says why so late."""
        held.session = self.look_up(held, firm)
        code, name, _description, _price, minutes = firm.packages[package]
        on = min(self.today, held.last_day)
        done = f"{name}: set up on site, tried out together, two people trained"
        self.player.do(
            firm.email, "session", held.session, "--package", code, "--on", on.isoformat(), "--minutes",
            str(minutes * 3 // 4), "--done", done, "--late-reason", late_reason,
        )  # fmt: skip

    def say_delivered(self, held: Held, answer: str = "yes", note: str = "") -> None:
        """The business says whether it was."""
        self.player.do(held.contact, "confirm", "session", held.session, "--delivered", answer, "--note", note)

    def claim(self, held: Held, firm: Firm, net: int, package: int = 0) -> None:
        """The provider claims with its invoice."""
        given = self._invoice(held, firm, net, package)
        claimed = self.player.do(firm.email, "claim", "--session", held.session, *given)
        held.claim, held.own_pence = str(claimed["claim"]), int(claimed["own_pence"])

    def correct(self, held: Held, firm: Firm, net: int, package: int = 0) -> None:
        """The provider hands a claim that was sent back in again."""
        given = self._invoice(held, firm, net, package)
        held.own_pence = int(self.player.do(firm.email, "resubmit", held.claim, *given)["own_pence"])

    def _invoice(self, held: Held, firm: Firm, net: int, package: int) -> tuple[str, ...]:
        self.invoices += 1
        held.vat_pence, number = net // 5, f"{firm.packages[0][0][:2]}-{self.today:%y%m}-{self.invoices:04d}"
        drawn = papers.invoice(
            number, self.today, firm.name, held.business, firm.packages[package][1], net, held.vat_pence
        )
        path = self.player.file(f"{number}.pdf", drawn)
        return (
            "--invoice", number, "--invoiced-on", self.today.isoformat(), "--net", plain_pounds(net), "--vat",
            plain_pounds(held.vat_pence), "--file", f"invoice={path}",
        )  # fmt: skip

    def say_paid(self, held: Held) -> None:
        """The business accepts the figures and says that it paid its part and the VAT."""
        paid = plain_pounds(held.own_pence + held.vat_pence)
        self.player.do(
            held.contact, "confirm", "claim", held.claim, "--accept", "--paid", paid, "--paid-on",
            self.today.isoformat(), "--paid-by", "bank transfer",
        )  # fmt: skip

    def on_claim(self, held: Held, who: str, command: str, reason: str) -> None:
        """A command on the voucher's claim that takes a reason and nothing else."""
        self.player.do(who, command, held.claim, "--reason", reason)

    def on_voucher(self, held: Held, who: str, command: str, reason: str, *more: str) -> None:
        """A command on the voucher that takes a reason."""
        self.player.do(who, command, held.reference, *more, "--reason", reason)

    def verify(self, held: Held) -> None:
        """The verifier looks at the evidence."""
        self.player.do("vera", "verify", held.claim, "--pass", "evidence=seen at work, photographs on file")

    def fail_check(self, held: Held, seen: str) -> None:
        """The verifier looks at the evidence, and it does not show what it should."""
        self.player.do("vera", "verify", held.claim, "--fail", f"evidence={seen}")

    def approve(self, held: Held) -> None:
        """Verified by one person, approved by another."""
        self.verify(held)
        self.player.do("carl", "approve", held.claim)

    def prepare_batch(self) -> dict[str, Any]:
        """A batch of what can be paid; with no batch in it when nothing can."""
        made: dict[str, Any] = self.player.do("petra", "batch", "prepare")
        return made

    def submit_batch(self, batch: dict[str, Any]) -> None:
        """Handed over for approval."""
        self.player.do("petra", "batch", "submit", batch["batch"])

    def approve_batch(self, batch: dict[str, Any]) -> None:
        """Approved by somebody else."""
        self.player.do("paul", "batch", "approve", batch["batch"])

    def export_batch(self, batch: dict[str, Any]) -> None:
        """Its bank file is written."""
        path = str(self.player.folder / f"{batch['batch']}.csv")
        self.player.do("petra", "batch", "export", batch["batch"], "--out", path)

    def pay(self, payments: Sequence[dict[str, Any]]) -> None:
        """The bank pays today, and its statement of it is taken in."""
        for payment in payments:
            self.book(-payment["amount_pence"], payment["payment"], payment["provider"])
        self.take_in()
        self._seen_at_bank(payments)

    def pay_typed(self, payment: dict[str, Any]) -> None:
        """The bank pays today, and somebody types the line from its page, for there is no file that can be read."""
        pence, name = -payment["amount_pence"], payment["provider"]
        self.bank.book_untold(self.today, pence, payment["payment"], name)
        self.player.do(
            "bina", "bank-line", "--on", self.today.isoformat(), f"--amount={plain_pounds(pence)}", "--reference",
            payment["payment"], "--counterparty", name,
        )  # fmt: skip
        self.gap = "The bank's file of the day before could not be read. Its one line was typed from the bank's page."
        self._match()
        self._seen_at_bank([payment])

    def _seen_at_bank(self, payments: Sequence[dict[str, Any]]) -> None:
        missing = {each["payment"] for each in payments} - self.matched
        if missing:
            raise RuntimeError(f"the bank's lines were not matched to {', '.join(sorted(missing))}")
        self.payments += payments
        self.paid.update(claim for each in payments for claim in each["claims"].split(", "))

    def book(self, pence: int, reference: str, party: str) -> None:
        """The bank books a movement today; money out is below zero."""
        self.bank.book(self.today, pence, reference, party)

    def take_in(self) -> None:
        """The bank's file of what it booked since the last one is taken in, and what carries its reference matched.

        Where a statement is missing before it, a funding manager takes it in and says why.
        """
        at = self.player.moment or datetime.now(LONDON)
        path = self.player.file(f"bank-{at:%Y-%m-%d-%H%M}.xml", self.bank.camt(at))
        who, more = ("fred", ("--override-continuity", self.gap)) if self.gap else ("bina", ())
        self.player.do(who, "import", "bank", path, "--kind", "camt.053", "--commit", *more)
        self.gap = ""
        self._match()

    def take_in_download(self) -> None:
        """The same from the file that the bank's pages let one download."""
        path = self.player.file(f"bank-{self.today.isoformat()}.csv", self.bank.csv())
        self.player.do("bina", "import", "bank", path, "--kind", "csv", "--mapping", LAYOUT, "--commit")
        self._match()

    def _match(self) -> None:
        found = self.player.do("bina", "match", "--auto", "--commit")["matched"]
        self.matched.update(what for row in found for what in row["what"].split(", "))

    def open_line(self, reference: str) -> str:
        """The bank line with this reference that nobody has explained."""
        lines = self.player.do("bina", "bank-lines")
        return next(str(each["line"]) for each in lines if reference in each["reference"])
