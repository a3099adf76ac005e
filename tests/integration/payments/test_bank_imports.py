"""Bank files taken in: once, whole, and only where the account's statements go on from each other."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.harness.bank_statements import (
    DAY,
    IBAN,
    IN,
    OUT,
    TWELVE_FAULTS,
    Moved,
    camt,
    camt_of,
    camt_stmt,
    csv_statement,
    mt940,
    ofx,
)
from tests.harness.clock import FixedClock
from tests.harness.world import World, build_world
from tests.integration.payments.bank_imports import handed_in, lines, ready_for_files, taken_in
from tests.journeys.steps import prepared
from voucher.audit.models import AuditEvent
from voucher.audit.rules import Override
from voucher.payments.bank import match_payments
from voucher.payments.bank_files import importing
from voucher.payments.bank_files.importing import take_in
from voucher.payments.bank_files.keeping import add_account, save_layout
from voucher.payments.bank_files.layouts import Layout
from voucher.payments.bank_files.models import BankImport, BankStatement
from voucher.payments.bank_files.planning import plan_of
from voucher.payments.bank_files.queries import evidence_of
from voucher.payments.bank_files.reading import FileKind, Given
from voucher.payments.models import BankLine
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError, FileRefused, Forbidden
from voucher.platform.money import pounds
from voucher.reports.commands import data_of
from voucher.reports.findings import overrides
from voucher.reports.ledger_side import Period

BEGINS_WITH = ready_for_files
NEXT = DAY + timedelta(days=1)
FEE = Moved(-500, "FEE")


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    made = build_world(clock)
    made.clock.set(made.clock.at + timedelta(days=60))
    return made


def statements() -> list[tuple[int, int]]:
    rows = session.execute(select(BankStatement.new_lines, BankStatement.known_lines).order_by(BankStatement.id))
    return [(new, known) for new, known in rows]


def refusal(world: World, data: bytes, kind: FileKind = FileKind.CSV, **options: str) -> DomainError:
    """Why the file is not taken in; it leaves no line."""
    before = lines()
    with pytest.raises(DomainError) as refused:
        taken_in(world, data, kind, **options)  # type: ignore[arg-type] # by and override
    assert lines() == before
    return refused.value


def faults(world: World, data: bytes, kind: FileKind = FileKind.CSV) -> list[str]:
    refused = refusal(world, data, kind)
    assert isinstance(refused, FileRefused)
    return [str(fault) for fault in refused.faults]


@pytest.mark.rule(36)
def test_of_a_file_with_twelve_faults_each_is_told_and_nothing_is_written(world: World) -> None:
    assert len(faults(world, TWELVE_FAULTS.encode())) == 12
    assert (lines(), statements()) == ([], [])


def test_only_a_bank_line_keeper_hands_files_in(world: World) -> None:
    for name in ("petra", "paul", "asha"):
        with pytest.raises(Forbidden):
            handed_in(world, csv_statement([OUT]), by=name)
    with pytest.raises(Forbidden):
        world.do("petra", add_account, world.scheme, name="Own", sort_code="101010", number="12345678")
    with pytest.raises(Forbidden):
        world.do("petra", save_layout, world.scheme, "own", Layout("D", amount="A", reference="R"))


@pytest.mark.rule(35)
def test_an_imported_line_proves_a_payment(world: World) -> None:
    world.payable()
    payment = world.exported().payments[0]
    day = world.clock().date()
    taken = taken_in(world, csv_statement([replace(OUT, reference=payment.reference, on=day)]))
    (line,) = session.scalars(select(BankLine)).all()
    assert (taken.new, evidence_of(line), line.open_pence) == (1, "imported", 24_000)
    world.do("bina", match_payments, line, [payment])
    assert session.merge(payment).state == "defrayed"


@pytest.mark.rule(35)
@pytest.mark.parametrize(
    ("write", "kind"),
    [(csv_statement, FileKind.CSV), (camt, FileKind.CAMT), (mt940, FileKind.MT940), (ofx, FileKind.OFX)],
)
def test_the_same_file_again_adds_nothing_of_any_kind(world: World, write: object, kind: FileKind) -> None:
    data = write([OUT, IN])  # type: ignore[operator] # one of the writers
    assert taken_in(world, data, kind).new == 2
    again = taken_in(world, data, kind)
    assert (again.before, again.new, len(lines()), statements()) == (True, 0, 2, [(2, 0)])
    assert session.scalar(select(func.count()).select_from(BankImport)) == 1


@pytest.mark.rule(35)
def test_statements_that_overlap_add_only_what_is_new(world: World) -> None:
    taken_in(world, csv_statement([OUT, IN]))
    longer = csv_statement([IN, replace(FEE, on=NEXT)], -24_000)
    assert (taken_in(world, longer).new, statements()) == (1, [(2, 0), (1, 1)])
    whole = csv_statement([OUT, IN, replace(FEE, on=NEXT)])
    assert (taken_in(world, whole).new, len(lines())) == (0, 3)
    following = csv_statement([replace(FEE, on=NEXT + timedelta(days=1))], 75_500)
    assert taken_in(world, following).new == 1


@pytest.mark.rule(35)
def test_the_same_line_twice_on_one_day_is_two_lines_and_stays_two(world: World) -> None:
    assert taken_in(world, csv_statement([FEE, FEE])).new == 2
    assert taken_in(world, csv_statement([FEE, FEE, replace(FEE, on=NEXT)])).new == 1


@pytest.mark.rule(35)
def test_the_same_line_on_the_next_statement_of_the_day_is_one_more(world: World) -> None:
    pages = camt_of([camt_stmt([FEE], 1_000, title="S-1"), camt_stmt([FEE], 500, title="S-2")])
    assert (taken_in(world, pages, FileKind.CAMT).new, statements()) == (2, [(1, 0), (1, 0)])
    whole = camt([FEE, FEE, replace(FEE, on=NEXT)], 1_000, title="S-3", on=NEXT)
    assert taken_in(world, whole, FileKind.CAMT).new == 1


@pytest.mark.rule(35)
def test_control_without_what_lines_are_known_by_an_overlap_would_add_them_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voucher.payments.bank_files.planning.standing_of", lambda *_given: [])
    monkeypatch.setattr("voucher.payments.bank_files.continuity._squeezed", lambda _text: secrets.token_hex())
    taken_in(world, csv_statement([OUT]))
    taken_in(world, csv_statement([OUT, FEE]))
    assert [pence for pence, _reference in lines()] == [-24_000, -24_000, -500]


@pytest.mark.rule(35)
def test_the_database_itself_holds_a_line_once_whatever_the_code_knows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_in(world, csv_statement([OUT]))
    monkeypatch.setattr("voucher.payments.bank_files.planning.standing_of", lambda *_given: [])
    monkeypatch.setattr("voucher.payments.bank_files.planning.known_lines", lambda *_given: {})
    with pytest.raises(IntegrityError, match=r"uq_bank_line_identity|bank_line\.identity"):
        taken_in(world, csv_statement([OUT, FEE]))


@pytest.mark.rule(36)
def test_a_statement_that_does_not_go_on_where_the_last_one_ended_is_refused_in_words(world: World) -> None:
    taken_in(world, csv_statement([OUT], 100_000))
    refused = refusal(world, csv_statement([replace(FEE, on=NEXT)], 75_900))
    assert (refused.code, refused.field) == ("not_continuous", "override")
    assert "begins at £759.00" in refused.message
    assert "ended at £760.00: £1.00 apart" in refused.message


@pytest.mark.rule(36)
def test_a_statement_from_before_the_first_must_end_where_that_began(world: World) -> None:
    taken_in(world, csv_statement([OUT], 100_000))
    before = replace(FEE, on=DAY - timedelta(days=1))
    assert "began at £1,000.00" in refusal(world, csv_statement([before], 100_000)).message
    assert taken_in(world, csv_statement([before], 100_500)).new == 1


@pytest.mark.rule(36)
def test_a_line_that_appears_in_days_that_were_taken_in_already_is_refused(world: World) -> None:
    taken_in(world, csv_statement([OUT], 100_000))
    assert refusal(world, csv_statement([OUT, FEE], 100_500)).code == "not_continuous"


@pytest.mark.rule(36)
def test_a_break_is_passed_over_by_somebody_with_the_right_and_listed(world: World) -> None:
    taken_in(world, csv_statement([OUT], 100_000))
    gap = csv_statement([replace(FEE, on=NEXT)], 50_000)
    assert isinstance(refusal(world, gap, override="the bank lost a day"), Forbidden)
    taken = taken_in(world, gap, by="fred", override="the bank lost a day")
    event = session.scalars(select(AuditEvent).where(AuditEvent.override == str(Override.CONTINUITY))).one()
    assert (event.reason, event.actor_name, event.object_id) == ("the bank lost a day", "Fred", taken.found.id)
    listed = overrides(session.merge(world.scheme), Period(DAY, world.clock().date()))
    assert str(Override.CONTINUITY) in [row["kind"] for row in listed]
    assert taken_in(world, csv_statement([replace(FEE, on=NEXT + timedelta(days=1))], 49_500)).new == 1


@pytest.mark.rule(36)
def test_an_override_takes_the_second_factor_and_is_refused_where_there_is_no_break(world: World) -> None:
    taken_in(world, csv_statement([OUT], 100_000))
    gap = handed_in(world, csv_statement([replace(FEE, on=NEXT)], 50_000))
    with pytest.raises(Forbidden) as refused, world.by("fred") as act:
        take_in(replace(act, proven=False), gap, override="a gap")
    assert refused.value.code == "second_factor_needed"
    sound = csv_statement([replace(FEE, on=NEXT)], 76_000)
    assert refusal(world, sound, by="fred", override="no gap").code == "nothing_to_override"


@pytest.mark.rule(36)
def test_control_without_the_check_a_gap_would_pass_unseen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voucher.payments.bank_files.continuity.break_before", lambda *_given, **_new: None)
    taken_in(world, csv_statement([OUT], 100_000))
    assert taken_in(world, csv_statement([replace(FEE, on=NEXT)], 1)).new == 1


@pytest.mark.rule(36)
def test_a_statement_that_does_not_add_up_is_refused_and_leaves_nothing(world: World) -> None:
    data = mt940([OUT, IN], 50_000).replace(b"GBP1260,00", b"GBP1260,01")
    (fault,) = faults(world, data, FileKind.MT940)
    assert "come to £1,260.00, but it ends at £1,260.01" in fault
    assert statements() == []


def test_statements_of_other_accounts_are_refused_with_their_last_digits(world: World) -> None:
    (fault,) = faults(world, camt([OUT], iban="GB33BUKB60209199998888"), FileKind.CAMT)
    assert "account …8888, which is none of the scheme's" in fault
    (fault,) = faults(world, mt940([OUT], account="12345678"), FileKind.MT940)
    assert "…5678" in fault


def test_an_account_is_known_by_iban_by_either_order_and_by_its_number_alone(world: World) -> None:
    for text in (IBAN, "60-20-91 10203040", "10203040 602091", "10203040"):
        plan = plan_of(world.act("bina"), handed_in(world, mt940([OUT], account=text), FileKind.MT940))
        assert (plan.faults, plan.new) == ([], 1), text


def test_a_file_that_names_no_account_needs_one_chosen_where_there_are_two(world: World) -> None:
    world.do("bina", add_account, world.scheme, name="Second", sort_code="602091", number="11111111")
    (fault,) = faults(world, csv_statement([OUT]))
    assert "Choose the account" in fault


def test_an_account_is_added_once_and_only_its_last_digits_can_be_read(world: World) -> None:
    with pytest.raises(Conflict):
        world.do("bina", add_account, world.scheme, name="Again", sort_code="60-20-91", number="1020 3040")
    with pytest.raises(DomainError):
        world.do("bina", add_account, world.scheme, name="Short", sort_code="60-20-91", number="1020")


def test_a_day_in_the_future_is_a_fault(world: World) -> None:
    (fault,) = faults(world, csv_statement([replace(OUT, on=date(2027, 4, 7))]))
    assert fault.startswith("row 2: This day lies in the future")


def test_a_file_with_faults_can_be_read_again_by_another_layout(world: World) -> None:
    data = csv_statement([OUT])
    wrong = Layout(date="Datum", amount="Betrag", reference="Text")
    world.do("bina", save_layout, world.scheme, "wrong", wrong)
    with pytest.raises(FileRefused):
        taken_in(world, data, layout="wrong")
    assert taken_in(world, data).new == 1


def test_a_payment_run_has_no_balances_and_its_lines_are_known_again(world: World) -> None:
    layout = Layout(date="Paid", amount="Net", reference="Ref", out_is_plain=True)
    world.do("bina", save_layout, world.scheme, "run", layout)
    first = b"Paid,Net,Ref\n07/04/2026,240.00,NTT-P-1\n"
    assert taken_in(world, first, FileKind.PAYMENT_RUN, layout="run").new == 1
    assert taken_in(world, first + b"07/04/2026,5.00,X\n", FileKind.PAYMENT_RUN, layout="run").new == 1
    statement = session.scalars(select(BankStatement)).first()
    assert statement is not None
    assert (lines(), statement.kind, statement.opening_pence) == (
        [(-24_000, "NTT-P-1"), (-500, "X")],
        "payment run",
        None,
    )
    assert {evidence_of(line) for line in session.scalars(select(BankLine))} == {"payment run"}


@pytest.mark.rule(35)
def test_a_statement_says_that_what_was_paid_rests_on_a_payment_run(world: World) -> None:
    layout = Layout(date="Paid", amount="Net", reference="Ref", out_is_plain=True)
    world.do("bina", save_layout, world.scheme, "run", layout)
    world.payable()
    [payment] = world.exported().payments
    day = world.act("bina").today
    run = f"Paid,Net,Ref\n{day:%d/%m/%Y},{pounds(payment.pence)},{payment.reference}\n"
    taken_in(world, run.encode(), FileKind.PAYMENT_RUN, layout="run")
    line = session.scalars(select(BankLine).where(BankLine.open_pence != 0)).one()
    world.do("bina", match_payments, line, [session.merge(payment)])
    world.clock.set(world.clock.at + timedelta(days=1))
    statement = prepared(world, date(2026, 4, 1), day)
    [row] = cast(list[dict[str, object]], data_of(statement)["transactions"])
    assert (row["payment"], row["evidence"]) == (payment.reference, "payment run")
    header = cast(dict[str, object], data_of(statement)["header"])
    assert header["provisional"] is None


def test_a_crash_in_the_middle_leaves_no_half_import(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = handed_in(world, csv_statement([OUT, IN, FEE]))
    monkeypatch.setattr(importing, "AT_ONCE", 1)
    rows = importing._rows

    def broken(*given: object) -> Iterator[dict[str, object]]:
        made = list(rows(*given))  # type: ignore[arg-type]
        yield from made[:2]
        session.flush()
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "_rows", broken)
    with pytest.raises(KeyboardInterrupt):
        world.do("bina", take_in, found)
    monkeypatch.undo()
    assert (lines(), statements(), session.merge(found).taken_in_at) == ([], [], None)
    assert world.do("bina", take_in, session.merge(found)).new == 3


def test_nothing_is_given_back_from_balances_that_a_person_gave_wrongly(world: World) -> None:
    plain = Layout(date="Date", amount="Amount", reference="Reference")
    world.do("bina", save_layout, world.scheme, "plain", plain)
    data = b"Date,Amount,Reference\n07/04/2026,-240.00,NTT-P-1\n"
    assert taken_in(world, data, layout="plain", given=Given(24_000, 0)).new == 1
