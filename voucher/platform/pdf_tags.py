"""Two repairs to the structure that WeasyPrint 70 writes, so that a screen reader meets what a sighted reader meets.

Running heads and page numbers are marked as content that belongs to nothing; PDF/UA wants them to be artifacts.
Header cells carry identifiers that the file does not list; a scope says the same and is what readers look for.
"""

from __future__ import annotations

from typing import Any


def finish_tags(document: Any, pdf: Any) -> None:
    """Called by WeasyPrint before it writes the file."""
    dictionaries: list[Any] = [item for item in pdf.objects if isinstance(item, dict)]
    elements = {item.reference: item for item in dictionaries if item.get("Type") == "/StructElem"}
    tree = next(item for item in dictionaries if item.get("Type") == "/StructTreeRoot")
    _scope_headers(elements)
    in_tree = _reachable(tree["K"], elements)
    by_reference = {item.reference: item for item in pdf.objects}
    numbers = by_reference[tree["ParentTree"]]["Nums"]
    for page, owners in zip(pdf.page_references, numbers[1::2], strict=False):
        strays = {mcid for mcid, owner in enumerate(owners) if owner not in in_tree}
        _make_artifacts(by_reference[by_reference[page]["Contents"]].stream, strays)
        owners[:] = ["null" if mcid in strays else owner for mcid, owner in enumerate(owners)]


def _scope_headers(elements: dict[bytes, Any]) -> None:
    for element in elements.values():
        if element["S"] == "/TH":
            row = elements[element["P"]]
            in_head = elements[row["P"]]["S"] == "/THead"
            element["A"]["Scope"] = "/Column" if in_head else "/Row"
            element.pop("ID", None)
        elif element["S"] == "/TD":
            element["A"].pop("Headers", None)


def _reachable(roots: list[bytes], elements: dict[bytes, Any]) -> set[bytes]:
    found: set[bytes] = set()
    waiting = list(roots)
    while waiting:
        reference = waiting.pop()
        if reference in elements and reference not in found:
            found.add(reference)
            waiting.extend(kid for kid in elements[reference].get("K", []) if isinstance(kid, bytes))
    return found


def _make_artifacts(stream: list[Any], strays: set[int]) -> None:
    """Turns ``/P <</MCID 3>> BDC`` into ``/Artifact <</Type /Pagination>> BDC`` where 3 belongs to no element."""
    for at, item in enumerate(stream):
        if isinstance(item, dict) and item.get("MCID") in strays:
            stream[at - 1] = "/Artifact"
            item.clear()
            item["Type"] = "/Pagination"
