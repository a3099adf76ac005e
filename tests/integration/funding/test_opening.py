"""An agreement that runs elsewhere is taken over by two people, to the penny, and lives on."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from tests.harness.balances import faults
from tests.harness.clock import FixedClock
from tests.harness.reconciled import assert_reconciled
from tests.harness.world import World, build_world
from tests.integration.funding.opening_files import changed
from voucher.accounts.models import Person
from voucher.applications.rules import ApplicationState
from voucher.audit.models import AuditEvent
from voucher.documents.commands import RETAINED_STATEMENT, keep_document
from voucher.funding.models import Agreement, Entry, OpeningItem, Posting, Takeover
from voucher.funding.queries import agreement_by_reference, balances, standing_of_voucher
from voucher.funding.rules import Account, EntryKind
from voucher.organisations.commands import add_organisation
from voucher.organisations.identifiers import IdentifierKind
from voucher.organisations.models import Organisation
from voucher.platform.db import atomic, engine, read_anew, session
from voucher.platform.errors import Conflict, FileRefused, Forbidden
from voucher.reports import domain_side
from voucher.reports.commands import LedgerTie, data_of, prepare_statement, review_statement, sign_statement
from voucher.reports.ledger_side import Period
from voucher.reports.models import Statement
from voucher.reports.reconcile import reconcile
from voucher.schemes.queries import round_by_code
from voucher.subsidies.models import Assistance, SubsidyRecord
from voucher.tables import METADATA
from voucher.vouchers import opening
from voucher.vouchers.models import Voucher
from voucher.vouchers.opening import Standing, TakenOver, commit_opening, try_opening
from voucher.vouchers.queries import current_credential

pytestmark = pytest.mark.usefixtures("sketched")

FILE = changed()
SIGNED_THROUGH = date(2026, 6, 30)
JULY = Period(date(2026, 7, 1), date(2026, 7, 31))


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    world = build_world(clock)
    clock.set(datetime(2026, 7, 2, 9, 0, tzinfo=UTC))
    return world


def tried(world: World, data: bytes = FILE) -> TakenOver:
    return world.do("fred", try_opening, world.scheme, data)


def given(world: World, name: str, data: bytes = FILE) -> TakenOver:
    return world.do(name, commit_opening, session.merge(world.scheme), data)


@pytest.fixture
def taken(world: World) -> World:
    """The file proposed by one person and carried out by another; its contacts are known by their first names."""
    given(world, "fred")
    given(world, "fay")
    for name in ("bob@blythbakehouse.example", "hal@hadrian.example"):
        world.people[name.split("@")[0]] = session.scalars(select(Person).where(Person.email == name)).one()
    return world


def rows() -> dict[str, int]:
    found = {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in METADATA.sorted_tables
    }
    read_anew()
    return found


def grown(before: dict[str, int]) -> dict[str, int]:
    return {name: number - before[name] for name, number in rows().items() if number != before[name]}


def old_agreement(world: World) -> Agreement:
    return agreement_by_reference(world.scheme.id, "OLD-1")


def voucher_of(number: int) -> Voucher:
    return session.scalars(select(Voucher).order_by(Voucher.id)).all()[number - 1]


def refused(world: World, data: bytes) -> dict[str, str]:
    with pytest.raises(FileRefused) as refusal:
        tried(world, data)
    return {fault.column: fault.message for fault in refusal.value.faults}


def total(world: World, account: Account) -> int:
    lines = [line.id for line in old_agreement(world).lines]
    return sum(line[account] for line in balances(lines, SIGNED_THROUGH).values())


def test_a_dry_run_tells_the_totals_and_leaves_nothing(world: World) -> None:
    before = rows()
    found = tried(world)
    assert grown(before) == {}
    assert (found.standing, found.agreement, found.signed_through) == (Standing.TRIED, "OLD-1", SIGNED_THROUGH)
    assert (found.award_pence, found.unallocated_pence, found.cash_pence) == (300_001, 219_322, 11_666)
    assert (found.vouchers, found.vouchers_pence) == (2, 62_345)
    assert (found.payments, found.payments_pence) == (2, 18_334)
    assert (found.drawdowns, found.drawdowns_pence) == (1, 30_000)


def test_a_proposal_leaves_its_own_row_and_a_second_person_does_the_rest(world: World) -> None:
    before = rows()
    assert given(world, "fred").standing == Standing.PROPOSED
    assert grown(before) == {"takeover": 1, "audit_event": 1}
    assert given(world, "fay").standing == Standing.CARRIED_OUT
    found = grown(before)
    assert (found["agreement"], found["funding_line"], found["voucher"], found["credential"]) == (1, 3, 2, 2)
    assert (found["opening_item"], found["takeover"], found["subsidy_record"]) == (4, 1, 4)
    assert "outbox_message" not in found
    takeover = session.scalars(select(Takeover)).one()
    people = [session.get_one(Person, i).name for i in (takeover.proposed_by, takeover.approved_by)]
    assert people == ["Fred", "Fay"]


@pytest.mark.rule(23, 24)
def test_every_figure_stands_in_the_ledger_on_the_last_day_signed_elsewhere(taken: World) -> None:
    assert (total(taken, Account.UNALLOCATED), total(taken, Account.CASH)) == (219_322, 11_666)
    assert (total(taken, Account.DEFRAYED), total(taken, Account.COMMITTED)) == (18_334, 62_345)
    kinds = session.scalars(select(Entry.kind).where(Entry.happened_on == SIGNED_THROUGH)).all()
    assert kinds == [str(EntryKind.OPENING)] * 5
    days = session.scalars(
        select(Posting.effective_on).join(Entry, Entry.id == Posting.entry_id).where(Entry.kind == EntryKind.OPENING)
    )
    assert set(days) == {SIGNED_THROUGH}
    assert old_agreement(taken).closed_through == SIGNED_THROUGH
    target = round_by_code(taken.scheme, "OPENING")
    assert (target.budget_pence, target.available_pence) == (150_000, 150_000 - 62_345)
    assert_reconciled(taken)
    assert faults() == []


def test_a_voucher_keeps_its_days_its_value_and_its_old_reference(taken: World) -> None:
    voucher = voucher_of(1)
    assert (voucher.face_pence, voucher.remaining_pence, voucher.state) == (50_000, 50_000, "issued")
    assert (voucher.issued_on, voucher.last_day) == (date(2026, 5, 7), date(2026, 8, 5))
    assert voucher.application.state == ApplicationState.ACCEPTED
    parts = standing_of_voucher(voucher.id, Account.COMMITTED)
    assert list(parts.values()) == [16_665, 16_670, 16_665]
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "voucher.taken_over")).first()
    assert event is not None
    assert (event.details["old_reference"], event.to_state) == ("TT-0101", "issued")
    assert voucher.business.identifiers[0].value == "04500101"
    assert (voucher.business.postcode, voucher.application.contact.email) == ("NE24 2AS", "bob@blythbakehouse.example")
    assert current_credential(voucher).withdrawn_at is None


@pytest.mark.rule(39, 40)
def test_notice_and_reply_keep_their_days_and_the_assistance_counts_from_then(taken: World) -> None:
    application = voucher_of(1).application_id
    records = session.scalars(
        select(SubsidyRecord).where(SubsidyRecord.application_id == application).order_by(SubsidyRecord.id)
    ).all()
    assert [(x.kind, x.at.date()) for x in records] == [("notice", date(2026, 5, 4)), ("reply", date(2026, 5, 6))]
    assert voucher_of(1).subsidy_reply_id == records[1].id
    given_to = session.execute(
        select(Assistance.source, Assistance.pence, Assistance.given_on)
        .where(Assistance.application_id == application)
        .order_by(Assistance.id)
    ).all()
    expected = [("declared", 100_000, date(2026, 5, 6)), ("system", 50_000, date(2026, 5, 7))]
    assert [tuple(row) for row in given_to] == expected


def test_the_person_who_proposed_cannot_carry_out(world: World) -> None:
    given(world, "fred")
    before = rows()
    with pytest.raises(Forbidden, match="another person"):
        given(world, "fred")
    assert grown(before) == {"audit_event": 1}


def drop_check() -> None:
    with atomic():
        if engine().dialect.name == "postgresql":
            session.execute(text("ALTER TABLE takeover DROP CONSTRAINT ck_takeover_two_people"))
            return
        where = "type = 'table' AND name = 'takeover'"
        session.execute(text("PRAGMA writable_schema = ON"))
        new = "replace(sql, 'CHECK (approved_by <> proposed_by)', 'CHECK (1)')"
        assert session.execute(text(f"UPDATE sqlite_schema SET sql = {new} WHERE {where}")).rowcount  # type: ignore[attr-defined]
    engine().dispose()


def test_the_database_wants_two_people_where_the_command_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "why_not_carry_out", lambda _actor, _takeover: None)
    given(world, "fred")
    with pytest.raises(IntegrityError, match="ck_takeover_two_people"):
        given(world, "fred")
    session.remove()
    drop_check()
    assert given(world, "fred").standing == Standing.CARRIED_OUT


def test_a_file_is_carried_out_once(taken: World) -> None:
    for name in ("fred", "fay"):
        with pytest.raises(Conflict, match="was carried out on"):
            given(taken, name)
    again = changed(("Taken over", "Taken over again"))
    assert "is there already" in refused(taken, again)["agreement.reference"]


def test_a_newer_file_replaces_a_proposal_only_by_the_person_who_made_it(world: World) -> None:
    newer = changed(("Blyth Bakehouse Ltd", "Blyth Bakehouse and Sons Ltd"))
    given(world, "fred")
    with pytest.raises(Conflict, match="Another person proposed other opening figures"):
        given(world, "fay", newer)
    assert given(world, "fred", newer).standing == Standing.PROPOSED
    assert session.scalar(select(func.count()).select_from(Takeover)) == 1
    with pytest.raises(Conflict, match="Another person proposed"):
        given(world, "fay", FILE)
    assert given(world, "fay", newer).standing == Standing.CARRIED_OUT
    assert voucher_of(1).business.name == "Blyth Bakehouse and Sons Ltd"


def test_nobody_without_the_permission_takes_anything_over(world: World) -> None:
    for command in (try_opening, commit_opening):
        with pytest.raises(Forbidden):
            world.do("shay", command, world.scheme, FILE)


# A penny more or less on either side, and the signed figure that then differs.
APART = [
    ('line_8 = "183.34"', 'line_8 = "183.35"', "opening.line_8"),
    ('line_12 = "2193.22"', 'line_12 = "2193.21"', "opening.line_12"),
    ('line_16 = "116.66"', 'line_16 = "-116.66"', "opening.line_16"),
    ('value = "123.45"', 'value = "123.46"', "opening.line_12"),
    ('amount = "300.00"', 'amount = "300.01"', "opening.line_16"),
]


@pytest.mark.rule(56)
def test_a_penny_between_the_rows_and_what_was_signed_is_refused_by_its_key(world: World) -> None:
    for old, new, key in APART:
        assert list(refused(world, changed((old, new)))) == [key]
    assert tried(world).standing == Standing.TRIED


FAULTY = [
    ("signed_through = 2026-06-30", "signed_through = 2026-07-02", "opening.signed_through"),
    ("signed_on = 2026-04-01", "signed_on = 2026-07-01", "opening.signed_through"),
    ("ends_on = 2027-09-30", "ends_on = 2026-09-15", "voucher[2].last_day"),
    ("issued_on = 2026-06-30", "issued_on = 2026-07-01", "voucher[2].issued_on"),
    ("reply_on = 2026-05-06", "reply_on = 2026-05-03", "voucher[1].reply_on"),
    ("issued_on = 2026-05-07", "issued_on = 2026-05-05", "voucher[1].issued_on"),
    ("last_day = 2026-08-05", "last_day = 2026-05-06", "voucher[1].last_day"),
    ("last_day = 2026-08-05", "last_day = 2026-06-22", "voucher[1].last_day"),
    ("last_day = 2026-08-05", "last_day = 2027-04-01", "voucher[1].last_day"),
    ("paid_on = 2026-06-30", "paid_on = 2026-07-01", "payment[2].paid_on"),
    ("received_on = 2026-05-29", "received_on = 2026-07-01", "drawdown[1].received_on"),
    ('{ C = "33.33" }', '{ D = "33.33" }', "payment[2].amounts.D"),
    ('line = "A"\namount', 'line = "Z"\namount', "drawdown[1].line"),
    ('{ C = "33.33" }', '{ C = "33.33", A = "0.00" }', "payment[2].amounts.A"),
    ('old_reference = "TT-0102"', 'old_reference = "TT-0101"', "voucher[2].old_reference"),
    ('old_reference = "PAY-2"', 'old_reference = "PAY-1"', "payment[2].old_reference"),
    ('legal_form = "sole trader"', 'company_number = "4500101"', "voucher[2].company_number"),
    ('legal_form = "sole trader"', "", "voucher[2].company_number"),
    ('terms = "2026-1"', 'terms = "2025-9"', "voucher[1].terms"),
    ('declared = "1000.00"', 'declared = "314500.01"', "voucher[1].declared"),
    ('declared = "0.00"', 'declared = "-1.00"', "voucher[2].declared"),
    ('"Bob@blythbakehouse.example"', '"pat@provider.example"', "voucher[1].contact_email"),
    ('postcode = "ne24 2as"', 'postcode = "Blyth"', "voucher[1].postcode"),
    ('voucher_type = "TASTER"', 'voucher_type = "LARGE"', "round.voucher_type"),
    ('budget = "1500.00"', 'budget = "623.44"', "round.budget"),
    ('budget = "1500.00"', 'budget = "2701.00"', "round.budget"),
    ('agreement = "OLD-1"', 'agreement = "LGF-1"', "round.line[1].agreement"),
    ('share_percent = "33.34"', 'share_percent = "33.33"', "round.line"),
    ('code = "OPENING"', 'code = "R1"', "round.code"),
    (
        'reference = "OLD-1"\nfunder',
        'reference = "OLD-1"\nclosed_through = 2026-06-30\nfunder',
        "agreement.closed_through",
    ),
    ("[[drawdown]]", "[[drawdowns]]", "drawdowns"),
]


def test_a_fault_is_named_by_its_key_and_nothing_is_written(world: World) -> None:
    before = rows()
    for old, new, key in FAULTY:
        assert key in refused(world, changed((old, new))), f"{new!r} is no fault of {key}"
    assert grown(before) == {}
    assert tried(world).standing == Standing.TRIED


def test_all_faults_are_told_at_once_with_the_old_references_of_their_rows(world: World) -> None:
    data = changed(
        ('line_8 = "183.34"', 'line_8 = "183.35"'),
        ('postcode = "ne24 2as"', 'postcode = "Blyth"'),
        ('terms = "2026-1"\ndeclared = "0.00"', 'terms = "2025-9"\ndeclared = "0.00"'),
        ("paid_on = 2026-06-30", "paid_on = 2026-07-01"),
    )
    found = refused(world, data)
    assert set(found) == {"opening.line_8", "voucher[1].postcode", "voucher[2].terms", "payment[2].paid_on"}
    assert found["voucher[2].terms"].endswith("(TT-0102)")
    assert found["payment[2].paid_on"].endswith("(PAY-2)")


def test_a_payment_beyond_its_lines_award_is_refused(world: World) -> None:
    pairs = (('C = "33.33"', 'C = "1000.02"'), ('"183.34"', '"1150.03"'), ('"2193.22"', '"1226.53"'))
    found = refused(world, changed(*pairs, ('"116.66"', '"-850.03"')))
    assert "from line C" in found["opening.line_8"]


def test_a_business_that_is_known_by_its_number_is_used_as_it_is(world: World) -> None:
    known = world.do(
        "asha",
        add_organisation,
        name="Blyth Bakehouse Limited",
        legal_form="company",
        identifiers=[(IdentifierKind.COMPANY_NUMBER, "04500101")],
    )
    before = rows()
    given(world, "fred")
    given(world, "fay")
    assert voucher_of(1).business_id == session.merge(known).id
    assert voucher_of(1).business.name == "Blyth Bakehouse Limited"
    assert grown(before)["organisation"] == 2  # the funder and the sole trader


@pytest.mark.rule(45)
def test_a_business_with_a_voucher_here_is_refused_by_its_row(world: World) -> None:
    voucher = world.issued()
    number = voucher.business.identifiers[0].value
    found = refused(world, changed(('company_number = "04500101"', f'company_number = "{number}"')))
    assert voucher.application.reference in found["voucher[1].name"]


@pytest.mark.rule(56)
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE posting SET pence = pence + 1 WHERE to_account = 'defrayed'", "paid before the takeover"),
        ("UPDATE posting SET pence = pence + 1 WHERE to_account = 'cash: payments'", "cash: payment"),
        ("UPDATE posting SET pence = pence + 1 WHERE from_account = 'cash: drawdown received'", "drawdown received"),
        ("UPDATE opening_item SET pence = pence + 1 WHERE kind = 'payment'", "paid before the takeover"),
        ("UPDATE opening_item SET pence = pence + 1 WHERE kind = 'drawdown'", "cash: drawdown"),
    ],
)
def test_either_side_of_the_opening_figures_that_was_changed_is_named(taken: World, statement: str, named: str) -> None:
    table = statement.split()[1]
    with atomic():
        if engine().dialect.name == "postgresql":
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        else:
            session.execute(text(f"DROP TRIGGER {table}_no_update"))
        session.execute(text(statement))
    session.expire_all()
    assert named in "\n".join(reconcile(taken.scheme).differences)


def figures(statement: Statement) -> dict[str, Any]:
    lines: Any = data_of(statement)["lines"]
    return {part["code"]: part["value"] for line in lines for part in line["parts"]}


def prepared(world: World, agreement: Agreement, period: Period, closing_cash: int) -> Statement:
    with world.by("stella") as act:
        evidence = keep_document(
            act,
            scheme_id=world.scheme.id,
            data=b"%PDF-1.7\n% ledger\n%%EOF\n",
            name="ledger.pdf",
            retention_class=RETAINED_STATEMENT,
        )
        return prepare_statement(act, session.merge(agreement), period, LedgerTie(closing_cash, evidence.id))


@pytest.mark.rule(54, 55, 56)
def test_a_voucher_taken_over_is_claimed_and_paid_and_the_next_statement_goes_on_from_the_last(taken: World) -> None:
    taken.payable(voucher_of(1), net_pence=30_001)
    [payment] = taken.paid()
    assert_reconciled(taken)
    taken.clock.set(datetime(2026, 8, 3, 9, 0, tzinfo=UTC))
    statement = prepared(taken, old_agreement(taken), JULY, 11_666 - 24_000)
    found = figures(statement)
    assert (found["2"], found["16a"], found["8"], found["7a"]) == (219_322, 11_666, 18_334 + 24_000, 24_000)
    assert (found["12"], found["16"], found["4"]) == (219_322, 11_666 - 24_000, 62_345 - 24_000)
    assert [row["payment"] for row in json.loads(statement.data)["transactions"]] == [session.merge(payment).reference]
    taken.do("rob", review_statement, statement)
    assert taken.do("sigrid", sign_statement, statement).state == "signed"
    assert old_agreement(taken).closed_through == JULY.last
    assert_reconciled(taken)
    assert faults() == []


@pytest.mark.rule(56)
def test_a_voucher_taken_over_counts_from_the_day_of_its_figures_on_an_earlier_statement_too(taken: World) -> None:
    through = date(2026, 5, 31)
    statement = prepared(taken, taken.agreement, Period(date(2026, 4, 1), through), 0)
    checks: Any = data_of(statement)["checks"]
    assert [check["name"] for check in checks if not check["holds"]] == []
    by_its_own_day = session.scalar(select(func.sum(Voucher.face_pence)).where(Voucher.issued_on <= through))
    rounds = [round_by_code(taken.scheme, "OPENING").id]
    assert (by_its_own_day, domain_side.stocks(rounds, through).committed) == (50_000, 0)
    assert domain_side.stocks(rounds, SIGNED_THROUGH).committed == 62_345


def test_the_opening_items_keep_the_days_of_the_bank(taken: World) -> None:
    items = session.scalars(select(OpeningItem).order_by(OpeningItem.id)).all()
    assert [(x.old_reference, x.counterparty, x.pence, x.happened_on.isoformat()) for x in items] == [
        ("PAY-1", "Tyne Looms Ltd", 10_000, "2026-06-12"),
        ("PAY-1", "Tyne Looms Ltd", 5_001, "2026-06-12"),
        ("PAY-2", "Calder Digital Ltd", 3_333, "2026-06-30"),
        ("", "Department for Regional Growth", 30_000, "2026-05-29"),
    ]
    assert session.scalar(select(func.count()).where(Organisation.name == "Tyne Looms Ltd")) == 0
