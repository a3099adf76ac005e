"""How far a day is away, in words, beside the day itself."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as translate
from flask_babel import ngettext


def how_far(day: date, today: date) -> str:
    """``in 9 days``, ``tomorrow``, ``today``, ``yesterday`` or ``3 days ago``."""
    days = (day - today).days
    near = {0: translate("today"), 1: translate("tomorrow"), -1: translate("yesterday")}
    if days in near:
        return str(near[days])
    if days > 0:
        return str(ngettext("in %(num)s day", "in %(num)s days", days))
    return str(ngettext("%(num)s day ago", "%(num)s days ago", -days))
