"""When a provider may act, and when payee details may be used."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.providers.rules import Modulus, PayeeCheck, ProviderState, may_act, why_details_cannot_be_used

TODAY = date(2026, 4, 7)


@pytest.mark.rule(50, 51)
@pytest.mark.parametrize("state", list(ProviderState))
def test_only_an_approved_provider_acts_and_only_to_the_end_of_its_approval(state: ProviderState) -> None:
    approved = state == ProviderState.APPROVED
    assert may_act(state, TODAY, TODAY) is approved
    assert not may_act(state, date(2026, 4, 6), TODAY)
    assert not may_act(state, None, TODAY)


USABLE: dict[str, object] = {
    "modulus": Modulus.NOT_CHECKABLE,
    "payee_check": PayeeCheck.MATCH,
    "note": "",
    "evidence": True,
    "confirmed": True,
    "superseded": False,
}


@pytest.mark.rule(30, 31)
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"modulus": Modulus.PASSED},
        {"payee_check": PayeeCheck.CLOSE_MATCH, "note": "trades as Calder"},
        {"payee_check": PayeeCheck.UNAVAILABLE, "note": "bank letter seen"},
    ],
)
def test_checked_and_confirmed_details_can_be_used(change: dict[str, object]) -> None:
    assert why_details_cannot_be_used(**{**USABLE, **change}) is None  # type: ignore[arg-type]


@pytest.mark.rule(30, 31)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"superseded": True}, "newer details"),
        ({"modulus": Modulus.FAILED}, "modulus"),
        ({"payee_check": None}, "No Confirmation of Payee outcome"),
        ({"payee_check": PayeeCheck.NO_MATCH}, "no match"),
        ({"payee_check": PayeeCheck.NO_MATCH, "note": "they are right all the same"}, "no match"),
        ({"payee_check": PayeeCheck.CLOSE_MATCH}, "close match"),
        ({"payee_check": PayeeCheck.CLOSE_MATCH, "note": "  "}, "close match"),
        ({"payee_check": PayeeCheck.UNAVAILABLE}, "unavailable"),
        ({"payee_check": PayeeCheck.UNAVAILABLE, "note": "seen", "evidence": False}, "no document is kept"),
        ({"confirmed": False}, "second person"),
    ],
)
def test_one_thing_missing_bars_the_details(change: dict[str, object], reason: str) -> None:
    assert reason in (why_details_cannot_be_used(**{**USABLE, **change}) or "")  # type: ignore[arg-type]
