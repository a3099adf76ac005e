"""Pure: which bank lines are what beyond doubt, which may be what, and why (rules 35, 37).

A reference decides first, then the amount, then the payee and the day. Nothing is weighed against anything: each thing
that a line may have been has a list of named facts, and each fact speaks for it or against it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.payments.rules import MatchKind
from voucher.platform.references import LETTERS

# Banks cut names off, and firms leave the form of their company out: so many letters of two names must agree.
LETTERS_OF_A_NAME = 8
_FORMS = re.compile(r"\b(LIMITED|LTD|PLC|LLP|CIC|COMPANY|CO|THE|AND)\b")
_PAYMENT, _BATCH, _DRAWDOWN, _DEBT = "PBDR"


class Fact(StrEnum):
    """What speaks for a match or, where it does not hold, against it; in the order in which they decide."""

    REFERENCE = "the reference"
    AMOUNT = "the amount"
    PAYEE = "the other party"
    DAY = "the day"


@dataclass(frozen=True)
class OpenLine:
    """What is open on a bank line: pence are below zero for money out. ``typed_by`` is empty for an imported line."""

    id: int
    public_id: str
    booked_on: date
    pence: int
    text: str
    party: str
    typed_by: int | None = None


@dataclass(frozen=True)
class Waiting:
    """Something that a bank line may be: a payment, a payment that comes back, a drawdown or a debt.

    ``names`` are the parties that the line may tell of; ``days`` the first and last day on which the bank can book it.
    A line typed by one of ``not_typed_by`` proves nothing. ``in_part`` says that less money will do, as for a debt.
    """

    kind: MatchKind
    id: int
    reference: str
    pence: int
    names: tuple[str, ...] = ()
    batch: str = ""
    days: tuple[date, date] | None = None
    not_typed_by: frozenset[int] = frozenset()
    in_part: bool = False


@dataclass(frozen=True)
class Proposal:
    """Lines and what they are: one line for one thing or several, or several lines for one payment."""

    lines: tuple[OpenLine, ...]
    things: tuple[Waiting, ...]

    @property
    def kind(self) -> MatchKind:
        """What the lines are."""
        return self.things[0].kind

    @property
    def pence(self) -> int:
        """What the lines come to, without a sign."""
        return sum(abs(line.pence) for line in self.lines)


def booked_within(proposals: Sequence[Proposal], first: date | None, last: date | None) -> list[Proposal]:
    """Those booked between two of the bank's days, both included; of several lines the first one's day counts."""
    return [each for each in proposals if (first or date.min) <= each.lines[0].booked_on <= (last or date.max)]


def squeezed(text: str) -> str:
    """The letters and digits of a text, in capitals, for banks change everything else."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def references_in(text: str, scheme: str) -> list[str]:
    """The references of the scheme's payments, batches, drawdowns and debts in a line's text, squeezed, each once."""
    shape = re.compile(f"(?=({re.escape(squeezed(scheme))}[{_PAYMENT}{_BATCH}{_DRAWDOWN}{_DEBT}][{LETTERS}]{{8}}))")
    return list(dict.fromkeys(shape.findall(squeezed(text))))


def as_kept(reference: str, scheme: str) -> str:
    """A squeezed reference as it is kept: ``NTTP7K3M9Q2X`` is ``NTT-P-7K3M-9Q2X``."""
    rest = reference.removeprefix(squeezed(scheme))
    return f"{scheme}-{rest[0]}-{rest[1:5]}-{rest[5:]}"


def head_of_name(name: str) -> str:
    """The beginning of a name by which it is known again on a bank line; empty for a name that is too short to tell."""
    letters = squeezed(_FORMS.sub(" ", name.upper().replace("&", " AND ")))
    return letters[:LETTERS_OF_A_NAME] if len(letters) >= LETTERS_OF_A_NAME // 2 else ""


def same_party(party: str, names: Iterable[str]) -> bool:
    """Whether the bank's other party is one of these names, as far as the bank wrote it out."""
    head = head_of_name(party)
    return bool(head) and head in {head_of_name(name) for name in names}


def facts(line: OpenLine, thing: Waiting, references: Sequence[str]) -> dict[Fact, bool]:
    """Each fact, and whether it speaks for the thing; ``references`` are those in the line's text."""
    named = squeezed(thing.reference) in references or bool(thing.batch and squeezed(thing.batch) in references)
    amount = abs(line.pence) == thing.pence or (thing.in_part and abs(line.pence) < thing.pence)
    return {
        Fact.REFERENCE: named,
        Fact.AMOUNT: amount,
        Fact.PAYEE: same_party(line.party, thing.names),
        Fact.DAY: in_days(line, thing),
    }


def in_days(line: OpenLine, thing: Waiting) -> bool:
    """Whether the bank can have booked the thing on the line's day."""
    return thing.days is None or thing.days[0] <= line.booked_on <= thing.days[1]


def proves(line: OpenLine, thing: Waiting) -> bool:
    """Whether the line may prove the thing by its day and by who typed it."""
    return in_days(line, thing) and line.typed_by not in thing.not_typed_by


class Named:
    """Which lines name which of the things that wait, by their references or that of a whole batch."""

    def __init__(self, lines: Sequence[OpenLine], waiting: Sequence[Waiting], scheme: str) -> None:
        out = {True: dict[str, list[Waiting]](), False: dict[str, list[Waiting]]()}
        for thing in waiting:
            side = out[thing.kind == MatchKind.PAYMENT]
            side[squeezed(thing.reference)] = [thing]
            if thing.batch:
                side.setdefault(squeezed(thing.batch), []).append(thing)
        self.lines = lines
        self.things: dict[int, tuple[Waiting, ...]] = {}
        self.claimed: dict[tuple[MatchKind, int], list[OpenLine]] = defaultdict(list)
        self.seen: dict[tuple[MatchKind, int], int] = defaultdict(int)
        for line in lines:
            self.things[line.id] = _named_by(line, out[line.pence < 0], scheme)
            for thing in self.things[line.id]:
                self.claimed[thing.kind, thing.id].append(line)
                self.seen[thing.kind, thing.id] += abs(line.pence)

    def lines_for(self, thing: Waiting) -> list[OpenLine]:
        """The lines that name the thing."""
        return self.claimed.get((thing.kind, thing.id), [])

    def certain(self) -> list[Proposal]:
        """What is beyond doubt, in the order of the lines: nothing else is named, and amounts agree to the penny."""
        found = (self._certain(line) for line in self.lines)
        return [proposal for proposal in found if proposal is not None]

    def _certain(self, line: OpenLine) -> Proposal | None:
        things = self.things[line.id]
        lines = tuple(self.lines_for(things[0])) if things else ()
        if not lines or lines[0] is not line or not self._adds_up(line):
            return None
        if any(self.lines_for(thing) != list(lines) for thing in things):
            return None
        if any(self.things[each.id] != things for each in lines):
            return None
        proven = all(proves(each, thing) for each in lines for thing in things)
        return Proposal(lines, things) if proven else None

    def _adds_up(self, line: OpenLine) -> bool:
        """Whether all that the line names comes to it, or to it and the others that name the same one payment."""
        things = self.things[line.id]
        first, total = things[0], sum(thing.pence for thing in things)
        if len({thing.kind for thing in things}) > 1:
            return False
        if first.in_part:
            return len(things) == 1 == len(self.lines_for(first)) and abs(line.pence) <= total
        together = len(things) == 1 and first.kind == MatchKind.PAYMENT
        return total == (self.seen[first.kind, first.id] if together else abs(line.pence))

    def differing(self) -> dict[int, tuple[Waiting, ...]]:
        """The lines that name something which waits, and whose amounts do not come to it: what each of them names."""
        return {
            line.id: self.things[line.id] for line in self.lines if self.things[line.id] and not self._adds_up(line)
        }

    def likely(self, waiting: Sequence[Waiting]) -> dict[int, Waiting]:
        """For lines that name nothing: the one payment of this amount, to this party, around this day, if it is one.

        A person looks at these, however well they fit.
        """
        by_looks: dict[tuple[int, str], list[Waiting]] = defaultdict(list)
        for thing in waiting:
            if thing.kind == MatchKind.PAYMENT and not self.lines_for(thing):
                for head in {head_of_name(name) for name in thing.names} - {""}:
                    by_looks[thing.pence, head].append(thing)
        found: dict[int, Waiting] = {}
        for line in self.lines:
            if line.pence < 0 and not self.things[line.id]:
                alike = [x for x in by_looks.get((-line.pence, head_of_name(line.party)), ()) if proves(line, x)]
                if len(alike) == 1:
                    found[line.id] = alike[0]
        once = Counter(thing.id for thing in found.values())
        return {line_id: thing for line_id, thing in found.items() if once[thing.id] == 1}


def _named_by(line: OpenLine, known: Mapping[str, list[Waiting]], scheme: str) -> tuple[Waiting, ...]:
    """What the line names by its own reference; a batch's counts where no payment is named."""
    references = [reference for reference in references_in(line.text, scheme) if reference in known]
    batches = [each for each in references if known[each][0].batch and squeezed(known[each][0].reference) != each]
    single = [each for each in references if each not in batches]
    found = [thing for reference in single or batches for thing in known[reference]]
    return tuple(dict.fromkeys(found))
