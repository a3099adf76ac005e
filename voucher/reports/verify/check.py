"""The whole check of a statement's PDF: open it, read its data, work them out again, compare, look at the signature."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from voucher.platform.i18n import gettext_noop as _
from voucher.reports.verify.annex import csv_finding, row_findings
from voucher.reports.verify.findings import (
    Area,
    Facts,
    Finding,
    NotAStatement,
    Report,
    Sentence,
    fails,
    holds,
    unchecked,
)
from voucher.reports.verify.identities import line_findings
from voucher.reports.verify.paper_file import DATA, SIGNATURE, TRANSACTIONS, WORDS, Paper, open_paper
from voucher.reports.verify.printed import ENGLISH, Words, page_findings
from voucher.reports.verify.published import PublishedKey, key_finding
from voucher.reports.verify.signed import NoSignature, Signature, canonical, read_signature

Json = Mapping[str, Any]
SCHEMAS = Path(__file__).parents[1]
_VERSION = re.compile(r"\d{1,3}\.\d{1,3}")
_FILLED = re.compile(r"%\(\w+\)s|\{\w*\}|%")
_A_STATEMENT_SAYS = ("Statementtothefunder", "datahash")

LIMITS = (
    Sentence(_("That the support was given, that businesses paid their part and that invoices are genuine: for that, "
               "look at the evidence behind the claims.")),
    Sentence(_("That nothing was left out before the figures were read: the file shows what the scheme's books said.")),
    Sentence(_("That the opening figures are those of the statement before: compare them with that statement.")),
    Sentence(_("That each person of the sign-off did it himself or herself: the scheme's audit trail tells that.")),
    Sentence(_("That no later statement replaces this one: ask the authority, or look it up at the address on the "
               "cover.")),
)  # fmt: skip


_OF_WORDS = Sentence(
    _(
        "That the words on the pages mean what those of the data mean: the paper is in another language, and "
        "words.json in it says what stands for what. Ask somebody who reads both."
    )
)


def check_statement(raw: bytes, published: Sequence[PublishedKey] | None = None) -> Report:
    """Checks a PDF by what is in it, and its key against published ones where they are given.

    Raises NotAStatement when the file is no statement to a funder at all.
    """
    paper = open_paper(raw)
    signature, of_signature = _signature(paper)
    data, of_data = _data(paper)
    data_hash = hashlib.sha256(paper.attached.get(DATA, b"")).hexdigest()
    found = [*of_signature, *_about_signature(paper, signature, data, data_hash, published), _file(paper, signature)]
    found += of_data
    if data is not None:
        sign_off = signature.members["sign_off"] if signature else ()
        found += _table(paper, data)
        found += [*line_findings(data), *row_findings(data)]
        words, of_words = _words(paper)
        found += of_words
        found += page_findings(paper, data, data_hash, sign_off, words)
        found += _printed_seal(paper, signature)
    limits = LIMITS if WORDS not in paper.attached else (*LIMITS, _OF_WORDS)
    return Report(_facts(paper, data, data_hash, signature), tuple(found), limits)


def _data(paper: Paper) -> tuple[Json | None, list[Finding]]:
    """The attached data, when they can be worked with, and what is wrong with them."""
    words = _("The data are attached, in the published format.")
    attached = paper.attached.get(DATA)
    if attached is None:
        text = "".join(paper.squeezed)
        if SIGNATURE not in paper.attached and not all(each in text for each in _A_STATEMENT_SAYS):
            raise NotAStatement(Sentence(_("No statement's data are attached to this PDF.")))
        detail = Sentence(_("The file %(name)s is not attached."), {"name": DATA})
        return None, [fails("data", Area.DATA, words, [detail])]
    try:
        data = json.loads(attached)
    except (ValueError, RecursionError):
        return None, [fails("data", Area.DATA, words, [Sentence(_("They cannot be read as JSON."))])]
    wrong = list(_faults(data))
    if wrong:
        return None, [fails("data", Area.DATA, words, wrong)]
    found = [holds("data", Area.DATA, words)]
    one_way = _("The data are written the one way that gives their hash again.")
    same = canonical(data) == attached
    found.append(holds("canonical", Area.DATA, one_way) if same else fails("canonical", Area.DATA, one_way))
    return data, found


def _faults(data: object) -> Iterable[Sentence]:
    version = data.get("schema_version") if isinstance(data, dict) else None
    path = SCHEMAS / f"statement-{version}.schema.json"
    if not isinstance(version, str) or not _VERSION.fullmatch(version) or not path.is_file():
        yield Sentence(_("They name no format that this program knows."))
        return
    schema = json.loads(path.read_text(encoding="utf-8"))
    for fault in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(data):
        where = "/".join(map(str, fault.absolute_path)) or "."
        yield Sentence(_("%(where)s: %(what)s"), {"where": where, "what": fault.message[:200]})


def _table(paper: Paper, data: Json) -> list[Finding]:
    attached = paper.attached.get(TRANSACTIONS)
    if attached is not None:
        return [csv_finding(attached, data)]
    return [unchecked("transactions_csv", Area.DATA, _("No transactions.csv is attached; the data have them, too."))]


def _words(paper: Paper) -> tuple[Words, list[Finding]]:
    """What the paper prints for the English of its data; the bytes that were signed hold the list, too."""
    attached = paper.attached.get(WORDS)
    if attached is None:
        return ENGLISH, []
    said = _("The words of the paper's language are attached, beside those of the data.")
    try:
        found = json.loads(attached)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        return ENGLISH, [fails("words", Area.PAGES, said, [Sentence(_("They cannot be read as JSON."))])]
    strange = [each for each in found if not set(_FILLED.findall(found[each])) <= set(_FILLED.findall(each))]
    if strange:
        why = _("The words for “%(text)s” have other places for figures.")
        details = [Sentence(why, {"text": each}) for each in strange]
        return ENGLISH, [fails("words", Area.PAGES, said, details)]
    return Words(found), [holds("words", Area.PAGES, said)]


def _signature(paper: Paper) -> tuple[Signature | None, list[Finding]]:
    words = _("A signature is attached, in the published format.")
    attached = paper.attached.get(SIGNATURE)
    if attached is None:
        why = Sentence(_("The file %(name)s is not attached: the statement is not signed, or it was taken out."),
                       {"name": SIGNATURE})  # fmt: skip
        return None, [fails("signature_there", Area.SIGNATURE, words, [why])]
    try:
        return read_signature(attached), [holds("signature_there", Area.SIGNATURE, words)]
    except NoSignature:
        why = Sentence(_("%(name)s is not a signature of a statement."), {"name": SIGNATURE})
        return None, [fails("signature_there", Area.SIGNATURE, words, [why])]


def _about_signature(
    paper: Paper,
    signature: Signature | None,
    data: Json | None,
    data_hash: str,
    published: Sequence[PublishedKey] | None,
) -> list[Finding]:
    if signature is None:
        return []
    area, members = Area.SIGNATURE, signature.members

    def said(code: str, true: bool, words: str) -> Finding:
        return holds(code, area, words) if true else fails(code, area, words)

    found = [
        said(
            "signature", signature.verifies(), _("The signature was made with the key that it names, and not altered.")
        ),
        said("signed_data", members["data_hash"] == data_hash, _("The attached data are those that were signed.")),
    ]
    if data is not None:
        same = members["statement"] == data["header"]["statement"]
        found.append(said("signed_statement", same, _("The signature is of the statement with this number.")))
    return [*found, key_finding(signature, published)]


def _file(paper: Paper, signature: Signature | None) -> Finding:
    words = _("The file is byte for byte the one that was signed.")
    if signature is None:
        return unchecked("file", Area.FILE, _("Without a signature nothing says what the file was like when signed."))
    if signature.is_of(paper.raw):
        return holds("file", Area.FILE, words)
    details = []
    if paper.revisions > 1:
        details.append(Sentence(_("Something was added to it after it was made.")))
    details.append(
        Sentence(
            _("It was changed or saved anew. What follows tells whether data and figures are as they were signed.")
        )
    )
    return fails("file", Area.FILE, words, details)


def _printed_seal(paper: Paper, signature: Signature | None) -> list[Finding]:
    """The key and the head of the audit trail are printed as they were signed."""
    if signature is None:
        return []
    words = _("The key's public half and the head of the audit trail are printed as they were signed.")
    text = "".join(paper.squeezed)
    wanted = (str(signature.members["public_key"]), signature.head.digest)
    code, area = "printed_seal", Area.PAGES
    return [holds(code, area, words) if all(each in text for each in wanted) else fails(code, area, words)]


def _facts(paper: Paper, data: Json | None, data_hash: str, signature: Signature | None) -> Facts | None:
    if data is None:
        return None
    header = data["header"]
    seal = {}
    if signature is not None:
        seal = {
            "key": str(signature.members["key_id"]),
            "public_key": str(signature.members["public_key"]),
            "audit_seal": str(signature.head.seal),
            "audit_head": signature.head.digest,
        }
    return Facts(
        statement=header["statement"],
        scheme=header["scheme"],
        funder=header["funder"],
        agreement=header["agreement"],
        period_from=header["period_from"],
        period_to=header["period_to"],
        pages=len(paper.texts),
        records=len(data["transactions"]),
        data_hash=data_hash,
        **seal,
    )
