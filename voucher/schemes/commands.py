"""Setting up a scheme, new terms, and rounds with a guard on their budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, update

from voucher.audit.commands import record
from voucher.organisations.commands import add_organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import changed_one, session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.money import pounds
from voucher.platform.toml import Section, refuse_faults
from voucher.schemes.eligibility import to_stored
from voucher.schemes.eligibility_file import read_eligibility
from voucher.schemes.models import Round, Scheme, Terms, VoucherType
from voucher.schemes.queries import voucher_type_by_code
from voucher.schemes.rules import AwardMethod

DAY_SETTINGS = {
    "offer_days": 30,
    "notice_days": 30,
    "confirmation_days": 28,
    "late_session_days": 7,
    "claim_window_days": 28,
    "payment_days": 30,
    "extension_limit": 1,
    "extension_days": 30,
    "reinstatement_days": 28,
    "match_days": 30,
    "lookup_limit_person": 10,
    "lookup_limit_provider": 30,
    "lookup_limit_address": 30,
}


def set_up_scheme(act: Act, file: Section) -> Scheme:
    """A new scheme with its owner, settings, first terms and voucher types, from a set-up file.

    Raises FileRefused with every fault of the file by key, and DomainError when the scheme is there already.
    """
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    part = file.section("scheme")
    settings = part.section("settings")
    values = {key: settings.whole(key, default, most=3650) for key, default in DAY_SETTINGS.items()}
    scheme = Scheme(
        number=(session.scalar(select(func.max(Scheme.number))) or 0) + 1,
        reference=part.text("reference").upper(),
        name=part.text("name"),
        contact_line=part.text("contact"),
        starts_on=part.day("starts_on"),
        ends_on=part.day("ends_on"),
        decider_may_verify=settings.flag("decider_may_verify", False),
        reviewer_needed=settings.flag("reviewer_needed", True),
        vat_funded_for_unregistered=settings.flag("vat_funded_for_unregistered", False),
        created_at=act.now,
        **values,
    )
    owner = part.text("owner")
    terms = _terms(act, file.section("terms"))
    kinds = [_voucher_type(section) for section in file.sections("voucher_type")]
    if file.has("eligibility"):
        scheme.eligibility = to_stored(read_eligibility(file.section("eligibility")))
    for section in (part, settings, file):
        section.done()
    _check(scheme, file)
    refuse_faults(file)
    scheme.owner = add_organisation(act, name=owner, legal_form="other")
    session.add(scheme)
    session.flush()
    terms.scheme_id = scheme.id
    for kind in kinds:
        kind.scheme_id = scheme.id
    session.add_all([terms, *kinds])
    session.flush()
    record(act.actor, "scheme.set_up", scheme, at=act.now, details={"terms": terms.version})
    return scheme


def _check(scheme: Scheme, file: Section) -> None:
    if scheme.starts_on > scheme.ends_on:
        file.fault("scheme.ends_on", "lies before starts_on")
    if not scheme.reference.isalnum() or len(scheme.reference) > 6:
        file.fault("scheme.reference", "must be one to six letters and digits")
    if session.scalar(select(Scheme.id).where(Scheme.reference == scheme.reference)):
        file.fault("scheme.reference", f"{scheme.reference} is there already")


def _terms(act: Act, section: Section) -> Terms:
    terms = Terms(
        version=section.text("version"),
        in_force_from=section.day("in_force_from"),
        brief=section.texts("brief"),
        body=section.text("body"),
        created_at=act.now,
    )
    section.done()
    return terms


def _voucher_type(section: Section) -> VoucherType:
    face = section.pounds("face_value")
    kind = VoucherType(
        code=section.text("code"),
        name=section.text("name"),
        good_for=section.texts("good_for"),
        rate_bp=section.whole("rate_percent", least=1, most=100) * 100,
        face_pence=face,
        cap_pence=section.pounds("cap") if section.has("cap") else face,
        minimum_own_pence=section.pounds("minimum_own_contribution", "0.00"),
        validity_days=section.whole("validity_days", least=1, most=3650),
        open=section.flag("open", True),
    )
    if not 0 < kind.cap_pence <= kind.face_pence:
        section.fault("cap", "must be above zero and at most the face value")
    section.done()
    return kind


def add_terms(act: Act, scheme: Scheme, file: Section) -> Terms:
    """A new version of the terms; vouchers issued before keep theirs (rule 9)."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    terms = _terms(act, file.section("terms"))
    file.done()
    refuse_faults(file)
    if session.scalar(select(Terms.id).where(Terms.scheme_id == scheme.id, Terms.version == terms.version)):
        raise DomainError("terms_exist", f"Terms {terms.version} are there already.", "terms.version")
    terms.scheme_id = scheme.id
    session.add(terms)
    session.flush()
    record(act.actor, "scheme.terms_added", scheme, at=act.now, details={"version": terms.version})
    return terms


@dataclass(frozen=True)
class RoundTerms:
    """A round as a set-up file gives it; its budget in pence, its voucher type by code."""

    code: str
    name: str
    opens_on: date
    closes_on: date
    award_method: str
    budget_pence: int
    voucher_type: str


def add_round(act: Act, scheme: Scheme, part: Section) -> Round:
    """A new round from its part of a set-up file; the caller says which lines it draws on."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    terms = read_round(scheme, part)
    refuse_faults(part)
    return open_round(act, scheme, terms)


def read_round(scheme: Scheme, part: Section) -> RoundTerms:
    """The section [round] of a set-up file; faults are noted in it."""
    budget = part.pounds("budget")
    method = part.text("award_method", str(AwardMethod.FIRST_COME))
    if method not in list(AwardMethod):
        part.fault("award_method", f"must be one of: {', '.join(AwardMethod)}")
    code = part.text("code")
    if session.scalar(select(Round.id).where(Round.scheme_id == scheme.id, Round.code == code)):
        part.fault("code", f"round {code} is there already")
    terms = RoundTerms(
        code=code,
        name=part.text("name"),
        opens_on=part.day("opens_on"),
        closes_on=part.day("closes_on"),
        award_method=method,
        budget_pence=budget,
        voucher_type=part.text("voucher_type"),
    )
    if terms.opens_on > terms.closes_on:
        part.fault("closes_on", "lies before opens_on")
    if budget <= 0:
        part.fault("budget", "a round cannot open without a budget")
    part.done()
    return terms


def open_round(act: Act, scheme: Scheme, terms: RoundTerms) -> Round:
    """Opens a round; whoever calls it has asked whether the actor may. Raises NotFound for an unknown voucher type."""
    new = Round(
        scheme=scheme,
        voucher_type=voucher_type_by_code(scheme, terms.voucher_type),
        code=terms.code,
        name=terms.name,
        opens_on=terms.opens_on,
        closes_on=terms.closes_on,
        award_method=terms.award_method,
        budget_pence=terms.budget_pence,
        available_pence=terms.budget_pence,
    )
    session.add(new)
    session.flush()
    record(act.actor, "round.opened", new, at=act.now, pence=terms.budget_pence)
    return new


def set_voucher_type_open(act: Act, kind: VoucherType, *, is_open: bool, reason: str) -> None:
    """Opens or closes a voucher type; nothing is issued of a closed one (rule 8)."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=kind.scheme_id)
    kind.open = is_open
    record(act.actor, "voucher_type.opened" if is_open else "voucher_type.closed", kind, at=act.now, reason=reason)


def take_from_round(target: Round, pence: int) -> None:
    """Takes an offer's amount from what the round may still offer; raises Conflict, saying what is left."""
    guarded = (
        update(Round)
        .where(Round.id == target.id, Round.available_pence >= pence)
        .values(available_pence=Round.available_pence - pence)
    )
    if not changed_one(session.execute(guarded, execution_options={"synchronize_session": False})):
        left = session.scalar(select(Round.available_pence).where(Round.id == target.id)) or 0
        raise Conflict("round_short", f"Round {target.code} has {pounds(left)} left; {pounds(pence)} is needed.")


def give_back_to_round(round_id: int, pence: int) -> None:
    """Gives the amount of an offer that came to nothing back to its round."""
    session.execute(
        update(Round).where(Round.id == round_id).values(available_pence=Round.available_pence + pence),
        execution_options={"synchronize_session": False},
    )
