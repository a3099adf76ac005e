"""How a scheme pays: the way in force and those proposed, templates of files, cost codes of funding lines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.accounts.rules import ProposalState
from voucher.funding.models import FundingLine
from voucher.payments.rules import FileFormat, Route
from voucher.platform.db import Base, in_list, new_public_id, unique_where
from voucher.schemes.models import Scheme


class FileTemplate(Base):
    """One version of a template of payment files, as an operator wrote it; never changed, a new version follows."""

    __tablename__ = "file_template"
    __table_args__ = (
        UniqueConstraint("scheme_id", "code", "version"),
        CheckConstraint(in_list("route", list(Route)), name="route_known"),
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    code: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    route: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    added_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[datetime]

    @property
    def reference(self) -> str:
        """A template is known by its code and version."""
        return f"{self.code} version {self.version}"


class PayingWay(Base):
    """The way that a scheme pays: the newest confirmed one is in force. It takes two people.

    The file is of a kind that the product knows (``file_format``) or of one version of an operator's template. The
    account is the scheme's own, encrypted as payees' accounts are; a batch above ``second_approval_pence`` takes two
    approvers.
    """

    __tablename__ = "paying_way"
    __table_args__ = (
        UniqueConstraint("public_id"),
        CheckConstraint(in_list("route", list(Route)), name="route_known"),
        CheckConstraint(in_list("state", list(ProposalState)), name="state_known"),
        CheckConstraint("(file_format IS NULL) <> (template_id IS NULL)", name="one_kind_of_file"),
        CheckConstraint("file_format IS NULL OR " + in_list("file_format", list(FileFormat)), name="file_format_known"),
        CheckConstraint(
            "(last_four IS NULL) = (account_number_encrypted IS NULL) "
            "AND (last_four IS NULL) = (sort_code_encrypted IS NULL) "
            "AND (last_four IS NULL) = (account_name_encrypted IS NULL)",
            name="account_whole",
        ),
        CheckConstraint(
            "second_approval_pence IS NULL OR second_approval_pence >= 0", name="second_approval_not_negative"
        ),
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="confirmed_by_a_second_person",
        ),
        unique_where("uq_paying_way_waiting", "scheme_id", where="state = 'proposed'"),
    )

    public_id: Mapped[str] = mapped_column(default=new_public_id)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    state: Mapped[str]
    route: Mapped[str]
    file_format: Mapped[str | None]
    template_id: Mapped[int | None] = mapped_column(ForeignKey("file_template.id"))
    account_name_encrypted: Mapped[str | None] = mapped_column(Text)
    sort_code_encrypted: Mapped[str | None] = mapped_column(Text)
    account_number_encrypted: Mapped[str | None] = mapped_column(Text)
    last_four: Mapped[str | None]
    second_approval_pence: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    scheme: Mapped[Scheme] = relationship()
    template: Mapped[FileTemplate | None] = relationship()

    @property
    def reference(self) -> str:
        """A way of paying is known by its route."""
        return self.route


class LineCostCode(Base):
    """The code under which the authority's finance system books what a funding line pays."""

    __tablename__ = "line_cost_code"
    __table_args__ = (UniqueConstraint("line_id"), CheckConstraint("code <> ''", name="code_given"))

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("funding_line.id"))
    code: Mapped[str]
    set_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]

    line: Mapped[FundingLine] = relationship()

    @property
    def reference(self) -> str:
        """It is known by itself."""
        return f"cost code {self.code}"
