"""Indicators of agreements, the enterprises and the jobs that count towards them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import click
from sqlalchemy import select

from voucher.cli.agreements import AGREEMENT
from voucher.cli.common import Answer, Run, changing, reading
from voucher.cli.imports import template_group
from voucher.cli.lists import agreement_named
from voucher.cli.options import DAY, FILE, REASON, SET_UP_FILE, GivenFile, Read
from voucher.demo import files
from voucher.documents.commands import RETAINED_STATEMENT, keep_document
from voucher.organisations.models import Organisation
from voucher.organisations.queries import organisations_named
from voucher.outputs import commands
from voucher.outputs.evidence import progress
from voucher.outputs.indicator_file import read_indicators
from voucher.outputs.jobs import JobTerms, record_job
from voucher.outputs.models import IndicatorSet, Job, Output
from voucher.outputs.queries import Figures, figures_of, indicator_by_code, jobs_in, outputs_in
from voucher.outputs.rules import WITH_THRESHOLD, parse_baseline, parse_fte
from voucher.platform import toml
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, NotFound
from voucher.platform.toml import refuse_faults

FTE = Read("fte", parse_fte)
BASELINE = Read("fte", parse_baseline)
BUSINESS = click.option("--business", "name", required=True, help="Its reference or exact name.")
CODE = click.option("--indicator", "code", required=True, metavar="CODE", help="The funder's code.")
EVIDENCE = click.option("--evidence", type=FILE, help="A PDF or picture; without it nothing counts yet.")


@click.group("indicators")
def indicators_group() -> None:
    """What an agreement asks for beside money, as versions of the funder's definitions."""


@indicators_group.command("set")
@SET_UP_FILE
@AGREEMENT
@click.option("--reason", default="", help="Why they change, where the agreement has some already.")
@changing
def set_command(run: Run, file: GivenFile, agreement: str | None, reason: str) -> Answer:
    """Enter a version of an agreement's indicators; what was reported under another keeps it."""
    whole = toml.read(file.data)
    terms = read_indicators(whole.section("indicators"))
    whole.done()
    refuse_faults(whole)
    target = agreement_named(run.scheme, agreement)
    made = commands.set_indicators(run.act, target, terms, reason=reason)
    words = f"Version {made.version} of the indicators of {target.reference} counts from {made.in_force_from}."
    return Answer(words, set_facts(made))


def set_facts(made: IndicatorSet) -> dict[str, object]:
    """A version of an agreement's indicators as it is shown."""
    return {
        "agreement": made.agreement.reference,
        "version": made.version,
        "name": made.name,
        "in_force_from": made.in_force_from,
        "indicators": [
            {
                "code": each.code,
                "wording": each.wording,
                "measure": each.measure,
                "threshold": each.threshold,
                "evidence": each.evidence,
                "target": each.target,
            }
            for each in made.indicators
        ],
    }


@indicators_group.command("show")
@AGREEMENT
@reading
def show(run: Run, agreement: str | None) -> Answer:
    """Show what each indicator came to by today."""
    run.need(Permission.FUNDING_LINES_READ)
    target = agreement_named(run.scheme, agreement)
    in_force, figures = figures_of(target.id, target.starts_on, run.act.today)
    if in_force is None:
        return Answer(
            f"Agreement {target.reference} has no indicators.", {"agreement": target.reference, "figures": []}
        )
    return Answer(data={**set_facts(in_force), "figures": [_figures(each) for each in figures]})


def _figures(each: Figures) -> dict[str, object]:
    return {
        "code": each.indicator.code,
        "target": each.indicator.target,
        "to_date": each.to_date,
        "evidenced": each.evidenced,
        "unevidenced": each.unevidenced,
    }


@click.group("output")
def output_group() -> None:
    """Enterprises that count towards an indicator, each once."""


@output_group.command("count")
@AGREEMENT
@click.option("--through", type=DAY, help="Count what was met by that day; today when it is left out.")
@changing
def count(run: Run, agreement: str | None, through: date | None) -> Answer:
    """Count who met a threshold. Preparing a statement does this too; doing it again changes nothing."""
    target = agreement_named(run.scheme, agreement)
    changed = commands.count_outputs(run.act, target, through=through or run.act.today)
    return Answer(f"{changed} enterprises were counted or withdrawn.", {"changed": changed})


@output_group.command("progress")
@AGREEMENT
@CODE
@reading
def progress_command(run: Run, agreement: str | None, code: str) -> Answer:
    """Show how far each enterprise is towards a threshold, and what lacks evidence."""
    run.need(Permission.FUNDING_LINES_READ)
    target = agreement_named(run.scheme, agreement)
    indicator = indicator_by_code(target.id, code, run.act.today)
    if indicator.measure not in WITH_THRESHOLD:
        raise DomainError("no_threshold", f"{indicator.code} has no threshold.", "code")
    rows = progress(target.id, indicator, run.act.today)
    facts = [
        {
            "business": each.business.name,
            "business_reference": each.business.reference,
            "threshold": indicator.threshold,
            "evidenced": each.evidenced,
            "unevidenced": each.unevidenced,
            "meets": each.meets,
        }
        for each in rows
    ]
    return Answer("" if facts else "No enterprise has received anything yet.", facts)


@output_group.command("record")
@AGREEMENT
@CODE
@BUSINESS
@EVIDENCE
@click.option("--note", default="", help="What was done.")
@changing
def record(run: Run, agreement: str | None, code: str, name: str, evidence: GivenFile | None, note: str) -> Answer:
    """Record an enterprise for an indicator without a threshold."""
    output = commands.record_output(
        run.act,
        agreement_named(run.scheme, agreement),
        business_named(name),
        code=code,
        document_id=_kept(run, evidence),
        note=note,
    )
    return Answer(f"{output.business.name} is recorded for {output.code}.", output_facts(output))


def business_named(name: str) -> Organisation:
    """The one party with this reference or name; raises NotFound."""
    found = organisations_named(name)
    if len(found) != 1:
        words = "Several parties have this name: give a reference." if found else f"There is no business {name}."
        raise NotFound("which_business", words, "business")
    return found[0]


def _kept(run: Run, file: GivenFile | None) -> int | None:
    if file is None:
        return None
    return keep_document(
        run.act, scheme_id=run.scheme.id, data=file.data, name=file.name, retention_class=RETAINED_STATEMENT
    ).id


def output_facts(row: Output) -> dict[str, object]:
    """An enterprise that counts, as it is shown."""
    return {
        "output": row.public_id,
        "indicator": row.code,
        "business": row.business.name,
        "amount": row.amount,
        "has_evidence": row.document_id is not None or row.amount is not None,
        "counts_on": row.counts_on,
        "withdrawn_on": row.withdrawn_on,
    }


def job_facts(row: Job) -> dict[str, object]:
    """A job as it is shown, in hundredths of a full-time post."""
    return {
        "job": row.public_id,
        "indicator": row.code,
        "business": row.business.name,
        "post": row.post,
        "fte_hundredths": row.fte_hundredths,
        "baseline_hundredths": row.baseline_hundredths,
        "permanent": row.permanent,
        "has_evidence": row.document_id is not None,
        "counts_on": row.counts_on,
        "withdrawn_on": row.withdrawn_on,
    }


@output_group.command("list")
@reading
def listing(run: Run) -> Answer:
    """List the enterprises that count or are recorded."""
    run.need(Permission.FUNDING_LINES_READ)
    rows = session.scalars(outputs_in(run.scheme.id).order_by(Output.id)).all()
    return Answer("" if rows else "No enterprise counts yet.", [output_facts(each) for each in rows])


@click.group("job")
def job_group() -> None:
    """Jobs created and safeguarded, in full-time equivalents."""


@job_group.command("record")
@AGREEMENT
@CODE
@BUSINESS
@click.option("--post", required=True, help="What the post is called; nobody's name.")
@click.option("--fte", type=FTE, required=True, help="Its full-time equivalent, like 0.6.")
@click.option("--baseline", type=BASELINE, required=True, help="All posts of the enterprise before the support.")
@click.option("--baseline-on", type=DAY, required=True)
@click.option("--begins-on", type=DAY, required=True)
@click.option("--permanent/--not-permanent", default=False, help="Whether it is to last twelve months or longer.")
@EVIDENCE
@changing
def record_job_command(
    run: Run, agreement: str | None, name: str, evidence: GivenFile | None, fte: int, baseline: int, **given: object
) -> Answer:
    """Record a post; it counts with evidence, when it is to last twelve months or longer."""
    terms = JobTerms(fte_hundredths=fte, baseline_hundredths=baseline, **given)  # type: ignore[arg-type]
    job = record_job(
        run.act, agreement_named(run.scheme, agreement), business_named(name), terms, document_id=_kept(run, evidence)
    )
    state = f"counts on {job.counts_on}" if job.counts_on else "does not count yet"
    return Answer(f"The post {job.post} of {job.business.name} is recorded and {state}.", job_facts(job))


@job_group.command("list")
@reading
def list_jobs(run: Run) -> Answer:
    """List the jobs."""
    run.need(Permission.FUNDING_LINES_READ)
    rows = session.scalars(jobs_in(run.scheme.id).order_by(Job.id)).all()
    return Answer("" if rows else "No job is recorded yet.", [job_facts(each) for each in rows])


def _of_both(group: click.Group, table: type[Output] | type[Job], facts: Callable[..., dict[str, object]]) -> None:
    """The commands that enterprises and jobs share."""

    @group.command("evidence", help="Keep the evidence of what was recorded without it.")
    @click.argument("address", metavar="ID")
    @click.option("--evidence", type=FILE, required=True, help="A PDF or picture.")
    @changing
    def evidence(run: Run, address: str, evidence: GivenFile) -> Answer:
        row = _row(run, address)
        document_id = _kept(run, evidence)
        commands.add_evidence(run.act, row, document_id or 0)
        return Answer(f"{row.business.name}, {row.code}: the evidence is kept.", facts(row))

    @group.command("withdraw", help="Let it count no longer, from the first day on that no signed statement covers.")
    @click.argument("address", metavar="ID")
    @REASON
    @changing
    def withdraw(run: Run, address: str, reason: str) -> Answer:
        row = _row(run, address)
        commands.withdraw(run.act, row, reason=reason)
        return Answer(f"{row.business.name}, {row.code}: withdrawn.", facts(row))

    def _row(run: Run, address: str) -> Output | Job:
        query: Any = select(table).where(table.scheme_id == run.scheme.id, table.public_id == address)
        found: Output | Job | None = session.scalar(query)
        if found is None:
            raise NotFound("not_here", f"There is nothing with the number {address}.", "id")
        return found


_of_both(output_group, Output, output_facts)
_of_both(job_group, Job, job_facts)


@template_group.command("indicators")
def indicators_example() -> None:
    """An agreement's indicators, one of each measure."""
    click.echo(files.indicators().strip())
    click.echo("Change it, keep it, and give it to: voucher indicators set FILE", err=True)


COMMANDS = (indicators_group, output_group, job_group)
