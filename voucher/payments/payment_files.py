"""The file of a batch: made once by the way in force, and read back before it leaves (rules 32, 34)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voucher.funding.models import FundingLine
from voucher.funding.queries import lines_of, standing_of_redemption
from voucher.funding.rules import Account
from voucher.payments import pain001
from voucher.payments.cost_codes import cost_codes_of
from voucher.payments.file_templates import OF_A_LINE, FileRow, Template, TotalsDiffer, Value
from voucher.payments.models import Batch, Payment
from voucher.payments.pain001 import Pain001Wrong, Party, Transfer
from voucher.payments.ways import Way, own_account
from voucher.platform.act import Act
from voucher.platform.errors import Conflict
from voucher.platform.i18n import Number, said, together
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.money import Amount
from voucher.providers.payees import in_the_clear

V = Value


@dataclass(frozen=True)
class MadeFile:
    """A file as it leaves: its bytes, its name and its media type."""

    content: bytes
    name: str
    media_type: str


def make_file(act: Act, way: Way, batch: Batch, payments: Sequence[Payment]) -> MadeFile:
    """The file of these payments. Raises Conflict when it would not hold exactly them, or when something is missing."""
    own = own_account(act.ring, way)
    if way.template is None:
        return MadeFile(_pain001(act, batch, payments, own), f"{batch.reference}.xml", "application/xml")
    rows = _rows(act, way.template, batch, payments, own)
    total = sum(payment.pence for payment in payments)
    contra = _contra(act, batch, own, total) if way.template.contra else None
    content = way.template.write(rows, contra)
    _read_back(way.template, content, len(rows), total)
    return MadeFile(content, f"{batch.reference}.csv", "text/csv")


def _pain001(act: Act, batch: Batch, payments: Sequence[Payment], own: Party | None) -> bytes:
    if own is None:
        raise Conflict("account_needed", _("The scheme's own account is not entered: propose the way of paying again."))
    transfers = [Transfer(payment.reference, payment.pence, _payee(act, payment)) for payment in payments]
    try:
        return pain001.write(batch.reference, own, transfers, at=act.now, on=act.today)
    except Pain001Wrong as wrong:
        raise Conflict(
            "file_wrong", said("No file was made, for it would not hold what it should. %(wrong)s", wrong=wrong)
        ) from wrong


def _payee(act: Act, payment: Payment) -> Party:
    account = in_the_clear(act.ring, payment.payee_details)
    return Party(account.name, account.sort_code, account.number)


def _rows(act: Act, template: Template, batch: Batch, payments: Sequence[Payment], own: Party | None) -> list[FileRow]:
    common = {V.BATCH: batch.reference, **_own(own)}
    if not template.by_line:
        return [FileRow(each.pence, act.today, {**common, **_of(act, template, each)}) for each in payments]
    lines = {line.id: line for line in lines_of(batch.scheme_id)}
    codes = cost_codes_of(batch.scheme_id) if V.COST_CODE in template.values else {}
    found = []
    for payment in payments:
        values = {**common, **_of(act, template, payment)}
        for line_id, pence in _parts(payment).items():
            more = _of_line(template, lines[line_id], codes)
            found.append(FileRow(pence, act.today, {**values, **more}))
    return found


def _own(own: Party | None) -> dict[Value, str]:
    if own is None:
        return {V.OWN_NAME: "", V.OWN_SORT_CODE: "", V.OWN_ACCOUNT_NUMBER: ""}
    return {V.OWN_NAME: own.name, V.OWN_SORT_CODE: own.sort_code, V.OWN_ACCOUNT_NUMBER: own.number}


def _of(act: Act, template: Template, payment: Payment) -> dict[Value, str]:
    """What can be shown of a payment; its account is read only for a file that shows it."""
    claims = [item.redemption for item in payment.items]
    values = {
        V.PAYMENT: payment.reference,
        V.PROVIDER: payment.provider.organisation.name,
        V.SUPPLIER_NUMBER: payment.supplier_number.number if payment.supplier_number else "",
        V.CLAIMS: " ".join(claim.reference for claim in claims),
        V.INVOICES: " ".join(claim.invoice_number for claim in claims),
    }
    if template.values & {V.ACCOUNT_NAME, V.SORT_CODE, V.ACCOUNT_NUMBER}:
        payee = _payee(act, payment)
        values |= {V.ACCOUNT_NAME: payee.name, V.SORT_CODE: payee.sort_code, V.ACCOUNT_NUMBER: payee.number}
    return values


def _of_line(template: Template, line: FundingLine, codes: Mapping[int, str]) -> dict[Value, str]:
    if not template.values & OF_A_LINE:
        return {}
    if V.COST_CODE in template.values and line.id not in codes:
        words = said(
            "Funding line %(line)s has no cost code. Enter it under the scheme's way of paying, then try again.",
            line=line.code,
        )
        raise Conflict("cost_code_missing", words)
    return {V.LINE: line.code, V.COST_CODE: codes.get(line.id, "")}


def _parts(payment: Payment) -> dict[int, int]:
    """Pence of a payment by funding line, as its claims stand on them; raises Conflict when they are another sum."""
    parts: dict[int, int] = defaultdict(int)
    for item in payment.items:
        for line_id, pence in standing_of_redemption(item.redemption_id, Account.APPROVED).items():
            parts[line_id] += pence
    if sum(parts.values()) != payment.pence:
        words = said(
            "The funding lines of payment %(payment)s come to %(values)s.",
            payment=payment.reference,
            values=Amount(sum(parts.values())),
        )
        raise Conflict(
            "lines_differ",
            together((words, said("It pays %(pence)s: tell whoever runs the server.", pence=Amount(payment.pence)))),
        )
    return {line_id: pence for line_id, pence in parts.items() if pence}


def _contra(act: Act, batch: Batch, own: Party | None, total: int) -> FileRow:
    """The row that takes the sum from the scheme's own account, which stands where a payee's would."""
    if own is None:
        raise Conflict("account_needed", _("The scheme's own account is not entered: propose the way of paying again."))
    blank = dict.fromkeys(V, "")
    account = {V.ACCOUNT_NAME: own.name, V.SORT_CODE: own.sort_code, V.ACCOUNT_NUMBER: own.number}
    named = {V.PAYMENT: batch.reference, V.BATCH: batch.reference}
    return FileRow(total, act.today, {**blank, **_own(own), **account, **named})


def _read_back(template: Template, content: bytes, rows: int, pence: int) -> None:
    """Counts and sums what the bytes hold; raises Conflict unless it is the batch (rule 32)."""
    try:
        found = template.totals(content)
    except (TotalsDiffer, ValueError) as wrong:
        raise Conflict(
            "file_wrong", said("No file was made: it could not be read back. %(wrong)s", wrong=wrong)
        ) from wrong
    if (found.rows, found.pence) != (rows, pence) or found.contra_pence not in (None, pence):
        words = said(
            "No file was made: it would hold %(found_rows)s rows and %(found)s, and the batch has "
            "%(rows)s and %(pence)s.",
            found_rows=Number(found.rows),
            found=Amount(found.pence),
            rows=Number(rows),
            pence=Amount(pence),
        )
        raise Conflict("file_wrong", words)
