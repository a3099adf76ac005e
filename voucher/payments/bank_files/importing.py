"""Taking bank files in: handed in, looked at as often as wanted, taken in whole or not at all (rules 35, 36)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import insert

from voucher.audit.commands import record
from voucher.audit.rules import Override
from voucher.documents.commands import RETAINED_PAYMENT, keep_data_file
from voucher.payments.bank_files.models import BankAccount, BankImport, BankStatement, FileLayout
from voucher.payments.bank_files.planning import Plan, Planned, plan_of
from voucher.payments.bank_files.queries import import_of_file, lock_import
from voucher.payments.bank_files.reading import NOTHING_GIVEN, WITH_LAYOUT, FileKind, Given
from voucher.payments.models import BankLine
from voucher.payments.rules import LineSource
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, FileRefused
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.turns import Turn, take_turn
from voucher.schemes.models import Scheme

AT_ONCE = 1_000


@dataclass(frozen=True)
class HandedIn:
    """A file as it is handed in: its bytes and name, what it is, and what the file itself does not say."""

    data: bytes
    name: str
    kind: FileKind
    layout: FileLayout | None = None
    account: BankAccount | None = None
    given: Given = NOTHING_GIVEN


@dataclass(frozen=True)
class TakenIn:
    """What taking a file in came to. ``before`` says that it had been taken in before, so that nothing was added."""

    found: BankImport
    new: int
    known: int
    before: bool = False


def may_import(act: Act, scheme_id: int) -> bool:
    """Whether the person may take files in, or may do so where a statement does not go on where the others stand."""
    both = Permission.BANK_FILES_IMPORT, Permission.BANK_CONTINUITY_OVERRIDE
    return any(act.actor.may(each, scheme_id=scheme_id) for each in both)


def hand_in(act: Act, scheme: Scheme, handed: HandedIn) -> BankImport:
    """Keeps the file, so that it can be looked at and taken in; the same file again is the same row.

    What was said of a file that was not taken in yet is replaced by what is said now. The act must have ``looked_at``
    the file. Raises DomainError for a file that is no text, and for a CSV file without its layout.
    """
    _require(act, scheme.id)
    if handed.kind in WITH_LAYOUT and handed.layout is None:
        raise DomainError("layout_needed", _("Choose the layout of the file, or save one first."), "layout")
    take_turn(Turn.IMPORT_BANK_FILE, of=scheme.id)
    sha256 = hashlib.sha256(handed.data).hexdigest()
    found = import_of_file(scheme.id, sha256)
    if found is not None and found.taken_in_at is not None:
        return found
    if found is None:
        document = keep_data_file(
            act, scheme_id=scheme.id, data=handed.data, name=handed.name, retention_class=RETAINED_PAYMENT
        )
        found = BankImport(scheme_id=scheme.id, document_id=document.id, sha256=sha256)
        found.handed_in_by, found.handed_in_at = act.person_id, act.now
        session.add(found)
    found.kind = str(handed.kind)
    found.layout = dict(handed.layout.columns) if handed.layout and handed.kind in WITH_LAYOUT else {}
    found.account_id = handed.account.id if handed.account else None
    found.opening_given, found.closing_given = handed.given.opening, handed.given.closing
    session.flush()
    record(act.actor, "bank_import.handed_in", found, at=act.now, details={"sha256": sha256, "kind": found.kind})
    return found


def take_in(act: Act, found: BankImport, *, override: str = "") -> TakenIn:
    """Adds every line of the file that is not known yet; a file that was taken in before adds nothing (rule 35).

    Raises FileRefused with all faults of the file. One whose statements do not go on where the account's others stand
    is refused, too, unless somebody with the right to it gives a reason, which statements list (rule 36).
    """
    _require(act, found.scheme_id)
    take_turn(Turn.IMPORT_BANK_FILE, of=found.scheme_id)
    found = lock_import(found)
    if found.taken_in_at is not None:
        return TakenIn(found, 0, 0, before=True)
    plan = plan_of(act, found)
    if plan.faults:
        raise FileRefused(plan.faults)
    reason = _allowed(act, found, plan, override.strip())
    found.taken_in_by, found.taken_in_at, found.override_reason = act.person_id, act.now, reason
    session.flush()
    for planned in plan.statements:
        _add_statement(act, found, planned)
    record(
        act.actor,
        "bank_import.taken_in",
        found,
        at=act.now,
        reason=reason,
        override=Override.CONTINUITY if reason else None,
        details={"sha256": found.sha256, "new": plan.new, "known": plan.known, "breaks": plan.breaks},
    )
    return TakenIn(found, plan.new, plan.known)


def _require(act: Act, scheme_id: int) -> None:
    if not may_import(act, scheme_id):
        act.require(Permission.BANK_FILES_IMPORT, scheme_id=scheme_id)


def _allowed(act: Act, found: BankImport, plan: Plan, reason: str) -> str:
    """The reason why a break is passed over; raises DomainError for a break without one, and one without a break."""
    if not plan.breaks:
        if reason:
            words = _(
                "Nothing has to be overridden: the statements go on where the others stand. Leave the reason out."
            )
            raise DomainError("nothing_to_override", words, "override")
        return ""
    if not reason:
        raise DomainError("not_continuous", "\n".join(plan.breaks), "override")
    act.require(Permission.BANK_CONTINUITY_OVERRIDE, scheme_id=found.scheme_id)
    act.require_second_factor()
    return reason


def _add_statement(act: Act, found: BankImport, planned: Planned) -> None:
    read, new = planned.read, planned.new
    statement = BankStatement(
        import_id=found.id,
        scheme_id=found.scheme_id,
        account_id=planned.account.id if planned.account else None,
        kind=found.kind,
        title=read.title,
        first_on=read.first_on,
        last_on=read.last_on,
        opening_pence=read.opening,
        closing_pence=read.closing,
        new_lines=len(new),
        known_lines=len(planned.compared.known),
        continues=planned.compared.broken is None,
    )
    session.add(statement)
    session.flush()
    rows = list(_rows(act, found, statement.id, planned))
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(BankLine), rows[start : start + AT_ONCE])


def _rows(act: Act, found: BankImport, statement_id: int, planned: Planned) -> Iterator[dict[str, object]]:
    for movement, identity in planned.new:
        yield {
            "scheme_id": found.scheme_id,
            "source": str(LineSource.IMPORTED),
            "booked_on": movement.booked_on,
            "pence": movement.pence,
            "open_pence": abs(movement.pence),
            "bank_reference": movement.reference,
            "counterparty": movement.counterparty,
            "entered_by": act.person_id,
            "entered_at": act.now,
            "statement_id": statement_id,
            "identity": identity,
        }
