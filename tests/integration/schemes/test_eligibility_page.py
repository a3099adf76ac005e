"""Who may apply, changed while applications are written and after some were sent."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.applications.people import filled, sent, with_rules
from tests.integration.payments.pages import browser_of
from voucher.applications.applying import findings_of, send_form
from voucher.applications.models import ApplicationForm
from voucher.audit.queries import history
from voucher.platform.db import session
from voucher.platform.errors import DomainError
from voucher.schemes.eligibility import Verdict
from voucher.schemes.models import Scheme

PAGE = "/scheme/eligibility"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def change(app: Flask, world: World, answers: dict[str, object], *, expect: int = 302) -> Page:
    client = browser_of(app, world, "shay")
    entered = {"Reason": "the funder asks for it", **answers}
    page = client.submit(client.get(PAGE), entered, button="Change who may apply", expect=expect)
    session.expire_all()
    return page


def test_only_a_scheme_administrator_of_the_scheme_changes_who_may_apply(app: Flask, world: World) -> None:
    for name in ("asha", "ada", "pat"):
        client = browser_of(app, world, name)
        client.get(PAGE, expect=403)
        client.post(PAGE, {"reason": "x"}, expect=403)


def test_the_rules_are_replaced_and_stand_on_the_public_page(app: Flask, world: World) -> None:
    change(
        app, world, {"Postcode areas or districts": "hx, LS21", "Most turnover in the last financial year": "500.00"}
    )
    rules = session.get_one(Scheme, world.scheme.id).eligibility
    assert rules == {"postcode_areas": ["HX", "LS21"], "most_turnover_pence": 50_000}
    assert "begins with one of these: HX, LS21." in browser_of(app, world, "pat").get("/schemes/NTT")
    event = history("scheme", world.scheme.id)[-1]
    assert (event.action, event.reason) == ("scheme.eligibility_changed", "the funder asks for it")
    assert event.details == {"before": {}, "after": rules}


def test_what_cannot_be_asked_is_named_at_its_field(app: Flask, world: World) -> None:
    page = change(app, world, {"Postcode areas or districts": "Yorkshire"}, expect=422)
    assert page.links["Enter areas or districts of postcodes, like HX or LS21."] == "#postcode_areas"
    page = change(app, world, {"Activities that are excluded": "banks"}, expect=422)
    assert page.links["Enter SIC codes or their first digits, like 64 or 92000."] == "#excluded_sic"
    assert "These are the rules that the scheme has already." in change(app, world, {}, expect=422)


def test_what_was_sent_keeps_its_answers_and_what_the_rules_said_of_them(app: Flask, world: World) -> None:
    with_rules(world, postcode_areas=["LS"])
    form = sent(world)
    before = browser_of(app, world, "nia").get(f"/apply/{form.public_id}")
    change(app, world, {"Postcode areas or districts": "HX", "Most employees": "3"})
    form = session.get_one(ApplicationForm, form.id)
    found = findings_of(world.act("asha"), form)
    assert [(each.rule, each.verdict) for each in found] == [("postcode_areas", Verdict.MET)]
    after = browser_of(app, world, "nia").get(f"/apply/{form.public_id}")
    assert (form.application is not None, after.words) == (True, before.words)


def test_what_is_still_being_written_is_held_to_the_new_rules(app: Flask, world: World) -> None:
    form = filled(world)
    change(app, world, {"Postcode areas or districts": "HX"})
    with pytest.raises(DomainError, match="rule"):
        world.do("nia", send_form, session.get_one(ApplicationForm, form.id))


def test_control_without_its_own_rules_a_sent_application_would_be_read_by_those_of_today(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = sent(world)
    monkeypatch.setattr(ApplicationForm, "rules", property(lambda self: self.scheme.eligibility))
    change(app, world, {"Postcode areas or districts": "HX"})
    form = session.get_one(ApplicationForm, form.id)
    assert [each.verdict for each in findings_of(world.act("asha"), form)] == [Verdict.NOT_MET]
