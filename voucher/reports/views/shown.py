"""A statement's data as its pages show them: lines with definitions and changes, checks, and the steps of sign-off."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask_babel import gettext as translate

from voucher.accounts.models import Person
from voucher.accounts.queries import holders, names_of
from voucher.accounts.rules import Role
from voucher.platform.act import Act
from voucher.platform.clock import london_date
from voucher.platform.i18n import gettext_noop as _
from voucher.platform.languages import shown_day
from voucher.reports.commands import data_of
from voucher.reports.comparing import Change, changes
from voucher.reports.models import Statement
from voucher.reports.paper import shown
from voucher.reports.queries import last_look, paper_of, reviewer_needed, signed_before, versions_of
from voucher.reports.rules import PaperState, StatementState, paper_state
from voucher.schemes.models import Scheme

Json = Mapping[str, object]


@dataclass(frozen=True)
class Line:
    """One part of a line: its figures by funding line and in total, and how much it changed."""

    code: str
    label: str
    definition: str
    note: str
    reported: bool
    amounts: list[str]
    total: str
    change: str


@dataclass(frozen=True)
class Base:
    """What the figures are compared with, in words, and the figures that differ by their codes."""

    words: str
    changes: Mapping[str, Change]


@dataclass(frozen=True)
class PaperShown:
    """How far a statement's paper is: its state, rows drawn of all, why a try failed, and when the next one is due."""

    state: PaperState
    done: int
    lines: int
    error: str
    due_at: datetime | None
    signature: str | None

    @property
    def is_drawn(self) -> bool:
        """Whether it can be downloaded."""
        return self.state is PaperState.DRAWN


@dataclass(frozen=True)
class Step:
    """One step of the sign-off: by whom and when it was done, or who may do it."""

    name: str
    by: str
    at: datetime | None
    may: list[str]


def lines_shown(data: Json, compared: Mapping[str, Change]) -> list[Line]:
    """Every part of every line, in order."""
    pots = [str(line["code"]) for line in cast(Sequence[Json], data["funding_lines"])]
    found = []
    for line in cast(Sequence[Json], data["lines"]):
        for part in cast(Sequence[Json], line["parts"]):
            found.append(_line(line, part, pots, compared.get(str(part["code"]))))
    return found


def _line(line: Json, part: Json, pots: Sequence[str], change: Change | None) -> Line:
    unit = str(part["unit"])
    by_pot = cast(Mapping[str, int], part["by_funding_line"] or {})
    return Line(
        code=str(part["code"]),
        label=str(part["label"]),
        definition=str(part["definition"]),
        note=str(part["note"] or ""),
        reported=bool(line["reported"]),
        amounts=[shown(by_pot.get(pot), unit) if by_pot else "" for pot in pots] if len(pots) > 1 else [],
        total=shown(cast("int | None", part["value"]), unit),
        change=change_shown(change) if change else "",
    )


def change_shown(change: Change) -> str:
    """A change in words: ``+£120.00``, or that the figure is new."""
    if change.by is None:
        return str(translate(_("was %(before)s"), before=shown(change.before, change.unit)))
    return ("+" if change.by > 0 else "") + shown(change.by, change.unit)


def compared_with(act: Act, statement: Statement) -> Base | None:
    """The figures since the person's last look, else the preparation before, else the statement before; or None."""
    data = data_of(statement)
    versions = versions_of(statement)
    looked = last_look(statement, act.person_id)
    if looked and looked[1].number < versions[0].number:
        words = translate(_("since you read it on %(day)s"), day=shown_day(london_date(looked[0].at)))
        return Base(words, changes(_read(looked[1].data), data))
    if len(versions) > 1:
        return Base(translate(_("since it was prepared before")), changes(_read(versions[1].data), data))
    return compared_with_the_one_before(statement)


def compared_with_the_one_before(statement: Statement) -> Base | None:
    """The figures since the agreement's signed statement before this one; None for the first."""
    before = signed_before(statement)
    if before is None:
        return None
    words = translate(_("since statement %(reference)s"), reference=before.reference)
    return Base(words, changes(data_of(before), data_of(statement)))


def _read(text: str) -> Json:
    return cast(Json, json.loads(text))


def paper_shown(act: Act, statement: Statement) -> PaperShown | None:
    """The paper of a signed statement as its page tells of it; None of one that is not signed."""
    paper = paper_of(statement)
    if paper is None:
        return None
    state = paper_state(is_drawn=paper.drawn_at is not None, lease_until=paper.lease_until, now=act.now)
    due_at = paper.due_at if paper.due_at > act.now else None
    error = translate(paper.last_error) if paper.last_error else ""
    return PaperShown(state, paper.lines_done, paper.lines, error, due_at, paper.signature)


def check_name(name: str) -> str:
    """The name of a check in the page's language: whole, or what it is about and which sides agree, one by one."""
    whole = str(translate(name))
    if whole != name:
        return whole
    return ": ".join(translate(part) for part in name.split(": "))


def read_on(act: Act, statement: Statement) -> datetime | None:
    """When the person read the figures as they are now; None when not yet."""
    looked = last_look(statement, act.person_id)
    return looked[0].at if looked and looked[1].data_hash == statement.data_hash else None


def steps(act: Act, statement: Statement, scheme: Scheme) -> list[Step]:
    """Prepared, reviewed where the scheme asks for it, signed: who did it, or who may (rule 57)."""
    names = names_of([statement.prepared_by, statement.reviewed_by, statement.signed_by])
    preparers = _names(holders(Role.STATEMENT_PREPARER, scheme.id, act.now), set())
    mine: set[int | None] = {statement.prepared_by}
    reviewers = _names(holders(Role.STATEMENT_REVIEWER, scheme.id, act.now), mine)
    signers = _names(holders(Role.SIGNER, scheme.id, act.now), mine | {statement.reviewed_by})
    ready = statement.state != StatementState.DRAFT
    by, at = (names[statement.prepared_by], statement.prepared_at) if ready else ("", None)
    found = [Step(translate(_("Prepared")), by, at, preparers)]
    if reviewer_needed(scheme, statement.agreement_id) or statement.reviewed_by:
        by = names.get(statement.reviewed_by or 0, "")
        found.append(Step(translate(_("Reviewed")), by, statement.reviewed_at, reviewers))
    title = statement.agreement.signer_title
    by = names.get(statement.signed_by or 0, "")
    found.append(Step(translate(_("Signed by the %(title)s"), title=title), by, statement.signed_at, signers))
    return found


def _names(people: Sequence[Person], without: set[int | None]) -> list[str]:
    return [person.name for person in people if person.id not in without]
