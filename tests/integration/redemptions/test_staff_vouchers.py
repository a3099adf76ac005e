"""Staff look after vouchers: the queue, what ends soon, each step with its reason, never one's own."""

from __future__ import annotations

from collections.abc import Callable

import pypdfium2
import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk, gains, outsider, reads_nothing
from tests.integration.redemptions.pages import told
from tests.journeys.steps import fall_due
from voucher.accounts.rules import Role
from voucher.audit.queries import history
from voucher.funding.queries import standing_of_voucher
from voucher.funding.rules import Account
from voucher.platform.db import read_anew, session
from voucher.platform.errors import Forbidden
from voucher.redemptions.decisions import refuse_claim, reinstate_voucher
from voucher.redemptions.lookups import look_up
from voucher.redemptions.models import Redemption
from voucher.redemptions.rules import Outcome
from voucher.vouchers.models import Voucher

CANCEL = {"What is the cause?": "The business has stopped trading", "Why": "struck off"}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def path_of(voucher: Voucher, step: str = "") -> str:
    return f"/vouchers-desk/{voucher.reference}" + (f"/{step}" if step else "")


def fresh(voucher: Voucher) -> Voucher:
    read_anew()
    return session.merge(voucher)


# Who may not


@pytest.mark.rule(3)
def test_providers_businesses_and_those_without_a_role_open_none_of_it(app: Flask, world: World) -> None:
    voucher = world.issued()
    paths = ["/vouchers-desk", path_of(voucher), path_of(voucher, "cancel")]
    paths += [f"/vouchers-desk/of-application/{voucher.application.public_id}"]
    for name in ("pat", world.owner_of(voucher), "ada"):
        client = at_desk(app, world, name)
        reads_nothing(client, paths, expect=403)
        client.get("/account")
        client.post(path_of(voucher, "paper"), expect=403)


def test_staff_of_another_scheme_find_no_such_voucher(app: Flask, world: World) -> None:
    voucher = world.issued()
    otto = at_desk(app, world, outsider(world, Role.SCHEME_ADMINISTRATOR))
    reads_nothing(otto, [path_of(voucher), path_of(voucher, "cancel")], expect=404)
    assert voucher.reference not in otto.get("/vouchers-desk")
    otto.get("/account")
    otto.post(path_of(voucher, "paper"), expect=404)


def test_who_only_reads_sees_whose_step_it_is_and_cannot_print(app: Flask, world: World) -> None:
    voucher = world.issued()
    vera = at_desk(app, world, "vera")
    page = vera.get(path_of(voucher))
    assert "Cancel: Only people with this role may do this: scheme administrator." in page
    assert "Download the voucher (PDF)" not in page
    vera.post(path_of(voucher, "paper"), expect=403)


def test_the_record_shows_none_of_the_secrets(app: Flask, world: World) -> None:
    voucher = world.issued()
    page = at_desk(app, world, "shay").get(path_of(voucher))
    assert voucher.public_id not in page.text
    assert world.code_of(voucher) not in page.text


OWN = {
    "suspend": {"reason": "a quarrel"},
    "extend": {"reason": "more time", "last_day": "2026-07-20"},
    "replace": {"reason": "lost"},
    "cancel": {"reason": "no use", "code": "another reason"},
    "paper": {},
}


def own_voucher(app: Flask, world: World, voucher: Voucher) -> PageClient:
    """The browser of shay, who is of the voucher's business, too, as one who may look after all others."""
    gains(world, "shay", Role.PROVIDER_SCANNER, organisation_id=voucher.business_id)
    shay = at_desk(app, world, "shay")
    shay.get("/account")
    return shay


@pytest.mark.rule(65)
@pytest.mark.parametrize("step", list(OWN))
def test_nobody_looks_after_the_voucher_of_their_own_organisation(app: Flask, world: World, step: str) -> None:
    voucher = world.issued()
    shay = own_voucher(app, world, voucher)
    events = len(history("voucher", voucher.id))
    assert "This is your own organisation's voucher: another person must do this." in shay.get(path_of(voucher))
    shay.get("/account")
    shay.post(path_of(voucher, step), OWN[step], expect=403)
    assert len(history("voucher", fresh(voucher).id)) == events


@pytest.mark.rule(65)
@pytest.mark.parametrize("step", list(OWN))
def test_control_without_the_policy_they_would(
    app: Flask, world: World, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher = world.issued()
    shay = own_voucher(app, world, voucher)
    events = len(history("voucher", voucher.id))
    for module in ("commands", "credentials", "papers"):
        monkeypatch.setattr(f"voucher.vouchers.{module}.why_not_manage", lambda *_anything: None)
    shay.post(path_of(voucher, step), OWN[step], expect=200 if step == "paper" else 302)
    assert len(history("voucher", fresh(voucher).id)) > events


# The queue


def test_the_queue_shows_the_next_to_end_first_with_what_is_left_and_held(
    app: Flask, world: World, clock: FixedClock
) -> None:
    first = world.issued()
    clock.advance(days=1)
    second = world.issued()
    world.recorded(first)
    page = at_desk(app, world, "vera").get("/vouchers-desk")
    assert [row[0] for row in page.rows] == [first.reference, second.reference]
    assert page.rows[0][3:] == ["6 July 2026 (in 89 days)", "£750.00", "£750.00", "£0.00"]
    assert "2 issued, £750.00 left" in page


def test_what_ends_soon_is_counted_and_filtered(app: Flask, world: World, clock: FixedClock) -> None:
    first = world.issued()
    clock.advance(days=61)
    second = world.issued()
    shay = at_desk(app, world, "shay")
    page = shay.get("/vouchers-desk")
    assert "1 end within 30 days, £750.00 left" in page
    soon = shay.click(page, "1 end within 30 days, £750.00 left")
    assert [row[1] for row in soon.rows] == [first.reference]
    later = shay.get("/vouchers-desk", query={"expiring": "7"})
    assert "No voucher fits." in later
    found = shay.get("/vouchers-desk", query={"text": second.business.name})
    assert [row[1] for row in found.rows] == [second.reference]


# Steps


def test_the_record_shows_sessions_claims_money_and_history(app: Flask, world: World) -> None:
    claim = world.payable()
    page = at_desk(app, world, "shay").get(path_of(claim.voucher))
    assert claim.reference in page.links
    assert any("First web shop" in row for row in page.rows)
    kinds = [row[1] for row in page.rows if "LGF-1, line L1" in row]
    assert kinds == ["Issued", "Claimed", "Approved"]
    assert any("Voucher issued" in row for row in page.rows)


def test_suspending_stops_look_ups_until_it_is_lifted(app: Flask, world: World) -> None:
    voucher, shay = world.issued(), at_desk(app, world, "shay")
    page = shay.click(shay.get(path_of(voucher)), "Suspend")
    assert shay.submit(page, button="Suspend the voucher", expect=422).links["Say why."] == "#reason"
    record = shay.follow(shay.submit(page, {"Why": "two firms claim it"}, button="Suspend the voucher"))
    assert "Suspended: two firms claim it" in record
    assert world.do("pat", look_up, world.scheme, world.code_of(voucher)).outcome == Outcome.SUSPENDED
    page = shay.click(record, "Lift the suspension")
    shay.submit(page, {"Why": "cleared up"}, button="Lift the suspension")
    assert world.do("pat", look_up, world.scheme, world.code_of(voucher)).outcome == Outcome.GOOD


@pytest.mark.rule(13)
def test_an_extension_keeps_the_limits_and_says_them_at_the_field(app: Flask, world: World) -> None:
    voucher, shay = world.issued(), at_desk(app, world, "shay")
    page = shay.click(shay.get(path_of(voucher)), "Extend")
    assert "The scheme allows 1 extension of at most 30 days for each voucher" in page
    late = {"New last day": "2026-08-20", "Why": "illness"}
    refused = shay.submit(page, late, button="Move the last day", expect=422)
    assert refused.links["An extension is at most 30 days."] == "#last_day"
    record = shay.follow(shay.submit(page, {**late, "New last day": "2026-07-31"}, button="Move the last day"))
    assert f"Voucher {voucher.reference} is good until 31 July 2026." in record
    page = shay.get(path_of(voucher, "extend"))
    again = shay.submit(page, {**late, "New last day": "2026-08-10"}, button="Move the last day", expect=422)
    assert "The scheme allows 1 extension and this voucher has had 1." in again.links


@pytest.mark.rule(13)
def test_control_without_the_limits_a_voucher_would_be_extended_for_long(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher, shay = world.issued(), at_desk(app, world, "shay")
    monkeypatch.setattr("voucher.vouchers.commands.why_no_extension", lambda **_anything: None)
    answers = {"New last day": "2026-12-20", "Why": "illness"}
    shay.submit(shay.get(path_of(voucher, "extend")), answers, button="Move the last day")
    assert fresh(voucher).last_day.isoformat() == "2026-12-20"


@pytest.mark.rule(13)
def test_after_the_last_day_there_is_no_extension(app: Flask, world: World, clock: FixedClock) -> None:
    voucher = world.issued()
    clock.advance(days=91)
    shay = at_desk(app, world, "shay")
    answers = {"New last day": "2026-07-20", "Why": "illness"}
    page = shay.submit(shay.get(path_of(voucher, "extend")), answers, button="Move the last day", expect=422)
    assert "The voucher has expired. An extension must be asked for before the last day is over." in page.links


def test_cancelling_names_its_cause_and_gives_the_money_back(app: Flask, world: World) -> None:
    voucher, shay = world.issued(), at_desk(app, world, "shay")
    page = shay.click(shay.get(path_of(voucher)), "Cancel")
    assert "£750.00 goes back to the funding lines at once" in page
    record = shay.follow(shay.submit(page, CANCEL, button="Cancel the voucher"))
    assert "Download the voucher (PDF)" not in record
    assert sum(standing_of_voucher(voucher.id, Account.COMMITTED).values()) == 0
    [event] = [each for each in history("voucher", voucher.id) if each.action == "voucher.cancelled"]
    assert (event.details["code"], event.reason) == ("the business has stopped trading", "struck off")
    assert told("voucher_cancelled") == [voucher.application.contact.email]


def test_replacing_makes_a_new_copy_and_the_old_one_is_refused(app: Flask, world: World) -> None:
    voucher, shay = world.issued(), at_desk(app, world, "shay")
    old = world.code_of(voucher)
    page = shay.click(shay.get(path_of(voucher)), "Replace")
    record = shay.follow(shay.submit(page, {"Why": "left on a train"}, button="Replace the voucher"))
    assert "copy number 2" in record
    assert world.do("pat", look_up, world.scheme, old).outcome == Outcome.REPLACED


def test_printing_gives_the_paper_and_is_noted(app: Flask, world: World) -> None:
    voucher, shay = world.issued(), at_desk(app, world, "shay")
    answer = shay.submit(shay.get(path_of(voucher)), button="Download the voucher (PDF)", expect=200)
    assert answer.body.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == f"attachment; filename={voucher.reference}.pdf"
    assert history("voucher", voucher.id)[-1].action == "voucher.printed"
    shay.get(path_of(voucher, "paper"), expect=404)


@pytest.mark.rule(6)
def test_the_paper_that_staff_print_names_its_one_business(app: Flask, world: World) -> None:
    voucher, shay = world.issued(), at_desk(app, world, "shay")
    answer = shay.submit(shay.get(path_of(voucher)), button="Download the voucher (PDF)", expect=200)
    words = " ".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(answer.body))
    assert voucher.business.name in " ".join(words.split())
    assert "Not transferable" in words


def refused_after_expiry(world: World, clock: FixedClock) -> Redemption:
    """A claim that was refused after its voucher had expired."""
    claim = world.claimed(world.issued())
    clock.advance(days=99)
    fall_due(world)
    world.do("carl", refuse_claim, claim, reason="billed for another firm")
    return claim


def test_a_voucher_comes_back_for_a_claim_that_was_refused_after_it_expired(
    app: Flask, world: World, clock: FixedClock
) -> None:
    claim = refused_after_expiry(world, clock)
    shay = at_desk(app, world, "shay")
    page = shay.click(shay.get(f"/claims-desk/{claim.public_id}"), "Bring the voucher back")
    shay.submit(page, {"Why": "the provider billed wrongly"}, button="Bring the voucher back")
    assert (fresh(claim.voucher).state, fresh(claim.voucher).remaining_pence) == ("issued", 24_000)


@pytest.mark.rule(65)
def test_nobody_brings_back_the_voucher_of_their_own_organisation(
    app: Flask, world: World, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = refused_after_expiry(world, clock)
    gains(world, "shay", Role.PROVIDER_SCANNER, organisation_id=claim.voucher.business_id)
    with pytest.raises(Forbidden, match="own organisation"):
        world.do("shay", reinstate_voucher, claim, reason="mine")
    nothing: Callable[..., None] = lambda *_anything: None  # noqa: E731
    monkeypatch.setattr("voucher.redemptions.decisions.why_not_decide_claim", nothing)  # the control
    world.do("shay", reinstate_voucher, claim, reason="mine")
