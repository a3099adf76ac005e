"""Match that serves another programme, too, and therefore does not count for this scheme's funders."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from voucher.platform.db import Base
from voucher.redemptions.models import Redemption


class OtherMatch(Base):
    """Part of a claim's own contribution that was declared to be match elsewhere (rule 27); append-only.

    Statements leave it out from ``declared_on`` on.
    """

    __tablename__ = "other_match"
    __table_args__ = (CheckConstraint("pence > 0", name="pence_above_zero"),)

    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"), index=True)
    pence: Mapped[int]
    programme: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    declared_on: Mapped[date]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]

    redemption: Mapped[Redemption] = relationship()
