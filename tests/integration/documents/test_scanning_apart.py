"""While a file is looked at for malware, which may take long, nobody else waits: no transaction is open yet.

On SQLite a transaction keeps all other writers waiting, so the scanner of these tests writes to the database itself.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.cli.shell import Shell
from tests.integration.desk import at_desk
from tests.integration.documents.scanners import that_writes
from tests.integration.providers.pages import INSURANCE, certificate
from tests.integration.redemptions.pages import claim, paper, signed_in
from tests.journeys.steps import on
from voucher.app import office
from voucher.documents.commands import RETAINED_CLAIM, keep_document, looked_at
from voucher.documents.models import Document
from voucher.platform.db import atomic, read_anew, session
from voucher.platform.scanning import Finding, NotLookedAt
from voucher.redemptions.decisions import send_back
from voucher.redemptions.models import Redemption

pytestmark = [
    pytest.mark.parametrize("engine_kind", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("sketched"),
]
PDF = b"%PDF-1.7\n% in nobody's way\n%%EOF\n"


@pytest.fixture
def place(place: Config) -> Config:
    return that_writes(place)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


def claims(app: Flask, world: World) -> None:
    pat, recorded = signed_in(app), world.recorded(world.issued())
    claim(pat, pat.get("/claims/new", query={"session": recorded.public_id}))


def corrects(app: Flask, world: World) -> None:
    claims(app, world)
    made = world.verified(world.confirmed(the_claim(world)))
    world.do("carl", send_back, made, reason="The invoice's number is wrong")
    pat = signed_in(app)
    page = pat.get(f"/claims/{made.public_id}/correct")
    pat.submit(page, {"Your invoice": paper()}, button="Send the correction")


def the_claim(world: World) -> Redemption:
    return session.scalars(select(Redemption)).one()


def insures(app: Flask, world: World) -> None:
    pat = signed_in(app)
    form = pat.get(f"/firm/{world.provider.public_id}/insurance")
    pat.submit(form, {**INSURANCE, "Certificate": certificate()}, button="Add the insurance")


def sets_a_logo(app: Flask, world: World) -> None:
    shay = at_desk(app, world, "shay")
    logo = BytesIO(b"\x89PNG\r\n\x1a\n" + b"\0" * 40), "logo.png"
    shay.submit(shay.get("/scheme/look"), {"Logo": logo}, button="Change the looks")


def prepares(app: Flask, world: World) -> None:
    on(world, "2026-05-04")
    stella = at_desk(app, world, "stella")
    page = stella.follow(stella.get("/statements/prepare", expect=302))
    evidence = BytesIO(PDF), "ledger.pdf"
    answers = {"Balance of the scheme's cost code on the last day": "0.00", "Evidence of that balance": evidence}
    stella.submit(page, answers, button="Read the figures")


@pytest.mark.parametrize("hand_in", [claims, corrects, insures, sets_a_logo, prepares])
def test_nobody_waits_while_a_file_of_a_page_is_looked_at(
    app: Flask, world: World, hand_in: Callable[[Flask, World], None]
) -> None:
    hand_in(app, world)
    found = session.scalars(select(Document).where(Document.scanned_at.is_not(None))).all()
    assert len(found) >= 1


def test_nobody_waits_while_a_file_of_a_command_is_looked_at(
    app: Flask, world: World, place: Config, clock: FixedClock, tmp_path: Path
) -> None:
    application = world.offered()
    file = tmp_path / "reply.pdf"
    file.write_bytes(PDF)
    shell = Shell(place, clock, {"VOUCHER_SCAN_COMMAND": shlex.join(place.scan_command)})
    accept = ("accept", application.reference, "--declared", "0.00", "--terms", "2026-1", "--confirmed-on")
    read_anew()
    shell.run(*accept, "2026-04-07", "--document", str(file), by="asha@northmoor.example")
    assert session.scalars(select(Document.scanned_at)).one() is not None


def test_nobody_waits_while_the_confirmations_of_a_file_are_looked_at(
    app: Flask, world: World, place: Config, clock: FixedClock, tmp_path: Path
) -> None:
    business, _owner = world.business()
    columns = "business_reference,confirmed_on,terms_version,subsidy_received,confirmation_document"
    (tmp_path / "offers.csv").write_text(f"{columns}\n{business.reference},07/04/2026,2026-1,0,reply.pdf\n")
    (tmp_path / "reply.pdf").write_bytes(PDF)
    shell = Shell(place, clock, {"VOUCHER_SCAN_COMMAND": shlex.join(place.scan_command)})
    offer = ("offer", "--round", "R1", "--businesses", str(tmp_path / "offers.csv"), "--commit")
    read_anew()
    shell.run(*offer, by="asha@northmoor.example")
    assert session.scalars(select(Document.scanned_at)).one() is not None


def test_control_in_a_transaction_the_scanner_would_find_the_database_locked(app: Flask, world: World) -> None:
    scanner = office().act(world.act("pat").actor).scanner
    assert scanner.look_at(PDF) is Finding.CLEAN
    with atomic():
        session.scalars(select(Document)).all()
        assert scanner.look_at(PDF) is Finding.NOT_CHECKED


def test_a_file_that_nobody_looked_at_is_not_kept(app: Flask, world: World) -> None:
    kept: dict[str, Any] = {"scheme_id": world.scheme.id, "name": "a.pdf", "retention_class": RETAINED_CLAIM}
    with world.by("pat") as act, pytest.raises(NotLookedAt):
        keep_document(act, data=PDF, **kept)
    looked = looked_at(world.act("pat"), [PDF])
    with world.by("pat"):
        assert keep_document(looked, data=PDF, **kept).scanned_at == looked.now
