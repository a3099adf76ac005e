"""The lives of vouchers that go on: wherever one can stand today; and which lives begin with which offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from voucher.demo.diary import Life
from voucher.demo.firms import AIRE, CALDER, PENNINE
from voucher.demo.past_lives import Offer, PastLives

# So many days ago the claims of the last batches were approved, one after the other.
APPROVED_ON = (17, 17, 11, 8, 5, 5, 3, 1, 0)


@dataclass
class Lives(PastLives):
    """What can become of an offer, over by today or not."""

    places: Iterator[int] = field(default_factory=count)

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
        note = "The same photographs are on the pages of a shop in another county."
        self._irregular(held, 0, note, kind="suspected-fraud")

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
