"""The demo scheme: made by commands alone, with something in every state, and with books that hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from tests.harness.clock import FixedClock
from tests.harness.sketches import sketching
from tests.integration.cli.conftest import _place
from tests.integration.cli.shell import Shell
from voucher.applications.models import Application, ApplicationForm
from voucher.applications.rules import ApplicationState, FormState
from voucher.audit.models import AuditEvent
from voucher.funding.models import FundingLine
from voucher.payments.models import BankLine, Batch, Debt, Drawdown, Payment
from voucher.payments.rules import BatchState, DebtState, PaymentState
from voucher.platform.db import session
from voucher.platform.states import State
from voucher.providers.models import Provider
from voucher.providers.rules import ProviderState
from voucher.redemptions.models import DeliverySession, Redemption
from voucher.redemptions.rules import RedemptionState, SessionState
from voucher.reports.models import Statement
from voucher.reports.rules import StatementState
from voucher.vouchers.models import Voucher
from voucher.vouchers.rules import VoucherState

pytestmark = pytest.mark.slow

# An application begins when it is sent; what comes before that is a form.
UNREACHED = {ApplicationState.DRAFT}
# What passes at once into the next state, or had its time in the story and is over by now.
PASSED = {ApplicationState.IN_REVIEW, RedemptionState.RETURNED, StatementState.PREPARED, StatementState.QUERIED}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The demo of the smallest size, made once."""
    shell = Shell(_place(tmp_path_factory.mktemp("demo") / "data"), FixedClock())
    with sketching():  # drawing its letters and statements is most of the work, and is looked at elsewhere
        shell.run("set-up")
        shell.run("demo")
    return shell


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
        assert session.scalar(select(func.count()).select_from(FundingLine)) == 3
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
        assert session.scalar(select(func.count()).where(BankLine.open_pence > 0)) == 1
    assert been >= {"voucher.reinstated", "claim.put_on_hold", "payment.returned", "debt.recovered", "claim.disallowed"}


def test_a_demo_goes_only_into_an_empty_installation_and_is_told_again(demo: Shell, tmp_path: Path) -> None:
    assert "made in" in demo.run("demo").output
    (demo.place.data / "demo" / "demo.json").rename(tmp_path / "demo.json")
    assert demo.refusal("demo")["code"] == "not_empty"
    (tmp_path / "demo.json").rename(demo.place.data / "demo" / "demo.json")


def test_every_log_in_of_the_demo_is_told(demo: Shell) -> None:
    told = (demo.place.data / "demo" / "log-ins.txt").read_text()
    for each in ("ada@", "sigrid@", "aude@", "flora@", "pat@airedigital", "priya@example.org"):
        assert each in told
