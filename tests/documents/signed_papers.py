"""Two signed statements of one small scheme, made by its own commands and drawn once, and ways to tamper with one."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import pikepdf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.harness.databases import Databases
from tests.harness.ready import Ready, grow
from tests.harness.sketches import sketching
from tests.harness.world import World
from tests.journeys.steps import on, signed
from voucher.app import office
from voucher.payments.bank import match_return
from voucher.payments.debts import match_recovery
from voucher.platform.db import session
from voucher.reports.checking import published_keys
from voucher.reports.exports import statement_pdf_bytes
from voucher.reports.models import Statement
from voucher.reports.verify.paper_file import DATA, SIGNATURE, open_paper, squeeze
from voucher.reports.verify.published import PublishedKey
from voucher.reports.verify.signed import PREFIX, canonical

APRIL, MAY = (date(2026, 4, 1), date(2026, 4, 30)), (date(2026, 5, 1), date(2026, 5, 31))
FORGER = Ed25519PrivateKey.from_private_bytes(b"forger's own private key, no one")

Json = dict[str, Any]
Change = Callable[[pikepdf.Pdf], None]


@dataclass(frozen=True)
class Papers:
    """The statements of April and of May as PDF, the keys as they are published, and the scheme at rest."""

    april: bytes
    may: bytes
    keys: list[PublishedKey]
    ready: Ready
    april_id: str


def make_papers(databases: Databases, folder: Path) -> Papers:
    """A claim paid and returned, two paid, a recovery, a voucher in use, an offer open; both months signed."""
    kept: dict[str, Any] = {}

    def furnish(world: World) -> None:
        with sketching():
            _live_through_april(world)
        on(world, "2026-05-04")
        april = _paper_of(world, *APRIL)
        on(world, "2026-06-02")
        may = _paper_of(world, *MAY)
        kept.update(april=april[1], may=may[1], keys=published_keys(office().ring), april_id=april[0].public_id)

    ready = grow(databases, folder, furnish)
    return Papers(ready=ready, **kept)


def _live_through_april(world: World) -> None:
    world.payable()
    [returned] = world.paid()
    line = world.bank_line(returned.pence, "RETURNED")
    world.do("bina", match_return, line, returned, reason="account closed")
    second = world.payable(net_pence=45_999)
    world.paid()
    debt = world.debt_on(second, 5_000)
    world.do("bina", match_recovery, world.bank_line(2_500, "BACK"), debt)
    world.payable()
    world.claimed(world.issued())
    world.issued()
    world.offered()


def _paper_of(world: World, first: date, last: date) -> tuple[Statement, bytes]:
    statement = signed(world, first, last)
    session.expire_all()
    return statement, statement_pdf_bytes(world.act("sigrid"), statement)


# Ways to tamper.


def saved(raw: bytes, *changes: Change) -> bytes:
    """The file after these changes, written anew as any program for PDFs would."""
    with pikepdf.open(io.BytesIO(raw)) as document:
        for change in changes:
            change(document)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def attach(name: str, content: bytes) -> Change:
    """Another content for an attached file, or a new file."""

    def change(document: pikepdf.Pdf) -> None:
        unsaid = dict.fromkeys(("description", "mime_type", "creation_date", "mod_date"), "")
        document.attachments[name] = pikepdf.AttachedFileSpec(document, content, filename=name, **unsaid)

    return change


def detach(name: str) -> Change:
    """The attached file is taken out."""

    def change(document: pikepdf.Pdf) -> None:
        del document.attachments[name]

    return change


def attached(raw: bytes, name: str) -> bytes:
    """What is in an attached file."""
    with pikepdf.open(io.BytesIO(raw)) as document:
        return bytes(document.attachments[name].get_file().read_bytes())


def data_of(raw: bytes) -> Json:
    """The data of a statement's file."""
    data: Json = json.loads(attached(raw, DATA))
    return data


def with_data(raw: bytes, edit: Callable[[Json], None], *, signed_again: bool = False) -> bytes:
    """The file with other data in it; on demand signed again, whole, with somebody else's key."""
    data = data_of(raw)
    edit(data)
    text = canonical(data)
    changes = [attach(DATA, text)]
    if signed_again:
        members = {"data_hash": hashlib.sha256(text).hexdigest(), "statement": data["header"]["statement"]}
        changes.append(attach(SIGNATURE, forged(raw, **members)))
    return saved(raw, *changes)


def forged(raw: bytes, *, key: Ed25519PrivateKey = FORGER, own_name: bool = True, **members: object) -> bytes:
    """The statement's signature with other members, signed with another key and, mostly, in that key's name."""
    signature = json.loads(attached(raw, SIGNATURE)) | members
    if own_name:
        signature["public_key"] = _base64(key.public_key().public_bytes_raw())
    del signature["signature"]
    signed_now = key.sign(PREFIX + canonical(signature))
    return canonical({**signature, "signature": _base64(signed_now)})


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def parts(data: Json) -> dict[str, Json]:
    """The parts of the lines by their codes."""
    return {part["code"]: part for line in data["lines"] for part in line["parts"]}


def add_to(data: Json, pence: int, codes: Sequence[str]) -> None:
    """Adds the same pence to each of these parts, on the first funding line and in total."""
    pot = data["funding_lines"][0]["code"]
    for code in codes:
        part = parts(data)[code]
        part["value"] += pence
        if part["by_funding_line"]:
            part["by_funding_line"][pot] += pence


def page_with(raw: bytes, words: str) -> int:
    """The number, from 0, of the first page that has these words."""
    return next(n for n, text in enumerate(open_paper(raw).squeezed) if squeeze(words) in text)


def other_digit(page: int, nth: int = 0) -> Change:
    """One digit of an amount on a page is drawn as another: the glyph behind a pound sign and its number."""

    def change(document: pikepdf.Pdf) -> None:
        target: Any = document.pages[page]
        glyphs = {name: _glyphs(font) for name, font in target.Resources.Font.items()}
        found, font, instructions = 0, "", []
        for operands, operator in cast(list[tuple[Any, Any]], pikepdf.parse_content_stream(target)):
            if str(operator) == "Tf":
                font = str(operands[0])
            if str(operator) in ("TJ", "Tj"):
                items = list(operands[0]) if str(operator) == "TJ" else [operands[0]]
                if _has_amount(items, glyphs[font]):
                    if found == nth:
                        changed = _swapped(items, glyphs[font])
                        operands = [pikepdf.Array(changed) if str(operator) == "TJ" else changed[0]]
                    found += 1
            instructions.append((operands, operator))
        assert found > nth, "no amount there"
        target.Contents = document.make_stream(pikepdf.unparse_content_stream(instructions))

    return change


def _glyphs(font: Any) -> dict[bytes, str]:
    """What each glyph of a font stands for."""
    table = bytes(font.ToUnicode.read_bytes())
    pairs = re.findall(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", table)
    return {bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _shown(item: object, glyphs: dict[bytes, str]) -> list[tuple[bytes, str]]:
    if not isinstance(item, pikepdf.String):
        return []
    raw = bytes(item)
    return [(raw[at : at + 2], glyphs.get(raw[at : at + 2], "")) for at in range(0, len(raw), 2)]


def _has_amount(items: Sequence[object], glyphs: dict[bytes, str]) -> bool:
    text = "".join(letter for item in items for _code, letter in _shown(item, glyphs))
    return bool(re.search(r"£\d", text))


def _swapped(items: Sequence[object], glyphs: dict[bytes, str]) -> list[object]:
    """The same text with the first digit behind the pound sign drawn as another."""
    by_letter = {letter: code for code, letter in glyphs.items()}
    out: list[object] = []
    passed = done = False
    for item in items:
        codes = []
        for code, letter in _shown(item, glyphs):
            if passed and not done and letter.isdigit():
                code, done = by_letter[next(d for d in "123456789" if d != letter and d in by_letter)], True
            passed = passed or letter == "£"
            codes.append(code)
        out.append(pikepdf.String(b"".join(codes)) if codes else item)
    return out


def overlaid(raw: bytes, text: str) -> bytes:
    """An amount drawn over the cover by an incremental update: everything that was signed is still in the file."""
    with pikepdf.open(io.BytesIO(raw)) as document:
        page: Any = document.pages[0].obj
        number, generation = page.objgen
        size = int(document.trailer.Size)
        root = "{} {} R".format(*document.Root.objgen)
        contents = "{} {} R".format(*page.Contents.objgen)
        page.Contents = pikepdf.Name("/OLD")
        resources = page.Resources
        fonts = pikepdf.Dictionary(resources.Font)
        helvetica = {"/Type": pikepdf.Name.Font, "/Subtype": pikepdf.Name.Type1, "/BaseFont": pikepdf.Name.Helvetica}
        fonts["/Over"] = pikepdf.Dictionary(helvetica)
        page.Resources = pikepdf.Dictionary({**dict(resources.items()), "/Font": fonts})
        body = page.unparse(resolved=True).decode("latin-1").replace("/OLD", f"[{contents} {size} 0 R]")
    drawn = f"q 1 1 1 rg 60 500 200 40 re f 0 g BT /Over 24 Tf 60 505 Td ({text}) Tj ET Q"
    start = int(re.findall(rb"startxref\s+(\d+)", raw)[-1])
    first = f"{number} {generation} obj\n{body}\nendobj\n".encode("latin-1")
    second = f"{size} 0 obj\n<</Length {len(drawn)}>>\nstream\n{drawn}\nendstream\nendobj\n".encode("latin-1")
    at = len(raw), len(raw) + len(first)
    table = f"xref\n{number} 1\n{at[0]:010} {generation:05} n \n{size} 1\n{at[1]:010} 00000 n \n"
    trailer = f"trailer\n<</Size {size + 1}/Root {root}/Prev {start}>>\nstartxref\n{at[1] + len(second)}\n%%EOF\n"
    return raw + first + second + table.encode() + trailer.encode()
