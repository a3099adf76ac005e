"""Merges the subsets of each typeface into one TrueType file for each weight; scripts/assets runs it.

Each weight comes in two files, one for Latin and one for Latin Extended. Given as two files of one family, the PDF
writer draws wrong letters for ŵ, ŷ and their like, while the text that is copied out of the PDF still reads right.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger, Options
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.subset import Options as SubsetOptions
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

SUBSETS = ("latin", "latin-ext")
WEIGHTS = {400: "Regular", 700: "Bold"}
FAMILIES = {
    "atkinson-hyperlegible-next": "Atkinson Hyperlegible Next",
    "atkinson-hyperlegible-mono": "Atkinson Hyperlegible Mono",
}
# Letters that Welsh, Polish, Irish, Hungarian and Czech names need, and signs that every document needs.
MUST_DRAW = "ŴŵŶŷŁłŻżĄąÁáÉéŐőŠšŽž£€0Ool1I–’•×−"


def main(packages: Path, fonts: Path) -> None:
    """Makes every font in the folder, with its licence beside it."""
    for package, family in FAMILIES.items():
        shutil.copyfile(packages / package / "LICENSE", fonts / f"{package}.OFL.txt")
        for weight, style in WEIGHTS.items():
            sources = [packages / package / "files" / f"{package}-{subset}-{weight}-normal.woff" for subset in SUBSETS]
            target = fonts / f"{package}-{weight}.ttf"
            merge(sources, target, family=family, style=style)
            check(target, sources)
            print(f"{target}: {target.stat().st_size // 1024} KiB")


def merge(sources: list[Path], target: Path, *, family: str, style: str) -> None:
    """Writes one font of all the sources, the same bytes every time."""
    with tempfile.TemporaryDirectory() as folder:
        seen: set[int] = set()
        parts = []
        for source in sources:
            parts.append(Path(folder) / f"{source.stem}.ttf")
            seen |= keep_new_letters(source, seen, parts[-1])
        font = Merger(Options(drop_tables=["STAT"])).merge([str(part) for part in parts])
    give_name(font, family, style)
    # Merging dates the font today, which would make another file every day.
    font["head"].created = font["head"].modified = TTFont(sources[0])["head"].modified
    font.recalcTimestamp = False
    font.save(target)


def keep_new_letters(source: Path, seen: set[int], target: Path) -> set[int]:
    """Copies a subset without the letters that an earlier one has; returns the letters that it keeps.

    A letter that both have would be merged into two glyphs and a rule that swaps one for the other, which loses its
    kerning. Regional forms (locl) are left out for the same reason: neither English nor Welsh has any.
    """
    font = TTFont(source, recalcTimestamp=False)
    new = set(font.getBestCmap()) - seen
    options = SubsetOptions()
    options.name_IDs = options.name_languages = ["*"]
    options.glyph_names = options.notdef_outline = True
    options.layout_features = ["ccmp", "kern", "mark", "mkmk", "tnum", "pnum", "frac"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=new)
    subsetter.subset(font)
    font.flavor = None
    font.save(target)
    return new


def give_name(font: TTFont, family: str, style: str) -> None:
    """Says the family's one name, because the monospaced files call each weight a kind of ExtraLight."""
    names = font["name"]
    for number in (16, 17, 21, 22, 25):
        names.removeNames(nameID=number)
    texts = {1: family, 2: style, 4: f"{family} {style}", 6: f"{family.replace(' ', '')}-{style}"}
    for number, text in texts.items():
        names.setName(text, number, 3, 1, 0x409)
    bold = style == "Bold"
    font["OS/2"].fsSelection = (font["OS/2"].fsSelection & ~0x61) | (0x20 if bold else 0x40)
    font["head"].macStyle = int(bold)


def check(target: Path, sources: list[Path]) -> None:
    """Every letter of the sources is in the merged font with the very same outline and width; stops when not."""
    merged = TTFont(target)
    letters = merged.getBestCmap()
    missing = [letter for letter in MUST_DRAW if ord(letter) not in letters]
    if missing:
        raise SystemExit(f"{target.name} cannot draw {' '.join(missing)}")
    for source in sources:
        original = TTFont(source)
        for code, glyph in original.getBestCmap().items():
            if drawing(original, glyph) != drawing(merged, letters.get(code, ".notdef")):
                raise SystemExit(f"{target.name} does not draw U+{code:04X} as {source.name} does")


def drawing(font: TTFont, glyph: str) -> tuple[object, int]:
    """The outline of a glyph, with the parts that it is composed of resolved, and its width."""
    pen = DecomposingRecordingPen(font.getGlyphSet())
    font.getGlyphSet()[glyph].draw(pen)
    return pen.value, font["hmtx"][glyph][0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
