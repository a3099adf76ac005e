"""An auditor finds any record by its reference, follows it from award to bank line, and changes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, true

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.redemptions.pages import second_scheme, writes
from tests.integration.reports.staff import browser_of, with_role
from tests.journeys.steps import on, signed
from voucher.accounts.rules import PERMISSIONS, Role
from voucher.assurance.concentration import look_for_concentration, set_thresholds
from voucher.assurance.irregularities import register_irregularity
from voucher.assurance.models import ConcentrationCase
from voucher.assurance.rules import IrregularityKind, Thresholds
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.web import guard_of
from voucher.redemptions.models import Redemption
from voucher.workspace import records

pytestmark = pytest.mark.usefixtures("sketched")

APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def auditor(app: Flask, world: World, name: str = "aude") -> PageClient:
    with_role(world, name, Role.AUDITOR)
    return browser_of(app, world, name)


def one_of_each(world: World) -> dict[str, tuple[Any, str]]:
    """A record of every kind, with the words by which it is found."""
    claim = world.payable()
    payment = world.paid()[0]
    line = world.bank_line(-7, "A LINE OF ITS OWN")
    debt = world.debt_on(claim, 1_000)
    on(world, "2026-05-04")
    statement = signed(world, *APRIL)
    rows: dict[str, Any] = {
        "voucher": claim.voucher,
        "claim": claim,
        "application": claim.voucher.application,
        "provider": claim.provider,
        "payment": payment,
        "batch": payment.batch,
        "statement": statement,
        "debt": debt,
        "agreement": world.agreement,
        **watched(world, claim),
    }
    found = {kind: (row, row.reference) for kind, row in rows.items()}
    business = claim.voucher.business
    return {**found, "business": (business, business.name), "bank-line": (line, line.bank_reference)}


def watched(world: World, claim: Redemption) -> dict[str, Any]:
    """An irregularity, and a case of concentration."""
    kind = IrregularityKind.IRREGULARITY
    made = world.do("vera", register_irregularity, world.scheme, kind=kind, pence=1, note="odd", claim=claim)
    world.do("shay", set_thresholds, world.scheme, Thresholds(claims_a_day=1), reason="to be seen")
    world.do("vera", look_for_concentration, world.scheme)
    return {"irregularity": made, "case": session.scalars(select(ConcentrationCase)).one()}


def test_nobody_but_an_auditor_finds_or_opens_records(app: Flask, world: World) -> None:
    voucher = world.issued()
    for name in ("ada", "shay", "pat", "sigrid"):
        client = browser_of(app, world, name)
        client.get("/find", expect=403)
        client.get(f"/records/voucher/{voucher.public_id}", expect=403)


def test_an_auditor_of_another_scheme_finds_nothing_here(app: Flask, world: World) -> None:
    voucher = world.issued()
    with second_scheme(world):
        otto = auditor(app, world, "otto")
    assert "Nothing in your schemes" in otto.get("/find", query={"q": voucher.reference})
    otto.get(f"/records/voucher/{voucher.public_id}", expect=404)
    otto.get(f"/records/business/{voucher.business.public_id}", expect=404)
    otto.get(f"/history/voucher/{voucher.reference}", expect=404)


def test_control_without_the_condition_on_the_scheme_it_would_be_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher = world.issued()
    with second_scheme(world):
        otto = auditor(app, world, "otto")
    monkeypatch.setattr(records, "visible", lambda *_args: true())
    otto.get(f"/records/voucher/{voucher.public_id}")


def test_every_kind_of_record_is_found_by_its_reference_and_opens_with_its_history(app: Flask, world: World) -> None:
    each = one_of_each(world)
    assert set(each) == {kind.name for kind in records.KINDS}
    aude = auditor(app, world)
    for kind, (row, words) in each.items():
        page = aude.get("/find", query={"q": words.lower()})
        address = f"/records/{kind}/{row.public_id}"
        assert address in page.links.values(), (kind, words)
        assert row.reference in aude.get(address).heading
        assert aude.get(f"/history/{kind}/{row.public_id}").heading.startswith("History of")


def test_a_claim_leads_to_its_voucher_payment_and_bank_line_and_shows_its_postings(app: Flask, world: World) -> None:
    claim = world.payable()
    payment = world.paid()[0]
    aude = auditor(app, world)
    page = aude.get(f"/records/claim/{claim.public_id}")
    assert next(row[3:6] for row in page.rows if row[4:5] == ["Defrayed"]) == ["Approved", "Defrayed", "£79.99"]
    page = aude.click(page, payment.reference)
    assert "account ending" in page
    page = aude.click(page, next(words for words, where in page.links.items() if "/bank-line/" in where))
    assert "Not explained yet £0.00" in page
    assert claim.voucher.reference in aude.get(f"/records/claim/{claim.public_id}").links


def test_a_record_leads_to_its_own_page_for_whoever_may_open_it(app: Flask, world: World) -> None:
    each = one_of_each(world)
    aude = auditor(app, world)
    for kind, (row, words) in each.items():
        own = aude.get(f"/records/{kind}/{row.public_id}").links.get("Go to its own page")
        assert (own is None) == (kind == "business"), kind
        if own:
            assert own in aude.get("/find", query={"q": words}).links.values()
            aude.get(own)


def test_whoever_may_not_open_the_own_page_is_not_led_there(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = world.claimed(world.issued())
    monkeypatch.setitem(PERMISSIONS, Role.AUDITOR, frozenset({Permission.AUDIT_EVERYTHING_READ}))
    aude = auditor(app, world)
    assert "own page" not in aude.get(f"/records/claim/{claim.public_id}").links
    assert not [where for where in aude.get("/find", query={"q": claim.reference}).links.values() if "desk" in where]
    assert "Go to its own page" in aude.get(f"/records/provider/{claim.provider.public_id}").links


def test_staff_read_the_history_of_a_record_by_its_reference_and_others_do_not(app: Flask, world: World) -> None:
    voucher = world.issued()
    page = browser_of(app, world, "vera").get(f"/history/voucher/{voucher.reference}")
    assert ["Voucher issued", "Issued"] in [row[2:4] for row in page.rows]
    browser_of(app, world, "pat").get(f"/history/voucher/{voucher.reference}", expect=403)
    browser_of(app, world, "vera").get("/history/voucher/NONE", expect=404)
    browser_of(app, world, "vera").get("/history/thing/NONE", expect=404)


def test_an_auditor_writes_nothing_by_looking_and_is_refused_every_act(app: Flask, world: World) -> None:
    each = one_of_each(world)
    aude = auditor(app, world)
    aude.get("/account")
    assert writes(lambda: [aude.get(f"/records/{kind}/{row.public_id}") for kind, (row, _words) in each.items()]) == []
    acts = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())]
    guarded = [rule for rule in acts if guard_of(app.view_functions[rule.endpoint]).permissions]
    assert guarded
    for rule in guarded:
        permissions = guard_of(app.view_functions[rule.endpoint]).permissions
        # Samples are the auditors' own books: they stand beside the scheme's and change nothing of it.
        assert not permissions & (PERMISSIONS[Role.AUDITOR] - {Permission.AUDIT_SAMPLES_DRAW}), rule.endpoint
