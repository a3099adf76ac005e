"""What a scheme administrator proposes and the signer confirms: the page of a proposal with both of its buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.accounts.forms import ProofForm
from voucher.accounts.proof import done_with_proof
from voucher.accounts.queries import names_of
from voucher.accounts.reasons import ReasonForm
from voucher.audit.commands import transaction
from voucher.audit.queries import history
from voucher.platform.act import Act
from voucher.platform.authz import Permission
from voucher.platform.db import Base
from voucher.platform.forms import Form
from voucher.platform.web import current_act
from voucher.schemes.queries import visible

P = Permission
T = TypeVar("T", bound=Base)
T_contra = TypeVar("T_contra", contravariant=True)


class Ends(Protocol[T_contra]):
    """The command by which a proposal is withdrawn or declined."""

    def __call__(self, act: Act, proposal: T_contra, /, *, reason: str) -> None:
        """Ends it, with the reason."""


@dataclass(frozen=True)
class Proposals(Generic[T]):
    """One kind of proposal: its table, its page, what confirms and ends it, and what is said when that is done.

    ``shows`` gives what its template draws beside what all of them have, and ``people`` whom it names beside proposer
    and decider.
    """

    table: type[T]
    endpoint: str
    template: str
    confirm: Callable[[Act, T], object]
    confirmed: str
    end: Ends[T]
    ended: str
    why_not: Callable[[Act, T], str | None]
    shows: Callable[[T], Mapping[str, object]] = lambda _proposal: {}
    people: Callable[[T], Iterable[int | None]] = lambda _proposal: ()

    def page(self, public_id: str) -> str:
        """The page of a proposal; raises NotFound for whoever may not read of it."""
        return self._page(current_act(), public_id, ProofForm(formdata=None), ReasonForm(formdata=None))

    def confirmed_by_button(self, public_id: str) -> ResponseReturnValue:
        """Confirms it with the second factor, or shows its page again with what is wrong."""
        act, form = current_act(), ProofForm()
        status = done_with_proof(act, form, lambda act: self.confirm(act, self._found(act, public_id)))
        if status is None:
            return self._done(public_id, self.confirmed)
        return self._page(act, public_id, form, ReasonForm(formdata=None)), status

    def ended_by_button(self, public_id: str) -> ResponseReturnValue:
        """Withdraws it for whoever proposed it, declines it for the signer; asks again for a reason that is missing."""
        act, form = current_act(), ReasonForm()
        if not form.validate_on_submit():
            return self._page(act, public_id, ProofForm(formdata=None), form), 422
        with transaction(act.actor, act.clock):
            self.end(act, self._found(act, public_id), reason=form.reason.data)
        return self._done(public_id, self.ended)

    def _done(self, public_id: str, words: str) -> ResponseReturnValue:
        flash(translate(words))
        return redirect(url_for(self.endpoint, public_id=public_id))

    def _found(self, act: Act, public_id: str) -> T:
        return visible(self.table, act.actor, public_id, P.FUNDING_LINES_READ)

    def _page(self, act: Act, public_id: str, confirm: Form, end: Form) -> str:
        found = self._found(act, public_id)
        proposal: Any = found  # Every table of proposals has these columns.
        mine = proposal.proposed_by == act.person_id
        return render_template(
            self.template,
            proposal=found,
            names=names_of((proposal.proposed_by, proposal.decided_by, *self.people(found))),
            why_not=self.why_not(act, found),
            mine=mine,
            may_end=act.actor.may(P.SCHEMES_SET_UP if mine else P.STATEMENTS_SIGN, scheme_id=proposal.scheme_id),
            confirm=confirm,
            end=end,
            errors=[form for form in (confirm, end) if form.errors],
            events=history(self.table.__tablename__, found.id),
            **self.shows(found),
        )
