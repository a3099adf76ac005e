"""Files that are handed in are scanned before they are kept: what is found, or cannot be looked at, is refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from config import Config, from_environment
from tests.architecture.test_routes import written
from tests.harness.client import PageClient
from tests.harness.clock import FixedClock
from tests.harness.page import Page
from tests.harness.world import World, build_world
from tests.integration.desk import at_desk
from tests.integration.documents.scanners import EICAR, waiting_files, with_scanner
from tests.integration.providers.pages import INSURANCE, certificate
from tests.integration.redemptions.pages import claim, paper, rows, signed_in
from voucher.app import create_app, office
from voucher.audit.commands import transaction
from voucher.documents.commands import RETAINED_CLAIM, keep_document, looked_at
from voucher.documents.models import Document
from voucher.platform.db import db, session
from voucher.platform.errors import DomainError
from voucher.platform.pages import not_ready
from voucher.platform.scanning import Finding, Scanner
from voucher.redemptions.models import Redemption

CLEAN = b"%PDF-1.7\n% nothing\n%%EOF\n"
INFECTED = f"%PDF-1.7\n% {EICAR}\n%%EOF\n".encode()


@pytest.fixture
def place(place: Config) -> Config:
    return with_scanner(place)


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    return build_world(clock)


@pytest.fixture
def broken(app: Flask, world: World, place: Config, clock: FixedClock) -> Iterator[Flask]:
    """The same installation, whose scanner does not work."""
    made = create_app(with_scanner(place, status_of_others=2), clock=clock)
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


def kept_files() -> set[str]:
    folder = office().config.documents
    return {path.name for path in folder.rglob("*") if path.is_file()}


def hands_in(world: World, data: bytes) -> Document:
    act = looked_at(world.act("pat"), [data])
    with transaction(act.actor, world.clock):
        return keep_document(
            act, scheme_id=world.scheme.id, data=data, name="paper.pdf", retention_class=RETAINED_CLAIM
        )


def attempt(app: Flask, world: World, invoice: object, *, expect: int) -> tuple[PageClient, Page]:
    """Pat claims with this file."""
    pat, recorded = signed_in(app), world.recorded(world.issued())
    page = pat.get("/claims/new", query={"session": recorded.public_id})
    return pat, claim(pat, page, {"Your invoice": invoice}, expect=expect)


def test_malware_is_refused_at_the_field_and_nothing_of_it_is_kept(app: Flask, world: World) -> None:
    before, documents = kept_files(), rows(Document)
    stream, name = paper()
    stream.write(INFECTED)
    stream.seek(0)
    _pat, page = attempt(app, world, (stream, name), expect=422)
    assert page.all("p", id="invoice_files-error")
    assert "Malware was found in invoice.pdf, so we have not kept it." in page
    assert (kept_files(), rows(Document), rows(Redemption)) == (before, documents, 0)
    assert waiting_files(office().config.data) == []


def test_control_without_the_scanner_the_file_is_stored(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scanner, "look_at", lambda *_args, **_more: Finding.NO_SCANNER)
    document = hands_in(world, INFECTED)
    assert office().files.get(document.sha256) == INFECTED
    assert document.scanned_at is None


def test_a_clean_file_is_taken_and_staff_read_when_it_was_scanned(app: Flask, world: World) -> None:
    attempt(app, world, paper(), expect=302)
    claim_made = session.query(Redemption).one()
    page = at_desk(app, world, "vera").get(f"/claims-desk/{claim_made.public_id}")
    assert "No malware found, 7 April 2026" in page


def test_without_an_answer_nothing_is_kept_and_one_is_told_to_try_again(broken: Flask, world: World) -> None:
    before = rows(Document)
    world.people = {name: session.merge(person) for name, person in world.people.items()}
    with pytest.raises(DomainError, match=r"could not check paper\.pdf for malware.*Try again") as refusal:
        hands_in(world, b"%PDF-1.7 clean\n")
    assert refusal.value.field == "file"
    assert rows(Document) == before


def test_a_certificate_is_scanned_as_well(app: Flask, world: World) -> None:
    pat = signed_in(app)
    stream, name = certificate()
    stream.write(INFECTED)
    stream.seek(0)
    form = pat.get(f"/firm/{world.provider.public_id}/insurance")
    answers = {**INSURANCE, "Certificate": (stream, name)}
    page = pat.submit(form, answers, button="Add the insurance", expect=422)
    assert page.all("p", id="certificate-error")


@pytest.mark.parametrize("command", [("/nowhere/clamdscan",), (sys.executable, "-c", "raise SystemExit(2)")])
def test_a_scanner_that_does_not_work_shows_on_readyz(app: Flask, place: Config, command: tuple[str, ...]) -> None:
    assert not_ready(place) == []
    broken = replace(place, scan_command=command)
    assert not_ready(broken) == ["the malware scanner does not answer, so no file can be taken in"]


def test_a_scanner_that_takes_too_long_says_nothing(app: Flask, place: Config) -> None:
    slow = Scanner((sys.executable, "-c", "import time; time.sleep(30)"), place.data)
    assert slow.look_at(b"x", seconds=1) is Finding.NOT_CHECKED
    assert waiting_files(place.data) == []


def test_the_setting_is_split_as_a_shell_would_and_no_shell_runs_it() -> None:
    found = from_environment({"VOUCHER_SCAN_COMMAND": "clamdscan --fdpass '--config-file=/etc/my clam.conf'; rm"})
    assert found.scan_command == ("clamdscan", "--fdpass", "--config-file=/etc/my clam.conf;", "rm")
    assert from_environment({}).scan_command == ()


def test_a_file_and_when_it_was_scanned_are_written_in_one_statement(world: World) -> None:
    with world.by("pat") as act, written() as statements:
        kept = keep_document(
            looked_at(act, [CLEAN]),
            scheme_id=world.scheme.id,
            data=CLEAN,
            name="paper.pdf",
            retention_class=RETAINED_CLAIM,
        )
        session.flush()
    assert kept.scanned_at == world.clock()
    assert [statement.split()[0] for statement in statements] == ["INSERT"]
