"""Finding accounts, layouts, files that were handed in, their statements, and lines that are known already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from voucher.accounts.models import Person
from voucher.documents.models import Document
from voucher.payments.bank_files.accounts import number_alone, possible_accounts
from voucher.payments.bank_files.continuity import Standing
from voucher.payments.bank_files.models import BankAccount, BankImport, BankStatement, FileLayout
from voucher.payments.bank_files.reading import STATEMENTS, FileKind
from voucher.payments.models import BankLine
from voucher.payments.rules import LineSource
from voucher.platform.db import session
from voucher.platform.errors import NotFound
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.keyring import KeyRing
from voucher.platform.paging import Rows
from voucher.schemes.models import Scheme


def accounts_of(scheme_id: int) -> Sequence[BankAccount]:
    """The scheme's accounts by name."""
    query = select(BankAccount).where(BankAccount.scheme_id == scheme_id)
    return session.scalars(query.order_by(BankAccount.name, BankAccount.id)).all()


def account_by_name(scheme: Scheme, name: str) -> BankAccount:
    """The scheme's account of that name; raises NotFound."""
    for account in accounts_of(scheme.id):
        if account.name.casefold() == name.strip().casefold():
            return account
    words = _("Scheme %(scheme)s has no bank account %(name)s. Add it first.")
    raise NotFound("no_bank_account", said(words, scheme=scheme.reference, name=name), "account")


def accounts_meant(scheme_id: int, text: str, ring: KeyRing) -> Sequence[BankAccount]:
    """The scheme's accounts that a file may mean by this text: one, none, or several that share a number."""
    whole = [ring.lookup_hash(f"account {each.sort_code} {each.number}") for each in possible_accounts(text)]
    alone = number_alone(text)
    short = [ring.lookup_hash(f"account number {alone}")] if alone else []
    query = select(BankAccount).where(
        BankAccount.scheme_id == scheme_id,
        or_(BankAccount.fingerprint.in_(whole), BankAccount.number_fingerprint.in_(short)),
    )
    return session.scalars(query.order_by(BankAccount.id)).all()


def layouts_of(scheme_id: int) -> Sequence[FileLayout]:
    """The scheme's layouts by name."""
    query = select(FileLayout).where(FileLayout.scheme_id == scheme_id)
    return session.scalars(query.order_by(FileLayout.name, FileLayout.id)).all()


def layout_by_name(scheme: Scheme, name: str) -> FileLayout:
    """The scheme's layout of that name; raises NotFound."""
    found = session.scalar(select(FileLayout).where(FileLayout.scheme_id == scheme.id, FileLayout.name == name.strip()))
    if found is None:
        names = ", ".join(each.name for each in layouts_of(scheme.id))
        words = _("Scheme %(scheme)s has no layout %(name)s. It has: %(names)s.")
        raise NotFound("no_layout", said(words, scheme=scheme.reference, name=name, names=names or "–"), "layout")
    return found


def import_of_file(scheme_id: int, sha256: str) -> BankImport | None:
    """The file with these bytes, when somebody handed it in before."""
    return session.scalar(select(BankImport).where(BankImport.scheme_id == scheme_id, BankImport.sha256 == sha256))


def lock_import(found: BankImport) -> BankImport:
    """The file, read again under lock."""
    return session.get_one(BankImport, found.id, with_for_update=True, populate_existing=True)


def standing_of(account_id: int) -> list[Standing]:
    """The account's statements that were taken in; one that only showed what others had shown says nothing more."""
    told = or_(BankStatement.new_lines > 0, BankStatement.known_lines == 0)
    query = select(BankStatement).where(BankStatement.account_id == account_id, told)
    rows = session.scalars(query.order_by(BankStatement.id))
    return [
        Standing(row.id, row.title, row.first_on, row.last_on, row.opening_pence or 0, row.closing_pence or 0)
        for row in rows
    ]


def known_lines(scheme_id: int, first: date, last: date) -> Mapping[str, int]:
    """The imported lines of these days: the row of the statement that brought each, by what the line is known by."""
    rows = session.execute(
        select(BankLine.identity, BankLine.statement_id).where(
            BankLine.scheme_id == scheme_id, BankLine.booked_on.between(first, last), BankLine.identity.is_not(None)
        )
    )
    return {str(identity): int(statement_id or 0) for identity, statement_id in rows}


def imports(scheme_id: int, *, waiting: bool) -> Rows:
    """Files that were handed in, in no order, each with its name, by whom it came and how many lines it brought.

    ``waiting`` leaves out those that were taken in.
    """
    brought = (
        select(func.coalesce(func.sum(BankStatement.new_lines), 0))
        .where(BankStatement.import_id == BankImport.id)
        .correlate(BankImport)
        .scalar_subquery()
    )
    query = (
        select(
            BankImport,
            Document.original_name.label("name"),
            Person.name.label("by"),
            brought.label("lines"),
        )
        .join(Document, Document.id == BankImport.document_id)
        .join(Person, Person.id == BankImport.handed_in_by)
        .where(BankImport.scheme_id == scheme_id)
    )
    return query.where(BankImport.taken_in_at.is_(None)) if waiting else query


def statements_of(found: BankImport) -> Sequence[BankStatement]:
    """The statements that were taken in from a file, in their order."""
    query = select(BankStatement).where(BankStatement.import_id == found.id).order_by(BankStatement.id)
    return session.scalars(query.options(joinedload(BankStatement.account))).all()


def lines_from(found: BankImport) -> Rows:
    """The bank lines that a file brought, in no order, each with the name of whoever took it in."""
    statements = select(BankStatement.id).where(BankStatement.import_id == found.id)
    return (
        select(BankLine, Person.name.label("by"))
        .join(Person, Person.id == BankLine.entered_by)
        .where(BankLine.statement_id.in_(statements))
    )


def evidence_of(line: BankLine) -> str:
    """On what evidence a line rests: ``typed``, ``imported`` from a bank's statement, a payment run or a ledger."""
    if line.statement_id is None:
        return str(line.source)
    kind = FileKind(session.get_one(BankStatement, line.statement_id).kind)
    return str(LineSource.IMPORTED) if kind in STATEMENTS else str(kind)


def statement_behind(line: BankLine) -> BankStatement | None:
    """The statement that brought an imported line, with its file."""
    if line.statement_id is None:
        return None
    return session.get_one(BankStatement, line.statement_id, options=[joinedload(BankStatement.bank_import)])
