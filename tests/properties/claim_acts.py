"""What happens to claims in a history."""

from __future__ import annotations

from hypothesis import strategies as st
from sqlalchemy import select

from tests.properties.history import LAST_DAY, act, per_mille, pick
from tests.properties.voucher_acts import VoucherActs
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.redemptions.answers import answer_claim, answer_session, dispute_claim
from voucher.redemptions.checks import Finding, accept_on_other_evidence, lift_hold, put_on_hold, verify_claim
from voucher.redemptions.claims import Accepted, Refused, resubmit_claim, submit_claim, withdraw_claim
from voucher.redemptions.decisions import approve_claim, refuse_claim, reinstate_voucher, send_back
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import ContributionProof, Delivered, EvidenceKind, Task
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import release_falls_due_on

BANK = ContributionProof.BUSINESS_BANK
SEEN = {Task.EVIDENCE: Finding(True, "photographs"), Task.CONTRIBUTION: Finding(True, "paid", BANK)}
KINDS = (EvidenceKind.INVOICE, EvidenceKind.DELIVERY, EvidenceKind.CONTRIBUTION)


class ClaimActs(VoucherActs):
    """Claims are made, answered, checked and decided, forwards and backwards."""

    @act(2, number=pick, package=pick, part=per_mille)
    def record_and_claim(self, number: int, package: int, part: int) -> None:
        voucher = self.one(Voucher, number, ["issued"])
        recorded = self.recorded_on(voucher, package) if voucher is not None else None
        if recorded is not None:
            self._claim([recorded], part)

    @act(number=pick, part=per_mille, together=st.booleans())
    def claim(self, number: int, part: int, together: bool) -> None:
        first = self.one(DeliverySession, number, ["recorded"])
        if first is None:
            return
        beside = session.scalars(
            select(DeliverySession).where(
                DeliverySession.voucher_id == first.voucher_id,
                DeliverySession.state == "recorded",
                DeliverySession.id != first.id,
            )
        ).all()
        self._claim([first, *beside] if together else [first], part)

    def _claim(self, sessions: list[DeliverySession], part: int) -> None:
        listed = sum(item.package.net_pence for item in sessions if item.package)
        net_pence = max(1, listed * part // 1000)

        def work(act: Act) -> Accepted | Refused:
            return submit_claim(
                act,
                session.merge(self.world.provider),
                sessions,
                self.world.invoice(net_pence),
                self.world.attach(act, *KINDS),
                request_key=f"key-{next(self.world.numbers)}",
            )

        self.attempt_all("pat", "submit_claim", work)

    @act(number=pick)
    def withdraw(self, number: int) -> None:
        claim = self.one(Redemption, number, ["submitted", "disputed", "unconfirmed", "sent back"])
        if claim is not None:
            self.attempt("pat", withdraw_claim, claim, reason="a mistake")

    @act(number=pick)
    def send_back(self, number: int) -> None:
        states = ["submitted", "disputed", "unconfirmed", "confirmed", "verified", "approved"]
        claim = self.one(Redemption, number, states)
        if claim is not None:
            self.attempt("carl", send_back, claim, reason="the invoice is wrong")

    @act(number=pick, part=per_mille)
    def resubmit(self, number: int, part: int) -> None:
        claim = self.one(Redemption, number, ["sent back"])
        if claim is None:
            return
        listed = sum(item.package.net_pence for item in claim.sessions if item.package)
        net_pence = max(1, listed * part // 1000)

        def work(act: Act) -> Accepted | Refused:
            invoice = self.world.invoice(net_pence)
            return resubmit_claim(act, claim, invoice, request_key=f"key-{next(self.world.numbers)}")

        self.attempt_all("pat", "resubmit_claim", work)

    @act(number=pick)
    def confirm(self, number: int) -> None:
        claim = self.one(Redemption, number, ["submitted", "disputed", "unconfirmed"])
        if claim is not None:
            self._confirm(claim)

    def _confirm(self, claim: Redemption) -> None:
        owner = self.world.owner_of(claim.voucher)
        for item in list(claim.sessions):
            self.attempt(owner, answer_session, item, Delivered.YES)
        self.attempt(
            owner,
            answer_claim,
            claim,
            accepts=True,
            paid_pence=claim.own_pence + claim.vat_pence,
            paid_on=self.today,
            paid_by="bank transfer",
        )

    @act(number=pick, answer=st.sampled_from([Delivered.PARTLY, Delivered.NO, "figures", "dispute"]))
    def contradict(self, number: int, answer: str) -> None:
        claim = self.one(Redemption, number, ["submitted", "confirmed", "verified", "approved", "unconfirmed"])
        if claim is None:
            return
        owner = self.world.owner_of(claim.voucher)
        if answer == "dispute":
            self.attempt("vera", dispute_claim, claim, reason="the photographs are of another shop")
        elif answer == "figures":
            self.attempt(owner, answer_claim, claim, accepts=False, note="too much")
        else:
            for item in list(claim.sessions)[:1]:
                self.attempt(owner, answer_session, item, Delivered(answer), note="half of it")

    @act(number=pick)
    def accept_on_other_evidence(self, number: int) -> None:
        claim = self.one(Redemption, number, ["unconfirmed"])
        if claim is not None:
            self.attempt("vic", accept_on_other_evidence, claim, reason="called three times")
            self.attempt("vera", verify_claim, claim, SEEN)

    @act(number=pick, lifted=st.booleans())
    def hold(self, number: int, lifted: bool) -> None:
        claim = self.one(Redemption, number, ["verified", "approved"])
        if claim is not None:
            command = lift_hold if lifted or claim.on_hold else put_on_hold
            self.attempt("vera", command, claim, reason="looked into")

    @act(number=pick, part=per_mille)
    def approve(self, number: int, part: int) -> None:
        claim = self.one(Redemption, number, ["verified"])
        if claim is not None:
            pence = max(1, claim.grant_pence * part // 1000)
            self.attempt("carl", approve_claim, claim, pence=pence, reason="only part was delivered")

    @act(number=pick)
    def refuse(self, number: int) -> None:
        states = ["disputed", "unconfirmed", "accepted on other evidence", "confirmed", "verified", "sent back"]
        claim = self.one(Redemption, number, states)
        if claim is not None:
            self.attempt("carl", refuse_claim, claim, reason="nothing was delivered")

    @act(number=pick, back=st.booleans())
    def refuse_after_expiry(self, number: int, back: bool) -> None:
        """A claim is refused once its voucher's money has gone back to the lines; the voucher may be brought back."""
        claim = self.one(Redemption, number, ["submitted", "disputed", "unconfirmed", "confirmed", "verified"])
        if claim is None:
            return
        due_on = release_falls_due_on(claim.voucher.last_day, claim.voucher.late_session_days)
        if self.today < due_on <= LAST_DAY:
            self.days_pass(days=(due_on - self.today).days)
        self.attempt("carl", refuse_claim, claim, reason="nothing was delivered")
        if back:
            self.attempt("shay", reinstate_voucher, claim, reason="the provider's fault")

    @act(3, number=pick)
    def advance(self, number: int) -> None:
        """A claim goes on from where it is to its whole approval."""
        claim = self.one(Redemption, number, ["submitted", "unconfirmed", "disputed", "confirmed", "verified"])
        if claim is None:
            return
        if claim.state in ("submitted", "unconfirmed", "disputed"):
            self._confirm(claim)
        if claim.state == "confirmed":
            self.attempt("vera", verify_claim, claim, SEEN)
        self.attempt("carl", approve_claim, claim)
