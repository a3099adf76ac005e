"""Auditors' samples: drawn, looked into, concluded; and the dossier of an item."""

from __future__ import annotations

from pathlib import Path

import click

from voucher.cli.agreements import AGREEMENT
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.lists import agreement_named
from voucher.cli.options import DAY, OUT, PERCENT, POUNDS, one_of
from voucher.platform.db import session
from voucher.samples import commands
from voucher.samples.commands import Wanted
from voucher.samples.dossier import dossier_of
from voucher.samples.models import AuditSample
from voucher.samples.queries import (
    READERS,
    findings_in_force,
    item_at,
    items_of,
    result_of,
    sample_by_reference,
    samples_in,
)
from voucher.samples.rules import Method, Outcome, Side

REFERENCE = click.argument("reference", metavar="SAMPLE")
ITEM = click.argument("position", metavar="ITEM", type=int)


@click.group("sample")
def sample_group() -> None:
    """Auditors' samples of what was paid."""


@sample_group.command("draw")
@AGREEMENT
@click.option("--side", type=one_of("side", Side), required=True, help="Begin at the bank lines or at the claims paid.")
@click.option("--method", type=one_of("method", Method), default=Method.MONETARY_UNIT, show_default=True)
@click.option("--from", "first", type=DAY, required=True, help="First day of the period.")
@click.option("--to", "last", type=DAY, required=True, help="Last day of the period; it must be over.")
@click.option("--size", type=int, help="Number of draws; or give a confidence.")
@click.option("--confidence", "confidence_bp", type=PERCENT, help="Like 95, with --tolerable.")
@click.option("--tolerable", "tolerable_bp", type=PERCENT, help="Error rate that can be tolerated, like 5.")
@click.option("--seed", default="", help="Only to draw a sample again; without one a seed is made and kept.")
@changing
def draw(run: Run, agreement: str | None, **given: object) -> Answer:
    """Draw a sample of a stated size, or of the size that a confidence needs."""
    wanted = Wanted(**given)  # type: ignore[arg-type]
    sample = commands.draw_sample(run.act, agreement_named(run.scheme, agreement), wanted)
    return Answer(f"Sample {sample.reference}: {len(sample.items)} items, seed {sample.seed}.", facts_of(sample))


def facts_of(sample: AuditSample) -> dict[str, object]:
    """A sample as it is shown, with its items, what was found, and what that stands for."""
    found, result = findings_in_force(sample.id), result_of(sample)
    return {
        "sample": sample.reference,
        "agreement": sample.agreement.reference,
        "side": sample.side,
        "method": sample.method,
        "period_from": sample.period_from,
        "period_to": sample.period_to,
        "seed": sample.seed,
        "population_count": sample.population_count,
        "population_pence": sample.population_pence,
        "population_hash": sample.population_hash,
        "draws": sample.size,
        "counts_on": sample.counts_on,
        "failed": result.failed,
        "failed_pence": result.failed_pence,
        "error_bp": result.error_bp,
        "extrapolated_pence": result.extrapolated_pence,
        "items": [
            {
                "item": each.position,
                "reference": each.reference,
                "pence": each.pence,
                "hits": each.hits,
                "outcome": found[each.id].outcome if each.id in found else None,
                "error_pence": found[each.id].error_pence if each.id in found else None,
                "note": found[each.id].note if each.id in found else "",
            }
            for each in items_of(sample)
        ],
    }


@sample_group.command("show")
@REFERENCE
@reading
def show(run: Run, reference: str) -> Answer:
    """Show a sample, and draw it again from the books as they are: exit status 1 when it is another."""
    run.need(*READERS)
    sample = sample_by_reference(run.scheme, reference)
    differs = commands.why_not_the_same(sample)
    facts = {**facts_of(sample), "drawn_again": "the same items" if differs is None else differs}
    return Answer(differs or "", facts, failed=differs is not None)


@sample_group.command("list")
@reading
def listing(run: Run) -> Answer:
    """List the scheme's samples."""
    run.need(*READERS)
    rows = session.scalars(samples_in(run.scheme.id).order_by(AuditSample.id)).all()
    return Answer("" if rows else "No sample was drawn yet.", [facts_of(each) for each in rows])


@sample_group.command("finding")
@REFERENCE
@ITEM
@click.option("--outcome", type=one_of("outcome", Outcome), required=True, help="pass or fail.")
@click.option("--error", "error_pence", type=POUNDS, help="By how much it is wrong; the whole when left out.")
@click.option("--note", default="", help="What was seen; a failure needs one.")
@changing
def finding(run: Run, reference: str, position: int, outcome: Outcome, error_pence: int | None, note: str) -> Answer:
    """Note what was found about an item; noted again, the newest counts."""
    sample = sample_by_reference(run.scheme, reference)
    commands.note_finding(run.act, item_at(sample, position), outcome=outcome, error_pence=error_pence, note=note)
    return Answer(f"Item {position} of sample {sample.reference}: {outcome}.", facts_of(sample))


@sample_group.command("conclude")
@REFERENCE
@changing
def conclude(run: Run, reference: str) -> Answer:
    """End a sample in which every item has a finding: the statement of its period counts it."""
    sample = sample_by_reference(run.scheme, reference)
    commands.conclude_sample(run.act, sample)
    return Answer(f"Sample {sample.reference} is concluded and counts on {sample.counts_on}.", facts_of(sample))


@sample_group.command("dossier")
@REFERENCE
@ITEM
@OUT
@changing
def dossier(run: Run, reference: str, position: int, out: Path) -> Answer:
    """Write everything about an item as a zip file; that you took it is noted."""
    item = item_at(sample_by_reference(run.scheme, reference), position)
    commands.open_dossier(run.act, item)
    data = dossier_of(run.act, item)
    facts = {"sample": item.sample.reference, "item": position, "file": str(out), "bytes": len(data)}
    return Answer(f"Written: {out}.", facts, out=(out, lambda: data))


COMMANDS = (sample_group,)
