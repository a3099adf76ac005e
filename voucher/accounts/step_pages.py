"""The page of one step with a record: what it says and asks, and the command behind its button."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as translate

from voucher.audit.commands import transaction
from voucher.platform.act import Act
from voucher.platform.errors import DomainError, Forbidden, NotFound
from voucher.platform.forms import Form, show_refusal
from voucher.platform.refusals import status_of

T = TypeVar("T")


@dataclass(frozen=True)
class Ask(Generic[T]):
    """What a step's page says. Its words may name what ``Record.known`` gives, as ``%(reference)s``."""

    heading: str
    lead: str
    words: str
    done: str
    form: type[Form]
    command: Callable[[Act, T, Form], object]
    warning: bool = False


@dataclass(frozen=True)
class Record(Generic[T]):
    """What a step is taken with, what words may say of it, and the page of it to go back to.

    ``known`` is asked again after the step, for what is said then is how the record stands then.
    """

    thing: T
    known: Callable[[T], Mapping[str, str]]
    back_to: str


def step_page(
    act: Act, ask: Ask[T], record: Record[T], *, look: Callable[[], object], form: Form | None = None
) -> ResponseReturnValue:
    """Shows the step or takes it; ``look`` raises for who may not take it, before anything is entered.

    What the person may not do at all is raised; any other refusal is named on the page, with what was entered kept.
    """
    form = form or ask.form()
    if not form.is_submitted():
        look()
    elif form.validate():
        try:
            with transaction(act.actor, act.clock):
                ask.command(act, record.thing, form)
        except (NotFound, Forbidden):
            raise
        except DomainError as refusal:
            show_refusal(form, refusal)
            return _page(ask, record, form), status_of(refusal)
        flash(translate(ask.done, **record.known(record.thing)))
        return redirect(record.back_to)
    return _page(ask, record, form), 422 if form.errors else 200


def _page(ask: Ask[T], record: Record[T], form: Form) -> str:
    known = record.known(record.thing)
    return render_template(
        "step.html",
        form=form,
        heading=translate(ask.heading, **known),
        lead=[translate(ask.lead, **known)],
        words=translate(ask.words, **known),
        warning=ask.warning,
        record=known["reference"],
        back_to=record.back_to,
    )
