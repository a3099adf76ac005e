"""The lives of vouchers: what can become of one, from its offer to wherever it stands today.

Each life is written as it is lived: a few deeds of a day, then the moment when it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from voucher.demo.deeds import Deeds, Held
from voucher.demo.diary import Life
from voucher.demo.firms import AIRE, CALDER, PENNINE, Firm
from voucher.platform.clock import LONDON, london_date
from voucher.platform.money import plain_pounds

Offer = dict[str, Any]
# So many days ago the claims of the last batches were approved, one after the other.
APPROVED_ON = (17, 17, 11, 8, 5, 5, 3, 1, 0)
NETS = (60_000, 93_750, 40_000, 78_000, 72_500, 85_000, 51_250, 66_600)


@dataclass
class Lives:
    """What can become of an offer. ``number`` of a life tells it from others of its kind; it picks firm and price."""

    deeds: Deeds
    now: datetime
    returned_by: datetime
    """By then the payment that the bank returns has been made; the bank returns it in the quarter after."""
    places: Iterator[int] = field(default_factory=count)

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
        line = self.deeds.bank_line(payment["amount_pence"], f"RETURN {payment['payment']}", CALDER.name)
        reason = "The bank returned it: the account was being moved."
        self.deeds.player.do("bina", "return", line, "--payment", payment["payment"], "--reason", reason)

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

    def _debt(self, offer: Offer, pence: int, reason: str) -> Iterator[datetime]:
        yield from self.paid(offer, 4)
        yield from self._until_paid(offer["held"])
        yield self.later(75)
        offer["debt"] = self.deeds.player.do(
            "fred", "debt", "raise", offer["held"].claim, "--amount", plain_pounds(pence), "--owed-by", "provider",
            "--reason", reason,
        )["debt"]  # fmt: skip
        yield self.later(30)

    def _repay(self, offer: Offer, pence: int) -> None:
        line = self.deeds.bank_line(pence, f"REPAYMENT {offer['debt']}", AIRE.name)
        self.deeds.player.do("bina", "recover", line, "--debt", offer["debt"])

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
        yield from self._debt(offer, 1_200, "The invoice was a little above what was delivered.")
        for who in ("fred", "fay"):
            self.deeds.player.do(who, "debt", "write-off", offer["debt"], "--reason", "Dearer to recover than it is.")

    def owing(self, offer: Offer, number: int) -> Life:
        """A debt of which nothing has come back, of a claim that the funder disallowed in part."""
        yield from self._debt(offer, 30_000, "The audit found no record of the second visit.")
        reason = "The funder's sample found no record of the second visit."
        self.deeds.player.do("fred", "disallow", offer["held"].claim, "--amount", "100.00", "--reason", reason)

    def extended(self, offer: Offer, number: int) -> Life:
        """Good for longer than it was."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.later(40)
        day = (held.last_day + timedelta(days=21)).isoformat()
        reason = "The shop was flooded and has to be dried out first."
        self.deeds.on_voucher(held, "shay", "extend", reason, "--last-day", day)

    def suspended(self, offer: Offer, number: int) -> Life:
        """Suspended while something is looked into."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(9)
        self.deeds.on_voucher(held, "shay", "suspend", "Two people say that they run this business.")

    def frozen(self, offer: Offer, number: int) -> Life:
        """Confirmed, and frozen because its provider was suspended."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(40)
        self.deeds.record(held, PENNINE)
        self.deeds.say_delivered(held)
        yield self.ago(30)
        self.deeds.claim(held, PENNINE, 80_000)
        self.deeds.say_paid(held)

    def overdue(self, offer: Offer, number: int) -> Life:
        """Claimed and never answered by the business: its time is over."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(44)
        self.deeds.record(held, AIRE)
        yield self.ago(40)
        self.deeds.claim(held, AIRE, 87_500)

    def disputed(self, offer: Offer, number: int) -> Life:
        """Delivered in part, says the business."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(18)
        self.deeds.record(held, AIRE, 2)
        yield self.ago(15)
        self.deeds.claim(held, AIRE, 90_000, 2)
        yield self.ago(13)
        self.deeds.say_delivered(held, "partly", "The till works. Nobody has joined it to the accounts.")

    def sent_back(self, offer: Offer, number: int) -> Life:
        """Sent back to its provider, who has not answered yet."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(12)
        self.deeds.record(held, CALDER, 1)
        self.deeds.say_delivered(held)
        yield self.ago(8)
        self.deeds.claim(held, CALDER, 91_000, 1)
        self.deeds.say_paid(held)
        yield self.ago(4)
        self.deeds.on_claim(held, "carl", "send-back", "The invoice has no date of delivery on it.")

    def on_hold(self, offer: Offer, number: int) -> Life:
        """Confirmed, and held up by the verifier."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(10)
        self.deeds.record(held, AIRE)
        self.deeds.say_delivered(held)
        yield self.ago(7)
        self.deeds.claim(held, AIRE, 93_750)
        self.deeds.say_paid(held)
        yield self.ago(5)
        self.deeds.on_claim(held, "vera", "hold", "Waiting for the provider to say whose photographs these are.")

    def waiting(self, offer: Offer, number: int) -> Life:
        """Claimed a few days ago; the business is asked."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(6 - number % 3)
        self.deeds.record(held, AIRE, 1)
        yield self.ago(2)
        self.deeds.claim(held, AIRE, 77_500, 1)

    def confirmed(self, offer: Offer, number: int) -> Life:
        """Confirmed by the business; the verifier is next."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(8)
        self.deeds.record(held, CALDER, number % 2)
        self.deeds.say_delivered(held)
        yield self.ago(4 - number % 2)
        self.deeds.claim(held, CALDER, 74_500 + 1_250 * (number % 3), number % 2)
        self.deeds.say_paid(held)

    def verified(self, offer: Offer, number: int) -> Life:
        """Verified; the approver is next."""
        yield from self.confirmed(offer, number)
        yield self.ago(2)
        self.deeds.verify(offer["held"])

    def recorded(self, offer: Offer, number: int) -> Life:
        """Support recorded yesterday; the claim comes later."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.ago(1)
        self.deeds.record(held, CALDER)

    def looked_up(self, offer: Offer, number: int) -> Life:
        """Looked up an hour ago; nothing is recorded yet."""
        offer["held"] = held = self.deeds.accept(offer)
        yield self.now - timedelta(hours=1)
        self.deeds.look_up(held, AIRE)

    def in_batches(self, offer: Offer, number: int) -> Life:
        """Approved in these weeks, each a little later than the one before; the last batches take all but the last."""
        place = next(self.places)
        firm, package = (CALDER, 1) if place % 2 else (AIRE, 0)
        offer["held"] = held = self.deeds.accept(offer)
        approved_on = APPROVED_ON[place % len(APPROVED_ON)]
        yield self.ago(approved_on + 9)
        self.deeds.record(held, firm, package)
        self.deeds.say_delivered(held)
        yield self.ago(approved_on + 4)
        self.deeds.claim(held, firm, 60_000 + 3_750 * (place % 7), package)
        self.deeds.say_paid(held)
        yield self.ago(approved_on) if approved_on else self.now - timedelta(minutes=30)
        self.deeds.approve(held)


Kind = Callable[[Lives, Offer, int], Life]
L = Lives
# Which lives begin with which offers. Each one of the first kind is lived once, those of the second again and again
# until there are as many vouchers as were asked for.
ONCE: tuple[tuple[Kind, ...], ...] = (
    (L.returned, L.part_repaid, L.repaid, L.written_off, L.owing, L.session_lapsed, L.session_undone, L.paid,
     L.corrected),
    (L.refused_after_expiry, L.reinstated, L.late_session, L.cancelled, L.lapsed, L.paid, L.paid_twice),
    (L.replaced, L.unused, L.paid, L.partly_approved),
    (L.paid, L.withdrawn, L.claim_withdrawn, L.paid),
    (L.extended, L.frozen, L.overdue, L.other_evidence, L.suspended, L.in_batches, L.in_batches,
     L.in_batches, L.disputed),
    (L.unused, L.in_batches, L.in_batches, L.in_batches, L.in_batches, L.in_batches, L.in_batches, L.sent_back,
     L.confirmed, L.verified),
    (L.unused, L.on_hold, L.waiting, L.recorded, L.confirmed, L.looked_up),
)  # fmt: skip
AGAIN: tuple[tuple[Kind, ...], ...] = (
    (L.paid, L.paid, L.paid, L.corrected, L.paid, L.unused, L.paid),
    (L.paid, L.paid, L.paid_twice, L.paid, L.late_session, L.paid, L.unused),
    (L.paid, L.paid, L.partly_approved, L.paid, L.replaced, L.paid, L.unused),
    (L.paid, L.paid, L.paid, L.session_lapsed, L.paid, L.paid_twice, L.refused_after_expiry),
    (L.unused, L.paid, L.overdue, L.paid, L.extended, L.in_batches),
    (L.unused, L.in_batches, L.confirmed, L.disputed, L.unused),
    (L.unused, L.waiting, L.confirmed, L.verified, L.recorded),
)
WITHOUT_VOUCHER = frozenset({L.lapsed, L.withdrawn})
LEAST = sum(kind not in WITHOUT_VOUCHER for kinds in ONCE for kind in kinds)


def spread(size: int) -> list[list[Kind]]:
    """The lives that begin with each wave of offers, so that ``size`` vouchers are issued; not below ``LEAST``."""
    waves = [list(kinds) for kinds in ONCE]
    for number in range(size - LEAST):
        wave = number % len(AGAIN)
        waves[wave].append(AGAIN[wave][number // len(AGAIN) % len(AGAIN[wave])])
    return waves
