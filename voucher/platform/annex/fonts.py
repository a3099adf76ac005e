"""A typeface in the file: the glyphs that were used, how wide they are, and which characters they are."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence

from fontTools.subset import Options, Subsetter

from voucher.platform.annex.faces import FontFile
from voucher.platform.annex.objects import ObjectFile

SYMBOLIC, BOLD_STEM, STEM = 4, 120, 80
_CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{ranges}endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


def write_font(file: ObjectFile, number: int, used: FontFile) -> None:
    """Writes the font under this number. Its characters have the codes that Unicode gives them."""
    codes = list(used.glyphs)
    measures, widths = _measures(used), _widths(used, codes)
    program = _subset(used)
    name = f"{_tag(program)}+{used.font['name'].getDebugName(6)}"
    first = file.reserve(5)
    descendant, descriptor, data, unicode, glyphs = range(first, first + 5)
    base = f"/Type/Font/BaseFont/{name}"
    whole = f"/Subtype/Type0/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]/ToUnicode {unicode} 0 R"
    file.put(number, f"<<{base}{whole}>>")
    system = f"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/CIDToGIDMap {glyphs} 0 R"
    file.put(descendant, f"<<{base}/Subtype/CIDFontType2{system}/FontDescriptor {descriptor} 0 R/DW 0/W[{widths}]>>")
    file.put(descriptor, f"<</Type/FontDescriptor/FontName/{name}{measures}/FontFile2 {data} 0 R>>")
    file.put_stream(data, f"/Length1 {len(program)}", program)
    file.put_stream(unicode, "", _to_unicode(used))
    file.put_stream(glyphs, "", _glyphs(used))


def _tag(program: bytes) -> str:
    """Six letters that tell one subset of a font from another."""
    return "".join(chr(ord("A") + byte % 26) for byte in hashlib.sha256(program).digest()[:6])


def _measures(used: FontFile) -> str:
    font = used.font
    head, heights, os2 = font["head"], font["hhea"], font["OS/2"]

    def scaled(*units: int) -> str:
        return " ".join(str(round(unit * 1000 / head.unitsPerEm)) for unit in units)

    stem = BOLD_STEM if os2.usWeightClass >= 600 else STEM
    box = f"/Flags {SYMBOLIC}/FontBBox[{scaled(head.xMin, head.yMin, head.xMax, head.yMax)}]/ItalicAngle 0"
    up_and_down = f"/Ascent {scaled(heights.ascent)}/Descent {scaled(heights.descent)}"
    return f"{box}{up_and_down}/CapHeight {scaled(os2.sCapHeight)}/StemV {stem}"


def _widths(used: FontFile, codes: Sequence[int]) -> str:
    order, metrics = used.font.getGlyphOrder(), used.font["hmtx"].metrics
    units = used.font["head"].unitsPerEm
    return " ".join(f"{code}[{metrics[order[used.glyphs[code]]][0] * 1000 / units:g}]" for code in codes)


def _glyphs(used: FontFile) -> bytes:
    """The number of the glyph of each code up to the last one, two bytes each; 0 for codes that no text has."""
    numbers = bytearray(2 * (max(used.glyphs) + 1))
    for code, glyph in used.glyphs.items():
        numbers[2 * code : 2 * code + 2] = glyph.to_bytes(2, "big")
    return bytes(numbers)


def _subset(used: FontFile) -> bytes:
    options = Options(retain_gids=True, notdef_outline=True, hinting=False, layout_features=[], name_IDs=[6])
    options.drop_tables += ["GSUB", "GPOS", "GDEF"]
    subsetter = Subsetter(options)
    subsetter.populate(gids=list(used.glyphs.values()))
    subsetter.subset(used.font)
    out = io.BytesIO()
    used.font.save(out, reorderTables=False)
    return out.getvalue()


def _to_unicode(used: FontFile) -> bytes:
    """The table by which a reader turns glyphs back into text; a hundred entries at most stand together."""
    entries = [f"<{code:04X}> <{code:04X}>\n" for code in used.glyphs]
    ranges = ""
    for start in range(0, len(entries), 100):
        some = entries[start : start + 100]
        ranges += f"{len(some)} beginbfchar\n{''.join(some)}endbfchar\n"
    return _CMAP.format(ranges=ranges).encode("ascii")
