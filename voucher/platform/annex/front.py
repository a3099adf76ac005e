"""The drawn front of a document: read, joined to the table that follows it, and copied into the new file.

This is the only file that knows pikepdf. It takes the structure that WeasyPrint writes: a flat list of pages, a flat
parent tree, one Document element, an outline. Anything else is refused, so that a new version of it is noticed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

from voucher.platform.annex.objects import ObjectFile


class UnknownFront(ValueError):
    """The front is not built as this module expects; nothing is written."""


@dataclass(frozen=True)
class Joint:
    """Numbers of objects where front and table meet.

    ``fonts`` (by their names among a page's resources), ``node`` (of the page tree), ``section``, ``branch`` (of the
    parent tree) and ``bookmark`` are still to be written, by whoever writes the table. ``pages``, ``document``,
    ``chapter`` and ``before`` are the front's: the parents of the node, the section and the bookmark, and the bookmark
    that comes before. ``key`` is the first free one of the parent tree, ``free`` the first free number.
    """

    fonts: Mapping[str, int]
    node: int
    section: int
    branch: int
    bookmark: int
    pages: int
    document: int
    chapter: int
    before: int
    key: int
    free: int


class Front:
    """A front in memory."""

    def __init__(self, data: bytes) -> None:
        self._pdf = pikepdf.open(io.BytesIO(data))
        self._root = self._pdf.Root
        tree = self._root.get("/StructTreeRoot")
        if tree is None or "/Nums" not in tree.ParentTree or "/Outlines" not in self._root:
            raise UnknownFront("the front has no structure, no flat parent tree or no bookmarks")
        if any(page.Type != Name.Page for page in self._root.Pages.Kids) or len(tree.K) != 1:
            raise UnknownFront("the front's pages or its structure are not flat")
        self._tree: Any = tree
        self._holes: set[tuple[int, int]] = set()

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return len(self._pdf.pages)

    def join(self, fonts: Sequence[str], *, pages: int, foot: Callable[[int, float, float], str]) -> Joint:
        """Makes room for so many pages of a table, and puts marks on each of the front's own.

        ``foot`` is given a page's number, width and height and answers with the marks of its foot; they may use the
        fonts, whose names among a page's resources are given.
        """
        made = {name: self._hole() for name in fonts}
        node, section, branch, bookmark = (self._hole() for _each in range(4))
        self._put_feet(made, foot)
        key = self._join_structure(section, branch, pages)
        self._root.Pages.Kids.append(node)
        self._root.Pages.Count = self.pages + pages
        chapter, before = self._join_outline(bookmark)
        return Joint(
            fonts={name: _number(hole) for name, hole in made.items()},
            node=_number(node),
            section=_number(section),
            branch=_number(branch),
            bookmark=_number(bookmark),
            pages=_number(self._root.Pages),
            document=_number(self._tree.K[0]),
            chapter=_number(chapter),
            before=_number(before),
            key=key,
            free=max(_number(item) for item in self._pdf.objects) + 1,
        )

    def _hole(self) -> Any:
        """An object that the front may refer to, and that is written elsewhere."""
        made = self._pdf.make_indirect(Dictionary())
        self._holes.add(made.objgen)
        return made

    def _put_feet(self, fonts: Mapping[str, Any], foot: Callable[[int, float, float], str]) -> None:
        before = self._pdf.make_stream(b"q\n")
        for number, page in enumerate(self._root.Pages.Kids, start=1):
            width, height = float(page.MediaBox[2]), float(page.MediaBox[3])
            marks = f"Q /Artifact<</Type/Pagination/Subtype/Footer>>BDC {foot(number, width, height)}EMC\n"
            page.Contents = Array([before, page.Contents, self._pdf.make_stream(marks.encode("latin-1"))])
            for name, hole in fonts.items():
                page.Resources.Font[f"/{name}"] = hole

    def _join_structure(self, section: Any, branch: Any, pages: int) -> int:
        """The table's section becomes the last one, and its branch follows the front's part of the parent tree."""
        self._tree.K[0].K.append(section)
        numbers = self._tree.ParentTree.Nums
        keys = [int(key) for key in list(numbers)[::2]]
        leaf = self._pdf.make_indirect(Dictionary(Nums=numbers, Limits=Array([keys[0], keys[-1]])))
        self._tree.ParentTree = self._pdf.make_indirect(Dictionary(Kids=Array([leaf, branch])))
        self._tree.ParentTreeNextKey = keys[-1] + 1 + pages
        return keys[-1] + 1

    def _join_outline(self, bookmark: Any) -> tuple[Any, Any]:
        """The bookmark follows those of the front's last chapter; gives this chapter and the bookmark before it."""
        outline = self._root.Outlines
        chapter = outline.Last
        before = chapter.Last
        before.Next = chapter.Last = bookmark
        for each in (outline, chapter):
            each.Count = int(each.Count) + 1
        return chapter, before

    def copy_into(self, file: ObjectFile) -> None:
        """Writes every object that is not to be written elsewhere, with the number that it has, and closes the file."""
        for item in self._pdf.objects:
            if item.objgen in self._holes:
                continue
            if not isinstance(item, pikepdf.Stream):
                file.put_bytes(_number(item), item.unparse(resolved=True))
            elif item.get("/Type") not in (Name.ObjStm, Name.XRef):
                _copy_stream(file, item)
        file.close(root=_number(self._root), info=_number(self._pdf.trailer.Info))


def _number(item: Any) -> int:
    return int(item.objgen[0])


def _copy_stream(file: ObjectFile, stream: Any) -> None:
    entries = Dictionary({key: value for key, value in stream.items() if key != "/Length"}).unparse()
    file.put_raw_stream(_number(stream), entries.removeprefix(b"<<").removesuffix(b">>"), stream.read_raw_bytes())
