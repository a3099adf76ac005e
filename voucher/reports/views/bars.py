"""A bar of money in the words of the page that shows it."""

from __future__ import annotations

from flask_babel import gettext as translate

from voucher.platform.languages import shown_pounds
from voucher.reports.money_bar import MoneyBar, Portion


def bar_in_words(bar: MoneyBar) -> str:
    """What a bar's picture says, for whoever does not see it."""
    return f"{bar.title}: {', '.join(map(_in_words, bar.portions))}."


def _in_words(part: Portion) -> str:
    return f"{translate(part.name).lower()} {shown_pounds(part.pence)} ({part.percent})"
