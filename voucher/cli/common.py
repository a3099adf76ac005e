"""What every command shares: who acts, in which scheme, by which clock, in one transaction, and how it answers."""

from __future__ import annotations

import functools
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask

from voucher.accounts.queries import actor_for, person_by_email
from voucher.app import Office, create_app, office
from voucher.audit.commands import transaction
from voucher.cli.options import GivenFile
from voucher.cli.words import Facts, describe
from voucher.documents.commands import looked_at
from voucher.platform.act import Act
from voucher.platform.actor import Actor, Channel
from voucher.platform.authz import Permission
from voucher.platform.beside import Beside
from voucher.platform.clock import Clock, system_clock
from voucher.platform.db import consistent_read, db, session
from voucher.platform.errors import DomainError, Fault
from voucher.schemes.models import Scheme
from voucher.schemes.queries import scheme_by_reference

G = TypeVar("G")
T = TypeVar("T")
AS_JSON, SAVED = "voucher.json", "voucher.saved"  # What the command so far has left for whoever handles its error.


@dataclass(frozen=True)
class Run:
    """One run of a command: the act of the person who gave it, and the scheme it is for."""

    act: Act
    office: Office
    scheme_reference: str | None = None

    @functools.cached_property
    def scheme(self) -> Scheme:
        """The scheme that was named, or the only one; raises NotFound."""
        return scheme_by_reference(self.scheme_reference)

    def need(self, *permissions: Permission, organisation_id: int | None = None) -> None:
        """Raises Forbidden unless the person holds one of these in the scheme; for what only reads."""
        if not any(self.may(each, organisation_id=organisation_id) for each in permissions):
            self.act.require(permissions[0], scheme_id=self.scheme.id, organisation_id=organisation_id)

    def may(self, permission: Permission, *, organisation_id: int | None = None) -> bool:
        """Whether the person holds the permission in the scheme."""
        return self.act.actor.may(permission, scheme_id=self.scheme.id, organisation_id=organisation_id)


@dataclass(frozen=True)
class Answer:
    """What a command says: a sentence for people, facts for scripts.

    Without a sentence the facts are said. ``failed`` is a refusal that is kept: it is saved and exits with 1. ``out``
    is a file that is made and written once everything is saved.
    """

    sentence: str = ""
    data: Facts | Sequence[Facts] = field(default_factory=dict)
    failed: bool = False
    out: tuple[Path, Callable[[], bytes]] | None = None


def refused(code: str, message: str, field: str | None = None) -> Answer:
    """The answer to what a rule refused as a value."""
    return Answer(message, error_object(code, message, field), failed=True)


def error_object(code: str, message: str, field: str | None = None, faults: Sequence[Fault] = ()) -> Facts:
    """A refusal as scripts read it."""
    rows = [{"row": fault.row, "column": fault.column, "message": fault.message} for fault in faults]
    return {"error": {"code": code, "message": message, "field": field, "faults": rows}}


Body = Callable[..., Answer]
Command = Callable[..., None]
Around = Callable[[Actor, Clock], AbstractContextManager[None]]
Decorator = Callable[[Any], Any]

OUTSIDE = Actor(None, "command line", Channel.COMMAND_LINE)  # Acts before anybody is known, and holds no grants.


def _remember_json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    ctx.meta[AS_JSON] = value


AS = click.option("--as", "as_email", metavar="EMAIL", envvar="VOUCHER_AS", required=True, help="Who does this.")
SCHEME = click.option(
    "--scheme", "scheme_reference", metavar="REF", envvar="VOUCHER_SCHEME", help="Needed when there are several."
)
JSON = click.option(
    "--json", is_flag=True, is_eager=True, expose_value=False, callback=_remember_json, help="Answer in JSON."
)


@contextmanager
def _read_only(_actor: Actor, _clock: Clock) -> Iterator[None]:
    with consistent_read():
        yield


def _decorator(around: Around, *options: Decorator) -> Callable[[Body], Command]:
    def decorate(body: Body) -> Command:
        @functools.wraps(body)
        def command(as_email: str | None = None, scheme_reference: str | None = None, **given: object) -> None:
            with open_office() as place:
                actor = _actor(place, as_email) if as_email else OUTSIDE
                act = looked_at(place.act(actor), _files_in(given)) if around is transaction else place.act(actor)
                run = Run(act, place, scheme_reference)
                with around(actor, place.clock):
                    answer = body(run, **given)
                click.get_current_context().meta[SAVED] = around is transaction
                give(answer)

        decorated: Command = command
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def _files_in(given: object) -> Iterator[bytes]:
    """What is in the files that a command was given, wherever among its options they are."""
    if isinstance(given, GivenFile):
        yield given.data
    elif isinstance(given, Mapping):
        yield from _files_in(tuple(given.values()))
    elif isinstance(given, (list, tuple)):
        for each in given:
            yield from _files_in(each)


changing = _decorator(transaction, AS, SCHEME, JSON)
"""A command of a named person in a scheme; its body runs in the one transaction there is."""

reading = _decorator(_read_only, AS, SCHEME, JSON)
"""A command of a named person that changes nothing and sees one moment of the database."""

changing_installation = _decorator(transaction, AS, JSON)
"""A changing command that belongs to no scheme."""

reading_installation = _decorator(_read_only, AS, JSON)
"""A reading command that belongs to no scheme."""

founding = _decorator(transaction, JSON)
"""A changing command for the moment when nobody is known yet."""

checking = _decorator(_read_only, JSON)
"""A reading command that anybody with the keys may run, for it shows nothing of anybody."""


def asking(name: str, ask: Callable[[dict[str, Any]], object]) -> Callable[[Command], Command]:
    """Gives the command something that ``ask`` reads from standard input, before any transaction begins."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_answer(**given: Any) -> None:
            found = ask(given)
            command(**given, **{name: found})

        return with_answer

    return decorate


def _actor(place: Office, email: str) -> Actor:
    return actor_for(person_by_email(email), Channel.COMMAND_LINE, place.clock())


_ONE_APP: ContextVar[Flask | None] = ContextVar("the app that many commands share", default=None)


@contextmanager
def open_office() -> Iterator[Office]:
    """The installation that the environment names, by its clock, until the command is over."""
    shared = _ONE_APP.get()
    if shared is not None:
        with shared.app_context():
            try:
                yield office()
            finally:
                session.remove()
        return
    with _closing_app(clock_from(os.environ)) as app, app.app_context():
        try:
            yield office()
        finally:
            session.remove()


@contextmanager
def one_app_for_all() -> Iterator[None]:
    """While it lasts, commands of this process share one app, which takes longer to make than most of them run.

    Each command still goes by the clock of its own moment's environment.
    """
    with _closing_app(lambda: clock_from(os.environ)()) as app:
        before = _ONE_APP.set(app)
        try:
            yield
        finally:
            _ONE_APP.reset(before)


def beside_commands(work: Callable[[G], T], copies: int) -> Beside[G, T]:
    """Copies of this process, made between two commands that share one app, to give other commands meanwhile."""
    with open_office():
        return Beside(work, copies)


@contextmanager
def _closing_app(clock: Clock) -> Iterator[Flask]:
    app = create_app(clock=clock)
    try:
        yield app
    finally:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


def clock_from(environ: Mapping[str, str]) -> Clock:
    """The system's clock; with VOUCHER_TESTING=1 one that stands at VOUCHER_NOW, for tests and demonstrations."""
    text = environ.get("VOUCHER_NOW", "") if environ.get("VOUCHER_TESTING") == "1" else ""
    if not text:
        return system_clock
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return lambda: moment.astimezone(UTC)
    raise click.UsageError("VOUCHER_NOW must be a moment with its time zone, like 2026-04-07T09:00:00+00:00.")


def give(answer: Answer) -> None:
    """Writes the answer's file, shows the answer, and ends with status 1 when it is a refusal."""
    if answer.out:
        path, make = answer.out
        write_privately(path, make())
    as_json = click.get_current_context().meta.get(AS_JSON)
    if as_json:
        click.echo(in_json(answer.data))
    else:
        click.echo(answer.sentence or describe(answer.data), err=answer.failed)
    if answer.failed:
        click.get_current_context().exit(1)


def in_json(data: object) -> str:
    """The facts as JSON, with days and moments as ISO 8601."""
    return json.dumps(data, ensure_ascii=False, indent=2, default=_plain_value)


def _plain_value(value: object) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def write_privately(path: Path, data: bytes) -> None:
    """Writes a file that only its owner may read, in one step; raises DomainError, for all else is saved by then."""
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            path.write_bytes(data)  # A pipe or a device is written to; replacing it would take it away.
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        raise DomainError(
            "file_not_written",
            f"{path} could not be written: {error.strerror}. What was done is saved; give the command again for the "
            "same file.",
            "out",
        ) from error


def _replace(path: Path, data: bytes) -> None:
    """After a crash there is the old file or the new one, and a failure leaves no piece of it."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(partial, "xb", opener=functools.partial(os.open, mode=0o600)) as file:
            file.write(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
