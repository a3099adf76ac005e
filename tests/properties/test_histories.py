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

pytestmark = pytest.mark.usefixtures("sketched")

EXAMPLES = {"sqlite": 11, "postgresql": 2}
STEPS = 40
# Histories without these would show little; those on SQLite come to all of them.
MUST_HAPPEN = frozenset(
    {
        *("accept", "withdraw_application", "look_up, record_session", "undo_session", "extend", "cancel"),
        *("submit_claim", "withdraw_claim", "send_back", "resubmit_claim", "approve_claim", "refuse_claim"),
        *("reinstate_voucher", "dispute_claim", "take_out", "recall_batch", "match_payments", "match_return"),
        *(
            "raise_debt",
            "match_recovery",
            "write_off",
            "match_drawdown",
            "propose_virement",
            "propose_award",
            "confirm_change",
        ),
        *("sign_statement", "due: vouchers_expired", "due: sessions_lapsed", "due: claims_unconfirmed"),
    }
)


@pytest.mark.slow
@pytest.mark.rule(23, 24)
def test_whatever_people_do_the_books_hold(
    ready: Ready, engine_kind: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
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
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
        ),
    )
    assert engine_kind != "sqlite" or happened.keys() >= MUST_HAPPEN, MUST_HAPPEN - happened.keys()
