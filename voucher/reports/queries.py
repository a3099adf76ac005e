"""Finding statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload

from voucher.funding.conditions import THREE_STEPS
from voucher.funding.models import Agreement
from voucher.funding.queries import conditions_of
from voucher.platform.actor import Actor
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.reports.models import Statement, StatementLook, StatementPaper, StatementVersion
from voucher.reports.rules import FROZEN, WITH_FUNDER
from voucher.schemes.models import Scheme

SIGNED = [str(state) for state in FROZEN]


def statement_by_reference(scheme: Scheme, reference: str, *, lock: bool = False) -> Statement:
    """The scheme's statement with this number; raises NotFound."""
    query = select(Statement).where(Statement.scheme_id == scheme.id, Statement.reference == reference.strip().upper())
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound(
            "no_statement",
            said("Scheme %(scheme)s has no statement %(reference)s.", scheme=scheme.reference, reference=reference),
            "statement",
        )
    return found


def last_signed(agreement_id: int) -> Statement | None:
    """The agreement's newest signed statement."""
    return session.scalar(
        select(Statement)
        .where(Statement.agreement_id == agreement_id, Statement.state.in_(SIGNED))
        .order_by(Statement.sequence.desc())
        .limit(1)
    )


def signed_until(agreement_id: int, first: date) -> Statement | None:
    """The newest signed statement of a period that ended before a day: where what begins on that day goes on from."""
    return session.scalar(
        select(Statement)
        .where(Statement.agreement_id == agreement_id, Statement.state.in_(SIGNED), Statement.period_to < first)
        .order_by(Statement.sequence.desc())
        .limit(1)
    )


def replacement_of(statement: Statement) -> Statement | None:
    """The signed statement that replaces this one; None while it stands."""
    return session.scalar(
        select(Statement)
        .where(Statement.supersedes_id == statement.id, Statement.state.in_(SIGNED))
        .order_by(Statement.sequence.desc())
        .limit(1)
    )


def statements_of(scheme_id: int) -> Sequence[Statement]:
    """Every statement of the scheme, oldest first."""
    return session.scalars(
        select(Statement).where(Statement.scheme_id == scheme_id).order_by(Statement.agreement_id, Statement.sequence)
    ).all()


def next_first_day(agreement: Agreement, previous: Statement | None) -> date:
    """The day on which the agreement's next statement must begin."""
    closed = previous.period_to if previous else agreement.closed_through
    return date.fromordinal(closed.toordinal() + 1) if closed else agreement.starts_on


def schemes_where(actor: Actor, *permissions: Permission) -> ColumnElement[bool]:
    """The condition that a scheme's id is one in which the actor holds one of these permissions."""
    grants = [g for g in actor.grants if g.permission in permissions and g.organisation_id is None]
    if any(grant.scheme_id is None for grant in grants):
        return true()
    return Scheme.id.in_({grant.scheme_id for grant in grants}) if grants else false()


def visible_statements(actor: Actor) -> Select[Statement]:
    """The statements of the schemes in which the actor may read them, newest first, with what a list shows."""
    return (
        select(Statement)
        .join(Scheme, Scheme.id == Statement.scheme_id)
        .join(Statement.agreement)
        .join(Agreement.funder)
        .where(schemes_where(actor, Permission.STATEMENTS_READ))
        .options(contains_eager(Statement.agreement).contains_eager(Agreement.funder))
        .order_by(Statement.period_to.desc(), Statement.id.desc())
    )


def visible_statement(actor: Actor, public_id: str, *, lock: bool = False) -> Statement:
    """One of them; raises NotFound for any other."""
    return _one(visible_statements(actor).where(Statement.public_id == public_id), lock=lock)


def funders_statements(actor: Actor) -> Select[Statement]:
    """What was sent of the agreements whose funder the actor reads for, newest first."""
    funders = {g.organisation_id for g in actor.grants if g.permission == Permission.FUNDER_STATEMENTS_READ}
    return (
        select(Statement)
        .join(Agreement, Agreement.id == Statement.agreement_id)
        .where(
            Statement.state.in_([str(state) for state in WITH_FUNDER]),
            or_(*(Agreement.funder_id == each for each in funders if each is not None), false()),
        )
        .options(joinedload(Statement.agreement).joinedload(Agreement.funder))
        .order_by(Statement.period_to.desc(), Statement.id.desc())
    )


def funders_statement(actor: Actor, public_id: str) -> Statement:
    """One of them; raises NotFound for any other."""
    return _one(funders_statements(actor).where(Statement.public_id == public_id))


def paper_of(statement: Statement) -> StatementPaper | None:
    """The paper of a signed statement, drawn or to be drawn; None of one that is not signed."""
    return session.scalar(select(StatementPaper).where(StatementPaper.statement_id == statement.id))


def _one(query: Select[Statement], *, lock: bool = False) -> Statement:
    if lock:
        query = query.with_for_update(of=Statement).execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound("no_statement", _("There is no such statement, or you may not read it."))
    return found


def preparable_agreements(actor: Actor) -> Sequence[tuple[Agreement, Scheme]]:
    """The agreements that the actor may prepare statements of, with their schemes."""
    query = (
        select(Agreement, Scheme)
        .join(Scheme, Scheme.id == Agreement.scheme_id)
        .where(schemes_where(actor, Permission.STATEMENTS_PREPARE))
        .options(joinedload(Agreement.funder))
        .order_by(Scheme.reference, Agreement.reference, Agreement.id)
    )
    return [(agreement, scheme) for agreement, scheme in session.execute(query)]


def open_statement(agreement_id: int) -> Statement | None:
    """The agreement's statement that is not signed yet, if there is one."""
    return session.scalar(
        select(Statement).where(Statement.agreement_id == agreement_id, Statement.state.not_in(SIGNED))
    )


def signed_before(statement: Statement) -> Statement | None:
    """The signed statement of the same agreement that came before this one."""
    return session.scalar(
        select(Statement)
        .where(
            Statement.agreement_id == statement.agreement_id,
            Statement.sequence < statement.sequence,
            Statement.state.in_(SIGNED),
        )
        .order_by(Statement.sequence.desc())
        .limit(1)
    )


def versions_of(statement: Statement) -> Sequence[StatementVersion]:
    """Each preparation of a statement, newest first."""
    return session.scalars(
        select(StatementVersion)
        .where(StatementVersion.statement_id == statement.id)
        .order_by(StatementVersion.number.desc())
    ).all()


def last_look(statement: Statement, person_id: int) -> tuple[StatementLook, StatementVersion] | None:
    """The newest version that the person said to have read, or acted on, and when."""
    found = session.execute(
        select(StatementLook, StatementVersion)
        .join(StatementVersion, StatementVersion.id == StatementLook.version_id)
        .where(StatementVersion.statement_id == statement.id, StatementLook.person_id == person_id)
        .order_by(StatementVersion.number.desc())
        .limit(1)
    ).first()
    return (found[0], found[1]) if found else None


def reviewer_needed(scheme: Scheme, agreement_id: int) -> bool:
    """Whether an independent reviewer stands between preparer and signer: by the scheme's duties or the agreement."""
    return scheme.reviewer_needed or conditions_of(agreement_id).sign_off_steps == THREE_STEPS
