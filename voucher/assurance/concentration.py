"""Cases of what is concentrated in few hands: raised and withdrawn by thresholds, closed by a person (rule 52).

A case stops nothing and refuses nobody: people look into it, and what they decide they decide on the records (rule 73).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

from sqlalchemy import select

from voucher.assurance.figures import (
    ProviderFigures,
    Sharing,
    claims_by_provider,
    sharing_contacts,
    window_of,
    with_shares,
)
from voucher.assurance.models import ConcentrationCase, ConcentrationRule, ConcentrationRun
from voucher.assurance.policy import why_not_close_case
from voucher.assurance.rules import CASE_TRANSITIONS, CaseState, Measure, Thresholds
from voucher.audit.commands import begin_state, change_state, record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import insert_unless_there, session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.i18n import Number, on_record, said
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import Amount, Share
from voucher.platform.references import new_reference
from voucher.schemes.models import Scheme
from voucher.schemes.queries import held_still

OVER = on_record("What was found is no longer there.")
_SHARING = {
    "e-mail address": on_record("%(count)s businesses share one e-mail address: %(names)s."),
    "telephone number": on_record("%(count)s businesses share one telephone number: %(names)s."),
}
LEAST = {"opens_at": 0, "sharing": 2}
MOST = {"share_bp": 10_000, "opens_at": 23, "closes_at": 24, "window_days": 3650}


# What is written down as a record, and told again from it.
_MANY_ON_A_DAY = on_record("%(name)s handed in %(claims)s claims on %(day)s.")
_OUTSIDE_HOURS = on_record("%(name)s handed in %(claims)s claims outside office hours in %(days)s days.")
_MUCH_OF_THE_MONEY = on_record("%(name)s has %(share)s of the money claimed in %(days)s days, %(pence)s.")
_MANY_OF_THE_VOUCHERS = on_record("%(name)s has %(share)s of the vouchers claimed on in %(days)s days.")


@dataclass(frozen=True)
class Found:
    """Something at or above its threshold: about what or whom, how much, and in words."""

    measure: Measure
    subject: str
    found: int
    threshold: int
    about: str
    provider_id: int | None = None


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation did: cases raised, seen again, and closed because they no longer hold."""

    raised: int = 0
    seen: int = 0
    over: int = 0


def thresholds_of(scheme_id: int) -> Thresholds:
    """From what on cases are raised in the scheme now."""
    rule = session.scalar(
        select(ConcentrationRule)
        .where(ConcentrationRule.scheme_id == scheme_id)
        .order_by(ConcentrationRule.id.desc())
        .limit(1)
    )
    return Thresholds(**{each.name: getattr(rule, each.name) for each in fields(Thresholds)}) if rule else Thresholds()


def set_thresholds(act: Act, scheme: Scheme, wanted: Thresholds, *, reason: str) -> None:
    """Sets from what on cases are raised; raises DomainError, with the field, for what makes no sense."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    for name, value in asdict(wanted).items():
        least, most = LEAST.get(name, 1), MOST.get(name, 1_000_000)
        if not least <= value <= most:
            raise DomainError(
                "threshold",
                said("Enter a whole number from %(least)s to %(most)s.", least=least, most=Number(most)),
                name,
            )
    if wanted.opens_at >= wanted.closes_at:
        raise DomainError("threshold", _("The office closes after it opens."), "closes_at")
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why: auditors read it."), "reason")
    scheme = held_still(scheme)
    session.add(
        ConcentrationRule(scheme_id=scheme.id, reason=reason.strip(), by_id=act.person_id, at=act.now, **asdict(wanted))
    )
    record(act.actor, "scheme.thresholds_set", scheme, at=act.now, reason=reason.strip(), details=asdict(wanted))


def look_for_concentration(act: Act, scheme: Scheme) -> Evaluated:
    """Looks at once, for somebody who asks; what ``evaluate`` does."""
    act.require(Permission.ASSURANCE_CASES_MANAGE, scheme_id=scheme.id)
    return evaluate(act, scheme)


def evaluate_daily(act: Act, scheme: Scheme) -> Evaluated | None:
    """What the worker does once on each day; None when it was done today."""
    today = {"scheme_id": scheme.id, "on_day": act.today, "at": act.now}
    if session.scalar(insert_unless_there(ConcentrationRun).values(today).returning(ConcentrationRun.id)) is None:
        return None
    return evaluate(act, scheme)


def evaluate(act: Act, scheme: Scheme) -> Evaluated:
    """Raises a case for all that is concentrated and has none; brings open ones up to date; closes those that are over.

    What a person closed with a reason is raised again only when more of it is found than that person saw.
    """
    session.get_one(Scheme, scheme.id, with_for_update=True)  # two at once would raise the same cases
    there = {(each.measure, each.subject): each for each in concentrated(act, scheme)}
    cases = {(Measure(case.measure), case.subject): case for case in _open_cases(scheme.id)}
    over = [case for key, case in cases.items() if key not in there]
    for case in over:
        _close(act, case, OVER)
    for key in there.keys() & cases.keys():
        case, found = cases[key], there[key]
        case.found, case.threshold, case.about, case.seen_at = found.found, found.threshold, found.about, act.now
    raised = [found for key, found in there.items() if key not in cases and not _judged(scheme.id, found)]
    for found in raised:
        _raise(act, scheme, found)
    session.flush()
    return Evaluated(len(raised), len(cases) - len(over), len(over))


def concentrated(act: Act, scheme: Scheme) -> list[Found]:
    """All that is at or above its threshold now, raised or not."""
    thresholds = thresholds_of(scheme.id)
    window = window_of(scheme, thresholds, act.now)
    rows = session.execute(claims_by_provider(window)).all()
    providers = with_shares(window, rows)
    enough = sum(each.claims for each in providers) >= thresholds.least_claims
    found = [each for figures in providers for each in _of_provider(figures, thresholds, enough=enough)]
    shared = sharing_contacts(scheme, thresholds.sharing)
    return found + [_of_contact(act, each, thresholds) for each in shared]


def _of_provider(figures: ProviderFigures, thresholds: Thresholds, *, enough: bool) -> Iterator[Found]:
    name, days = figures.name, thresholds.window_days
    share, day = thresholds.share_bp, figures.busiest_on
    found = [
        (Measure.DAY, figures.on_busiest, thresholds.claims_a_day,
         said(_MANY_ON_A_DAY,
              name=name, claims=Number(figures.on_busiest), day=day or "–")),
        (Measure.HOURS, figures.outside_hours, thresholds.outside_hours,
         said(_OUTSIDE_HOURS,
              name=name, claims=Number(figures.outside_hours), days=days)),
    ]  # fmt: skip
    if enough:
        found += [
            (Measure.MONEY, figures.money_bp, share,
             said(_MUCH_OF_THE_MONEY,
                  name=name, share=Share(figures.money_bp), days=days, pence=Amount(figures.pence))),
            (Measure.VOUCHERS, figures.vouchers_bp, share,
             said(_MANY_OF_THE_VOUCHERS,
                  name=name, share=Share(figures.vouchers_bp), days=days)),
        ]  # fmt: skip
    for measure, much, threshold, words in found:
        if much >= threshold:
            yield Found(measure, figures.provider.public_id, much, threshold, words, figures.provider.id)


def _of_contact(act: Act, sharing: Sharing, thresholds: Thresholds) -> Found:
    words = said(_SHARING[sharing.kind], count=Number(len(sharing.names)), names=sharing.names)
    subject = act.ring.lookup_hash(f"{sharing.kind} {sharing.detail}")
    return Found(Measure.CONTACT, subject, len(sharing.names), thresholds.sharing, words)


def _open_cases(scheme_id: int) -> list[ConcentrationCase]:
    return list(
        session.scalars(
            select(ConcentrationCase)
            .where(ConcentrationCase.scheme_id == scheme_id, ConcentrationCase.state == str(CaseState.OPEN))
            .order_by(ConcentrationCase.id)
            .with_for_update()
        )
    )


def _judged(scheme_id: int, found: Found) -> bool:
    """Whether a person has closed a case of it and seen no less than there is now."""
    last = session.scalar(
        select(ConcentrationCase)
        .where(
            ConcentrationCase.scheme_id == scheme_id,
            ConcentrationCase.measure == str(found.measure),
            ConcentrationCase.subject == found.subject,
            ConcentrationCase.closed_by.is_not(None),
        )
        .order_by(ConcentrationCase.id.desc())
        .limit(1)
    )
    return last is not None and last.found >= found.found


def _raise(act: Act, scheme: Scheme, found: Found) -> None:
    case = ConcentrationCase(
        reference=new_reference(scheme.reference, "K"),
        scheme_id=scheme.id,
        measure=str(found.measure),
        subject=found.subject,
        provider_id=found.provider_id,
        about=found.about,
        found=found.found,
        threshold=found.threshold,
        state=CaseState.OPEN,
        raised_at=act.now,
        seen_at=act.now,
    )
    session.add(case)
    begin_state(act.actor, "concentration.raised", case, at=act.now, reason=found.about)


def close_case(act: Act, case: ConcentrationCase, *, reason: str) -> None:
    """A person closes a case with what was found of it; it comes back only when there is more of it."""
    act.require(Permission.ASSURANCE_CASES_MANAGE, scheme_id=case.scheme_id)
    refusal = why_not_close_case(act.actor, case)
    if refusal:
        raise Forbidden("own_organisation", refusal)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say what you found: auditors read it."), "reason")
    case = session.get_one(ConcentrationCase, case.id, with_for_update=True, populate_existing=True)
    _close(act, case, reason.strip())
    case.closed_by = act.person_id


def _close(act: Act, case: ConcentrationCase, reason: str) -> None:
    change_state(act.actor, "concentration.closed", case, CaseState.CLOSED, CASE_TRANSITIONS, at=act.now, reason=reason)
    case.reason, case.closed_at = reason, act.now
