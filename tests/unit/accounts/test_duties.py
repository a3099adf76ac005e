"""Whether a team can work: who is missing, what stands still; and that every pair of the table is tested."""

from __future__ import annotations

import pytest

from tests.integration.accounts.test_duties import PAIRS as TESTED
from voucher.accounts.duties import PAIRS, STEPS, pairs_in_force, split, stands_still, steps_in_force

ALL = pairs_in_force(decider_may_verify=False, reviewer_needed=True)
EVERY = {step.code for step in STEPS}
# Tested where the domain's own tests are, by other names, or asked within one step and not of two.
TESTED_ELSEWHERE = {
    "decide and decide the appeal",
    "prepare a batch and type its bank line",
    "approve a batch and type its bank line",
    "propose and confirm a role",
    "propose and confirm a weaker duty",
}


@pytest.mark.rule(29, 30, 50, 57)
def test_the_table_has_every_pair_that_the_policies_are_tested_for() -> None:
    tested = {pair.name for pair in TESTED} - {"ask for a recall and confirm it"}
    assert {pair.name for pair in PAIRS} == tested | TESTED_ELSEWHERE


def test_every_pair_is_of_two_known_steps() -> None:
    assert {code for pair in PAIRS for code in (pair.first, pair.second)} <= EVERY


def test_a_step_that_nobody_may_do_stands_still() -> None:
    assert stands_still({"decide": {1}, "verify": set()}, ALL) == ["verify"]


def test_a_pair_that_one_person_holds_alone_stands_still_at_its_second_step() -> None:
    assert stands_still({"key": {1}, "confirm": {1}}, ALL) == ["confirm"]
    assert stands_still({"key": {1, 2}, "confirm": {1}}, ALL) == []


def test_of_a_pair_the_step_that_comes_up_at_times_is_what_stands_still() -> None:
    assert stands_still({"evidence": {1}, "verify": {1}}, ALL) == ["evidence"]
    assert split({"evidence": {1}, "verify": {1}}, ALL) == {"verify": 1}


def test_somebody_away_leaves_what_only_they_could_do() -> None:
    holders = {"key": {1, 2}, "confirm": {1, 2}, "sign": {3}}
    assert stands_still(holders, ALL, without=1) == ["confirm"]
    assert stands_still(holders, ALL, without=3) == ["sign"]


def test_three_people_can_be_too_few_though_each_pair_has_two() -> None:
    holders = {"state": {1, 2}, "review": {1, 2}, "sign": {1, 2}}
    assert stands_still(holders, ALL) == []
    assert split(holders, ALL) is None
    shared = split({**holders, "sign": {1, 2, 3}}, ALL)
    assert shared is not None
    assert len(set(shared.values())) == 3


def test_two_staff_and_a_signer_can_run_a_scheme_of_a_small_team() -> None:
    pairs = pairs_in_force(decider_may_verify=True, reviewer_needed=False)
    holders = {step.code: {1, 2, 3} for step in steps_in_force(reviewer_needed=False)}
    found = split(holders, pairs)
    assert found is not None
    assert all(found[pair.first] != found[pair.second] for pair in pairs if {pair.first, pair.second} <= found.keys())
