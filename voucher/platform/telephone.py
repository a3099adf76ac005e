"""Pure: a UK telephone number as people write it, from the one form in which it is kept."""

from __future__ import annotations

import re

# Area codes of five digits after the 0, where Ofcom's numbering plan has them; all other towns have codes of four.
_LONG_AREAS = "13873|15242|1539[4-6]|1697[347]|1768[347]|19467"
_GROUPS = (
    r"(2\d)(\d{4})(\d{4})",
    r"(11\d|1\d1)(\d{3})(\d{4})",
    r"([3589]\d\d)(\d{3})(\d{4})",
    rf"({_LONG_AREAS})(\d{{5}})",
    r"(1\d{3})(\d{5,6})",
    r"(7\d{3})(\d{6})",
    r"(800)(\d{6})",
)
_PATTERNS = tuple(re.compile(groups) for groups in _GROUPS)


def telephone(number: str) -> str:
    """A number like ``+441134960001`` in groups, with its 0 in front: ``0113 496 0001``.

    Anything else is given back as it stands, for it is shown to people who know what to make of it.
    """
    if not number.startswith("+44"):
        return number
    own = number.removeprefix("+44")
    found = next(filter(None, (pattern.fullmatch(own) for pattern in _PATTERNS)), None)
    return " ".join([f"0{found[1]}", *found.groups()[1:]]) if found else number
