"""A sentence that people read goes through the catalogue: none is put together in Python past it.

``said("%(claim)s is late", …)`` can be told in any language; ``f"{claim} is late"`` in none, and neither can a text
that nothing marks. All domains are looked through for both. What machines or operators read, and what is written down
once and never changes, is on a list with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from voucher.platform.catalogue import CHECKOUT, KEYWORDS

HOME = CHECKOUT / "voucher"
# The command line is English, and so is what the demo's people write; backups are made and read by operators.
ELSEWHERE = {"cli", "demo", "backup"}

# Files, and folders, whose sentences come to no page; each with who reads them.
EXPLAINED = {
    "platform/annex/": "operators of a PDF's pages, for programmes that show it",
    "platform/db.py": "SQL, and faults of the programme for its log",
    "platform/keyring.py": "whoever runs the server: a page says no more than that something went wrong",
    "audit/queries.py": "what `voucher audit verify` finds",
    "reports/reconcile.py": "what `voucher reconcile` finds",
    "reports/reconcile_money.py": "what `voucher reconcile` finds",
    "reports/reconciliation.py": "what `voucher reconcile` finds",
    "samples/dossier.py": "a file for auditors: the same books give the same bytes",
    "samples/dossier_sections.py": "a file for auditors: the same books give the same bytes",
    "vouchers/paper.py": "a voucher's paper, which has two languages of its own",
    "vouchers/papers.py": "a voucher's paper, which has two languages of its own",
}

# Texts that look like sentences and are none that a page shows, by the file that they stand in.
PASSED = {
    "accounts/links.py": {"link for {}"},  # the label under which a secret is derived
    "accounts/sign_in_codes.py": {"sign-in code {} {}"},  # the same
    "funding/ledger.py": {"{} does not move money that way: {}"},  # a fault of the programme
    "organisations/business_file.py": {"PO Box {}"},  # an address, as the Post Office writes it
    "payments/bank_files/camt.py": {"Bal {}"},  # the name of an element in the bank's file
    "payments/bank_files/keeping.py": {"account number {}"},  # what a fingerprint is made of
    "payments/bank_files/queries.py": {"account number {}"},  # the same
    "payments/bank_files/readers.py": {"a {} is read by a layout"},  # a fault of the programme
    "payments/costs.py": {"cost {} returned by the bank"},  # the reason that an entry is written down with
    "payments/defrayal.py": {"payment {} returned by the bank"},  # the same
    "payments/way_models.py": {"{} version {}", "cost code {}"},  # what the programme shows of a row
    "platform/csv.py": {"a row of {} cells does not fit a header of {}"},  # a fault of the programme
    "platform/files.py": {"no file is stored under {}", "the file stored under {} was changed"},  # for the log
    "platform/pdf.py": {"not served to a document: {}"},  # a fault of the programme
    "platform/web.py": {"{}.{} needs @requires(…) or @public(…)"},  # a fault of the programme when it starts
    "providers/models.py": {"account ending {}", "supplier number {}"},  # what the programme shows of a row
    "providers/modulus_loading.py": {"modulus tables of {}"},  # the name of a thing in the audit trail
    "reports/checking.py": {"statement check {}"},  # the label under which an attempt is counted
    "reports/statement_data.py": {"statement {} has no line 12"},  # a fault of the programme
    "reports/statement_keys.py": {"statement key {}"},  # the name of a thing in the audit trail
    "vouchers/credential.py": {"the {} does not fit into {} bytes"},  # a fault of the programme
    "vouchers/credentials.py": {"key {} was compromised"},  # the reason that an entry is written down with
    "vouchers/keys.py": {"voucher key {}"},  # the name of a thing in the audit trail
}

# Two words with a space between them, or one beside a value: more than the name of a thing.
_PUT_TOGETHER = re.compile(r"[a-z]{2,}[,;:]? [a-z]{2,}|[A-Z][a-z]+ \{\}|\{\} [a-z]{2,}")
_SENTENCE = re.compile(r"[A-Z].*\s.*[.?]", re.S)
# What is raised or noted with a text is a refusal, also where it begins with a small letter.
_REFUSES = {"Conflict", "DomainError", "Fault", "Forbidden", "NotFound", "Wrong", "fault"}
# Why a page is public is read beside the code.
_MARKS = {*KEYWORDS, "public"}

FILES = [
    name
    for path in sorted(HOME.rglob("*.py"))
    if (name := path.relative_to(HOME).as_posix()).partition("/")[0] not in ELSEWHERE
    and not name.startswith(tuple(EXPLAINED))
]


def bare(source: str) -> Iterator[str]:
    """The sentences of a module that nothing marks for the catalogue; values stand as ``{}``."""
    tree = ast.parse(source)
    passed = {id(each) for node in ast.walk(tree) for each in _passed(node)}
    refusing = {id(each) for node in ast.walk(tree) for each in _refusing(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in passed:
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            if _PUT_TOGETHER.search(text) and not text.startswith(("<", "@")):  # a picture, a stylesheet
                yield text
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            refused = id(node) in refusing and " " in node.value
            yield from [node.value] if refused or _SENTENCE.fullmatch(node.value) else []


def _passed(node: ast.AST) -> Iterator[ast.AST]:
    """What is marked, what documents the code, and the parts of a text that is looked at as a whole."""
    if isinstance(node, ast.Call):
        if _name(node) in _MARKS:
            yield from (each for part in (*node.args, *node.keywords) for each in ast.walk(part))
        # Why an entry of the ledger or the audit trail was made is written down with it, and never changes.
        yield from (each for part in node.keywords if part.arg == "reason" for each in ast.walk(part))
    elif isinstance(node, ast.JoinedStr):
        yield from (each for part in node.values for each in ast.walk(part))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value


def _refusing(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call) and _name(node) in _REFUSES:
        for part in node.args[1:]:
            yield from (part.body, part.orelse) if isinstance(part, ast.IfExp) else (part,)


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))


@pytest.mark.parametrize("name", FILES)
def test_every_sentence_can_be_translated(name: str) -> None:
    assert set(bare((HOME / name).read_text())) == PASSED.get(name, set())


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('why = f"Claim {claim} is late"', ["Claim {} is late"]),
        ('why = "This claim is late."', ["This claim is late."]),
        ('raise DomainError("late", "too late to claim")', ["too late to claim"]),
        ('part.fault("days", "is not known" if days else "is missing here")', ["is not known", "is missing here"]),
        ('why = said("Claim %(claim)s is late", claim=claim)', []),
        ('raise DomainError("late", _("This claim is late."))', []),
        ('post(act, reason=f"claim {claim} approved")', []),
        ('name = f"{first} {last}"', []),
        ('def late():\n    """A claim is late. It waits."""', []),
    ],
)
def test_control_a_bare_sentence_is_noticed_and_what_is_marked_is_not(source: str, found: list[str]) -> None:
    assert list(bare(source)) == found


def test_every_explanation_is_still_needed() -> None:
    assert [name for name in EXPLAINED if not any(_of(name))] == []
    assert [name for name in PASSED if name not in FILES] == []


def _of(name: str) -> Iterator[str]:
    paths = (HOME / name).rglob("*.py") if name.endswith("/") else [HOME / name]
    for path in paths:
        yield from bare(path.read_text())
