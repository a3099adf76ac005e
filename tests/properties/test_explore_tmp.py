"""Random histories of one scheme with three lines at odd shares: whatever people do, the books hold (rules 23, 24)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.harness.ready import Ready
from tests.properties.history import ACTS, Step
from tests.properties.money_acts import MoneyActs
from voucher.reports import commands as statements

EXAMPLES = {"sqlite": 150, "postgresql": 4}
STEPS = 40


@pytest.mark.slow
@pytest.mark.rule(23, 24)
def test_whatever_people_do_the_books_hold(
    ready: Ready, engine_kind: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "statement_pdf", lambda *_a, **_o: b"%PDF-1.7 stub bytes")
    happened = Counter[str]()

    class Histories(MoneyActs):
        def __init__(self) -> None:
            super().__init__(ready, tmp_path_factory.mktemp("history"))

        @rule(step=st.one_of(ACTS))
        def happens(self, step: Step) -> None:
            getattr(self, step.name)(**step.given)

        def teardown(self) -> None:
            happened.update(self.done)
            super().teardown()

    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=EXAMPLES[engine_kind],
            stateful_step_count=STEPS,
            derandomize=False,
            database=None,
            report_multiple_bugs=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        ),
    )
    print(sorted(happened.items()))
