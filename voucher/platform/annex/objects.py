"""A PDF file that is written from its first byte to its last, an object at a time, and never held in memory."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import BinaryIO

# So many small objects share a stream: their place in it must fit one byte of the cross-reference table.
PACKED = 200
# Of zlib: half the time of its own choice for a file that is a fourteenth larger.
LEVEL = 4
# The places of objects grow evenly, which the quickest way finds out as well as the slowest, in a tenth of the time.
QUICKEST = 1
_ROW = 7  # One byte says what kind of object it is, five where it lies, one which in its stream.
_PLAIN, _IN_STREAM = 1, 2


class ObjectFile:
    """Writes objects in any order; each has a number that was given or reserved before.

    The same objects in the same order make the same bytes: the file's identity is the hash of what was written.
    """

    def __init__(self, out: BinaryIO, *, first: int) -> None:
        """``first`` is the lowest number to reserve; those below it are the caller's to give."""
        self._out = out
        self._at = 0
        self._digest = hashlib.sha256()
        self._next = first
        self._places = bytearray(_ROW * first)
        self._packed: list[str] = []  # Bodies; of bytes each is the character of its number.
        self._packed_numbers: list[int] = []
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def reserve(self, count: int = 1) -> int:
        """The first of so many numbers that nothing else will have."""
        first = self._next
        self._next += count
        self._places.extend(bytes(_ROW * count))
        return first

    def put(self, number: int, body: str) -> None:
        """An object that is no stream, as PDF text in ASCII; it is packed with others."""
        self.put_all((number,), (body,))

    def put_all(self, numbers: Iterable[int], bodies: Iterable[str]) -> None:
        """As ``put``, for many objects: their numbers and, in the same order, as many bodies."""
        self._packed_numbers.extend(numbers)
        self._packed.extend(bodies)
        while len(self._packed) >= PACKED:
            self._pack()

    def put_bytes(self, number: int, body: bytes) -> None:
        """As ``put``, for an object that comes as bytes."""
        self.put(number, body.decode("latin-1"))

    def put_stream(self, number: int, entries: str, data: bytes, *, level: int = LEVEL) -> None:
        """A stream, compressed; ``entries`` are those of its dictionary but for length and filter."""
        packed = zlib.compress(data, level)
        self.put_raw_stream(number, f"{entries}/Filter/FlateDecode".encode("ascii"), packed)

    def put_raw_stream(self, number: int, entries: bytes, data: bytes) -> None:
        """A stream as it is, with the entries of its dictionary but for the length."""
        self._note(number, _PLAIN, self._at, 0)
        # The line end before endstream is CR and LF, because data that happen to end in CR would lose it to a lone LF.
        head = b"%d 0 obj\n<<%b/Length %d>>\nstream\n" % (number, entries, len(data))
        self._write(head, data, b"\r\nendstream\nendobj\n")

    def close(self, *, root: int, info: int | None) -> None:
        """Writes what is packed and the cross-reference table; ``root`` and ``info`` are the objects of these names."""
        if self._packed:
            self._pack()
        number, start = self.reserve(), self._at
        self._note(number, _PLAIN, start, 0)
        identity = self._digest.hexdigest()[:32]
        named = f"/Root {root} 0 R" + (f"/Info {info} 0 R" if info is not None else "")
        fields = f"/Type/XRef/Size {self._next}/W[1 5 1]{named}/ID[<{identity}><{identity}>]"
        self.put_stream(number, fields, bytes(self._places), level=QUICKEST)
        self._write(b"startxref\n%d\n%%%%EOF\n" % start)

    def _pack(self) -> None:
        bodies, self._packed = self._packed[:PACKED], self._packed[PACKED:]
        numbers, self._packed_numbers = self._packed_numbers[:PACKED], self._packed_numbers[PACKED:]
        stream = self.reserve()
        self._note_packed(numbers, stream)
        starts = accumulate([len(body) + 1 for body in bodies], initial=0)
        index = " ".join([f"{number} {at}" for number, at in zip(numbers, starts, strict=False)]).encode("ascii")
        data = index + b"\n" + "\n".join(bodies).encode("latin-1")
        self.put_stream(stream, f"/Type/ObjStm/N {len(bodies)}/First {len(index) + 1}", data)

    def _note_packed(self, numbers: Sequence[int], stream: int) -> None:
        """Where the objects of a stream are. Most have numbers that follow each other, so that runs are noted whole."""
        count = len(numbers)
        rows = bytearray(_ROW * count)
        rows[::_ROW] = bytes((_IN_STREAM,)) * count
        for place, byte in enumerate(stream.to_bytes(5, "big"), start=1):
            rows[place::_ROW] = bytes((byte,)) * count
        rows[_ROW - 1 :: _ROW] = bytes(range(count))
        ends = [at for at, (one, other) in enumerate(pairwise(numbers), start=1) if other != one + 1]
        for start, end in pairwise([0, *ends, count]):
            at = numbers[start] * _ROW
            self._places[at : at + (end - start) * _ROW] = rows[start * _ROW : end * _ROW]

    def _note(self, number: int, kind: int, place: int, index: int) -> None:
        at = number * _ROW
        self._places[at : at + _ROW] = bytes((kind,)) + place.to_bytes(5, "big") + bytes((index,))

    def _write(self, *parts: bytes) -> None:
        for part in parts:
            self._out.write(part)
            self._digest.update(part)
            self._at += len(part)


def text_string(text: str) -> str:
    """Text as PDF has it outside of pages: UTF-16 with its mark, in hexadecimal."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def listed(numbers: Iterable[int]) -> str:
    """References to objects, as an array holds them."""
    return " ".join([f"{number} 0 R" for number in numbers])
