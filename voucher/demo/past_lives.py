"""The lives of vouchers that are over: what can become of one, from its offer to its end.

Each life is written as it is lived: a few deeds of a day, then the moment when it goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from voucher.demo.deeds import Deeds, Held
from voucher.demo.diary import Life
from voucher.demo.firms import AIRE, CALDER, Firm
from voucher.platform.clock import LONDON, london_date
from voucher.platform.money import plain_pounds

Offer = dict[str, Any]
NETS = (60_000, 93_750, 40_000, 78_000, 72_500, 85_000, 51_250, 66_600)


@dataclass
class PastLives:
    """What can become of an offer. ``number`` of a life tells it from others of its kind; it picks firm and price."""

    deeds: Deeds
    now: datetime
    returned_by: datetime
    """By then the payment that the bank returns has been made; the bank returns it in the quarter after."""

    def ago(self, days: float) -> datetime:
        """So many days before now, in the morning."""
        day = london_date(self.now - timedelta(days=days))
        return datetime.combine(day, time(9, 30), LONDON)

    def later(self, days: float) -> datetime:
        """So many days after the story's moment."""
        return (self.deeds.player.moment or self.now) + timedelta(days=days)

    def after_last_day(self, held: Held, days: int) -> datetime:
        """So many days after the voucher's last day, in the morning."""
        return datetime.combine(held.last_day + timedelta(days=days), time(10), LONDON)

    def _work(self, offer: Offer, firm: Firm, net: int, package: int = 0) -> Iterator[datetime]:
        """From the offer to a claim that the business has confirmed; the voucher is in ``offer["held"]``."""
        held = offer["held"] = self.deeds.accept(offer)
        yield self.later(8)
        self.deeds.record(held, firm, package)
        yield self.later(1)
        self.deeds.say_delivered(held)
        yield self.later(5)
        self.deeds.claim(held, firm, net, package)
        yield self.later(2)
        self.deeds.say_paid(held)

    def _usual(self, number: int) -> tuple[Firm, int, int]:
        """Which firm with which package, and the invoice's net, in pence."""
        firm, package = ((AIRE, 0), (CALDER, 0), (AIRE, 1), (CALDER, 1), (AIRE, 2))[number % 5]
        return firm, min(NETS[number % len(NETS)], firm.packages[package][3]), package

    def _until_paid(self, held: Held) -> Iterator[datetime]:
        while held.claim not in self.deeds.paid:
            yield self.later(1)

    def paid(self, offer: Offer, number: int) -> Life:
        """The whole way, to the bank."""
        firm, net, package = self._usual(number)
        yield from self._work(offer, firm, net, package)
        yield self.later(3)
        self.deeds.approve(offer["held"])

    def paid_twice(self, offer: Offer, number: int) -> Life:
        """Two pieces of support on one voucher, each claimed and paid."""
        yield from self._work(offer, CALDER, 45_000)
        held = offer["held"]
        self.deeds.approve(held)
        yield self.later(12)
        self.deeds.record(held, AIRE, 1)
        self.deeds.say_delivered(held)
        yield self.later(3)
        self.deeds.claim(held, AIRE, 48_750, 1)
        yield self.later(1)
        self.deeds.say_paid(held)
        yield self.later(3)
        self.deeds.approve(held)

    def corrected(self, offer: Offer, number: int) -> Life:
        """Sent back for its invoice, handed in again in a new version, and paid."""
        yield from self._work(offer, AIRE, 95_000)
        held = offer["held"]
        yield self.later(2)
        self.deeds.fail_check(held, "The invoice has a day of training; the shop says that nobody ordered one.")
        self.deeds.on_claim(held, "carl", "send-back", "The invoice names training that the business did not order.")
        yield self.later(4)
        self.deeds.correct(held, AIRE, 85_000)
        yield self.later(2)
        self.deeds.say_paid(held)
        yield self.later(2)
        self.deeds.approve(held)

    def partly_approved(self, offer: Offer, number: int) -> Life:
        """Approved in part: the rest goes back to the voucher."""
        yield from self._work(offer, CALDER, 78_000)
        held = offer["held"]
        yield self.later(3)
        self.deeds.verify(held)
        self.deeds.player.do(
            "carl",
            "approve",
            held.claim,
            "--amount",
            "560.00",
            "--reason",
            "An hour of travel is not part of the package.",
        )

    def replaced(self, offer: Offer, number: int) -> Life:
        """The paper was lost and replaced; the new one was used."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.later(20)
        self.deeds.on_voucher(held, "shay", "replace", "The business lost its paper on a train.")
        yield self.later(2)
        self.deeds.record(held, CALDER)
        self.deeds.say_delivered(held)
        yield self.later(5)
        self.deeds.claim(held, CALDER, 78_000)
        self.deeds.say_paid(held)
        yield self.later(4)
        self.deeds.approve(held)

    def returned(self, offer: Offer, number: int) -> Life:
        """Paid at the end of a quarter, returned by the bank in the next one, and paid again."""
        yield from self._work(offer, CALDER, 61_250)
        held = offer["held"]
        yield self.returned_by - timedelta(days=20)
        self.deeds.approve(held)
        yield from self._until_paid(held)
        yield max(self.returned_by + timedelta(days=4), self.later(2))
        payment = self._payment_of(held)
        self.deeds.book(payment["amount_pence"], f"RETURN {payment['payment']} ACCOUNT CLOSED", CALDER.name)
        self.deeds.take_in()

    def _payment_of(self, held: Held) -> dict[str, Any]:
        return next(each for each in self.deeds.payments if held.claim in each["claims"].split(", "))

    def lapsed(self, offer: Offer, number: int) -> Life:
        """The offer was never answered."""
        yield from ()

    def withdrawn(self, offer: Offer, number: int) -> Life:
        """The business withdraws before it accepts."""
        yield self.later(6)
        reason = "We have bought the till ourselves in the meantime."
        self.deeds.player.do(offer["contact"], "withdraw-application", offer["application"], "--reason", reason)

    def unused(self, offer: Offer, number: int) -> Life:
        """A voucher on which nothing happens: it expires, or is still good today."""
        offer["held"] = self.deeds.accept(offer)
        yield from ()

    def session_lapsed(self, offer: Offer, number: int) -> Life:
        """Recorded and never claimed: what was held goes back when the claim window closes."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.later(30)
        self.deeds.record(held, AIRE)
        self.deeds.say_delivered(held)

    def session_undone(self, offer: Offer, number: int) -> Life:
        """Recorded on the wrong voucher and taken back; the voucher expires unused."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.later(30)
        self.deeds.record(held, AIRE)
        reason = "Recorded on the wrong business's voucher."
        self.deeds.player.do(AIRE.email, "undo-session", held.session, "--reason", reason)

    def _claimed_late(self, offer: Offer, firm: Firm) -> Iterator[datetime]:
        """Work before the last day, claimed after it and after the voucher's rest was released."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.after_last_day(held, -3)
        self.deeds.record(held, firm)
        self.deeds.say_delivered(held)
        yield self.after_last_day(held, 20)
        self.deeds.claim(held, firm, 70_000)
        self.deeds.say_paid(held)
        yield self.later(5)

    def refused_after_expiry(self, offer: Offer, number: int) -> Life:
        """Claimed after the voucher expired, and refused: the money goes back to its lines."""
        yield from self._claimed_late(offer, AIRE)
        self.deeds.on_claim(offer["held"], "carl", "refuse", "The shop was never put on line: we saw a draft.")

    def reinstated(self, offer: Offer, number: int) -> Life:
        """Refused after expiry through the provider's fault: the voucher comes back and another provider delivers."""
        yield from self._claimed_late(offer, AIRE)
        held = offer["held"]
        self.deeds.on_claim(held, "carl", "refuse", "The provider invoiced another firm's work as its own.")
        yield self.later(3)
        self.deeds.player.do("shay", "reinstate", held.claim, "--reason", "The business did nothing wrong.")
        yield self.later(4)
        held.last_day = self.deeds.today
        self.deeds.record(held, CALDER)
        self.deeds.say_delivered(held)
        yield self.later(4)
        self.deeds.claim(held, CALDER, 70_000)
        self.deeds.say_paid(held)
        yield self.later(3)
        self.deeds.approve(held)

    def late_session(self, offer: Offer, number: int) -> Life:
        """Done on the last day and recorded in the late-session days, with the reason; paid."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.after_last_day(held, 3)
        self.deeds.record(held, CALDER, late_reason="No signal in the cellar where we worked, and a weekend after it.")
        self.deeds.say_delivered(held)
        yield self.later(6)
        self.deeds.claim(held, CALDER, 58_000)
        self.deeds.say_paid(held)
        yield self.later(4)
        self.deeds.approve(held)

    def cancelled(self, offer: Offer, number: int) -> Life:
        """Cancelled while it was good."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.later(25)
        code = ("--code", "the business has stopped trading")
        self.deeds.on_voucher(held, "shay", "cancel", "Dissolved, as Companies House has it.", *code)

    def claim_withdrawn(self, offer: Offer, number: int) -> Life:
        """The provider takes its claim back, claims anew and is paid."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.later(15)
        self.deeds.record(held, AIRE, 1)
        self.deeds.say_delivered(held)
        yield self.later(3)
        self.deeds.claim(held, AIRE, 60_000, 1)
        yield self.later(2)
        self.deeds.on_claim(held, AIRE.email, "withdraw", "We forgot the second day of work.")
        yield self.later(3)
        self.deeds.claim(held, AIRE, 85_000, 1)
        self.deeds.say_paid(held)
        yield self.later(3)
        self.deeds.approve(held)

    def other_evidence(self, offer: Offer, number: int) -> Life:
        """Never confirmed, and accepted on other evidence after a call."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(49)
        self.deeds.record(held, CALDER)
        yield self.ago(45)
        self.deeds.claim(held, CALDER, 65_000)
        yield self.ago(8)
        reason = "Two reminders, a call to the shop on its number in the application, photographs of the work."
        self.deeds.on_claim(held, "vance", "accept-other-evidence", reason)

    def _irregular(self, held: Held, pence: int, note: str, *, kind: str = "irregularity") -> str:
        """What somebody noticed goes into the register; it moves no money."""
        given = ("--kind", kind, "--amount", plain_pounds(pence), "--claim", held.claim, "--note", note)
        return str(self.deeds.player.do("vance", "irregularity", "register", *given)["irregularity"])

    def _debt(self, offer: Offer, pence: int, reason: str, *, registered: bool = True) -> Iterator[datetime]:
        yield from self.paid(offer, 4)
        yield from self._until_paid(offer["held"])
        yield self.later(75)
        if registered:
            offer["irregularity"] = self._irregular(offer["held"], pence, reason)
        offer["debt"] = self.deeds.player.do(
            "fred", "debt", "raise", offer["held"].claim, "--amount", plain_pounds(pence), "--owed-by", "provider",
            "--reason", reason,
        )["debt"]  # fmt: skip
        yield self.later(30)
        if registered:
            note = "The provider says the same, and owes it."
            given = (offer["irregularity"], "--outcome", "proved", "--note", note)
            self.deeds.player.do("vera", "irregularity", "close", *given)

    def _repay(self, offer: Offer, pence: int) -> None:
        self.deeds.book(pence, f"REPAYMENT {offer['debt']}", AIRE.name)
        self.deeds.take_in()

    def part_repaid(self, offer: Offer, number: int) -> Life:
        """A debt after payment, part of which has come back."""
        yield from self._debt(offer, 24_000, "A visit found that a third of the training was not given.")
        self._repay(offer, 10_000)

    def repaid(self, offer: Offer, number: int) -> Life:
        """A debt that was repaid in two instalments."""
        yield from self._debt(offer, 15_000, "The cash register was taken back by the provider.")
        self._repay(offer, 7_500)
        yield self.later(28)
        self._repay(offer, 7_500)

    def written_off(self, offer: Offer, number: int) -> Life:
        """A debt that two people wrote off."""
        yield from self._debt(offer, 1_200, "The invoice was a little above what was delivered.", registered=False)
        for who in ("fred", "fay"):
            self.deeds.player.do(who, "debt", "write-off", offer["debt"], "--reason", "Dearer to recover than it is.")

    def owing(self, offer: Offer, number: int) -> Life:
        """A debt of which nothing has come back, of a claim that the funder disallowed in part."""
        yield from self._debt(offer, 30_000, "The audit found no record of the second visit.")
        reason = "The funder's sample found no record of the second visit."
        self.deeds.player.do("fred", "disallow", offer["held"].claim, "--amount", "100.00", "--reason", reason)
