"""What a page does that asks for the second factor at the act: prove and act in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask_wtf import FlaskForm

from voucher.accounts.second_factor import ProofRefused, prove
from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.errors import DomainError
from voucher.platform.forms import show_refusal
from voucher.platform.languages import spoken
from voucher.platform.refusals import status_of


@contextmanager
def proving(act: Act, form: FlaskForm) -> Iterator[Act | None]:
    """One transaction with the proven act, or with None when the code in the form's field ``proof`` does not prove it.

    ::

        with proving(act, form) as proven:
            if proven is not None:
                approve_batch(proven, batch)
        if proven is not None:
            return redirect(…)

    A wrong code is kept, so it commits, and is named at the field. A refusal by the command rolls back the use of the
    code, too, so that the same code is good for the next try.
    """
    with transaction(act.actor, act.clock):
        found = prove(act, form.proof.data or "")
        if isinstance(found, ProofRefused):
            form.proof.errors = [*form.proof.errors, spoken(found.message)]
            yield None
        else:
            yield found


def done_with_proof(act: Act, form: FlaskForm, do: Callable[[Act], object]) -> int | None:
    """Does one thing with the proven act: None once it is done, else the status of the page with what is wrong.

    A refusal that stands in the audit trail is raised and has a page of its own.
    """
    if not form.validate_on_submit():
        return 422 if form.is_submitted() else 200
    try:
        with proving(act, form) as proven:
            if proven is None:
                return 422
            do(proven)
    except DomainError as refusal:
        if refusal.audited:
            raise
        show_refusal(form, refusal)
        return status_of(refusal)
    return None
