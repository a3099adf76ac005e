"""Claims that are alike without sharing an invoice or a file: noted on both, withdrawn when they no longer are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, bindparam, or_, select, union_all
from sqlalchemy.orm import joinedload

from voucher.audit.commands import record
from voucher.platform.act import Act
from voucher.platform.db import insert_unless_there, session
from voucher.platform.i18n import said
from voucher.platform.paging import Rows
from voucher.providers.models import Provider
from voucher.redemptions.alike import Billed, likenesses
from voucher.redemptions.models import ClaimLikeness, Redemption
from voucher.redemptions.queries import claim_with_file, claim_with_invoice
from voucher.redemptions.rules import ENDED, Likeness
from voucher.vouchers.models import Voucher

# How many claims that could be alike are compared in each way, the newest first: more would tell nobody anything.
COMPARED = 20


@dataclass(frozen=True)
class Alike:
    """Another claim, and in what it is like this one."""

    claim: Redemption
    kind: Likeness


def compare(act: Act, redemption: Redemption) -> None:
    """Notes what the claim as it stands is like, on both claims, and withdraws what no longer holds (rule 22).

    To be called whenever a claim is corrected, withdrawn or refused.
    """
    live = {_key(row): row for row in _live(redemption.id)}
    ended = redemption.state in ENDED
    wanted = set() if ended else _found(redemption, _others(redemption.id, live))
    for key, row in live.items():
        if key not in wanted:
            row.withdrawn_at = act.now
    session.flush()
    _add(act, redemption.scheme_id, sorted(wanted - live.keys()))


def compare_new(act: Act, redemption: Redemption) -> None:
    """The same for a claim that is handed in for the first time: nothing was noted about it that could be withdrawn."""
    _add(act, redemption.scheme_id, sorted(_found(redemption, set())))


def _found(redemption: Redemption, known: set[int]) -> set[tuple[int, int, str]]:
    """What the claim is like, by the later and the earlier claim and in what."""
    billed = _billed(redemption)
    return {
        (max(redemption.id, other_id), min(redemption.id, other_id), str(kind))
        for other_id, other in _to_compare(redemption, known).items()
        for kind in likenesses(billed, other)
    }


def _add(act: Act, scheme_id: int, keys: Sequence[tuple[int, int, str]]) -> None:
    """Writes new ones; one that somebody who looked at the other claim wrote in the same moment is there already."""
    if not keys:
        return
    rows = [
        {"scheme_id": scheme_id, "redemption_id": later, "other_id": earlier, "kind": kind, "found_at": act.now}
        for later, earlier, kind in keys
    ]
    session.execute(insert_unless_there(ClaimLikeness), rows)


def alike_to(redemption: Redemption) -> list[Alike]:
    """The claims that this one is like at the moment, whichever came first, in the order of their references."""
    rows = _live(redemption.id)
    claims = {claim.id: claim for claim in _claims(_others(redemption.id, [_key(row) for row in rows]))}
    found = [
        Alike(claims[row.other_id if row.redemption_id == redemption.id else row.redemption_id], Likeness(row.kind))
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.claim.reference, each.kind))


def note_refused_repeat(
    act: Act, provider: Provider, *, invoice_key: str, hashes: Sequence[str], other_than: int | None
) -> None:
    """Notes on the claim that an invoice or file supports that somebody tried to use it again, for staff to see."""
    found = {
        "claim.invoice_sent_again": claim_with_invoice(provider.id, invoice_key, other_than),
        "claim.file_sent_again": claim_with_file(provider.scheme_id, hashes, other_than) if hashes else None,
    }
    for action, claim in found.items():
        if claim is not None:
            record(
                act.actor,
                action,
                claim,
                at=act.now,
                reason=said("refused; sent by %(provider)s", provider=provider.organisation.name),
            )


def _key(row: ClaimLikeness) -> tuple[int, int, str]:
    return row.redemption_id, row.other_id, row.kind


def _others(redemption_id: int, keys: Iterable[tuple[int, int, str]]) -> set[int]:
    return {each for later, earlier, _kind in keys for each in (later, earlier)} - {redemption_id}


def _live(redemption_id: int) -> Sequence[ClaimLikeness]:
    of_it = or_(ClaimLikeness.redemption_id == redemption_id, ClaimLikeness.other_id == redemption_id)
    return session.scalars(
        select(ClaimLikeness).where(of_it, ClaimLikeness.withdrawn_at.is_(None)).order_by(ClaimLikeness.id)
    ).all()


def _claims(ids: set[int]) -> Sequence[Redemption]:
    if not ids:
        return []
    return session.scalars(
        select(Redemption)
        .where(Redemption.id.in_(ids))
        .options(joinedload(Redemption.voucher), joinedload(Redemption.provider).joinedload(Provider.organisation))
    ).all()


def _to_compare(redemption: Redemption, known: set[int]) -> dict[int, Billed]:
    """Living claims of the scheme that could be like it, by the keys that have an index, and those that were before."""
    given = {
        "of_provider": redemption.provider_id,
        "of_shape": redemption.invoice_shape,
        "of_gross": redemption.gross_pence,
        "of_business": redemption.voucher.business_id,
        "of_scheme": redemption.scheme_id,
        "not_this": redemption.id,
    }
    rows = list(session.execute(_newest_in_each_way(), given))
    if known:
        rows += session.execute(_living(Redemption.id.in_(known)), given)
    return {row.id: Billed(*row[1:]) for row in rows}


@cache
def _newest_in_each_way() -> CompoundSelect[*tuple[Any, ...]]:
    """Made once, because every claim asks and making the expression costs more than the answer."""
    same = Redemption.provider_id == bindparam("of_provider")
    ways = (
        same & (Redemption.invoice_shape == bindparam("of_shape")),
        same & (Redemption.gross_pence == bindparam("of_gross")),
        Voucher.business_id == bindparam("of_business"),
    )
    newest = [_living(way).order_by(Redemption.id.desc()).limit(COMPARED).subquery() for way in ways]
    return union_all(*[select(each) for each in newest])


def _living(way: ColumnElement[bool]) -> Rows:
    return (
        select(
            Redemption.id,
            Redemption.provider_id,
            Voucher.business_id,
            Redemption.invoice_key,
            Redemption.invoice_on,
            Redemption.gross_pence,
        )
        .join(Redemption.voucher)
        .where(
            way,
            Redemption.scheme_id == bindparam("of_scheme"),
            Redemption.id != bindparam("not_this"),
            Redemption.state.not_in([str(state) for state in ENDED]),
        )
    )


def _billed(claim: Redemption) -> Billed:
    business_id = claim.voucher.business_id
    return Billed(claim.provider_id, business_id, claim.invoice_key, claim.invoice_on, claim.gross_pence)
