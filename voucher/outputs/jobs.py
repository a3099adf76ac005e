"""Jobs created and safeguarded: full-time equivalents with a baseline, and a post only once (rule 61)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.funding.models import Agreement
from voucher.organisations.models import Organisation
from voucher.outputs.commands import check_takes_part, day_that_counts, lock_agreement
from voucher.outputs.models import Indicator, Job
from voucher.outputs.queries import indicator_by_code
from voucher.outputs.rules import OF_JOBS, in_fte, post_key
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said


@dataclass(frozen=True)
class JobTerms:
    """A post as somebody enters it: its name (never a person's), hundredths of a full-time post, and the baseline.

    ``baseline_hundredths`` are all of the enterprise's posts on ``baseline_on``, before its support.
    """

    code: str
    post: str
    fte_hundredths: int
    baseline_hundredths: int
    baseline_on: date
    begins_on: date
    permanent: bool


def record_job(
    act: Act, agreement: Agreement, business: Organisation, terms: JobTerms, *, document_id: int | None
) -> Job:
    """Records a post that was created or safeguarded. It counts with evidence, when it is to last twelve months.

    Raises Conflict when the enterprise's post is there already, as created or as safeguarded, and DomainError when the
    baseline differs from the one that was given for the enterprise before.
    """
    act.require(Permission.OUTPUTS_RECORD, scheme_id=agreement.scheme_id)
    agreement = lock_agreement(agreement)
    indicator = indicator_by_code(agreement.id, terms.code, act.today)
    if indicator.measure not in OF_JOBS:
        raise DomainError(
            "no_jobs",
            said(
                "%(indicator)s does not count jobs: %(measure)s.", indicator=indicator.code, measure=indicator.measure
            ),
            "code",
        )
    check_takes_part(agreement, business)
    _check_terms(act, terms)
    # Held still, so that the same post is not entered for two agreements at once.
    session.get_one(Organisation, business.id, with_for_update=True)
    _check_post(business, terms, indicator)
    _check_baseline(agreement, business, terms)
    counts = document_id is not None and terms.permanent
    job = Job(
        scheme_id=agreement.scheme_id,
        agreement_id=agreement.id,
        indicator_id=indicator.id,
        enterprise_id=business.enterprise_id,
        business_id=business.id,
        post_key=post_key(terms.post),
        document_id=document_id,
        counts_on=day_that_counts(agreement, max(act.today, terms.begins_on)) if counts else None,
        recorded_on=act.today,
        recorded_by=act.person_id,
        **{**vars(terms), "code": indicator.code},
    )
    session.add(job)
    session.flush()
    details = {"code": indicator.code, "fte": in_fte(terms.fte_hundredths), "permanent": terms.permanent}
    record(act.actor, "job.recorded", job, at=act.now, details=details)
    return job


def _check_terms(act: Act, terms: JobTerms) -> None:
    if not post_key(terms.post):
        raise DomainError("no_post", _("Enter what the post is called, not who holds it."), "post")
    if terms.begins_on > act.today:
        raise DomainError("not_begun", _("The post has not begun: record it when it has."), "begins_on")
    if terms.baseline_on > terms.begins_on:
        words = _("The baseline is of a day after the post began: give the one from before the support.")
        raise DomainError("late_baseline", words, "baseline_on")


def _check_post(business: Organisation, terms: JobTerms, indicator: Indicator) -> None:
    rows = session.execute(
        select(Job, Indicator.measure)
        .join(Indicator, Indicator.id == Job.indicator_id)
        .where(
            Job.enterprise_id == business.enterprise_id,
            Job.post_key == post_key(terms.post),
            Job.withdrawn_on.is_(None),
        )
    )
    for known, measure in rows:
        if measure != indicator.measure or known.agreement_id == indicator.set.agreement_id:
            words = said(
                "The post %(post)s is recorded already, as %(measure)s: a post counts once, as one of the two.",
                post=known.post,
                measure=said(str(measure)),
            )
            raise Conflict("post_taken", words, "post")


def _check_baseline(agreement: Agreement, business: Organisation, terms: JobTerms) -> None:
    known = session.scalar(
        select(Job)
        .where(
            Job.agreement_id == agreement.id,
            Job.enterprise_id == business.enterprise_id,
            Job.withdrawn_on.is_(None),
        )
        .limit(1)
    )
    given = terms.baseline_hundredths, terms.baseline_on
    if known is not None and (known.baseline_hundredths, known.baseline_on) != given:
        words = said(
            "The baseline of %(business)s was given as %(baseline_hundredths)s on %(baseline)s: an "
            "enterprise has one baseline.",
            business=business.name,
            baseline_hundredths=in_fte(known.baseline_hundredths),
            baseline=known.baseline_on,
        )
        raise DomainError("another_baseline", words, "baseline")
