"""Books with something in every table, and the means to compare two places row by row and file by file."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import IO, cast

import pytest
from sqlalchemy import Connection, NullPool, create_engine, inspect, select, update

from config import Config
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.payments.test_cost_rules import approved, with_administration
from tests.integration.platform.rows import MOMENT, add
from voucher.accounts.sign_in import sign_in
from voucher.app import create_app, office
from voucher.applications.applying import begin_form
from voucher.audit.commands import seal
from voucher.backup import BackupError, BackupReport, back_up, restore
from voucher.backup.archive import MAC, MANIFEST, manifest_mac
from voucher.backup.target import sqlite_file
from voucher.documents.commands import note_import
from voucher.funding.changes import propose_award
from voucher.funding.ledger import Move, post
from voucher.funding.models import Agreement
from voucher.funding.rules import Account, EntryKind
from voucher.payments.bank import match_drawdown, match_return, request_drawdown
from voucher.payments.costs import match_cost
from voucher.payments.debts import raise_debt
from voucher.payments.exceptions import resolve_exception
from voucher.payments.rules import Outcome
from voucher.platform.actor import Actor, Channel
from voucher.platform.db import atomic, db, session
from voucher.platform.keyring import KeyRing
from voucher.redemptions.lookups import look_up
from voucher.redemptions.models import Redemption
from voucher.redemptions.other_match import declare_other_match
from voucher.reports.rules import data_hash
from voucher.tables import METADATA

Rows = dict[str, list[dict[str, object]]]
NAME = "Caffè d’Otley \u2028 & “Sons”\nLlanfair 🧁"
CLOSED_THROUGH = date(2026, 6, 30)


@dataclass(frozen=True)
class Books:
    """Filled books as they were when a backup of them was made."""

    place: Config
    report: BackupReport
    rows: Rows
    files: dict[str, str]


def make_books(url: str, folder: Path) -> Books:
    """A new installation with filled books, and its backup."""
    place = Config(folder / "data", url, "http://localhost", testing=True)
    KeyRing.create(place.key_ring, FixedClock()())
    with running(place):
        fill(FixedClock())
        report = back_up(office(), folder / "backups")
    return Books(place, report, rows_of(url), files_of(place))


@contextmanager
def running(place: Config) -> Iterator[None]:
    """The app of a place, until the block ends."""
    with create_app(place, clock=FixedClock()).app_context():
        try:
            yield
        finally:
            db.session.remove()
            for used in db.engines.values():
                used.dispose()


def fill(clock: FixedClock) -> World:
    """The books of the current app: two claims paid, one returned; debts, refusals, statements; sealed in part."""
    world = build_world(clock)
    world.clock.set(world.clock.at + timedelta(microseconds=123_456))
    world.business(NAME)
    first, second = world.payable(), world.payable(net_pence=100_000)
    payments = world.paid()
    line = world.bank_line(sum(payment.pence for payment in payments), "RETURNED")
    world.do("bina", match_return, line, payments[0], reason="account closed")
    world.payable()
    world.paid()
    world.do("fred", raise_debt, second, owed_by=second.provider.organisation, pence=100, reason="paid twice")
    drawdown = world.do("fred", request_drawdown, world.agreement.lines[0], 5_000)
    world.do("bina", match_drawdown, world.bank_line(5_000, "DRAWDOWN"), drawdown)
    world.do("bina", resolve_exception, world.bank_line(-1, "?"), Outcome.NOT_THE_SCHEMES, reason="somebody else's")
    _administer(world, second)
    world.do("pat", look_up, world.scheme, "not a voucher")
    world.do("bina", note_import, kind="bank", scope="1", sha256="0" * 64, name="b.csv", rows=3)
    world.do("asha", begin_form, world.round)
    _sign_in(world)
    _reverse(world)
    _take_over(world)
    _seal()
    _add_what_no_command_makes(first.evidence[0].document_id)
    _seal()
    world.do("fred", raise_debt, second, owed_by=second.provider.organisation, pence=50, reason="after the seals")
    return world


def _administer(world: World, claim: Redemption) -> None:
    """A paid administration cost, match that counts elsewhere, and a change that waits for a second person."""
    with_administration(world)
    cost = approved(world)
    world.do("bina", match_cost, world.bank_line(-cost.pence, cost.reference), cost)
    world.do("vera", declare_other_match, claim, pence=1, programme="Made Smarter", reason="seen in its list")
    world.do("fred", propose_award, world.agreement, {"L1": 1}, reason="variation 1")


def _sign_in(world: World) -> None:
    act = office().act(Actor(None, "nobody", Channel.WEB))
    for password in ("a wrong password", "correct horse battery"):
        with atomic():
            sign_in(act, email="ada@northmoor.example", password=password, address="192.0.2.7")


def _reverse(world: World) -> None:
    line_id = world.agreement.lines[0].id
    there = [Move(line_id, Account.AWARD, Account.UNALLOCATED, 7)]
    back = [Move(line_id, Account.UNALLOCATED, Account.AWARD, 7)]
    with world.by("fred") as act:
        entry = post(act, EntryKind.AGREEMENT_RAISED, world.scheme.id, there, reason="typed wrongly")
        post(act, EntryKind.AGREEMENT_LOWERED, world.scheme.id, back, reason="put right", reverses=entry)


def _take_over(world: World) -> None:
    line_id = world.agreement.lines[0].id
    drawn = [Move(line_id, Account.CASH_DRAWN, Account.CASH, 900)]
    with world.by("fred") as act:
        post(act, EntryKind.OPENING, world.scheme.id, drawn, reason="drawn before")
        takeover = add(session.connection(), "takeover")
        item = {"takeover_id": takeover, "line_id": line_id, "kind": "drawdown", "pence": 900}
        add(session.connection(), "opening_item", **item)


def _seal() -> None:
    with atomic():
        seal(office().clock, roots_file=office().config.roots)


def _add_what_no_command_makes(document_id: int) -> None:
    """Statements, one in the place of the other; a link; a period closed over all postings.

    Whoever adds a table adds a row of it, here or by a command above.
    """
    signed: dict[str, object] = {"state": "signed", "signed_by": 2, "signed_at": MOMENT}
    signed |= {"data": "{}", "data_hash": data_hash("{}")}
    with atomic():
        connection = session.connection()
        for number, before in ((1, None), (2, 1)):
            given = {"reference": f"S{number}", "sequence": number, "public_id": str(number), "supersedes_id": before}
            event = {"object_kind": "statement", "object_id": add(connection, "statement", **given, **signed)}
            add(connection, "audit_event", **event, to_state="signed")
            add(connection, "statement_version", statement_id=event["object_id"], number=number)
            drawn: dict[str, object] = {"document_id": document_id, "drawn_at": MOMENT}
            waits: dict[str, object] = {"mandate": "{}", "check_at": "x"}
            add(connection, "statement_paper", statement_id=event["object_id"], **(waits if before else drawn))
        add(connection, "statement_look")
        add(connection, "statement_check")
        add(connection, "one_time_link", purpose="confirm a claim")
        add(connection, "sign_in_code", tries=1)
        add(connection, "kept_form")
        factor = add(connection, "second_factor")
        add(connection, "recovery_code", second_factor_id=factor)
        add(connection, "second_factor_failure")
        application = add(connection, "provider_application", state="draft")
        insurance = {"kind": "public liability", "application_id": application, "document_id": document_id}
        add(connection, "insurance", **insurance)
        add(connection, "invitation", role="provider scanner")
        add(connection, "deputy", stands_in_for=2)
        add(connection, "bank_account", name="Main")
        add(connection, "file_layout", name="csv")
        handed_in = add(connection, "bank_import", kind="csv", document_id=document_id, override_reason="")
        statement = add(connection, "bank_statement", import_id=handed_in)
        add(connection, "bank_line", source="imported", statement_id=statement, identity="x", public_id="imported")
        add(connection, "scheme_look", colour="#00596b", logo_id=document_id)
        add(connection, "supplier_number")
        add(connection, "file_template", route="bank file")
        add(connection, "approval_level", state="proposed")
        add(connection, "paying_way", route="bank file", state="proposed", file_format="bank-csv")
        add(connection, "line_cost_code")
        add(connection, "duty_proposal", duty="reviewer_needed", state="proposed")
        add(connection, "task_owner", task="own contribution paid", given_back_at=MOMENT)
        add(connection, "sampling_rule")
        add(connection, "concentration_rule", opens_at=0, sharing=2)
        add(connection, "concentration_case", measure="share of the money", state="open")
        add(connection, "concentration_run")
        found = add(connection, "irregularity", kind="irregularity", state="open")
        add(connection, "irregularity_event", irregularity_id=found, kind="irregularity", state="open")
        add(connection, "role_proposal", role="signer", state="proposed", person_id=2)
        _add_outputs(connection, document_id)
        session.execute(update(Agreement).values(closed_through=CLOSED_THROUGH))


def _add_outputs(connection: Connection, document_id: int) -> None:
    add(connection, "indicator_set")
    add(connection, "indicator", measure="declared with evidence")
    add(connection, "output", document_id=document_id, counts_on=CLOSED_THROUGH)
    add(connection, "job", permanent=True, baseline_on=date(2026, 3, 1))
    add(connection, "audit_sample", side="claims paid", method="monetary unit")
    add(connection, "audit_sample_item", redemption_id=1)
    add(connection, "finding", outcome="fail")
    add(connection, "subsidy_publication")
    add(connection, "public_result")
    add(connection, "reporting_rhythm")
    add(connection, "cut_off_reminder", party="office")
    add(connection, "funder_form", document_id=document_id)


def rows_of(url: str) -> Rows:
    """Every row of every table as the database gives it."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]
            for table in METADATA.sorted_tables
        }


def files_of(config: Config) -> dict[str, str]:
    """The hash of every file in the data folder, by its path; databases and locks are left out."""
    found = (path for path in sorted(config.data.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(config.data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
        if path.suffix != ".lock" and ".sqlite3" not in path.name
    }


def contents(archive: Path) -> dict[str, bytes]:
    """What the members of an archive hold, by name."""
    with tarfile.open(archive) as tar:
        return {info.name: cast(IO[bytes], tar.extractfile(info)).read() for info in tar}


def write_archive(path: Path, members: Mapping[str, bytes]) -> Path:
    """An archive of these members, as somebody would make it who means harm."""
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def with_true_hashes(members: Mapping[str, bytes], ring: KeyRing | None = None, **changes: object) -> dict[str, bytes]:
    """The members under a manifest that fits them; with a ring, the keyed hash over it fits too."""
    manifest = json.loads(members[MANIFEST]) | changes
    listed = {name: hashlib.sha256(data).hexdigest() for name, data in members.items() if name not in (MANIFEST, MAC)}
    raw = json.dumps(manifest | {"members": listed}).encode()
    mac = {MAC: manifest_mac(ring, raw)} if ring else {}
    return {**members, MANIFEST: raw, **mac}


def as_found(place: Config) -> tuple[set[str], list[str]]:
    """What there is in a place that nothing was restored to: files of any kind, and tables."""
    engine = create_engine(place.database_url, poolclass=NullPool)
    files = {str(path) for path in place.data.parent.rglob("*")}
    path = sqlite_file(place.database_url)
    if path and not path.exists():
        return files, []
    return files, sorted(inspect(engine).get_table_names())


def refusal(place: Config, data: Path, keys: Path) -> BackupError:
    """How restoring is refused; the place is as empty as it was."""
    before = as_found(place)
    with pytest.raises(BackupError) as refused:
        restore(place, data, keys)
    assert as_found(place) == before
    return refused.value
