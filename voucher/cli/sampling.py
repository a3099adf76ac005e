"""How many claims a person looks at."""

from __future__ import annotations

import click

from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.options import PERCENT, REASON
from voucher.platform.authz import Permission
from voucher.platform.money import percent
from voucher.redemptions.models import SamplingRule
from voucher.redemptions.sampling import sampling_rules, set_sampling


@click.group("sampling")
def sampling_group() -> None:
    """The sample of claims that a person looks at; all of them until it is set."""


@sampling_group.command("set")
@click.option("--rate", "rate_bp", type=PERCENT, required=True, help="Of all claims, in percent.")
@click.option("--weak", "weak_rate_bp", type=PERCENT, required=True, help="Of weak confirmations: the same or more.")
@click.option("--seed", default="", help="Made when left out; with it anybody can draw the sample again.")
@REASON
@changing
def set_rule(run: Run, rate_bp: int, weak_rate_bp: int, seed: str, reason: str) -> Answer:
    """Set how many claims are drawn from now on."""
    set_sampling(run.act, run.scheme, rate_bp=rate_bp, weak_rate_bp=weak_rate_bp, seed=seed, reason=reason)
    new = sampling_rules(run.scheme.id)[0]
    words = f"{percent(new.rate_bp)} of claims and {percent(new.weak_rate_bp)} of weak confirmations are looked at."
    return Answer(f"{words} The seed is {new.seed}.", _facts(new))


@sampling_group.command("show")
@reading
def show(run: Run) -> Answer:
    """List what counted from when on, the newest first; nothing while every claim is looked at."""
    run.need(Permission.CLAIMS_READ)
    return Answer(data=[_facts(rule) for rule in sampling_rules(run.scheme.id)])


def _facts(rule: SamplingRule) -> dict[str, object]:
    return {
        "from": rule.at,
        "rate_bp": rule.rate_bp,
        "weak_rate_bp": rule.weak_rate_bp,
        "seed": rule.seed,
        "reason": rule.reason,
    }


COMMANDS = (sampling_group,)
