"""What taking a file in would come to: read, beside what is known, with everything that speaks against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from voucher.payments.bank_files.accounts import masked
from voucher.payments.bank_files.continuity import Compared, Standing, compared
from voucher.payments.bank_files.layouts import layout_of
from voucher.payments.bank_files.models import BankAccount, BankImport
from voucher.payments.bank_files.queries import accounts_meant, accounts_of, known_lines, standing_of
from voucher.payments.bank_files.readers import read_bank_file
from voucher.payments.bank_files.reading import STATEMENTS, FileKind, Given, Movement, ReadStatement
from voucher.platform.act import Act
from voucher.platform.db import session
from voucher.platform.errors import Fault
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said


@dataclass(frozen=True)
class Planned:
    """One statement of the file beside what is known of its account."""

    read: ReadStatement
    account: BankAccount | None
    compared: Compared

    @property
    def new(self) -> list[tuple[Movement, str]]:
        """The movements that nobody knew, each with what it is known by from now on."""
        pairs = zip(self.read.movements, self.compared.identities, strict=True)
        return [(movement, name) for movement, name in pairs if name not in self.compared.known]


@dataclass
class Plan:
    """A file's statements, its faults, what does not go on where the others stand, and what should be known of it."""

    kind: FileKind
    statements: list[Planned] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def breaks(self) -> list[str]:
        """What does not go on where the account's other statements stand, in words."""
        return [each.compared.broken for each in self.statements if each.compared.broken]

    @property
    def new(self) -> int:
        """How many lines taking it in would add."""
        return sum(each.compared.new for each in self.statements)

    @property
    def known(self) -> int:
        """How many of its lines are there already."""
        return sum(len(each.compared.known) for each in self.statements)


def plan_of(act: Act, found: BankImport) -> Plan:
    """What taking the file in would come to now. Nothing is written."""
    kind = FileKind(found.kind)
    layout = layout_of(found.layout) if found.layout else None
    given = Given(found.opening_given, found.closing_given)
    file = read_bank_file(kind, act.files.get(found.sha256), layout, given)
    plan = Plan(kind, faults=list(file.faults), notes=list(file.notes))
    for statement in file.statements:
        plan.faults += _in_the_future(statement, act.today)
    if plan.faults:
        plan.faults.sort(key=lambda fault: fault.row)
        return plan
    _compare(act, found, file.statements, plan)
    return plan


def _in_the_future(statement: ReadStatement, today: date) -> list[Fault]:
    words = _("This day lies in the future, so nothing was booked on it. Look whether day and month are the right way.")
    return [Fault(each.row, "", words) for each in statement.movements if each.booked_on > today]


def _compare(act: Act, found: BankImport, statements: list[ReadStatement], plan: Plan) -> None:
    """Puts each statement beside what is known; those before it in the same file count as known."""
    first = min((each.first_on for each in statements), default=act.today)
    last = max((each.last_on for each in statements), default=act.today)
    known = dict(known_lines(found.scheme_id, first, last))
    standing: dict[int, list[Standing]] = {}
    for number, statement in enumerate(statements, start=1):
        account = None
        if plan.kind in STATEMENTS:
            account = _account(act, found, statement, plan)
            if account is None:
                continue
        chain = standing.setdefault(account.id, standing_of(account.id)) if account else []
        key = account.fingerprint if account else str(plan.kind)
        result = compared(key, statement, known, chain)
        plan.statements.append(Planned(statement, account, result))
        # The rows that they will have are not known yet, and no row has a number below zero.
        row = -number
        known.update(dict.fromkeys([name for name in result.identities if name not in known], row))
        if statement.opening is not None and statement.closing is not None:
            span = statement.first_on, statement.last_on
            chain.append(Standing(row, statement.title, *span, statement.opening, statement.closing))


def _account(act: Act, found: BankImport, statement: ReadStatement, plan: Plan) -> BankAccount | None:
    """The account of a statement: the one that the file names, or else the one that was chosen or is the only one."""
    chosen = session.get(BankAccount, found.account_id) if found.account_id else None
    if not statement.account:
        known = accounts_of(found.scheme_id)
        account = chosen or (known[0] if len(known) == 1 else None)
        if account is None:
            words = _("The file does not say whose statement it is. Choose the account, or add it first.")
            plan.faults.append(Fault(statement.row, "", words))
        return account
    meant = accounts_meant(found.scheme_id, statement.account, act.ring)
    if chosen is not None and chosen in meant:
        return chosen
    if len(meant) == 1 and chosen is None:
        return meant[0]
    plan.faults.append(Fault(statement.row, "", _why_no_account(statement, meant, chosen)))
    return None


def _why_no_account(statement: ReadStatement, meant: object, chosen: BankAccount | None) -> str:
    shown = masked(statement.account)
    if chosen is not None:
        words = _(
            "This is the statement of account %(shown)s, not of %(chosen)s. Import it there, or get the other one."
        )
        return said(words, shown=shown, chosen=chosen.reference)
    if meant:
        words = _("Several accounts of the scheme have the number %(shown)s. Choose the one that this is of.")
        return said(words, shown=shown)
    words = _("This is the statement of account %(shown)s, which is none of the scheme's. Add the account if it is.")
    return said(words, shown=shown)
