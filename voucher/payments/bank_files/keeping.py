"""A scheme's bank accounts and the layouts of its files: what an import is read by."""

from __future__ import annotations

from sqlalchemy import select

from voucher.audit.commands import record
from voucher.payments.bank_files.accounts import account_number
from voucher.payments.bank_files.layouts import Layout, checked
from voucher.payments.bank_files.models import BankAccount, FileLayout
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import Conflict, DomainError
from voucher.platform.i18n import gettext_noop as _
from voucher.schemes.models import Scheme


def add_account(act: Act, scheme: Scheme, *, name: str, sort_code: str, number: str) -> BankAccount:
    """Makes an account in pounds known, so that its statements are taken in and those of others refused.

    Only keyed hashes and the last four digits are kept. Raises DomainError for what is no UK account, and Conflict
    for one that the scheme has.
    """
    act.require(Permission.BANK_FILES_IMPORT, scheme_id=scheme.id)
    found = account_number(sort_code, number)
    if found is None:
        raise DomainError("account", _("Enter a sort code of 6 digits and an account number of 8."), "number")
    if not name.strip():
        raise DomainError("account_name", _("Enter a name by which the account is chosen."), "name")
    fingerprint = act.ring.lookup_hash(f"account {found.sort_code} {found.number}")
    same = select(BankAccount).where(BankAccount.scheme_id == scheme.id)
    if session.scalar(same.where(BankAccount.fingerprint == fingerprint)):
        raise Conflict("account_known", _("The scheme has this account already."), "number")
    if session.scalar(same.where(BankAccount.name == name.strip())):
        raise Conflict("account_named", _("The scheme has an account of that name. Enter another name."), "name")
    account = BankAccount(
        scheme_id=scheme.id,
        name=name.strip(),
        fingerprint=fingerprint,
        number_fingerprint=act.ring.lookup_hash(f"account number {found.number}"),
        last_four=found.last_four,
        added_by=act.person_id,
        added_at=act.now,
    )
    session.add(account)
    session.flush()
    record(act.actor, "bank_account.added", account, at=act.now)
    return account


def save_layout(act: Act, scheme: Scheme, name: str, layout: Layout) -> FileLayout:
    """Saves which column holds what, under a name; one of the same name is replaced, and its history says by what.

    Files that were taken in keep a copy of the layout that they were read by. Raises DomainError for a layout that no
    file can be read by.
    """
    act.require(Permission.BANK_FILES_IMPORT, scheme_id=scheme.id)
    if not name.strip():
        raise DomainError("layout_name", _("Enter a name by which the layout is chosen."), "name")
    columns = checked(layout).as_json()
    query = select(FileLayout).where(FileLayout.scheme_id == scheme.id, FileLayout.name == name.strip())
    saved = session.scalar(query.with_for_update())
    before = saved.columns if saved else None
    if saved is None:
        saved = FileLayout(scheme_id=scheme.id, name=name.strip())
        session.add(saved)
    saved.columns, saved.saved_by, saved.saved_at = columns, act.person_id, act.now
    session.flush()
    details = {"columns": columns, "before": before}
    record(act.actor, "file_layout.saved", saved, at=act.now, details=details)
    return saved
