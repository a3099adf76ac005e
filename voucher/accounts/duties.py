"""The table of duties: the steps of a voucher's way, which pairs one person may not both do, and whether a team can.

Pure. Each pair stands here once with what it protects; the policies of the domains enforce it, and a test holds this
table against the table of tests that break each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from voucher.platform.authz import Permission as P
from voucher.platform.i18n import gettext_noop as _


@dataclass(frozen=True)
class Step:
    """One step that somebody must do, and what it takes."""

    code: str
    name: str
    permission: P


@dataclass(frozen=True)
class Pair:
    """Two steps that one person may not both do; ``setting`` of a scheme can switch it off."""

    name: str
    first: str
    second: str
    over: str
    setting: str = ""


STEPS = (
    Step("decide", _("Offer and decide applications"), P.OFFERS_DECIDE),
    Step("decide again", _("Decide appeals"), P.OFFERS_DECIDE),
    Step("sponsor", _("Sponsor and vet providers"), P.PROVIDERS_SPONSOR),
    Step("admit", _("Approve providers"), P.PROVIDERS_APPROVE),
    Step("key", _("Key a provider's bank details"), P.PAYEES_KEY),
    Step("confirm", _("Confirm bank details"), P.PAYEES_CONFIRM),
    Step("manage", _("Extend, suspend and cancel vouchers"), P.VOUCHERS_MANAGE),
    Step("evidence", _("Accept claims on other evidence"), P.CLAIMS_VERIFY),
    Step("verify", _("Verify claims"), P.CLAIMS_VERIFY),
    Step("approve", _("Approve claims"), P.CLAIMS_APPROVE),
    Step("batch", _("Prepare payment batches"), P.BATCHES_PREPARE),
    Step("pay", _("Approve payment batches"), P.BATCHES_APPROVE),
    Step("type", _("Type bank lines"), P.BANK_LINES_TYPE),
    Step("match", _("Match bank lines"), P.BANK_LINES_MATCH),
    Step("fund", _("Keep agreements and funding lines"), P.FUNDING_AGREEMENTS_MANAGE),
    Step("change", _("Propose changes of agreements"), P.FUNDING_AGREEMENTS_MANAGE),
    Step("agree to change", _("Confirm changes of agreements"), P.FUNDING_AGREEMENTS_MANAGE),
    Step("cost", _("Prepare administration costs"), P.BATCHES_PREPARE),
    Step("agree to cost", _("Approve administration costs"), P.BATCHES_APPROVE),
    Step("debt", _("Raise debts and ask for write-offs"), P.FUNDING_DEBTS_MANAGE),
    Step("write off", _("Agree to write-offs"), P.FUNDING_DEBTS_MANAGE),
    Step("state", _("Prepare statements"), P.STATEMENTS_PREPARE),
    Step("review", _("Review statements"), P.STATEMENTS_REVIEW),
    Step("sign", _("Sign statements"), P.STATEMENTS_SIGN),
    Step("propose", _("Propose roles"), P.ADMIN_PEOPLE_MANAGE),
    Step("agree", _("Confirm roles"), P.ADMIN_PEOPLE_MANAGE),
    Step("loosen", _("Propose weaker duties"), P.SCHEMES_SET_UP),
    Step("allow", _("Confirm weaker duties"), P.STATEMENTS_SIGN),
)
PAIRS = (
    Pair(_("prepare and approve a batch"), "batch", "pay", _("the same batch")),
    Pair(_("decide and pay"), "decide", "pay", _("the same voucher")),
    Pair(_("decide and decide the appeal"), "decide", "decide again", _("the same application")),
    Pair(_("verify and pay"), "verify", "pay", _("the same claim")),
    Pair(_("key details and pay"), "key", "pay", _("the same payee")),
    Pair(_("key and confirm details"), "key", "confirm", _("the same bank details")),
    Pair(_("sponsor and approve"), "sponsor", "admit", _("the same provider")),
    Pair(_("decide and verify"), "decide", "verify", _("the same voucher"), setting="decider_may_verify"),
    Pair(_("accept on other evidence and verify"), "evidence", "verify", _("the same claim")),
    Pair(_("prepare and review"), "state", "review", _("the same statement")),
    Pair(_("prepare and sign"), "state", "sign", _("the same statement")),
    Pair(_("review and sign"), "review", "sign", _("the same statement")),
    Pair(_("ask for a write-off and agree to it"), "debt", "write off", _("the same debt")),
    Pair(_("prepare a batch and type its bank line"), "batch", "type", _("the same payment")),
    Pair(_("approve a batch and type its bank line"), "pay", "type", _("the same payment")),
    Pair(_("propose and confirm a change of an agreement"), "change", "agree to change", _("the same agreement")),
    Pair(_("prepare and approve an administration cost"), "cost", "agree to cost", _("the same cost")),
    Pair(_("propose and confirm a role"), "propose", "agree", _("the same role")),
    Pair(_("propose and confirm a weaker duty"), "loosen", "allow", _("the same duty")),
)
# Steps that come up for some vouchers only: without them the ordinary way still goes through.
AT_TIMES = frozenset(
    {
        *("decide again", "evidence", "debt", "write off", "manage", "propose", "agree", "loosen", "allow"),
        *("change", "agree to change", "cost", "agree to cost"),
    }
)

Holders = Mapping[str, Collection[int]]


def steps_in_force(*, reviewer_needed: bool) -> tuple[Step, ...]:
    """The steps of a scheme; the reviewer's only where its duties ask for one."""
    return tuple(step for step in STEPS if step.code != "review" or reviewer_needed)


def pairs_in_force(*, decider_may_verify: bool, reviewer_needed: bool) -> tuple[Pair, ...]:
    """The pairs of a scheme, without those that its settings switch off."""
    return tuple(
        pair
        for pair in PAIRS
        if not (pair.setting and decider_may_verify) and (reviewer_needed or "review" not in (pair.first, pair.second))
    )


def stands_still(holders: Holders, pairs: Collection[Pair], without: int | None = None) -> list[str]:
    """The codes of the steps that nobody can do, or nobody apart from whoever did the other of a pair.

    ``holders`` has the people who may do each step, ``without`` somebody who is away.
    """
    left = {code: {each for each in people if each != without} for code, people in holders.items()}
    found = {code for code, people in left.items() if not people}
    for pair in pairs:
        first, second = left.get(pair.first, set()), left.get(pair.second, set())
        if first and second and len(first | second) < 2:
            found.add(pair.first if pair.first in AT_TIMES and pair.second not in AT_TIMES else pair.second)
    return [code for code in holders if code in found]


def split(holders: Holders, pairs: Collection[Pair], without: int | None = None) -> dict[str, int] | None:
    """One way to share the steps out so that no pair meets in one person; None when there is none.

    Steps that come up at times only are left out. Steps that no pair connects are shared out apart from each other.
    """
    left = {
        code: sorted(each for each in people if each != without)
        for code, people in holders.items()
        if code not in AT_TIMES
    }
    excluded: dict[str, set[str]] = {code: set() for code in left}
    for pair in pairs:
        if pair.first in left and pair.second in left:
            excluded[pair.first].add(pair.second)
            excluded[pair.second].add(pair.first)
    found: dict[str, int] = {}
    for code in left:
        if code not in found:
            order = sorted(_connected(code, excluded), key=lambda each: (len(left[each]), each))
            shared = _assign(order, left, excluded, {})
            if shared is None:
                return None
            found |= shared
    return found


def _connected(code: str, excluded: Mapping[str, set[str]]) -> set[str]:
    """The step with all that pairs connect it to."""
    found, waiting = {code}, [code]
    while waiting:
        new = excluded[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def _assign(
    order: list[str], left: Mapping[str, list[int]], excluded: Mapping[str, set[str]], done: dict[str, int]
) -> dict[str, int] | None:
    if len(done) == len(order):
        return dict(done)
    code = order[len(done)]
    for person in left[code]:
        if any(done.get(other) == person for other in excluded[code]):
            continue
        done[code] = person
        found = _assign(order, left, excluded, done)
        if found is not None:
            return found
        del done[code]
    return None
