"""Pure: what an indicator measures, when its threshold is met, and which post a job is (rules 59 to 61)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said, said_of
from voucher.platform.money import Amount


class Measure(StrEnum):
    """What makes an enterprise or a job count towards an indicator."""

    MINUTES = "minutes of support"
    GRANT = "grant paid"
    DECLARED = "declared with evidence"
    JOBS_CREATED = "jobs created"
    JOBS_SAFEGUARDED = "jobs safeguarded"


WITH_THRESHOLD = frozenset({Measure.MINUTES, Measure.GRANT})
OF_JOBS = frozenset({Measure.JOBS_CREATED, Measure.JOBS_SAFEGUARDED})
MEANING: dict[Measure, str] = {
    Measure.MINUTES: _("An enterprise counts when its confirmed and evidenced minutes come to the threshold."),
    Measure.GRANT: _("An enterprise counts when the grants paid for it come to the threshold."),
    Measure.DECLARED: _("An enterprise counts when somebody records it with a document."),
    Measure.JOBS_CREATED: _("New posts in full-time equivalents, with a baseline, for twelve months or longer."),
    Measure.JOBS_SAFEGUARDED: _("Posts at risk before the support, kept for twelve months or longer."),
}
FULL_TIME = 100
_FTE = re.compile(r"([01])(?:\.([0-9]{1,2}))?")
_BASELINE = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,2}))?")


class FteError(ValueError):
    """The text is not a full-time equivalent."""


def meets(threshold: int, amount: int) -> bool:
    """Whether support meets the threshold, which it need not exceed: 720 of 720 minutes do, 719 do not (rule 59)."""
    return amount >= threshold


def reached_on(threshold: int, amounts: Iterable[tuple[date, int]]) -> date | None:
    """The day on which dated amounts came to the threshold for good; None when at the end they are short of it.

    What came back after it was reached counts, too: a grant that the bank returned is no grant.
    """
    total, reached = 0, None
    for day, amount in sorted(amounts):
        total += amount
        if not meets(threshold, total):
            reached = None
        elif reached is None:
            reached = day
    return reached


def parse_fte(text: str) -> int:
    """Hundredths of one post from text such as ``0.6`` or ``1``: above zero, at most one; raises FteError (rule 61)."""
    found = _FTE.fullmatch(text.strip())
    hundredths = _hundredths(found) if found else 0
    if not 0 < hundredths <= FULL_TIME:
        raise FteError(_("Enter a full-time equivalent above 0 and at most 1, like 0.6 or 1."))
    return hundredths


def parse_baseline(text: str) -> int:
    """Hundredths of all posts that an enterprise had before its support, like ``4.5``; raises FteError (rule 61)."""
    found = _BASELINE.fullmatch(text.strip())
    if not found:
        raise FteError(_("Enter full-time equivalents with at most two decimals, like 4 or 4.5."))
    return _hundredths(found)


def _hundredths(found: re.Match[str]) -> int:
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def in_fte(hundredths: int) -> str:
    """Hundredths as people read them: ``0.60``."""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole:,}.{rest:02d}"


def post_key(post: str) -> str:
    """A post's name without case, spaces and punctuation, so that one post is not entered as two (rule 61)."""
    return "".join(each for each in post.casefold() if each.isalnum())


def threshold_in_words(measure: Measure, threshold: int | None) -> str:
    """A threshold as people read it: ``720 minutes``, ``£1,000.00``; empty where there is none."""
    if threshold is None:
        return ""
    if measure == Measure.MINUTES:
        return said_of(threshold, "%(num)s minute", "%(num)s minutes")
    return said("%(amount)s", amount=Amount(threshold))


def amount_in_words(measure: Measure, amount: int) -> str:
    """A target or figure as people read it: whole enterprises, or full-time equivalents with two decimals."""
    return in_fte(amount) if measure in OF_JOBS else f"{amount:,}"
