"""Files that were handed in or drawn, and the record of imported files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.platform.db import Base, new_public_id


class Document(Base):
    """A stored file. It knows no owner: the owner holds the foreign key. Its bytes lie under its hash.

    ``scanned_at`` is when a scanner found no malware in it; empty where the installation had none.
    """

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("public_id"), CheckConstraint("size > 0", name="not_empty"))

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    media_type: Mapped[str]
    original_name: Mapped[str]
    retention_class: Mapped[str]
    encrypted: Mapped[bool] = mapped_column(default=False)
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime]
    scanned_at: Mapped[datetime | None]


class ImportedFile(Base):
    """A data file that was taken in, so that the same file is never taken in twice."""

    __tablename__ = "imported_file"
    __table_args__ = (UniqueConstraint("kind", "scope", "sha256"),)

    kind: Mapped[str]
    scope: Mapped[str]
    sha256: Mapped[str]
    name: Mapped[str]
    row_count: Mapped[int]
    imported_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    imported_at: Mapped[datetime]
