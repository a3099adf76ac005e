"""The register of irregularities: opened with what is known, its sum kept up, closed by another person (rule 63)."""

from __future__ import annotations

from voucher.assurance.models import Irregularity, IrregularityEvent
from voucher.assurance.policy import why_not_close, why_not_look_into
from voucher.assurance.rules import CLOSED, IRREGULARITY_TRANSITIONS, IrregularityKind, IrregularityState
from voucher.audit.commands import begin_state, change_state, record
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import session
from voucher.platform.errors import DomainError, Forbidden
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.i18n import said
from voucher.platform.money import Amount
from voucher.platform.references import new_reference
from voucher.redemptions.models import Redemption
from voucher.schemes.models import Scheme

N = IrregularityState
MOST_PENCE = 10**12


def register_irregularity(
    act: Act,
    scheme: Scheme,
    *,
    kind: IrregularityKind,
    pence: int,
    note: str,
    claim: Redemption | None = None,
) -> Irregularity:
    """Registers an irregularity or a suspected fraud, about one claim or none in particular.

    ``pence`` may be 0 while nobody knows the sum; about a claim it is at most what was claimed. Neither money nor any
    state moves by it: refusing, holding or recovering are decisions of their own.
    """
    act.require(Permission.ASSURANCE_CASES_MANAGE, scheme_id=scheme.id)
    _need_note(note)
    _keep_out(why_not_look_into(act.actor, claim))
    _check_sum(pence, claim)
    found = Irregularity(
        reference=new_reference(scheme.reference, "X"),
        scheme_id=scheme.id,
        redemption=claim,
        kind=str(kind),
        pence=pence,
        state=N.OPEN,
        note=note.strip(),
        opened_by=act.person_id,
        opened_at=act.now,
    )
    session.add(found)
    begin_state(act.actor, "irregularity.registered", found, at=act.now, reason=found.note, pence=pence)
    _note_event(act, found, found.note)
    return found


def change_irregularity(act: Act, irregularity: Irregularity, *, kind: IrregularityKind, pence: int, note: str) -> None:
    """Says anew what an open irregularity is and about how much, as more becomes known."""
    irregularity = _locked(act, irregularity)
    _need_note(note)
    _keep_out(why_not_look_into(act.actor, irregularity.redemption))
    if irregularity.state in CLOSED:
        raise DomainError(
            "closed",
            said(
                "Irregularity %(irregularity)s is %(state)s: open it again.",
                irregularity=irregularity.reference,
                state=said(irregularity.state),
            ),
        )
    _check_sum(pence, irregularity.redemption)
    details = {"kind": [irregularity.kind, str(kind)], "pence": [irregularity.pence, pence]}
    irregularity.kind, irregularity.pence = str(kind), pence
    record(
        act.actor, "irregularity.changed", irregularity, at=act.now, reason=note.strip(), pence=pence, details=details
    )
    _note_event(act, irregularity, note)


def close_irregularity(act: Act, irregularity: Irregularity, *, outcome: IrregularityState, note: str) -> None:
    """Closes it with what came of it; raises Forbidden for whoever registered it."""
    irregularity = _locked(act, irregularity)
    _need_note(note)
    _keep_out(why_not_close(act.actor, irregularity))
    if outcome not in CLOSED:
        raise DomainError("outcome", _("Say what came of it: proved or unfounded."), "outcome")
    change_state(
        act.actor,
        "irregularity.closed",
        irregularity,
        outcome,
        IRREGULARITY_TRANSITIONS,
        at=act.now,
        reason=note.strip(),
        pence=irregularity.pence,
    )
    irregularity.closed_by, irregularity.closed_at = act.person_id, act.now
    _note_event(act, irregularity, note)


def reopen_irregularity(act: Act, irregularity: Irregularity, *, note: str) -> None:
    """Opens a closed irregularity again; how it stood meanwhile is kept."""
    irregularity = _locked(act, irregularity)
    _need_note(note)
    _keep_out(why_not_look_into(act.actor, irregularity.redemption))
    change_state(
        act.actor,
        "irregularity.reopened",
        irregularity,
        N.OPEN,
        IRREGULARITY_TRANSITIONS,
        at=act.now,
        reason=note.strip(),
        pence=irregularity.pence,
    )
    irregularity.closed_by = irregularity.closed_at = None
    _note_event(act, irregularity, note)


def _locked(act: Act, irregularity: Irregularity) -> Irregularity:
    act.require(Permission.ASSURANCE_CASES_MANAGE, scheme_id=irregularity.scheme_id)
    return session.get_one(Irregularity, irregularity.id, with_for_update=True, populate_existing=True)


def _note_event(act: Act, irregularity: Irregularity, note: str) -> None:
    session.flush()
    session.add(
        IrregularityEvent(
            scheme_id=irregularity.scheme_id,
            irregularity_id=irregularity.id,
            kind=irregularity.kind,
            state=irregularity.state,
            pence=irregularity.pence,
            note=note.strip(),
            by_id=act.person_id,
            at=act.now,
        )
    )
    session.flush()


def _check_sum(pence: int, claim: Redemption | None) -> None:
    most = claim.claimed_pence if claim is not None else MOST_PENCE
    if not 0 <= pence <= most:
        raise DomainError(
            "amount", said("Enter an amount up to %(most)s, or 0.00 while it is unknown.", most=Amount(most)), "amount"
        )


def _keep_out(refusal: str | None) -> None:
    if refusal:
        raise Forbidden("irregularity_duty", refusal)


def _need_note(note: str) -> None:
    if not note.strip():
        raise DomainError("note_needed", _("Write down what was found: auditors read it."), "note")
