"""Pure: how rounds award, which duties of a scheme can be made weaker, and which colours can be read."""

from __future__ import annotations

import re
from enum import StrEnum


class AwardMethod(StrEnum):
    """How a round chooses among applications."""

    FIRST_COME = "first come"
    ASSESSED = "assessed"


class Duty(StrEnum):
    """A setting that joins two duties in one person or keeps them apart; making it weaker takes two people."""

    DECIDER_MAY_VERIFY = "decider_may_verify"
    REVIEWER_NEEDED = "reviewer_needed"


# What each setting is when it asks for fewer people.
WEAKER = {Duty.DECIDER_MAY_VERIFY: True, Duty.REVIEWER_NEEDED: False}


COLOUR = re.compile(r"#[0-9a-f]{6}")
# What a colour is shown on, and in which white text stands: the page and the panel behind it.
BACKGROUNDS = ("#ffffff", "#f3f6f8")
LEAST_CONTRAST = 4.5


def least_contrast(colour: str) -> float:
    """The lowest contrast of a colour with what it is shown on and with white text on it, from 1 to 21 (WCAG 2)."""
    return min(_contrast(colour, each) for each in BACKGROUNDS)


def darker(colour: str) -> str:
    """The same colour with less light, for a button under the pointer."""
    return "#" + "".join(f"{part * 7 // 10:02x}" for part in _parts(colour))


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_light(one), _light(other)))
    return (light + 0.05) / (dark + 0.05)


def _light(colour: str) -> float:
    """Relative luminance, from 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
