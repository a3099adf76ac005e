"""What a takeover file must hold by itself, before anything of it is written: its days, codes, repetitions and sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from voucher.funding.rules import last_day_fits
from voucher.platform.errors import Fault
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.platform.toml import Section
from voucher.schemes.models import Scheme
from voucher.vouchers.opening_file import Opening, OpeningMovement, OpeningVoucher
from voucher.vouchers.rules import release_falls_due_on

# The last part of each key that holds an amount; sums mean nothing while one of them cannot be read.
_AMOUNTS = frozenset({"award", "value", "amount", "amounts", "line_8", "line_12", "line_16"})


def check(scheme: Scheme, file: Section, opening: Opening, today: date) -> None:
    """Notes everything in the file that does not fit; rows that could not be read are left to their own faults."""
    unread = unsound(file.faults)
    if "opening" not in unread and "agreement" not in unread:
        _check_agreement_days(opening, today)
        for movement in (*opening.payments, *opening.drawdowns):
            if movement.section.name not in unread:
                _check_movement(opening, movement)
        for voucher in opening.vouchers:
            if voucher.section.name not in unread:
                _check_voucher_days(scheme, opening, voucher)
        if not any(_is_amount(fault.column) for fault in file.faults):
            _check_sums(opening)
    if "round" not in unread and "agreement" not in unread:
        _check_round(opening)
    _refuse_repetitions(opening)


def unsound(faults: Iterable[Fault]) -> set[str]:
    """The names of the file's tables that have a fault anywhere in them, such as ``voucher[2]``."""
    return {fault.column.partition(".")[0] for fault in faults}


def name_rows(opening: Opening, faults: Iterable[Fault]) -> list[Fault]:
    """The faults with the old reference of the row that each is in: nobody counts to the two-hundredth voucher."""
    rows: list[OpeningVoucher | OpeningMovement] = [*opening.vouchers, *opening.payments]
    names = {row.section.name: row.old_reference for row in rows}
    named = []
    for fault in faults:
        old = names.get(fault.column.partition(".")[0], "")
        named.append(Fault(fault.row, fault.column, _with(fault.message, old)) if old else fault)
    return named


def _with(message: str, old: str) -> str:
    return said("%(fault)s (%(old)s)", fault=said(message), old=old)


def _is_amount(key: str) -> bool:
    parts = key.split(".")
    return parts[-1] in _AMOUNTS or "amounts" in parts


def _check_agreement_days(opening: Opening, today: date) -> None:
    figures, terms = opening.figures, opening.agreement.terms
    through, fault = figures.signed_through, figures.section.fault
    if through >= today:
        fault("signed_through", _("must lie before today: the period of a signed statement is over"))
    for key, day in (("signed_on", terms.signed_on), ("starts_on", terms.starts_on)):
        if day > through:
            fault("signed_through", said("lies before the agreement's %(key)s, %(day)s", key=key, day=day))
    if through >= terms.ends_on:
        fault("signed_through", said("leaves nothing of the agreement, which ends %(ends_on)s", ends_on=terms.ends_on))


def _check_movement(opening: Opening, movement: OpeningMovement) -> None:
    codes = [line.code for line in opening.agreement.terms.lines]
    for code in movement.amounts:
        if code not in codes:
            message = said("the agreement has no line %(code)s; it has %(codes)s", code=code, codes=tuple(codes))
            movement.section.fault(movement.key_of(code), message)
    _not_after(opening, movement.section, movement.day_key, movement.happened_on)


def _not_after(opening: Opening, section: Section, key: str, day: date) -> None:
    if day > opening.figures.signed_through:
        section.fault(
            key,
            said(
                "lies after %(day)s, the last day signed elsewhere: enter here, in this system, what happened since",
                day=opening.figures.signed_through,
            ),
        )


def _check_voucher_days(scheme: Scheme, opening: Opening, voucher: OpeningVoucher) -> None:
    fault, through = voucher.section.fault, opening.figures.signed_through
    if voucher.reply_on < voucher.notice_on:
        fault("reply_on", said("lies before the notice that it answers, %(notice_on)s", notice_on=voucher.notice_on))
    if voucher.issued_on < voucher.reply_on:
        fault(
            "issued_on",
            said("lies before the reply, %(reply_on)s: a voucher is issued after it", reply_on=voucher.reply_on),
        )
    _not_after(opening, voucher.section, "issued_on", voucher.issued_on)
    if voucher.last_day < voucher.issued_on:
        fault("last_day", said("lies before the day of issue, %(issued_on)s", issued_on=voucher.issued_on))
    elif release_falls_due_on(voucher.last_day, scheme.late_session_days) <= through:
        fault(
            "last_day",
            said(
                "was over with its %(days)s late days by %(through)s: leave the voucher out, "
                "for its money is unallocated",
                days=scheme.late_session_days,
                through=through,
            ),
        )
    if voucher.last_day > scheme.ends_on:
        fault("last_day", said("lies after the end of the scheme, %(ends_on)s", ends_on=scheme.ends_on))
    if not last_day_fits(
        voucher.last_day,
        claim_window_days=scheme.claim_window_days,
        payment_days=scheme.payment_days,
        agreement_ends_on=opening.agreement.terms.ends_on,
    ):
        fault("last_day", _("leaves no time to claim and pay before the agreement ends"))


def _check_round(opening: Opening) -> None:
    terms = opening.agreement.terms
    codes = [line.code for line in terms.lines]
    for share in opening.shares:
        if share.agreement != terms.reference:
            share.section.fault(
                "agreement", said("must be %(reference)s: a file takes one agreement over", reference=terms.reference)
            )
        if share.line not in codes:
            share.section.fault(
                "line",
                said("the agreement has no line %(line)s; it has %(codes)s", line=share.line, codes=tuple(codes)),
            )
    for code, times in Counter(share.line for share in opening.shares).items():
        if times > 1:
            opening.round_section.fault("line", said("line %(code)s is there %(times)s times", code=code, times=times))
    if sum(share.share_bp for share in opening.shares) != 10_000:
        opening.round_section.fault("line", _("the shares must come to 100%"))
    needed = sum(voucher.pence for voucher in opening.vouchers)
    if opening.round.budget_pence < needed:
        opening.round_section.fault(
            "budget", said("is less than the %(needed)s that the vouchers of this file have", needed=Amount(needed))
        )


def _refuse_repetitions(opening: Opening) -> None:
    rows: Sequence[OpeningVoucher | OpeningMovement]
    for rows in (opening.vouchers, opening.payments):
        seen: dict[str, str] = {}
        for row in rows:
            first = seen.setdefault(row.old_reference, row.section.name) if row.old_reference else row.section.name
            if first != row.section.name:
                row.section.fault("old_reference", said("is the same as in %(first)s", first=first))
    businesses: dict[tuple[str, str], str] = {}
    for voucher in opening.vouchers:
        for key in voucher.keys:
            first = businesses.setdefault(key, voucher.section.name) if all(key) else voucher.section.name
            if first != voucher.section.name:
                message = said(
                    "is the business of %(first)s: a business has one living voucher of a scheme", first=first
                )
                voucher.section.fault(key[0] if voucher.identifiers else "name", message)
                break


def _check_sums(opening: Opening) -> None:
    """The rows of the file must come to the figures that were signed."""
    figures = opening.figures
    left = sum(voucher.pence for voucher in opening.vouchers)
    paid = sum(payment.pence for payment in opening.payments)
    drawn = sum(drawdown.pence for drawdown in opening.drawdowns)
    award = opening.agreement.award_pence
    for key, signed, found, words in (
        ("line_8", figures.line_8, paid, _("the payments come to")),
        ("line_12", figures.line_12, award - left - paid, _("the award less what the vouchers have and was paid is")),
        ("line_16", figures.line_16, drawn - paid, _("the drawdowns less the payments are")),
    ):
        if signed != found:
            message = said(
                "was signed as %(signed)s, and %(what)s %(found)s: %(apart)s apart",
                signed=Amount(signed),
                what=said(words),
                found=Amount(found),
                apart=Amount(signed - found),
            )
            figures.section.fault(key, message)
    paid_by_line: Counter[str] = Counter()
    for payment in opening.payments:
        paid_by_line.update(payment.amounts)
    for line in opening.agreement.terms.lines:
        if (on_line := paid_by_line[line.code]) > line.pence:
            over = said(
                "%(paid)s was paid from line %(code)s, whose award is %(pence)s",
                paid=Amount(on_line),
                code=line.code,
                pence=Amount(line.pence),
            )
            figures.section.fault("line_8", over)
