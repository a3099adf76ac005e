"""Setting up a scheme; new terms, voucher types and rules on who may apply; rounds with a guard on their budget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, update

from voucher.audit.commands import record
from voucher.organisations.commands import add_organisation
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import changed_one, session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.platform.toml import Section, refuse_faults
from voucher.schemes.eligibility import Eligibility, to_stored
from voucher.schemes.models import Round, Scheme, Terms, VoucherType
from voucher.schemes.plans import (
    NewScheme,
    NewTerms,
    NewVoucherType,
    Wrong,
    wrong_with_rules,
    wrong_with_scheme,
    wrong_with_type,
)
from voucher.schemes.queries import voucher_type_by_code
from voucher.schemes.rules import AwardMethod
from voucher.schemes.set_up_file import read_scheme


def set_up_scheme(act: Act, file: Section) -> Scheme:
    """A new scheme with its owner, settings, first terms and voucher types, from a set-up file.

    Raises FileRefused with every fault of the file by key, and DomainError when the scheme is there already.
    """
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    new = read_scheme(file)
    if _reference_taken(new.reference):
        file.fault("scheme.reference", said("%(reference)s is there already", reference=new.reference))
    refuse_faults(file)
    return create_scheme(act, new)


def create_scheme(act: Act, new: NewScheme) -> Scheme:
    """A new scheme; raises DomainError that names the field of the first thing that is wrong with it."""
    act.require(Permission.ADMIN_PEOPLE_MANAGE)
    _refuse(wrong_with_scheme(new))
    for kind in new.voucher_types:
        _refuse(wrong_with_type(kind))
    if _reference_taken(new.reference):
        raise DomainError("scheme_exists", _("Another scheme has this reference. Choose another one."), "reference")
    scheme = Scheme(
        number=(session.scalar(select(func.max(Scheme.number))) or 0) + 1,
        reference=new.reference,
        name=new.name,
        owner=add_organisation(act, name=new.owner, legal_form="other"),
        contact_line=new.contact_line,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        decider_may_verify=new.decider_may_verify,
        reviewer_needed=new.reviewer_needed,
        eligibility=to_stored(new.eligibility),
        created_at=act.now,
        **new.days,
    )
    session.add(scheme)
    session.flush()
    session.add(_terms(act, scheme, new.terms))
    session.add_all([_voucher_type(scheme, kind) for kind in new.voucher_types])
    session.flush()
    record(act.actor, "scheme.set_up", scheme, at=act.now, details={"terms": new.terms.version})
    return scheme


def _reference_taken(reference: str) -> bool:
    return session.scalar(select(Scheme.id).where(Scheme.reference == reference)) is not None


def _refuse(found: Iterator[Wrong]) -> None:
    for wrong in found:
        raise DomainError("cannot_be_set_up", wrong.on_page, wrong.field)


def _terms(act: Act, scheme: Scheme, new: NewTerms) -> Terms:
    return Terms(scheme_id=scheme.id, created_at=act.now, **vars(new))


def _voucher_type(scheme: Scheme, new: NewVoucherType) -> VoucherType:
    return VoucherType(scheme_id=scheme.id, **vars(new))


def add_terms(act: Act, scheme: Scheme, new: NewTerms) -> Terms:
    """A new version of the terms; vouchers issued before keep theirs (rule 9)."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    if session.scalar(select(Terms.id).where(Terms.scheme_id == scheme.id, Terms.version == new.version)):
        raise DomainError("terms_exist", said("Terms %(version)s are there already.", version=new.version), "version")
    terms = _terms(act, scheme, new)
    session.add(terms)
    session.flush()
    record(act.actor, "scheme.terms_added", scheme, at=act.now, details={"version": terms.version})
    return terms


def add_voucher_type(act: Act, scheme: Scheme, new: NewVoucherType) -> VoucherType:
    """A further voucher type; raises DomainError, at the field, for a code that is taken and wrong amounts."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    _refuse(wrong_with_type(new))
    if session.scalar(select(VoucherType.id).where(VoucherType.scheme_id == scheme.id, VoucherType.code == new.code)):
        raise Conflict("voucher_type_exists", _("The scheme has a voucher type with this code already."), "code")
    kind = _voucher_type(scheme, new)
    session.add(kind)
    session.flush()
    told = {key: value for key, value in vars(new).items() if key not in ("code", "face_pence")}
    record(act.actor, "voucher_type.added", kind, at=act.now, pence=kind.face_pence, details=told)
    return kind


def set_eligibility(act: Act, scheme: Scheme, rules: Eligibility, *, reason: str) -> None:
    """Replaces the rules on who may apply; what was sent before keeps its answers and what came of them."""
    act.require(Permission.SCHEMES_SET_UP, scheme_id=scheme.id)
    if not reason.strip():
        raise DomainError("reason_needed", _("Say why the rules change."), "reason")
    _refuse(wrong_with_rules(rules))
    scheme = session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)
    before, after = dict(scheme.eligibility), to_stored(rules)
    if before == after:
        raise DomainError("no_change", _("These are the rules that the scheme has already."))
    scheme.eligibility = after
    details = {"before": before, "after": after}
    record(act.actor, "scheme.eligibility_changed", scheme, at=act.now, reason=reason.strip(), details=details)


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
        part.fault("award_method", said("must be one of: %(known)s", known=tuple(map(str, AwardMethod))))
    code = part.text("code")
    if session.scalar(select(Round.id).where(Round.scheme_id == scheme.id, Round.code == code)):
        part.fault("code", said("round %(code)s is there already", code=code))
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
        part.fault("closes_on", _("lies before opens_on"))
    if budget <= 0:
        part.fault("budget", _("a round cannot open without a budget"))
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
        raise Conflict(
            "round_short",
            said(
                "Round %(target)s has %(left)s left; %(pence)s is needed.",
                target=target.code,
                left=Amount(left),
                pence=Amount(pence),
            ),
        )


def give_back_to_round(round_id: int, pence: int) -> None:
    """Gives the amount of an offer that came to nothing back to its round."""
    session.execute(
        update(Round).where(Round.id == round_id).values(available_pence=Round.available_pence + pence),
        execution_options={"synchronize_session": False},
    )
