"""Documents sketched instead of drawn, for tests that sign or send them and look at something else.

Laying a document out costs seconds. What a document looks like is tested in tests/documents and from paper to paper.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from voucher.platform import pdf
from voucher.reports import paper


@dataclass(frozen=True)
class _Sketch:
    html: str
    pages: tuple[int, ...] = (1,)


def _write(document: _Sketch, attached: Sequence[pdf.Attached], _variant: str = "") -> bytes:
    digest = hashlib.sha256(document.html.encode())
    for file in attached:
        digest.update(file.content)
    # What is filled in after drawing has its place in a sketch, too.
    plain = b"".join(file.content + b"\n" for file in attached if file.plain)
    return f"%PDF-1.7\n% {digest.hexdigest()}\n".encode() + plain + b"%%EOF\n"


@pytest.fixture
def sketched() -> Iterator[None]:
    """Every document of this process is a few bytes that differ as the documents do."""
    with sketching():
        yield


@contextmanager
def sketching() -> Iterator[None]:
    """The same for as long as somebody builds a scheme."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "_lay_out", lambda html, _base, _variant="": _Sketch(html))
        patch.setattr(pdf, "_write", _write)
        # The front is a few bytes already, of which its attached files are a part; no table can follow it.
        patch.setattr(paper, "append_annex", lambda front, _data, _around, out, _told: out.write(front))
        yield
