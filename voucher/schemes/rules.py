"""Pure: how rounds award, and which terms are in force."""

from __future__ import annotations

from enum import StrEnum


class AwardMethod(StrEnum):
    """How a round chooses among applications."""

    FIRST_COME = "first come"
    ASSESSED = "assessed"
