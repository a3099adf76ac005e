"""What happens to offers, vouchers and sessions in a history."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from tests.properties.history import History, act, pick
from voucher.applications.commands import decline, offer, send_notice_again, submit, withdraw_application
from voucher.applications.models import Application
from voucher.platform.act import Act
from voucher.redemptions.decisions import reinstate_voucher
from voucher.redemptions.lookups import look_up
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.sessions import record_session, undo_session
from voucher.vouchers.commands import accept, cancel, extend, resume, suspend
from voucher.vouchers.models import Voucher


class VoucherActs(History):
    """Offers are made and answered; vouchers are used, stopped, extended, ended and brought back."""

    @act(2)
    def offer_and_accept(self) -> None:
        application = self.attempt("asha", offer, self.world.round, *self.world.business())
        if application is not None:
            self._accept(application)

    def _accept(self, application: Application) -> None:
        owner = self.world.owner_of(application)
        self.attempt(owner, accept, application, declared_pence=0, terms_version="2026-1")

    @act(use=st.sampled_from(["open", "withdrawn", "declined"]))
    def offer_only(self, use: str) -> None:
        party = self.world.business()
        if use == "declined":
            application = self.attempt("asha", submit, self.world.round, *party)
            if application is not None:
                self.attempt("asha", decline, application, reason="not eligible")
            return
        application = self.attempt("asha", offer, self.world.round, *party)
        if application is not None and use == "withdrawn":
            self.attempt(self.world.owner_of(application), withdraw_application, application, reason="not now")

    @act(number=pick, again=st.booleans())
    def accept_an_offer(self, number: int, again: bool) -> None:
        application = self.one(Application, number, ["approved"])
        if application is not None:
            if again:
                self.attempt("asha", send_notice_again, application)
            self._accept(application)

    @act(number=pick)
    def withdraw_an_offer(self, number: int) -> None:
        application = self.one(Application, number, ["approved", "submitted"])
        if application is not None:
            self.attempt("asha", withdraw_application, application, reason="not now")

    @act(number=pick, package=pick, days_ago=st.integers(0, 9))
    def record(self, number: int, package: int, days_ago: int) -> None:
        voucher = self.one(Voucher, number, ["issued"])
        if voucher is not None:
            self.recorded_on(voucher, package, days_ago)

    def recorded_on(self, voucher: Voucher, package: int, days_ago: int = 0) -> DeliverySession | None:
        """A session that was looked up and recorded, unless it was refused."""
        code, chosen, scheme = self.world.code_of(voucher), self.package(package), self.world.scheme
        latest = min(self.today - timedelta(days=days_ago), voucher.last_day)
        delivered_on = max(latest, voucher.issued_on)

        def work(act: Act) -> DeliverySession | None:
            opened = look_up(act, scheme, code).session
            if opened is None:
                return None
            return record_session(
                act, opened, chosen, delivered_on=delivered_on, minutes=60, description="a shop", late_reason="late"
            )

        return self.attempt_all("pat", "look_up, record_session", work)

    @act(number=pick)
    def undo(self, number: int) -> None:
        recorded = self.one(DeliverySession, number, ["recorded"])
        if recorded is not None:
            self.attempt("pat", undo_session, recorded, reason="a mistake")

    @act(number=pick)
    def suspend(self, number: int) -> None:
        voucher = self.one(Voucher, number, ["issued"])
        if voucher is not None:
            self.attempt("shay", suspend, voucher, reason="a complaint")

    @act(number=pick)
    def resume(self, number: int) -> None:
        voucher = self.one(Voucher, number, ["suspended"])
        if voucher is not None:
            self.attempt("shay", resume, voucher, reason="cleared up")

    @act(number=pick, days=st.integers(1, 40))
    def extend(self, number: int, days: int) -> None:
        voucher = self.one(Voucher, number, ["issued", "suspended"])
        if voucher is not None:
            last_day = voucher.last_day + timedelta(days=days)
            self.attempt("shay", extend, voucher, last_day=last_day, reason="the provider was ill")

    @act(number=pick)
    def cancel(self, number: int) -> None:
        voucher = self.one(Voucher, number, ["issued", "spent", "suspended"])
        if voucher is not None:
            self.attempt("shay", cancel, voucher, reason="the business closed")

    @act(number=pick)
    def reinstate(self, number: int) -> None:
        claim = self.one(Redemption, number, ["refused"])
        if claim is not None:
            self.attempt("shay", reinstate_voucher, claim, reason="the provider's fault")
