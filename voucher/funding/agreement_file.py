"""A funder's agreement in a set-up file: read whole, with every fault by its key, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from voucher.funding.commands import AgreementTerms, LineTerms
from voucher.funding.conditions import CapBase, Conditions, Profile, YearBy, profile_faults, profile_sums
from voucher.funding.rules import LineKind
from voucher.organisations.commands import add_organisation
from voucher.organisations.models import Organisation
from voucher.organisations.queries import organisations_named
from voucher.platform.act import Act
from voucher.platform.errors import DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.platform.toml import Section


@dataclass(frozen=True)
class GivenAgreement:
    """An agreement as a file gives it; ``known`` is its funder where that is a party already."""

    funder: str
    known: Organisation | None
    terms: AgreementTerms

    @property
    def award_pence(self) -> int:
        """The sum of the lines' awards."""
        return sum(line.pence for line in self.terms.lines)


def read_agreement(part: Section) -> GivenAgreement:
    """The section [agreement] with [agreement.signer] and one [[agreement.line]] or more; faults are noted in it."""
    funder = part.text("funder")
    known = None
    try:
        known = funder_named(funder)
    except DomainError as several:
        part.fault("funder", several.message)
    return GivenAgreement(funder, known, _terms(part))


def funder_named(name: str) -> Organisation | None:
    """The party with this name or reference, None when there is none yet; raises DomainError when there are several."""
    known = organisations_named(name)
    if len(known) > 1:
        raise DomainError(
            "several_funders", _("Several organisations have this name: give the reference of one."), "funder"
        )
    return known[0] if known else None


def terms_of(act: Act, given: GivenAgreement) -> AgreementTerms:
    """The agreement's terms with its funder, who is added when not known yet."""
    funder = given.known or add_organisation(act, name=given.funder, legal_form="other")
    return replace(given.terms, funder_id=funder.id)


def _terms(part: Section) -> AgreementTerms:
    """What the file says; the funder's row is filled in once the whole file is found right."""
    signer = part.section("signer")
    has_rate = part.has("intervention_rate_percent")
    profile: dict[str, dict[str, int]] = {}
    terms = AgreementTerms(
        reference=part.text("reference"),
        funder_id=0,
        signed_on=part.day("signed_on"),
        starts_on=part.day("starts_on"),
        ends_on=part.day("ends_on"),
        lines=_lines(part.sections("line"), profile),
        intervention_rate_bp=part.percent("intervention_rate_percent") if has_rate else None,
        recoveries_reusable=part.flag("recoveries_reusable", False),
        signer_title=signer.text("title"),
        signer_statute=signer.text("statute"),
        signer_wording=signer.text("wording"),
        conditions=_conditions(part, Conditions(), profile),
    )
    signer.done()
    part.done()
    _note_profile_faults(part, terms)
    return terms


def read_conditions(part: Section, before: Conditions) -> Conditions:
    """A section [conditions] with what it names on top of what the agreement says; faults are noted in it.

    A profile is a section [conditions.profile.CODE] for each line; a line that is not named keeps its own.
    """
    profile = {code: dict(quarters) for code, quarters in before.profile.items()}
    if part.has("profile"):
        named = part.section("profile")
        for code in named.values:
            profile[code] = _quarters(named.section(code))
    found = _conditions(part, before, profile)
    part.done()
    return found


def _conditions(part: Section, before: Conditions, profile: Profile) -> Conditions:
    cap = part.percent("administration_cap_percent") if part.has("administration_cap_percent") else before.admin_cap_bp
    tolerance = "variance_tolerance_percent"
    return Conditions(
        admin_cap_bp=cap,
        admin_cap_of=CapBase(_one_of(part, "administration_cap_of", list(CapBase), before.admin_cap_of)),
        year_by=YearBy(_one_of(part, "year_by", list(YearBy), before.year_by)),
        sign_off_steps=part.whole("sign_off_steps", before.sign_off_steps, least=2, most=3),
        tolerance_bp=part.percent(tolerance) if part.has(tolerance) else before.tolerance_bp,
        profile=profile,
    )


def _one_of(part: Section, key: str, words: Sequence[str], usual: str) -> str:
    found = part.text(key, str(usual))
    if found in words:
        return found
    part.fault(key, said("must be one of: %(known)s", known=tuple(words)))
    return str(usual)


def _quarters(section: Section) -> dict[str, int]:
    """Pence by the first day of a quarter, written like "2026-04-01" = "1000.00"."""
    found = {}
    for day in section.values:
        pence = section.pounds(day)
        try:
            found[date.fromisoformat(day).isoformat()] = pence
        except ValueError:
            section.fault(day, _('is not the first day of a quarter: write it like "2026-04-01"'))
    section.done()
    return found


def _note_profile_faults(part: Section, terms: AgreementTerms) -> None:
    """Notes what is wrong with the profile, with everything else that is wrong in the file."""
    awards = {line.code: line.pence for line in terms.lines}
    profile = terms.conditions.profile
    if terms.starts_on <= terms.ends_on:
        for words in profile_faults(profile, awards, terms.starts_on, terms.ends_on):
            part.fault("line.profile", words)
    for code, total, award in profile_sums(profile, awards):
        part.fault(
            "line.profile",
            said(
                "line %(code)s comes to %(total)s; its award is %(award)s",
                code=code,
                total=Amount(total),
                award=Amount(award),
            ),
        )


def _lines(sections: Sequence[Section], profile: dict[str, dict[str, int]]) -> tuple[LineTerms, ...]:
    lines: list[LineTerms] = []
    for section in sections:
        kind = section.text("kind")
        if kind and kind not in list(LineKind):
            section.fault("kind", said("must be one of: %(known)s", known=tuple(map(str, LineKind))))
        code = section.text("code")
        if any(line.code == code for line in lines):
            section.fault("code", said("line %(code)s is there twice", code=code))
        known = LineKind(kind) if kind in list(LineKind) else LineKind.REVENUE
        lines.append(LineTerms(code, section.text("name"), known, section.pounds("award")))
        if section.has("profile"):
            profile[code] = _quarters(section.section("profile"))
        section.done()
    return tuple(lines)
