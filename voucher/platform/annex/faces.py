"""Typefaces of a table: which glyph is which character, how wide a text is, where it breaks, and what was used of it.

A glyph keeps its number from the font file, so that pages can be written before it is known which glyphs they need.
There is no shaping: each character is one glyph, which is right for Latin, Greek and Cyrillic, not for Arabic or Tamil.
"""

from __future__ import annotations

import io
import re
import unicodedata
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont

ELLIPSIS = "…"
INSTEAD = "?"  # For a character that has no glyph; the whole text then stands beside it for whoever reads it out.
# Characters that no other one combines with, which most texts of a table are made of.
_PLAIN = frozenset(map(chr, (*range(ord("!"), ord("~") + 1), ord("£"))))


class _Codes(dict[int, str]):
    """The glyph of each character as four hexadecimal digits, found when it is first asked for."""

    def __init__(self, glyphs: dict[int, int]) -> None:
        self._glyphs = glyphs
        self.instead = f"{glyphs[ord(INSTEAD)]:04X}"

    def __missing__(self, character: int) -> str:
        code = f"{self._glyphs[character]:04X}" if character in self._glyphs else self.instead
        self[character] = code
        return code


class _Widths(dict[str, float]):
    """The width of each character in thousandths of the type size."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def __missing__(self, character: str) -> float:
        width = self._face.width_of_glyph(int(self._face.codes[ord(character)], 16))
        self[character] = width
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
        self._order: list[str] = self._font.getGlyphOrder()
        self._characters: dict[int, str] = self._font.getBestCmap()
        self._has = frozenset(map(chr, self._characters))
        number = {name: place for place, name in enumerate(self._order)}
        self.codes = _Codes({character: number[name] for character, name in self._characters.items()})
        self._widths = _Widths(self)
        # In the typeface of figures these are equally wide, and figures are most of a table.
        plain = _PLAIN & self._has
        same = {self.width_of_glyph(number[self._characters[ord(character)]]) for character in plain}
        self._each = same.pop() if len(same) == 1 else None
        words = f"[{re.escape(''.join(sorted(plain)))}]+"
        self._plain = re.compile(f"{words}(?: {words})*").fullmatch

    def width_of_glyph(self, glyph: int) -> float:
        """In thousandths of the type size."""
        return float(self._advances[self._order[glyph]][0] * self._scale)

    def width(self, text: str) -> float:
        """In thousandths of the type size."""
        return sum(map(self._widths.__getitem__, text))

    def is_plain(self, text: str) -> bool:
        """Whether a text is shown just as it is: each character has a glyph, and words have one space between them."""
        return self._plain(text) is not None

    def surely_fit(self, width: float) -> int:
        """How many characters of a plain text fit into a width whichever they are; 0 where that depends on them."""
        return 0 if self._each is None else int(width // self._each)

    def encoded(self, text: str) -> str:
        """The text as a page's marks name it, in hexadecimal."""
        return text.translate(self.codes)

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
        if self.width(whole) <= width:
            return Broken((whole,), _ONE, instead)
        return self._in_lines(whole, width, most, instead)

    def _in_lines(self, whole: str, width: float, most: int, instead: str | None) -> Broken:
        lines: list[str] = []
        joined: list[bool] = []
        rest = whole
        while len(lines) < most - 1 and self.width(rest) > width:
            end = self._end_of_line(rest, width)
            lines.append(rest[:end])
            joined.append(rest[end] == " ")
            rest = rest[end:].lstrip(" ")
        if self.width(rest) > width:
            rest, instead = self._cut(rest, width), whole
        return Broken((*lines, rest), (*joined, False), instead)

    def _end_of_line(self, text: str, width: float) -> int:
        """How many characters of a text, which is too wide, go on a line: whole words where the first one fits."""
        end = self._fitting(text, width)
        if text[end] == " ":
            return end
        space = text.rfind(" ", 0, end)
        return space if space > 0 else max(end, 1)

    def _cut(self, text: str, width: float) -> str:
        return text[: self._fitting(text, width - self.width(ELLIPSIS))].rstrip(" ") + ELLIPSIS

    def _fitting(self, text: str, width: float) -> int:
        """How many characters from the start of a text fit."""
        return bisect_right(list(accumulate(map(self._widths.__getitem__, text))), width)

    def used(self) -> FontFile:
        """The font with the glyphs that were asked for, once everything is drawn; the face is of no more use then."""
        shown = {self.codes.instead: INSTEAD}
        for character in sorted(self.codes.keys() & self._characters.keys(), reverse=True):
            shown[self.codes[character]] = chr(character)
        return FontFile(self._font, shown)


class FontFile(NamedTuple):
    """A font file, and the character that each code of a glyph that was used stands for."""

    font: TTFont
    shown: dict[str, str]
