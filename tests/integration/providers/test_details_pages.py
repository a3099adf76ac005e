"""What everybody reads of a provider: its managers change it, and the address before is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pytest
from flask import Flask

from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.providers.pages import applied, browser, somebody
from tests.integration.redemptions.pages import other_provider, suspend_firm, told
from voucher.accounts.rules import Role
from voucher.audit.models import AuditEvent
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import Forbidden
from voucher.providers import details
from voucher.providers.details import PublicDetails, change_public_details
from voucher.providers.models import Provider

CHANGED = {
    "Trading name (optional)": "Calder Web Works",
    "What do you offer small businesses?": "Web shops and stock control",
    "E-mail address": "hello@calder.example",
    "Telephone (optional)": "0113 496 0011",
}
OTHER = PublicDetails("Ours now", "Nothing", "mallory@elsewhere.example", "")
KEEP = "Keep these details"


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.fixture
def firm(world: World) -> str:
    return f"/firm/{world.provider.public_id}"


def kept_of(action: str, side: str) -> dict[str, str]:
    """What stood there before, or stands there after, by the one event of this kind."""
    [event] = session.query(AuditEvent).filter_by(action=action)
    return dict(cast("Mapping[str, str]", event.details[side]))


def test_nobody_else_changes_what_is_shown_of_a_firm(app: Flask, world: World, firm: str) -> None:
    other_provider(world)
    somebody(world, "cole", Role.PROVIDER_SCANNER)
    PageClient(app).get(f"{firm}/details", expect=302)
    for name, status in (("olga", 404), ("cole", 403), ("sam", 403), ("shay", 403)):
        browser(app, world, name).get(f"{firm}/details", expect=status)
    for name in ("olga", "cole", "sam"):
        with pytest.raises(Forbidden):
            world.do(name, change_public_details, world.provider, OTHER)


def test_control_without_that_look_another_firm_would(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other_provider(world)
    monkeypatch.setattr(Act, "require", lambda *_args, **_more: None)
    world.do("olga", change_public_details, world.provider, OTHER)
    assert session.get_one(Provider, world.provider.id).contact_email == "mallory@elsewhere.example"


def test_a_manager_changes_what_everybody_reads_and_what_stood_there_is_kept(
    app: Flask, world: World, client: PageClient, firm: str
) -> None:
    pat = browser(app, world, "pat")
    page = pat.click(pat.get(firm), "Change what is shown")
    pat.follow(pat.submit(page, CHANGED, button=KEEP))
    shown = client.get(f"/schemes/NTT/providers/{world.provider.public_id}")
    assert shown.heading == "Calder Digital Ltd"
    for words in ("Calder Web Works", "Web shops and stock control", "hello@calder.example", "0113 496 0011"):
        assert words in shown
    assert kept_of("provider.details_changed", "before")["contact_email"] == "pat@provider.example"
    assert kept_of("organisation.details_changed", "after") == {"trading_name": "Calder Web Works"}


def test_a_new_address_is_told_to_the_one_before(app: Flask, world: World, firm: str) -> None:
    pat = browser(app, world, "pat")
    form = pat.get(f"{firm}/details")
    kept = {**CHANGED, "E-mail address": "pat@provider.example"}
    pat.submit(form, kept, button=KEEP)
    assert told("provider_contact_changed") == []
    pat.submit(pat.get(f"{firm}/details"), CHANGED, button=KEEP)
    assert told("provider_contact_changed") == ["pat@provider.example"]


def test_control_without_that_message_nobody_would_know(
    app: Flask, world: World, firm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(details, "tell", lambda *_args, **_more: None)
    pat = browser(app, world, "pat")
    pat.submit(pat.get(f"{firm}/details"), CHANGED, button=KEEP)
    assert told("provider_contact_changed") == []


@pytest.mark.parametrize(
    ("label", "entered", "field"),
    [("E-mail address", "nobody", "contact_email"), ("Telephone (optional)", "12", "phone"),
     ("What do you offer small businesses?", " ", "services")],
)  # fmt: skip
def test_what_is_not_well_formed_is_named_at_its_field_and_everything_is_kept(
    app: Flask, world: World, firm: str, label: str, entered: str, field: str
) -> None:
    pat = browser(app, world, "pat")
    page = pat.submit(pat.get(f"{firm}/details"), {**CHANGED, label: entered}, button=KEEP, expect=422)
    assert page.title.startswith("Error: ")
    assert page.all("p", id=f"{field}-error")
    assert "Calder Web Works" in page.text


# What is public


def test_the_fields_say_that_everybody_can_read_them(app: Flask, world: World, firm: str) -> None:
    words = "everybody can read this address in the list of providers"
    somebody(world, "wren")
    assert words in browser(app, world, "wren").get("/providers/apply/firm")
    page = browser(app, world, "pat").get(f"{firm}/details")
    assert "Everybody can read it in the list of providers, and the scheme's messages go to it." in page


def test_a_firms_address_is_shown_only_while_it_is_approved(app: Flask, world: World, client: PageClient) -> None:
    waits = applied(app, world)
    client.get(f"/schemes/NTT/providers/{waits.public_id}", expect=404)
    assert "hello@wharfe.example" not in client.get("/schemes/NTT/providers")
    path = f"/schemes/NTT/providers/{world.provider.public_id}"
    assert "pat@provider.example" in client.get(path)
    suspend_firm(world)
    client.get(path, expect=404)


def test_what_a_firm_offers_is_what_it_said_when_it_applied(app: Flask, world: World) -> None:
    assert applied(app, world).services == "Stock control for shops"


def test_providers_are_found_by_the_name_they_trade_under(world: World, client: PageClient) -> None:
    world.do("pat", change_public_details, world.provider, PublicDetails("Weir Works", "Shops", "a@b.example", ""))
    assert "Calder Digital Ltd" in client.get("/schemes/NTT/providers", query={"name": "weir"})
