"""The byte writer: whatever it is given stands where its table says."""

from __future__ import annotations

import io

import pikepdf
import pytest

from voucher.platform.annex import objects
from voucher.platform.annex.objects import PACKED, ObjectFile, listed, text_string


def written(texts: int, stream: bytes = b"") -> bytes:
    out = io.BytesIO()
    file = ObjectFile(out, first=3)
    kids = file.reserve(texts)
    for number in range(kids, kids + texts):
        file.put(number, f"<</Number {number}>>")
    data = file.reserve()
    file.put_stream(data, "/Type/Test", stream)
    file.put(1, f"<</Type/Catalog/Pages 2 0 R/All[{listed(range(kids, kids + texts))}]/Data {data} 0 R>>")
    file.put(2, "<</Type/Pages/Count 0/Kids[]>>")
    file.close(root=1, info=None)
    return out.getvalue()


@pytest.mark.parametrize("texts", [0, 1, PACKED - 1, PACKED, 3 * PACKED + 7])
def test_every_object_is_found_under_its_number(texts: int) -> None:
    with pikepdf.open(io.BytesIO(written(texts))) as opened:
        assert opened.check_pdf_syntax() == []
        assert [int(item.Number) for item in opened.Root.All] == list(range(3, 3 + texts))


def test_a_stream_that_ends_in_a_line_end_keeps_it() -> None:
    raw = b"what ends so\r"
    out = io.BytesIO()
    file = ObjectFile(out, first=3)
    file.put(1, "<</Type/Catalog/Pages 2 0 R/Data 3 0 R>>")
    file.put(2, "<</Type/Pages/Count 0/Kids[]>>")
    file.put_raw_stream(file.reserve(), b"", raw)
    file.close(root=1, info=None)
    with pikepdf.open(io.BytesIO(out.getvalue())) as opened:
        assert opened.Root.Data.read_bytes() == raw


def test_the_identity_is_that_of_the_bytes() -> None:
    assert written(5, b"one") == written(5, b"one")
    with pikepdf.open(io.BytesIO(written(5, b"one"))) as one, pikepdf.open(io.BytesIO(written(5, b"two"))) as two:
        assert bytes(one.trailer.ID[0]) != bytes(two.trailer.ID[0])


def test_more_objects_than_a_place_in_a_stream_can_say_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PACKED", 300)
    with pytest.raises(ValueError, match="byte"):
        written(300)


def test_text_outside_of_pages_keeps_every_letter() -> None:
    assert text_string("Tŷ £") == "<FEFF0054017700200" + "0A3>"
