"""A provider opens the files that it handed in with its own claims, and disputes a claim."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk
from tests.integration.redemptions.pages import colleague, other_provider, signed_in, told
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.audit.models import AuditEvent
from voucher.platform.act import Act
from voucher.platform.db import atomic, session
from voucher.platform.errors import Forbidden
from voucher.redemptions import provider_queries
from voucher.redemptions.answers import dispute_claim
from voucher.redemptions.models import Redemption


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.fixture
def made(world: World) -> Redemption:
    return world.claimed(world.issued())


def file_of(made: Redemption) -> str:
    return f"/claims/{made.public_id}/files/{made.evidence[0].document.public_id}"


# Who may not


def test_nobody_else_opens_a_firms_files_or_disputes_for_it(app: Flask, world: World, made: Redemption) -> None:
    other_provider(world)
    colleague(world, "cole", Role.PROVIDER_SCANNER)
    for path in (file_of(made), f"/claims/{made.public_id}/dispute"):
        PageClient(app).get(path, expect=302)
        signed_in(app, "olga").get(path, expect=404)
        signed_in(app, "cole").get(path, expect=403)
        for name in ("vera", world.owner_of(made.voucher)):
            at_desk(app, world, name).get(path, expect=403)


def test_control_without_the_scope_another_firm_would_open_it(
    app: Flask, world: World, made: Redemption, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_provider(world)
    organisation_id = session.merge(world.provider).organisation_id
    monkeypatch.setattr(provider_queries, "own_organisations", lambda *_anybody: [organisation_id])
    signed_in(app, "olga").get(file_of(made))


def test_a_file_opens_under_its_own_claim_only(app: Flask, world: World, made: Redemption) -> None:
    other = world.claimed(world.issued())
    file_id = other.evidence[0].document.public_id
    signed_in(app).get(f"/claims/{made.public_id}/files/{file_id}", expect=404)


# The files


def test_a_provider_opens_what_it_handed_in_locked_up_and_never_as_a_page(
    app: Flask, world: World, made: Redemption
) -> None:
    pat = signed_in(app)
    document = made.evidence[0].document
    assert pat.get(f"/claims/{made.public_id}").links[document.original_name] == file_of(made)
    answer = pat.get(file_of(made))
    assert answer.body == office().files.get(document.sha256)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("media_type", ["image/webp", "text/html"])
def test_what_browsers_might_run_is_only_downloaded(
    app: Flask, world: World, made: Redemption, media_type: str
) -> None:
    with atomic():
        session.merge(made).evidence[0].document.media_type = media_type
    answer = signed_in(app).get(file_of(made))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "html" not in answer.headers["Content-Type"]


# Disputes


@pytest.mark.rule(16)
def test_a_provider_disputes_its_claim_and_nothing_is_paid(app: Flask, world: World, made: Redemption) -> None:
    pat = signed_in(app)
    page = pat.click(pat.get(f"/claims/{made.public_id}"), "Dispute this claim")
    empty = pat.submit(page, button="Dispute this claim", expect=422)
    assert empty.links["Say what is wrong: the business and the scheme's office read it."] == "#reason"
    answers = {"What is wrong?": "The business counts another day"}
    page = pat.follow(pat.submit(page, answers, button="Dispute this claim"))
    assert "Why: The business counts another day" in page
    assert "Dispute this claim" not in page.links
    assert session.get_one(Redemption, made.id).state == "disputed"
    assert told("claim_disputed") == ["pat@provider.example"]
    [event] = session.query(AuditEvent).filter_by(action="claim.disputed")
    assert event.actor_name == "Pat"


@pytest.mark.rule(16)
def test_who_only_scans_and_strangers_cannot_dispute_by_command(world: World, made: Redemption) -> None:
    other_provider(world)
    colleague(world, "cole", Role.PROVIDER_SCANNER)
    for name in ("cole", "olga", "petra", world.owner_of(world.issued())):
        with pytest.raises(Forbidden):
            world.do(name, dispute_claim, made, reason="not ours")


@pytest.mark.rule(16)
def test_control_without_that_look_a_stranger_would_stop_the_payment(
    world: World, made: Redemption, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_provider(world)
    monkeypatch.setattr(Act, "require", lambda *_args, **_more: None)
    world.do("olga", dispute_claim, made, reason="not ours")
    assert made.state == "disputed"


def test_a_claim_that_is_over_takes_no_dispute(app: Flask, world: World) -> None:
    made = world.payable()
    world.paid()
    pat = signed_in(app)
    assert pat.get(f"/claims/{made.public_id}/dispute", expect=302).location == f"/claims/{made.public_id}"
    assert "Dispute this claim" not in pat.get(f"/claims/{made.public_id}").links
