"""Accounts, layouts of files, files that were handed in, and the statements that were taken in from them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.documents.models import Document
from voucher.payments.bank_files.reading import FileKind
from voucher.platform.db import Base, in_list, new_public_id


class BankAccount(Base):
    """An account in pounds of a scheme, known by keyed hashes of its sort code and number, so that nobody reads them.

    ``number_fingerprint`` is of the number alone, for files that name no sort code.
    """

    __tablename__ = "bank_account"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("scheme_id", "name"),
        UniqueConstraint("scheme_id", "fingerprint"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    name: Mapped[str]
    fingerprint: Mapped[str]
    number_fingerprint: Mapped[str]
    last_four: Mapped[str]
    added_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime]

    @property
    def reference(self) -> str:
        """An account is known by its name and its last four digits."""
        return f"{self.name} (…{self.last_four})"


class FileLayout(Base):
    """Which column of a CSV file holds what, under the name by which it is chosen."""

    __tablename__ = "file_layout"
    __table_args__ = (UniqueConstraint("scheme_id", "name"),)

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    name: Mapped[str]
    columns: Mapped[dict[str, object]] = mapped_column(JSON)
    saved_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    saved_at: Mapped[datetime]

    @property
    def reference(self) -> str:
        """A layout is known by its name."""
        return self.name


class BankImport(Base):
    """A file that was handed in, and taken in once: the same bytes are one row, whoever hands them in again.

    ``layout`` is a copy of the layout that it is read by, so that it can be read again the same way.
    """

    __tablename__ = "bank_import"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("scheme_id", "sha256"),
        CheckConstraint(in_list("kind", list(FileKind)), name="kind_known"),
        CheckConstraint("(taken_in_by IS NULL) = (taken_in_at IS NULL)", name="taken_in_by_somebody"),
        CheckConstraint("override_reason = '' OR taken_in_by IS NOT NULL", name="override_with_the_act"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    kind: Mapped[str]
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    sha256: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("bank_account.id"))
    layout: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    opening_given: Mapped[int | None]
    closing_given: Mapped[int | None]
    handed_in_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    handed_in_at: Mapped[datetime]
    taken_in_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    taken_in_at: Mapped[datetime | None]
    override_reason: Mapped[str] = mapped_column(Text, default="")

    document: Mapped[Document] = relationship()

    @property
    def reference(self) -> str:
        """An imported file is known by its public id."""
        return self.public_id


class BankStatement(Base):
    """One statement of a file that was taken in; append-only. Without an account it is a payment run or an extract.

    ``known_lines`` were there already, from a statement that overlaps with it.
    """

    __tablename__ = "bank_statement"
    __table_args__ = (
        CheckConstraint("first_on <= last_on", name="begins_before_it_ends"),
        CheckConstraint("(opening_pence IS NULL) = (account_id IS NULL)", name="opening_of_an_account"),
        CheckConstraint("(closing_pence IS NULL) = (account_id IS NULL)", name="closing_of_an_account"),
        CheckConstraint("new_lines >= 0 AND known_lines >= 0", name="lines_not_negative"),
    )

    import_id: Mapped[int] = mapped_column(ForeignKey("bank_import.id"), index=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("bank_account.id"), index=True)
    kind: Mapped[str]
    title: Mapped[str]
    first_on: Mapped[date]
    last_on: Mapped[date]
    opening_pence: Mapped[int | None]
    closing_pence: Mapped[int | None]
    new_lines: Mapped[int]
    known_lines: Mapped[int]
    continues: Mapped[bool]

    account: Mapped[BankAccount | None] = relationship()
    bank_import: Mapped[BankImport] = relationship()
