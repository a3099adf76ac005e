"""The demo scheme: made by commands alone, with something in every state, and with books that hold."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from tests.harness.clock import FixedClock
from tests.harness.once import made_once
from tests.harness.sketches import sketching
from tests.integration.cli.conftest import _place
from tests.integration.cli.shell import Shell
from voucher.applications.models import Application, ApplicationForm
from voucher.applications.rules import ApplicationState, FormState
from voucher.assurance.models import Irregularity
from voucher.audit.models import AuditEvent
from voucher.demo.bank import LAYOUT
from voucher.funding.models import FundingLine, RoundLine
from voucher.outputs.models import Job, Output
from voucher.payments.bank_files.models import BankImport, BankStatement
from voucher.payments.cost_models import AdminCost
from voucher.payments.cost_rules import CostState
from voucher.payments.models import BankLine, Batch, Debt, Drawdown, Payment
from voucher.payments.rules import BatchState, DebtState, LineSource, PaymentState
from voucher.platform.clock import london_date
from voucher.platform.db import session
from voucher.platform.states import State
from voucher.providers.models import PayeeDetails, Provider, SupplierNumber
from voucher.providers.rules import ProviderState
from voucher.redemptions.models import DeliverySession, Redemption, TaskResult
from voucher.redemptions.rules import RedemptionState, SessionState
from voucher.reports.commands import data_of
from voucher.reports.comparing import parts_of
from voucher.reports.models import Statement
from voucher.reports.rules import StatementState
from voucher.samples.models import Finding
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import VoucherState

pytestmark = pytest.mark.slow
BINA, STELLA = "bina@northmoor.example", "stella@northmoor.example"

# An application begins when it is sent; what comes before that is a form.
UNREACHED = {ApplicationState.DRAFT}
# What passes at once into the next state, or had its time in the story and is over by now.
PASSED = {ApplicationState.IN_REVIEW, RedemptionState.RETURNED, StatementState.PREPARED, StatementState.QUERIED}


@pytest.fixture(scope="module")
def demo(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The demo of the smallest size, of which each process has a copy."""
    own = tmp_path_factory.mktemp("demo") / "data"
    shutil.copytree(made_once(shared, "demo", _make), own)
    return Shell(_place(own), FixedClock())


def _make(folder: Path) -> None:
    shell = Shell(_place(folder), FixedClock())
    with sketching():  # drawing its letters and statements is most of the work, and is looked at elsewhere
        shell.run("demo", "--set-up")


def standing(column: InstrumentedAttribute[str]) -> dict[str, int]:
    """How many rows stand in each state today."""
    return {str(state): number for state, number in session.execute(select(column, func.count()).group_by(column))}


def missing(states: Iterable[State], column: InstrumentedAttribute[str]) -> list[State]:
    found = standing(column)
    return [state for state in states if str(state) not in found and state not in UNREACHED | PASSED]


def test_the_books_and_the_trail_hold(demo: Shell) -> None:
    assert demo.ask("reconcile", by="ada@northmoor.example")["differences"] == []
    found = demo.ask("verify-audit")
    assert found["holds"]
    assert found["sealed"] > 1000


@pytest.mark.parametrize(
    ("states", "column"),
    [
        (ApplicationState, Application.state),
        (VoucherState, Voucher.state),
        (SessionState, DeliverySession.state),
        (RedemptionState, Redemption.state),
        (BatchState, Batch.state),
        (PaymentState, Payment.state),
        (DebtState, Debt.state),
        (StatementState, Statement.state),
        (ProviderState, Provider.state),
    ],
)
def test_something_stands_in_every_state(demo: Shell, states: type[State], column: InstrumentedAttribute[str]) -> None:
    with demo.inside():
        assert missing(states, column) == []


def test_what_only_passes_through_a_state_has_been_there(demo: Shell) -> None:
    with demo.inside():
        been = set(session.scalars(select(AuditEvent.to_state).distinct()))
    assert been >= {str(state) for state in PASSED}


def test_two_funders_share_three_lines_over_four_quarters(demo: Shell) -> None:
    with demo.inside():
        kinds = session.scalars(select(FundingLine.kind)).all()
        assert sorted(kinds) == ["administration", "capital", "revenue", "revenue"]
        assert session.scalar(select(func.count()).select_from(RoundLine)) == 3
        assert session.scalar(select(func.count(Statement.agreement_id.distinct()))) == 2
        assert session.scalar(select(func.count(Statement.period_to.distinct()))) == 4
        assert standing(ApplicationForm.state).keys() >= {FormState.DRAFT, FormState.NEEDS_A_PERSON, FormState.SENT}


def test_there_are_a_return_an_extension_a_new_paper_and_money_that_came(demo: Shell) -> None:
    with demo.inside():
        been = set(session.scalars(select(AuditEvent.action).distinct()))
        assert session.scalar(select(func.max(Voucher.extensions))) == 1
        assert session.scalar(select(func.max(Voucher.generation))) == 2
        assert session.scalar(select(func.max(Redemption.version))) == 2
        assert session.scalar(select(func.count()).where(Drawdown.received_on.is_not(None)))
    assert been >= {"voucher.reinstated", "claim.put_on_hold", "payment.returned", "debt.recovered", "claim.disallowed"}


@pytest.mark.rule(37, 55)
def test_a_late_return_and_late_refusals_stand_in_the_next_quarters_statements(demo: Shell) -> None:
    first, second, third = (parts(demo, f"NTT-LGF1-S00{number}") for number in (1, 2, 3))
    assert (first["7b"], first["16d"], first["22c"]) == (0, 0, 0)
    assert second["7b"] == second["16d"] > 0
    assert second["22c"] == 1
    assert (first["9b"], third["9b"] > 0) == (0, True)
    with demo.inside():
        refused = session.scalars(select(Redemption).where(Redemption.state == RedemptionState.REFUSED)).all()
        moments = select(AuditEvent.at).where(AuditEvent.action == "claim.refused")
        late = [
            claim.reference
            for claim in refused
            if london_date(session.scalars(moments.where(AuditEvent.object_id == claim.id)).one())
            > claim.voucher.last_day
        ]
    assert late


def test_a_demo_goes_only_into_an_empty_installation_and_is_told_again(demo: Shell, tmp_path: Path) -> None:
    told = demo.run("demo", "--set-up").output
    assert "The database was at schema" in told
    assert "made in" in told
    (demo.place.data / "demo" / "demo.json").rename(tmp_path / "demo.json")
    assert demo.refusal("demo")["code"] == "not_empty"
    (tmp_path / "demo.json").rename(demo.place.data / "demo" / "demo.json")


def test_every_log_in_of_the_demo_is_told(demo: Shell) -> None:
    told = (demo.place.data / "demo" / "log-ins.txt").read_text()
    for each in ("ada@", "sigrid@", "aude@", "flora@", "pat@airedigital", "priya@example.org"):
        assert each in told


def test_bank_lines_come_from_files_and_the_one_that_was_typed_makes_its_statements_provisional(demo: Shell) -> None:
    with demo.inside():
        assert standing(BankLine.source)[str(LineSource.TYPED)] == 1
        kinds = standing(BankStatement.kind)
        assert session.scalar(select(func.count()).where(BankImport.override_reason != "")) == 1
        unexplained = session.scalars(select(BankLine.bank_reference).where(BankLine.open_pence > 0)).all()
    assert unexplained == ["DD SUNDRY 4471"]
    assert kinds.keys() == {"camt.053", "csv"}
    assert kinds["csv"] == 1
    statements = demo.ask("statement", "list", by=STELLA)
    provisional = {each["statement"] for each in statements if each["provisional"]}
    assert provisional == {"NTT-LGF1-S002", "NTT-NIF1-S002"}
    [resolved] = demo.ask("exceptions", "--resolved", by=BINA)
    assert (resolved["kind"], resolved["outcome"]) == ("payment without a bank line", "waits for the bank")


def test_the_files_of_the_bank_are_kept_and_add_nothing_when_they_come_again(demo: Shell) -> None:
    for kind in ("xml", "csv"):
        file = sorted((demo.place.data / "demo").glob(f"bank-2*.{kind}"))[0]
        more = ("csv", "--mapping", LAYOUT) if kind == "csv" else ("camt.053",)
        again = demo.ask("import", "bank", str(file), "--kind", *more, by=BINA)
        assert (again["new"], again["taken_in_before"]) == (0, True)


def test_administration_stays_within_its_cap_and_one_cost_waits_for_its_approval(demo: Shell) -> None:
    with demo.inside():
        states = standing(AdminCost.state)
    assert states == {str(CostState.PAID): 4, str(CostState.PREPARED): 1}
    lines = parts(demo, "NTT-LGF1-S003")
    assert 0 < lines["15e"] <= lines["15f"] == 400
    assert lines["15a"] > 0


def test_indicators_are_counted_jobs_reported_and_a_finding_stands_on_the_statement(demo: Shell) -> None:
    lines = parts(demo, "NTT-LGF1-S003")
    assert (lines["23a"], lines["23b"]) == (1, 2_400)
    with demo.inside():
        assert session.scalar(select(func.count()).where(Finding.outcome == "fail")) == 1
        assert standing(Output.code).keys() == {"E10", "E12", "E30"}
        jobs = {job.code: job.document_id is not None for job in session.scalars(select(Job))}
        assert jobs == {"E22": True, "E23": False}
    assert zipfile.is_zipfile(demo.place.data / "demo" / "dossier.zip")


def test_payees_were_checked_with_every_outcome_that_can_be_paid_to_and_have_supplier_numbers(demo: Shell) -> None:
    with demo.inside():
        said = set(session.scalars(select(PayeeDetails.payee_check)))
        assert said == {"match", "close match", "unavailable"}
        assert session.scalar(select(func.count()).where(SupplierNumber.confirmed_by.is_not(None))) == 3


def test_irregularities_stand_in_the_register_and_a_failed_check_sent_a_claim_back(demo: Shell) -> None:
    with demo.inside():
        kinds, states = standing(Irregularity.kind), standing(Irregularity.state)
        failed = session.scalars(select(Redemption.version).join(TaskResult).where(~TaskResult.passed)).all()
    assert kinds.keys() == {"irregularity", "suspected fraud"}
    assert states.keys() >= {"open", "proved"}
    assert 2 in failed


def test_the_funders_own_form_holds_the_signed_figures(demo: Shell) -> None:
    folder = demo.place.data / "demo"
    sheet = load_workbook(folder / "quarterly-return-filled.xlsx")["Quarterly return"]
    answers = {row[0].value: row[1].value for row in sheet.iter_rows(min_row=2)}
    lines = parts(demo, "NTT-LGF1-S003")
    assert answers["Grant reference"] == "LGF1"
    assert answers["All paid out to date"] == lines["8"] / 100
    assert load_workbook(folder / "quarterly-return.xlsx")["Quarterly return"]["B2"].value is None


def test_statements_are_due_and_there_is_something_to_chase(demo: Shell) -> None:
    due = demo.ask("reporting", "calendar", by=STELLA)
    assert {"running", "to come"} < {each["standing"] for each in due}
    assert demo.ask("reporting", "chase", "--agreement", "LGF1", by=STELLA)["waiting"]


def test_what_the_worker_noted_lies_in_a_file(demo: Shell) -> None:
    events = {json.loads(each)["event"] for each in (demo.place.data / "demo" / "log.jsonl").read_text().splitlines()}
    assert "settled" in events


@pytest.mark.rule(57, 58)
def test_the_last_of_the_four_quarters_is_signed_by_commands_and_all_are_then(demo: Shell, tmp_path: Path) -> None:
    """It waits for whoever tries the demo: one statement to be signed, the other to be prepared again."""
    rob, sigrid = "rob@northmoor.example", "sigrid@northmoor.example"
    shutil.copytree(demo.place.data, tmp_path / "data")
    own = Shell(_place(tmp_path / "data"), FixedClock())
    returned = next(each for each in own.ask("statement", "list", by=STELLA) if each["state"] == "draft")
    waiting = next(each for each in own.ask("statement", "list", by=STELLA) if each["state"] == "reviewed")
    period = ("--from", returned["period_from"], "--to", returned["period_to"])
    paper = next((own.place.data / "demo").glob(f"balance-{returned['agreement']}-{returned['period_to']}.pdf"))
    balance = f"--ledger-balance={Decimal(returned['closing_cash_pence']) / 100}"
    own.run("statement", "prepare", "--agreement", returned["agreement"], *period, balance, "--ledger-evidence",
            str(paper), by=STELLA)  # fmt: skip
    own.run("statement", "review", returned["statement"], by=rob)
    for each in (returned, waiting):
        own.run("statement", "sign", each["statement"], by=sigrid)
    assert own.ask("reconcile", by=STELLA)["differences"] == []
    with own.inside():
        rows = session.scalars(select(Statement)).all()
        assert len(rows) == 8
        assert all(row.signed_at is not None for row in rows)
        assert len({row.period_to for row in rows}) == 4


def parts(demo: Shell, statement: str) -> dict[str, int]:
    """The figures of a statement by the codes of its parts."""
    with demo.inside():
        found = session.scalars(select(Statement).where(Statement.reference == statement)).one()
        return {str(part["code"]): part["value"] for part in parts_of(data_of(found))}  # type: ignore[misc]
