"""Typefaces of a table: which glyph is which character, how wide a text is, where it breaks, and what was used of it.

A page names a glyph by its character, and a table beside the font says which one that is, so that pages can be written
before it is known which glyphs they need, and texts are put on them as they are.
There is no shaping: each character is one glyph, which is right for Latin, Greek and Cyrillic, not for Arabic or Tamil.
"""

from __future__ import annotations

import io
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont

ELLIPSIS = "…"
INSTEAD = "?"  # For a character that has no glyph; the whole text then stands beside it for whoever reads it out.
# Characters that no other one combines with, which most texts of a table are made of, and that a string of a page's
# marks takes as they are.
_PLAIN = frozenset(map(chr, (*range(ord("!"), ord("~") + 1), ord("£")))) - frozenset("()\\")
# What stands for a byte that would end a string of marks, or that readers would take for another line end.
_ESCAPED = str.maketrans({"(": "\\(", ")": "\\)", "\\": "\\\\", "\r": "\\r"})


class _Widths(dict[str, float]):
    """The width of each character in thousandths of the type size."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def __missing__(self, character: str) -> float:
        width = self[character] = self._face.width_of(character)
        return width


class Broken(NamedTuple):
    """A text in lines. ``joined`` says of each line whether a space belongs between it and the next one.

    ``instead`` is the whole text where the lines do not show all of it, because it was cut or a glyph is missing.
    """

    lines: tuple[str, ...]
    joined: tuple[bool, ...]
    instead: str | None


_ONE = (False,)


class Face:
    """One font file. What is asked of it is remembered as used."""

    def __init__(self, path: Path) -> None:
        self._font = TTFont(io.BytesIO(path.read_bytes()), lazy=True, recalcTimestamp=False)
        self._scale = 1000 / self._font["head"].unitsPerEm
        self._advances: dict[str, tuple[int, int]] = self._font["hmtx"].metrics
        # A code has two bytes; what is beyond them counts as missing.
        self._characters = {code: name for code, name in self._font.getBestCmap().items() if code <= 0xFFFF}
        self._has = frozenset(map(chr, self._characters))
        self._used = {INSTEAD}
        self._widths = _Widths(self)
        # In the typeface of figures these are equally wide, and figures are most of a table.
        plain = _PLAIN & self._has
        same = {self.width_of(character) for character in plain}
        self._each = same.pop() if len(same) == 1 else None
        self._simple = plain | {" "}
        if self._each is not None:
            self._used |= self._simple
        words = f"[{re.escape(''.join(sorted(plain)))}]+"
        # Whether a text is shown just as it is: each character has a glyph, and words have one space between them.
        self.is_plain = re.compile(f"{words}(?: {words})*").fullmatch

    def width_of(self, character: str) -> float:
        """In thousandths of the type size; of what has no glyph the width of what stands for it."""
        name = self._characters.get(ord(character)) or self._characters[ord(INSTEAD)]
        return float(self._advances[name][0] * self._scale)

    def width(self, text: str) -> float:
        """In thousandths of the type size."""
        return sum(map(self._widths.__getitem__, text))

    def surely_fit(self, width: float) -> int:
        """How many characters of a plain text fit into a width whichever they are; 0 where that depends on them.

        Those of a typeface that says a number here all count as used, so that nobody needs to tell it of figures.
        """
        return 0 if self._each is None else int(width // self._each)

    def encoded(self, text: str) -> str:
        """The text as a string of a page's marks, each byte of it as the character of its number."""
        if self._simple.issuperset(text):
            self._used.update(text)
            return f"({in_marks(text)})"
        shown = "".join([character if character in self._has else INSTEAD for character in text])
        self._used.update(shown)
        return f"({in_marks(shown).translate(_ESCAPED)})"

    def missing(self, text: str) -> frozenset[str]:
        """The characters of a text that the font has no glyph for."""
        return frozenset(text).difference(self._has)

    def broken(self, text: str, width: float, most: int) -> Broken:
        """The text in at most so many lines of this width, in thousandths of the type size.

        It breaks between words, and inside a word that is wider than a line. What does not fit ends in an ellipsis.
        """
        whole, instead = text, None
        if not self.is_plain(text):
            whole = unicodedata.normalize("NFC", " ".join(text.split()))
            instead = whole if self.missing(whole) else None
        ends = self._ends(whole)
        if not ends or ends[-1] <= width:
            return Broken((whole,), _ONE, instead)
        return self._in_lines(whole, ends, width, most, instead)

    def _ends(self, text: str) -> list[float]:
        """Where each character of a text ends, in thousandths of the type size."""
        return list(accumulate(map(self._widths.__getitem__, text)))

    def _in_lines(self, whole: str, ends: Sequence[float], width: float, most: int, instead: str | None) -> Broken:
        lines: list[str] = []
        joined: list[bool] = []
        start, before = 0, 0.0  # Of what is left: its first character, and how wide all is that comes before it.
        while len(lines) < most - 1 and ends[-1] - before > width:
            end = _end_of_line(whole, start, bisect_right(ends, before + width))
            lines.append(whole[start:end])
            joined.append(whole[end] == " ")
            start = end + joined[-1]
            before = ends[start - 1]
        rest = whole[start:]
        if ends[-1] - before > width:
            fitting = bisect_right(ends, before + width - self.width(ELLIPSIS))
            rest, instead = whole[start:fitting].rstrip(" ") + ELLIPSIS, whole
        return Broken((*lines, rest), (*joined, False), instead)

    def used(self) -> FontFile:
        """The font and what was asked for of it, once everything is drawn; the face is of no more use then."""
        number = {name: place for place, name in enumerate(self._font.getGlyphOrder())}
        shown = sorted(map(ord, self._used & self._has))
        return FontFile(self._font, {character: number[self._characters[character]] for character in shown})


def in_marks(text: str) -> str:
    """A plain text as it stands within a string of a page's marks: two bytes for each character."""
    return text.encode("utf-16-be").decode("latin-1")


def _end_of_line(text: str, start: int, end: int) -> int:
    """Where the line ends that begins at ``start`` and has room up to ``end``: after whole words where one fits."""
    if text[end] == " ":
        return end
    space = text.rfind(" ", start, end)
    return space if space > start else max(end, start + 1)


class FontFile(NamedTuple):
    """A font file, and the number that the glyph of each character has in it, of those that were used."""

    font: TTFont
    glyphs: dict[int, int]
