"""Who opens a provider's pages, and what a look-up answers, as people meet it on their phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import (
    asked_of_the_database,
    colleague,
    joins,
    look_up,
    other_provider,
    rows,
    second_scheme,
    signed_in,
    suspend_firm,
    told,
    typed_code,
    writes,
)
from voucher.accounts.rules import Role
from voucher.redemptions import lookups
from voucher.redemptions.models import DeliverySession, LookUp
from voucher.redemptions.rules import VERDICTS, WORDS, Outcome
from voucher.vouchers import typed_code as codes
from voucher.vouchers.commands import cancel, suspend
from voucher.vouchers.credentials import replace
from voucher.vouchers.models import Voucher

PATHS = [
    "/provider", "/scan", "/look-up", "/sessions", "/sessions/mine", "/sessions/x", "/claims", "/claims/new",
    "/claims/x", "/claims/x/correct", "/claims/x/payment", "/remittances", "/remittances/x",
]  # fmt: skip
UNKNOWN = codes.display(codes.encode(12_345))


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


# Who may not


@pytest.mark.parametrize("path", PATHS)
def test_nobody_opens_a_providers_page_without_signing_in(app: Flask, client: PageClient, path: str) -> None:
    assert (client.get(path, expect=302).location or "").startswith("/sign-in")


@pytest.mark.parametrize("path", PATHS)
def test_a_person_who_works_for_no_provider_is_told_so(app: Flask, world: World, path: str) -> None:
    colleague(world, "nell")
    assert "Your roles do not open this page." in signed_in(app, "nell").get(path, expect=403)


@pytest.mark.rule(3)
def test_what_another_provider_owns_is_not_found(app: Flask, world: World) -> None:
    other_provider(world)
    recorded, claimed = world.recorded(world.issued()), world.claimed(world.issued())
    olga = signed_in(app, "olga")
    for path in (f"/sessions/{recorded.public_id}", f"/claims/{claimed.public_id}"):
        assert olga.get(path, expect=404).heading == "Page not found"
    olga.get("/claims/new", query={"session": recorded.public_id}, expect=404)
    olga.get("/look-up")
    olga.post(f"/sessions/{recorded.public_id}", {"minutes": "5"}, expect=404)
    olga.post(f"/sessions/{recorded.public_id}/undo", {"reason": "not ours"}, expect=404)
    olga.post("/claims/new", {"session": recorded.public_id}, expect=404)
    assert "Aire Valley Bakery" not in olga.get("/sessions")
    assert "Aire Valley Bakery" not in olga.get("/claims")


def test_control_its_own_provider_finds_them(app: Flask, world: World) -> None:
    recorded, claimed = world.recorded(world.issued()), world.claimed(world.issued())
    pat = signed_in(app)
    pat.get(f"/sessions/{recorded.public_id}")
    pat.get(f"/claims/{claimed.public_id}")
    pat.get("/claims/new", query={"session": recorded.public_id})


def test_a_scanner_records_support_and_makes_no_claim(app: Flask, world: World) -> None:
    colleague(world, "sid", Role.PROVIDER_SCANNER)
    code, sid = typed_code(world, world.issued()), signed_in(app, "sid")
    page = sid.click(look_up(sid, code), "Record support")
    page = sid.follow(sid.submit(page, {"What was done": "A shop"}, button="Record support"))
    assert "Make the claim" not in page.links
    assert "Your firm's manager makes the claim." in page
    for path in ("/claims/new", "/claims", "/sessions", "/remittances"):
        sid.get(path, expect=403)


def test_a_scanner_sees_what_it_recorded_and_neither_a_colleagues_work_nor_the_firms_money(
    app: Flask, world: World
) -> None:
    colleague(world, "sid", Role.PROVIDER_SCANNER)
    of_pat, code = world.recorded(world.issued()), typed_code(world, world.issued())
    world.claimed(world.issued())
    sid = signed_in(app, "sid")
    page = sid.click(look_up(sid, code), "Record support")
    sid.submit(page, {"What was done": "A shop"}, button="Record support")
    sid.get(f"/sessions/{of_pat.public_id}", expect=404)
    mine = sid.get("/sessions/mine")
    assert "The business has not answered yet." in mine
    assert of_pat.voucher.business.name not in mine
    assert "£" not in mine
    assert "£" not in sid.get("/provider")


# Looking up


def spent(world: World, voucher: Voucher) -> None:
    world.recorded(voucher)


def expired(world: World, voucher: Voucher) -> None:
    world.clock.advance(days=98)


def in_the_late_days(world: World, voucher: Voucher) -> None:
    world.clock.advance(days=97)


def approval_over(world: World, voucher: Voucher) -> None:
    world.clock.advance(days=366)


def unknown_codes(world: World, voucher: Voucher) -> None:
    for _time in range(world.scheme.lookup_limit_person):
        world.do("pat", lookups.look_up, world.scheme, UNKNOWN)


HOW: dict[Outcome, Callable[[World, Voucher], object]] = {
    Outcome.LOCKED: unknown_codes,
    Outcome.PROVIDER_NOT_APPROVED: approval_over,
    Outcome.PROVIDER_SUSPENDED: lambda world, voucher: suspend_firm(world),
    Outcome.NOT_RECOGNISED: lambda world, voucher: None,
    Outcome.REPLACED: lambda world, voucher: world.do("shay", replace, voucher, reason="lost"),
    Outcome.CANCELLED: lambda world, voucher: world.do("shay", cancel, voucher, reason="asked for"),
    Outcome.SUSPENDED: lambda world, voucher: world.do("shay", suspend, voucher, reason="a question"),
    Outcome.EXPIRED: expired,
    Outcome.NOTHING_LEFT: spent,
    Outcome.GOOD: lambda world, voucher: None,
    Outcome.GOOD_LATE: in_the_late_days,
}


def test_every_outcome_of_the_catalogue_is_shown_below() -> None:
    assert set(HOW) == set(Outcome)


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_is_said_in_words_with_what_to_do_next(app: Flask, world: World, outcome: Outcome) -> None:
    voucher = world.issued()
    code = UNKNOWN if outcome == Outcome.NOT_RECOGNISED else typed_code(world, voucher)
    HOW[outcome](world, voucher)
    good = outcome in (Outcome.GOOD, Outcome.GOOD_LATE)
    expect = 200 if good else 429 if outcome == Outcome.LOCKED else 422
    page = look_up(signed_in(app), code, expect=expect)
    assert page.heading == VERDICTS[outcome]
    assert WORDS[outcome].sentence in page
    assert WORDS[outcome].next_step in page
    assert ("Record support" in page.links) == good
    assert ("Aire Valley Bakery" in page) == good


def test_a_good_voucher_shows_whose_it_is_what_is_left_until_when_and_what_for(app: Flask, world: World) -> None:
    pat = signed_in(app)
    page = look_up(pat, world.code_of(world.issued()))
    for words in ("Aire Valley Bakery", "£750.00", "6 July 2026", "80% of the price", "A first website, Stock control"):
        assert words in page
    assert pat.click(page, "Record support").heading == "Record support"


def test_a_code_may_be_typed_small_and_with_spaces(app: Flask, world: World) -> None:
    code = typed_code(world, world.issued())
    assert look_up(signed_in(app), f"  {code.lower().replace('-', ' ')} ").heading == "Good"


def same(page: Page) -> str:
    """The page without what differs each time it is sent: the token of its forms."""
    tokens = {element.get("value", "") for element in page.all("input", name="csrf_token")}
    text = page.text
    for token in tokens:
        text = text.replace(token, "")
    return text


@pytest.mark.rule(3)
def test_forged_unknown_and_other_schemes_codes_get_one_answer(app: Flask, world: World) -> None:
    voucher = world.issued()
    with second_scheme(world):
        other_provider(world)
    genuine = world.code_of(voucher)
    forged = genuine[:-1] + ("A" if genuine[-1] != "A" else "B")
    presented = [forged, UNKNOWN, "nothing like a code", genuine, typed_code(world, voucher)]
    olga = signed_in(app, "olga")
    pages = [look_up(olga, code, expect=422) for code in presented]
    assert len({same(page) for page in pages}) == 1
    assert WORDS[Outcome.NOT_RECOGNISED].sentence in pages[0]


@pytest.mark.rule(3)
def test_control_in_its_own_scheme_the_genuine_one_gets_another_answer(app: Flask, world: World) -> None:
    voucher = world.issued()
    world.do("shay", suspend, voucher, reason="a question")
    pat = signed_in(app)
    assert same(look_up(pat, world.code_of(voucher), expect=422)) != same(look_up(pat, UNKNOWN, expect=422))


@pytest.mark.rule(4)
def test_after_the_configured_number_of_refused_codes_looking_up_locks_and_an_alert_is_queued(
    app: Flask, world: World, clock: FixedClock
) -> None:
    code, pat = typed_code(world, world.issued()), signed_in(app)
    for _time in range(world.scheme.lookup_limit_person):
        assert not told("lookups_locked")
        look_up(pat, UNKNOWN, expect=422)
    assert told("lookups_locked") == ["shay@northmoor.example"]
    assert "Looking up is locked" in look_up(pat, code, expect=429)
    clock.advance(minutes=61)
    assert look_up(pat, code).heading == "Good"


@pytest.mark.rule(4)
def test_control_without_the_count_nothing_locks(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "counted_refusals", lambda *_anything: 0)
    code, pat = typed_code(world, world.issued()), signed_in(app)
    for _time in range(world.scheme.lookup_limit_person + 1):
        look_up(pat, UNKNOWN, expect=422)
    assert look_up(pat, code).heading == "Good"
    assert not told("lookups_locked")


@pytest.mark.rule(4)
def test_a_mistyped_code_is_named_at_its_field_and_not_counted(app: Flask, world: World) -> None:
    code, pat = typed_code(world, world.issued()), signed_in(app)
    mistyped = code[:-1] + ("0" if code[-1] != "0" else "1")
    for _time in range(world.scheme.lookup_limit_person + 1):
        page = look_up(pat, mistyped, expect=422)
    assert page.links["That code has a typing error. Check each letter and digit."] == "#code"
    assert page.form("Look up").data["code"] == [mistyped]
    assert rows(LookUp) == 0
    assert look_up(pat, code).heading == "Good"


@pytest.mark.parametrize("entered", ["", "   ", "x" * 501])
def test_what_is_no_attempt_is_asked_for_again_and_not_kept(app: Flask, world: World, entered: str) -> None:
    page = look_up(signed_in(app), entered, expect=422)
    assert page.title.startswith("Error: Look up a voucher")
    assert rows(LookUp) == 0


def test_a_firm_in_two_schemes_says_which_one_it_means(app: Flask, world: World) -> None:
    voucher = world.issued()
    with second_scheme(world):
        olga = other_provider(world)
    colleague(world, "pia", Role.PROVIDER_MANAGER)
    joins(world, "pia", olga)
    pia = signed_in(app, "pia")
    code = typed_code(world, voucher)
    page = look_up(pia, code, expect=422)
    assert "Choose the scheme that stands on the voucher." in page.links
    good = pia.submit(page, {"Scheme": "Northern Tech Tasters", "Voucher code": code}, button="Look up", expect=200)
    assert good.heading == "Good"
    other = {"Scheme": "Other Tech Tasters", "Voucher code": code}
    assert pia.submit(pia.get("/look-up"), other, button="Look up", expect=422).heading == "Not good"


# What pages do not do


def test_looking_at_pages_writes_nothing(app: Flask, world: World) -> None:
    opened, recorded = world.opened(world.issued()), world.recorded(world.issued())
    claimed = world.claimed(world.issued())
    pat = signed_in(app)
    paths = [
        "/provider",
        "/scan",
        "/look-up",
        "/sessions/mine",
        "/remittances",
        "/sessions",
        "/claims",
        f"/claims/{claimed.public_id}",
        world.code_of(opened.voucher),
    ]
    paths += [f"/sessions/{each.public_id}" for each in (opened, recorded)]
    paths += [f"/claims/new?session={recorded.public_id}"]
    assert writes(lambda: [pat.get(path) for path in paths]) == []


def test_control_looking_up_writes(app: Flask, world: World) -> None:
    code, pat = typed_code(world, world.issued()), signed_in(app)
    page = pat.get("/look-up")
    assert writes(lambda: pat.submit(page, {"Voucher code": code}, button="Look up", expect=200))
    assert rows(DeliverySession) == 1


def test_a_page_of_many_sessions_asks_the_database_no_more_than_one_of_few(app: Flask, world: World) -> None:
    pat = signed_in(app)
    world.recorded(world.issued())
    few = asked_of_the_database(lambda: pat.get("/sessions"))
    for _time in range(3):
        world.recorded(world.issued())
    assert asked_of_the_database(lambda: pat.get("/sessions")) == few
