"""What staff can do, in groups: who holds several roles would otherwise look through a list of thirty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from voucher.platform.i18n import gettext_noop as _
from voucher.platform.web import Task

# Each group with the blueprints whose pages are in it, in the order in which work goes through them.
GROUPS = (
    (_("Applications and providers"), ("application_desk", "phone", "provider_desk", "provider_claims")),
    (_("Vouchers and claims"), ("voucher_desk", "claim_desk", "sampling", "irregularities", "concentration")),
    (_("Payments"), ("batches", "ways", "file_templates", "levels", "pay_days", "admin_costs")),
    (_("Bank"), ("bank", "bank_files", "bank_layouts", "matching", "certain", "exceptions", "debts")),
    (_("Funding"), ("agreements", "rounds", "commitment", "cash")),
    (_("Statements and audit"), ("statements", "due", "outputs", "samples", "records")),
    (
        _("Scheme and people"),
        (
            "settings", "schemes", "scheme_changes", "voucher_types", "eligibility", "duties", "look", "results",
            "letters", "people", "roles", "team", "keys", "statement_keys", "integrations",
        ),
    ),
)  # fmt: skip


class Group(NamedTuple):
    """Some of what a person can do, under the words that they have in common."""

    label: str
    tasks: list[Task]


def in_groups(tasks: Sequence[Task]) -> list[Group]:
    """The groups of which the person can do something; what is in none comes last, so that nothing is left out."""
    found = [Group(label, [x for name in of for x in tasks if _blueprint(x) == name]) for label, of in GROUPS]
    known = {blueprint for _label, of in GROUPS for blueprint in of}
    rest = Group(_("More"), [each for each in tasks if _blueprint(each) not in known])
    return [group for group in [*found, rest] if group.tasks]


def _blueprint(task: Task) -> str:
    return task.endpoint.partition(".")[0]
