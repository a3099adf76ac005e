"""A PDF file that is written from its first byte to its last, an object at a time, and never held in memory."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from typing import BinaryIO

# So many small objects share a stream: their place in it must fit one byte of the cross-reference table.
PACKED = 200
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
        self._packed: list[tuple[int, str]] = []  # Of bytes each is the character of its number.
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def reserve(self, count: int = 1) -> int:
        """The first of so many numbers that nothing else will have."""
        first = self._next
        self._next += count
        self._places.extend(bytes(_ROW * count))
        return first

    def put(self, number: int, body: str) -> None:
        """An object that is no stream, as PDF text in ASCII; it is packed with others."""
        self.put_all(((number, body),))

    def put_all(self, objects: Iterable[tuple[int, str]]) -> None:
        """As ``put``, for many objects and their numbers."""
        self._packed.extend(objects)
        while len(self._packed) >= PACKED:
            self._pack()

    def put_bytes(self, number: int, body: bytes) -> None:
        """As ``put``, for an object that comes as bytes."""
        self.put(number, body.decode("latin-1"))

    def put_stream(self, number: int, entries: str, data: bytes) -> None:
        """A stream, compressed; ``entries`` are those of its dictionary but for length and filter."""
        self.put_raw_stream(number, f"{entries}/Filter/FlateDecode".encode("ascii"), zlib.compress(data))

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
        self.put_stream(number, fields, bytes(self._places))
        self._write(b"startxref\n%d\n%%%%EOF\n" % start)

    def _pack(self) -> None:
        packed, self._packed = self._packed[:PACKED], self._packed[PACKED:]
        stream = self.reserve()
        places, held = self._places, bytes((_IN_STREAM,)) + stream.to_bytes(5, "big")
        at, index = 0, []
        for place, (number, body) in enumerate(packed):
            places[number * _ROW : number * _ROW + _ROW] = held + bytes((place,))
            index.append(f"{number} {at}")
            at += len(body) + 1
        head = " ".join(index).encode("ascii") + b"\n"
        data = head + "\n".join([body for _number, body in packed]).encode("latin-1")
        self.put_stream(stream, f"/Type/ObjStm/N {len(packed)}/First {len(head)}", data)

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
