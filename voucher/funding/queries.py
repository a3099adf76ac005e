"""Reading the ledger: balances as sums of postings, and what stands on an account for one voucher or claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Label, Select, and_, bindparam, case, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased, contains_eager, joinedload, selectinload

from voucher.accounts.models import Person
from voucher.accounts.rules import ProposalState
from voucher.funding.conditions import THREE_STEPS, CapBase, Conditions, YearBy
from voucher.funding.models import (
    Agreement,
    AgreementChange,
    AgreementConditions,
    AgreementProposal,
    Entry,
    FundingLine,
    Posting,
    RoundLine,
)
from voucher.funding.rules import Account, ChangeState
from voucher.organisations.models import Organisation
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import said
from voucher.platform.money import split
from voucher.platform.paging import Rows
from voucher.schemes.models import Round, VoucherType


def agreement_by_reference(scheme_id: int, reference: str) -> Agreement:
    """The agreement of the scheme with this reference; raises NotFound."""
    found = session.scalar(select(Agreement).where(Agreement.scheme_id == scheme_id, Agreement.reference == reference))
    if found is None:
        raise NotFound(
            "no_agreement", said("The scheme has no agreement %(reference)s.", reference=reference), "agreement"
        )
    return found


def agreements_of(scheme_id: int) -> Sequence[Agreement]:
    """The scheme's agreements with their lines and funders, oldest first."""
    return session.scalars(
        select(Agreement)
        .where(Agreement.scheme_id == scheme_id)
        .options(selectinload(Agreement.lines), joinedload(Agreement.funder))
        .order_by(Agreement.id)
    ).all()


def funding_lines(scheme_id: int) -> Rows:
    """The scheme's funding lines, in no order, with agreement and funder, and what was awarded and is unallocated."""
    agreement = contains_eager(FundingLine.agreement)
    return (
        select(FundingLine, (-_stands_on(Account.AWARD)).label("award"), _stands_on(Account.UNALLOCATED))
        .join(Agreement, Agreement.id == FundingLine.agreement_id)
        .join(Organisation, Organisation.id == Agreement.funder_id)
        .where(FundingLine.scheme_id == scheme_id)
        .options(agreement.contains_eager(Agreement.funder))
    )


def _stands_on(account: Account) -> Label[int]:
    """What stands on an account of a funding line, as a column of a query for lines."""
    # Two sums, each over a part of an index: one sum over both sides would read the table.
    came, left = (
        select(func.coalesce(func.sum(Posting.pence), 0))
        .where(Posting.line_id == FundingLine.id, side == str(account))
        .scalar_subquery()
        for side in (Posting.to_account, Posting.from_account)
    )
    return (came - left).label(account.name.lower())


def line_by_code(agreement: Agreement, code: str) -> FundingLine:
    """The line of the agreement with this code; raises NotFound."""
    for line in agreement.lines:
        if line.code == code:
            return line
    raise NotFound(
        "no_line",
        said("Agreement %(agreement)s has no line %(code)s.", agreement=agreement.reference, code=code),
        "line",
    )


def balances(line_ids: Sequence[int], through: date | None = None) -> dict[int, dict[Account, int]]:
    """What stands on each account of each line, at the end of a day when one is given."""
    found: dict[int, dict[Account, int]] = {line_id: defaultdict(int) for line_id in line_ids}
    moved = (Posting.line_id, Posting.from_account, Posting.to_account)
    query = select(*moved, func.sum(Posting.pence)).where(Posting.line_id.in_(line_ids)).group_by(*moved)
    if through is not None:
        query = query.where(Posting.effective_on <= through)
    for line_id, source, target, pence in session.execute(query):
        found[line_id][Account(target)] += int(pence)
        found[line_id][Account(source)] -= int(pence)
    return found


@cache
def _standing(subject: InstrumentedAttribute[int | None]) -> Select[int, int]:
    """Made once for each column, because every claim asks and making the expression costs more than the answer."""
    number = bindparam("number", type_=subject.type)
    account = bindparam("account", type_=Posting.to_account.type)
    arrived = select(Posting.line_id, Posting.pence.label("pence")).where(
        subject == number, Posting.to_account == account
    )
    left = select(Posting.line_id, (-Posting.pence).label("pence")).where(
        subject == number, Posting.from_account == account
    )
    both = union_all(arrived, left).subquery()
    total = func.sum(both.c.pence)
    return select(both.c.line_id, total).group_by(both.c.line_id).having(total != 0).order_by(both.c.line_id)


def standing_of_application(application_id: int, account: Account) -> dict[int, int]:
    """Pence by line that stand on the account for an application."""
    return _by_line(Posting.application_id, application_id, account)


def standing_of_voucher(voucher_id: int, account: Account) -> dict[int, int]:
    """Pence by line that stand on the account for a voucher, in the order of the lines."""
    return _by_line(Posting.voucher_id, voucher_id, account)


def standing_of_redemption(redemption_id: int, account: Account) -> dict[int, int]:
    """Pence by line that stand on the account for a claim, in the order of the lines."""
    return _by_line(Posting.redemption_id, redemption_id, account)


def standing_of_redemptions(redemption_ids: Sequence[int], account: Account) -> dict[int, dict[int, int]]:
    """The same for many claims in one query: by claim, pence by line; a claim with nothing there has no lines."""
    found: dict[int, dict[int, int]] = {redemption_id: {} for redemption_id in redemption_ids}
    signed = case((Posting.to_account == str(account), Posting.pence), else_=-Posting.pence)
    total = func.sum(signed)
    rows = session.execute(
        select(Posting.redemption_id, Posting.line_id, total)
        .where(
            Posting.redemption_id.in_(redemption_ids),
            or_(Posting.to_account == str(account), Posting.from_account == str(account)),
        )
        .group_by(Posting.redemption_id, Posting.line_id)
        .having(total != 0)
        .order_by(Posting.redemption_id, Posting.line_id)
    )
    for redemption_id, line_id, pence in rows:
        if redemption_id is not None:
            found[redemption_id][line_id] = int(pence)
    return found


def standing_of_debt(debt_id: int, account: Account) -> dict[int, int]:
    """Pence by line that stand on the account for a debt."""
    return _by_line(Posting.debt_id, debt_id, account)


def _by_line(subject: InstrumentedAttribute[int | None], number: int, account: Account) -> dict[int, int]:
    rows = session.execute(_standing(subject), {"number": number, "account": str(account)})
    return {line_id: int(pence) for line_id, pence in rows}


def split_over(total: int, standing: Mapping[int, int]) -> dict[int, int]:
    """Parts of an amount by line, in proportion to what stands on each (largest remainder)."""
    return dict(zip(standing, split(total, list(standing.values())), strict=True))


def round_shares(round_id: int) -> dict[int, int]:
    """The fixed share of each line that a round draws on, in ten-thousandths, in the order of the lines."""
    rows = session.execute(
        select(RoundLine.line_id, RoundLine.share_bp).where(RoundLine.round_id == round_id).order_by(RoundLine.position)
    )
    return {line_id: share_bp for line_id, share_bp in rows}  # noqa: C416 - rows are not pairs to a type checker


def agreements_of_round(round_id: int) -> Sequence[Agreement]:
    """The agreements behind the lines that a round draws on."""
    return session.scalars(
        select(Agreement)
        .join(FundingLine, FundingLine.agreement_id == Agreement.id)
        .join(RoundLine, and_(RoundLine.line_id == FundingLine.id, RoundLine.round_id == round_id))
        .order_by(Agreement.id)
        .distinct()
    ).all()


def lines_of(scheme_id: int) -> Sequence[FundingLine]:
    """Every line of the scheme, in the order of agreements and positions."""
    return session.scalars(
        select(FundingLine)
        .where(FundingLine.scheme_id == scheme_id)
        .order_by(FundingLine.agreement_id, FundingLine.position)
    ).all()


def changes_of(agreement: Agreement) -> Sequence[tuple[AgreementChange, str]]:
    """Every version of the agreement's award, newest first, with who made it."""
    rows = session.execute(
        select(AgreementChange, Person.name)
        .join(Person, Person.id == AgreementChange.by_id)
        .where(AgreementChange.agreement_id == agreement.id)
        .order_by(AgreementChange.version.desc())
    )
    return [(change, name) for change, name in rows]


def award_of(agreement: Agreement) -> int:
    """The sum of the agreement's applied versions, in pence: the domain's own word beside the ledger's."""
    return sum(awards_by_code(agreement).values())


def awards_by_code(agreement: Agreement) -> dict[str, int]:
    """The award of each line by its code, as the agreement's applied versions add it up."""
    applied = session.scalars(
        select(AgreementChange.changes).where(
            AgreementChange.agreement_id == agreement.id, AgreementChange.state == ChangeState.APPLIED
        )
    ).all()
    found = {line.code: 0 for line in agreement.lines}
    for change in applied:
        for code, pence in change.items():
            found[code] += pence
    return found


def conditions_of(agreement_id: int) -> Conditions:
    """What the agreement says now; one from before there were conditions says nothing but what is usual."""
    return conditions_by_agreement([agreement_id])[agreement_id]


def conditions_by_agreement(agreement_ids: Sequence[int]) -> dict[int, Conditions]:
    """The same for several agreements at once."""
    rows = session.scalars(
        select(AgreementConditions)
        .where(AgreementConditions.agreement_id.in_(agreement_ids))
        .order_by(AgreementConditions.agreement_id, AgreementConditions.version)
    )
    newest = {row.agreement_id: _said(row) for row in rows}
    return {each: newest.get(each, Conditions()) for each in agreement_ids}


def _said(newest: AgreementConditions) -> Conditions:
    return Conditions(
        admin_cap_bp=newest.admin_cap_bp,
        admin_cap_of=CapBase(newest.admin_cap_of),
        year_by=YearBy(newest.year_by),
        sign_off_steps=newest.sign_off_steps,
        tolerance_bp=newest.tolerance_bp,
        profile=newest.profile,
    )


def asks_for_reviewer(agreement_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The condition that the newest conditions of an agreement ask for three people to sign a statement off."""
    newest, found = aliased(AgreementConditions), aliased(AgreementConditions)
    version = select(func.max(newest.version)).where(newest.agreement_id == agreement_id).scalar_subquery()
    return (
        select(found.id)
        .where(found.agreement_id == agreement_id, found.version == version, found.sign_off_steps == THREE_STEPS)
        .exists()
    )


def proposals_of(agreement_id: int) -> Sequence[AgreementProposal]:
    """The agreement's proposals that wait for a second person, oldest first."""
    return session.scalars(
        select(AgreementProposal)
        .where(AgreementProposal.agreement_id == agreement_id, AgreementProposal.state == ProposalState.PROPOSED)
        .order_by(AgreementProposal.id)
    ).all()


def proposal_by_public_id(scheme_id: int, public_id: str) -> AgreementProposal:
    """The scheme's proposed change of an agreement with this address; raises NotFound."""
    found = session.scalar(
        select(AgreementProposal).where(
            AgreementProposal.scheme_id == scheme_id, AgreementProposal.public_id == public_id
        )
    )
    if found is None:
        raise NotFound(
            "no_proposal", said("The scheme has no proposed change %(public_id)s.", public_id=public_id), "proposal"
        )
    return found


def rounds_of(scheme_id: int) -> Select[Round]:
    """The scheme's rounds with their voucher types, in no order."""
    return (
        select(Round)
        .join(VoucherType, VoucherType.id == Round.voucher_type_id)
        .where(Round.scheme_id == scheme_id)
        .options(contains_eager(Round.voucher_type))
    )


def shares_of_rounds(round_ids: Sequence[int]) -> Mapping[int, Sequence[tuple[str, int]]]:
    """For each round, the code and share in ten-thousandths of each line that it draws on, in their order."""
    found: dict[int, list[tuple[str, int]]] = {round_id: [] for round_id in round_ids}
    rows = session.execute(
        select(RoundLine.round_id, FundingLine.code, RoundLine.share_bp)
        .join(FundingLine, FundingLine.id == RoundLine.line_id)
        .where(RoundLine.round_id.in_(round_ids))
        .order_by(RoundLine.round_id, RoundLine.position)
    )
    for round_id, code, share_bp in rows:
        found[round_id].append((code, share_bp))
    return found


class Movement(NamedTuple):
    """One posting as a record page shows it: the day on which it counts, why, from where to where, and pence."""

    on: date
    kind: str
    agreement: str
    line: str
    from_account: str
    to_account: str
    pence: int


def movements_of_application(application_id: int) -> list[Movement]:
    """Every posting about an application, in order."""
    return _movements(Posting.application_id, application_id)


def movements_of_voucher(voucher_id: int) -> list[Movement]:
    """Every posting about a voucher, its claims' too, in order."""
    return _movements(Posting.voucher_id, voucher_id)


def movements_of_redemption(redemption_id: int) -> list[Movement]:
    """Every posting about a claim, in order."""
    return _movements(Posting.redemption_id, redemption_id)


def _movements(subject: InstrumentedAttribute[int | None], subject_id: int) -> list[Movement]:
    rows = session.execute(
        select(
            Posting.effective_on,
            Entry.kind,
            Agreement.reference,
            FundingLine.code,
            Posting.from_account,
            Posting.to_account,
            Posting.pence,
        )
        .join(Entry, Entry.id == Posting.entry_id)
        .join(FundingLine, FundingLine.id == Posting.line_id)
        .join(Agreement, Agreement.id == FundingLine.agreement_id)
        .where(subject == subject_id)
        .order_by(Posting.id)
    )
    return [Movement(*row) for row in rows]
