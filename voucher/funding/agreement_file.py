"""A funder's agreement in a set-up file: read whole, with every fault by its key, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from voucher.funding.commands import AgreementTerms, LineTerms
from voucher.funding.rules import LineKind
from voucher.organisations.commands import add_organisation
from voucher.organisations.models import Organisation
from voucher.organisations.queries import organisations_named
from voucher.platform.act import Act
from voucher.platform.errors import DomainError
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
            "several_funders", "Several organisations have this name: give the reference of one.", "funder"
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
    terms = AgreementTerms(
        reference=part.text("reference"),
        funder_id=0,
        signed_on=part.day("signed_on"),
        starts_on=part.day("starts_on"),
        ends_on=part.day("ends_on"),
        lines=_lines(part.sections("line")),
        intervention_rate_bp=part.percent("intervention_rate_percent") if has_rate else None,
        recoveries_reusable=part.flag("recoveries_reusable", False),
        signer_title=signer.text("title"),
        signer_statute=signer.text("statute"),
        signer_wording=signer.text("wording"),
    )
    signer.done()
    part.done()
    return terms


def _lines(sections: Sequence[Section]) -> tuple[LineTerms, ...]:
    lines: list[LineTerms] = []
    for section in sections:
        kind = section.text("kind")
        if kind and kind not in list(LineKind):
            section.fault("kind", f"must be one of: {', '.join(LineKind)}")
        code = section.text("code")
        if any(line.code == code for line in lines):
            section.fault("code", f"line {code} is there twice")
        known = LineKind(kind) if kind in list(LineKind) else LineKind.REVENUE
        lines.append(LineTerms(code, section.text("name"), known, section.pounds("award")))
        section.done()
    return tuple(lines)
