"""Many guesses at once: the limit holds, and without the queue it would not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from flask import Flask

from tests.integration.accounts.people import OLWEN, kept_attempts, nobody, olwen
from voucher.accounts import sign_in as sessions
from voucher.audit.commands import transaction
from voucher.platform.db import read_anew
from voucher.platform.errors import DomainError

AT_ONCE = 8


def check_slowly(monkeypatch: pytest.MonkeyPatch, patience: float) -> None:
    """Every check of a password waits until all guesses have been let through, or for so many seconds."""
    meeting = Barrier(AT_ONCE)

    def check(_hashed: str | None, _password: str) -> bool:
        with suppress(BrokenBarrierError):  # The others are kept waiting in the queue, which is what it is for.
            meeting.wait(timeout=patience)
        return False

    monkeypatch.setattr(sessions, "_password_fits", check)


def guess(app: Flask) -> str:
    with app.app_context():
        act = nobody()
        try:
            with transaction(act.actor, act.clock):
                result = sessions.sign_in(act, email=OLWEN, password="a guess", address="192.0.2.7")
        except DomainError as refusal:
            return refusal.code
        assert isinstance(result, sessions.SignInRefused)
        return result.code


def guess_at_once(app: Flask) -> list[str]:
    olwen()
    read_anew()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return sorted(threads.map(guess, [app] * AT_ONCE))


def test_of_eight_guesses_at_once_five_are_looked_at(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    check_slowly(monkeypatch, patience=0.5)
    assert guess_at_once(app) == ["locked"] * 3 + ["sign_in_wrong"] * 5
    assert kept_attempts() == 5


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_control_without_the_queue_all_eight_are_looked_at(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    check_slowly(monkeypatch, patience=30)
    monkeypatch.setattr(sessions, "queue_up", lambda _email, _address: None)
    assert guess_at_once(app) == ["sign_in_wrong"] * 8
