"""Everything about one item of a sample as one zip file: an index for people and one for machines, and the files.

The index holds facts of every step, from the application to the bank line. The voucher's paper is a copy for audit:
neither of its secrets is on it, so that whoever holds the dossier can redeem nothing.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from voucher.documents.models import Document
from voucher.payments.models import BankMatch, PaymentItem
from voucher.platform.act import Act
from voucher.platform.clock import long_time
from voucher.platform.db import session
from voucher.platform.files import FileMissing
from voucher.platform.money import pounds
from voucher.platform.pdf import fill
from voucher.redemptions.models import Redemption
from voucher.redemptions.staff_queries import files_of_claim
from voucher.samples.dossier_sections import Cell, Section, bank_sections, claim_sections
from voucher.samples.models import AuditSampleItem
from voucher.vouchers.paper import voucher_pdf
from voucher.vouchers.papers import copy_for_audit

# One moment for every file in the zip, so that the same books give the same bytes.
FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@dataclass
class _Dossier:
    """What goes into the zip file: sections of the index, and files by their names in it."""

    sections: list[Section] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


def dossier_of(act: Act, item: AuditSampleItem) -> bytes:
    """The zip file of an item; a file that is gone or was changed is named in the index as missing."""
    found = _Dossier()
    if item.bank_line is not None:
        found.sections += bank_sections(item.bank_line)
    for claim in claims_behind(item):
        _add_claim(act, found, claim)
    head = {
        "sample": item.sample.reference,
        "item": item.position,
        "reference": item.reference,
        "side": item.sample.side,
        "amount": pounds(item.pence),
        "seed": item.sample.seed,
        "population_hash": item.sample.population_hash,
        "taken_at": long_time(act.now),
        "taken_by": act.actor.name,
    }
    sections = [vars(each) for each in found.sections]
    index = json.dumps({**head, "sections": sections, "files": sorted(found.files)}, ensure_ascii=False, indent=1)
    page = fill("samples/dossier.html", head=head, sections=found.sections, files=sorted(found.files))
    return _zip({"index.html": page.encode(), "index.json": index.encode(), **found.files})


def claims_behind(item: AuditSampleItem) -> Sequence[Redemption]:
    """The claim that the item is, or every claim that its bank line paid; none where nothing explains the line."""
    if item.redemption is not None:
        return [item.redemption]
    payments = select(BankMatch.payment_id).where(BankMatch.bank_line_id == item.bank_line_id)
    return session.scalars(
        select(Redemption)
        .join(PaymentItem, PaymentItem.redemption_id == Redemption.id)
        .where(PaymentItem.payment_id.in_(payments))
        .order_by(Redemption.id)
    ).all()


def _add_claim(act: Act, found: _Dossier, claim: Redemption) -> None:
    found.sections += claim_sections(claim)
    rows: list[list[Cell]] = []
    for each in files_of_claim(claim):
        ending = ENDINGS.get(each.document.media_type, "bin")
        name = f"{claim.reference}/{each.kind.replace(' ', '-')}-v{each.version}-{each.document.sha256[:8]}.{ending}"
        kept = _put(act, found, name, each.document)
        rows.append([each.kind, each.version, name if kept else "missing or changed", each.document.sha256])
    paper = f"{claim.reference}/voucher-copy.pdf"
    found.files[paper] = voucher_pdf(copy_for_audit(act, claim.voucher))
    rows.append(["voucher, without its secrets", "", paper, ""])
    title = f"{claim.reference}: invoice, proof of own contribution, evidence"
    found.sections.append(Section(title, ["What", "Version", "File", "SHA-256"], rows))


def _put(act: Act, found: _Dossier, name: str, document: Document) -> bool:
    """Whether the file is there as it was handed in."""
    read: Callable[[str], bytes] = act.files.get
    try:
        found.files[name] = read(document.sha256)
    except FileMissing:
        return False
    return True


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, FIRST_MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()
