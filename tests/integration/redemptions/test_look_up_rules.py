"""What a look-up gives away, and how many wrong codes it stands."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.harness.clock import FixedClock
from tests.harness.world import SCHEME, World, build_world
from voucher.accounts.commands import add_person, grant_role
from voucher.accounts.queries import actor_for
from voucher.accounts.rules import Role
from voucher.app import office
from voucher.audit.commands import transaction
from voucher.notifications.models import OutboxMessage
from voucher.platform.actor import Channel
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.toml import read
from voucher.redemptions import lookups
from voucher.redemptions.lookups import LookedUp, look_up
from voucher.redemptions.models import LookUp
from voucher.redemptions.rules import Outcome
from voucher.schemes.commands import set_up_scheme
from voucher.vouchers.commands import cancel, suspend
from voucher.vouchers.credential import QrClaims, qr_address, token_for


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def looked_up(world: World, presented: str, who: str = "pat") -> LookedUp:
    return world.do(who, look_up, world.scheme, presented)


def forged(world: World) -> str:
    """A QR address that the scheme's key signed, for a voucher that does not exist."""
    act = world.act("ada")
    claims = QrClaims(act.ring.active.kid, world.scheme.number, b"0123456789", 1, world.act("pat").today)
    return qr_address(act.base_url, token_for(act.ring.active, claims))


def of_another_scheme(world: World) -> str:
    other = world.do("ada", set_up_scheme, read(SCHEME.replace(b"NTT", b"OTHER")))
    voucher = world.issued()
    act = world.act("ada")
    public_id = bytes.fromhex(voucher.public_id)
    claims = QrClaims(act.ring.active.kid, other.number, public_id, 1, voucher.last_day)
    return qr_address(act.base_url, token_for(act.ring.active, claims))


def tampered(world: World) -> str:
    text = world.code_of(world.issued())
    return text[:-1] + ("A" if text[-1] != "A" else "B")


@pytest.mark.rule(3)
@pytest.mark.parametrize("made", [forged, of_another_scheme, tampered, lambda _world: "not a voucher at all"])
def test_whatever_is_not_a_voucher_of_the_scheme_gets_one_answer(world: World, made: object) -> None:
    presented = made(world)  # type: ignore[operator]
    assert looked_up(world, presented) == LookedUp(Outcome.NOT_RECOGNISED)
    kept = session.scalars(select(LookUp)).one()
    assert (kept.outcome, kept.counted, kept.voucher_id) == ("not_recognised", True, None)
    assert presented not in kept.code_hash


@pytest.mark.rule(3)
def test_only_a_genuine_voucher_gets_its_own_reason_and_a_good_one_opens_a_session(world: World) -> None:
    good, stopped, ended = world.issued(), world.issued(), world.issued()
    world.do("shay", suspend, stopped, reason="something is looked into")
    world.do("shay", cancel, ended, reason="the business has closed")
    found = [looked_up(world, world.code_of(each)) for each in (good, stopped, ended)]
    assert [each.outcome for each in found] == [Outcome.GOOD, Outcome.SUSPENDED, Outcome.CANCELLED]
    assert [each.session is not None for each in found] == [True, False, False]
    assert (good.remaining_pence, good.state) == (75_000, "issued")


@pytest.mark.rule(3)
def test_nobody_but_a_provider_of_the_scheme_looks_anything_up(world: World) -> None:
    code = world.code_of(world.issued())
    for name in ("shay", "ada", "vera"):
        with pytest.raises(NotFound):
            looked_up(world, code, name)
    assert session.scalar(select(func.count()).select_from(LookUp)) == 0


@pytest.mark.rule(4)
def test_a_slip_of_the_finger_is_neither_kept_nor_counted(world: World) -> None:
    for _ in range(20):
        with pytest.raises(DomainError, match="typing error"):
            looked_up(world, "0000-0000-0000-1")
    assert session.scalar(select(func.count()).select_from(LookUp)) == 0


@pytest.mark.rule(4)
def test_after_ten_wrong_codes_a_person_is_locked_for_an_hour_and_an_alert_goes_out(world: World) -> None:
    code = world.code_of(world.issued())
    for number in range(10):
        assert looked_up(world, f"wrong {number}").outcome == Outcome.NOT_RECOGNISED
    assert looked_up(world, code).outcome == Outcome.LOCKED
    told = session.scalars(select(OutboxMessage.email).where(OutboxMessage.kind == "lookups_locked")).all()
    assert told == ["shay@northmoor.example"]
    world.clock.advance(minutes=59, hours=0)
    assert looked_up(world, code).outcome == Outcome.LOCKED
    world.clock.advance(minutes=1)
    assert looked_up(world, code).outcome == Outcome.GOOD


@pytest.mark.rule(4)
def test_without_the_lock_codes_could_be_guessed_without_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_locked", lambda *_args: False)
    outcomes = {looked_up(world, f"wrong {number}").outcome for number in range(40)}
    assert outcomes == {Outcome.NOT_RECOGNISED}


def colleague(world: World, name: str) -> None:
    with world.by("ada") as act:
        person = add_person(act, name=name, email=f"{name}@provider.example")
        grant_role(act, person, Role.PROVIDER_SCANNER, organisation_id=world.provider.organisation_id)
    world.people[name] = person


@pytest.mark.rule(4)
@pytest.mark.parametrize("limit", ["lookup_limit_provider", "lookup_limit_address"])
def test_wrong_codes_of_colleagues_add_up_for_the_firm_and_for_the_address(world: World, limit: str) -> None:
    colleague(world, "quinn")
    with world.by("shay"):
        setattr(world.scheme, limit, 4)

    def from_one_place(name: str, presented: str) -> Outcome:
        act = office().act(actor_for(world.people[name], Channel.WEB, world.clock(), address="192.0.2.7"))
        with transaction(act.actor, world.clock):
            return look_up(act, world.scheme, presented).outcome

    code = world.code_of(world.issued())
    wrong = [from_one_place(name, f"wrong {name} {i}") for i in range(2) for name in ("pat", "quinn")]
    assert set(wrong) == {Outcome.NOT_RECOGNISED}
    assert [from_one_place(name, code) for name in ("pat", "quinn")] == [Outcome.LOCKED, Outcome.LOCKED]


@pytest.mark.rule(6, 46)
def test_a_provider_does_not_use_a_voucher_of_its_own(world: World) -> None:
    voucher = world.issued()
    with world.by("shay"):
        voucher.business_id = world.provider.organisation_id
    with pytest.raises(Forbidden, match="your own organisation"):
        looked_up(world, world.code_of(voucher))


@pytest.mark.rule(50)
def test_a_provider_whose_approval_has_run_out_looks_nothing_up(world: World) -> None:
    voucher = world.issued()
    with world.by("shay"):
        world.provider.approved_until = world.act("val").today
    assert looked_up(world, world.code_of(voucher)).outcome == Outcome.GOOD
    world.clock.advance(days=1)
    assert looked_up(world, world.code_of(voucher)).outcome == Outcome.PROVIDER_NOT_APPROVED
